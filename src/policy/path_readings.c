/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_readings.h"

#include <assert.h>

bool sp_path_is_plain(struct sp_str path, uint32_t marks)
{
    return marks == 0 && !sp_str_contains(path, '%');
}

typedef void rewrite_fn(struct sp_str path, struct sp_buf *out);

/* `path` rewritten, kept in the storage. */
static struct sp_str rewrite(struct sp_path_readings *readings, rewrite_fn *how, struct sp_str path)
{
    struct sp_buf room;
    sp_buf_init_fixed(&room, readings->storage + readings->used_len,
                      sizeof readings->storage - readings->used_len);
    how(path, &room);
    if (sp_buf_error(&room) != SP_OK) {
        readings->is_unclear = true;
        return SP_STR_NONE;
    }
    struct sp_str text = sp_buf_str(&room);
    readings->used_len += text.len;
    return text;
}

/* Most readings of most paths are one and the same, and each is compared with every pattern that closes. */
static void add_reading(struct sp_path_readings *readings, struct sp_str path)
{
    for (size_t i = 0; i < readings->items_n; i++) {
        if (sp_str_equal(readings->items[i], path)) {
            return;
        }
    }
    assert(readings->items_n < SP_PATH_READINGS_MAX_N);
    readings->items[readings->items_n++] = path;
}

static void add_with_cleaned(struct sp_path_readings *readings, struct sp_str path)
{
    add_reading(readings, path);
    add_reading(readings, rewrite(readings, sp_path_clean, path));
}

/* What a program sees that decodes first and looks for the query, the fragment or the end after that. */
static size_t find_end(struct sp_str path)
{
    size_t end = 0;
    while (end < path.len && path.ptr[end] != '?' && path.ptr[end] != '#' && path.ptr[end] != '\0') {
        end++;
    }
    return end;
}

/*
 * Where a path climbs, or has a backslash, and that is not all that is odd about it, where it leads is a matter
 * of habit: whether an empty segment is one, whether `a;x` is `a`, whether `\` ends a segment, and what is
 * decoded before the climbing or after it. `/x/;/..%2Fadmin` is `/admin` to some and `/x/admin` to others.
 */
static bool is_unclear(struct sp_str path)
{
    uint32_t marks = sp_path_marks(path) & ~(uint32_t)(SP_PATH_LOWER_HEX | SP_PATH_RAW_BYTE);
    bool has_several = (marks & (marks - 1)) != 0;
    bool hides_more = (marks & (SP_PATH_DOUBLE_ENCODING | SP_PATH_OVERLONG)) != 0;
    return (has_several || hides_more) && !sp_path_tail_is_harmless(path);
}

/*
 * `//host/path` is an address without its scheme (RFC 3986, section 4.2) to a program that reads the target as
 * one that may be relative; browsers' parsers take more slashes for two. What follows the host, or nothing.
 */
static struct sp_str skip_authority(struct sp_str path)
{
    if (!sp_str_starts_with(path, SP_STR("//"))) {
        return SP_STR_NONE;
    }
    while (sp_str_starts_with(path, SP_STR("/"))) {
        path = sp_str_skip(path, 1);
    }
    return sp_str_skip(path, sp_str_find(path, '/'));
}

static void add_without_authority(struct sp_path_readings *readings, struct sp_str path)
{
    struct sp_str rest = skip_authority(path);
    if (rest.len > 0) {
        add_reading(readings, rest);
        readings->is_unclear = readings->is_unclear || !sp_path_is_plain(rest, sp_path_marks(rest));
    }
}

void sp_path_readings_make(struct sp_str path, struct sp_path_readings *out)
{
    out->is_unclear = is_unclear(path);
    out->items_n = 0;
    out->used_len = 0;
    add_without_authority(out, path);
    add_with_cleaned(out, path);
    for (unsigned times = 1; times <= 2; times++) {
        path = rewrite(out, sp_path_decode, path);
        add_with_cleaned(out, path);
        size_t end = find_end(path);
        if (end < path.len) {
            add_with_cleaned(out, (struct sp_str){path.ptr, end});
        }
    }
}
