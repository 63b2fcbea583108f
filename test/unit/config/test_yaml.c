/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include "../suite.h"

#include <stdio.h>

static struct sp_yaml_node *tree_of(struct sp_str text)
{
    struct sp_reports reports = {0};
    struct sp_yaml_node *tree = NULL;
    enum sp_error error = sp_yaml_parse(text, &reports, &tree);
    ck_assert_msg(error == SP_OK && reports.items_n == 0, "%.*s: %s", SP_STR_ARGS(text),
                  reports.items_n > 0 ? reports.items[0].text : "no report");
    sp_reports_done(&reports);
    return tree;
}

static void assert_no_tree(struct sp_str text, enum sp_error expected, uint32_t line, uint32_t column,
                           const char *message)
{
    struct sp_reports reports = {0};
    struct sp_yaml_node *tree = NULL;
    ck_assert_int_eq(sp_yaml_parse(text, &reports, &tree), expected);
    ck_assert_ptr_null(tree);
    ck_assert_uint_eq(reports.errors_n, 1);
    ck_assert_msg(strstr(reports.items[0].text, message) != NULL, "%s", reports.items[0].text);
    ck_assert_uint_eq(reports.items[0].line, line);
    ck_assert_uint_eq(reports.items[0].column, column);
    sp_reports_done(&reports);
}

SP_TEST(every_node_knows_its_place)
{
    struct sp_yaml_node *tree = tree_of(SP_STR("a: 1\nbb:\n  - x\n  - {c: \"y\"}\n"));
    ck_assert_int_eq(tree->kind, SP_YAML_MAPPING);
    const struct sp_yaml_node *a = tree->first;
    ck_assert_str_eq(a->key, "a");
    ck_assert_str_eq(a->text, "1");
    ck_assert_uint_eq(a->line, 1);
    ck_assert_uint_eq(a->column, 4);
    const struct sp_yaml_node *bb = a->next;
    ck_assert_int_eq(bb->kind, SP_YAML_LIST);
    ck_assert_uint_eq(bb->key_line, 2);
    ck_assert_uint_eq(bb->key_column, 1);
    ck_assert_str_eq(bb->first->text, "x");
    const struct sp_yaml_node *c = bb->first->next->first;
    ck_assert_str_eq(c->key, "c");
    ck_assert_uint_eq(c->key_line, 4);
    ck_assert_uint_eq(c->key_column, 6);
    ck_assert_uint_eq(c->column, 9);
    ck_assert_ptr_null(bb->next);
    sp_yaml_free(tree);
}
SP_TEST_END

SP_TEST(a_text_without_a_document_has_no_tree)
{
    ck_assert_ptr_null(tree_of(SP_STR("")));
    ck_assert_ptr_null(tree_of(SP_STR_NONE));
    ck_assert_ptr_null(tree_of(SP_STR("# nothing\n\n")));
}
SP_TEST_END

SP_TEST(only_an_unquoted_nothing_is_null)
{
    struct sp_yaml_node *tree = tree_of(SP_STR("[~, null, NULL, \"\", \"null\", 'x', nul]"));
    static const bool expected[] = {true, true, true, false, false, false, false};
    const struct sp_yaml_node *node = tree->first;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++, node = node->next) {
        ck_assert_int_eq(node->is_null, expected[i]);
    }
    sp_yaml_free(tree);
}
SP_TEST_END

