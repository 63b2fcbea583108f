/* SPDX-License-Identifier: Apache-2.0 */
#include "http/field.h"

#include "http/path.h"

#include "material.h"

SP_TEST(names_of_people_are_carried)
{
    static const struct sp_str carried[] = {
        SP_STR("a"),
        SP_STR("ada@example.com"),
        SP_STR("system:admin"),
        SP_STR("a b"),
        SP_STR("J\xc3\xb6rg"),
        SP_STR("\xe6\x9d\x8e"),
        SP_STR("\xf0\x9f\x98\x80"),
        SP_STR("a\xc2\xa0 b"),
        SP_STR("%0d%0a"),
        SP_STR("a,b"),
        SP_STR("\"q\""),
        SP_STR("\xc3\xa0"),
    };
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++) {
        ck_assert_msg(sp_field_can_carry(carried[i]), "%.*s", SP_STR_ARGS(carried[i]));
    }
}
SP_TEST_END

SP_TEST(ac_16_controls_edges_and_broken_utf8_are_not_carried)
{
    static const struct sp_str refused[] = {
        SP_STR(""),
        SP_STR(" a"),
        SP_STR("a "),
        SP_STR("\ta"),
        SP_STR("a\t"),
        SP_STR("a\tb"),
        SP_STR("a\r\nX: y"),
        SP_STR("a\0b"),
        SP_STR("a\x7f"),
        SP_STR("a\xc2\x85z"),
        SP_STR("\xc2\x80"),
        SP_STR("\xc2\x9f"),
        SP_STR("\xc3"),
        SP_STR("\xff"),
        SP_STR("\xc0\xaf"),
        SP_STR("\xed\xa0\x80"),
        SP_STR("\xc2\xa0"),
        SP_STR("a\xc2\xa0"),
        SP_STR("\xe3\x80\x80z"),
        SP_STR("z\xe2\x80\xa9"),
        SP_STR("\xe2\x80\x83"),
        SP_STR(" "),
    };
    ck_assert(!sp_field_can_carry(SP_STR_NONE));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_field_can_carry(refused[i]), "case %zu", i);
    }
    for (int c = 0; c < 0x20; c++) {
        char text[3] = {'a', (char)c, 'b'};
        ck_assert(!sp_field_can_carry((struct sp_str){text, 3}));
    }
}
SP_TEST_END

SP_TEST(a_percent_encoded_text_is_printable_and_decodes_to_itself)
{
    ck_assert_str_view(APPENDED(sp_field_append_percent(SP_STR("Ada L. (she), 100% \"+\\"), out)),
                       "Ada L. (she)%2C 100%25 %22%2B%5C");
    ck_assert_str_view(APPENDED(sp_field_append_percent(SP_STR(" J\xc3\xb6rg\r\n\t\0\x7f "), out)),
                       "%20J%C3%B6rg%0D%0A%09%00%7F%20");
    ck_assert_str_view(APPENDED(sp_field_append_percent(SP_STR("  "), out)), "%20%20");
    ck_assert_uint_eq(APPENDED(sp_field_append_percent(SP_STR_NONE, out)).len, 0);
    uint64_t state = 3;
    for (size_t round = 0; round < 5000; round++) {
        char text[64];
        size_t len = next_below(&state, sizeof text);
        for (size_t i = 0; i < len; i++) {
            text[i] = next_below(&state, 3) == 0 ? ' ' : (char)next_random(&state);
        }
        struct sp_str shown = APPENDED(sp_field_append_percent((struct sp_str){text, len}, out));
        ck_assert(shown.len == 0 || sp_field_can_carry(shown));
        ck_assert(!sp_str_contains(shown, ',') && !sp_str_contains(shown, '+'));
        ck_assert(sp_str_equal(APPENDED(sp_path_decode(shown, out)), (struct sp_str){text, len}));
    }
}
SP_TEST_END

SP_TEST(accept_takes_a_type_by_name_and_with_a_weight)
{
    static const struct {
        const char *accept;
        bool takes;
    } cases[] = {
        {"text/html", true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
        {"application/json, TEXT/HTML;q=0.1", true},
        {"text/html ; level=1; q=1.000", true},
        {"text/html;q=0, text/html;q=0.5", true},
        {"*/*", false},
        {"text/*", false},
        {"text/html;q=0", false},
        {"text/html;Q=0.0", false},
        {"text/html;q=0.000", false},
        {"text/html;level=1;q=0", false},
        {"text/html;q=", false},
        {"text/html;q=high", false},
        {"text/html;q=0.0001", false},
        {"text/html;q=1x", false},
        {"text/html;q=9", false},
        {"text/htmlx, xtext/html", false},
        {"application/json;x=text/html", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool takes = sp_field_accepts(sp_str_from_c(cases[i].accept), SP_STR("text/html"));
        ck_assert_msg(takes == cases[i].takes, "%s", cases[i].accept);
    }
    ck_assert(!sp_field_accepts(SP_STR_NONE, SP_STR("text/html")));
}
SP_TEST_END

SP_TEST(a_name_is_a_token_of_at_most_64_bytes)
{
    char text[65];
    memset(text, 'x', sizeof text);
    ck_assert(sp_field_is_name((struct sp_str){text, 64}));
    ck_assert(!sp_field_is_name((struct sp_str){text, 65}));
    ck_assert(!sp_field_is_name(SP_STR_NONE));
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool expected = sp_ascii_is_alnum(byte) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
        ck_assert_int_eq(sp_field_is_name((struct sp_str){&byte, 1}), expected);
    }
}
SP_TEST_END

SP_SUITE("field", names_of_people_are_carried, ac_16_controls_edges_and_broken_utf8_are_not_carried,
         a_percent_encoded_text_is_printable_and_decodes_to_itself,
         accept_takes_a_type_by_name_and_with_a_weight, a_name_is_a_token_of_at_most_64_bytes)
