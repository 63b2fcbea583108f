/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_VALUES_H
#define SP_CONFIG_VALUES_H

/*
 * Types of values: how a string becomes a field of an object, and how the field is freed. Each value is valid
 * by itself; config/checks.h checks how values fit together.
 *
 * A list is a pointer and a count (like struct sp_cidrs). Each of its values is checked by itself. Duplicates
 * are refused if one of the two was probably meant to be something else.
 *
 * Booleans are `true` and `false` only: YAML 1.1 also accepts `yes`, `on` and `y`, which surprises people.
 */

#include "base/error.h"
#include "base/str.h"

#define SP_LIST_MAX 256 /* values of a list, unless the key has a smaller limit */

#define SP_SITE_NAME_MAX   64  /* characters */
#define SP_SUPPORT_URL_MAX 256 /* bytes */

/* A keyword and its meaning. */
struct sp_value_word {
    const char *text; /* NULL ends the list */
    int value;
};

struct sp_value_limits {
    int64_t min; /* minimum of a number or duration, or of the length of a list that is given */
    int64_t max; /* maximum, likewise; for a string, bytes. 0 for a list: SP_LIST_MAX */
    const struct sp_value_word *words;
};

/* The first parameter of every type's functions; few of them use it. */
#define SP_LIMITS __attribute__((unused)) const struct sp_value_limits *limits

enum sp_value_shape {
    SP_VALUE_SCALAR,
    SP_VALUE_LIST,    /* several values */
    SP_VALUE_PAIRS,   /* a mapping, taken as several values of the form NAME=VALUE */
    SP_VALUE_SECTION, /* a mapping of names to more complex values */
};

struct sp_reading;
struct sp_yaml_node;

struct sp_value_type {
    const char *label; /* shown on the reference page; each has a schema (test/e2e/rig/schema.py) */
    enum sp_value_shape shape;
    bool is_optional;     /* an empty string leaves the field empty */
    bool is_list;         /* for a section: a list of mappings, not a mapping of names */
    bool is_whole;        /* for a section: a mapping that is read as a whole, not entry by entry */
    const char *expected; /* what messages ask for; NULL: "a value" */

    /* For strings: checks the value, which is stored as a char *. SP_ERR_FORMAT and SP_ERR_LIMIT say in
     * `diag` what is wrong and what to write. */
    enum sp_error (*check)(const struct sp_value_limits *limits, struct sp_str text, struct sp_diag *diag);

    /* For any other type: parses one value into `out`, a zeroed item or a field. The field is empty or, if it
     * takes several values, contains the previous ones. Returns the same errors. */
    enum sp_error (*parse)(const struct sp_value_limits *limits, struct sp_str text, struct sp_diag *diag,
                           void *out);

    size_t item_len; /* size of a list item in bytes; 0: a single field, not a list */

    /* True if the two items must not both be in the list; NULL: no check. */
    bool (*equal)(const void *a, const void *b);

    void (*done)(void *value); /* frees an item or the contents of a field; NULL: nothing to free, or only
                                  a checked string */

    /* For a section: reads a named entry, a list item, or the whole section. Faults are reported. */
    void (*read)(struct sp_reading *reading, const struct sp_yaml_node *node, void *field);
};

/* The types, each with the C type of its field. */
extern const struct sp_value_type sp_type_boolean;  /* bool */
extern const struct sp_value_type sp_type_integer;  /* int64_t */
extern const struct sp_value_type sp_type_duration; /* int64_t, seconds */
extern const struct sp_value_type sp_type_word;     /* int, the value of a keyword */
extern const struct sp_value_type
    sp_type_named_word;                         /* const char *: the keyword itself; NULL if its value is 0 */
extern const struct sp_value_type sp_type_text; /* char *, never NULL; a value that a header can carry */
extern const struct sp_value_type sp_type_file; /* char *, never NULL nor empty */
extern const struct sp_value_type sp_type_optional_file; /* char *, or NULL */
extern const struct sp_value_type sp_type_path;          /* char *: begins with `/`, in canonical form */
extern const struct sp_value_type sp_type_optional_path; /* the same, or NULL */
extern const struct sp_value_type sp_type_query;         /* char *, never NULL */
extern const struct sp_value_type sp_type_client_id;     /* char *, visible ASCII (RFC 6749, A.1) */
extern const struct sp_value_type sp_type_cookie_name;   /* char * */
extern const struct sp_value_type sp_type_name_cookie;   /* char *, or NULL */
extern const struct sp_value_type sp_type_cookie_domain; /* char *, or NULL */
extern const struct sp_value_type sp_type_origin;        /* struct sp_origin, null when empty */
extern const struct sp_value_type sp_type_site_name;     /* char *, or NULL */
extern const struct sp_value_type sp_type_support_url;   /* char *, or NULL: https, http or mailto */
extern const struct sp_value_type sp_type_endpoints;     /* struct sp_endpoints */
extern const struct sp_value_type sp_type_cidrs;         /* struct sp_cidrs */
extern const struct sp_value_type sp_type_hosts;         /* struct sp_origin_patterns */
extern const struct sp_value_type sp_type_public_ports;  /* struct sp_public_ports */
extern const struct sp_value_type sp_type_dialects;      /* struct sp_texts, like the next three */
extern const struct sp_value_type sp_type_paths;
extern const struct sp_value_type sp_type_client_ids;
extern const struct sp_value_type sp_type_groups;

/* The first function stores a copy of a string in a char *; the second frees it. */
enum sp_error sp_value_store_text(struct sp_str text, struct sp_diag *diag, void *out)
    __attribute__((warn_unused_result));
void sp_value_free_text(void *value);

/* Checks a name that is used in the address of a middleware: 1 to 64 of A–Z a–z 0–9 . _ -. */
enum sp_error sp_value_check_label(struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
