/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP_LEN 64

void sp_buf_init(struct sp_buf *buf, size_t max)
{
    *buf = (struct sp_buf){.max = max, .owned = true};
}

void sp_buf_init_fixed(struct sp_buf *buf, void *storage, size_t storage_len)
{
    *buf = (struct sp_buf){.ptr = storage, .cap = storage_len, .max = storage_len};
}

/*
 * On the heap this wipes everything ever stored, including bytes that a caller cut off by lowering `len`. In
 * the caller's memory it wipes only the bytes in use, because that memory is large on the path of every
 * request.
 */
static void wipe(struct sp_buf *buf)
{
    size_t len = buf->owned ? buf->cap : buf->len;
    if (buf->ptr != NULL) {
        explicit_bzero(buf->ptr, len);
    }
}

void sp_buf_done(struct sp_buf *buf)
{
    wipe(buf);
    if (buf->owned) {
        free(buf->ptr);
    }
    *buf = SP_BUF_NONE;
}

void sp_buf_clear(struct sp_buf *buf)
{
    wipe(buf);
    buf->len = 0;
    buf->failed = false;
}

/* Does not use realloc, which would leave the old bytes readable in freed memory. */
static bool move(struct sp_buf *buf, size_t cap)
{
    char *moved = malloc(cap);
    if (moved == NULL) {
        return false;
    }
    if (buf->len > 0) {
        memcpy(moved, buf->ptr, buf->len);
    }
    wipe(buf);
    free(buf->ptr);
    buf->ptr = moved;
    buf->cap = cap;
    return true;
}

/* Makes room for `len` bytes in total. The heap may hold one byte above the ceiling, for the NUL of a C
 * string. */
static bool grow(struct sp_buf *buf, size_t len)
{
    size_t cap_max = buf->max < SIZE_MAX ? buf->max + 1 : SIZE_MAX;
    if (!buf->owned || len > cap_max) {
        return false;
    }
    size_t cap = buf->cap < cap_max / 2 ? buf->cap * 2 : cap_max;
    if (cap < FIRST_CAP_LEN) {
        cap = FIRST_CAP_LEN < cap_max ? FIRST_CAP_LEN : cap_max;
    }
    return move(buf, cap > len ? cap : len);
}

/* Returns the place for `len` more bytes, which are not counted yet. NULL if the buffer failed, before or
 * now. */
static char *reserve(struct sp_buf *buf, size_t len)
{
    if (buf->failed) {
        return NULL;
    }
    bool has_room = len <= buf->max - buf->len && (len <= buf->cap - buf->len || grow(buf, buf->len + len));
    if (!has_room || buf->ptr == NULL) {
        buf->failed = true;
        return NULL;
    }
    return buf->ptr + buf->len;
}

char *sp_buf_extend_anew(struct sp_buf *buf, size_t len)
{
    if (buf->ptr == NULL && buf->owned && !grow(buf, 1)) {
        buf->failed = true;
    }
    char *place = reserve(buf, len);
    if (place != NULL) {
        buf->len += len;
    }
    return place;
}

void sp_buf_append(struct sp_buf *buf, struct sp_str s)
{
    if (s.len == 0) {
        return;
    }
    char *place = sp_buf_extend(buf, s.len);
    if (place != NULL) {
        memcpy(place, s.ptr, s.len);
    }
}

void sp_buf_append_c(struct sp_buf *buf, const char *text)
{
    sp_buf_append(buf, sp_str_from_c(text));
}

void sp_buf_append_char(struct sp_buf *buf, char c)
{
    sp_buf_append(buf, (struct sp_str){&c, 1});
}

void sp_buf_append_u64(struct sp_buf *buf, uint64_t number)
{
    char digits[SP_U64_DIGITS_MAX];
    sp_buf_append(buf, (struct sp_str){digits, sp_number_format_u64(number, digits)});
}

void sp_buf_printf(struct sp_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int counted = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    size_t len = counted > 0 ? (size_t)counted : 0;
    char *place = counted < 0 ? NULL : reserve(buf, len);
    /* vsnprintf adds a NUL, so it needs room for one more byte than is counted. */
    if (place != NULL && len == buf->cap - buf->len) {
        place = grow(buf, buf->len + len + 1) ? buf->ptr + buf->len : NULL;
    }
    va_start(arguments, format);
    bool is_whole = place != NULL && vsnprintf(place, len + 1, format, arguments) == counted;
    va_end(arguments);
    if (!is_whole) {
        buf->failed = true;
        return;
    }
    buf->len += len;
}

struct sp_str sp_buf_str(const struct sp_buf *buf)
{
    return buf->failed ? SP_STR_NONE : (struct sp_str){buf->ptr, buf->len};
}

const char *sp_buf_c_str(struct sp_buf *buf)
{
    if (!buf->failed && buf->len == buf->cap && !grow(buf, buf->len + 1)) {
        buf->failed = true;
    }
    if (buf->failed) {
        return NULL;
    }
    buf->ptr[buf->len] = '\0';
    return buf->ptr;
}

enum sp_error sp_buf_error(const struct sp_buf *buf)
{
    return buf->failed ? SP_ERR_LIMIT : SP_OK;
}
