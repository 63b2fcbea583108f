/* SPDX-License-Identifier: Apache-2.0 */
#include "http/lenient.h"

#include "base/utf8.h"

/* The sequence length that a first byte announces, as defined before UTF-8 was limited to four bytes (RFC
 * 2279); 0 if it cannot begin a sequence. */
static size_t announced_len(unsigned char first)
{
    static const unsigned char least[] = {0xc0, 0xe0, 0xf0, 0xf8, 0xfc, 0xfe};
    size_t n = 0;
    while (n < sizeof least && first >= least[n]) {
        n++;
    }
    return n == 0 || n == sizeof least ? 0 : n + 1;
}

/* Combines `len` bytes without checking them. */
static uint32_t put_together(const unsigned char *bytes, size_t len)
{
    uint32_t code_point = bytes[0] & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        code_point = code_point << 6 | (bytes[i] & 0x3fU);
    }
    return code_point;
}

/* Programs that accept CESU-8 combine two surrogates of three bytes each into one character. */
static size_t read_pair(struct sp_str text, uint32_t high, uint32_t *code_point)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    uint32_t low = text.len >= 6 && bytes[3] == 0xed ? put_together(bytes + 3, 3) : 0;
    if (high >= 0xdc00 || low < 0xdc00 || low > 0xdfff) {
        *code_point = SP_LENIENT_NONE;
        return 3;
    }
    *code_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return 6;
}

static size_t read_unchecked(struct sp_str text, uint32_t *code_point)
{
    const unsigned char *bytes = (const unsigned char *)text.ptr;
    size_t len = announced_len(bytes[0]);
    *code_point = SP_LENIENT_NONE;
    if (len == 0 || len > text.len) {
        return 1;
    }
    uint32_t value = put_together(bytes, len);
    if (value >= 0xd800 && value <= 0xdfff) { /* a surrogate */
        return read_pair(text, value, code_point);
    }
    *code_point = value <= 0x10ffff ? value : SP_LENIENT_NONE;
    return len;
}

size_t sp_lenient_read(struct sp_str text, enum sp_leniency leniency, uint32_t *code_point)
{
    size_t len = sp_utf8_sequence_len(text);
    if (len > 0) {
        *code_point = sp_utf8_code_point((struct sp_str){text.ptr, len});
        return len;
    }
    if (leniency == SP_LENIENCY_CHECKS_NOTHING) {
        return read_unchecked(text, code_point);
    }
    *code_point = SP_LENIENT_NONE;
    return 1;
}

void sp_lenient_append(uint32_t code_point, struct sp_buf *out)
{
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (code_point < 0x80) {
        sp_buf_append_char(out, (char)code_point);
        return;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = 0; i < len; i++) {
        uint32_t bits = code_point >> (6 * (len - 1 - i));
        sp_buf_append_char(out, (char)(i == 0 ? first[len] | bits : 0x80 | (bits & 0x3f)));
    }
}

bool sp_lenient_is_c1(uint32_t code_point)
{
    return code_point >= 0x80 && code_point <= 0x9f;
}

struct form {
    uint32_t code_point;
    char text[5];
};

/* test/check/compatibility.py compares this with Python's unicodedata, and can print it. */
static const struct form forms[] = {
    {0x37e, ";"},     {0x2024, "."},   {0x2025, ".."},  {0x2026, "..."}, {0x2100, "a/c"},  {0x2101, "a/s"},
    {0x2105, "c/o"},  {0x2106, "c/u"}, {0x2488, "1."},  {0x2489, "2."},  {0x248a, "3."},   {0x248b, "4."},
    {0x248c, "5."},   {0x248d, "6."},  {0x248e, "7."},  {0x248f, "8."},  {0x2490, "9."},   {0x2491, "10."},
    {0x2492, "11."},  {0x2493, "12."}, {0x2494, "13."}, {0x2495, "14."}, {0x2496, "15."},  {0x2497, "16."},
    {0x2498, "17."},  {0x2499, "18."}, {0x249a, "19."}, {0x249b, "20."}, {0x33c2, "a.m."}, {0x33c7, "Co."},
    {0x33d8, "p.m."}, {0xfe14, ";"},   {0xfe19, "..."}, {0xfe30, ".."},  {0xfe52, "."},    {0xfe54, ";"},
    {0xfe68, "\\"},   {0xff0e, "."},   {0xff0f, "/"},   {0xff1b, ";"},   {0xff3c, "\\"},   {0x1f100, "0."},
};

struct sp_str sp_lenient_form(uint32_t code_point)
{
    size_t low = 0;
    size_t high = sizeof forms / sizeof forms[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (forms[middle].code_point == code_point) {
            return sp_str_from_c(forms[middle].text);
        }
        if (forms[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return SP_STR_NONE;
}
