/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_FUZZ_FUZZ_H
#define SP_TEST_FUZZ_FUZZ_H

/*
 * The common form of a fuzz target: FUZZ_TARGET(input) { … } runs with every input, and asserts properties as
 * the unit tests do (stand-in/check.h). A target is linked in three ways:
 *
 *   fuzz_NAME     with libFuzzer
 *   planted_NAME  the same with SP_FUZZ_PLANT: the result is wrong where PLANTED is used, to show that the
 *                 target would find such a fault
 *   replay_NAME   with replay.c: runs the seeds, in every build
 *
 * PLANTED is used in the target only, around the program's results, and never in the program. Its condition
 * is compiled in all three, so that every build notices if it does not fit the program any more.
 */

#include "base/buf.h"
#include "base/str.h"

#include <check.h>

#ifdef SP_FUZZ_PLANT
#define PLANTED(condition) (condition)
#else
#define PLANTED(condition) (false && (condition))
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TARGET(input)                                                                                   \
    static void fuzz_one(struct sp_str input);                                                               \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                             \
    {                                                                                                        \
        fuzz_one((struct sp_str){(const char *)data, size});                                                 \
        return 0;                                                                                            \
    }                                                                                                        \
    static void fuzz_one(struct sp_str input)

#define ck_assert_views_equal(a, b)                                                                          \
    do {                                                                                                     \
        struct sp_str a_ = (a);                                                                              \
        struct sp_str b_ = (b);                                                                              \
        ck_assert_msg(sp_str_equal(a_, b_), "%s is \"%.*s\", %s is \"%.*s\"", #a, SP_STR_ARGS(a_), #b,       \
                      SP_STR_ARGS(b_));                                                                      \
    } while (0)

/* True if the text contains the bytes. */
static inline bool fuzz_has(struct sp_str text, struct sp_str part)
{
    return part.len == 0 || (text.len > 0 && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
}

/* True if it contains a byte below space, or DEL. */
static inline bool fuzz_has_control(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Takes the first byte of the input, which selects what to do with the rest; 0 if it is empty. */
static inline unsigned char fuzz_take_byte(struct sp_str *input)
{
    if (input->len == 0) {
        return 0;
    }
    unsigned char byte = (unsigned char)input->ptr[0];
    *input = sp_str_skip(*input, 1);
    return byte;
}

#endif
