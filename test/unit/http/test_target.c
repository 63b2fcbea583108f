/* SPDX-License-Identifier: Apache-2.0 */
#include "http/target.h"

#include "http/head.h"
#include "http/path.h"

#include "material.h"

SP_TEST(path_and_query_are_cut_at_the_first_question_mark)
{
    struct sp_target target;
    ck_assert(sp_target_parse(SP_STR("/a/b?c=d?e"), &target));
    ck_assert_str_view(target.raw, "/a/b?c=d?e");
    ck_assert_str_view(target.path, "/a/b");
    ck_assert_str_view(target.query, "c=d?e");
    ck_assert_uint_eq(target.marks, 0);
    ck_assert(sp_target_parse(SP_STR("/a?"), &target));
    ck_assert_str_view(target.query, "");
    ck_assert_ptr_nonnull(target.query.ptr);
    ck_assert(sp_target_parse(SP_STR("/"), &target));
    ck_assert_ptr_null(target.query.ptr);
}
SP_TEST_END

SP_TEST(ac_06_marks_are_those_of_the_path_alone)
{
    struct sp_target target;
    ck_assert(sp_target_parse(SP_STR("/admin?/../%2f;//%00\\%zz"), &target));
    ck_assert_uint_eq(target.marks, 0);
    ck_assert_str_view(target.path, "/admin");
    ck_assert(sp_target_parse(SP_STR("//a/%2e?x"), &target));
    ck_assert_uint_eq(target.marks, SP_PATH_EMPTY_SEGMENT | SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED |
                                        SP_PATH_LOWER_HEX);
}
SP_TEST_END

SP_TEST(ac_07_what_is_no_origin_form_is_refused)
{
    static const struct sp_str refused[] = {
        SP_STR(""),     SP_STR("*"),       SP_STR("a"),        SP_STR("?a"),   SP_STR("http://a/"),
        SP_STR("/a b"), SP_STR("/a#b"),    SP_STR("/a?b#c"),   SP_STR("/a\t"), SP_STR("/a\r\nX: y"),
        SP_STR("/a\0"), SP_STR("/a?\x7f"), SP_STR("/a?b\x01"), SP_STR("/a%"),  SP_STR("/a%4"),
        SP_STR("/%zz"), SP_STR("/a%4?b"),  SP_STR("\\a"),
    };
    struct sp_target target;
    ck_assert(!sp_target_parse(SP_STR_NONE, &target));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_target_parse(refused[i], &target), "%.*s", SP_STR_ARGS(refused[i]));
    }
    for (int c = 0; c < 256; c++) {
        char text[] = "/a?b_c";
        text[4] = (char)c;
        bool expected = c > 0x20 && c != 0x7f && c != '#';
        ck_assert_int_eq(sp_target_parse((struct sp_str){text, 6}, &target), expected);
    }
    ck_assert(sp_target_parse(SP_STR("/a?100%&%zz"), &target));
}
SP_TEST_END

SP_TEST(the_limit_holds_and_one_past_it_does_not)
{
    static char text[SP_TARGET_MAX + 1];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    struct sp_target target;
    ck_assert(sp_target_parse((struct sp_str){text, SP_TARGET_MAX}, &target));
    ck_assert(!sp_target_parse((struct sp_str){text, SP_TARGET_MAX + 1}, &target));
}
SP_TEST_END

SP_TEST(ac_16_what_a_url_does_not_allow_is_encoded_for_location)
{
    ck_assert_str_view(APPENDED(sp_target_append_encoded(SP_STR("/caf\xc3\xa9?a=|\"<>^{}`&b=%20%zz%"), out)),
                       "/caf%C3%A9?a=%7C%22%3C%3E%5E%7B%7D%60&b=%20%zz%");
    ck_assert_str_view(APPENDED(sp_target_append_encoded(SP_STR("/\\a[]# \r\n"), out)),
                       "/%5Ca[]%23%20%0D%0A");
    ck_assert_str_view(APPENDED(sp_target_append_encoded(SP_STR("/-._~!$&'()*+,;=:@/?aZ09%c3"), out)),
                       "/-._~!$&'()*+,;=:@/?aZ09%c3");
    ck_assert_uint_eq(APPENDED(sp_target_append_encoded(SP_STR_NONE, out)).len, 0);
}
SP_TEST_END

SP_TEST(encoding_for_location_twice_changes_nothing)
{
    uint64_t state = 10;
    char text[64];
    for (size_t round = 0; round < 20000; round++) {
        size_t len = next_below(&state, sizeof text);
        for (size_t i = 0; i < len; i++) {
            text[i] = next_below(&state, 3) == 0 ? "%4f/?"[next_below(&state, 5)] : (char)next_random(&state);
        }
        struct sp_str once = APPENDED(sp_target_append_encoded((struct sp_str){text, len}, out));
        ck_assert(sp_str_equal(APPENDED(sp_target_append_encoded(once, out)), once));
        for (size_t i = 0; i < once.len; i++) {
            ck_assert_msg(once.ptr[i] > ' ' && strchr("\"#<>\\^`{|}\x7f", once.ptr[i]) == NULL, "%.*s",
                          SP_STR_ARGS(once));
        }
    }
}
SP_TEST_END

SP_SUITE("target", path_and_query_are_cut_at_the_first_question_mark, ac_06_marks_are_those_of_the_path_alone,
         ac_07_what_is_no_origin_form_is_refused, the_limit_holds_and_one_past_it_does_not,
         ac_16_what_a_url_does_not_allow_is_encoded_for_location, encoding_for_location_twice_changes_nothing)
