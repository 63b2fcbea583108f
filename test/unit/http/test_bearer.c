/* SPDX-License-Identifier: Apache-2.0 */
#include "http/bearer.h"

#include "material.h"

static struct sp_str token_of(const char *lines)
{
    static struct sp_head head;
    head = head_of(lines);
    struct sp_str text = sp_bearer_read(&head);
    return sp_bearer_has_form(text) ? text : SP_STR_NONE;
}

SP_TEST(the_token_of_one_line_is_read_whatever_the_case_of_the_scheme)
{
    static const char *const lines[] = {"Authorization: Bearer a.b.c\r\n", "authorization: bearer a.b.c\r\n",
                                        "AUTHORIZATION:BEARER   a.b.c  \r\n",
                                        "Accept: x\r\nAuthorization:\tBearer a.b.c\t\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_str_view(token_of(lines[i]), "a.b.c");
    }
    ck_assert_str_view(token_of("Authorization: Bearer -._~+/aZ09===\r\n"), "-._~+/aZ09===");
    ck_assert_str_view(token_of("Authorization: Bearer x\r\n"), "x");
}
SP_TEST_END

SP_TEST(what_has_another_form_is_no_token)
{
    static const char *const values[] = {"",
                                         "Bearer",
                                         "Bearer ",
                                         "Bearer\ta.b.c",
                                         "Basic YTpi",
                                         "Bearera.b.c",
                                         "Bearer a b",
                                         "Bearer a,b",
                                         "Bearer \"a\"",
                                         "Bearer =",
                                         "Bearer a=b",
                                         "Bearer a\xc3\xa9",
                                         "a.b.c",
                                         "Bearer a;b",
                                         "Bearer a.b.c, Bearer d",
                                         "Bearer abcdefghijklmnopqrstuvwxyz\"",
                                         "Negotiate Bearer a"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "Authorization: %s\r\n", values[i]);
        ck_assert_msg(token_of(line).len == 0, "%s", values[i]);
    }
    ck_assert_uint_eq(token_of("Accept: Bearer a.b.c\r\n").len, 0);
    ck_assert_uint_eq(token_of("X-Authorization: Bearer a.b.c\r\n").len, 0);
}
SP_TEST_END

SP_TEST(every_byte_that_no_token_has_is_refused_wherever_it_stands)
{
    static const char plain[] = "-._~+/";
    for (unsigned c = 0x20; c < 0x100; c++) {
        bool is_plain = sp_ascii_is_alnum((char)c) || (c < 0x80 && strchr(plain, (int)c) != NULL);
        for (size_t at = 0; at < 20 && c != 0x7f; at++) {
            char text[21] = "abcdefghijklmnopqrst";
            char line[64];
            text[at] = (char)c;
            snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", text);
            bool is_trimmed = c == ' ' && (at == 0 || at == 19);
            bool is_padding = c == '=' && at == 19;
            ck_assert_msg((token_of(line).len > 0) == (is_plain || is_trimmed || is_padding), "%02x at %zu",
                          c, at);
        }
    }
}
SP_TEST_END

SP_TEST(of_two_lines_none_is_read)
{
    ck_assert_uint_eq(token_of("Authorization: Bearer a\r\nAuthorization: Bearer a\r\n").len, 0);
    ck_assert_uint_eq(token_of("Authorization: Basic x\r\nAuthorization: Bearer a\r\n").len, 0);
}
SP_TEST_END

SP_SUITE("http/bearer", the_token_of_one_line_is_read_whatever_the_case_of_the_scheme,
         what_has_another_form_is_no_token, every_byte_that_no_token_has_is_refused_wherever_it_stands,
         of_two_lines_none_is_read)
