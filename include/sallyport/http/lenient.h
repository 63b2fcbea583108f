/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_LENIENT_H
#define SP_HTTP_LENIENT_H

/*
 * Characters of a decoded path as lenient programs read them. What is no UTF-8 (RFC 3629) stands for nothing
 * to decoders that leave errors out, and for some character to those that check nothing: C0 AE is a dot to
 * them, and so are C0 6E and F8 80 80 80 AE. And a program that brings text into the form NFKC (Unicode
 * Standard Annex #15), as identifiers and names of files are, makes a dot of U+FF0E, and `a/c` of U+2100.
 */

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

enum sp_leniency {
    SP_LENIENCY_LEAVES_OUT,    /* each byte that belongs to no well-formed sequence */
    SP_LENIENCY_CHECKS_NOTHING /* the first byte says how many come, up to six, and each gives six bits */
};

#define SP_LENIENT_MAX  6          /* bytes that decide about one character: two surrogates of three */
#define SP_LENIENT_NONE UINT32_MAX /* no character */

/* The character that `text`, which is not empty, begins with, or SP_LENIENT_NONE; returns its bytes. */
size_t sp_lenient_read(struct sp_str text, enum sp_leniency leniency, uint32_t *code_point);

/* The UTF-8 of a code point up to U+10FFFF that is no surrogate. */
void sp_lenient_append(uint32_t code_point, struct sp_buf *out);

/* A control that a single byte cannot tell: U+0080–U+009F. */
bool sp_lenient_is_c1(uint32_t code_point);

/*
 * The NFKC form of a character that is not ASCII, where that form holds a dot, slash, backslash or semicolon;
 * else empty. All of them in Unicode 14.0; 17.0 has the same.
 */
struct sp_str sp_lenient_form(uint32_t code_point);

#endif