SP_TEST(what_makes_a_short_file_mean_more_is_refused)
{
    assert_no_tree(SP_STR("a: &x 1\n"), SP_ERR_FORMAT, 1, 4, "anchors");
    assert_no_tree(SP_STR("a: &x [1]\n"), SP_ERR_FORMAT, 1, 4, "anchors");
    assert_no_tree(SP_STR("&x {a: 1}\n"), SP_ERR_FORMAT, 1, 1, "anchors");
    assert_no_tree(SP_STR("a: *x\n"), SP_ERR_FORMAT, 1, 4, "aliases");
    assert_no_tree(SP_STR("a: !!str 1\n"), SP_ERR_FORMAT, 1, 4, "tags");
    assert_no_tree(SP_STR("a: ! 1\n"), SP_ERR_FORMAT, 1, 4, "tags");
    assert_no_tree(SP_STR("a: !x {b: 1}\n"), SP_ERR_FORMAT, 1, 4, "tags");
    assert_no_tree(SP_STR("a: 1\n<<: {b: 2}\n"), SP_ERR_FORMAT, 2, 1, "merge keys");
    assert_no_tree(SP_STR("a: {<<: [{b: 2}]}\n"), SP_ERR_FORMAT, 1, 5, "merge keys");
    assert_no_tree(SP_STR("a: 1\n---\nb: 2\n"), SP_ERR_FORMAT, 2, 1, "second document");
    assert_no_tree(SP_STR("{a: 1}: 2\n"), SP_ERR_FORMAT, 1, 1, "key");
    assert_no_tree(SP_STR("? [a]\n: 2\n"), SP_ERR_FORMAT, 1, 3, "key");
    assert_no_tree(SP_STR("a: \"x\\0y\"\n"), SP_ERR_FORMAT, 1, 4, "NUL");
    assert_no_tree(SP_STR("\"\\0\": y\n"), SP_ERR_FORMAT, 1, 1, "NUL");
}
SP_TEST_END

SP_TEST(a_file_of_objects_may_have_several_documents)
{
    struct sp_reports reports = {0};
    struct sp_yaml_node *documents = NULL;
    ck_assert_int_eq(
        sp_yaml_parse_objects(SP_STR("--- {a: 1}\n---\n---\n- b\n...\n---\nc\n"), &reports, &documents),
        SP_OK);
    ck_assert_str_eq(documents->first->text, "1");
    ck_assert(documents->next->is_null);
    ck_assert_int_eq(documents->next->next->kind, SP_YAML_LIST);
    ck_assert_uint_eq(documents->next->next->line, 4);
    ck_assert_str_eq(documents->next->next->next->text, "c");
    ck_assert_ptr_null(documents->next->next->next->next);
    sp_yaml_free(documents);
    documents = NULL;
    ck_assert_int_eq(sp_yaml_parse_objects(SP_STR("a: 1\n---\nb: &x 1\n"), &reports, &documents),
                     SP_ERR_FORMAT);
    ck_assert_ptr_null(documents);
    ck_assert_uint_eq(reports.errors_n, 1);
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(objects_may_be_nested_deeper_up_to_their_maximum)
{
    for (size_t depth = SP_YAML_OBJECTS_DEPTH_MAX; depth <= SP_YAML_OBJECTS_DEPTH_MAX + 1; depth++) {
        char text[2 * SP_YAML_OBJECTS_DEPTH_MAX + 2];
        struct sp_reports reports = {0};
        struct sp_yaml_node *documents = NULL;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        enum sp_error error = sp_yaml_parse_objects((struct sp_str){text, 2 * depth}, &reports, &documents);
        ck_assert_int_eq(error, depth == SP_YAML_OBJECTS_DEPTH_MAX ? SP_OK : SP_ERR_LIMIT);
        sp_yaml_free(documents);
        sp_reports_done(&reports);
    }
}
SP_TEST_END

SP_TEST(broken_yaml_says_where_it_breaks)
{
    assert_no_tree(SP_STR("a: 1\n b: 2\n"), SP_ERR_FORMAT, 2, 3, "has another indent");
    assert_no_tree(SP_STR("a: [1, 2\n"), SP_ERR_FORMAT, 2, 1, "is not closed");
    assert_no_tree(SP_STR("a: *.example.com\n"), SP_ERR_FORMAT, 1, 5, "put quotes around");
    assert_no_tree(SP_STR("a: \"x\n"), SP_ERR_FORMAT, 2, 1, "not YAML");
    assert_no_tree(SP_STR("a: \xff\n"), SP_ERR_FORMAT, 1, 4, "save the file as UTF-8");
    assert_no_tree(SP_STR("a: b\nc: \xff\n"), SP_ERR_FORMAT, 2, 4, "save the file as UTF-8");
}
SP_TEST_END

SP_TEST(a_key_that_is_there_twice_names_both_lines_and_goes_on)
{
    struct sp_reports reports = {0};
    struct sp_yaml_node *tree = NULL;
    struct sp_str text = SP_STR("a: 1\nb: {c: 1, c: 2}\na: 2\n");
    ck_assert_int_eq(sp_yaml_parse(text, &reports, &tree), SP_OK);
    ck_assert_uint_eq(reports.errors_n, 2);
    ck_assert_str_eq(reports.items[0].text, "\"c\" appears twice: the first is in line 2");
    ck_assert_str_eq(reports.items[1].text, "\"a\" appears twice: the first is in line 1");
    ck_assert_uint_eq(reports.items[1].line, 3);
    sp_yaml_free(tree);
    sp_reports_done(&reports);
}
SP_TEST_END

SP_TEST(keys_that_are_there_twice_are_found_among_many)
{
    enum { KEYS_N = 9000 };
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 1 << 20);
    for (size_t i = 0; i < KEYS_N; i++) { /* in no particular order */
        sp_buf_printf(&text, "k%zu: v\n", i * 7919 % (KEYS_N - 2));
    }
    sp_buf_append_c(&text, "m: {k: 1, l: 2, k: 3, k: 4}\n");
    struct sp_reports reports = {0};
    struct sp_yaml_node *tree = NULL;
    ck_assert_int_eq(sp_yaml_parse(sp_buf_str(&text), &reports, &tree), SP_OK);
    static const struct {
        const char *text;
        uint32_t line;
        uint32_t column;
    } found[] = {
        {"\"k\" appears twice: the first is in line 9001", 9001, 17},
        {"\"k\" appears twice: the first is in line 9001", 9001, 23},
        {"\"k0\" appears twice: the first is in line 1", 8999, 1},
        {"\"k7919\" appears twice: the first is in line 2", 9000, 1},
    };
    ck_assert_uint_eq(reports.errors_n, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(reports.items[i].text, found[i].text);
        ck_assert_uint_eq(reports.items[i].line, found[i].line);
        ck_assert_uint_eq(reports.items[i].column, found[i].column);
    }
    sp_yaml_free(tree);
    sp_reports_done(&reports);
}
SP_TEST_END

