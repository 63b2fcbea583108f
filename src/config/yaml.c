/* SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml.h"

#include "base/quote.h"
#include "base/utf8.h"
#include "base/wording.h"

#include <stdlib.h>
#include <yaml.h>

struct limits {
    size_t depth_max;
    size_t nodes_max;
    size_t documents_max;
};

struct reader {
    struct sp_reports *reports;
    struct limits limits;
    struct sp_yaml_node *root; /* root of the first document */
    struct sp_yaml_node *last_root;
    struct sp_yaml_node *stack[SP_YAML_OBJECTS_DEPTH_MAX]; /* open lists and mappings, outermost first */
    size_t depth;
    size_t nodes_n;
    size_t documents_n;
    char *key; /* the last key read, while its value has not been read */
    yaml_mark_t key_mark;
    enum sp_error error; /* the first error, which ends the parsing */
};

void sp_yaml_free(struct sp_yaml_node *node)
{
    while (node != NULL) {
        struct sp_yaml_node *next = node->next;
        sp_yaml_free(node->first);
        if (node->text != NULL) {
            explicit_bzero(node->text, strlen(node->text)); /* a kubeconfig holds secrets */
        }
        free(node->text);
        free(node->key);
        free(node);
        node = next;
    }
}

const char *sp_yaml_kind_text(const struct sp_yaml_node *node)
{
    switch (node->kind) {
    case SP_YAML_LIST:
        return "a list";
    case SP_YAML_MAPPING:
        return "a mapping";
    case SP_YAML_SCALAR:
        break;
    }
    return node->is_null ? "nothing" : "one value";
}

static uint32_t count_from_one(size_t from_zero)
{
    return from_zero < UINT32_MAX ? (uint32_t)from_zero + 1 : UINT32_MAX;
}

#define place_of(mark) SP_PLACE(NULL, count_from_one((mark).line), count_from_one((mark).column))

static void refuse(struct reader *reader, yaml_mark_t mark, enum sp_error error, const char *text)
{
    sp_reports_add(reader->reports, SP_REPORT_ERROR, place_of(mark), "%s", text);
    reader->error = error;
}

static struct sp_yaml_node *innermost(const struct reader *reader)
{
    return reader->depth > 0 ? reader->stack[reader->depth - 1] : NULL;
}

static bool awaits_key(const struct reader *reader)
{
    const struct sp_yaml_node *parent = innermost(reader);
    return parent != NULL && parent->kind == SP_YAML_MAPPING && reader->key == NULL;
}

static bool count_node(struct reader *reader, yaml_mark_t mark)
{
    if (++reader->nodes_n <= reader->limits.nodes_max) {
        return true;
    }
    refuse(reader, mark, SP_ERR_LIMIT, "the file has too many values");
    return false;
}

/* Takes ownership of `node`, which gets the key that was read before it. */
static void attach_node(struct reader *reader, struct sp_yaml_node *node)
{
    struct sp_yaml_node *parent = innermost(reader);
    if (parent == NULL) {
        *(reader->root == NULL ? &reader->root : &reader->last_root->next) = node;
        reader->last_root = node;
        return;
    }
    if (parent->kind == SP_YAML_MAPPING) {
        node->key = reader->key;
        node->key_line = count_from_one(reader->key_mark.line);
        node->key_column = count_from_one(reader->key_mark.column);
        reader->key = NULL;
    }
    if (parent->last != NULL) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
}

static struct sp_yaml_node *add_node(struct reader *reader, enum sp_yaml_kind kind, yaml_mark_t mark)
{
    if (!count_node(reader, mark)) {
        return NULL;
    }
    struct sp_yaml_node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        refuse(reader, mark, SP_ERR_MEMORY, "out of memory");
        return NULL;
    }
    node->kind = kind;
    node->line = count_from_one(mark.line);
    node->column = count_from_one(mark.column);
    attach_node(reader, node);
    return node;
}

static void open_node(struct reader *reader, enum sp_yaml_kind kind, yaml_mark_t mark)
{
    if (awaits_key(reader)) {
        refuse(reader, mark, SP_ERR_FORMAT, "a key must be one word");
        return;
    }
    if (reader->depth == reader->limits.depth_max) {
        refuse(reader, mark, SP_ERR_LIMIT, "lists and mappings are nested too deeply");
        return;
    }
    struct sp_yaml_node *node = add_node(reader, kind, mark);
    if (node != NULL) {
        reader->stack[reader->depth++] = node;
    }
}

