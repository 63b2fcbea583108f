/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wording.h"

#include "../suite.h"

static const char *nearest_of(const char *word, const char *const *names)
{
    static struct sp_quoted text;
    struct sp_nearest nearest = sp_nearest_of(sp_str_from_c(word));
    for (; *names != NULL; names++) {
        sp_nearest_offer(&nearest, sp_str_from_c(*names));
    }
    return sp_nearest_text(&nearest, &text);
}

SP_TEST(a_plain_value_is_shown_as_it_is)
{
    ck_assert_str_eq(SP_QUOTE(SP_STR("https://dex.example.com/ä")), "https://dex.example.com/ä");
    ck_assert_str_eq(SP_QUOTE(SP_STR_NONE), "");
}
SP_TEST_END

SP_TEST(no_value_can_forge_a_line_or_move_the_cursor)
{
    ck_assert_str_eq(SP_QUOTE(SP_STR("a\nb\x1b[2J")), "a\\x0ab\\x1b[2J");
    ck_assert_str_eq(SP_QUOTE(SP_STR("\"\\\x7f")), "\\x22\\x5c\\x7f");
    ck_assert_str_eq(SP_QUOTE(SP_STR("\xc2\x9b"
                                     "2J")),
                     "\\xc2\\x9b2J");
    ck_assert_str_eq(SP_QUOTE(SP_STR("\xe2\x80\xaez\xe2\x80\xa8")), "\\xe2\\x80\\xaez\\xe2\\x80\\xa8");
    ck_assert_str_eq(SP_QUOTE(SP_STR("\xff\xc3")), "\\xff\\xc3");
    ck_assert_str_eq(SP_QUOTE(((struct sp_str){"\0", 1})), "\\x00");
}
SP_TEST_END

SP_TEST(a_long_value_is_cut_and_says_so)
{
    char value[SP_QUOTE_SHOWN_MAX + 1];
    memset(value, 'a', sizeof value);
    struct sp_str at_max = {value, SP_QUOTE_SHOWN_MAX};
    ck_assert_uint_eq(strlen(SP_QUOTE(at_max)), SP_QUOTE_SHOWN_MAX);
    const char *cut = SP_QUOTE(((struct sp_str){value, sizeof value}));
    ck_assert_str_eq(cut + SP_QUOTE_SHOWN_MAX, "…");
}
SP_TEST_END

SP_TEST(the_worst_value_still_fits)
{
    char value[SP_QUOTE_SHOWN_MAX + 8];
    memset(value, 0x01, sizeof value);
    const char *quoted = SP_QUOTE(((struct sp_str){value, sizeof value}));
    ck_assert_uint_eq(strlen(quoted), SP_QUOTE_SHOWN_MAX * 4 + strlen("…"));
}
SP_TEST_END

SP_TEST(the_nearest_of_several_names_is_named)
{
    static const char *const names[] = {"client_id", "issuer", "userinfo", NULL};
    ck_assert_str_eq(nearest_of("isuer", names), ": did you mean \"issuer\"?");
    ck_assert_str_eq(nearest_of("isser", names), ": did you mean \"issuer\"?");
    ck_assert_str_eq(nearest_of("client-id", names), ": did you mean \"client_id\"?");
}
SP_TEST_END

SP_TEST(far_names_are_not_suggested)
{
    static const char *const names[] = {"client_id", "issuer", "ab", NULL};
    ck_assert_str_eq(nearest_of("authenticator", names), "");
    ck_assert_str_eq(nearest_of("xy", names), "");
    ck_assert_str_eq(nearest_of("", names), "");
}
SP_TEST_END

SP_TEST(the_beginning_of_a_name_stands_for_it)
{
    static const char *const names[] = {"client_id", "client_secret_file", NULL};
    ck_assert_str_eq(nearest_of("client_secret", names), ": did you mean \"client_secret_file\"?");
    ck_assert_str_eq(nearest_of("cli", names), "");
}
SP_TEST_END

SP_SUITE("wording", a_plain_value_is_shown_as_it_is, no_value_can_forge_a_line_or_move_the_cursor,
         a_long_value_is_cut_and_says_so, the_worst_value_still_fits, the_nearest_of_several_names_is_named,
         far_names_are_not_suggested, the_beginning_of_a_name_stands_for_it)
