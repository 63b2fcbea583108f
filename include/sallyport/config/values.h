/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_VALUES_H
#define SP_CONFIG_VALUES_H

/*
 * Types of values: how text becomes a field of an object, and how that is let go. What is read is legal by
 * itself; what must fit other settings is for config/checks.h.
 *
 * A list is a pointer and a count (struct sp_cidrs and its like). Each of its values is checked by itself;
 * what appears twice is refused where one of the two was probably meant to be something else.
 *
 * Booleans are `true` and `false` only: YAML 1.1 also takes `yes`, `on` and `y`, and people disagree with it.
 */

#include "base/error.h"
#include "base/str.h"

#define SP_LIST_MAX 256 /* values, where the key names no smaller maximum */

/* A word and what it stands for. */
struct sp_value_word {
    const char *text; /* NULL ends the list */
    int value;
};

struct sp_value_limits {
    int64_t min; /* of a number or of seconds; values of a list that is not left out */
    int64_t max; /* the same; bytes of a text; 0: SP_LIST_MAX values of a list */
    const struct sp_value_word *words;
};

/* The first parameter of all functions of types, few of which look at it. */
#define SP_LIMITS __attribute__((unused)) const struct sp_value_limits *limits

enum sp_value_shape {
    SP_VALUE_SCALAR,
    SP_VALUE_LIST,    /* several values */
    SP_VALUE_PAIRS,   /* several values, each NAME=VALUE, from a mapping */
    SP_VALUE_SECTION, /* a mapping of names to more than values */
};

struct sp_reading;
struct sp_yaml_node;

struct sp_value_type {
    const char *label; /* for the reference page; a schema belongs to each (test/e2e/rig/schema.py) */
    enum sp_value_shape shape;
    bool is_optional;     /* an empty text leaves the field empty */
    bool is_list;         /* of a section: a list of mappings, not a mapping of names */
    bool is_whole;        /* of a section: a mapping that is read at once, not one after the other */
    const char *expected; /* for messages; NULL: "a value" */

    /* Of a text: whether it will do. It is kept as it is, a char *. SP_ERR_FORMAT and SP_ERR_LIMIT say in
     * `diag` what is wrong and what to write. */
    enum sp_error (*check)(const struct sp_value_limits *limits, struct sp_str text, struct sp_diag *diag);

    /* Of anything else: reads one value to `out`, a zeroed item or a field that is empty or, of several
     * values in one field, holds those before. The same errors. */
    enum sp_error (*parse)(const struct sp_value_limits *limits, struct sp_str text, struct sp_diag *diag,
                           void *out);

    size_t item_len; /* bytes of an item of a list; 0: there are none, but one field */

    /* Whether two items must not be there both; NULL: any two may. */
    bool (*equal)(const void *a, const void *b);

    void (*done)(void *value); /* empties an item or field; NULL: nothing to free but a checked text */

    /* Of a section: reads what has a name, or one of its list, or the whole; what is wrong is reported. */
    void (*read)(struct sp_reading *reading, const struct sp_yaml_node *node, void *field);
};

extern const struct sp_value_type sp_type_boolean;  /* bool */
extern const struct sp_value_type sp_type_integer;  /* int64_t */
extern const struct sp_value_type sp_type_duration; /* int64_t, seconds */
extern const struct sp_value_type sp_type_word;     /* an enum */
extern const struct sp_value_type
    sp_type_named_word;                         /* const char *: the word itself; NULL when its value is 0 */
extern const struct sp_value_type sp_type_text; /* char *, never NULL; what a header can carry */
extern const struct sp_value_type sp_type_file; /* char *, never NULL nor empty */
extern const struct sp_value_type sp_type_optional_file; /* char *, or NULL */
extern const struct sp_value_type sp_type_path;          /* char *: begins with `/`, in its only spelling */
extern const struct sp_value_type sp_type_optional_path; /* the same, or NULL */
extern const struct sp_value_type sp_type_query;         /* char *, never NULL */
extern const struct sp_value_type sp_type_client_id;     /* char *, visible ASCII (RFC 6749, A.1) */
extern const struct sp_value_type sp_type_cookie_name;   /* char * */
extern const struct sp_value_type sp_type_name_cookie;   /* char *, or NULL */
extern const struct sp_value_type sp_type_cookie_domain; /* char *, or NULL */
extern const struct sp_value_type sp_type_origin;        /* struct sp_origin, null when empty */
extern const struct sp_value_type sp_type_endpoints;     /* struct sp_endpoints */
extern const struct sp_value_type sp_type_cidrs;         /* struct sp_cidrs */
extern const struct sp_value_type sp_type_hosts;         /* struct sp_origin_patterns */
extern const struct sp_value_type sp_type_public_ports;  /* struct sp_public_ports */
extern const struct sp_value_type sp_type_dialects;      /* struct sp_texts, as the three below */
extern const struct sp_value_type sp_type_paths;
extern const struct sp_value_type sp_type_client_ids;
extern const struct sp_value_type sp_type_groups;

/* Keeps a copy of a text in a char *, and lets it go. */
enum sp_error sp_value_store_text(struct sp_str text, struct sp_diag *diag, void *out)
    __attribute__((warn_unused_result));
void sp_value_free_text(void *value);

/* Names that stand in the address of a middleware: 1 to 64 of A–Z a–z 0–9 . _ -. */
enum sp_error sp_value_check_label(struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
