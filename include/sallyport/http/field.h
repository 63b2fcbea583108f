/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_FIELD_H
#define SP_HTTP_FIELD_H

/*
 * Field values (RFC 9110, section 5.5): which strings they can carry unchanged, and an encoding for all
 * others.
 */

#include "base/block.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * True if the string arrives byte for byte: it is not empty, is well-formed UTF-8, and has no control (C0,
 * DEL, C1) and no white space at either end (including Unicode white space, which frameworks strip). Such a
 * value can safely name a user.
 */
bool sp_field_can_carry(struct sp_str text);

/*
 * Appends any string percent-encoded: printable ASCII stays, every other byte becomes %XX (RFC 3986, section
 * 2.1). A space at either end is encoded too, and so are `%`, `+` (which form decoders take for a space), and
 * `,`, `"` and `\`, so that the value can be an element of a list.
 */
void sp_field_append_percent(struct sp_str text, struct sp_buf *out);

/* True if Accept names `type` itself (`text/html`) with a weight above zero. `*` ranges do not count. */
bool sp_field_accepts(struct sp_str accept, struct sp_str type);

/* True if `text` can be the name of a header: a token (RFC 9110, section 5.6.2) of at most 64 bytes. */
bool sp_field_is_name(struct sp_str text);

#endif
