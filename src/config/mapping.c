/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mapping.h"

#include "base/time.h"
#include "base/wording.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEM_MAX   512 /* bytes of the largest list item */
#define EMPTY_LIST "an empty list never matches: add values, or remove it"

/* ---- fields --------------------------------------------------------------------------------------- */

/* The layout of all lists. */
struct list {
    void *items;
    size_t items_n;
};

static void *item_at(const struct list *list, size_t i, size_t item_len)
{
    return (char *)list->items + i * item_len;
}

enum sp_error sp_list_add(void *list, const void *item, size_t item_len)
{
    struct list grown;
    memcpy(&grown, list, sizeof grown);
    void *items = reallocarray(grown.items, grown.items_n + 1, item_len);
    if (items == NULL) {
        return SP_ERR_MEMORY;
    }
    grown.items = items;
    memcpy(item_at(&grown, grown.items_n++, item_len), item, item_len);
    memcpy(list, &grown, sizeof grown);
    return SP_OK;
}

static void release(const struct sp_value_type *type, void *value)
{
    if (type->done != NULL) {
        type->done(value);
    } else if (type->check != NULL) {
        sp_value_free_text(value);
    }
}

static void clear_field(const struct sp_value_type *type, void *field)
{
    if (type->item_len == 0) {
        release(type, field);
        return;
    }
    struct list list;
    memcpy(&list, field, sizeof list);
    for (size_t i = 0; i < list.items_n; i++) {
        release(type, item_at(&list, i, type->item_len));
    }
    free(list.items);
    memset(field, 0, sizeof list);
}

static void *field_of(const struct sp_row *row, void *object)
{
    return (char *)object + row->offset;
}

void sp_mapping_clear(const struct sp_mapping *mapping, void *object)
{
    for (size_t i = 0; i < mapping->rows_n; i++) {
        clear_field(mapping->rows[i].type, field_of(&mapping->rows[i], object));
    }
}

static enum sp_error read_one(const struct sp_row *row, struct sp_str text, struct sp_diag *diag, void *out)
{
    const struct sp_value_type *type = row->type;
    if (type->check == NULL) {
        return type->parse(&row->limits, text, diag, out);
    }
    enum sp_error error = type->check(&row->limits, text, diag);
    return error != SP_OK ? error : sp_value_store_text(text, diag, out);
}

/* Parses one value into the field, or appends it to the field's list. */
static enum sp_error add_value(const struct sp_row *row, struct sp_str text, struct sp_diag *diag,
                               void *object)
{
    const struct sp_value_type *type = row->type;
    void *field = field_of(row, object);
    if (type->is_optional && text.len == 0) {
        return SP_OK;
    }
    if (type->item_len == 0) {
        return read_one(row, text, diag, field);
    }
    _Alignas(max_align_t) char item[ITEM_MAX] = {0};
    struct list list;
    assert(type->item_len <= sizeof item);
    enum sp_error error = read_one(row, text, diag, item);
    if (error != SP_OK) {
        return error;
    }
    memcpy(&list, field, sizeof list);
    for (size_t i = 0; i < list.items_n && type->equal != NULL && error == SP_OK; i++) {
        if (type->equal(item_at(&list, i, type->item_len), item)) {
            struct sp_str name = type->shape == SP_VALUE_PAIRS ? sp_str_cut(&text, '=') : text;
            error = sp_diag_set(diag, SP_ERR_DUPLICATE, "\"%s\" appears twice", SP_QUOTE(name));
        }
    }
    if (error == SP_OK && sp_list_add(field, item, type->item_len) != SP_OK) {
        error = sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    if (error != SP_OK) {
        release(type, item);
    }
    return error;
}

static size_t values_max(const struct sp_row *row)
{
    return row->limits.max > 0 ? (size_t)row->limits.max : SP_LIST_MAX;
}

/* Reads the value of a variable, or a default: several values are separated by commas, and spaces around them
 * are ignored. */
static enum sp_error read_text(const struct sp_row *row, struct sp_str text, struct sp_diag *diag,
                               void *object)
{
    if (row->type->shape == SP_VALUE_SCALAR) {
        return add_value(row, text, diag, object);
    }
    enum sp_error error = SP_OK;
    struct sp_str rest = sp_str_trim(text);
    for (size_t n = 0; rest.len > 0 && error == SP_OK; n++) {
        if (n == values_max(row)) {
            return sp_diag_set(diag, SP_ERR_LIMIT, "has more than %zu values", n);
        }
        error = add_value(row, sp_str_trim(sp_str_cut(&rest, ',')), diag, object);
    }
    return error;
}

static enum sp_error set_default(struct sp_reading *reading, size_t i)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    if (row->value == NULL || row->type->shape == SP_VALUE_SECTION) {
        return SP_OK;
    }
    enum sp_error error = read_text(row, sp_str_from_c(row->value), NULL, reading->object);
    assert(error == SP_OK || error == SP_ERR_MEMORY);
    return error;
}

