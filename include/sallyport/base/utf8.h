/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_UTF8_H
#define SP_BASE_UTF8_H

/*
 * UTF-8 (RFC 3629): shortest form, no surrogates, at most U+10FFFF.
 *
 * Some characters are not seen as themselves: a terminal obeys them, or they end a line, turn the order of
 * what follows around, or are invisible and so make two texts look like one. Where text of strangers is shown
 * to an operator they are escaped. They are the controls C0, DEL and C1 (a terminal takes U+009B for ESC [),
 * the separators of lines and paragraphs (U+0085, U+2028, U+2029), all that Unicode calls
 * Default_Ignorable_Code_Point (the marks and overrides of the bidirectional algorithm, joiners and spaces of
 * no width, U+FEFF, fillers, variation selectors, tags), and the marks of interlinear annotation. Unicode
 * 15.0, DerivedCoreProperties.txt.
 */

#include "base/str.h"

#include <stdint.h>

bool sp_utf8_valid(struct sp_str s);

/* Bytes of the well-formed sequence that `s` begins with, 1–4; 0 where there is none. */
size_t sp_utf8_sequence_len(struct sp_str s);

/* The code point of a whole well-formed sequence. */
uint32_t sp_utf8_code_point(struct sp_str sequence);

/* Without the byte order mark that editors put in front of a text unasked, once. */
struct sp_str sp_utf8_skip_mark(struct sp_str s);

bool sp_utf8_is_unseen(uint32_t code_point);

#endif