/* `depth` nested lists. */
static struct sp_str nested(char *text, size_t depth)
{
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return (struct sp_str){text, 2 * depth};
}

SP_TEST(nesting_ends_at_its_maximum)
{
    char text[2 * (SP_YAML_DEPTH_MAX + 1)];
    sp_yaml_free(tree_of(nested(text, SP_YAML_DEPTH_MAX)));
    assert_no_tree(nested(text, SP_YAML_DEPTH_MAX + 1), SP_ERR_LIMIT, 1, SP_YAML_DEPTH_MAX + 1, "deeply");
}
SP_TEST_END

/* A list of `n` nodes, including itself. */
static struct sp_str list_of(char *text, size_t n)
{
    size_t len = 0;
    text[len++] = '[';
    for (size_t i = 1; i < n; i++) {
        text[len++] = 'x';
        text[len++] = ',';
    }
    text[len++] = ']';
    return (struct sp_str){text, len};
}

SP_TEST(nodes_end_at_their_maximum)
{
    static char text[2 * SP_YAML_NODES_MAX + 8];
    sp_yaml_free(tree_of(list_of(text, SP_YAML_NODES_MAX)));
    assert_no_tree(list_of(text, SP_YAML_NODES_MAX + 1), SP_ERR_LIMIT, 1, 2 * SP_YAML_NODES_MAX, "too many");
}
SP_TEST_END

SP_TEST(keys_count_as_nodes)
{
    static char text[16 * SP_YAML_NODES_MAX];
    size_t len = 0;
    for (size_t i = 0; i < SP_YAML_NODES_MAX / 2; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "k%zu: x\n", i);
    }
    assert_no_tree((struct sp_str){text, len}, SP_ERR_LIMIT, SP_YAML_NODES_MAX / 2, 8, "too many");
}
SP_TEST_END

