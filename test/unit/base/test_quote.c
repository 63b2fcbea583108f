/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quote.h"

#include "base/utf8.h"

#include "../suite.h"

typedef void append_fn(struct sp_str text, struct sp_buf *out);

static append_fn *const appends[] = {sp_quote_append_json, sp_quote_append_html};

static struct sp_str quoted(append_fn *append, struct sp_str text, struct sp_buf *out)
{
    sp_buf_clear(out);
    append(text, out);
    ck_assert_int_eq(sp_buf_error(out), SP_OK);
    return sp_buf_str(out);
}

SP_TEST(json_has_its_quotes_and_escapes)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 100);
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR_NONE, &out), "\"\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("a\"b\\c/<d>"), &out), "\"a\\\"b\\\\c/<d>\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\n\r\t"), &out), "\"\\n\\r\\t\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\0\x1b\x7f"), &out), "\"\\u0000\\u001b\\u007f\"");
}
SP_TEST_END

SP_TEST(html_has_references_for_what_is_markup)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 100);
    ck_assert_str_view(quoted(sp_quote_append_html, SP_STR_NONE, &out), "");
    ck_assert_str_view(quoted(sp_quote_append_html, SP_STR("a&<>\"'b"), &out), "a&amp;&lt;&gt;&quot;&#39;b");
    ck_assert_str_view(quoted(sp_quote_append_html, SP_STR("a\0\n\x7f"), &out),
                       "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}
SP_TEST_END

SP_TEST(other_letters_stay_as_they_are)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 100);
    struct sp_str text = SP_STR("J\xc3\xb6rg \xf0\x9f\x90\xb3");
    ck_assert(sp_str_equal(quoted(sp_quote_append_html, text, &out), text));
    ck_assert_str_view(quoted(sp_quote_append_json, text, &out), "\"J\xc3\xb6rg \xf0\x9f\x90\xb3\"");
}
SP_TEST_END

SP_TEST(each_byte_that_is_no_utf8_is_one_replacement)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 100);
    ck_assert_str_view(quoted(sp_quote_append_html, SP_STR("a\xffz\xc3"), &out),
                       "a\xef\xbf\xbdz\xef\xbf\xbd");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\xc3\x28\xed\xa0\x80"), &out),
                       "\"\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}
SP_TEST_END

SP_TEST(no_two_bytes_come_out_raw_where_they_would_end_the_text)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 100);
    for (unsigned pair = 0; pair <= 0xffff; pair++) {
        const char text[] = {(char)(pair >> 8), (char)(pair & 0xff)};
        for (size_t i = 0; i < sizeof appends / sizeof appends[0]; i++) {
            struct sp_str whole = quoted(appends[i], (struct sp_str){text, sizeof text}, &out);
            ck_assert_msg(sp_utf8_valid(whole), "%04x", pair);
            for (size_t at = 0; at < whole.len; at++) {
                ck_assert_msg((unsigned char)whole.ptr[at] >= 0x20 && whole.ptr[at] != 0x7f, "%04x", pair);
            }
        }
        struct sp_str html = sp_buf_str(&out);
        ck_assert_msg(!sp_str_contains(html, '<') && !sp_str_contains(html, '"'), "%04x", pair);
        ck_assert_msg(!sp_str_contains(html, '>') && !sp_str_contains(html, '\''), "%04x", pair);
    }
}
SP_TEST_END

SP_TEST(ac_91_what_a_reader_would_not_see_is_escaped_in_json)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 400);
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\xc2\x9b[31m\xc2\x85"), &out),
                       "\"\\u009b[31m\\u0085\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\xe2\x80\xa8\xe2\x80\xa9\xd8\x9c"), &out),
                       "\"\\u2028\\u2029\\u061c\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf"), &out),
                       "\"\\u202e\\u2066\\ufeff\"");
    ck_assert_str_view(quoted(sp_quote_append_json, SP_STR("\xf3\xa0\x81\x81\xf3\xa0\xbf\xbf"), &out),
                       "\"\\udb40\\udc41\\udb43\\udfff\"");
}
SP_TEST_END

SP_TEST(ac_91_a_line_for_a_terminal_has_only_what_it_shows)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, 400);
    ck_assert_str_view(quoted(sp_quote_append_line, SP_STR("a \"\\ä\""), &out), "a \"\\ä\"");
    ck_assert_str_view(quoted(sp_quote_append_line, SP_STR("\x1b[2J\n\xc2\x9b\xff"), &out),
                       "\\x1b[2J\\x0a\\xc2\\x9b\\xff");
    ck_assert_str_view(quoted(sp_quote_append_line, SP_STR("\xe2\x80\xaez"), &out), "\\xe2\\x80\\xaez");
}
SP_TEST_END

SP_SUITE("quote", ac_91_what_a_reader_would_not_see_is_escaped_in_json,
         ac_91_a_line_for_a_terminal_has_only_what_it_shows, json_has_its_quotes_and_escapes,
         html_has_references_for_what_is_markup, other_letters_stay_as_they_are,
         each_byte_that_is_no_utf8_is_one_replacement,
         no_two_bytes_come_out_raw_where_they_would_end_the_text)
