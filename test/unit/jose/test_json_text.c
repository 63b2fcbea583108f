/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json_text.h"

#include "../suite.h"

#define OUT_MAX 65536

static char becomes_storage[OUT_MAX];

/* The rewritten text; NULL if it is not JSON. */
static const char *becomes(const char *text)
{
    struct sp_buf out;
    struct sp_diag diag = {0};
    sp_buf_init_fixed(&out, becomes_storage, sizeof becomes_storage);
    enum sp_error error = sp_json_text_rewrite(sp_str_from_c(text), &out, &diag);
    ck_assert((diag.text[0] != '\0') == (error == SP_ERR_FORMAT));
    return error == SP_OK ? sp_buf_c_str(&out) : NULL;
}

SP_TEST(what_can_be_held_is_kept_without_white_space)
{
    static const char *const kept[] = {
        "{}",
        "[]",
        "0",
        "\"a\"",
        "true",
        "null",
        "{\"a\":[1,-2,0.5,1e9,1E-9,-0,123456789012345678],\"b\":{\"c\":[],\"d\":{}},\"e\":false}",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\uD83D\\uDE00\"]",
        "[\"\xc3\xa9\xf0\x9f\x98\x80\"]",
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
        "{\"a\":1,\"a\":2}",
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        ck_assert_str_eq(becomes(kept[i]), kept[i]);
    }
    ck_assert_str_eq(becomes(" \t\r\n{ \"a b\" :\n[ 1 , { } ] , \"c\":2 } "), "{\"a b\":[1,{}],\"c\":2}");
}
SP_TEST_END

