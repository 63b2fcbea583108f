/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/login_id.h"

SP_TEST(an_id_is_time_and_randomness_in_hexadecimal)
{
    struct prng prng = {1};
    struct sp_random random = prng_random(&prng);
    struct sp_login_id id = sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S, &random);
    ck_assert(sp_str_starts_with(sp_login_id_str(&id), SP_STR("6b056e30")));
    struct sp_login_id parsed;
    ck_assert_int_eq(sp_login_id_parse(sp_login_id_str(&id), &parsed), SP_OK);
    ck_assert_mem_eq(parsed.text, id.text, sizeof id.text);
}
SP_TEST_END

SP_TEST(two_ids_of_one_second_differ)
{
    struct prng prng = {1};
    struct sp_random random = prng_random(&prng);
    struct sp_login_id a = sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S, &random);
    struct sp_login_id b = sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S, &random);
    ck_assert_mem_ne(a.text, b.text, sizeof a.text);
}
SP_TEST_END

SP_TEST(ids_sort_by_age)
{
    struct prng prng = {7};
    struct sp_random random = prng_random(&prng);
    const int64_t times_s[] = {-5, 1, 255, 256, 65536, NOW_S, NOW_S + 1, UINT32_MAX, INT64_MAX};
    for (size_t i = 1; i < sizeof times_s / sizeof times_s[0]; i++) {
        struct sp_login_id older = sp_login_id_new(SP_LOGIN_FIRST_TRY, times_s[i - 1], &random);
        struct sp_login_id newer = sp_login_id_new(SP_LOGIN_FIRST_TRY, times_s[i], &random);
        ck_assert_int_le(memcmp(older.text, newer.text, 8), 0);
    }
}
SP_TEST_END

/* Returns the bytes of `context`, a string. */
static void on_fill_from(void *context, uint8_t *out, size_t len)
{
    memcpy(out, context, len);
}

SP_TEST(the_last_two_bytes_tell_a_second_try_and_chance_makes_none)
{
    static const char *const ends[] = {"\x00\x02", "\x00\x01", "\x00\x03",
                                       "\x01\x02", "\x20\x00", "\xff\xff"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        uint8_t bytes[8] = "abcdef";
        memcpy(bytes + 6, ends[i], 2);
        const struct sp_random random = {on_fill_from, bytes};
        struct sp_login_id first = sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S, &random);
        struct sp_login_id second = sp_login_id_new(SP_LOGIN_SECOND_TRY, NOW_S, &random);
        ck_assert_int_eq(sp_login_id_try(&first), SP_LOGIN_FIRST_TRY);
        ck_assert_int_eq(sp_login_id_try(&second), SP_LOGIN_SECOND_TRY);
        ck_assert_str_view(sp_login_id_str(&second), "6b056e306162636465660002");
        ck_assert_mem_eq(first.text, second.text, 20);
        struct sp_login_id parsed;
        ck_assert_int_eq(sp_login_id_parse(sp_login_id_str(&first), &parsed), SP_OK);
    }
}
SP_TEST_END

SP_TEST(only_24_lower_case_hexadecimal_characters_are_an_id)
{
    struct sp_login_id id;
    ck_assert_int_eq(sp_login_id_parse(SP_STR("0123456789abcdef01234567"), &id), SP_OK);
    ck_assert_int_eq(sp_login_id_parse(SP_STR("0123456789abcdef0123456"), &id), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_login_id_parse(SP_STR("0123456789abcdef012345678"), &id), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_login_id_parse(SP_STR("0123456789ABCDEF01234567"), &id), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_login_id_parse(SP_STR("0123456789abcdeg01234567"), &id), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_login_id_parse(SP_STR_NONE, &id), SP_ERR_FORMAT);
}
SP_TEST_END

SP_SUITE("session/login_id", an_id_is_time_and_randomness_in_hexadecimal, two_ids_of_one_second_differ,
         ids_sort_by_age, the_last_two_bytes_tell_a_second_try_and_chance_makes_none,
         only_24_lower_case_hexadecimal_characters_are_an_id)
