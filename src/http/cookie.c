/* SPDX-License-Identifier: Apache-2.0 */
#include "http/cookie.h"

/*
 * Takes the next trimmed piece between semicolons, over all Cookie lines, skipping empty ones. It does not
 * count pairs, so that an application gets all of them.
 */
static bool next_piece(struct sp_cookie_walk *walk, struct sp_str *out)
{
    for (;;) {
        while (walk->rest.ptr == NULL) {
            if (!sp_head_next(walk->head, SP_HEADER_COOKIE, &walk->line, &walk->rest)) {
                return false;
            }
        }
        *out = sp_str_trim(sp_str_cut(&walk->rest, ';'));
        if (out->len > 0) {
            return true;
        }
    }
}

bool sp_cookie_next(struct sp_cookie_walk *walk, struct sp_cookie *out)
{
    struct sp_str piece;
    while (walk->seen_n <= SP_COOKIES_MAX && next_piece(walk, &piece)) {
        if (++walk->seen_n > SP_COOKIES_MAX) {
            return false;
        }
        size_t equals = sp_str_find(piece, '=');
        if (equals < piece.len) {
            out->name = sp_str_trim((struct sp_str){piece.ptr, equals});
            struct sp_str value = sp_str_trim(sp_str_skip(piece, equals + 1));
            bool is_quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
            out->value = is_quoted ? (struct sp_str){value.ptr + 1, value.len - 2} : value;
            return true;
        }
    }
    return false;
}

size_t sp_cookie_collect(const struct sp_head *head, struct sp_str name, struct sp_str *values, size_t max)
{
    struct sp_cookie_walk walk = {.head = head};
    struct sp_cookie cookie;
    size_t n = 0;
    while (sp_cookie_next(&walk, &cookie)) {
        if (!sp_str_equal(cookie.name, name)) {
            continue;
        }
        if (n < max) {
            values[n] = cookie.value;
        }
        n++;
    }
    return walk.seen_n > SP_COOKIES_MAX ? 0 : n;
}

void sp_cookie_append_without(const struct sp_head *head, struct sp_str stem, struct sp_buf *out)
{
    struct sp_cookie_walk walk = {.head = head};
    struct sp_str piece;
    struct sp_str separator = SP_STR_NONE;
    while (next_piece(&walk, &piece)) {
        struct sp_str name = sp_str_trim((struct sp_str){piece.ptr, sp_str_find(piece, '=')});
        bool is_ours = sp_str_starts_with(name, stem) && (name.len == stem.len || name.ptr[stem.len] == '-');
        if (!is_ours) {
            sp_buf_append(out, separator);
            sp_buf_append(out, piece);
            separator = SP_STR("; ");
        }
    }
}
