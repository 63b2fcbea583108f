/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json.h"

#include "../suite.h"

#define LEN_MAX 1024

static enum sp_error parse(struct sp_str text)
{
    SP_JSON_SCOPED json_t *value = NULL;
    enum sp_error error = sp_json_parse_object(text, LEN_MAX, &value);
    ck_assert((value != NULL) == (error == SP_OK));
    return error;
}

static json_t *parsed(const char *text)
{
    json_t *value = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(text), LEN_MAX, &value), SP_OK);
    return value;
}

SP_TEST(an_object_is_read)
{
    ck_assert_int_eq(parse(SP_STR("{}")), SP_OK);
    ck_assert_int_eq(parse(SP_STR(" {\"a\": [1, {\"b\": null}], \"c\": \"\\u00e9\"} \r\n")), SP_OK);
}
SP_TEST_END

SP_TEST(what_parsers_read_differently_is_refused)
{
    static const struct {
        const char *text;
        enum sp_error error;
    } cases[] = {
        {"", SP_ERR_FORMAT},
        {" ", SP_ERR_FORMAT},
        {"null", SP_ERR_FORMAT},
        {"[]", SP_ERR_FORMAT},
        {"[{}]", SP_ERR_FORMAT},
        {"\"{}\"", SP_ERR_FORMAT},
        {"{} {}", SP_ERR_FORMAT},
        {"{}x", SP_ERR_FORMAT},
        {"{\"a\":1,}", SP_ERR_FORMAT},
        {"{'a':1}", SP_ERR_FORMAT},
        {"{a:1}", SP_ERR_FORMAT},
        {"{\"a\":01}", SP_ERR_FORMAT},
        {"{\"a\":+1}", SP_ERR_FORMAT},
        {"{\"a\":NaN}", SP_ERR_FORMAT},
        {"{\"a\":1e999}", SP_ERR_FORMAT},
        {"{\"a\":-1e999}", SP_ERR_FORMAT},
        {"{\"a\":99999999999999999999}", SP_ERR_FORMAT},
        {"{\"a\":\"\\u0000\"}", SP_ERR_FORMAT},
        {"{\"\\u0000\":1}", SP_ERR_FORMAT},
        {"{\"a\":\"\\ud800\"}", SP_ERR_FORMAT},
        {"{\"a\":\"\xc0\xaf\"}", SP_ERR_FORMAT},
        {"{\"a\":\"\xff\"}", SP_ERR_FORMAT},
        {"{\"a\":\"\n\"}", SP_ERR_FORMAT},
        {"\xef\xbb\xbf{}", SP_ERR_FORMAT},
        {"{/*c*/}", SP_ERR_FORMAT},
        {"{\"a\":1,\"a\":1}", SP_ERR_DUPLICATE},
        {"{\"a\":1,\"\\u0061\":2}", SP_ERR_DUPLICATE},
        {"{\"o\":{\"a\":1,\"a\":2}}", SP_ERR_DUPLICATE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(parse(sp_str_from_c(cases[i].text)) == cases[i].error, "%s", cases[i].text);
    }
    ck_assert_int_eq(parse(SP_STR("{\"a\":\"\0\"}")), SP_ERR_FORMAT);
    ck_assert_int_eq(parse(SP_STR("{}\0")), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_text_cut_anywhere_is_no_object)
{
    static const char text[] = "{\"alg\":\"RS256\",\"n\":[1.5e3,true,{\"x\":\"\\u00e9\\\"\"}]}";
    ck_assert_int_eq(parse(SP_STR(text)), SP_OK);
    for (size_t len = 0; len < sizeof text - 1; len++) {
        ck_assert_int_eq(parse((struct sp_str){text, len}), SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_TEST(bytes_have_a_ceiling)
{
    char text[LEN_MAX + 1];
    memset(text, ' ', sizeof text);
    memcpy(text, "{}", 2);
    ck_assert_int_eq(parse((struct sp_str){text, LEN_MAX}), SP_OK);
    ck_assert_int_eq(parse((struct sp_str){text, LEN_MAX + 1}), SP_ERR_LIMIT);
}
SP_TEST_END

/* An object around `depth` - 1 arrays. */
static enum sp_error parse_nested(size_t depth)
{
    char text[LEN_MAX];
    size_t len = 0;
    memcpy(text, "{\"[{\\\"[\":", 9);
    len += 9;
    for (size_t i = 1; i < depth; i++) {
        text[len++] = '[';
    }
    for (size_t i = 1; i < depth; i++) {
        text[len++] = ']';
    }
    if (depth == 1) {
        text[len++] = '1';
    }
    text[len++] = '}';
    return parse((struct sp_str){text, len});
}

SP_TEST(depth_has_a_ceiling_and_brackets_in_strings_are_none)
{
    ck_assert_int_eq(parse_nested(1), SP_OK);
    ck_assert_int_eq(parse_nested(SP_JSON_DEPTH_MAX), SP_OK);
    ck_assert_int_eq(parse_nested(SP_JSON_DEPTH_MAX + 1), SP_ERR_LIMIT);
    ck_assert_int_eq(parse_nested(400), SP_ERR_LIMIT);
    ck_assert_int_eq(
        parse(SP_STR("{\"a\":[],\"b\":[],\"c\":[[]],\"d\":[[]],\"e\":[],\"f\":[],\"g\":[],\"h\":[],"
                     "\"i\":[],\"j\":[],\"k\":[],\"l\":[],\"m\":[],\"n\":[],\"o\":[],\"p\":[],\"q\":[]}")),
        SP_OK);
}
SP_TEST_END

SP_TEST(getters_tell_missing_from_wrong)
{
    SP_JSON_SCOPED json_t *object = parsed("{\"s\":\"x\",\"i\":1,\"b\":true,\"z\":null,\"l\":[\"a\",\"b\"]}");
    struct sp_str text;
    int64_t integer;
    bool boolean;
    struct sp_json_string_list list;
    ck_assert_int_eq(sp_json_get_string(object, "none", &text), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string(object, "z", &text), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string(object, "i", &text), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_string(object, "s", &text), SP_OK);
    ck_assert_str_view(text, "x");
    ck_assert_int_eq(sp_json_get_integer(object, "none", &integer), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_integer(object, "s", &integer), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_integer(object, "b", &integer), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_boolean(object, "none", &boolean), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_boolean(object, "i", &boolean), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_boolean(object, "b", &boolean), SP_OK);
    ck_assert(boolean);
    ck_assert_int_eq(sp_json_get_string_list(object, "z", 9, &list), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string_list(object, "b", 9, &list), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(integers_are_whole_and_exact)
{
    static const struct {
        const char *text;
        enum sp_error error;
        int64_t value;
    } cases[] = {
        {"{\"n\":0}", SP_OK, 0},
        {"{\"n\":-5}", SP_OK, -5},
        {"{\"n\":1.7e9}", SP_OK, 1700000000},
        {"{\"n\":1700000000.0}", SP_OK, 1700000000},
        {"{\"n\":9007199254740992}", SP_OK, SP_JSON_INTEGER_MAX},
        {"{\"n\":-9007199254740992}", SP_OK, -SP_JSON_INTEGER_MAX},
        {"{\"n\":9007199254740992.0}", SP_OK, SP_JSON_INTEGER_MAX},
        {"{\"n\":9007199254740993}", SP_ERR_FORMAT, 0},
        {"{\"n\":-9007199254740993}", SP_ERR_FORMAT, 0},
        {"{\"n\":9007199254740994.0}", SP_ERR_FORMAT, 0},
        {"{\"n\":9223372036854775807}", SP_ERR_FORMAT, 0},
        {"{\"n\":1e300}", SP_ERR_FORMAT, 0},
        {"{\"n\":-1e300}", SP_ERR_FORMAT, 0},
        {"{\"n\":0.5}", SP_ERR_FORMAT, 0},
        {"{\"n\":1700000000.25}", SP_ERR_FORMAT, 0},
        {"{\"n\":\"1700000000\"}", SP_ERR_FORMAT, 0},
        {"{\"n\":[1]}", SP_ERR_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SP_JSON_SCOPED json_t *object = parsed(cases[i].text);
        int64_t value = 0;
        ck_assert_msg(sp_json_get_integer(object, "n", &value) == cases[i].error, "%s", cases[i].text);
        ck_assert_int_eq(value, cases[i].value);
    }
}
SP_TEST_END

SP_TEST(a_list_is_an_array_of_texts_or_one_text)
{
    struct sp_json_string_list list;
    SP_JSON_SCOPED json_t *object = parsed("{\"one\":\"a\",\"two\":[\"a\",\"b\"],\"none\":[],\"mixed\":["
                                           "\"a\",1],\"nested\":[[\"a\"]],\"o\":{\"a\":\"a\"}}");
    ck_assert_int_eq(sp_json_get_string_list(object, "one", 1, &list), SP_OK);
    ck_assert_uint_eq(list.n, 1);
    ck_assert_str_view(sp_json_string_list_at(&list, 0), "a");
    ck_assert_int_eq(sp_json_get_string_list(object, "two", 2, &list), SP_OK);
    ck_assert_uint_eq(list.n, 2);
    ck_assert_str_view(sp_json_string_list_at(&list, 1), "b");
    ck_assert(sp_json_string_list_contains(&list, SP_STR("b")));
    ck_assert(!sp_json_string_list_contains(&list, SP_STR("")));
    ck_assert(!sp_json_string_list_contains(&list, SP_STR("ab")));
    ck_assert_int_eq(sp_json_get_string_list(object, "two", 1, &list), SP_ERR_LIMIT);
    ck_assert_int_eq(sp_json_get_string_list(object, "none", 0, &list), SP_OK);
    ck_assert_uint_eq(list.n, 0);
    ck_assert_int_eq(sp_json_get_string_list(object, "mixed", 9, &list), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_string_list(object, "nested", 9, &list), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_string_list(object, "o", 9, &list), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_getter_that_fails_leaves_its_output_alone)
{
    SP_JSON_SCOPED json_t *object = parsed("{\"x\":{}}");
    struct sp_str text = SP_STR("before");
    int64_t integer = 7;
    bool boolean = true;
    struct sp_json_string_list list = {.n = 7};
    ck_assert_int_ne(sp_json_get_string(object, "x", &text), SP_OK);
    ck_assert_int_ne(sp_json_get_integer(object, "x", &integer), SP_OK);
    ck_assert_int_ne(sp_json_get_boolean(object, "x", &boolean), SP_OK);
    ck_assert_int_ne(sp_json_get_string_list(object, "x", 9, &list), SP_OK);
    ck_assert_str_view(text, "before");
    ck_assert_int_eq(integer, 7);
    ck_assert(boolean);
    ck_assert_uint_eq(list.n, 7);
}
SP_TEST_END

SP_SUITE("json", an_object_is_read, what_parsers_read_differently_is_refused,
         a_text_cut_anywhere_is_no_object, bytes_have_a_ceiling,
         depth_has_a_ceiling_and_brackets_in_strings_are_none, getters_tell_missing_from_wrong,
         integers_are_whole_and_exact, a_list_is_an_array_of_texts_or_one_text,
         a_getter_that_fails_leaves_its_output_alone)