enum sp_error sp_reading_set_defaults(struct sp_reading *reading)
{
    enum sp_error error = SP_OK;
    for (size_t i = 0; i < reading->mapping->rows_n && error == SP_OK; i++) {
        const struct sp_row *row = &reading->mapping->rows[i];
        reading->given[i] = (struct sp_given){
            .place = {.subject = reading->subject, .key = sp_str_from_c(row->name)},
            .text = sp_str_from_c(row->value != NULL ? row->value : ""),
        };
        error = set_default(reading, i);
    }
    return error;
}

/* The field must hold a valid value even after an error, because later checks read it. */
static void fall_back(struct sp_reading *reading, size_t i)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    clear_field(row->type, field_of(row, reading->object));
    if (set_default(reading, i) != SP_OK) {
        sp_reports_add(reading->reports, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "out of memory");
    }
}

/* ---- the file ------------------------------------------------------------------------------------- */

/* Reports at a node that is the key's value, or inside it. */
#define refuse_value(reading, i, node, ...)                                                                  \
    do {                                                                                                     \
        struct sp_place place_ = (reading)->given[i].place;                                                  \
        place_.line = (node)->line;                                                                          \
        place_.column = (node)->column;                                                                      \
        sp_reports_add((reading)->reports, SP_REPORT_ERROR, &place_, __VA_ARGS__);                           \
        (reading)->given[i].place.is_faulty = true;                                                          \
    } while (0)

static void take_value(struct sp_reading *reading, size_t i, const struct sp_yaml_node *node)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    bool is_pair = row->type->shape == SP_VALUE_PAIRS;
    if (node->kind != SP_YAML_SCALAR || node->is_null) {
        bool is_nothing = node->is_null && reading->subject == NULL && !is_pair;
        refuse_value(reading, i, node, "%s%sexpected %s and found %s%s", is_pair ? node->key : "",
                     is_pair ? ": " : "", row->type->expected != NULL ? row->type->expected : "a value",
                     sp_yaml_kind_text(node), is_nothing ? ": set one, or remove the line" : "");
        return;
    }
    if (is_pair && strchr(node->key, '=') != NULL) { /* the part after it would become part of the value */
        refuse_value(reading, i, node,
                     "\"%s\" is not a name: it contains =", SP_QUOTE(sp_str_from_c(node->key)));
        return;
    }
    struct sp_diag diag = {.text = "out of memory"};
    SP_BUF_SCOPED struct sp_buf pair;
    sp_buf_init(&pair, SIZE_MAX);
    struct sp_str text = sp_str_from_c(node->text);
    if (is_pair) {
        sp_buf_printf(&pair, "%s=%s", node->key, node->text);
        text = sp_buf_str(&pair);
    }
    if (sp_buf_error(&pair) != SP_OK || add_value(row, text, &diag, reading->object) != SP_OK) {
        refuse_value(reading, i, node, "%s", diag.text);
    }
}

