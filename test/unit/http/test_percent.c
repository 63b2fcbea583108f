/* SPDX-License-Identifier: Apache-2.0 */
#include "http/percent.h"

#include "material.h"

SP_TEST(every_byte_has_one_upper_case_escape)
{
    for (int byte = 0; byte < 256; byte++) {
        char expected[4];
        snprintf(expected, sizeof expected, "%%%02X", (unsigned)byte);
        struct sp_str escape = APPENDED(sp_percent_append_byte((char)byte, out));
        ck_assert(sp_str_equal(escape, sp_str_from_c(expected)));
        ck_assert_int_eq(sp_percent_value(escape, 0), byte);
    }
}
SP_TEST_END

SP_TEST(digits_are_read_in_either_case)
{
    ck_assert_int_eq(sp_percent_value(SP_STR("%c3"), 0), 0xc3);
    ck_assert_int_eq(sp_percent_value(SP_STR("%C3"), 0), 0xc3);
    ck_assert_int_eq(sp_percent_value(SP_STR("a%fFb"), 1), 0xff);
}
SP_TEST_END

SP_TEST(a_broken_escape_has_no_value)
{
    static const struct sp_str broken[] = {
        SP_STR(""),    SP_STR("%"),   SP_STR("%4"),  SP_STR("%g0"), SP_STR("%0g"), SP_STR("%%4"),
        SP_STR("% 4"), SP_STR("%+4"), SP_STR("%-1"), SP_STR("%0x"), SP_STR("412"),
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        ck_assert_int_eq(sp_percent_value(broken[i], 0), -1);
    }
    ck_assert_int_eq(sp_percent_value(SP_STR_NONE, 0), -1);
    ck_assert_int_eq(sp_percent_value(SP_STR("%41"), 1), -1);
    ck_assert_int_eq(sp_percent_value(SP_STR("%41"), 3), -1);
    ck_assert_int_eq(sp_percent_value(SP_STR("%41"), SIZE_MAX), -1);
}
SP_TEST_END

SP_TEST(only_unreserved_bytes_stay_plain)
{
    ck_assert_str_view(APPENDED(sp_percent_append(SP_STR("aZ09-._~"), sp_percent_unreserved, out)),
                       "aZ09-._~");
    ck_assert_str_view(APPENDED(sp_percent_append(SP_STR(" %/a\xc3\xa9\0+"), sp_percent_unreserved, out)),
                       "%20%25%2Fa%C3%A9%00%2B");
    ck_assert_uint_eq(APPENDED(sp_percent_append(SP_STR_NONE, sp_percent_unreserved, out)).len, 0);
    size_t n = 0;
    for (size_t i = 0; i < 256; i++) {
        n += sp_percent_unreserved[i];
    }
    ck_assert_uint_eq(n, 66);
}
SP_TEST_END

SP_SUITE("percent", every_byte_has_one_upper_case_escape, digits_are_read_in_either_case,
         a_broken_escape_has_no_value, only_unreserved_bytes_stay_plain)
