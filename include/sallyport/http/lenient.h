/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_LENIENT_H
#define SP_HTTP_LENIENT_H

/*
 * The characters of a decoded path as lenient programs read them. Decoders that skip errors see nothing in
 * invalid UTF-8 (RFC 3629). Decoders that check nothing see some character: to them C0 AE is a dot, and so
 * are C0 6E and F8 80 80 80 AE. A program that normalizes strings to NFKC (Unicode Standard Annex #15), as is
 * done for identifiers and file names, turns U+FF0E into a dot and U+2100 into `a/c`.
 */

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

enum sp_leniency {
    SP_LENIENCY_LEAVES_OUT,    /* drops every byte that is not part of a well-formed sequence */
    SP_LENIENCY_CHECKS_NOTHING /* takes the length, up to six, from the first byte, and six bits from each
                                  further one */
};

#define SP_LENIENT_MAX  6          /* bytes that one character may take: two surrogates of three bytes */
#define SP_LENIENT_NONE UINT32_MAX /* no character */

/* Reads the first character of `text`, which must not be empty; SP_LENIENT_NONE if it is skipped. Returns the
 * number of bytes that it takes. */
size_t sp_lenient_read(struct sp_str text, enum sp_leniency leniency, uint32_t *code_point);

/* Appends a code point up to U+10FFFF that is not a surrogate, in UTF-8. */
void sp_lenient_append(uint32_t code_point, struct sp_buf *out);

/* True for a control that takes more than one byte in UTF-8: U+0080–U+009F. */
bool sp_lenient_is_c1(uint32_t code_point);

/*
 * The NFKC form of a non-ASCII character, if that form contains a dot, slash, backslash or semicolon; else
 * empty. Complete for Unicode 14.0; 17.0 adds none.
 */
struct sp_str sp_lenient_form(uint32_t code_point);

#endif
