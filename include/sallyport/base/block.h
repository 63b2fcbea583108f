/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_BLOCK_H
#define SP_BASE_BLOCK_H

/*
 * Tests sixteen bytes in one step. It uses the compiler's vector extensions, so that one source works on
 * every architecture. A test of each byte (`block < 0x20`) gives a mask: all ones for each byte that passes,
 * zero for the others.
 */

#include "base/str.h"

#include <stdint.h>

#define SP_BLOCK_LEN 16 /* bytes */

typedef uint8_t sp_block __attribute__((vector_size(SP_BLOCK_LEN)));

static inline sp_block sp_block_load(const void *bytes)
{
    sp_block block;
    memcpy(&block, bytes, sizeof block);
    return block;
}

/* Tests each byte for a value from `first` to `first + n - 1`. */
static inline sp_block sp_block_in_range(sp_block block, uint8_t first, uint8_t n)
{
    return (sp_block)((sp_block)(block - first) < n);
}

static inline sp_block sp_block_alnum(sp_block block)
{
    return sp_block_in_range(block | 0x20, 'a', 26) | sp_block_in_range(block, '0', 10);
}

/* Number of bytes before the first set byte of the mask; SP_BLOCK_LEN if none is set. */
static inline size_t sp_block_first(sp_block places)
{
#ifdef __SSE2__
    typedef char chars __attribute__((vector_size(SP_BLOCK_LEN)));
    unsigned bits = (unsigned)__builtin_ia32_pmovmskb128((chars)places);
    return (size_t)__builtin_ctz(bits | 1U << SP_BLOCK_LEN);
#else
    size_t n = 0;
    while (n < SP_BLOCK_LEN && places[n] == 0) {
        n++;
    }
    return n;
#endif
}

static inline bool sp_block_any(sp_block places)
{
    return sp_block_first(places) < SP_BLOCK_LEN;
}

/* A block that contains every byte of a string of 1 to SP_BLOCK_LEN - 1 bytes, in any order, with some
 * repeated. */
static inline sp_block sp_block_cover(struct sp_str text)
{
    const char *end = text.ptr + text.len;
    if (text.len >= 8) {
        uint64_t halves[2];
        memcpy(&halves[0], text.ptr, 8);
        memcpy(&halves[1], end - 8, 8);
        return sp_block_load(halves);
    }
    uint32_t quarters[4];
    if (text.len >= 4) {
        memcpy(&quarters[0], text.ptr, 4);
        memcpy(&quarters[1], end - 4, 4);
    } else {
        quarters[0] = (uint8_t)text.ptr[0] | (uint32_t)(uint8_t)text.ptr[text.len / 2] << 8;
        quarters[0] |= (uint32_t)(uint8_t)text.ptr[0] << 16 | (uint32_t)(uint8_t)end[-1] << 24;
        quarters[1] = quarters[0];
    }
    memcpy(&quarters[2], &quarters[0], 8);
    return sp_block_load(quarters);
}

/* Tests each byte of a block and returns the mask. */
typedef sp_block sp_block_question(sp_block block);

#define SP_BLOCK_INLINE static inline __attribute__((always_inline))

/* True if at least one byte of the string satisfies `question`. */
SP_BLOCK_INLINE bool sp_block_some(struct sp_str text, sp_block_question *question)
{
    if (text.len < SP_BLOCK_LEN) {
        return text.len > 0 && sp_block_any(question(sp_block_cover(text)));
    }
    for (size_t at = 0; at + SP_BLOCK_LEN < text.len; at += SP_BLOCK_LEN) {
        if (sp_block_any(question(sp_block_load(text.ptr + at)))) {
            return true;
        }
    }
    /* The last block may overlap the one before. */
    return sp_block_any(question(sp_block_load(text.ptr + text.len - SP_BLOCK_LEN)));
}

/* Reads all bytes even after a difference, so that timing does not reveal how much of a guess is right. */
static inline bool sp_block_same(const char *a, const char *b, size_t len)
{
    if (len < SP_BLOCK_LEN) {
        return len == 0 || !sp_block_any((sp_block)(sp_block_cover((struct sp_str){a, len}) !=
                                                    sp_block_cover((struct sp_str){b, len})));
    }
    size_t last = len - SP_BLOCK_LEN; /* start of the last block, which may overlap the one before */
    sp_block differing = sp_block_load(a + last) ^ sp_block_load(b + last);
    for (size_t at = 0; at < last; at += SP_BLOCK_LEN) {
        differing |= sp_block_load(a + at) ^ sp_block_load(b + at);
    }
    return !sp_block_any((sp_block)(differing != 0));
}

/* Searches complete blocks for the first byte that satisfies `question`. If there is none, less than a block
 * is left between the returned pointer and `end`. */
SP_BLOCK_INLINE const char *sp_block_skip(const char *p, const char *end, sp_block_question *question)
{
    size_t n = SP_BLOCK_LEN;
    while (n == SP_BLOCK_LEN && end - p >= SP_BLOCK_LEN) {
        n = sp_block_first(question(sp_block_load(p)));
        p += n;
    }
    return p;
}

/* Like sp_block_skip, but in larger steps, for strings of hundreds of bytes. */
SP_BLOCK_INLINE const char *sp_block_skip_far(const char *p, const char *end, sp_block_question *question)
{
    while (end - p >= 4 * SP_BLOCK_LEN) {
        sp_block near = question(sp_block_load(p)) | question(sp_block_load(p + SP_BLOCK_LEN));
        sp_block far =
            question(sp_block_load(p + 2 * SP_BLOCK_LEN)) | question(sp_block_load(p + 3 * SP_BLOCK_LEN));
        if (sp_block_any(near | far)) {
            break;
        }
        p += 4 * SP_BLOCK_LEN;
    }
    return sp_block_skip(p, end, question);
}

#endif
