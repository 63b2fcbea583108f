/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_FUZZ_STAND_IN_CHECK_H
#define SP_TEST_FUZZ_STAND_IN_CHECK_H

/*
 * Replaces Check, so that fuzz targets can use the material of the unit tests (test/unit). A failed assertion
 * is printed and aborts, so libFuzzer and the replay of seeds report the input.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn, format(printf, 3, 4))) static inline void fuzz_fail(const char *file, int line,
                                                                             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

#define ck_assert_msg(condition, ...)                                                                        \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fuzz_fail(__FILE__, __LINE__, __VA_ARGS__);                                                      \
        }                                                                                                    \
    } while (0)

#define ck_abort_msg(...) fuzz_fail(__FILE__, __LINE__, __VA_ARGS__)

#define ck_assert(condition) ck_assert_msg(condition, "%s", #condition)

#define FUZZ_ASSERT_NUMBERS(type, format, x, op, y)                                                          \
    do {                                                                                                     \
        type x_ = (x);                                                                                       \
        type y_ = (y);                                                                                       \
        ck_assert_msg(x_ op y_, "%s %s %s: %" format ", %" format, #x, #op, #y, x_, y_);                     \
    } while (0)

#define ck_assert_int_eq(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, ==, y)
#define ck_assert_int_ne(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, !=, y)
#define ck_assert_int_lt(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, <, y)
#define ck_assert_int_le(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, <=, y)
#define ck_assert_int_gt(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, >, y)
#define ck_assert_int_ge(x, y)  FUZZ_ASSERT_NUMBERS(intmax_t, PRIdMAX, x, >=, y)
#define ck_assert_uint_eq(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, ==, y)
#define ck_assert_uint_ne(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, !=, y)
#define ck_assert_uint_lt(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, <, y)
#define ck_assert_uint_le(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, <=, y)
#define ck_assert_uint_gt(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, >, y)
#define ck_assert_uint_ge(x, y) FUZZ_ASSERT_NUMBERS(uintmax_t, PRIuMAX, x, >=, y)

#define ck_assert_str_eq(x, y)                                                                               \
    do {                                                                                                     \
        const char *x_ = (x);                                                                                \
        const char *y_ = (y);                                                                                \
        ck_assert_msg(strcmp(x_, y_) == 0, "\"%s\" is not \"%s\"", x_, y_);                                  \
    } while (0)

#define ck_assert_str_ne(x, y) ck_assert_msg(strcmp(x, y) != 0, "%s is %s", #x, #y)

#define ck_assert_mem_eq(x, y, len) ck_assert_msg(memcmp(x, y, len) == 0, "%s is not %s", #x, #y)

#define ck_assert_ptr_nonnull(x) ck_assert_msg((x) != NULL, "%s is null", #x)
#define ck_assert_ptr_null(x)    ck_assert_msg((x) == NULL, "%s is not null", #x)
#define ck_assert_ptr_eq(x, y)   ck_assert_msg((x) == (y), "%s is not %s", #x, #y)

#endif
