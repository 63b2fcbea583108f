/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_HEX_H
#define SP_BASE_HEX_H

/* Lower-case hexadecimal, for ids that people read in a log. */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

/* Writes 2 * len characters without a NUL. */
void sp_hex_encode(const uint8_t *bytes, size_t len, char *out);

/* Decodes exactly `len` bytes from lower-case digits. SP_ERR_FORMAT for anything else; `out` is then
 * undefined. */
enum sp_error sp_hex_decode(struct sp_str encoded, uint8_t *out, size_t len)
    __attribute__((warn_unused_result));

#endif
