/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "../suite.h"

/* RFC 3629, section 7, and the first and last code point of every length. */
SP_TEST(well_formed_text_is_valid)
{
    static const char *const texts[] = {
        "",
        "A\xe2\x89\xa2\xce\x91.",
        "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
        "\xef\xbb\xbf\xf0\xa3\x8e\xb4",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(sp_utf8_valid(sp_str_from_c(texts[i])), "text %zu", i);
    }
    ck_assert(sp_utf8_valid(SP_STR_NONE));
    ck_assert(sp_utf8_valid(SP_STR("a\0b")));
}
SP_TEST_END

SP_TEST(malformed_sequences_are_none)
{
    static const char *const texts[] = {
        "\x80", /* continuation alone */
        "\xbf\xbf",
        "\xc0\x80", /* overlong NUL */
        "\xc0\xaf", /* overlong slash: RFC 3629, section 10 */
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80", /* surrogates: U+D800, U+DFFF, and a pair as in CESU-8 */
        "\xed\xbf\xbf",
        "\xed\xa0\x81\xed\xb0\x80",
        "\xf4\x90\x80\x80", /* U+110000 */
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80", /* five and six bytes, as RFC 2279 had them */
        "\xfc\x84\x80\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3(", /* no continuation */
        "\xe2\x28\xa1",
        "\xe2\x82(",
        "\xf0\x28\x8c\xbc",
        "\xf0\x90\x28\xbc",
        "\xf0\x90\x8c\x28",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ck_assert_msg(sp_utf8_sequence_len(sp_str_from_c(texts[i])) == 0, "text %zu", i);
        ck_assert_msg(!sp_utf8_valid(sp_str_from_c(texts[i])), "text %zu", i);
    }
}
SP_TEST_END

SP_TEST(a_sequence_cut_short_is_none)
{
    static const char *const whole[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x92"};
    for (size_t i = 0; i < 3; i++) {
        struct sp_str s = sp_str_from_c(whole[i]);
        ck_assert_uint_eq(sp_utf8_sequence_len(s), s.len);
        for (size_t len = 1; len < s.len; len++) {
            ck_assert_uint_eq(sp_utf8_sequence_len((struct sp_str){s.ptr, len}), 0);
            ck_assert(!sp_utf8_valid((struct sp_str){s.ptr, len}));
        }
    }
    ck_assert_uint_eq(sp_utf8_sequence_len(SP_STR_NONE), 0);
}
SP_TEST_END

static size_t encode(uint32_t point, char out[4])
{
    static const uint8_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)(marks[len] | point);
    return len;
}

SP_TEST(every_scalar_value_and_no_other_code_point_is_valid)
{
    for (uint32_t point = 0; point < 0x110400; point++) {
        char text[4];
        size_t len = encode(point, text);
        bool scalar = point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
        size_t found = sp_utf8_sequence_len((struct sp_str){text, len});
        if (found != (scalar ? len : 0)) {
            ck_abort_msg("U+%04X", point);
        }
    }
}
SP_TEST_END

SP_TEST(one_and_two_bytes_are_valid_only_where_they_encode_something)
{
    bool encoded[65536] = {false};
    for (uint32_t point = 0; point < 0x800; point++) {
        char text[4] = {0};
        size_t len = encode(point, text);
        encoded[(size_t)(uint8_t)text[0] << 8 | (len == 2 ? (uint8_t)text[1] : 0)] = true;
    }
    for (size_t i = 0; i < 65536; i++) {
        char text[2] = {(char)(i >> 8), (char)(i & 0xff)};
        bool expected = encoded[i] || ((i >> 8) < 0x80 && (i & 0xff) < 0x80);
        ck_assert_int_eq(sp_utf8_valid((struct sp_str){text, 2}), expected);
    }
}
SP_TEST_END

