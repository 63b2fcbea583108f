/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json.h"

#include "../suite.h"

#define LEN_MAX 1024

static struct sp_diag diag;

static enum sp_error parse(struct sp_str text)
{
    SP_JSON_SCOPED json_t *value = NULL;
    diag = (struct sp_diag){0};
    enum sp_error error = sp_json_parse_object(text, LEN_MAX, "the test", &value, &diag);
    ck_assert((value != NULL) == (error == SP_OK));
    ck_assert((strncmp(diag.text, "the test: ", 10) == 0) == (error != SP_OK));
    return error;
}

static json_t *parsed(const char *text)
{
    json_t *value = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(text), LEN_MAX, "the test", &value, NULL), SP_OK);
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

SP_TEST(a_member_that_stands_twice_is_named)
{
    static const struct {
        const char *text;
        const char *detail;
    } cases[] = {
        {"{\"exp\":1,\"exp\":2}", "the test: \"exp\" appears twice"},
        {"{ \"a\" : {\"b\":1, \"b\" : 2}}", "the test: \"b\" appears twice"},
        {"{\"a\\\"b\":1,\"a\\\"b\":2}", "the test: \"a\\\"b\" appears twice"},
        {"{\"\\\\\":1,\"\\\\\":2}", "the test: \"\\\\\" appears twice"},
        {"{\"\":1,\"\":2}", "the test: \"\" appears twice"},
        {"{\"\xc3\xa9\":1,\"\xc3\xa9\":2}", "the test: \"\xc3\xa9\" appears twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(parse(sp_str_from_c(cases[i].text)), SP_ERR_DUPLICATE);
        ck_assert_str_eq(diag.text, cases[i].detail);
    }
}
SP_TEST_END

SP_TEST(a_long_name_that_stands_twice_is_shown_in_part)
{
    char text[512];
    char shown[128];
    snprintf(text, sizeof text, "{\"%0*d\":1,\"%0*d\":2}", 64, 0, 64, 0);
    snprintf(shown, sizeof shown, "the test: \"%0*d\" appears twice", 64, 0);
    ck_assert_int_eq(parse(sp_str_from_c(text)), SP_ERR_DUPLICATE);
    ck_assert_str_eq(diag.text, shown);
    snprintf(text, sizeof text, "{\"%0*d\":1,\"%0*d\":2}", 65, 0, 65, 0);
    snprintf(shown, sizeof shown, "the test: \"%0*d…\" appears twice", 64, 0);
    ck_assert_int_eq(parse(sp_str_from_c(text)), SP_ERR_DUPLICATE);
    ck_assert_str_eq(diag.text, shown);
}
SP_TEST_END

SP_TEST(what_is_no_object_is_told_from_what_is_no_json)
{
    ck_assert_int_eq(parse(SP_STR("[]")), SP_ERR_FORMAT);
    ck_assert_str_eq(diag.text, "the test: not a JSON object");
    ck_assert_int_eq(parse(SP_STR("{\"a\" 1}")), SP_ERR_FORMAT);
    ck_assert_str_eq(diag.text, "the test: invalid JSON at byte 6");
    ck_assert_int_eq(parse(SP_STR("{\"a\"")), SP_ERR_FORMAT);
    ck_assert_str_eq(diag.text, "the test: invalid JSON: it ends too early");
    ck_assert_int_eq(parse(SP_STR("")), SP_ERR_FORMAT);
    ck_assert_str_eq(diag.text, "the test: invalid JSON: it ends too early");
}
SP_TEST_END

SP_TEST(what_nobody_reads_may_be_what_cannot_be_held_and_is_of_the_wrong_type)
{
    static const char *const odd[] = {"18446744073709551615", "1e999", "\"\\ud800\"", "\"\\u0000\"",
                                      "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char text[128];
        struct sp_str string;
        double number;
        bool boolean;
        snprintf(text, sizeof text, "{\"odd\":%s,\"sub\":\"ada\"}", odd[i]);
        SP_JSON_SCOPED json_t *object = parsed(text);
        ck_assert_int_eq(sp_json_get_string(object, "sub", &string), SP_OK);
        ck_assert_int_eq(sp_json_get_string(object, "odd", &string), SP_ERR_FORMAT);
        ck_assert_int_eq(sp_json_get_number(object, "odd", &number), SP_ERR_FORMAT);
        ck_assert_int_eq(sp_json_get_boolean(object, "odd", &boolean), SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_TEST(a_string_that_is_needed_is_named_with_its_document)
{
    SP_JSON_SCOPED json_t *object = parsed("{\"s\":\"x\",\"i\":1,\"z\":null}");
    struct sp_str text;
    ck_assert_int_eq(sp_json_require_string(object, "s", "the test", &text, &diag), SP_OK);
    ck_assert_str_view(text, "x");
    ck_assert_int_eq(sp_json_require_string(object, "i", "the test", &text, &diag), SP_ERR_FORMAT);
    ck_assert_str_eq(diag.text, "the test: \"i\" is missing or not a string");
    ck_assert_int_eq(sp_json_require_string(object, "z", "the test", &text, &diag), SP_ERR_MISSING);
    ck_assert_str_eq(diag.text, "the test: \"z\" is missing or not a string");
}
SP_TEST_END

SP_TEST(getters_tell_missing_from_wrong)
{
    SP_JSON_SCOPED json_t *object = parsed("{\"s\":\"x\",\"i\":1,\"b\":true,\"z\":null,\"l\":[\"a\",\"b\"]}");
    struct sp_str text;
    double number;
    bool boolean;
    struct sp_json_string_list list;
    ck_assert_int_eq(sp_json_get_string(object, "none", &text), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string(object, "z", &text), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string(object, "i", &text), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_string(object, "s", &text), SP_OK);
    ck_assert_str_view(text, "x");
    ck_assert_int_eq(sp_json_get_number(object, "none", &number), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_number(object, "s", &number), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_number(object, "b", &number), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_boolean(object, "none", &boolean), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_boolean(object, "i", &boolean), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_json_get_boolean(object, "b", &boolean), SP_OK);
    ck_assert(boolean);
    ck_assert_int_eq(sp_json_get_string_list(object, "z", 9, &list), SP_ERR_MISSING);
    ck_assert_int_eq(sp_json_get_string_list(object, "b", 9, &list), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(numbers_are_as_exact_as_a_double)
{
    static const struct {
        const char *text;
        enum sp_error error;
        double value;
    } cases[] = {
        {"{\"n\":0}", SP_OK, 0},
        {"{\"n\":-5}", SP_OK, -5},
        {"{\"n\":1.7e9}", SP_OK, 1700000000},
        {"{\"n\":0.5}", SP_OK, 0.5},
        {"{\"n\":1700000000.25}", SP_OK, 1700000000.25},
        {"{\"n\":9007199254740992}", SP_OK, (double)SP_JSON_NUMBER_MAX},
        {"{\"n\":-9007199254740992}", SP_OK, -(double)SP_JSON_NUMBER_MAX},
        {"{\"n\":9007199254740992.0}", SP_OK, (double)SP_JSON_NUMBER_MAX},
        {"{\"n\":9007199254740993}", SP_ERR_FORMAT, 0},
        {"{\"n\":-9007199254740993}", SP_ERR_FORMAT, 0},
        {"{\"n\":9007199254740994.0}", SP_ERR_FORMAT, 0},
        {"{\"n\":9223372036854775807}", SP_ERR_FORMAT, 0},
        {"{\"n\":1e300}", SP_ERR_FORMAT, 0},
        {"{\"n\":-1e300}", SP_ERR_FORMAT, 0},
        {"{\"n\":\"1700000000\"}", SP_ERR_FORMAT, 0},
        {"{\"n\":[1]}", SP_ERR_FORMAT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SP_JSON_SCOPED json_t *object = parsed(cases[i].text);
        double value = 0;
        ck_assert_msg(sp_json_get_number(object, "n", &value) == cases[i].error, "%s", cases[i].text);
        ck_assert(value >= cases[i].value && value <= cases[i].value);
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
    double number = 7;
    bool boolean = true;
    struct sp_json_string_list list = {.n = 7};
    ck_assert_int_ne(sp_json_get_string(object, "x", &text), SP_OK);
    ck_assert_int_ne(sp_json_get_number(object, "x", &number), SP_OK);
    ck_assert_int_ne(sp_json_get_boolean(object, "x", &boolean), SP_OK);
    ck_assert_int_ne(sp_json_get_string_list(object, "x", 9, &list), SP_OK);
    ck_assert_str_view(text, "before");
    ck_assert(number >= 7 && number <= 7);
    ck_assert(boolean);
    ck_assert_uint_eq(list.n, 7);
}
SP_TEST_END

SP_SUITE("json", an_object_is_read, what_parsers_read_differently_is_refused,
         a_text_cut_anywhere_is_no_object, bytes_have_a_ceiling, a_member_that_stands_twice_is_named,
         a_long_name_that_stands_twice_is_shown_in_part, what_is_no_object_is_told_from_what_is_no_json,
         what_nobody_reads_may_be_what_cannot_be_held_and_is_of_the_wrong_type,
         a_string_that_is_needed_is_named_with_its_document, getters_tell_missing_from_wrong,
         numbers_are_as_exact_as_a_double, a_list_is_an_array_of_texts_or_one_text,
         a_getter_that_fails_leaves_its_output_alone)