/* Takes the elements of a list, or the pairs of a mapping. */
static void take_values(struct sp_reading *reading, size_t i, const struct sp_yaml_node *node)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    size_t n = 0;
    if (node->first == NULL && row->limits.min > 0) {
        refuse_value(reading, i, node, EMPTY_LIST);
    }
    for (const struct sp_yaml_node *value = node->first; value != NULL; value = value->next) {
        if (n++ == values_max(row)) {
            refuse_value(reading, i, value, "%smore than %zu values", reading->subject == NULL ? "has " : "",
                         values_max(row));
            return;
        }
        take_value(reading, i, value);
    }
}

static void take_section(struct sp_reading *reading, size_t i, const struct sp_yaml_node *node)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    if (node->kind != (row->type->is_list ? SP_YAML_LIST : SP_YAML_MAPPING)) {
        sp_reports_add(reading->reports, SP_REPORT_ERROR, &reading->given[i].place,
                       "expected %s and found %s", row->type->expected, sp_yaml_kind_text(node));
        return;
    }
    if (node->first == NULL && row->limits.min > 0) {
        refuse_value(reading, i, node, EMPTY_LIST);
    }
    if (row->type->is_whole) {
        row->type->read(reading, node, field_of(row, reading->object));
        return;
    }
    for (const struct sp_yaml_node *item = node->first; item != NULL; item = item->next) {
        row->type->read(reading, item, field_of(row, reading->object));
    }
}

static void take_key(struct sp_reading *reading, size_t i, const struct sp_yaml_node *node)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    struct sp_given *given = &reading->given[i];
    given->source = SP_SOURCE_FILE;
    given->node = node;
    given->place.line = node->key_line;
    given->place.column = node->key_column;
    if (row->type->shape == SP_VALUE_SECTION) {
        take_section(reading, i, node);
        return;
    }
    clear_field(row->type, field_of(row, reading->object));
    if (row->type->shape == SP_VALUE_PAIRS && node->kind != SP_YAML_MAPPING) {
        refuse_value(reading, i, node, "expected a %s and found %s", row->type->label,
                     sp_yaml_kind_text(node));
    } else if (row->type->shape == SP_VALUE_PAIRS ||
               (row->type->shape == SP_VALUE_LIST && node->kind == SP_YAML_LIST)) {
        take_values(reading, i, node);
    } else {
        take_value(reading, i, node);
    }
    if (given->place.is_faulty) {
        fall_back(reading, i);
    }
}

/* Treats hyphens as underscores, because other programs use hyphens in the names of their settings. */
static bool is_other_key(const struct sp_other_key *other, struct sp_str name)
{
    size_t i = 0;
    while (i < name.len && other->name[i] == (name.ptr[i] == '-' ? '_' : name.ptr[i])) {
        i++;
    }
    return i == name.len && other->name[i] == '\0';
}

static void refuse_unknown(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    const struct sp_mapping *mapping = reading->mapping;
    struct sp_place *place = SP_PLACE(reading->subject, node->key_line, node->key_column);
    struct sp_str name = sp_str_from_c(node->key);
    struct sp_nearest nearest = sp_nearest_of(name);
    for (size_t i = 0; i < mapping->rows_n; i++) {
        sp_nearest_offer(&nearest, sp_str_from_c(mapping->rows[i].name));
    }
    const struct sp_other_key *other = mapping->others;
    while (other->name != NULL && !is_other_key(other, name)) {
        other++;
    }
    nearest.best = other->name != NULL ? sp_str_from_c(other->meant) : nearest.best;
    sp_reports_add(reading->reports, SP_REPORT_ERROR, place, "unknown %s \"%s\"%s", mapping->noun,
                   SP_QUOTE(name), nearest.best.len > 0 ? SP_NEAREST_TEXT(&nearest) : mapping->hint);
}

