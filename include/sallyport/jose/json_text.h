/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JSON_TEXT_H
#define SP_JOSE_JSON_TEXT_H

/*
 * JSON text (RFC 8259), checked strictly and rewritten so that Jansson can hold it.
 *
 * The RFC lets numbers be of any size, values be nested to any depth, and strings hold half of a surrogate
 * pair (sections 6, 8.2 and 9). Jansson refuses such a text as a whole, and recurses into its depth. But an
 * issuer may put anything into a claim that nobody here reads, and that must not end a login. So what Jansson
 * cannot hold is replaced by SP_JSON_UNREADABLE, a value that no getter of jose/json.h takes: who does read
 * the member finds it of the wrong type, and can name it.
 *
 *   a number too large for 64 bits or a double, of more than 18 digits in any case
 *   an array or object below SP_JSON_DEPTH_MAX others
 *   a string with half a surrogate pair or U+0000
 *   a member whose name has one of these is left out: nobody can ask for it
 *
 * One pass without recursion; all else is kept byte for byte, but for white space.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Arrays and objects inside each other that are kept. */
#define SP_JSON_DEPTH_MAX 16

/* A number that is no date, no count and no text. */
#define SP_JSON_UNREADABLE "1e300"

/* Times the length of the text: `[]` becomes SP_JSON_UNREADABLE. */
#define SP_JSON_TEXT_GROWTH_MAX 3

/*
 * Appends what `text` becomes to `out`.
 *
 *   diag  where it is no JSON, to follow the name of the document and a colon
 *
 *   SP_ERR_FORMAT  no JSON
 *   SP_ERR_LIMIT   the ceiling of `out`, or no memory
 */
enum sp_error sp_json_text_rewrite(struct sp_str text, struct sp_buf *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
