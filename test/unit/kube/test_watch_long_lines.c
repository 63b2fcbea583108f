/* SPDX-License-Identifier: Apache-2.0 */

/* Lines that are too long for the watch of kube/watch.h. */

#include "watch_world.h"

static void check_line(size_t len, enum sp_watch_cause cause)
{
    static const char head[] =
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"big\",\"resourceVersion\":\"9\"},\"x\":\"";
    static const char tail[] = "\"}}";
    WORLD world = world_watching();
    ck_assert(take(world, "{\"type\":\"BOOKMARK\",\"object\":")); /* a line before it, in two pieces */
    ck_assert(take(world, "{\"metadata\":{\"resourceVersion\":\"70\"}}}\n"));
    char *line = malloc(len + 1);
    memset(line, 'x', len);
    memcpy(line, head, sizeof head - 1);
    memcpy(line + len - (sizeof tail - 1), tail, sizeof tail - 1);
    line[len] = '\n';
    bool is_wanted = true;
    for (size_t at = 0; at < len + 1 && is_wanted; at += 16384) {
        size_t left = len + 1 - at;
        is_wanted = sp_watch_take(&world->watch, (struct sp_str){line + at, left < 16384 ? left : 16384},
                                  world->now_ms);
    }
    free(line);
    ck_assert_int_eq(world->watch.cause, cause);
    if (cause == SP_WATCH_NO_FAILURE) {
        check_seen(world, "+big");
        ck_assert_uint_eq(world->watch.line.cap, 0);
    } else {
        check_failed(world, cause, "longer than 4194304 bytes; it begins {\"type\":\"ADDED\"");
        check_failed(world, cause, "big");
        ck_assert_uint_eq(strlen(strstr(world->watch.detail.text, "{\"type")), 160);
        end(world, SP_ERR_LIMIT, 200, "");
        ck_assert_uint_eq(world->watch.line.cap, 0);
    }
}

SP_TEST(ac_61_a_line_has_a_limit)
{
    check_line(SP_WATCH_TEXT_MAX, SP_WATCH_NO_FAILURE);
    check_line(SP_WATCH_TEXT_MAX + 1, SP_WATCH_TOO_LARGE);
}
SP_TEST_END

/* A line that is too long, in pieces and without its end. */
static bool take_too_long(struct world *world, const char *begin)
{
    static char filler[16384];
    bool is_wanted = take(world, begin);
    memset(filler, 'x', sizeof filler);
    for (size_t len = 0; len <= SP_WATCH_TEXT_MAX && is_wanted; len += sizeof filler) {
        is_wanted = sp_watch_take(&world->watch, (struct sp_str){filler, sizeof filler}, world->now_ms);
    }
    return is_wanted;
}

SP_TEST(an_object_of_a_list_that_is_too_long_is_skipped)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(take(world, EVENT("ADDED", "a", "1")));
    ck_assert(
        take_too_long(world, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"big\",\"x\":\""));
    ck_assert_uint_eq(world->watch.line.cap, 0);
    world->now_ms += 1000;
    ck_assert(take(world, "\"}}}\n" EVENT("ADDED", "b", "2") LIST_END));
    check_seen(world, "[+a!+b]");
    ck_assert_int_eq(world->watch.heard_ms, world->now_ms);
    ck_assert(take(world, EVENT("MODIFIED", "a", "71")));
    check_seen(world, "+a");
}
SP_TEST_END

SP_TEST(a_change_that_is_too_long_is_not_skipped)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(
        !take_too_long(world, "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"x\":\""));
    check_seen(world, "[");
    check_failed(world, SP_WATCH_TOO_LARGE, "longer than 4194304 bytes");
}
SP_TEST_END

SP_TEST(a_list_that_ends_within_what_is_skipped_begins_anew)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(take_too_long(world, "{\"type\":\"ADDED\",\"object\":{\"x\":\""));
    end(world, SP_OK, 200, "");
    check_failed(world, SP_WATCH_ENDED, "before it was complete");
    world->now_ms = sp_watch_due_ms(&world->watch);
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(take(world, EVENT("ADDED", "a", "1") LIST_END));
    check_seen(world, "[![+a]");
}
SP_TEST_END

SP_SUITE("kube/watch_long_lines", ac_61_a_line_has_a_limit, an_object_of_a_list_that_is_too_long_is_skipped,
         a_change_that_is_too_long_is_not_skipped, a_list_that_ends_within_what_is_skipped_begins_anew)
