/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_UTF8_H
#define SP_BASE_UTF8_H

/* UTF-8 (RFC 3629): shortest form, no surrogates, at most U+10FFFF. */

#include "base/str.h"

bool sp_utf8_valid(struct sp_str s);

/* Bytes of the well-formed sequence that `s` begins with, 1–4; 0 where there is none. */
size_t sp_utf8_sequence_len(struct sp_str s);

#endif