SP_TEST(a_file_cut_anywhere_does_no_harm)
{
    struct sp_str text =
        SP_STR("a: [1, {b: \"x\\ty\", c: 'z'}]\nd:\n  - e: >\n      f\n    g: |\n      h\n# i\n");
    for (size_t len = 0; len <= text.len; len++) {
        struct sp_reports reports = {0};
        struct sp_yaml_node *tree = NULL;
        if (sp_yaml_parse((struct sp_str){text.ptr, len}, &reports, &tree) != SP_OK) {
            ck_assert_uint_gt(reports.errors_n, 0);
        }
        sp_yaml_free(tree);
        sp_reports_done(&reports);
    }
}
SP_TEST_END

/* In a flow list, and as a value in block context. */
static void assert_reads_back(struct sp_str value)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 4096);
    sp_buf_append_c(&text, "a: ");
    sp_yaml_append_scalar(value, &text);
    sp_buf_append_c(&text, "\nb: [");
    sp_yaml_append_scalar(value, &text);
    sp_buf_append_c(&text, ", x]\n");
    struct sp_yaml_node *tree = tree_of(sp_buf_str(&text));
    const struct sp_yaml_node *list = tree->first->next;
    ck_assert_msg(sp_str_equal(sp_str_from_c(tree->first->text), value), "%s", sp_buf_c_str(&text));
    ck_assert_msg(sp_str_equal(sp_str_from_c(list->first->text), value), "%s", sp_buf_c_str(&text));
    ck_assert(!tree->first->is_null);
    sp_yaml_free(tree);
}

SP_TEST(every_byte_reads_back_as_itself)
{
    for (int c = 1; c < 0x80; c++) {
        char value[] = {(char)c, 'a', (char)c};
        for (size_t len = 1; len <= sizeof value; len++) {
            assert_reads_back((struct sp_str){value, len});
        }
    }
}
SP_TEST_END

SP_TEST(texts_that_yaml_would_take_for_something_else_read_back)
{
    static const char *const values[] = {
        "",
        "~",
        "null",
        "true",
        "- a",
        "a: b",
        "a #b",
        "[::]:4181",
        "*.a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a`",
        "a, b",
        "{a}",
        " a ",
        "a\nb",
        "? a",
        "---",
        "...",
        "0x10",
        "1e3",
        "12:30",
        "\xc2\x85",
        "a\xc2\x85z",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "a\\nb",
        "\"a\"",
        "'a'",
        "\xef\xbb\xbf",
        "\xc3\xa4",
        "ä ö",
        "\xf0\x9f\x9a\xaa",
        "\xc2\x9b",
        "\xe2\x80\xae",
        "\xf3\xa0\x81\x81",
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_reads_back(sp_str_from_c(values[i]));
    }
}
SP_TEST_END

SP_TEST(ac_91_a_value_is_printed_without_what_nobody_sees)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, 4096);
    sp_yaml_append_scalar(SP_STR("\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xff\n"), &text);
    ck_assert_str_view(sp_buf_str(&text), "\"\\x9B\\u202E\\U000E0041\\xFF\\x0A\"");
}
SP_TEST_END

SP_SUITE("yaml", every_node_knows_its_place, a_text_without_a_document_has_no_tree,
         only_an_unquoted_nothing_is_null, what_makes_a_short_file_mean_more_is_refused,
         a_file_of_objects_may_have_several_documents, objects_may_be_nested_deeper_up_to_their_maximum,
         broken_yaml_says_where_it_breaks, a_key_that_is_there_twice_names_both_lines_and_goes_on,
         keys_that_are_there_twice_are_found_among_many, nesting_ends_at_its_maximum,
         nodes_end_at_their_maximum, keys_count_as_nodes, a_file_cut_anywhere_does_no_harm,
         every_byte_reads_back_as_itself, texts_that_yaml_would_take_for_something_else_read_back,
         ac_91_a_value_is_printed_without_what_nobody_sees)
