/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_H
#define SP_JOSE_JSON_H

/*
 * Untrusted JSON (RFC 8259), as Jansson values. Anything that two parsers could interpret differently is
 * refused, because another program might act on the other reading: a duplicate member in an object, text
 * after the end, and malformed UTF-8. A value that JSON allows but Jansson cannot represent reads as one of
 * the wrong type (jose/json_text.h), which only affects callers that read that member.
 *
 * The getters distinguish an absent member from one of the wrong type, because a wrong type must never pass
 * for "not given". A null member counts as absent, since programs write absent values that way.
 *
 * Jansson's memory is freed without being wiped, so data that must be wiped does not stay in a json_t.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

/* 2^53: up to here, every integer is exact as a double (RFC 8259, section 6). */
#define SP_JSON_NUMBER_MAX 9007199254740992LL

/*
 * Parses `text`, which must be one object, into a new value (json_decref).
 *
 *   what  the document's name in messages: "the key set"
 *   diag  the message: where the JSON is invalid, or which member is a duplicate
 *
 *   SP_ERR_LIMIT      longer than `max_len` bytes
 *   SP_ERR_DUPLICATE  an object has two members of the same name
 *   SP_ERR_FORMAT     not JSON, or the top-level value is not an object
 *   SP_ERR_MEMORY
 */
enum sp_error sp_json_parse_object(struct sp_str text, size_t max_len, const char *what, json_t **out,
                                   struct sp_diag *diag) __attribute__((warn_unused_result));

/* For `SP_JSON_SCOPED json_t *value = NULL;` */
static inline void sp_json_done(json_t **value)
{
    json_decref(*value);
}
#define SP_JSON_SCOPED __attribute__((cleanup(sp_json_done)))

/* Transfers the value out of a scoped variable, which is set to NULL. */
static inline json_t *sp_json_take(json_t **value)
{
    json_t *taken = *value;
    *value = NULL;
    return taken;
}

/*
 * All getters return SP_ERR_MISSING if the member is absent or null, and SP_ERR_FORMAT if it has another
 * type. Views borrow from `object`.
 */
enum sp_error sp_json_get_string(const json_t *object, const char *key, struct sp_str *out)
    __attribute__((warn_unused_result));

/* Like sp_json_get_string, with a message in `diag`; `what` as above. */
enum sp_error sp_json_require_string(const json_t *object, const char *key, const char *what,
                                     struct sp_str *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* SP_ERR_FORMAT also for a number outside ±SP_JSON_NUMBER_MAX. */
enum sp_error sp_json_get_number(const json_t *object, const char *key, double *out)
    __attribute__((warn_unused_result));

enum sp_error sp_json_get_boolean(const json_t *object, const char *key, bool *out)
    __attribute__((warn_unused_result));

/* An array of strings, or a single string that stands for a list of one. Borrows its object. */
struct sp_json_string_list {
    const json_t *value;
    size_t n;
};

/* SP_ERR_FORMAT also if an element is not a string; SP_ERR_LIMIT for more than `max_n` elements. */
enum sp_error sp_json_get_string_list(const json_t *object, const char *key, size_t max_n,
                                      struct sp_json_string_list *out) __attribute__((warn_unused_result));

/* Reads a list that may contain elements that are not strings. Those read as empty strings, and are
 * counted. */
enum sp_error sp_json_read_odd_list(const json_t *value, size_t max_n, size_t *odd_n,
                                    struct sp_json_string_list *out) __attribute__((warn_unused_result));

/* `index` must be below `list->n`. */
struct sp_str sp_json_string_list_at(const struct sp_json_string_list *list, size_t index);

bool sp_json_string_list_contains(const struct sp_json_string_list *list, struct sp_str element);

/* Appends the value as JSON without line breaks, which parses to the same value. */
void sp_json_append(const json_t *value, struct sp_buf *out);

/* The version of jansson in use. */
const char *sp_json_library_version(void);

#endif
