/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_DICE_H
#define SP_TEST_UNIT_DICE_H

/* Dice that fall the same in every run, to choose cases. */

#include "base/str.h"

#include <check.h>
#include <stdint.h>

/* xorshift64* (Vigna 2016): good enough to choose cases, and the same everywhere. */
struct dice {
    uint64_t state; /* not 0 */
};

/* From 0 to `sides` - 1. */
static inline size_t dice_roll(struct dice *dice, size_t sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (size_t)((dice->state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % sides;
}

/* Up to `max_n` pieces, one after the other, into `out` of `size` bytes; returns a view of it. */
static inline struct sp_str dice_compose(struct dice *dice, const char *const *pieces, size_t pieces_n,
                                         size_t max_n, char *out, size_t size)
{
    size_t len = 0;
    for (size_t n = dice_roll(dice, max_n + 1); n > 0; n--) {
        const char *piece = pieces[dice_roll(dice, pieces_n)];
        size_t piece_len = strlen(piece);
        ck_assert_uint_lt(len + piece_len, size);
        memcpy(out + len, piece, piece_len);
        len += piece_len;
    }
    return (struct sp_str){out, len};
}

#endif
