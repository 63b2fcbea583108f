/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_FIELD_H
#define SP_HTTP_FIELD_H

/*
 * Field values (RFC 9110, section 5.5): which texts they can carry exactly, and how they can carry any.
 */

#include "base/block.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * True when the text arrives byte for byte: not empty, well-formed UTF-8, no control (C0, DEL, C1), no
 * white space at either end (Unicode's too, which frameworks strip). Such a value can name somebody.
 */
bool sp_field_can_carry(struct sp_str text);

/*
 * Appends any text, percent-encoded: %XX of each byte (RFC 3986, section 2.1) but printable ASCII. Encoded
 * are also a space at either end, `%`, `+` (which decoders of forms take for a space), and `,`, `"` and `\`,
 * so that it can be an element of a list.
 */
void sp_field_append_percent(struct sp_str text, struct sp_buf *out);

/* True when Accept takes `type` by name (`text/html`), with a weight above zero; `*` ranges do not count. */
bool sp_field_accepts(struct sp_str accept, struct sp_str type);

/* True for a lower-case-comparable token (RFC 9110, section 5.6.2), at most 64 bytes: a header's name. */
bool sp_field_is_name(struct sp_str text);

#endif
