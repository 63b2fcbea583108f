/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

void sp_hex_encode(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
}

/* Refuses upper case, so that an id has only one spelling. */
static int decode_lower(char c)
{
    return c >= 'A' && c <= 'F' ? -1 : sp_ascii_hex_value(c);
}

enum sp_error sp_hex_decode(struct sp_str encoded, uint8_t *out, size_t len)
{
    if (encoded.len % 2 != 0 || encoded.len / 2 != len) {
        return SP_ERR_FORMAT;
    }
    for (size_t i = 0; i < len; i++) {
        int high = decode_lower(encoded.ptr[2 * i]);
        int low = decode_lower(encoded.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return SP_ERR_FORMAT;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return SP_OK;
}