size_t sp_mapping_find(const struct sp_mapping *mapping, struct sp_str name)
{
    size_t i = 0;
    while (i < mapping->rows_n && !sp_str_equal(sp_str_from_c(mapping->rows[i].name), name)) {
        i++;
    }
    return i;
}

static void take_pairs(struct sp_reading *reading, const struct sp_yaml_node *mapping, bool sections)
{
    for (const struct sp_yaml_node *node = mapping->first; node != NULL; node = node->next) {
        size_t i = sp_mapping_find(reading->mapping, sp_str_from_c(node->key));
        if (i == reading->mapping->rows_n && !sections) {
            refuse_unknown(reading, node);
        } else if (i < reading->mapping->rows_n && reading->given[i].source == SP_SOURCE_DEFAULT &&
                   (reading->mapping->rows[i].type->shape == SP_VALUE_SECTION) == sections) {
            take_key(reading, i, node);
        }
    }
}

void sp_reading_take(struct sp_reading *reading, const struct sp_yaml_node *node)
{
    if (node->kind == SP_YAML_MAPPING) {
        take_pairs(reading, node, false);
        take_pairs(reading, node, true);
    } else if (reading->mapping->expected != NULL) {
        const char *subject = reading->subject != NULL ? reading->subject : "the file";
        sp_reports_add(reading->reports, SP_REPORT_ERROR, SP_PLACE(subject, node->line, node->column),
                       "expected %s and found %s", reading->mapping->expected, sp_yaml_kind_text(node));
    } else {
        reading->given[0].place.key = SP_STR_NONE;
        take_key(reading, 0, node);
    }
}

/* ---- one row --------------------------------------------------------------------------------------- */

void sp_reading_take_variable(struct sp_reading *reading, size_t i, struct sp_str variable,
                              struct sp_str value)
{
    const struct sp_row *row = &reading->mapping->rows[i];
    struct sp_diag diag = {.text = "can only be set in the file"};
    bool is_section = row->type->shape == SP_VALUE_SECTION;
    reading->given[i] =
        (struct sp_given){.source = SP_SOURCE_ENVIRONMENT, .place = {.key = variable}, .text = value};
    if (!is_section) {
        clear_field(row->type, field_of(row, reading->object));
    }
    if (is_section || read_text(row, value, &diag, reading->object) != SP_OK) {
        sp_reports_add(reading->reports, SP_REPORT_ERROR, &reading->given[i].place, "%s", diag.text);
        fall_back(reading, i);
    }
}

struct sp_given *sp_reading_given(struct sp_reading *reading, const char *row)
{
    size_t i = sp_mapping_find(reading->mapping, sp_str_from_c(row));
    assert(i < reading->mapping->rows_n);
    return &reading->given[i];
}

bool sp_reading_is_sound(struct sp_reading *reading, const char *row)
{
    return !sp_reading_given(reading, row)->place.is_faulty;
}

bool sp_reading_is_given(struct sp_reading *reading, const char *row)
{
    return sp_reading_given(reading, row)->source != SP_SOURCE_DEFAULT;
}

/* ---- reference page ------------------------------------------------------------------------------- */

static void print_text(const struct sp_row *row, struct sp_str text, struct sp_buf *out)
{
    bool is_list = row->type->shape != SP_VALUE_SCALAR;
    bool is_pairs = row->type->shape != SP_VALUE_LIST && !row->type->is_list;
    struct sp_str rest = sp_str_trim(text);
    if (!is_list || (!is_pairs && rest.len > 0 && !sp_str_contains(rest, ','))) {
        sp_yaml_append_scalar(is_list ? rest : text, out);
        return;
    }
    sp_buf_append_char(out, is_pairs ? '{' : '[');
    while (rest.len > 0) {
        struct sp_str value = sp_str_trim(sp_str_cut(&rest, ','));
        if (is_pairs) {
            sp_yaml_append_scalar(sp_str_cut(&value, '='), out);
            sp_buf_append_c(out, ": ");
        }
        sp_yaml_append_scalar(value, out);
        sp_buf_append_c(out, rest.len > 0 ? ", " : "");
    }
    sp_buf_append_char(out, is_pairs ? '}' : ']');
}

