/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_POINTER_H
#define SP_JOSE_JSON_POINTER_H

/*
 * JSON pointers (RFC 6901): the path to a nested value, such as `/realm_access/roles`. Each step begins with
 * a slash and is the name of a member or the index of an element. `~1` stands for a slash and `~0` for a
 * tilde. A step to a member or element that does not exist finds nothing; `-`, the element after the last,
 * never exists.
 *
 * Pointers come from the operator. The number of steps is limited by the maximum depth of a value
 * (jose/json_text.h).
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <jansson.h>

#define SP_JSON_POINTER_MAX 128 /* bytes */

/* True for a string that is meant as a pointer. sp_json_pointer_check reports whether it is valid. */
static inline bool sp_json_is_pointer(struct sp_str text)
{
    return text.len > 0 && text.ptr[0] == '/';
}

/*
 * Checks a pointer. `diag` describes the fault, to be appended to the pointer and a space.
 *
 *   SP_ERR_FORMAT  no leading slash, or a tilde that is neither `~0` nor `~1`
 *   SP_ERR_LIMIT   longer than SP_JSON_POINTER_MAX, or more than SP_JSON_DEPTH_MAX steps
 */
enum sp_error sp_json_pointer_check(struct sp_str pointer, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * Takes the next step from `rest` and replaces the contents of `name` with its name. False if there are no
 * more steps. `name` needs room for SP_JSON_POINTER_MAX bytes and a NUL.
 */
bool sp_json_pointer_next(struct sp_str *rest, struct sp_buf *name);

/* The value that a checked pointer leads to, starting at `value`; NULL if there is none. */
const json_t *sp_json_pointer_find(const json_t *value, struct sp_str pointer);

#endif
