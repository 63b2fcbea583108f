/* SPDX-License-Identifier: Apache-2.0 */
#include "session/wire.h"

#include <assert.h>

void sp_wire_write_number(struct sp_buf *out, uint64_t number, size_t len)
{
    char *to = sp_buf_extend(out, len);
    for (size_t i = 0; to != NULL && i < len; i++) {
        to[i] = (char)(uint8_t)(number >> 8 * (len - 1 - i));
    }
}

void sp_wire_write_u8(struct sp_buf *out, uint8_t number)
{
    sp_wire_write_number(out, number, 1);
}

void sp_wire_write_u16(struct sp_buf *out, uint16_t number)
{
    sp_wire_write_number(out, number, 2);
}

void sp_wire_write_bytes(struct sp_buf *out, const uint8_t *bytes, size_t len)
{
    sp_buf_append(out, (struct sp_str){(const char *)bytes, len});
}

void sp_wire_write_time(struct sp_buf *out, int64_t time_s)
{
    assert(time_s >= 0 && time_s <= SP_TIME_MAX_S);
    sp_wire_write_number(out, (uint64_t)time_s, SP_WIRE_TIME_LEN);
}

void sp_wire_write_length(struct sp_buf *out, size_t length)
{
    if (length > SP_WIRE_LENGTH_MAX) {
        out->failed = true;
    } else if (length < 0x80) {
        sp_wire_write_number(out, length, 1);
    } else {
        sp_wire_write_number(out, length | 0x8000, 2);
    }
}

void sp_wire_write_str(struct sp_buf *out, struct sp_str s)
{
    sp_wire_write_length(out, s.len);
    sp_buf_append(out, s);
}
