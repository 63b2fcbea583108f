/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_MAPPING_H
#define SP_CONFIG_MAPPING_H

/*
 * The one reader of mappings. A table has a row for each key: name, type, default, place in the object and
 * limits. From it come reading, defaults, messages, the printed values and the reference page, so none of
 * them can say something else than the others; the settings, a rule of a policy and a header of a set are
 * each such a table. Defaults are texts that go through the type like the operator's own.
 *
 * What is wrong is reported at its place (config/reports.h), and the field then has its default, so that
 * what looks at it later still finds something legal.
 */

#include "base/buf.h"
#include "config/reports.h"
#include "config/values.h"
#include "config/yaml.h"

#define SP_ROWS_MAX 128 /* of one mapping */

struct sp_row {
    const char *name;
    const char *table; /* of the reference page; NULL: in none */
    const struct sp_value_type *type;
    const char *value; /* the default, a list's values separated by commas; NULL: required */
    size_t offset;     /* of the field in the object */
    struct sp_value_limits limits;
};

/* A key that is not in the table, and the one that was probably meant. */
struct sp_other_key {
    const char *name; /* NULL ends the list */
    const char *meant;
};

struct sp_mapping {
    const char *noun;     /* what messages call a key: "setting" */
    const char *expected; /* what messages ask for where something else stands; NULL: a single value does for
                             the first key */
    const char *hint;     /* what messages say where no key is near */
    const struct sp_row *rows;
    size_t rows_n; /* at most SP_ROWS_MAX */
    const struct sp_other_key *others;
};

enum sp_source {
    SP_SOURCE_DEFAULT,
    SP_SOURCE_FILE,
    SP_SOURCE_ENVIRONMENT,
};

/* A key's value as it was given. */
struct sp_given {
    enum sp_source source;
    struct sp_place place;
    const struct sp_yaml_node *node; /* from the file */
    struct sp_str text;              /* from the environment, or the default */
};

/* An object while it is read. */
struct sp_reading {
    const struct sp_mapping *mapping;
    void *object;
    struct sp_reports *reports; /* borrowed */
    const char *subject;        /* what messages begin with; NULL: with the key */
    struct sp_given given[SP_ROWS_MAX];
};

/* The key's index, or rows_n. */
size_t sp_mapping_find(const struct sp_mapping *mapping, struct sp_str name);

/* Empties all fields of an object. */
void sp_mapping_clear(const struct sp_mapping *mapping, void *object);

/* Appends the tables of the reference page that have rows from this mapping; a column is there when a row has
 * something to say in it. What the keys mean is told by the page itself. */
void sp_mapping_document(const struct sp_mapping *mapping, struct sp_buf *out);

/* Gives every field of a zeroed object its default. SP_ERR_MEMORY. */
enum sp_error sp_reading_set_defaults(struct sp_reading *reading) __attribute__((warn_unused_result));

/* Reads a mapping of the file; sections come last, since what is in them may be about other keys. */
void sp_reading_take(struct sp_reading *reading, const struct sp_yaml_node *node);

/* Replaces a key's value by that of a variable; a list's values are separated by commas. */
void sp_reading_take_variable(struct sp_reading *reading, size_t key, struct sp_str variable,
                              struct sp_str value);

/* What was given for a key that must be in the table. */
struct sp_given *sp_reading_given(struct sp_reading *reading, const char *key);

/* Nothing has been found wrong with it so far. */
bool sp_reading_is_sound(struct sp_reading *reading, const char *key);
bool sp_reading_is_given(struct sp_reading *reading, const char *key);

/* Reports at the place where a key was given. */
#define sp_reading_refuse(reading, key, ...)                                                                 \
    sp_reports_add((reading)->reports, SP_REPORT_ERROR, &sp_reading_given((reading), (key))->place,          \
                   __VA_ARGS__)
#define sp_reading_warn(reading, key, ...)                                                                   \
    sp_reports_add((reading)->reports, SP_REPORT_WARNING, &sp_reading_given((reading), (key))->place,        \
                   __VA_ARGS__)

/*
 * Appends every key with its value as it was given and, in a comment, where: `file:3`, `default`, or the
 * variable. It is YAML that loads again. Secrets are in files, so none is in it.
 */
void sp_reading_print(const struct sp_reading *reading, struct sp_buf *out);

/* Adds a copy of an item's bytes to a list, a pointer and a count. SP_ERR_MEMORY. */
enum sp_error sp_list_add(void *list, const void *item, size_t item_len) __attribute__((warn_unused_result));

#endif
