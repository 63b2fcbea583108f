/* SPDX-License-Identifier: Apache-2.0 */
#include "http/field.h"

#include "base/utf8.h"
#include "http/percent.h"

#define FIELD_NAME_MAX 64 /* bytes */

static const bool token_bytes[256] = {
    ['!'] = true, ['#' ... '\''] = true, ['*'] = true,         ['+'] = true, ['-'] = true,
    ['.'] = true, ['0' ... '9'] = true,  ['A' ... 'Z'] = true, ['^'] = true, ['_'] = true,
    ['`'] = true, ['a' ... 'z'] = true,  ['|'] = true,         ['~'] = true,
};

static const bool plain_bytes[256] = {
    [' ' ... '!'] = true, ['#' ... '$'] = true, ['&' ... '*'] = true,
    ['-' ... '['] = true, [']' ... '~'] = true,
};

/*
 * Unicode white space beyond ASCII (property White_Space, without the control U+0085). Frameworks strip it,
 * which would make two different names equal.
 */
static const struct sp_str wide_spaces[] = {
    SP_STR("\xC2\xA0"),     SP_STR("\xE1\x9A\x80"), SP_STR("\xE2\x80\x80"), SP_STR("\xE2\x80\x81"),
    SP_STR("\xE2\x80\x82"), SP_STR("\xE2\x80\x83"), SP_STR("\xE2\x80\x84"), SP_STR("\xE2\x80\x85"),
    SP_STR("\xE2\x80\x86"), SP_STR("\xE2\x80\x87"), SP_STR("\xE2\x80\x88"), SP_STR("\xE2\x80\x89"),
    SP_STR("\xE2\x80\x8A"), SP_STR("\xE2\x80\xA8"), SP_STR("\xE2\x80\xA9"), SP_STR("\xE2\x80\xAF"),
    SP_STR("\xE2\x81\x9F"), SP_STR("\xE3\x80\x80"),
};

static bool has_space_at_edge(struct sp_str text)
{
    if (sp_str_trim(text).len != text.len) {
        return true;
    }
    if ((unsigned char)text.ptr[0] < 0x80 && (unsigned char)text.ptr[text.len - 1] < 0x80) {
        return false;
    }
    for (size_t i = 0; i < sizeof wide_spaces / sizeof wide_spaces[0]; i++) {
        if (sp_str_starts_with(text, wide_spaces[i]) || sp_str_ends_with(text, wide_spaces[i])) {
            return true;
        }
    }
    return false;
}

/* True if the string contains C0, DEL, or C1, which in UTF-8 is 0xC2 followed by 0x80–0x9F. */
static bool has_control(struct sp_str text)
{
    unsigned char before = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || (before == 0xc2 && c < 0xa0)) {
            return true;
        }
        before = c;
    }
    return false;
}

bool sp_field_can_carry(struct sp_str text)
{
    if (text.len == 0 || sp_str_is_visible(text)) {
        return text.len > 0; /* true for most names; the others need a closer check */
    }
    return !has_control(text) && !has_space_at_edge(text) && sp_utf8_valid(text);
}

void sp_field_append_percent(struct sp_str text, struct sp_buf *out)
{
    size_t first = 0;
    size_t end = text.len;
    while (first < end && text.ptr[first] == ' ') {
        first++;
    }
    while (end > first && text.ptr[end - 1] == ' ') {
        end--;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool is_plain = i >= first && i < end && plain_bytes[(unsigned char)text.ptr[i]];
        if (is_plain) {
            sp_buf_append_char(out, text.ptr[i]);
        } else {
            sp_percent_append_byte(text.ptr[i], out);
        }
    }
}

/* True for a qvalue (RFC 9110, section 12.4.2) above zero. A malformed one counts as zero. */
static bool is_positive_weight(struct sp_str weight)
{
    bool positive = false;
    if (weight.len == 0 || weight.len > 5 || (weight.ptr[0] != '0' && weight.ptr[0] != '1')) {
        return false;
    }
    for (size_t i = 0; i < weight.len; i++) {
        if (i == 1 ? weight.ptr[i] != '.' : !sp_ascii_is_digit(weight.ptr[i])) {
            return false;
        }
        positive = positive || (weight.ptr[i] >= '1' && weight.ptr[i] <= '9');
    }
    return positive;
}

static bool has_positive_weight(struct sp_str parameters)
{
    while (parameters.ptr != NULL) {
        struct sp_str parameter = sp_str_trim(sp_str_cut(&parameters, ';'));
        if (parameter.len >= 2 && sp_ascii_lower(parameter.ptr[0]) == 'q' && parameter.ptr[1] == '=') {
            return is_positive_weight(sp_str_skip(parameter, 2));
        }
    }
    return true;
}

bool sp_field_accepts(struct sp_str accept, struct sp_str type)
{
    while (accept.ptr != NULL) {
        struct sp_str parameters = sp_str_cut(&accept, ',');
        struct sp_str range = sp_str_trim(sp_str_cut(&parameters, ';'));
        if (sp_str_equal_ci(range, type) && has_positive_weight(parameters)) {
            return true;
        }
    }
    return false;
}

bool sp_field_is_name(struct sp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!token_bytes[(unsigned char)text.ptr[i]]) {
            return false;
        }
    }
    return text.len > 0 && text.len <= FIELD_NAME_MAX;
}
