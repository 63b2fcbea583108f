/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/block.h"

#include <sodium.h>
#include <stdlib.h>

#define DISTANCE_LEN_MAX 64

int sp_ascii_hex_value(char c)
{
    if (sp_ascii_is_digit(c)) {
        return c - '0';
    }
    char lower = sp_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static inline sp_block is_unprintable(sp_block block)
{
    return ~sp_block_in_range(block, 0x20, 0x7f - 0x20);
}

bool sp_str_is_printable(struct sp_str s)
{
    return !sp_block_some(s, is_unprintable);
}

static inline sp_block is_invisible(sp_block block)
{
    return ~sp_block_in_range(block, 0x21, 0x7f - 0x21);
}

bool sp_str_is_visible(struct sp_str s)
{
    return !sp_block_some(s, is_invisible);
}

static inline sp_block fold(sp_block block)
{
    return block + (sp_block_in_range(block, 'A', 26) & ('a' - 'A'));
}

static inline bool is_same_folded(sp_block a, sp_block b)
{
    return !sp_block_any((sp_block)(fold(a) != fold(b)));
}

bool sp_str_equal_secret(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool sp_str_equal_ci(struct sp_str a, struct sp_str b)
{
    if (a.len != b.len) {
        return false;
    }
    if (a.len < SP_BLOCK_LEN) {
        return a.len == 0 || is_same_folded(sp_block_cover(a), sp_block_cover(b));
    }
    size_t last = a.len - SP_BLOCK_LEN; /* start of the last block, which may overlap the one before */
    for (size_t at = 0; at < last; at += SP_BLOCK_LEN) {
        if (!is_same_folded(sp_block_load(a.ptr + at), sp_block_load(b.ptr + at))) {
            return false;
        }
    }
    return is_same_folded(sp_block_load(a.ptr + last), sp_block_load(b.ptr + last));
}

bool sp_str_starts_with(struct sp_str s, struct sp_str prefix)
{
    return prefix.len <= s.len && sp_str_equal((struct sp_str){s.ptr, prefix.len}, prefix);
}

bool sp_str_starts_with_ci(struct sp_str s, struct sp_str prefix)
{
    return prefix.len <= s.len && sp_str_equal_ci((struct sp_str){s.ptr, prefix.len}, prefix);
}

bool sp_str_ends_with(struct sp_str s, struct sp_str suffix)
{
    return suffix.len <= s.len && sp_str_equal(sp_str_skip(s, s.len - suffix.len), suffix);
}

struct sp_str sp_str_cut(struct sp_str *rest, char separator)
{
    struct sp_str whole = *rest;
    size_t at = sp_str_find(whole, separator);
    *rest = at < whole.len ? sp_str_skip(whole, at + 1) : SP_STR_NONE;
    return (struct sp_str){whole.ptr, at};
}

static bool is_ows(char c)
{
    return c == ' ' || c == '\t';
}

bool sp_str_has_part(struct sp_str list, char separator, struct sp_str part)
{
    while (list.ptr != NULL) {
        if (sp_str_equal(sp_str_cut(&list, separator), part)) {
            return true;
        }
    }
    return false;
}

struct sp_str sp_str_trim(struct sp_str s)
{
    while (s.len > 0 && is_ows(s.ptr[s.len - 1])) {
        s.len--;
    }
    size_t leading = 0;
    while (leading < s.len && is_ows(s.ptr[leading])) {
        leading++;
    }
    return sp_str_skip(s, leading);
}

char *sp_str_dup(struct sp_str s)
{
    char *copy = malloc(s.len + 1);
    if (copy == NULL) {
        return NULL;
    }
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    copy[s.len] = '\0';
    return copy;
}

/* Levenshtein distance with one row of the matrix: row[j] is the distance between a[0..i] and b[0..j]. */
size_t sp_str_distance(struct sp_str a, struct sp_str b)
{
    size_t a_len = a.len < DISTANCE_LEN_MAX ? a.len : DISTANCE_LEN_MAX;
    size_t b_len = b.len < DISTANCE_LEN_MAX ? b.len : DISTANCE_LEN_MAX;
    uint8_t row[DISTANCE_LEN_MAX + 1];
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = (uint8_t)j;
    }
    for (size_t i = 0; i < a_len; i++) {
        uint8_t diagonal = row[0];
        row[0] = (uint8_t)(i + 1);
        for (size_t j = 0; j < b_len; j++) {
            uint8_t above = row[j + 1];
            uint8_t replaced = (uint8_t)(diagonal + (a.ptr[i] != b.ptr[j]));
            uint8_t inserted = (uint8_t)((above < row[j] ? above : row[j]) + 1);
            row[j + 1] = replaced < inserted ? replaced : inserted;
            diagonal = above;
        }
    }
    return row[b_len];
}