/* Orders nodes by key, and those with equal keys as in the file. */
static int compare_keys(const void *a, const void *b)
{
    const struct sp_yaml_node *first = *(const struct sp_yaml_node *const *)a;
    const struct sp_yaml_node *second = *(const struct sp_yaml_node *const *)b;
    int order = strcmp(first->key, second->key);
    if (order == 0) {
        order = (first->key_line > second->key_line) - (first->key_line < second->key_line);
    }
    return order != 0 ? order
                      : (first->key_column > second->key_column) - (first->key_column < second->key_column);
}

/* Reports duplicate keys in a complete mapping. They are sorted, since a mapping may have as many keys as
 * there are nodes. */
static void check_keys(struct reader *reader, const struct sp_yaml_node *mapping, yaml_mark_t mark)
{
    size_t keys_n = 0;
    for (const struct sp_yaml_node *node = mapping->first; node != NULL; node = node->next) {
        keys_n++;
    }
    const struct sp_yaml_node **nodes = calloc(keys_n + 1, sizeof(struct sp_yaml_node *));
    if (nodes == NULL) {
        refuse(reader, mark, SP_ERR_MEMORY, "out of memory");
        return;
    }
    keys_n = 0;
    for (const struct sp_yaml_node *node = mapping->first; node != NULL; node = node->next) {
        nodes[keys_n++] = node;
    }
    qsort(nodes, keys_n, sizeof(struct sp_yaml_node *), compare_keys);
    const struct sp_yaml_node *first = nodes[0];
    for (size_t i = 1; i < keys_n; i++) {
        if (strcmp(first->key, nodes[i]->key) != 0) {
            first = nodes[i];
            continue;
        }
        sp_reports_add(reader->reports, SP_REPORT_ERROR,
                       SP_PLACE(NULL, nodes[i]->key_line, nodes[i]->key_column),
                       "\"%s\" appears twice: the first is in line %u", SP_QUOTE(sp_str_from_c(first->key)),
                       first->key_line);
    }
    free(nodes);
}

static bool is_null_word(struct sp_str text)
{
    return text.len == 0 || sp_str_equal(text, SP_STR("~")) || sp_str_equal_ci(text, SP_STR("null"));
}

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct sp_str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (sp_str_contains(text, '\0')) {
        refuse(reader, event->start_mark, SP_ERR_FORMAT, "a value must not hold a NUL character");
        return;
    }
    char **copy = &reader->key;
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (awaits_key(reader)) {
        if (is_plain && sp_str_equal(text, SP_STR("<<"))) {
            refuse(reader, event->start_mark, SP_ERR_FORMAT,
                   "merge keys (<<) are not accepted: write the values out");
            return;
        }
        if (!count_node(reader, event->start_mark)) {
            return;
        }
        reader->key_mark = event->start_mark;
    } else {
        struct sp_yaml_node *node = add_node(reader, SP_YAML_SCALAR, event->start_mark);
        if (node == NULL) {
            return;
        }
        node->is_null = is_plain && is_null_word(text);
        copy = &node->text;
    }
    *copy = sp_str_dup(text);
    if (*copy == NULL) {
        refuse(reader, event->start_mark, SP_ERR_MEMORY, "out of memory");
    }
}

