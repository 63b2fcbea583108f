/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_PERCENT_H
#define SP_HTTP_PERCENT_H

/*
 * Percent-encoding (RFC 3986, section 2.1): `%` and two hexadecimal digits for a byte. Which bytes may stay
 * unencoded depends on the place, so the caller passes a table of 256 flags. Digits are written in upper
 * case, the canonical form.
 */

#include "base/buf.h"
#include "base/str.h"

#define SP_PERCENT_ESCAPE_LEN 3

/* Letters, digits, `-`, `.`, `_` and `~` (RFC 3986, section 2.3). */
extern const bool sp_percent_unreserved[256];

/* The byte, 0–255, of the escape at index `at`; -1 if there is no complete escape. */
int sp_percent_value(struct sp_str text, size_t at);

/* Appends one byte as an escape. */
void sp_percent_append_byte(char byte, struct sp_buf *out);

/* Appends `text` with every byte that is not in `plain` as an escape. `%` gets no special treatment. */
void sp_percent_append(struct sp_str text, const bool plain[256], struct sp_buf *out);

#endif
