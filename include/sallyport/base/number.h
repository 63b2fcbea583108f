/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_NUMBER_H
#define SP_BASE_NUMBER_H

/* Decimal numbers: digits only, without a sign, spaces or leading zeros (except for 0 itself). */

#include "base/str.h"

#include <stdint.h>

#define SP_U64_DIGITS_MAX 20

/* Returns false and leaves `out` unchanged unless `s` is a decimal number of at most `max`. */
bool sp_number_parse_u64(struct sp_str s, uint64_t max, uint64_t *out) __attribute__((warn_unused_result));

/* Writes the digits without a NUL and returns their number. */
size_t sp_number_format_u64(uint64_t number, char out[SP_U64_DIGITS_MAX]);

#endif
