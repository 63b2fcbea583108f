/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quote.h"

#include "base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Takes the next character of `rest`. A byte that does not start a well-formed character yields the
 * replacement. */
static struct sp_str take_character(struct sp_str *rest)
{
    size_t len = sp_utf8_sequence_len(*rest);
    struct sp_str taken = len > 0 ? (struct sp_str){rest->ptr, len} : SP_STR(REPLACEMENT);
    *rest = sp_str_skip(*rest, len > 0 ? len : 1);
    return taken;
}

/* Code points above U+FFFF become a surrogate pair. */
static void append_json_escape(uint32_t code_point, struct sp_buf *out)
{
    switch (code_point) {
    case '\n':
        sp_buf_append(out, SP_STR("\\n"));
        break;
    case '\r':
        sp_buf_append(out, SP_STR("\\r"));
        break;
    case '\t':
        sp_buf_append(out, SP_STR("\\t"));
        break;
    default:
        if (code_point > 0xffff) {
            sp_buf_printf(out, "\\u%04x", (unsigned)(0xd800 + ((code_point - 0x10000) >> 10)));
            code_point = 0xdc00 + (code_point & 0x3ff);
        }
        sp_buf_printf(out, "\\u%04x", (unsigned)code_point);
    }
}

void sp_quote_append_json(struct sp_str text, struct sp_buf *out)
{
    sp_buf_append_char(out, '"');
    while (text.len > 0) {
        struct sp_str character = take_character(&text);
        uint32_t code_point = sp_utf8_code_point(character);
        if (sp_utf8_is_unseen(code_point)) {
            append_json_escape(code_point, out);
        } else {
            if (code_point == '"' || code_point == '\\') {
                sp_buf_append_char(out, '\\');
            }
            sp_buf_append(out, character);
        }
    }
    sp_buf_append_char(out, '"');
}

static struct sp_str html_reference(char c)
{
    switch (c) {
    case '&':
        return SP_STR("&amp;");
    case '<':
        return SP_STR("&lt;");
    case '>':
        return SP_STR("&gt;");
    case '"':
        return SP_STR("&quot;");
    case '\'':
        return SP_STR("&#39;");
    default:
        return SP_STR_NONE;
    }
}

void sp_quote_append_html(struct sp_str text, struct sp_buf *out)
{
    while (text.len > 0) {
        struct sp_str character = take_character(&text);
        unsigned char first = (unsigned char)character.ptr[0];
        struct sp_str reference = html_reference(character.ptr[0]);
        if (reference.len > 0) {
            sp_buf_append(out, reference);
        } else if (first < 0x20 || first == 0x7f) {
            sp_buf_append(out, SP_STR(REPLACEMENT));
        } else {
            sp_buf_append(out, character);
        }
    }
}

size_t sp_quote_shown_len(struct sp_str rest)
{
    size_t len = sp_utf8_sequence_len(rest);
    bool is_shown = len > 0 && !sp_utf8_is_unseen(sp_utf8_code_point((struct sp_str){rest.ptr, len}));
    return is_shown ? len : 0;
}

void sp_quote_append_line(struct sp_str text, struct sp_buf *out)
{
    while (text.len > 0) {
        size_t len = sp_quote_shown_len(text);
        if (len > 0) {
            sp_buf_append(out, (struct sp_str){text.ptr, len});
        } else {
            sp_buf_printf(out, "\\x%02x", (unsigned char)text.ptr[0]);
        }
        text = sp_str_skip(text, len > 0 ? len : 1);
    }
}
