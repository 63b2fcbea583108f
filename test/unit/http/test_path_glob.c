/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path_glob.h"

#include "../dice.h"
#include "../suite.h"

#define NO_TAIL SIZE_MAX

static void assert_match(const char *glob, const char *path, size_t expected)
{
    size_t tail = NO_TAIL;
    bool matches = sp_path_glob_match(sp_str_from_c(glob), sp_str_from_c(path), &tail);
    ck_assert_msg(matches == (expected != NO_TAIL) && tail == expected, "%s on %s: %d, tail %zu", glob, path,
                  matches, tail);
}

SP_TEST(without_a_wildcard_only_the_path_itself_matches)
{
    assert_match("/a/b", "/a/b", 4);
    assert_match("/a/b", "/a/bc", NO_TAIL);
    assert_match("/a/b", "/a", NO_TAIL);
    assert_match("/a/b", "/a/b/", NO_TAIL);
    assert_match("/", "/", 1);
    assert_match("/", "/a", NO_TAIL);
}
SP_TEST_END

SP_TEST(one_star_stays_within_its_segment)
{
    assert_match("/reports/*/summary", "/reports/2026/summary", 21);
    assert_match("/reports/*/summary", "/reports//summary", 17);
    assert_match("/reports/*/summary", "/reports/2026/11/summary", NO_TAIL);
    assert_match("/reports/*/summary", "/reports/2026/summary/", NO_TAIL);
    assert_match("/a*b*c", "/axbxbxc", 8);
    assert_match("/a*b*c", "/ab/c", NO_TAIL);
    assert_match("/*.css", "/a.css.css", 10);
    assert_match("/*.css", "/a/b.css", NO_TAIL);
}
SP_TEST_END

SP_TEST(two_stars_cross_segments)
{
    assert_match("/**/summary", "/a/b/summary", 12);
    assert_match("/**/summary", "/summary", NO_TAIL);
    assert_match("/a/**/b/*/c", "/a/x/b/y/z/b/w/c", 16);
    assert_match("/**.css", "/a/b/c.css", 10);
    assert_match("/a/***", "/a/b/c", 3);
}
SP_TEST_END

SP_TEST(a_trailing_wildcard_tells_what_it_covers)
{
    assert_match("/a/*", "/a/bc", 3);
    assert_match("/a/*", "/a/", 3);
    assert_match("/a/*", "/a", NO_TAIL);
    assert_match("/a/*", "/a/b/c", NO_TAIL);
    assert_match("/a/b*", "/a/bcd", 4);
    assert_match("/*/x*", "/x/xx", 4);
    assert_match("/**", "/", 1);
    assert_match("/**/x*", "/x/x/xyz", 6);
}
SP_TEST_END

SP_TEST(two_stars_as_the_last_part_also_take_none)
{
    assert_match("/a/**", "/a", 2);
    assert_match("/a/**", "/a/", 3);
    assert_match("/a/**", "/ab", NO_TAIL);
    assert_match("/*/**", "/ab", 3);
    assert_match("/a**", "/a", 2);
    assert_match("/**/b/**", "/x/b", 4);
}
SP_TEST_END

