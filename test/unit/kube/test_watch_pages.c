/* SPDX-License-Identifier: Apache-2.0 */

/* The watch of kube/watch.h with servers that list in pages. */

#include "watch_world.h"

SP_TEST(older_servers_are_asked_for_pages_and_then_for_changes)
{
    WORLD world = world_paging();
    end(world, SP_OK, 200, PAGE(",\"continue\":\"a/b+c=\"", "{\"metadata\":{\"name\":\"a\"}}"));
    check_asks_after(world, 0, PATH "?limit=100&continue=a%2Fb%2Bc%3D");
    check_seen(world, "[+a");
    end(world, SP_OK, 200, PAGE(",\"continue\":\"\"", "{\"metadata\":{\"name\":\"b\"}}"));
    check_seen(world, "+b]");
    ck_assert(world->watch.is_complete);
    check_asks_after(world, 0, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=80&");
    ck_assert(take(world, EVENT("DELETED", "a", "81")));
    check_seen(world, "-a");
}
SP_TEST_END

SP_TEST(a_page_that_is_too_long_is_asked_for_by_halves)
{
    WORLD world = world_paging();
    static const char *const halves[] = {"50", "25", "12", "6", "3", "1"};
    for (size_t i = 0; i < sizeof halves / sizeof halves[0]; i++) {
        char target[128];
        snprintf(target, sizeof target, PATH "?limit=%s", halves[i]);
        end(world, SP_ERR_LIMIT, 200, "");
        check_asks_after(world, 0, target);
    }
    end(world, SP_ERR_LIMIT, 200, "");
    check_failed(world, SP_WATCH_TOO_LARGE, "one object of clusterroles is longer than 4194304 bytes");
    check_asks_after(world, 1000, ASK_LIST);
}
SP_TEST_END

SP_TEST(a_page_whose_mark_is_too_old_begins_the_list_again)
{
    WORLD world = world_paging();
    end(world, SP_OK, 200, PAGE(",\"continue\":\"x\"", "{\"metadata\":{\"name\":\"a\"}}"));
    check_asks_after(world, 0, PATH "?limit=100&continue=x");
    end(world, SP_OK, 410, "{\"code\":410}");
    check_failed(world, SP_WATCH_EXPIRED, "410");
    check_asks_after(world, 1000, ASK_LIST);
    check_seen(world, "[+a[");
}
SP_TEST_END

SP_TEST(the_mark_of_the_next_page_has_a_limit)
{
    static char mark[SP_WATCH_CONTINUE_MAX + 2];
    static char page[SP_WATCH_CONTINUE_MAX + 256];
    memset(mark, 'm', SP_WATCH_CONTINUE_MAX);
    WORLD fits = world_paging();
    snprintf(page, sizeof page, PAGE(",\"continue\":\"%s\"", "{\"metadata\":{\"name\":\"a\"}}"), mark);
    end(fits, SP_OK, 200, page);
    check_asks_after(fits, 0, PATH "?limit=100&continue=mmm");
    ck_assert_int_eq(sp_buf_error(&fits->target), SP_OK);
    mark[SP_WATCH_CONTINUE_MAX] = 'm';
    WORLD over = world_paging();
    snprintf(page, sizeof page, PAGE(",\"continue\":\"%s\"", "{\"metadata\":{\"name\":\"a\"}}"), mark);
    end(over, SP_OK, 200, page);
    check_failed(over, SP_WATCH_TOO_LARGE, "4096 bytes");
}
SP_TEST_END

SP_TEST(what_is_no_page_is_refused)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{",
        "{\"metadata\":{\"resourceVersion\":\"80\"}}",
        "{\"metadata\":{\"resourceVersion\":\"80\"},\"items\":{}}",
        "{\"metadata\":{},\"items\":[]}",
        "{\"items\":[]}",
        PAGE(",\"continue\":\"x\"", ""), /* requested further, such pages would never end */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        WORLD world = world_paging();
        end(world, SP_OK, 200, bodies[i]);
        ck_assert_msg(world->watch.cause == SP_WATCH_MALFORMED, "%s: %s", bodies[i],
                      sp_watch_cause_name(world->watch.cause));
        ck_assert(!world->watch.is_complete);
        check_asks_after(world, 1000, ASK_LIST);
    }
}
SP_TEST_END

SP_TEST(an_object_without_a_name_does_not_spoil_a_page)
{
    WORLD world = world_paging();
    end(world, SP_OK, 200, PAGE("", "{},7,null,{\"metadata\":{\"name\":\"a\"}}"));
    ck_assert(world->watch.is_complete);
    check_seen(world, "[+?+?+?+a]");
}
SP_TEST_END

SP_TEST(ac_61_pages_that_never_end_are_left)
{
    WORLD world = world_paging();
    world->now_ms = START_MS + SP_WATCH_LIST_MAX_MS - 1;
    end(world, SP_OK, 200, PAGE(",\"continue\":\"x\"", "{\"metadata\":{\"name\":\"a\"}}"));
    ck_assert_int_eq(world->watch.cause, SP_WATCH_NO_FAILURE);
    check_asks_after(world, 0, PATH "?limit=100&continue=x");
    world->now_ms += 1;
    end(world, SP_OK, 200, PAGE(",\"continue\":\"x\"", "{\"metadata\":{\"name\":\"a\"}}"));
    check_failed(world, SP_WATCH_ENDLESS, "300 s");
    check_asks_after(world, 1000, ASK_LIST);
}
SP_TEST_END

SP_SUITE("kube/watch_pages", older_servers_are_asked_for_pages_and_then_for_changes,
         a_page_that_is_too_long_is_asked_for_by_halves, a_page_whose_mark_is_too_old_begins_the_list_again,
         the_mark_of_the_next_page_has_a_limit, what_is_no_page_is_refused,
         an_object_without_a_name_does_not_spoil_a_page, ac_61_pages_that_never_end_are_left)
