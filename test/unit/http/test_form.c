/* SPDX-License-Identifier: Apache-2.0 */
#include "http/form.h"

#include "material.h"

static struct sp_str decoded(struct sp_str raw)
{
    return APPENDED(ck_assert_int_eq(sp_form_decode(raw, out), SP_OK));
}

/* RFC 6749, appendix B. */
SP_TEST(the_vector_of_rfc_6749_is_encoded_and_decoded)
{
    struct sp_str text = SP_STR(" %&+\xc2\xa3\xe2\x82\xac");
    ck_assert(sp_str_equal(decoded(SP_STR("+%25%26%2B%C2%A3%E2%82%AC")), text));
    ck_assert_str_view(APPENDED(sp_form_append_encoded(text, out)), "%20%25%26%2B%C2%A3%E2%82%AC");
}
SP_TEST_END

SP_TEST(pairs_are_cut_at_ampersands_only)
{
    struct sp_str rest = SP_STR("a=1&&b=2;c=3&d&=e&f=g=h&");
    static const char *const expected[][2] = {
        {"a", "1"}, {"b", "2;c=3"}, {"d", NULL}, {"", "e"}, {"f", "g=h"}};
    struct sp_form_pair pair;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert(sp_form_next(&rest, &pair));
        ck_assert(sp_str_equal(pair.name, sp_str_from_c(expected[i][0])));
        ck_assert(sp_str_equal(pair.value, sp_str_from_c(expected[i][1])));
        ck_assert_int_eq(pair.value.ptr == NULL, expected[i][1] == NULL);
    }
    ck_assert(!sp_form_next(&rest, &pair));
    struct sp_str nothing = SP_STR_NONE;
    ck_assert(!sp_form_next(&nothing, &pair));
    struct sp_str empty = SP_STR("");
    ck_assert(!sp_form_next(&empty, &pair));
    struct sp_str ampersands = SP_STR("&&&");
    ck_assert(!sp_form_next(&ampersands, &pair));
}
SP_TEST_END

SP_TEST(broken_escapes_and_nul_are_refused)
{
    static const struct sp_str refused[] = {
        SP_STR("%"),    SP_STR("a%4"),    SP_STR("%zz"), SP_STR("%00"),
        SP_STR("a\0b"), SP_STR("%u0041"), SP_STR("%+1"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        SP_BUF_ON_STACK(out, 16);
        ck_assert_int_eq(sp_form_decode(refused[i], &out), SP_ERR_FORMAT);
        ck_assert_uint_eq(sp_form_find(refused[i], SP_STR("a"), NULL), 0);
    }
    ck_assert_uint_eq(decoded(SP_STR_NONE).len, 0);
}
SP_TEST_END

SP_TEST(a_value_past_the_ceiling_of_the_buffer_is_an_error)
{
    SP_BUF_ON_STACK(out, 4);
    ck_assert_int_eq(sp_form_decode(SP_STR("%41bc+"), &out), SP_OK);
    sp_buf_clear(&out);
    ck_assert_int_eq(sp_form_decode(SP_STR("%41bc+e"), &out), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(ac_21_every_spelling_of_a_name_counts)
{
    struct sp_str value;
    struct sp_str form = SP_STR("code=1&state=a&c%6Fde=2&cod%65=3&Code=4&code+=5&code%00=6&co");
    ck_assert_uint_eq(sp_form_find(form, SP_STR("code"), &value), 3);
    ck_assert_str_view(value, "1");
    ck_assert_uint_eq(sp_form_find(form, SP_STR("state"), &value), 1);
    ck_assert_str_view(value, "a");
    ck_assert_uint_eq(sp_form_find(form, SP_STR("iss"), &value), 0);
    ck_assert_ptr_null(value.ptr);
    ck_assert_uint_eq(sp_form_find(SP_STR("code&x"), SP_STR("code"), &value), 1);
    ck_assert_ptr_null(value.ptr);
    ck_assert_uint_eq(sp_form_find(SP_STR("code="), SP_STR("code"), &value), 1);
    ck_assert_ptr_nonnull(value.ptr);
    ck_assert_uint_eq(sp_form_find(SP_STR("a+b=1&a%20b=2"), SP_STR("a b"), NULL), 2);
}
SP_TEST_END

SP_TEST(a_form_with_too_many_pairs_has_no_parameter_of_ours)
{
    SP_BUF_ON_STACK(form, 8 * SP_FORM_PAIRS_MAX);
    sp_buf_append_c(&form, "state=a");
    for (size_t i = 1; i < SP_FORM_PAIRS_MAX; i++) {
        sp_buf_append_c(&form, "&&x=1");
    }
    struct sp_str value;
    ck_assert_uint_eq(sp_form_find(sp_buf_str(&form), SP_STR("state"), &value), 1);
    ck_assert_str_view(value, "a");
    sp_buf_append_c(&form, "&x");
    ck_assert_uint_eq(sp_form_find(sp_buf_str(&form), SP_STR("state"), &value), 0);
    ck_assert_ptr_null(value.ptr);
}
SP_TEST_END

SP_TEST(pairs_are_joined_where_a_separator_is_needed)
{
    ck_assert_str_view(
        APPENDED((sp_buf_append_c(out, "https://issuer/auth?"),
                  sp_form_append_pair(SP_STR("scope"), SP_STR("openid email"), out),
                  sp_form_append_pair(SP_STR("a&b"), SP_STR("=\r\n"), out), sp_buf_append_c(out, "&"),
                  sp_form_append_pair(SP_STR("c"), SP_STR_NONE, out))),
        "https://issuer/auth?scope=openid%20email&a%26b=%3D%0D%0A&c=");
    ck_assert_str_view(APPENDED(sp_form_append_pair(SP_STR("a"), SP_STR("1"), out)), "a=1");
}
SP_TEST_END

SP_TEST(decoding_what_was_encoded_is_the_identity)
{
    uint64_t state = 4;
    char text[128];
    for (size_t round = 0; round < 5000; round++) {
        size_t len = next_below(&state, sizeof text);
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)(1 + next_below(&state, 255));
        }
        struct sp_str value = {text, len};
        struct sp_str form = APPENDED(
            (sp_form_append_pair(SP_STR("x"), SP_STR("&="), out), sp_form_append_pair(value, value, out)));
        struct sp_str raw;
        ck_assert_uint_eq(sp_form_find(form, value, &raw), 1);
        ck_assert(sp_str_equal(decoded(raw), value));
    }
}
SP_TEST_END

SP_SUITE("form", the_vector_of_rfc_6749_is_encoded_and_decoded, pairs_are_cut_at_ampersands_only,
         broken_escapes_and_nul_are_refused, a_value_past_the_ceiling_of_the_buffer_is_an_error,
         ac_21_every_spelling_of_a_name_counts, a_form_with_too_many_pairs_has_no_parameter_of_ours,
         pairs_are_joined_where_a_separator_is_needed, decoding_what_was_encoded_is_the_identity)
