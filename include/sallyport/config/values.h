/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_VALUES_H
#define SP_CONFIG_VALUES_H

/*
 * Types of settings that have one value: how it is read from text into a field of struct sp_config, written
 * back, and let go. What is read is legal by itself; what must fit other settings is for config/checks.h.
 *
 * Booleans are `true` and `false` only: YAML 1.1 also takes `yes`, `on` and `y`, and people disagree with it.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

/* A word and what it stands for. */
struct sp_value_word {
    const char *text; /* NULL ends the list */
    int value;
};

struct sp_value_limits {
    int64_t min; /* of a number or of seconds */
    int64_t max; /* the same; bytes of a text; elements of a list, 0 for SP_LIST_MAX */
    const struct sp_value_word *words;
    const char *reserved; /* the one value that a setting of later work may have */
};

enum sp_value_shape {
    SP_VALUE_SCALAR,
    SP_VALUE_LIST,    /* several values, each parsed into the field in turn */
    SP_VALUE_MAPPING, /* the same for pairs, each parsed as NAME=VALUE */
    SP_VALUE_SECTION, /* a mapping with its own reader: no parse, print or done here */
};

struct sp_value_type {
    const char *label; /* for the reference page */
    enum sp_value_shape shape;

    /* Reads one value into the field, which is empty or, of several, holds those before it. SP_ERR_FORMAT and
     * SP_ERR_LIMIT say in `diag` what is wrong and what to write. */
    enum sp_error (*parse)(const struct sp_value_limits *limits, struct sp_str text, struct sp_diag *diag,
                           void *field);

    /* Appends the value as YAML. */
    void (*print)(const struct sp_value_limits *limits, const void *field, struct sp_buf *out);

    /* Empties the field; NULL where there is nothing to free. */
    void (*done)(void *field);
};

extern const struct sp_value_type sp_type_boolean;       /* bool */
extern const struct sp_value_type sp_type_integer;       /* int64_t */
extern const struct sp_value_type sp_type_duration;      /* int64_t, seconds */
extern const struct sp_value_type sp_type_word;          /* an enum */
extern const struct sp_value_type sp_type_flag_word;     /* bool: a word whose value is not 0 */
extern const struct sp_value_type sp_type_text;          /* char *, never NULL; what a header can carry */
extern const struct sp_value_type sp_type_name;          /* char *, never NULL nor empty */
extern const struct sp_value_type sp_type_file;          /* char *, never NULL nor empty */
extern const struct sp_value_type sp_type_optional_file; /* char *, or NULL */
extern const struct sp_value_type sp_type_path;          /* char *: begins with `/`, canonical */
extern const struct sp_value_type sp_type_optional_path; /* the same, or NULL */
extern const struct sp_value_type sp_type_query;         /* char *, never NULL */
extern const struct sp_value_type sp_type_issuer;        /* char * */
extern const struct sp_value_type sp_type_client_id;     /* char * */
extern const struct sp_value_type sp_type_cookie_name;   /* char * */
extern const struct sp_value_type sp_type_cookie_domain; /* char *, or NULL */
extern const struct sp_value_type sp_type_origin;        /* struct sp_origin, null when empty */
extern const struct sp_value_type sp_type_later;         /* no field */
extern const struct sp_value_type sp_type_section;

/* A path in its only spelling: begins with `/`, more than that, no slash at the end, no marks. */
enum sp_error sp_value_check_path(struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* 1 to 255 bytes of visible ASCII (RFC 6749, appendix A.1). */
enum sp_error sp_value_check_client_id(struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* Names that stand in the address of a middleware: 1 to 64 of A–Z a–z 0–9 . _ -. */
enum sp_error sp_value_check_label(struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
