/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_readings.h"

#include "material.h"
#include "path_text.h"

SP_TEST(readings_that_are_the_same_are_one)
{
    static struct sp_path_readings readings;
    sp_path_readings_make(SP_STR("/%61/b"), &readings);
    ck_assert_uint_eq(readings.items_n, 2);
    ck_assert_str_view(readings.items[0], "/%61/b");
    ck_assert_str_view(readings.items[1], "/a/b");
    sp_path_readings_make(SP_STR("/caf%C3%A9"), &readings);
    ck_assert_uint_eq(readings.items_n, 2);
}
SP_TEST_END

/* ---- what programs make of a path ---- */

enum habit {
    HABIT_DROPS_PARAMETERS = 1 << 0,
    HABIT_BACKSLASH_IS_SLASH = 1 << 1,
    HABIT_KEEPS_EMPTY_SEGMENTS = 1 << 2, /* RFC 3986, section 5.2.4 */
    HABITS_N = 1 << 3,
};

static size_t segment_len(struct sp_str text, unsigned habits)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] != '/' &&
           ((habits & HABIT_BACKSLASH_IS_SLASH) == 0 || text.ptr[len] != '\\')) {
        len++;
    }
    return len;
}

/* As a program of these habits follows the dots of a path. */
static struct text followed(const struct text *path, unsigned habits)
{
    struct sp_str kept[64];
    size_t n = 0;
    struct sp_str rest = sp_str_skip(view(path), 1);
    for (bool is_last = false; !is_last;) {
        size_t len = segment_len(rest, habits);
        struct sp_str segment = {rest.ptr, len};
        is_last = len == rest.len;
        rest = sp_str_skip(rest, len + 1);
        segment.len = (habits & HABIT_DROPS_PARAMETERS) != 0 ? sp_str_find(segment, ';') : len;
        if (sp_str_equal(segment, SP_STR(".."))) {
            n -= n > 0;
        } else if (!sp_str_equal(segment, SP_STR(".")) &&
                   (segment.len > 0 || (habits & HABIT_KEEPS_EMPTY_SEGMENTS) != 0)) {
            kept[n++] = segment;
        }
    }
    struct text out = {.len = 0};
    for (size_t i = 0; i < n; i++) {
        out.ptr[out.len++] = '/';
        memcpy(out.ptr + out.len, kept[i].ptr, kept[i].len);
        out.len += kept[i].len;
    }
    return out;
}

/* Whether some program that decodes at most so many times, and follows dots before and after, ends below `top`. */
static bool some_program_reaches(struct sp_str top, const struct text *path, unsigned decodings)
{
    if (sp_path_has_prefix(view(path), top)) {
        return true;
    }
    struct text next = decoded(path);
    if (decodings > 0 && !sp_str_equal(view(&next), view(path)) &&
        some_program_reaches(top, &next, decodings - 1)) {
        return true;
    }
    for (unsigned habits = 0; habits < HABITS_N; habits++) {
        struct text to = followed(path, habits);
        if (to.len > 0 && !sp_str_equal(view(&to), view(path)) && some_program_reaches(top, &to, decodings)) {
            return true;
        }
    }
    return false;
}

static bool some_reading_reaches(struct sp_str top, struct sp_str path)
{
    static struct sp_path_readings readings;
    sp_path_readings_make(path, &readings);
    bool reaches = readings.is_unclear;
    for (size_t i = 0; i < readings.items_n; i++) {
        reaches = reaches || sp_path_has_prefix(readings.items[i], top);
    }
    return reaches;
}

SP_TEST(ac_08_what_any_program_reads_is_among_the_readings)
{
    static const char *const pieces[] = {
        "/a",    "/b",  "/",  "/..",   "/..",        "/a",     ";",   "%2F",
        "%2F..", "%5C", "\\", "%252F", "%252e%252e", "%2e%2e", "%3B",
    };
    static const char *const tops[] = {"/a", "/b", "/a/b", "/b/a"};
    struct dice dice = {8};
    size_t reached_n = 0;
    for (size_t i = 0; i < 6000; i++) {
        char storage[64];
        struct text path = text_of(
            dice_compose(&dice, pieces, sizeof pieces / sizeof pieces[0], 7, storage, sizeof storage));
        struct sp_str top = sp_str_from_c(tops[i % (sizeof tops / sizeof tops[0])]);
        if (path.len == 0 || path.ptr[0] != '/' || !some_program_reaches(top, &path, 2)) {
            continue;
        }
        reached_n++;
        ck_assert_msg(some_reading_reaches(top, view(&path)), "%s: %.*s", top.ptr, SP_STR_ARGS(view(&path)));
    }
    ck_assert_uint_gt(reached_n, 200);
}
SP_TEST_END

SP_SUITE("path_readings", readings_that_are_the_same_are_one,
         ac_08_what_any_program_reads_is_among_the_readings)
