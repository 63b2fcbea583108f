/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_POINTER_H
#define SP_JOSE_JSON_POINTER_H

/*
 * JSON pointers (RFC 6901): the way to a value inside others, `/realm_access/roles`. Each step begins with a
 * slash, and is the name of a member or the index of an element; in it, `~1` stands for a slash and `~0` for
 * a tilde. A step that leads nowhere finds nothing, and so does `-`, the element after the last.
 *
 * Pointers are the operator's. The steps are bounded by how deep a value can stand (jose/json_text.h).
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <jansson.h>

#define SP_JSON_POINTER_MAX 128 /* bytes */

/* A text that is meant as a pointer; whether it is one, sp_json_pointer_check tells. */
static inline bool sp_json_is_pointer(struct sp_str text)
{
    return text.len > 0 && text.ptr[0] == '/';
}

/*
 * `diag` says what is wrong, to follow the pointer and a space.
 *
 *   SP_ERR_FORMAT  does not begin with a slash, or a tilde that is neither `~0` nor `~1`
 *   SP_ERR_LIMIT   longer than SP_JSON_POINTER_MAX, or more than SP_JSON_DEPTH_MAX steps
 */
enum sp_error sp_json_pointer_check(struct sp_str pointer, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * Takes the next step from `rest`, and puts what it names into `name`, emptied before. False: there is none.
 * `name` has room for SP_JSON_POINTER_MAX bytes and a NUL.
 */
bool sp_json_pointer_next(struct sp_str *rest, struct sp_buf *name);

/* Where a pointer that was checked leads, beginning at `value`; NULL: nowhere. */
const json_t *sp_json_pointer_find(const json_t *value, struct sp_str pointer);

#endif
