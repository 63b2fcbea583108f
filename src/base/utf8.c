/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* The multi-byte forms of `UTF8-octets` in RFC 3629, section 4: the ranges of the first and second byte. All
 * later bytes are 80–BF. */
struct form {
    uint8_t first_min;
    uint8_t first_max;
    uint8_t second_min;
    uint8_t second_max;
    uint8_t len; /* bytes */
};

static const struct form forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, /* C0 and C1 could only start overlong forms */
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, /* below A0: overlong */
    {0xe1, 0xec, 0x80, 0xbf, 3}, /* U+1000 to U+CFFF */
    {0xed, 0xed, 0x80, 0x9f, 3}, /* above 9F: surrogates */
    {0xee, 0xef, 0x80, 0xbf, 3}, /* U+E000 to U+FFFF */
    {0xf0, 0xf0, 0x90, 0xbf, 4}, /* below 90: overlong */
    {0xf1, 0xf3, 0x80, 0xbf, 4}, /* U+40000 to U+FFFFF */
    {0xf4, 0xf4, 0x80, 0x8f, 4}, /* above 8F: past U+10FFFF */
};

static bool has_form(const uint8_t *bytes, size_t len, const struct form *form)
{
    if (bytes[0] < form->first_min || bytes[0] > form->first_max || len < form->len) {
        return false;
    }
    if (bytes[1] < form->second_min || bytes[1] > form->second_max) {
        return false;
    }
    for (size_t i = 2; i < form->len; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t sp_utf8_sequence_len(struct sp_str s)
{
    if (s.len == 0) {
        return 0;
    }
    const uint8_t *bytes = (const uint8_t *)s.ptr;
    if (bytes[0] < 0x80) {
        return 1;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (has_form(bytes, s.len, &forms[i])) {
            return forms[i].len;
        }
    }
    return 0;
}

/* Most text is pure ASCII, so this checks eight bytes at a time. */
static size_t skip_ascii_words(struct sp_str s, size_t from)
{
    uint64_t word;
    while (s.len - from >= sizeof word) {
        memcpy(&word, s.ptr + from, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        from += sizeof word;
    }
    return from;
}

bool sp_utf8_valid(struct sp_str s)
{
    size_t at = skip_ascii_words(s, 0);
    while (at < s.len) {
        size_t len = sp_utf8_sequence_len(sp_str_skip(s, at));
        if (len == 0) {
            return false;
        }
        at = skip_ascii_words(s, at + len);
    }
    return true;
}

uint32_t sp_utf8_code_point(struct sp_str sequence)
{
    static const uint8_t first_masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (uint8_t)sequence.ptr[0] & first_masks[sequence.len];
    for (size_t i = 1; i < sequence.len; i++) {
        point = point << 6 | ((uint8_t)sequence.ptr[i] & 0x3f);
    }
    return point;
}

struct sp_str sp_utf8_skip_mark(struct sp_str s)
{
    struct sp_str mark = SP_STR("\xef\xbb\xbf");
    return sp_str_starts_with(s, mark) ? sp_str_skip(s, mark.len) : s;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range unseen[] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian selectors, vowel separator */
    {0x200b, 0x200f},   /* zero-width characters, directional marks */
    {0x2028, 0x202e},   /* separators, directional embeddings and overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff0, 0xfffb},   /* unassigned, interlinear annotation */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe0fff}, /* tags, variation selectors */
};

bool sp_utf8_is_unseen(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++) {
        if (code_point <= unseen[i].last) {
            return code_point >= unseen[i].first;
        }
    }
    return false;
}
