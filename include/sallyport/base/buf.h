/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H

/*
 * A growing buffer with a fixed ceiling. Appending past the ceiling, or running out of memory, marks the
 * buffer as failed. Later appends then do nothing, so a writer appends everything and checks once at the end.
 * A failed buffer reads as empty, so that a truncated value is never used.
 *
 * There are two kinds. One is on the heap (`sp_buf_init`). The other uses the caller's memory and never
 * allocates; it is used on the path of every request, usually over an array declared next to the buffer
 * (SP_BUF_ON_STACK).
 *
 * `sp_buf_done` wipes before it frees. Buffers contain secrets often enough that it always does so.
 */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

struct sp_buf {
    char *ptr;
    size_t len; /* bytes used */
    size_t cap; /* bytes of storage */
    size_t max; /* ceiling in bytes */
    bool owned; /* sp_buf_done frees `ptr` */
    bool failed;
};

/* The null state. sp_buf_done accepts it, and appending to it fails. */
#define SP_BUF_NONE ((struct sp_buf){0})

void sp_buf_init(struct sp_buf *buf, size_t max);
void sp_buf_init_fixed(struct sp_buf *buf, void *storage, size_t storage_len);

/* The size of an array in bytes. Passing a pointer does not compile, since sizeof would give the pointer's
 * size. */
#define SP_BUF_ARRAY_LEN(array)                                                                              \
    (sizeof(array) +                                                                                         \
     0 * sizeof(struct {                                                                                     \
         _Static_assert(!__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0])),           \
                        "not an array");                                                                     \
         int unused;                                                                                         \
     }))

/* A buffer over an array, with the array's size as its ceiling. */
#define SP_BUF_ON(array)                                                                                     \
    ((struct sp_buf){.ptr = (array), .cap = SP_BUF_ARRAY_LEN(array), .max = SP_BUF_ARRAY_LEN(array)})

/* Declares a buffer over `len` bytes of the stack, valid until the end of the block. */
#define SP_BUF_ON_STACK(name, len)                                                                           \
    char name##_storage[len];                                                                                \
    struct sp_buf name = SP_BUF_ON(name##_storage)

void sp_buf_done(struct sp_buf *buf);

/* Empties the buffer for reuse, wipes its contents and clears a failure. */
void sp_buf_clear(struct sp_buf *buf);

void sp_buf_append(struct sp_buf *buf, struct sp_str s);
void sp_buf_append_c(struct sp_buf *buf, const char *text);
void sp_buf_append_char(struct sp_buf *buf, char c);
void sp_buf_append_u64(struct sp_buf *buf, uint64_t number);

/* Appends formatted text. A buffer over the caller's memory needs room for one more byte, because vsnprintf
 * writes a NUL. */
void sp_buf_printf(struct sp_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The slow path of sp_buf_extend: makes room first. */
char *sp_buf_extend_anew(struct sp_buf *buf, size_t len);

/* Returns room for `len` more bytes at the end, which the caller fills. NULL if that failed; the buffer is
 * then marked as failed. */
static inline char *sp_buf_extend(struct sp_buf *buf, size_t len)
{
    bool has_room = !buf->failed && buf->ptr != NULL && buf->len <= buf->max && len <= buf->max - buf->len &&
                    len <= buf->cap - buf->len;
    if (!has_room) {
        return sp_buf_extend_anew(buf, len);
    }
    char *place = buf->ptr + buf->len;
    buf->len += len;
    return place;
}

/* A view of the bytes, valid until the next change; empty if the buffer failed. */
struct sp_str sp_buf_str(const struct sp_buf *buf);

/*
 * Returns the bytes as a C string, valid until the next change, or NULL if the buffer failed. The NUL is not
 * counted in `len`. On the heap it may lie above the ceiling; the caller's memory must have room for it.
 */
const char *sp_buf_c_str(struct sp_buf *buf);

/* SP_OK, or SP_ERR_LIMIT if the ceiling was reached or memory ran out. */
enum sp_error sp_buf_error(const struct sp_buf *buf) __attribute__((warn_unused_result));

#define SP_BUF_SCOPED __attribute__((cleanup(sp_buf_done)))

#endif
