/* SPDX-License-Identifier: Apache-2.0 */
#include "http/percent.h"

const bool sp_percent_unreserved[256] = {
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true,
    ['.'] = true,         ['_'] = true,         ['~'] = true,
};

int sp_percent_value(struct sp_str text, size_t at)
{
    if (at >= text.len || text.len - at < SP_PERCENT_ESCAPE_LEN || text.ptr[at] != '%') {
        return -1;
    }
    int high = sp_ascii_hex_value(text.ptr[at + 1]);
    int low = sp_ascii_hex_value(text.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void sp_percent_append_byte(char byte, struct sp_buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char value = (unsigned char)byte;
    char escape[SP_PERCENT_ESCAPE_LEN] = {'%', digits[value >> 4], digits[value & 15]};
    sp_buf_append(out, (struct sp_str){escape, sizeof escape});
}

void sp_percent_append(struct sp_str text, const bool plain[256], struct sp_buf *out)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (plain[(unsigned char)text.ptr[i]]) {
            continue;
        }
        sp_buf_append(out, (struct sp_str){text.ptr + start, i - start});
        sp_percent_append_byte(text.ptr[i], out);
        start = i + 1;
    }
    sp_buf_append(out, sp_str_skip(text, start));
}
