/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_TEXT_H
#define SP_JOSE_JSON_TEXT_H

/*
 * JSON text (RFC 8259), checked strictly and rewritten so that Jansson can represent it.
 *
 * The RFC allows numbers of any size, nesting of any depth, and strings with half a surrogate pair (sections
 * 6, 8.2 and 9). Jansson refuses such a document entirely, and recurses into its nesting. But an issuer may
 * put anything into a claim that this program does not read, and that must not break a login. So anything
 * that Jansson cannot represent is replaced by SP_JSON_UNREADABLE, a value that no getter of jose/json.h
 * accepts. A caller that reads the member sees a wrong type and can name the member.
 *
 *   an integer of more than 18 digits, or a number with more than 300 digits before the point
 *   an array or object nested in SP_JSON_DEPTH_MAX others
 *   a string with half a surrogate pair or U+0000
 *   a member whose name contains one of these is dropped, since no caller can request it
 *
 * One pass without recursion. Everything else is kept byte for byte, except white space.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Maximum nesting of arrays and objects that is kept. */
#define SP_JSON_DEPTH_MAX 16

/* A number that is not a valid date, count or string. */
#define SP_JSON_UNREADABLE "1e300"

/* Factor by which the text may grow: `[]` becomes SP_JSON_UNREADABLE. */
#define SP_JSON_TEXT_GROWTH_MAX 3

/*
 * Appends the rewritten `text` to `out`.
 *
 *   diag  where the JSON is invalid, to be appended to the document's name and a colon
 *
 *   SP_ERR_FORMAT  not JSON
 *   SP_ERR_LIMIT   the ceiling of `out` was reached, or memory ran out
 */
enum sp_error sp_json_text_rewrite(struct sp_str text, struct sp_buf *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
