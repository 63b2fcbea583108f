/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_readings.h"

#include "material.h"
#include "readings_model.h"

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

/* ---- how programs interpret a path ---- */

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

/* How a program with these habits follows the dots of a path. */
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

static void add_followed(struct model_readings *readings, size_t from)
{
    for (unsigned habits = 0; habits < HABITS_N; habits++) {
        struct text to = followed(&readings->items[from].text, habits);
        model_add(readings, &to, readings->items[from].decodings);
    }
}

/* Whether some program that decodes at most twice, and follows dots at any point, ends up below `top`. */
static bool some_program_reaches(struct sp_str top, const struct text *path)
{
    static struct model_readings readings;
    model_read(&readings, path, NULL, add_followed);
    bool reaches = false;
    for (size_t i = 0; i < readings.n; i++) {
        reaches = reaches || sp_path_has_prefix(view(&readings.items[i].text), top);
    }
    return reaches;
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

/* For `paths_n` paths of up to `pieces_max` pieces: whatever a program reaches, one of the readings
 * reaches. */
static void assert_readings_hold_what_programs_reach(const char *const *pieces, size_t pieces_n,
                                                     size_t pieces_max, size_t paths_n, struct dice dice)
{
    static const char *const tops[] = {"/a", "/b", "/a/b", "/b/a"};
    size_t reached_n = 0;
    for (size_t i = 0; i < paths_n; i++) {
        char storage[128];
        struct text path =
            text_of(dice_compose(&dice, pieces, pieces_n, pieces_max, storage, sizeof storage));
        struct sp_str top = sp_str_from_c(tops[i % (sizeof tops / sizeof tops[0])]);
        if (path.len == 0 || path.ptr[0] != '/' || !some_program_reaches(top, &path)) {
            continue;
        }
        reached_n++;
        ck_assert_msg(some_reading_reaches(top, view(&path)), "%s: %.*s", top.ptr, SP_STR_ARGS(view(&path)));
    }
    ck_assert_uint_gt(reached_n, 200);
}

SP_TEST(ac_08_what_any_program_reads_is_among_the_readings)
{
    static const char *const pieces[] = {
        "/a",    "/b",  "/",  "/..",   "/..",        "/a",     ";",   "%2F",
        "%2F..", "%5C", "\\", "%252F", "%252e%252e", "%2e%2e", "%3B",
    };
    assert_readings_hold_what_programs_reach(pieces, sizeof pieces / sizeof pieces[0], 7, 6000,
                                             (struct dice){8});
}
SP_TEST_END

/* The same for what programs remove, cut off, and read as another character. */
SP_TEST(ac_89_what_any_program_makes_of_odd_bytes_is_among_the_readings)
{
    static const char *const pieces[] = {
        "/a",        "/b",        "/",         "/..",    "/.",     "a",     "%2F",       ";",
        ".",         "%2E",       "%20",       ":",      "%3A",    "%09",   "%0D",       "%01",
        "%00",       "%3F",       "%FF",       "%C0%AE", "%C0%AF", "%C0n",  "%E2%80%A5", "%EF%BC%8E",
        "%EF%BC%8F", "%EF%BC%BC", "%EF%BC%9B", "%2520",  "%252E",  "%2509", "%25FF",     "%ED%A0%BC%ED%B4%80",
        "%C2%85",
    };
    assert_readings_hold_what_programs_reach(pieces, sizeof pieces / sizeof pieces[0], 6, 15000,
                                             (struct dice){89});
}
SP_TEST_END

/* So the path of all common requests needs no other reading. */
SP_TEST(ac_89_a_canonical_path_is_the_same_to_all_programs_once_it_is_decoded)
{
    static const char *const pieces[] = {
        "/a",  "/b",        "/",         ".",   "..a", "%20", "%20x",         "%C3%BC",
        "%40", "%E2%82%AC", "/.a",       "a.b", "-",   "%5B", "%F0%9F%98%80", "%C2%A0",
        "@",   ":",         "%E2%80%A6", ";",   "%FF", "%2F",
    };
    static struct model_readings readings;
    struct dice dice = {90};
    size_t canonical_n = 0;
    for (size_t i = 0; i < 20000; i++) {
        char storage[128] = "/";
        struct sp_str tail =
            dice_compose(&dice, pieces, sizeof pieces / sizeof pieces[0], 5, storage + 1, sizeof storage - 1);
        struct text path = text_of((struct sp_str){storage, tail.len + 1});
        if (sp_path_marks(view(&path)) != 0) {
            continue;
        }
        struct text once = decoded(&path);
        model_read(&readings, &path, NULL, NULL);
        for (size_t k = 0; k < readings.n; k++) {
            struct sp_str reading = view(&readings.items[k].text);
            ck_assert_msg(sp_str_equal(reading, view(&path)) || sp_str_equal(reading, view(&once)),
                          "%.*s is also %.*s", SP_STR_ARGS(view(&path)), SP_STR_ARGS(reading));
        }
        canonical_n++;
    }
    ck_assert_uint_gt(canonical_n, 1000);
}
SP_TEST_END

SP_TEST(ac_89_there_is_room_for_so_many_readings_and_with_one_more_all_is_closed)
{
    static struct sp_path_readings readings;
    sp_path_readings_make(SP_STR("/wiki/File:_So%E2%80%A6_Inc."), &readings);
    ck_assert(!readings.is_unclear);
    ck_assert_uint_le(readings.items_n, 12);
    sp_path_readings_make(SP_STR("/a%FFb/c:d/e./f%E2%80%A6g;h//i%2Fj%3Fk"), &readings);
    ck_assert(readings.is_unclear);
    ck_assert_uint_eq(readings.items_n, SP_PATH_READINGS_MAX_N);
}
SP_TEST_END

SP_SUITE("path_readings", readings_that_are_the_same_are_one,
         ac_08_what_any_program_reads_is_among_the_readings,
         ac_89_what_any_program_makes_of_odd_bytes_is_among_the_readings,
         ac_89_a_canonical_path_is_the_same_to_all_programs_once_it_is_decoded,
         ac_89_there_is_room_for_so_many_readings_and_with_one_more_all_is_closed)
