/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Pages: whatever untrusted texts they contain, all markup is ours, and a browser shows exactly those texts.
 * The same for texts in JSON. The input is the reason and the button, one byte each, and on separate lines
 * the detail, the user, the end of an address and the request id.
 */

#include "base/quote.h"
#include "base/utf8.h"
#include "gate/html.h"

#include "../unit/gate/check_answer.h"
#include "fuzz.h"

#define REPLACEMENT SP_STR("\xef\xbf\xbd")

static void append_page(const struct sp_html_page *page, struct sp_buf *out)
{
    sp_html_append_page(page, out);
    if (PLANTED(fuzz_has(page->user, SP_STR("<b")))) {
        sp_buf_append(out, page->user);
    }
}

/* The text in well-formed UTF-8; control characters are replaced too if `is_replaced` selects them. */
static void append_expected(struct sp_str text, bool (*is_replaced)(unsigned char), struct sp_buf *out)
{
    while (text.len > 0) {
        size_t len = sp_utf8_sequence_len(text);
        if (len == 0 || is_replaced((unsigned char)text.ptr[0])) {
            sp_buf_append(out, REPLACEMENT);
            len = 1;
        } else {
            sp_buf_append(out, (struct sp_str){text.ptr, len});
        }
        text = sp_str_skip(text, len);
    }
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

static bool is_never(unsigned char c)
{
    (void)c;
    return false;
}

/* The text after a browser has decoded the references. */
static void append_shown(struct sp_str html, struct sp_buf *out)
{
    static const struct {
        struct sp_str reference;
        char c;
    } references[] = {{{"&amp;", 5}, '&'},
                      {{"&lt;", 4}, '<'},
                      {{"&gt;", 4}, '>'},
                      {{"&quot;", 6}, '"'},
                      {{"&#39;", 5}, '\''}};
    while (html.len > 0) {
        size_t len = 0;
        for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
            if (sp_str_starts_with(html, references[i].reference)) {
                sp_buf_append_char(out, references[i].c);
                len = references[i].reference.len;
            }
        }
        if (len == 0) {
            ck_assert(html.ptr[0] != '&' && html.ptr[0] != '<' && html.ptr[0] != '"');
            sp_buf_append_char(out, html.ptr[0]);
            len = 1;
        }
        html = sp_str_skip(html, len);
    }
}

static void check_html_text(struct sp_str text)
{
    SP_BUF_SCOPED struct sp_buf html;
    SP_BUF_SCOPED struct sp_buf shown;
    SP_BUF_SCOPED struct sp_buf expected;
    sp_buf_init(&html, 8 * text.len + 1);
    sp_buf_init(&shown, 8 * text.len + 1);
    sp_buf_init(&expected, 8 * text.len + 1);
    sp_quote_append_html(text, &html);
    append_shown(sp_buf_str(&html), &shown);
    append_expected(text, is_control, &expected);
    ck_assert_views_equal(sp_buf_str(&shown), sp_buf_str(&expected));
}

static void check_json_text(struct sp_str text)
{
    SP_BUF_SCOPED struct sp_buf json;
    SP_BUF_SCOPED struct sp_buf expected;
    sp_buf_init(&json, 8 * text.len + 8);
    sp_buf_init(&expected, 8 * text.len + 1);
    sp_quote_append_json(text, &json);
    append_expected(text, is_never, &expected);
    struct sp_str written = sp_buf_str(&json);
    json_t *value = json_loadb(written.ptr, written.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct sp_str read = {json_string_value(value), json_string_length(value)};
    ck_assert(json_is_string(value));
    ck_assert_views_equal(read, sp_buf_str(&expected));
    for (struct sp_str rest = written; rest.len > 0; rest = sp_str_skip(rest, sp_utf8_sequence_len(rest))) {
        ck_assert(sp_quote_shown_len(rest) > 0);
    }
    json_decref(value);
}

FUZZ_TARGET(input)
{
    static char storage[SP_ANSWER_TEXT_MAX];
    char address[2048];
    struct sp_buf out;
    enum sp_reason reason = (enum sp_reason)(fuzz_take_byte(&input) % SP_REASON_COUNT);
    enum sp_html_link link = (enum sp_html_link)(fuzz_take_byte(&input) % (SP_HTML_LINK_POST + 1));
    check_html_text(input);
    check_json_text(input);
    struct sp_str detail = sp_str_cut(&input, '\n');
    struct sp_str user = sp_str_cut(&input, '\n');
    struct sp_str tail = sp_str_cut(&input, '\n');
    int len = snprintf(address, sizeof address, "https://h/%.*s", SP_STR_ARGS(tail));
    struct sp_html_page page = {
        .title = sp_reason_title(reason),
        .text = sp_html_text(reason),
        .advice = sp_html_advice(reason, SP_MENDER_BY_REASON),
        .detail = detail,
        .user = user,
        .link = link,
        .href = {address, (size_t)len < sizeof address ? (size_t)len : sizeof address - 1},
        .label = "Go on",
        .second_href = {address, 9},
        .second_label = "Back",
        .request_id = input,
        .reason = reason,
    };
    out = SP_BUF_ON(storage);
    append_page(&page, &out);
    if (sp_buf_error(&out) == SP_OK) {
        check_html(sp_buf_str(&out));
    }
}