SP_TEST(a_bad_byte_is_found_wherever_it_stands)
{
    char text[40];
    for (size_t len = 1; len < sizeof text; len++) {
        memset(text, 'a', sizeof text);
        ck_assert(sp_utf8_valid((struct sp_str){text, len}));
        for (size_t at = 0; at < len; at++) {
            text[at] = (char)0xff;
            ck_assert(!sp_utf8_valid((struct sp_str){text, len}));
            text[at] = 'a';
        }
    }
}
SP_TEST_END

/* Written out from Unicode's own lists, as a slow model. */
static bool model_is_unseen(uint32_t c)
{
    bool is_control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    bool is_separator = c == 0x2028 || c == 0x2029;
    bool turns_around = c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                        (c >= 0x2066 && c <= 0x2069);
    bool has_no_width = (c >= 0x200b && c <= 0x200d) || (c >= 0x2060 && c <= 0x2065) || c == 0xfeff ||
                        c == 0xad || c == 0x34f || c == 0x180e || (c >= 0x206a && c <= 0x206f);
    bool is_filler = c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0 || c == 0x17b4 || c == 0x17b5;
    bool selects = (c >= 0x180b && c <= 0x180d) || c == 0x180f || (c >= 0xfe00 && c <= 0xfe0f);
    bool annotates = (c >= 0xfff0 && c <= 0xfffb) || (c >= 0x1bca0 && c <= 0x1bca3) ||
                     (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe0fff);
    return is_control || is_separator || turns_around || has_no_width || is_filler || selects || annotates;
}

SP_TEST(what_is_not_seen_as_itself_is_told_from_all_other_characters)
{
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        ck_assert_msg(sp_utf8_is_unseen(point) == model_is_unseen(point), "U+%04X", (unsigned)point);
    }
}
SP_TEST_END

SP_TEST(a_sequence_has_the_code_point_that_it_was_made_of)
{
    static const struct {
        struct sp_str sequence;
        uint32_t code_point;
    } cases[] = {
        {SP_STR("\0"), 0},
        {SP_STR("\x7f"), 0x7f},
        {SP_STR("\xc2\x80"), 0x80},
        {SP_STR("\xdf\xbf"), 0x7ff},
        {SP_STR("\xe0\xa0\x80"), 0x800},
        {SP_STR("\xe2\x80\xae"), 0x202e},
        {SP_STR("\xef\xbf\xbf"), 0xffff},
        {SP_STR("\xf0\x90\x80\x80"), 0x10000},
        {SP_STR("\xf4\x8f\xbf\xbf"), 0x10ffff},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_uint_eq(sp_utf8_code_point(cases[i].sequence), cases[i].code_point);
    }
}
SP_TEST_END

SP_TEST(a_byte_order_mark_is_skipped_once)
{
    ck_assert_str_view(sp_utf8_skip_mark(SP_STR("\xef\xbb\xbfx")), "x");
    ck_assert_str_view(sp_utf8_skip_mark(SP_STR("\xef\xbb\xbf\xef\xbb\xbf")), "\xef\xbb\xbf");
    ck_assert_str_view(sp_utf8_skip_mark(SP_STR("\xef\xbb")), "\xef\xbb");
    ck_assert_str_view(sp_utf8_skip_mark(SP_STR("x\xef\xbb\xbf")), "x\xef\xbb\xbf");
    ck_assert_uint_eq(sp_utf8_skip_mark(SP_STR_NONE).len, 0);
}
SP_TEST_END

SP_SUITE("utf8", what_is_not_seen_as_itself_is_told_from_all_other_characters,
         a_sequence_has_the_code_point_that_it_was_made_of, well_formed_text_is_valid,
         malformed_sequences_are_none, a_sequence_cut_short_is_none,
         every_scalar_value_and_no_other_code_point_is_valid,
         one_and_two_bytes_are_valid_only_where_they_encode_something, a_bad_byte_is_found_wherever_it_stands,
         a_byte_order_mark_is_skipped_once)
