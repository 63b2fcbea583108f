/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "../suite.h"

SP_TEST(empty_views_are_equal_whatever_they_point_to)
{
    ck_assert(sp_str_equal(SP_STR_NONE, SP_STR("")));
    ck_assert(sp_str_equal_ci(SP_STR_NONE, SP_STR("")));
    ck_assert(sp_str_equal(sp_str_from_c(NULL), SP_STR_NONE));
}
SP_TEST_END

SP_TEST(equality_sees_length_case_and_bytes_after_nul)
{
    ck_assert(sp_str_equal(SP_STR("session"), SP_STR("session")));
    ck_assert(!sp_str_equal(SP_STR("session"), SP_STR("sessions")));
    ck_assert(!sp_str_equal(SP_STR("session"), SP_STR("Session")));
    ck_assert(!sp_str_equal(SP_STR("a\0b"), SP_STR("a\0c")));
}
SP_TEST_END

SP_TEST(case_is_folded_for_ascii_letters_only)
{
    ck_assert(sp_str_equal_ci(SP_STR("Remote-USER"), SP_STR("rEMOTE-user")));
    ck_assert(!sp_str_equal_ci(SP_STR("@[`{"), SP_STR("`{@[")));
    ck_assert_msg(!sp_str_equal_ci(SP_STR("\xe2\x84\xaa"), SP_STR("k  ")), "Kelvin sign is no k");
    ck_assert_msg(!sp_str_equal_ci(SP_STR("\xc3\x84"), SP_STR("\xc3\xa4")), "umlauts are not folded");
    for (int c = 0; c < 256; c++) {
        char folded = sp_ascii_lower((char)c);
        ck_assert_int_eq(folded, c >= 'A' && c <= 'Z' ? (char)(c + 32) : (char)c);
    }
}
SP_TEST_END

SP_TEST(classes_of_characters_hold_ascii_only)
{
    int digits_n = 0;
    int alnums_n = 0;
    int hexes_n = 0;
    for (int c = 0; c < 256; c++) {
        digits_n += sp_ascii_is_digit((char)c);
        alnums_n += sp_ascii_is_alnum((char)c);
        hexes_n += sp_ascii_hex_value((char)c) >= 0;
    }
    ck_assert_int_eq(digits_n, 10);
    ck_assert_int_eq(alnums_n, 62);
    ck_assert_int_eq(hexes_n, 22);
    ck_assert_int_eq(sp_ascii_hex_value('0'), 0);
    ck_assert_int_eq(sp_ascii_hex_value('9'), 9);
    ck_assert_int_eq(sp_ascii_hex_value('a'), 10);
    ck_assert_int_eq(sp_ascii_hex_value('F'), 15);
    ck_assert_int_eq(sp_ascii_hex_value('g'), -1);
    ck_assert_int_eq(sp_ascii_hex_value('@'), -1);
}
SP_TEST_END

SP_TEST(prefixes_and_suffixes_are_no_longer_than_the_whole)
{
    ck_assert(sp_str_starts_with(SP_STR("https://a"), SP_STR("https://")));
    ck_assert(!sp_str_starts_with(SP_STR("http"), SP_STR("https")));
    ck_assert(sp_str_starts_with(SP_STR_NONE, SP_STR_NONE));
    ck_assert(sp_str_starts_with(SP_STR("a"), SP_STR_NONE));
    ck_assert(!sp_str_starts_with(SP_STR_NONE, SP_STR("a")));
    ck_assert(sp_str_starts_with_ci(SP_STR("HTTPS://a"), SP_STR("https://")));
    ck_assert(sp_str_starts_with_ci(SP_STR("https"), SP_STR("HTTPS")));
    ck_assert(!sp_str_starts_with_ci(SP_STR("http"), SP_STR("HTTPS")));
    ck_assert(!sp_str_starts_with_ci(SP_STR("ftps://a"), SP_STR("https://")));
    ck_assert(sp_str_starts_with_ci(SP_STR_NONE, SP_STR_NONE));
    ck_assert(!sp_str_starts_with_ci(SP_STR_NONE, SP_STR("a")));
    ck_assert(sp_str_ends_with(SP_STR("a.example.org"), SP_STR(".example.org")));
    ck_assert(!sp_str_ends_with(SP_STR("example.org"), SP_STR(".example.org")));
    ck_assert(sp_str_ends_with(SP_STR("a"), SP_STR("")));
    ck_assert(sp_str_ends_with(SP_STR_NONE, SP_STR_NONE));
}
SP_TEST_END

