/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path_glob.h"

#include "http/path.h"

#include <assert.h>
#include <stdint.h>

/*
 * Only the last `**` and the last `*` after it are worth backtracking to: if an earlier wildcard took more,
 * less would remain for what follows. Position 0 in the glob means "none yet", because what follows a
 * wildcard is never at 0.
 */
struct walk {
    struct sp_str glob;
    struct sp_str path;
    size_t g;        /* next byte of the glob */
    size_t p;        /* next byte of the path */
    size_t across_g; /* position after the last `**` */
    size_t across_p; /* where the match of that `**` ends for now */
    size_t within_g; /* position after the last `*` that follows it */
    size_t within_p;
    size_t first_g;     /* position after the first `*` that follows it */
    size_t first_p;     /* where the match of that `*` begins */
    bool may_get_slash; /* a slash may follow the path */
    bool is_of_url;     /* a final slash and `**` must match at least the slash */
};

static size_t find_segment_end(struct sp_str path, size_t from)
{
    while (from < path.len && path.ptr[from] != '/') {
        from++;
    }
    return from;
}

static bool is_at_wildcard(const struct walk *walk)
{
    return walk->g < walk->glob.len && walk->glob.ptr[walk->g] == '*';
}

/* Enters the wildcard. True if it is the last of the glob and matches everything that is left. */
static bool enter_wildcard(struct walk *walk)
{
    bool is_across = walk->g + 1 < walk->glob.len && walk->glob.ptr[walk->g + 1] == '*';
    walk->g++;
    if (is_across) {
        while (is_at_wildcard(walk)) {
            walk->g++;
        }
        walk->across_g = walk->g;
        walk->across_p = walk->p;
        walk->within_g = 0;
    } else {
        if (walk->within_g == 0) {
            walk->first_g = walk->g;
            walk->first_p = walk->p;
        }
        walk->within_g = walk->g;
        walk->within_p = walk->p;
    }
    return walk->g == walk->glob.len &&
           (is_across || find_segment_end(walk->path, walk->p) == walk->path.len);
}

/* Called after a mismatch, so before the end of the path. Extends the last wildcard that can match more. */
static bool retry(struct walk *walk)
{
    assert(walk->p < walk->path.len && (walk->within_g == 0 || walk->within_p <= walk->p));
    if (walk->within_g != 0 && walk->path.ptr[walk->within_p] != '/') {
        walk->within_p++;
        walk->p = walk->within_p;
        walk->g = walk->within_g;
        return true;
    }
    if (walk->across_g == 0) {
        return false;
    }

    /*
     * Where the `**` should end next. If a `*` after it found no match up to the end of its segment, it would
     * find none from any other place of this segment. Trying them all would be quadratic.
     */
    size_t next = walk->across_p + 1;
    if (walk->within_g != 0) {
        size_t literal_len = walk->first_g - 1 - walk->across_g;
        next = find_segment_end(walk->path, walk->first_p) + 1 - literal_len;
    }
    walk->across_p = next;
    walk->within_g = 0;
    walk->p = next;
    walk->g = walk->across_g;
    return true;
}

static bool takes_none(const struct walk *walk, struct sp_str rest)
{
    return rest.len == 0 || (!walk->is_of_url && sp_str_equal(rest, SP_STR("/**")));
}

/*
 * Called at the end of the path. True if the rest of the glob can match nothing, or the slash that may
 * follow. If it cannot, backtracking is useless: wherever the wildcards end, the glob needs more bytes than
 * are left.
 */
static bool end_path(const struct walk *walk, size_t *tail)
{
    struct sp_str rest = sp_str_skip(walk->glob, walk->g);
    if (!takes_none(walk, rest)) {
        size_t n = 1;
        while (n < rest.len && rest.ptr[n] == '*') {
            n++;
        }
        if (!walk->may_get_slash || rest.ptr[0] != '/' || !takes_none(walk, sp_str_skip(rest, n))) {
            return false;
        }
    }
    *tail = walk->path.len;
    return true;
}

static bool take_walk(struct walk walk, size_t *tail)
{
    assert(walk.glob.len > 0);
    for (;;) {
        if (is_at_wildcard(&walk)) {
            if (enter_wildcard(&walk)) {
                *tail = walk.p;
                return true;
            }
        } else if (walk.p == walk.path.len) {
            return end_path(&walk, tail);
        } else if (walk.g < walk.glob.len && walk.glob.ptr[walk.g] == walk.path.ptr[walk.p]) {
            walk.g++;
            walk.p++;
        } else if (!retry(&walk)) {
            return false;
        }
    }
}

bool sp_path_glob_match(struct sp_str glob, struct sp_str path, size_t *tail)
{
    return take_walk((struct walk){.glob = glob, .path = path}, tail);
}

bool sp_path_glob_match_url(struct sp_str glob, struct sp_str url, size_t *tail)
{
    return glob.len > 0 && take_walk((struct walk){.glob = glob, .path = url, .is_of_url = true}, tail);
}

bool sp_path_glob_match_to_close(struct sp_str glob, struct sp_str path)
{
    size_t tail;
    struct sp_str without = sp_path_drop_final_slash(path);
    return take_walk((struct walk){.glob = glob, .path = without, .may_get_slash = path.len > 1}, &tail);
}
