/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_BUF_H
#define SP_BASE_BUF_H

/*
 * A growing buffer with a ceiling from birth. Appending past the ceiling, or without memory, marks the buffer
 * as failed; later appends do nothing, so a writer appends all its parts and asks once at the end. A failed
 * buffer reads as empty, so that a truncated value is never used.
 *
 * Two kinds: on the heap (`sp_buf_init`), and over bytes of the caller, which never allocates: the one for
 * the path of every request. Most of those are arrays beside the buffer (SP_BUF_ON_STACK).
 *
 * `sp_buf_done` wipes before it frees: buffers hold secrets often enough to do so always.
 */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

struct sp_buf {
    char *ptr;
    size_t len; /* bytes used */
    size_t cap; /* bytes held */
    size_t max; /* ceiling in bytes */
    bool owned; /* ptr is ours to free */
    bool failed;
};

/* The null state: done() accepts it, appends to it fail. */
#define SP_BUF_NONE ((struct sp_buf){0})

void sp_buf_init(struct sp_buf *buf, size_t max);
void sp_buf_init_fixed(struct sp_buf *buf, void *storage, size_t storage_len);

/* The size of an array. A pointer, whose size would be another, does not compile. */
#define SP_BUF_ARRAY_LEN(array)                                                                              \
    (sizeof(array) +                                                                                         \
     0 * sizeof(struct {                                                                                     \
         _Static_assert(!__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0])),           \
                        "not an array");                                                                     \
         int unused;                                                                                         \
     }))

/* A buffer over an array, whose size is its ceiling. */
#define SP_BUF_ON(array)                                                                                     \
    ((struct sp_buf){.ptr = (array), .cap = SP_BUF_ARRAY_LEN(array), .max = SP_BUF_ARRAY_LEN(array)})

/* Declares a buffer over `len` bytes of the stack, up to the end of the block. */
#define SP_BUF_ON_STACK(name, len)                                                                           \
    char name##_storage[len];                                                                                \
    struct sp_buf name = SP_BUF_ON(name##_storage)

void sp_buf_done(struct sp_buf *buf);

/* Empties for reuse, wiping what was there, and forgets a failure. */
void sp_buf_clear(struct sp_buf *buf);

void sp_buf_append(struct sp_buf *buf, struct sp_str s);
void sp_buf_append_c(struct sp_buf *buf, const char *text);
void sp_buf_append_char(struct sp_buf *buf, char c);
void sp_buf_append_u64(struct sp_buf *buf, uint64_t number);

/* Over bytes of the caller, needs room for one more: the NUL that vsnprintf writes. */
void sp_buf_printf(struct sp_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What sp_buf_extend does when there is no room yet. */
char *sp_buf_extend_anew(struct sp_buf *buf, size_t len);

/* Room for `len` more bytes at the end, to be filled by the caller; NULL marks the buffer as failed. */
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

/* Borrows the bytes until the next change; empty when failed. */
struct sp_str sp_buf_str(const struct sp_buf *buf);

/*
 * Ends the bytes with NUL (not counted) and borrows them; NULL when failed. On the heap there is room for
 * the NUL above the ceiling; bytes of the caller must have it left.
 */
const char *sp_buf_c_str(struct sp_buf *buf);

/* SP_OK, or SP_ERR_LIMIT for a ceiling reached or memory refused. */
enum sp_error sp_buf_error(const struct sp_buf *buf) __attribute__((warn_unused_result));

#define SP_BUF_SCOPED __attribute__((cleanup(sp_buf_done)))

#endif
