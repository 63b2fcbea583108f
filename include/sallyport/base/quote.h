/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_QUOTE_H
#define SP_BASE_QUOTE_H

/*
 * Texts of strangers inside texts of ours: JSON strings (RFC 8259, section 7) and HTML. What is not
 * well-formed UTF-8 becomes U+FFFD, one for each byte, so that the result always is.
 */

#include "base/buf.h"

/* Appends `text` as a JSON string with its quotes. */
void sp_quote_append_json(struct sp_str text, struct sp_buf *out);

/* Appends `text` with `& < > " '` as references and controls as U+FFFD: for element content and quoted
 * attributes. */
void sp_quote_append_html(struct sp_str text, struct sp_buf *out);

#endif
