/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_WIRE_H
#define SP_SESSION_WIRE_H

/*
 * Reading and writing the bytes of sealed payloads. Integers are big-endian. A length below 128 is one byte,
 * otherwise two with the top bit set (14 bits). The longer form of a small number is refused, so that a
 * payload has exactly one encoding.
 *
 * Reading is on the path of every request, so it is inline. After a fault a reader returns zeros and empty
 * views; the caller checks once at the end, as with a buffer.
 */

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"

#include <stdbool.h>
#include <stdint.h>

#define SP_WIRE_TIME_LEN   5
#define SP_WIRE_LENGTH_MAX 0x3fff

struct sp_wire_reader {
    const char *at;
    const char *end;
    bool failed;
};

static inline struct sp_wire_reader sp_wire_reader_of(struct sp_str bytes)
{
    const char *at = bytes.ptr != NULL ? bytes.ptr : "";
    return (struct sp_wire_reader){at, at + bytes.len, false};
}

static inline void sp_wire_fail(struct sp_wire_reader *reader)
{
    reader->failed = true;
    reader->at = reader->end;
}

/* True if there was no fault and nothing is left over. */
static inline bool sp_wire_done(const struct sp_wire_reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

static inline struct sp_str sp_wire_read_bytes(struct sp_wire_reader *reader, size_t len)
{
    if ((size_t)(reader->end - reader->at) < len) {
        sp_wire_fail(reader);
        return SP_STR_NONE;
    }
    struct sp_str bytes = {reader->at, len};
    reader->at += len;
    return bytes;
}

/* Reads a number of `len` bytes, at most 7. */
static inline uint64_t sp_wire_read_number(struct sp_wire_reader *reader, size_t len)
{
    struct sp_str bytes = sp_wire_read_bytes(reader, len);
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.len; i++)
        number = number << 8 | (uint8_t)bytes.ptr[i];
    return number;
}

static inline uint8_t sp_wire_read_u8(struct sp_wire_reader *reader)
{
    return (uint8_t)sp_wire_read_number(reader, 1);
}

/* Reads seconds since the epoch, up to SP_TIME_MAX_S. */
static inline int64_t sp_wire_read_time(struct sp_wire_reader *reader)
{
    int64_t time_s = (int64_t)sp_wire_read_number(reader, SP_WIRE_TIME_LEN);
    if (time_s <= SP_TIME_MAX_S)
        return time_s;
    sp_wire_fail(reader);
    return 0;
}

static inline size_t sp_wire_read_length(struct sp_wire_reader *reader)
{
    size_t length = sp_wire_read_u8(reader);
    if (length < 0x80)
        return length;
    length = (length & 0x7f) << 8 | sp_wire_read_u8(reader);
    if (length >= 0x80)
        return length;
    sp_wire_fail(reader);
    return 0;
}

/* Reads a count. A count above `max`, the size of the array it is for, is a fault. */
static inline size_t sp_wire_read_count(struct sp_wire_reader *reader, size_t max)
{
    size_t count = sp_wire_read_length(reader);
    if (count <= max)
        return count;
    sp_wire_fail(reader);
    return 0;
}

static inline struct sp_str sp_wire_read_str(struct sp_wire_reader *reader)
{
    return sp_wire_read_bytes(reader, sp_wire_read_length(reader));
}

/* Number of bytes that a length takes: 1 or 2. */
static inline size_t sp_wire_length_len(size_t length)
{
    return length < 0x80 ? 1 : 2;
}

void sp_wire_write_u8(struct sp_buf *out, uint8_t number);
void sp_wire_write_u16(struct sp_buf *out, uint16_t number);
void sp_wire_write_bytes(struct sp_buf *out, const uint8_t *bytes, size_t len);

/* `number` must fit into `len` bytes, at most 8. */
void sp_wire_write_number(struct sp_buf *out, uint64_t number, size_t len);

/* `time_s` must be 0 to SP_TIME_MAX_S: callers must check it, since it is only asserted here. */
void sp_wire_write_time(struct sp_buf *out, int64_t time_s);

/* A length above SP_WIRE_LENGTH_MAX marks the buffer as failed. */
void sp_wire_write_length(struct sp_buf *out, size_t length);
void sp_wire_write_str(struct sp_buf *out, struct sp_str s);

#endif