SP_TEST(a_glob_over_urls_is_anchored_and_may_begin_with_a_wildcard)
{
    static const struct {
        const char *glob;
        const char *url;
        size_t tail;
    } cases[] = {
        {"/a/**", "/a", NO_TAIL},
        {"/a/**", "/a/", 3},
        {"/a/**", "/a/b/c", 3},
        {"**", "https://a.example.com/x", 0},
        {"*", "https://a.example.com/x", NO_TAIL},
        {"*", "x", 0},
        {"https://*.example.com/**", "https://a.example.com/x/y", 22},
        {"https://*.example.com/**", "https://a/b.example.com/x", NO_TAIL},
        {"*://a/x", "http://a/x", 10},
        {"*/x", "/x", 2},
        {"**/b/**", "/a/b/c/b/d", 5},
        {"", "", NO_TAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t tail = NO_TAIL;
        bool matches =
            sp_path_glob_match_url(sp_str_from_c(cases[i].glob), sp_str_from_c(cases[i].url), &tail);
        ck_assert_msg(matches == (cases[i].tail != NO_TAIL) && tail == cases[i].tail,
                      "%s on %s: %d, tail %zu", cases[i].glob, cases[i].url, matches, tail);
    }
}
SP_TEST_END

SP_TEST(nothing_behind_the_end_of_a_view_is_read)
{
    size_t tail = NO_TAIL;
    ck_assert(!sp_path_glob_match((struct sp_str){"/a*****", 3}, (struct sp_str){"/a/bc", 4}, &tail));
    ck_assert(!sp_path_glob_match(SP_STR("/a*c"), (struct sp_str){"/abc", 3}, &tail));
    ck_assert(!sp_path_glob_match((struct sp_str){"/ab", 2}, SP_STR("/ab"), &tail));
    ck_assert_uint_eq(tail, NO_TAIL);
    ck_assert(sp_path_glob_match((struct sp_str){"/a*", 2}, SP_STR("/a"), &tail));
    ck_assert(sp_path_glob_match((struct sp_str){"/a*b", 3}, (struct sp_str){"/abc/d", 4}, &tail));
    ck_assert_uint_eq(tail, 2);
}
SP_TEST_END

/* ---- a slow, obvious model ---- */

static bool model_is_across(struct sp_str glob)
{
    return glob.len >= 2 && glob.ptr[0] == '*' && glob.ptr[1] == '*';
}

static struct sp_str model_skip_stars(struct sp_str glob)
{
    size_t n = 0;
    while (n < glob.len && glob.ptr[n] == '*') {
        n++;
    }
    return sp_str_skip(glob, n);
}

static bool model_match(struct sp_str glob, struct sp_str path)
{
    if (glob.len == 0) {
        return path.len == 0;
    }
    if (glob.ptr[0] != '*') {
        return path.len > 0 && path.ptr[0] == glob.ptr[0] &&
               model_match(sp_str_skip(glob, 1), sp_str_skip(path, 1));
    }
    struct sp_str rest = model_skip_stars(glob);
    for (size_t n = 0; n <= path.len; n++) {
        if (n > 0 && path.ptr[n - 1] == '/' && !model_is_across(glob)) {
            return false;
        }
        if (model_match(rest, sp_str_skip(path, n))) {
            return true;
        }
    }
    return false;
}

static size_t model_tail(struct sp_str glob, struct sp_str path)
{
    struct sp_str head = glob;
    while (head.len > 0 && head.ptr[head.len - 1] == '*') {
        head.len--;
    }
    struct sp_str wildcard = sp_str_skip(glob, head.len);
    for (size_t cut = 0; cut <= path.len && wildcard.len > 0; cut++) {
        if (model_match(head, (struct sp_str){path.ptr, cut}) &&
            model_match(wildcard, sp_str_skip(path, cut))) {
            return cut;
        }
    }
    bool takes_none = sp_str_ends_with(glob, SP_STR("/**"));
    struct sp_str without = {glob.ptr, takes_none ? glob.len - 3 : glob.len};
    return model_match(without, path) ? path.len : NO_TAIL;
}

struct pair {
    char glob_text[64];
    char path_text[64];
    struct sp_str glob;
    struct sp_str path;
};

/* A glob of up to 7 of 9 pieces, and a path of up to 8 of 6, each after a slash. */
static void roll_pair(struct dice *dice, const char *const glob_pieces[9], const char *const path_pieces[6],
                      struct pair *out)
{
    out->glob_text[0] = '/';
    out->path_text[0] = '/';
    struct sp_str glob = dice_compose(dice, glob_pieces, 9, 7, out->glob_text + 1, 63);
    struct sp_str path = dice_compose(dice, path_pieces, 6, 8, out->path_text + 1, 63);
    out->glob = (struct sp_str){out->glob_text, glob.len + 1};
    out->path = (struct sp_str){out->path_text, path.len + 1};
}

SP_TEST(random_globs_match_like_the_model)
{
    static const char *const glob_pieces[] = {"/", "a", "b", "*", "**", "/*", "/**", "a*", "ab"};
    static const char *const path_pieces[] = {"/", "a", "b", "/a", "ab", "aab"};
    struct dice dice = {20261124};
    size_t matches_n = 0;
    for (size_t i = 0; i < 100000; i++) {
        struct pair pair;
        roll_pair(&dice, glob_pieces, path_pieces, &pair);
        size_t expected = model_tail(pair.glob, pair.path);
        size_t tail = NO_TAIL;
        bool matches = sp_path_glob_match(pair.glob, pair.path, &tail);
        ck_assert_msg(matches == (expected != NO_TAIL) && tail == expected,
                      "%.*s on %.*s: %d, tail %zu instead of %zu", SP_STR_ARGS(pair.glob),
                      SP_STR_ARGS(pair.path), matches, tail, expected);
        matches_n += matches;
    }
    ck_assert_uint_gt(matches_n, 10000);
}
SP_TEST_END

/* The glob on the path with and without a trailing slash. A path of slashes only has one form. */
static bool model_match_to_close(struct sp_str glob, struct sp_str path)
{
    char text[72];
    size_t tail;
    size_t len = path.len - (path.len > 1 && path.ptr[path.len - 1] == '/');
    memcpy(text, path.ptr, len);
    text[len] = '/';
    return sp_path_glob_match(glob, (struct sp_str){text, len}, &tail) ||
           (path.len > 1 && sp_path_glob_match(glob, (struct sp_str){text, len + 1}, &tail));
}

SP_TEST(ac_83_random_globs_that_close_take_a_final_slash_for_none)
{
    static const char *const glob_pieces[] = {"/", "a", "b", "*", "**", "/*", "/**", "a*", "*/"};
    static const char *const path_pieces[] = {"/", "a", "b", "/a", "ab", "/"};
    struct dice dice = {83};
    size_t more_n = 0;
    for (size_t i = 0; i < 100000; i++) {
        struct pair pair;
        roll_pair(&dice, glob_pieces, path_pieces, &pair);
        bool matches = sp_path_glob_match_to_close(pair.glob, pair.path);
        size_t tail;
        ck_assert_msg(matches == model_match_to_close(pair.glob, pair.path), "%.*s on %.*s: %d",
                      SP_STR_ARGS(pair.glob), SP_STR_ARGS(pair.path), matches);
        more_n += matches && !sp_path_glob_match(pair.glob, pair.path, &tail);
    }
    ck_assert_uint_gt(more_n, 1000);
}
SP_TEST_END

/* Quadratic matching would take minutes here, not milliseconds. */
SP_TEST(a_long_path_takes_no_quadratic_time)
{
    static char path_text[1 << 20];
    memset(path_text, 'a', sizeof path_text);
    path_text[0] = '/';
    struct sp_str path = {path_text, sizeof path_text};
    static const char *const globs[] = {"/**a*b", "/**a**b", "/*a*a*a*b", "/**a*a*b/*", "/**a*a**a*a*b"};
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++) {
        size_t tail;
        ck_assert(!sp_path_glob_match(sp_str_from_c(globs[i]), path, &tail));
    }
    for (size_t at = 1; at < sizeof path_text; at += 64) {
        path_text[at] = '/';
    }
    for (size_t i = 0; i < sizeof globs / sizeof globs[0]; i++) {
        size_t tail;
        ck_assert(!sp_path_glob_match(sp_str_from_c(globs[i]), path, &tail));
    }
}
SP_TEST_END

SP_SUITE("path_glob", without_a_wildcard_only_the_path_itself_matches, one_star_stays_within_its_segment,
         two_stars_cross_segments, a_trailing_wildcard_tells_what_it_covers,
         two_stars_as_the_last_part_also_take_none,
         a_glob_over_urls_is_anchored_and_may_begin_with_a_wildcard, nothing_behind_the_end_of_a_view_is_read,
         random_globs_match_like_the_model, ac_83_random_globs_that_close_take_a_final_slash_for_none,
         a_long_path_takes_no_quadratic_time)
