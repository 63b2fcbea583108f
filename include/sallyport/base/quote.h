/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_QUOTE_H
#define SP_BASE_QUOTE_H

/*
 * Quotes untrusted strings for our own output: JSON strings (RFC 8259, section 7), HTML and lines on a
 * terminal. In JSON and HTML each byte that is not part of well-formed UTF-8 becomes U+FFFD, so that the
 * result is always well-formed.
 */

#include "base/buf.h"

/* Appends `text` as a JSON string with its quotes. Invisible characters (base/utf8.h) become `\u` escapes, so
 * that a log line contains what it appears to contain. */
void sp_quote_append_json(struct sp_str text, struct sp_buf *out);

/* Appends `text` with `& < > " '` as character references and controls as U+FFFD, for element content and
 * quoted attributes. */
void sp_quote_append_html(struct sp_str text, struct sp_buf *out);

/* Length of the first character of `rest` if a terminal shows it as itself. 0 if its first byte must be
 * escaped, because it is not well-formed or not visible. */
size_t sp_quote_shown_len(struct sp_str rest);

/* Appends `text` unchanged, except that bytes a terminal would not show as themselves become `\xHH`. */
void sp_quote_append_line(struct sp_str text, struct sp_buf *out);

#endif
