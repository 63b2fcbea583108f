/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_MAPPING_H
#define SP_CONFIG_MAPPING_H

/*
 * The only reader of mappings. A table has a row for each key: name, type, default, offset in the object and
 * limits. Reading, defaults, messages, printed values and the reference page are all derived from it, so they
 * cannot disagree. The settings, a rule of a policy and a header of a set each have such a table. Defaults
 * are strings that are parsed like the operator's own values.
 *
 * A fault is reported at its place (config/reports.h), and the field then gets its default, so that later
 * checks still see a valid value.
 */

#include "base/buf.h"
#include "config/reports.h"
#include "config/values.h"
#include "config/yaml.h"

#define SP_ROWS_MAX 128 /* rows of one mapping */

struct sp_row {
    const char *name;
    const char *table; /* table of the reference page; NULL: none */
    const struct sp_value_type *type;
    const char *value; /* the default, list values separated by commas; NULL: required */
    size_t offset;     /* offset of the field in the object */
    struct sp_value_limits limits;
};

/* An unknown key, and the key that was probably meant. */
struct sp_other_key {
    const char *name; /* NULL ends the list */
    const char *meant;
};

struct sp_mapping {
    const char *noun;     /* what messages call a key, for example "setting" */
    const char *expected; /* what messages ask for if the value is not a mapping; NULL: a single value sets
                             the first key */
    const char *hint;     /* what messages add if no key is similar */
    const struct sp_row *rows;
    size_t rows_n; /* at most SP_ROWS_MAX */
    const struct sp_other_key *others;
};

enum sp_source {
    SP_SOURCE_DEFAULT,
    SP_SOURCE_FILE,
    SP_SOURCE_ENVIRONMENT,
};

/* The value of a key, as it was given. */
struct sp_given {
    enum sp_source source;
    struct sp_place place;
    const struct sp_yaml_node *node; /* the value in the file */
    struct sp_str text;              /* the value of the variable, or the default */
};

/* An object while it is read. */
struct sp_reading {
    const struct sp_mapping *mapping;
    void *object;
    struct sp_reports *reports; /* borrowed */
    const char *subject;        /* prefix of messages; NULL: they begin with the key */
    struct sp_given given[SP_ROWS_MAX];
};

/* The index of the key's row; rows_n if there is none. */
size_t sp_mapping_find(const struct sp_mapping *mapping, struct sp_str name);

/* Empties all fields of an object. */
void sp_mapping_clear(const struct sp_mapping *mapping, void *object);

/* Appends the reference page's tables that have rows from this mapping. A column is present if any row has a
 * value for it. The page itself explains what the keys mean. */
void sp_mapping_document(const struct sp_mapping *mapping, struct sp_buf *out);

/* Gives every field of a zeroed object its default. SP_ERR_MEMORY. */
enum sp_error sp_reading_set_defaults(struct sp_reading *reading) __attribute__((warn_unused_result));

/* Reads a mapping from the file. Sections are read last, since their contents may depend on other keys. */
void sp_reading_take(struct sp_reading *reading, const struct sp_yaml_node *node);

/* Replaces a key's value with that of an environment variable; list values are separated by commas. */
void sp_reading_take_variable(struct sp_reading *reading, size_t key, struct sp_str variable,
                              struct sp_str value);

/* The value that was given for a key, which must be in the table. */
struct sp_given *sp_reading_given(struct sp_reading *reading, const char *key);

/* True if no fault has been found in the key's value so far. */
bool sp_reading_is_sound(struct sp_reading *reading, const char *key);
bool sp_reading_is_given(struct sp_reading *reading, const char *key);

/* Reports at the place where the key was given. */
#define sp_reading_refuse(reading, key, ...)                                                                 \
    sp_reports_add((reading)->reports, SP_REPORT_ERROR, &sp_reading_given((reading), (key))->place,          \
                   __VA_ARGS__)
#define sp_reading_warn(reading, key, ...)                                                                   \
    sp_reports_add((reading)->reports, SP_REPORT_WARNING, &sp_reading_given((reading), (key))->place,        \
                   __VA_ARGS__)

/*
 * Appends every key with its value as it was given and, in a comment, its origin: `file:3`, `default`, or the
 * variable. The result is YAML that loads again. Secrets are in files, so it contains none.
 */
void sp_reading_print(const struct sp_reading *reading, struct sp_buf *out);

/* Appends a copy of an item to a list, which is a pointer and a count. SP_ERR_MEMORY. */
enum sp_error sp_list_add(void *list, const void *item, size_t item_len) __attribute__((warn_unused_result));

#endif
