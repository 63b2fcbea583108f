/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_QUOTE_H
#define SP_BASE_QUOTE_H

/*
 * Texts of strangers inside texts of ours: JSON strings (RFC 8259, section 7), HTML, and lines on a terminal.
 * What is not well-formed UTF-8 becomes U+FFFD in the first two, one for each byte, so that the result always
 * is.
 */

#include "base/buf.h"

/* Appends `text` as a JSON string with its quotes; what is not seen (base/utf8.h) as `\u` escapes, so that a
 * line of the log means what it looks like. */
void sp_quote_append_json(struct sp_str text, struct sp_buf *out);

/* Appends `text` with `& < > " '` as references and controls as U+FFFD: for element content and quoted
 * attributes. */
void sp_quote_append_html(struct sp_str text, struct sp_buf *out);

/* Bytes of the character that `rest` begins with when a terminal shows it as itself; 0 when its first byte is
 * to be escaped: not well-formed, or not seen. */
size_t sp_quote_shown_len(struct sp_str rest);

/* Appends `text` as it is, but for bytes that a terminal would not show as themselves: those as `\xHH`. */
void sp_quote_append_line(struct sp_str text, struct sp_buf *out);

#endif
