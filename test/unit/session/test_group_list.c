/* SPDX-License-Identifier: Apache-2.0 */
#include "session/group_list.h"

#include "fixture.h"

#include <stdio.h>

#define GROUPS_N 120

static struct sp_str groups[GROUPS_N];
static char texts[GROUPS_N][128];

static void write_list(size_t n, struct sp_buf *out)
{
    sp_buf_clear(out);
    sp_group_list_write(groups, n, out);
    ck_assert_int_eq(sp_buf_error(out), SP_OK);
    ck_assert_uint_eq(out->len, sp_group_list_measure(groups, n));
}

/* Number of groups read; 0 also after a fault. */
static size_t read_list(struct sp_str bytes, size_t storage_len, struct sp_str *out)
{
    static char storage[65536];
    size_t used_len;
    struct sp_wire_reader reader = sp_wire_reader_of(bytes);
    size_t n = sp_group_list_read(&reader, GROUPS_N, storage, storage_len, out, &used_len);
    ck_assert_uint_le(used_len, storage_len);
    return sp_wire_done(&reader) ? n : 0;
}

static size_t assert_comes_back(size_t n)
{
    struct sp_str read[GROUPS_N];
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 65536);
    write_list(n, &out);
    ck_assert_uint_eq(read_list(sp_buf_str(&out), 65536, read), n);
    for (size_t i = 0; i < n; i++) {
        ck_assert(sp_str_equal(read[i], groups[i]));
    }
    return out.len;
}

static void name_groups(const char *beginning, const char *end)
{
    for (int i = 0; i < GROUPS_N; i++) {
        snprintf(texts[i], sizeof texts[i], "%s%03d%s", beginning, i + 1, end);
        groups[i] = sp_str_from_c(texts[i]);
    }
}

SP_TEST(names_of_one_pattern_take_a_few_bytes_each)
{
    name_groups("platform-team-", "-operators");
    ck_assert_uint_le(assert_comes_back(GROUPS_N), 520);
    name_groups("CN=team-", ",OU=platform,OU=groups,DC=corp,DC=example,DC=com");
    ck_assert_uint_le(assert_comes_back(GROUPS_N), 600);
}
SP_TEST_END

SP_TEST(any_list_comes_back)
{
    struct prng prng = {1};
    for (int round = 0; round < 2000; round++) {
        size_t n = prng_below(&prng, GROUPS_N + 1);
        for (size_t i = 0; i < n; i++) {
            size_t len = prng_below(&prng, prng_below(&prng, 8) == 0 ? 128 : 6);
            for (size_t k = 0; k < len; k++) {
                texts[i][k] = "ab"[prng_below(&prng, 2)];
            }
            groups[i] = (struct sp_str){texts[i], len};
        }
        if (n > 0) {
            assert_comes_back(n);
        }
    }
}
SP_TEST_END

SP_TEST(a_list_has_one_spelling)
{
    static const struct sp_str others[] = {
        SP_STR("\x02\x00\x00\x02"
               "ab"
               "\x01\x00\x01"
               "b"), /* the prefix could be longer */
        SP_STR("\x02\x00\x00\x02"
               "ab"
               "\x02\x01\x00"),     /* more than there was */
        SP_STR("\x01\x01\x00\x00"), /* shared with nothing */
        SP_STR("\x02\x00\x00\x02"
               "ab"
               "\x00\x00\x02"
               "xb"), /* the suffix could be longer */
        SP_STR("\x02\x00\x00\x02"
               "ab"
               "\x00\x02\x00"), /* the prefix comes first */
    };
    struct sp_str read[GROUPS_N];
    ck_assert_uint_eq(read_list(SP_STR("\x02\x00\x00\x02"
                                       "ab"
                                       "\x02\x00\x00"),
                                64, read),
                      2);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(read_list(others[i], 64, read) == 0, "%zu", i);
    }
}
SP_TEST_END

SP_TEST(its_texts_have_room_for_as_much_as_they_are_and_no_less)
{
    struct sp_str read[GROUPS_N];
    name_groups("team-", "");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 4096);
    write_list(10, &out);
    ck_assert_uint_eq(read_list(sp_buf_str(&out), 80, read), 10);
    ck_assert_uint_eq(read_list(sp_buf_str(&out), 79, read), 0);
    for (size_t len = 0; len < out.len; len++) {
        ck_assert_uint_eq(read_list((struct sp_str){out.ptr, len}, 80, read), 0);
    }
}
SP_TEST_END

SP_SUITE("session/group_list", names_of_one_pattern_take_a_few_bytes_each, any_list_comes_back,
         a_list_has_one_spelling, its_texts_have_room_for_as_much_as_they_are_and_no_less)
