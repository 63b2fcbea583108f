/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <stdio.h>

#include "../suite.h"

static void check_parsed(struct sp_str text, uint64_t max, uint64_t expected)
{
    uint64_t number = 77;
    ck_assert_msg(sp_number_parse_u64(text, max, &number), "\"%.*s\" is a number", SP_STR_ARGS(text));
    ck_assert_uint_eq(number, expected);
}

static void check_refused(struct sp_str text, uint64_t max)
{
    uint64_t number = 77;
    ck_assert_msg(!sp_number_parse_u64(text, max, &number), "\"%.*s\" is refused", SP_STR_ARGS(text));
    ck_assert_uint_eq(number, 77);
}

SP_TEST(whole_decimal_numbers_are_read)
{
    check_parsed(SP_STR("0"), UINT64_MAX, 0);
    check_parsed(SP_STR("7"), 7, 7);
    check_parsed(SP_STR("65535"), 65535, 65535);
    check_parsed(SP_STR("18446744073709551615"), UINT64_MAX, UINT64_MAX);
    check_parsed(SP_STR("10"), 19, 10);
}
SP_TEST_END

SP_TEST(numbers_above_their_maximum_are_refused)
{
    check_refused(SP_STR("1"), 0);
    check_parsed(SP_STR("0"), 0, 0);
    check_refused(SP_STR("8"), 7);
    check_refused(SP_STR("10"), 7);
    check_refused(SP_STR("65536"), 65535);
    check_refused(SP_STR("18446744073709551616"), UINT64_MAX);
    check_refused(SP_STR("99999999999999999999"), UINT64_MAX);
    check_refused(SP_STR("100000000000000000000"), UINT64_MAX);
}
SP_TEST_END

SP_TEST(anything_else_than_digits_is_refused)
{
    static const char *const texts[] = {"",    "+1",  "-1",    " 1", "1 ", "1\n", "0x1",
                                        "1e3", "1.0", "1_000", "a",  "00", "01",  "\xd9\xa1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_refused(sp_str_from_c(texts[i]), UINT64_MAX);
    }
    check_refused(SP_STR_NONE, UINT64_MAX);
    check_refused(SP_STR("1\0"), UINT64_MAX);
}
SP_TEST_END

SP_TEST(small_numbers_agree_with_a_slow_model_at_every_maximum)
{
    for (uint64_t max = 0; max < 130; max++) {
        for (uint64_t number = 0; number < 1300; number++) {
            char digits[SP_U64_DIGITS_MAX];
            struct sp_str text = {digits, sp_number_format_u64(number, digits)};
            uint64_t parsed = 7777;
            ck_assert_int_eq(sp_number_parse_u64(text, max, &parsed), number <= max);
            ck_assert_uint_eq(parsed, number <= max ? number : 7777);
        }
    }
}
SP_TEST_END

SP_TEST(written_numbers_are_the_ones_of_printf)
{
    static const uint64_t numbers[] = {0, 9, 10, 99, 100, UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char digits[SP_U64_DIGITS_MAX];
        char expected[SP_U64_DIGITS_MAX + 1];
        int len = snprintf(expected, sizeof expected, "%ju", (uintmax_t)numbers[i]);
        ck_assert_uint_eq(sp_number_format_u64(numbers[i], digits), (size_t)len);
        ck_assert_mem_eq(digits, expected, (size_t)len);
    }
}
SP_TEST_END

SP_SUITE("number", whole_decimal_numbers_are_read, numbers_above_their_maximum_are_refused,
         anything_else_than_digits_is_refused, small_numbers_agree_with_a_slow_model_at_every_maximum,
         written_numbers_are_the_ones_of_printf)
