/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_H
#define SP_JOSE_JSON_H

/*
 * JSON (RFC 8259) from strangers, as Jansson's values. What two parsers could read differently is refused,
 * since one of them would be the one that was not asked: a member that stands twice in an object, text after
 * the end, UTF-8 that is not well-formed. What JSON allows and Jansson does not hold reads as a value of the
 * wrong type (jose/json_text.h): it matters to nobody but who asks for that very member.
 *
 * The getters tell a member that is not there from one of the wrong type, since a wrong type must never pass
 * for "not given". A member that is null counts as not there: programs write an absent value so.
 *
 * Jansson's memory is freed without being wiped; what must be wiped does not stay in a json_t.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

/* 2^53: up to here a double is exact (RFC 8259, section 6). */
#define SP_JSON_NUMBER_MAX 9007199254740992LL

/*
 * A new value (json_decref) for the object that is all of `text`.
 *
 *   what  the document, as texts for the operator say it: "the key set"
 *   diag  also says where it is no JSON, and which member stands twice
 *
 *   SP_ERR_LIMIT      longer than `max_len` bytes
 *   SP_ERR_DUPLICATE  a member stands twice
 *   SP_ERR_FORMAT     no JSON, or no object at the top
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

/* Hands over the value of a scoped variable, which forgets it. */
static inline json_t *sp_json_take(json_t **value)
{
    json_t *taken = *value;
    *value = NULL;
    return taken;
}

/*
 * Each getter: SP_ERR_MISSING where the member is absent or null, SP_ERR_FORMAT where it is of another type.
 * Views borrow from `object`.
 */
enum sp_error sp_json_get_string(const json_t *object, const char *key, struct sp_str *out)
    __attribute__((warn_unused_result));

/* The same with a text for `diag`; `what` as above. */
enum sp_error sp_json_require_string(const json_t *object, const char *key, const char *what,
                                     struct sp_str *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* SP_ERR_FORMAT also outside of ±SP_JSON_NUMBER_MAX. */
enum sp_error sp_json_get_number(const json_t *object, const char *key, double *out)
    __attribute__((warn_unused_result));

enum sp_error sp_json_get_boolean(const json_t *object, const char *key, bool *out)
    __attribute__((warn_unused_result));

/* An array of strings, or one string that stands for a list of one. Borrows its object. */
struct sp_json_string_list {
    const json_t *value;
    size_t n;
};

/* SP_ERR_FORMAT also where one element is no string; SP_ERR_LIMIT for more than `max_n`. */
enum sp_error sp_json_get_string_list(const json_t *object, const char *key, size_t max_n,
                                      struct sp_json_string_list *out) __attribute__((warn_unused_result));

/* The same of a value, in which elements that are no strings may stand: they are empty texts, and counted. */
enum sp_error sp_json_read_odd_list(const json_t *value, size_t max_n, size_t *odd_n,
                                    struct sp_json_string_list *out) __attribute__((warn_unused_result));

/* `index` is below `list->n`. */
struct sp_str sp_json_string_list_at(const struct sp_json_string_list *list, size_t index);

bool sp_json_string_list_contains(const struct sp_json_string_list *list, struct sp_str element);

/* Appends the value as a text without line breaks, from which it can be read again. */
void sp_json_append(const json_t *value, struct sp_buf *out);

/* The version of jansson that is in use. */
const char *sp_json_library_version(void);

#endif