SP_TEST(printable_is_ascii_without_controls)
{
    ck_assert(sp_str_is_printable(SP_STR_NONE));
    for (int byte = 0; byte < 256; byte++) {
        const char text[] = {'a', (char)byte, 'b'};
        bool expected = byte >= 0x20 && byte <= 0x7e;
        ck_assert_int_eq(sp_str_is_printable((struct sp_str){text, sizeof text}), expected);
    }
}
SP_TEST_END

SP_TEST(visible_is_ascii_without_controls_and_the_space_at_every_place)
{
    char text[20];
    for (size_t len = 0; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        ck_assert(sp_str_is_visible((struct sp_str){text, len}));
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                memset(text, byte % 2 == 0 ? '!' : '~', sizeof text);
                text[at] = (char)byte;
                bool expected = byte > 0x20 && byte < 0x7f;
                ck_assert_int_eq(sp_str_is_visible((struct sp_str){text, len}), expected);
            }
        }
    }
}
SP_TEST_END

SP_TEST(what_is_not_found_is_at_the_length)
{
    ck_assert_uint_eq(sp_str_find(SP_STR("a=b=c"), '='), 1);
    ck_assert_uint_eq(sp_str_find(SP_STR("abc"), '='), 3);
    ck_assert_uint_eq(sp_str_find(SP_STR_NONE, '='), 0);
    ck_assert(sp_str_contains(SP_STR("a\0b"), '\0'));
    ck_assert_msg(!sp_str_contains(SP_STR("ab"), '\0'), "the NUL after a literal is no part of the view");
}
SP_TEST_END

SP_TEST(skipping_past_the_end_leaves_nothing)
{
    ck_assert_str_view(sp_str_skip(SP_STR("abc"), 0), "abc");
    ck_assert_str_view(sp_str_skip(SP_STR("abc"), 1), "bc");
    ck_assert_str_view(sp_str_skip(SP_STR("abc"), 3), "");
    ck_assert_str_view(sp_str_skip(SP_STR("abc"), SIZE_MAX), "");
    ck_assert_ptr_null(sp_str_skip(SP_STR_NONE, 5).ptr);
}
SP_TEST_END

SP_TEST(cutting_walks_all_parts_with_the_empty_ones)
{
    static const char *const parts[] = {"", "a", "", "bc", ""};
    struct sp_str rest = SP_STR(",a,,bc,");
    size_t parts_n = 0;
    while (rest.ptr != NULL) {
        struct sp_str part = sp_str_cut(&rest, ',');
        ck_assert_uint_lt(parts_n, 5);
        ck_assert(sp_str_equal(part, sp_str_from_c(parts[parts_n])));
        parts_n++;
    }
    ck_assert_uint_eq(parts_n, 5);
}
SP_TEST_END

SP_TEST(cutting_without_a_separator_ends_the_walk)
{
    struct sp_str rest = SP_STR("whole");
    ck_assert_str_view(sp_str_cut(&rest, ';'), "whole");
    ck_assert_ptr_null(rest.ptr);
    ck_assert_str_view(sp_str_cut(&rest, ';'), "");
    rest = SP_STR("");
    ck_assert_ptr_nonnull(sp_str_cut(&rest, ';').ptr);
    ck_assert_ptr_null(rest.ptr);
}
SP_TEST_END

