/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <stdio.h>

#include "../suite.h"

SP_TEST(every_byte_comes_back)
{
    for (int i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        uint8_t decoded = 0;
        char text[2];
        char expected[3];
        sp_hex_encode(&byte, 1, text);
        snprintf(expected, sizeof expected, "%02x", (unsigned)i);
        ck_assert_mem_eq(text, expected, 2);
        ck_assert_int_eq(sp_hex_decode((struct sp_str){text, 2}, &decoded, 1), SP_OK);
        ck_assert_uint_eq(decoded, byte);
    }
}
SP_TEST_END

/* RFC 4648, section 10, in the lower case that this program writes. */
SP_TEST(foobar_is_that_of_rfc_4648)
{
    char text[12];
    uint8_t bytes[6];
    sp_hex_encode((const uint8_t *)"foobar", 6, text);
    ck_assert_mem_eq(text, "666f6f626172", 12);
    ck_assert_int_eq(sp_hex_decode(SP_STR("666f6f626172"), bytes, 6), SP_OK);
    ck_assert_mem_eq(bytes, "foobar", 6);
}
SP_TEST_END

SP_TEST(another_length_is_refused)
{
    uint8_t bytes[4];
    struct sp_str text = SP_STR("00112233");
    for (size_t len = 0; len < 8; len++) {
        ck_assert_int_eq(sp_hex_decode((struct sp_str){text.ptr, len}, bytes, 4), SP_ERR_FORMAT);
    }
    ck_assert_int_eq(sp_hex_decode(SP_STR("0011223344"), bytes, 4), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_hex_decode(text, bytes, SIZE_MAX / 2 + 5), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_hex_decode(SP_STR_NONE, bytes, 0), SP_OK);
}
SP_TEST_END

SP_TEST(only_lower_case_digits_are_read_in_either_place)
{
    int accepted_n = 0;
    for (int c = 0; c < 256; c++) {
        uint8_t byte;
        char high[2] = {(char)c, '0'};
        char low[2] = {'0', (char)c};
        enum sp_error error = sp_hex_decode((struct sp_str){high, 2}, &byte, 1);
        ck_assert_int_eq(sp_hex_decode((struct sp_str){low, 2}, &byte, 1), error);
        accepted_n += error == SP_OK;
    }
    ck_assert_int_eq(accepted_n, 16);
    uint8_t byte;
    ck_assert_int_eq(sp_hex_decode(SP_STR("AB"), &byte, 1), SP_ERR_FORMAT);
}
SP_TEST_END

SP_SUITE("hex", every_byte_comes_back, foobar_is_that_of_rfc_4648, another_length_is_refused,
         only_lower_case_digits_are_read_in_either_place)