/* True, with a report, for an event that carries an anchor or a tag. */
static bool is_decorated(struct reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
                         const yaml_char_t *tag)
{
    if (anchor != NULL) {
        refuse(reader, event->start_mark, SP_ERR_FORMAT, "anchors (&) are not accepted: write the value out");
    } else if (tag != NULL) {
        refuse(reader, event->start_mark, SP_ERR_FORMAT,
               "tags (!) are not accepted: put quotes around the string");
    }
    return reader->error != SP_OK;
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        if (!is_decorated(reader, event, event->data.scalar.anchor, event->data.scalar.tag)) {
            take_scalar(reader, event);
        }
        break;
    case YAML_SEQUENCE_START_EVENT:
        if (!is_decorated(reader, event, event->data.sequence_start.anchor, event->data.sequence_start.tag)) {
            open_node(reader, SP_YAML_LIST, event->start_mark);
        }
        break;
    case YAML_MAPPING_START_EVENT:
        if (!is_decorated(reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag)) {
            open_node(reader, SP_YAML_MAPPING, event->start_mark);
        }
        break;
    case YAML_MAPPING_END_EVENT:
        check_keys(reader, innermost(reader), event->start_mark);
        reader->depth--;
        break;
    case YAML_SEQUENCE_END_EVENT:
        reader->depth--;
        break;
    case YAML_ALIAS_EVENT:
        refuse(reader, event->start_mark, SP_ERR_FORMAT, "aliases (*) are not accepted: write the value out");
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (reader->documents_n++ == reader->limits.documents_max) {
            refuse(reader, event->start_mark, SP_ERR_FORMAT,
                   "a second document (---) is not accepted: keep one");
        }
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
}

/* libyaml's messages for the most common mistakes do not name the mistake. */
static const struct {
    const char *of; /* part of libyaml's problem or context text */
    const char *hint;
} hints[] = {
    {"cannot start any token", "; a tab cannot indent, and a value with a special character needs quotes"},
    {"violates indentation", ": indent with spaces"},
    {"scanning an alias", ": put quotes around a string that begins with *"},
    {"scanning an anchor", ": put quotes around a string that begins with &"},
    {"mapping values are not allowed",
     ": a line before this one lacks its colon or has another indent, or a string with a colon needs quotes"},
    {"scanning a quoted scalar", ": a quote is not closed"},
    {"parsing a flow", ": a bracket or brace is not closed, or a comma is missing"},
    {"UTF-8", ": save the file as UTF-8"},
};

/* Computes the mark of invalid bytes, for which libyaml only has an offset. */
static yaml_mark_t mark_of_offset(struct sp_str text, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < text.len; i++) {
        bool is_end = text.ptr[i] == '\n';
        mark.line += is_end ? 1 : 0;
        mark.column = is_end ? 0 : mark.column + 1;
    }
    return mark;
}

static void report_syntax(struct reader *reader, struct sp_str text, const yaml_parser_t *parser)
{
    yaml_mark_t mark = parser->error == YAML_READER_ERROR ? mark_of_offset(text, parser->problem_offset)
                                                          : parser->problem_mark;
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    const char *context = parser->context != NULL ? parser->context : "";
    const char *hint = "";
    for (size_t i = 0; i < sizeof hints / sizeof hints[0] && hint[0] == '\0'; i++) {
        if (strstr(problem, hints[i].of) != NULL || strstr(context, hints[i].of) != NULL) {
            hint = hints[i].hint;
        }
    }
    sp_reports_add(reader->reports, SP_REPORT_ERROR, place_of(mark), "not YAML: %s%s%s%s", problem,
                   context[0] != '\0' ? " " : "", context, hint);
    reader->error = parser->error == YAML_MEMORY_ERROR ? SP_ERR_MEMORY : SP_ERR_FORMAT;
}

static enum sp_error parse(struct sp_str text, const struct limits *limits, struct sp_reports *reports,
                           struct sp_yaml_node **out)
{
    yaml_parser_t parser;
    if (yaml_parser_initialize(&parser) == 0) {
        return SP_ERR_MEMORY;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.ptr != NULL ? text.ptr : ""),
                                 text.len);

    struct reader reader = {.reports = reports, .limits = *limits};
    bool is_over = false;
    while (!is_over && reader.error == SP_OK) {
        yaml_event_t event;
        if (yaml_parser_parse(&parser, &event) == 0) {
            report_syntax(&reader, text, &parser);
            break;
        }
        take_event(&reader, &event);
        is_over = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    free(reader.key);
    if (reader.error != SP_OK) {
        sp_yaml_free(reader.root);
        return reader.error;
    }
    *out = reader.root;
    return SP_OK;
}

