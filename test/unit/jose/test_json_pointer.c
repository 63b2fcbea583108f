/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/json_pointer.h"

#include "../suite.h"
#include "jose/json.h"
#include "jose/json_text.h"

/* What `pointer` finds in `text`, as JSON; NULL: nothing. The caller frees it. */
static char *found(const char *text, const char *pointer)
{
    SP_JSON_SCOPED json_t *document = json_loads(text, 0, NULL);
    ck_assert_msg(document != NULL, "%s", text);
    ck_assert_msg(sp_json_pointer_check(sp_str_from_c(pointer), NULL) == SP_OK, "%s", pointer);
    const json_t *value = sp_json_pointer_find(document, sp_str_from_c(pointer));
    return value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void assert_found(const char *text, const char *pointer, const char *expected)
{
    char *value = found(text, pointer);
    ck_assert_msg(value != NULL && strcmp(value, expected) == 0, "%s: %s", pointer, value);
    free(value);
}

static void assert_nothing(const char *text, const char *pointer)
{
    char *value = found(text, pointer);
    ck_assert_msg(value == NULL, "%s: %s", pointer, value);
    free(value);
}

/* RFC 6901, section 5; its empty pointer is the whole document, which no setting names. */
SP_TEST(the_examples_of_the_rfc_are_found)
{
    static const char document[] =
        "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
        "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
    assert_found(document, "/foo", "[\"bar\",\"baz\"]");
    assert_found(document, "/foo/0", "\"bar\"");
    assert_found(document, "/", "0");
    assert_found(document, "/a~1b", "1");
    assert_found(document, "/c%d", "2");
    assert_found(document, "/e^f", "3");
    assert_found(document, "/g|h", "4");
    assert_found(document, "/i\\j", "5");
    assert_found(document, "/k\"l", "6");
    assert_found(document, "/ ", "7");
    assert_found(document, "/m~0n", "8");
}
SP_TEST_END

SP_TEST(a_step_that_leads_nowhere_finds_nothing)
{
    static const char document[] = "{\"a\":{\"b\":\"x\",\"~1\":1,\"0\":2},\"l\":[1,{\"c\":3}],\"z\":null}";
    static const char *const nowhere[] = {"/b",
                                          "/a/c",
                                          "/a/b/c",
                                          "/a/b/0",
                                          "/a/",
                                          "/l/2",
                                          "/l/-",
                                          "/l/01",
                                          "/l/+1",
                                          "/l/1 ",
                                          "/l/a",
                                          "/l/",
                                          "/A",
                                          "/z/a",
                                          "//a",
                                          "/a//b",
                                          "/a/~1",
                                          "/l/0/",
                                          "/a/b/",
                                          "/l/00",
                                          "/l/-1",
                                          "/l/0x0",
                                          "/l/18446744073709551616"};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        assert_nothing(document, nowhere[i]);
    }
    assert_found(document, "/a/b", "\"x\"");
    assert_found(document, "/a/0", "2");
    assert_found(document, "/l/1/c", "3");
    assert_found(document, "/a/~01", "1");
    assert_found(document, "/z", "null");
}
SP_TEST_END

SP_TEST(what_is_no_pointer_is_told)
{
    static const struct {
        const char *text;
        enum sp_error error;
        const char *detail;
    } cases[] = {
        {"", SP_ERR_FORMAT, "begin with /"},
        {"a/b", SP_ERR_FORMAT, "begin with /"},
        {"/a~", SP_ERR_FORMAT, "neither ~0"},
        {"/a~2", SP_ERR_FORMAT, "neither ~0"},
        {"/~/a", SP_ERR_FORMAT, "neither ~0"},
        {"/~~0", SP_ERR_FORMAT, "neither ~0"},
        {"/a~0~1/b", SP_OK, ""},
        {"/", SP_OK, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_diag diag = {0};
        ck_assert_msg(sp_json_pointer_check(sp_str_from_c(cases[i].text), &diag) == cases[i].error, "%s",
                      cases[i].text);
        ck_assert_msg(strstr(diag.text, cases[i].detail) != NULL, "%s: %s", cases[i].text, diag.text);
    }
}
SP_TEST_END

SP_TEST(length_and_steps_have_ceilings)
{
    char text[SP_JSON_POINTER_MAX + 2];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    ck_assert_int_eq(sp_json_pointer_check((struct sp_str){text, SP_JSON_POINTER_MAX}, NULL), SP_OK);
    ck_assert_int_eq(sp_json_pointer_check((struct sp_str){text, SP_JSON_POINTER_MAX + 1}, NULL),
                     SP_ERR_LIMIT);
    for (size_t i = 0; i < SP_JSON_DEPTH_MAX + 1; i++) {
        memcpy(text + 2 * i, "/a", 2);
    }
    ck_assert_int_eq(sp_json_pointer_check((struct sp_str){text, 2 * SP_JSON_DEPTH_MAX}, NULL), SP_OK);
    ck_assert_int_eq(sp_json_pointer_check((struct sp_str){text, 2 * SP_JSON_DEPTH_MAX + 2}, NULL),
                     SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_longest_step_is_read_whole_and_a_deepest_value_found)
{
    SP_BUF_SCOPED struct sp_buf pointer;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&pointer, 4096);
    sp_buf_init(&text, 4096);
    sp_buf_printf(&pointer, "/%0*d", SP_JSON_POINTER_MAX - 1, 0);
    sp_buf_printf(&text, "{\"%0*d\":1}", SP_JSON_POINTER_MAX - 1, 0);
    assert_found(sp_buf_c_str(&text), sp_buf_c_str(&pointer), "1");
    sp_buf_clear(&pointer);
    sp_buf_clear(&text);
    for (size_t i = 0; i < SP_JSON_DEPTH_MAX; i++) {
        sp_buf_append_c(&pointer, "/a");
        sp_buf_append_c(&text, "{\"a\":");
    }
    sp_buf_append_c(&text, "7");
    for (size_t i = 0; i < SP_JSON_DEPTH_MAX; i++) {
        sp_buf_append_c(&text, "}");
    }
    assert_found(sp_buf_c_str(&text), sp_buf_c_str(&pointer), "7");
}
SP_TEST_END

SP_SUITE("json_pointer", the_examples_of_the_rfc_are_found, a_step_that_leads_nowhere_finds_nothing,
         what_is_no_pointer_is_told, length_and_steps_have_ceilings,
         a_longest_step_is_read_whole_and_a_deepest_value_found)
