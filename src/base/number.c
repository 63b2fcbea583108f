/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

bool sp_number_parse_u64(struct sp_str s, uint64_t max, uint64_t *out)
{
    bool has_leading_zero = s.len > 1 && s.ptr[0] == '0';
    if (s.len == 0 || s.len > SP_U64_DIGITS_MAX || has_leading_zero) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!sp_ascii_is_digit(s.ptr[i])) {
            return false;
        }
        uint64_t digit = (uint64_t)(s.ptr[i] - '0');
        if (digit > max || number > (max - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *out = number;
    return true;
}

size_t sp_number_format_u64(uint64_t number, char out[SP_U64_DIGITS_MAX])
{
    char reversed[SP_U64_DIGITS_MAX];
    size_t len = 0;
    do {
        reversed[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < len; i++) {
        out[i] = reversed[len - 1 - i];
    }
    return len;
}