enum sp_error sp_yaml_parse(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
{
    const struct limits limits = {SP_YAML_DEPTH_MAX, SP_YAML_NODES_MAX, 1};
    return parse(text, &limits, reports, out);
}

enum sp_error sp_yaml_parse_objects(struct sp_str text, struct sp_reports *reports, struct sp_yaml_node **out)
{
    const struct limits limits = {SP_YAML_OBJECTS_DEPTH_MAX, SP_YAML_OBJECTS_NODES_MAX, SIZE_MAX};
    return parse(text, &limits, reports, out);
}

static bool is_plain_safe(struct sp_str text)
{
    if (is_null_word(text) || !(sp_ascii_is_alnum(text.ptr[0]) || text.ptr[0] == '/' || text.ptr[0] == '_')) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!sp_ascii_is_alnum(c) && c != '_' && c != '.' && c != '/' && c != '-') {
            return false;
        }
    }
    return true;
}

/* Invisible characters are escaped. These include characters that YAML 1.1 treats as line breaks (NEL, LS,
 * PS), and a byte order mark at the beginning, none of which would parse to themselves. The environment may
 * contain bytes that are not UTF-8. */
void sp_yaml_append_scalar(struct sp_str text, struct sp_buf *out)
{
    if (is_plain_safe(text)) {
        sp_buf_append(out, text);
        return;
    }
    sp_buf_append_char(out, '"');
    while (text.len > 0) {
        size_t shown_len = sp_quote_shown_len(text);
        size_t len = sp_utf8_sequence_len(text);
        struct sp_str character = {text.ptr, len > 0 ? len : 1};
        if (shown_len == 0) {
            unsigned code_point = len > 0 ? sp_utf8_code_point(character) : (unsigned char)text.ptr[0];
            sp_buf_printf(out,
                          code_point <= 0xff     ? "\\x%02X"
                          : code_point <= 0xffff ? "\\u%04X"
                                                 : "\\U%08X",
                          code_point);
        } else {
            sp_buf_append_c(out, text.ptr[0] == '"' || text.ptr[0] == '\\' ? "\\" : "");
            sp_buf_append(out, character);
        }
        text = sp_str_skip(text, character.len);
    }
    sp_buf_append_char(out, '"');
}

/* Appends a node of any kind on one line. */
static void append_flow(const struct sp_yaml_node *node, struct sp_buf *out)
{
    if (node->kind == SP_YAML_SCALAR) {
        sp_yaml_append_scalar(sp_str_from_c(node->text), out);
        return;
    }
    sp_buf_append_char(out, node->kind == SP_YAML_LIST ? '[' : '{');
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item->key != NULL) {
            sp_yaml_append_scalar(sp_str_from_c(item->key), out);
            sp_buf_append_c(out, ": ");
        }
        append_flow(item, out);
        sp_buf_append_c(out, item->next != NULL ? ", " : "");
    }
    sp_buf_append_char(out, node->kind == SP_YAML_LIST ? ']' : '}');
}

/* True if no mapping is nested in the node, so that it is readable on one line. */
static bool is_flat(const struct sp_yaml_node *node)
{
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item->kind == SP_YAML_MAPPING || (item->kind == SP_YAML_LIST && !is_flat(item))) {
            return false;
        }
    }
    return true;
}

static void append_entry(const struct sp_yaml_node *node, const char *comment, int indent, struct sp_buf *out)
{
    bool is_block = !is_flat(node);
    for (int i = 0; i < indent; i++) {
        sp_buf_append_char(out, ' ');
    }
    sp_yaml_append_scalar(sp_str_from_c(node->key), out);
    sp_buf_append_char(out, ':');
    if (!is_block) {
        sp_buf_append_char(out, ' ');
        append_flow(node, out);
    }
    sp_buf_printf(out, "%s%s\n", comment != NULL ? "  # " : "", comment != NULL ? comment : "");
    for (const struct sp_yaml_node *item = node->first; is_block && item != NULL; item = item->next) {
        if (item->key != NULL) {
            append_entry(item, NULL, indent + 2, out);
        } else {
            sp_buf_printf(out, "%*s- ", indent + 2, "");
            append_flow(item, out);
            sp_buf_append_char(out, '\n');
        }
    }
}

void sp_yaml_append_entry(const struct sp_yaml_node *node, const char *comment, struct sp_buf *out)
{
    append_entry(node, comment, 0, out);
}

const char *sp_yaml_library_version(void)
{
    return yaml_get_version_string();
}