SP_TEST(a_part_is_found_whole)
{
    ck_assert(sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("a")));
    ck_assert(sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("bc")));
    ck_assert(sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("d")));
    ck_assert(!sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("b")));
    ck_assert(!sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("BC")));
    ck_assert(!sp_str_has_part(SP_STR("a bc d"), ',', SP_STR("a")));
    ck_assert(!sp_str_has_part(SP_STR("a bc d"), ' ', SP_STR("")));
    ck_assert(!sp_str_has_part(SP_STR_NONE, ' ', SP_STR("")));
    ck_assert(sp_str_has_part(SP_STR("a"), ' ', SP_STR("a")));
}
SP_TEST_END

SP_TEST(trimming_takes_spaces_and_tabs_only)
{
    ck_assert_str_view(sp_str_trim(SP_STR(" \t a b\t ")), "a b");
    ck_assert_str_view(sp_str_trim(SP_STR("a")), "a");
    ck_assert_str_view(sp_str_trim(SP_STR(" \t ")), "");
    ck_assert_str_view(sp_str_trim(SP_STR_NONE), "");
    ck_assert_str_view(sp_str_trim(SP_STR("\r\na\v")), "\r\na\v");
    ck_assert_msg(sp_str_trim(SP_STR("\xc2\xa0")).len == 2, "the no-break space stays");
}
SP_TEST_END

SP_TEST(a_copy_ends_in_nul_and_keeps_those_inside)
{
    char *copy = sp_str_dup(SP_STR("a\0b"));
    ck_assert_ptr_nonnull(copy);
    ck_assert_mem_eq(copy, "a\0b", 4);
    free(copy);
    copy = sp_str_dup(SP_STR_NONE);
    ck_assert_str_eq(copy, "");
    free(copy);
}
SP_TEST_END

SP_TEST(distance_counts_single_edits)
{
    ck_assert_uint_eq(sp_str_distance(SP_STR("kitten"), SP_STR("sitting")), 3);
    ck_assert_uint_eq(sp_str_distance(SP_STR("client_id"), SP_STR("client_id")), 0);
    ck_assert_uint_eq(sp_str_distance(SP_STR("clientid"), SP_STR("client_id")), 1);
    ck_assert_uint_eq(sp_str_distance(SP_STR_NONE, SP_STR("abc")), 3);
    ck_assert_uint_eq(sp_str_distance(SP_STR("abc"), SP_STR_NONE), 3);
    ck_assert_uint_eq(sp_str_distance(SP_STR("ab"), SP_STR("ba")), 2);
}
SP_TEST_END

SP_TEST(distance_looks_at_64_bytes_and_no_more)
{
    char a[65];
    char b[65];
    memset(a, 'a', sizeof a);
    memset(b, 'b', sizeof b);
    ck_assert_uint_eq(sp_str_distance((struct sp_str){a, 64}, (struct sp_str){b, 64}), 64);
    ck_assert_uint_eq(sp_str_distance((struct sp_str){a, 65}, (struct sp_str){b, 65}), 64);
    ck_assert_uint_eq(sp_str_distance((struct sp_str){a, 65}, (struct sp_str){a, 64}), 0);
    ck_assert_uint_eq(sp_str_distance((struct sp_str){a, 65}, SP_STR_NONE), 64);
}
SP_TEST_END

SP_SUITE("str", empty_views_are_equal_whatever_they_point_to, equality_sees_length_case_and_bytes_after_nul,
         case_is_folded_for_ascii_letters_only, classes_of_characters_hold_ascii_only,
         prefixes_and_suffixes_are_no_longer_than_the_whole, what_is_not_found_is_at_the_length,
         printable_is_ascii_without_controls, visible_is_ascii_without_controls_and_the_space_at_every_place,
         skipping_past_the_end_leaves_nothing, cutting_walks_all_parts_with_the_empty_ones,
         cutting_without_a_separator_ends_the_walk, a_part_is_found_whole,
         trimming_takes_spaces_and_tabs_only, a_copy_ends_in_nul_and_keeps_those_inside,
         distance_counts_single_edits, distance_looks_at_64_bytes_and_no_more)
