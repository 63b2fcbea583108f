/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_HTTP_PATH_MODEL_H
#define SP_TEST_UNIT_HTTP_PATH_MODEL_H

/* A slow, obvious model of the marks of a decoded path. */

#include "base/utf8.h"
#include "http/lenient.h"
#include "http/path.h"

#include "material.h"

static inline bool in(const char *set, int c)
{
    return c != 0 && strchr(set, c) != NULL;
}

struct bytes {
    char ptr[512];
    size_t len;
};

static inline struct sp_str view(const struct bytes *bytes)
{
    return (struct sp_str){bytes->ptr, bytes->len};
}

static inline void put(struct bytes *bytes, const char *ptr, size_t len)
{
    ck_assert_uint_le(bytes->len + len, sizeof bytes->ptr);
    memcpy(bytes->ptr + bytes->len, ptr, len);
    bytes->len += len;
}

/* The result of decoding the text, with `\x01` for a control of two bytes, and in NFKC on request. */
static inline struct bytes model_characters(struct sp_str text, enum sp_leniency leniency, bool in_nfkc)
{
    struct bytes out = {.len = 0};
    while (text.len > 0) {
        uint32_t c;
        size_t len = sp_lenient_read(text, leniency, &c);
        struct sp_str form = in_nfkc && c != SP_LENIENT_NONE ? sp_lenient_form(c) : SP_STR_NONE;
        if (form.len > 0) {
            put(&out, form.ptr, form.len);
        } else if (c < 0x80) {
            put(&out, (char[]){(char)c}, 1);
        } else if (c <= 0x9f) {
            put(&out, "\x01", 1);
        } else if (c != SP_LENIENT_NONE) {
            put(&out, "n", 1);
        }
        text = sp_str_skip(text, len);
    }
    return out;
}

#define MODEL_MANY_DOTS (1U << 30) /* a dot segment, unless the path was sent in plain ASCII */

/* A segment, or the part of it before a byte that ends it for some programs. */
static inline uint32_t model_part(struct sp_str part, bool is_first)
{
    size_t dots_n = 0;
    size_t spaces_n = 0;
    for (size_t i = 0; i < part.len; i++) {
        dots_n += part.ptr[i] == '.';
        spaces_n += part.ptr[i] == ' ';
    }
    bool is_dots = is_first && part.len > 0 && dots_n == part.len && dots_n <= 2;
    bool is_mixture = is_first && part.len > 0 && dots_n + spaces_n == part.len && dots_n > 0 && spaces_n > 0;
    bool is_many = is_first && dots_n > 2 && dots_n == part.len;
    bool has_end = part.len > 0 && in(". ", part.ptr[part.len - 1]) && !is_dots;
    return (is_dots || is_mixture ? SP_PATH_DOT_SEGMENT : 0u) | (is_many ? MODEL_MANY_DOTS : 0u) |
           (has_end ? SP_PATH_TRAILING_DOT : 0u);
}

static inline uint32_t model_segments(const struct bytes *text)
{
    uint32_t marks = 0;
    struct bytes part = {.len = 0};
    bool is_first = true;
    for (size_t i = 0; i <= text->len; i++) {
        int c = i < text->len ? text->ptr[i] : '/';
        bool is_slash = in("/\\", c);
        if (in("\t\n\r", c)) {
            continue;
        }
        if (is_slash || in(";:?#\x7f", c) || c < 0x20) {
            marks |= model_part(view(&part), is_first);
            part.len = 0;
            is_first = is_slash;
        } else {
            put(&part, &text->ptr[i], 1);
        }
    }
    return marks;
}

/* Dot segments as all programs see them: by bytes or characters, with any decoder, and in NFKC. */
static inline uint32_t model_dots(struct sp_str decoded)
{
    struct bytes as_it_is = {.len = 0};
    for (size_t i = 0; i < decoded.len; i++) {
        put(&as_it_is, (unsigned char)decoded.ptr[i] < 0x80 ? &decoded.ptr[i] : "n", 1);
    }
    uint32_t marks = model_segments(&as_it_is);
    for (unsigned i = 0; i < 4; i++) {
        enum sp_leniency leniency = i & 1 ? SP_LENIENCY_CHECKS_NOTHING : SP_LENIENCY_LEAVES_OUT;
        struct bytes text = model_characters(decoded, leniency, (i & 2) != 0);
        marks |= model_segments(&text);
    }
    return marks;
}

static inline bool model_is_plain(struct sp_str sent)
{
    bool is_plain = !sp_str_contains(sent, '%');
    for (size_t i = 0; i < sent.len; i++) {
        is_plain = is_plain && (unsigned char)sent.ptr[i] < 0x80;
    }
    return is_plain;
}

static inline bool model_is_overlong(int first, int second)
{
    int least = first == 0xe0   ? 0xa0
                : first == 0xf0 ? 0x90
                : first == 0xf8 ? 0x88
                : first == 0xfc ? 0x84
                                : 0xc0;
    bool is_short = first == 0xc0 || first == 0xc1;
    return second >= 0x80 && second < least && (is_short || least != 0xc0);
}

/* A `%` that becomes an escape if what follows it is dropped or read as a digit, or that is itself read as a
 * `%`. */
static inline bool model_completes_escape(struct sp_str text, enum sp_leniency leniency)
{
    while (text.len > 0) {
        uint32_t c;
        struct sp_str rest = sp_str_skip(text, sp_lenient_read(text, leniency, &c));
        bool is_well_formed = sp_utf8_sequence_len(text) > 0;
        if (c == '%' && !is_well_formed) {
            return true;
        }
        for (size_t digits_n = 0; c == '%' && digits_n <= 1 && rest.len > digits_n; digits_n++) {
            struct sp_str next = sp_str_skip(rest, digits_n);
            uint32_t n;
            (void)sp_lenient_read(next, leniency, &n);
            if (sp_utf8_sequence_len(next) == 0 || sp_lenient_form(n).len > 0) {
                return true;
            }
            if (sp_ascii_hex_value(next.ptr[0]) < 0) {
                break;
            }
        }
        text = rest;
    }
    return false;
}

static inline bool model_is_harmful(struct sp_str text, bool sent_plain)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        if (c < 0x20 || c == 0x7f || c == '\\' || model_is_overlong(c, next)) {
            return true;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        enum sp_leniency leniency = i & 1 ? SP_LENIENCY_CHECKS_NOTHING : SP_LENIENCY_LEAVES_OUT;
        struct bytes seen = model_characters(text, leniency, (i & 2) != 0);
        bool has_control = i == 0 && memchr(seen.ptr, '\x01', seen.len) != NULL;
        if (has_control || memchr(seen.ptr, '\\', seen.len) != NULL) {
            return true;
        }
    }
    return (model_dots(text) & (SP_PATH_DOT_SEGMENT | (sent_plain ? 0u : MODEL_MANY_DOTS))) != 0;
}

#endif