SP_TEST(numbers_that_overflow_are_replaced)
{
    static const struct {
        const char *text;
        const char *becomes;
    } cases[] = {
        {"[999999999999999999]", "[999999999999999999]"},
        {"[1000000000000000000]", "[1e300]"},
        {"[18446744073709551615,1]", "[1e300,1]"},
        {"[-99999999999999999999]", "[1e300]"},
        {"[1e999]", "[1e300]"},
        {"[-1e999]", "[1e300]"},
        {"[1e99999999999999999999]", "[1e300]"},
        {"[1e-99999999999999999999]", "[1e-99999999999999999999]"},
        {"[1e299]", "[1e299]"},
        {"[1e300]", "[1e300]"},
        {"[99e299]", "[1e300]"},
        {"[0.1e300]", "[1e300]"},
        {"[99999999999999999999.5]", "[99999999999999999999.5]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(becomes(cases[i].text), cases[i].becomes);
    }
}
SP_TEST_END

SP_TEST(strings_that_no_text_can_carry_are_replaced_and_members_of_such_a_name_are_left_out)
{
    static const struct {
        const char *text;
        const char *becomes;
    } cases[] = {
        {"[\"\\ud800\"]", "[1e300]"},
        {"[\"\\ud800x\"]", "[1e300]"},
        {"[\"\\ud800\\n\"]", "[1e300]"},
        {"[\"\\ud800\\ud800\"]", "[1e300]"},
        {"[\"\\ud800\\ud800\\udc00\"]", "[1e300]"},
        {"[\"\\udc00\"]", "[1e300]"},
        {"[\"\\udc00\\ud800\"]", "[1e300]"},
        {"[\"a\\u0000b\",\"c\"]", "[1e300,\"c\"]"},
        {"{\"\\ud800\":1}", "{}"},
        {"{\"\\ud800\":1,\"a\":2}", "{\"a\":2}"},
        {"{\"a\":2,\"\\u0000\":{\"x\":[1,2,{}]}}", "{\"a\":2}"},
        {"{\"a\":2,\"\\ud800\":[[],{\"b\":3}],\"c\":4}", "{\"a\":2,\"c\":4}"},
        {"{\"\\ud800\":{\"\\ud800\":1,\"b\":2},\"c\":4}", "{\"c\":4}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(becomes(cases[i].text), cases[i].becomes);
    }
}
SP_TEST_END

/* `n` brackets of each kind around `inner`. */
static char *nested(size_t n, const char *inner)
{
    char *text = calloc(1, 2 * n + strlen(inner) + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', n);
    memcpy(text + n, inner, strlen(inner));
    memset(text + n + strlen(inner), ']', n);
    return text;
}

static void check_nested(size_t n, const char *inner, size_t kept, const char *becomes_inner)
{
    char *text = nested(n, inner);
    char *wanted = nested(kept, becomes_inner);
    ck_assert_str_eq(becomes(text), wanted);
    free(text);
    free(wanted);
}

SP_TEST(what_is_too_deep_is_replaced_however_deep_it_is)
{
    check_nested(SP_JSON_DEPTH_MAX, "1", SP_JSON_DEPTH_MAX, "1");
    check_nested(SP_JSON_DEPTH_MAX + 1, "1", SP_JSON_DEPTH_MAX, "1e300");
    check_nested(SP_JSON_DEPTH_MAX, "1,{\"a\":[]},2", SP_JSON_DEPTH_MAX, "1,1e300,2");
    check_nested(SP_JSON_DEPTH_MAX, "[],[[]],{}", SP_JSON_DEPTH_MAX, "1e300,1e300,1e300");
    check_nested(30000, "", SP_JSON_DEPTH_MAX, "1e300");
    check_nested(SP_JSON_DEPTH_MAX - 1, "{\"\\ud800\":[[1]],\"b\":[2]},3", SP_JSON_DEPTH_MAX - 1,
                 "{\"b\":1e300},3");
}
SP_TEST_END

SP_TEST(what_is_left_out_is_checked_as_strictly)
{
    static const char *const wrong[] = {"@",  "[}",  "[1,]",     "{\"a\"}", "\"\n\"",
                                        "01", "tru", "\"\xff\"", "[1 2]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *text = nested(2 * SP_JSON_DEPTH_MAX, wrong[i]);
        ck_assert_msg(becomes(text) == NULL, "%s", text);
        free(text);
    }
    ck_assert_ptr_null(becomes("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["));
}
SP_TEST_END

SP_TEST(what_is_no_json_is_refused)
{
    static const char *const wrong[] = {
        "",
        " ",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "[1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{1:1}",
        "{,}",
        "{} {}",
        "[]x",
        "01",
        "+1",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "0x1",
        "-01",
        "tru",
        "nulL",
        "NaN",
        "'a'",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\t\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xff\"",
        "/**/1",
        "1/**/",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(becomes(wrong[i]) == NULL, "%s", wrong[i]);
    }
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, OUT_MAX);
    ck_assert_int_eq(sp_json_text_rewrite(SP_STR("1\0"), &out, NULL), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_text_rewrite(SP_STR("\"\0\""), &out, NULL), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_text_rewrite(SP_STR("\0"), &out, NULL), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(it_grows_to_no_more_than_is_said)
{
    char *text = nested(SP_JSON_DEPTH_MAX, "[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]");
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_JSON_TEXT_GROWTH_MAX * strlen(text));
    ck_assert_int_eq(sp_json_text_rewrite(sp_str_from_c(text), &out, NULL), SP_OK);
    SP_BUF_SCOPED struct sp_buf small;
    sp_buf_init(&small, out.len - 1);
    ck_assert_int_eq(sp_json_text_rewrite(sp_str_from_c(text), &small, NULL), SP_ERR_LIMIT);
    free(text);
}
SP_TEST_END

SP_SUITE("json_text", what_can_be_held_is_kept_without_white_space, numbers_that_overflow_are_replaced,
         strings_that_no_text_can_carry_are_replaced_and_members_of_such_a_name_are_left_out,
         what_is_too_deep_is_replaced_however_deep_it_is, what_is_left_out_is_checked_as_strictly,
         what_is_no_json_is_refused, it_grows_to_no_more_than_is_said)
