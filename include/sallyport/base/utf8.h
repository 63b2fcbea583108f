/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_UTF8_H
#define SP_BASE_UTF8_H

/*
 * UTF-8 (RFC 3629): shortest form, no surrogates, at most U+10FFFF.
 *
 * Some characters do not display as themselves. A terminal obeys them, or they end a line, reverse the order
 * of what follows, or are invisible and so make two strings look the same. They are escaped wherever
 * untrusted text is shown to an operator. They are the controls C0, DEL and C1 (a terminal takes U+009B for
 * ESC [), the line and paragraph separators (U+0085, U+2028, U+2029), everything that Unicode calls
 * Default_Ignorable_Code_Point (bidirectional marks and overrides, zero-width joiners and spaces, U+FEFF,
 * fillers, variation selectors, tags), and the interlinear annotation marks. Unicode 15.0,
 * DerivedCoreProperties.txt.
 */

#include "base/str.h"

#include <stdint.h>

bool sp_utf8_valid(struct sp_str s);

/* Length of the well-formed sequence at the start of `s`, 1–4; 0 if there is none. */
size_t sp_utf8_sequence_len(struct sp_str s);

/* The code point of one complete, well-formed sequence. */
uint32_t sp_utf8_code_point(struct sp_str sequence);

/* `s` without one leading byte order mark, which some editors add. */
struct sp_str sp_utf8_skip_mark(struct sp_str s);

bool sp_utf8_is_unseen(uint32_t code_point);

#endif