void sp_reading_print(const struct sp_reading *reading, struct sp_buf *out)
{
    for (size_t i = 0; i < reading->mapping->rows_n; i++) {
        const struct sp_row *row = &reading->mapping->rows[i];
        const struct sp_given *given = &reading->given[i];
        if (given->node != NULL) {
            char comment[32];
            snprintf(comment, sizeof comment, "file:%u", given->place.line);
            sp_yaml_append_entry(given->node, comment, out);
        } else {
            sp_buf_printf(out, "%s: ", row->name);
            print_text(row, given->text, out);
            sp_buf_append_c(out, "  # ");
            sp_buf_append(out, given->source == SP_SOURCE_DEFAULT ? SP_STR("default") : given->place.key);
            sp_buf_append_char(out, '\n');
        }
    }
}

static void document_type(const struct sp_row *row, struct sp_buf *out)
{
    const struct sp_value_limits *limits = &row->limits;
    if (limits->words != NULL) { /* lists the keywords as `a`, `b` or `c` */
        for (const struct sp_value_word *word = limits->words; word->text != NULL; word++) {
            sp_buf_printf(out, "`%s`%s", word->text,
                          word[1].text == NULL   ? ""
                          : word[2].text == NULL ? " or "
                                                 : ", ");
        }
        return;
    }
    sp_buf_append_c(out, row->type->label);
    if (row->type == &sp_type_integer) {
        sp_buf_printf(out, ", %" PRId64 " to %" PRId64, limits->min, limits->max);
    } else if (row->type == &sp_type_duration) {
        char min[SP_DURATION_TEXT_MAX];
        char max[SP_DURATION_TEXT_MAX];
        sp_duration_format(limits->min, min);
        sp_duration_format(limits->max, max);
        sp_buf_printf(out, ", %s to %s", min, max);
    } else if (row->type->shape != SP_VALUE_SCALAR && limits->max > 0) {
        sp_buf_printf(out, ", up to %" PRId64, limits->max);
    }
}

/* Appends the table that begins with a row; returns the row after it. */
static const struct sp_row *document_table(const struct sp_mapping *mapping, const struct sp_row *row,
                                           struct sp_buf *out)
{
    const struct sp_row *end = row;
    bool has_types = false;
    bool has_defaults = false;
    for (; end < mapping->rows + mapping->rows_n && end->table == row->table; end++) {
        has_types = has_types || *end->type->label != '\0';
        has_defaults = has_defaults || end->value == NULL || *end->value != '\0';
    }
    sp_buf_printf(out, "<!-- table: %s -->\n| %s |%s%s\n|---|%s%s\n", row->table, mapping->noun,
                  has_types ? " type |" : "", has_defaults ? " default |" : "", has_types ? "---|" : "",
                  has_defaults ? "---|" : "");
    for (; row < end; row++) {
        sp_buf_printf(out, "| `%s` |", row->name);
        if (has_types) {
            sp_buf_append_char(out, ' ');
            document_type(row, out);
            sp_buf_append_c(out, " |");
        }
        if (has_defaults && row->value == NULL) {
            sp_buf_append_c(out, " **required** |");
        } else if (has_defaults && *row->value == '\0') {
            sp_buf_append_c(out, " empty |");
        } else if (has_defaults) {
            sp_buf_printf(out, " `%s` |", row->value);
        }
        sp_buf_append_char(out, '\n');
    }
    sp_buf_append_char(out, '\n');
    return end;
}

void sp_mapping_document(const struct sp_mapping *mapping, struct sp_buf *out)
{
    const struct sp_row *row = mapping->rows;
    while (row < mapping->rows + mapping->rows_n) {
        row = row->table != NULL ? document_table(mapping, row, out) : row + 1;
    }
}
