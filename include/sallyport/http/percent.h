/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PERCENT_H
#define SP_HTTP_PERCENT_H

/*
 * Percent-encoding (RFC 3986, section 2.1): `%` and two hexadecimal digits for a byte. What may stand plain
 * differs by place and is said by a table of 256 flags. Written digits are upper case, the canonical form.
 */

#include "base/buf.h"
#include "base/str.h"

#define SP_PERCENT_ESCAPE_LEN 3

/* Letters, digits, `-`, `.`, `_` and `~` (RFC 3986, section 2.3). */
extern const bool sp_percent_unreserved[256];

/* The byte that the escape at index `at` stands for, 0–255; -1 where there is no whole escape. */
int sp_percent_value(struct sp_str text, size_t at);

/* Appends one byte as an escape. */
void sp_percent_append_byte(char byte, struct sp_buf *out);

/* Appends `text` with every byte that is not in `plain` as an escape; `%` is a byte like any other. */
void sp_percent_append(struct sp_str text, const bool plain[256], struct sp_buf *out);

#endif
