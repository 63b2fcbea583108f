/* SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"

#include "../suite.h"

#define TEXT_MAX 200

static inline sp_block is_comma(sp_block block)
{
    return (sp_block)(block == ',');
}

SP_TEST(ranges_hold_for_their_bytes_only)
{
    for (int c = 0; c < 256; c++) {
        sp_block block = (sp_block){0} + (uint8_t)c;
        ck_assert_int_eq(sp_block_any(sp_block_alnum(block)), sp_ascii_is_alnum((char)c));
        ck_assert_int_eq(sp_block_any(sp_block_in_range(block, 0x80, 0x80)), c >= 0x80);
        ck_assert_int_eq(sp_block_any(sp_block_in_range(block, '0', 1)), c == '0');
    }
}
SP_TEST_END

SP_TEST(the_first_place_is_found_whatever_comes_after)
{
    for (size_t first = 0; first <= SP_BLOCK_LEN; first++) {
        for (size_t second = first; second <= SP_BLOCK_LEN; second++) {
            char bytes[SP_BLOCK_LEN + 1];
            memset(bytes, 'x', sizeof bytes);
            bytes[first] = ',';
            bytes[second] = ',';
            ck_assert_uint_eq(sp_block_first(is_comma(sp_block_load(bytes))), first);
        }
    }
}
SP_TEST_END

SP_TEST(a_byte_is_found_at_every_place_of_a_text_of_every_length)
{
    char text[TEXT_MAX];
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < TEXT_MAX - 1; len++) {
        struct sp_str view = {text, len};
        text[len] = ','; /* past the end */
        ck_assert(!sp_block_some(view, is_comma));
        text[len] = 'x';
        for (size_t at = 0; at < len; at++) {
            text[at] = ',';
            ck_assert_msg(sp_block_some(view, is_comma), "%zu of %zu", at, len);
            text[at] = 'x';
        }
    }
}
SP_TEST_END

SP_TEST(skipping_stops_at_the_first_or_short_of_a_block)
{
    char text[TEXT_MAX];
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len <= TEXT_MAX; len++) {
        const char *end = text + len;
        ck_assert_int_lt(end - sp_block_skip(text, end, is_comma), SP_BLOCK_LEN);
        ck_assert_int_lt(end - sp_block_skip_far(text, end, is_comma), SP_BLOCK_LEN);
        for (size_t at = 0; at < len; at++) {
            text[at] = ',';
            const char *expected =
                len - len % SP_BLOCK_LEN > at ? text + at : text + len - len % SP_BLOCK_LEN;
            ck_assert_ptr_eq(sp_block_skip(text, end, is_comma), expected);
            ck_assert_ptr_eq(sp_block_skip_far(text, end, is_comma), expected);
            text[at] = 'x';
        }
    }
}
SP_TEST_END

SP_SUITE("block", ranges_hold_for_their_bytes_only, the_first_place_is_found_whatever_comes_after,
         a_byte_is_found_at_every_place_of_a_text_of_every_length,
         skipping_stops_at_the_first_or_short_of_a_block)
