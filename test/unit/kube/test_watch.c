/* SPDX-License-Identifier: Apache-2.0 */

#include "watch_world.h"

/* ---- the list and its changes ---------------------------------------------------------------------- */

SP_TEST(one_answer_is_the_list_and_then_its_changes)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST "&timeoutSeconds=300");
    ck_assert(take(world, EVENT("ADDED", "a", "9") EVENT("ADDED", "b", "3")));
    ck_assert(!world->watch.is_complete);
    check_seen(world, "[+a+b");
    ck_assert(take(world, LIST_END));
    ck_assert(world->watch.is_complete);
    check_seen(world, "]");
    ck_assert(
        take(world, EVENT("MODIFIED", "a", "71") EVENT("DELETED", "b", "72") EVENT("ADDED", "c", "73")));
    check_seen(world, "+a-b+c");
    world->now_ms += SP_WATCH_STEADY_MS;
    end(world, SP_OK, 200, "");
    ck_assert_int_eq(world->watch.cause, SP_WATCH_NO_FAILURE);
    check_asks_after(world, 0,
                     PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=73&timeoutSeconds=300");
}
SP_TEST_END

SP_TEST(only_the_annotated_bookmark_ends_the_list)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    static const char *const others[] = {
        BOOKMARK("60"),
        "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":{\"k8s.io/"
        "initial-events-end\":\"false\"}}}}\n",
        "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":{\"k8s.io/"
        "initial-events-end\":true}}}}\n",
        "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"annotations\":{\"initial-events-end\":\"true\"}}}"
        "}\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert(take(world, others[i]));
        ck_assert(!world->watch.is_complete);
    }
    check_seen(world, "[");
    ck_assert(take(world, LIST_END));
    check_seen(world, "]");
}
SP_TEST_END

SP_TEST(lines_may_be_cut_anywhere)
{
    static const char text[] = EVENT("ADDED", "a", "9") LIST_END EVENT("DELETED", "a", "71");
    for (size_t cut = 0; cut < sizeof text; cut++) {
        WORLD world = world_new();
        check_asks_after(world, 0, ASK_LIST);
        ck_assert(sp_watch_take(&world->watch, (struct sp_str){text, cut}, world->now_ms));
        ck_assert(take(world, text + cut));
        check_seen(world, "[+a]-a");
    }
}
SP_TEST_END

SP_TEST(a_bookmark_moves_the_version)
{
    WORLD world = world_watching();
    ck_assert(take(world, EVENT("ADDED", "a", "71") BOOKMARK("99")));
    world->now_ms += SP_WATCH_STEADY_MS;
    end(world, SP_OK, 200, "");
    check_asks_after(world, 0, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=99&");
}
SP_TEST_END

SP_TEST(the_time_that_an_answer_may_last_is_random_within_its_bounds)
{
    static const struct {
        uint32_t random;
        const char *target;
    } cases[] = {
        {0, ASK_LIST "&timeoutSeconds=300"},
        {300, ASK_LIST "&timeoutSeconds=600"},
        {301, ASK_LIST "&timeoutSeconds=300"},
        {UINT32_MAX, ASK_LIST "&timeoutSeconds="},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_new();
        world->random = cases[i].random;
        check_asks_after(world, 0, cases[i].target);
    }
}
SP_TEST_END

SP_TEST(a_line_cut_off_by_the_end_is_not_taken)
{
    WORLD world = world_watching();
    ck_assert(take(world, EVENT("ADDED", "a", "71") "{\"type\":\"DELETED\",\"obj"));
    end(world, SP_ERR_IO, 200, "");
    check_seen(world, "+a");
    check_failed(world, SP_WATCH_UNREACHABLE, "no route to it");
    check_asks_after(world, 1000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=71&");
    ck_assert(take(world, EVENT("DELETED", "a", "72")));
    check_seen(world, "-a");
}
SP_TEST_END

/* ---- failures -------------------------------------------------------------------------------------- */

SP_TEST(ac_61_an_expired_version_arrives_as_a_line_and_the_list_is_read_again)
{
    WORLD world = world_watching();
    ck_assert(!take(world, ERROR_LINE("410")));
    end(world, SP_ERR_LIMIT, 200, "");
    check_failed(world, SP_WATCH_EXPIRED, "410: so it is");
    check_asks_after(world, 1000, ASK_LIST);
    ck_assert(world->watch.is_complete);
    ck_assert(take(world, EVENT("ADDED", "a", "1") LIST_END));
    check_seen(world, "[+a]");
}
SP_TEST_END

SP_TEST(ac_61_an_error_of_another_code_is_told_and_the_list_is_read_again)
{
    static const char *const lines[] = {ERROR_LINE("504"), ERROR_LINE("\"410\""), ERROR_LINE("411"),
                                        ERROR_LINE("null")};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        WORLD world = world_watching();
        ck_assert(!take(world, lines[i]));
        end(world, SP_ERR_LIMIT, 200, "");
        check_failed(world, SP_WATCH_REFUSED,
                     i == 2   ? "code 411: so it is"
                     : i == 0 ? "code 504: so it is"
                              : "code 0: so it is");
        check_asks_after(world, 1000, ASK_LIST);
    }
}
SP_TEST_END

SP_TEST(ac_61_silence_of_90_seconds_is_the_end)
{
    WORLD world = world_watching();
    world->now_ms += 89000;
    ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
    ck_assert(take(world, BOOKMARK("99")));
    world->now_ms += 89999;
    ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
    ck_assert(take(world, "{\"type\":\"BOOK")); /* not a complete line yet */
    world->now_ms += 1;
    ck_assert_int_eq(tick(world), SP_WATCH_LEAVE);
    check_failed(world, SP_WATCH_SILENT, "90 s");
    check_asks_after(world, 1000, ASK_LIST);
}
SP_TEST_END

SP_TEST(ac_61_a_list_that_falls_silent_is_dead_after_90_seconds_too)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    world->now_ms += SP_WATCH_SILENCE_MS - 1;
    ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
    world->now_ms += 1;
    ck_assert_int_eq(tick(world), SP_WATCH_LEAVE);
    check_failed(world, SP_WATCH_SILENT, "90 s");
}
SP_TEST_END

SP_TEST(ac_61_a_version_that_the_server_has_not_reached_is_silence)
{
    WORLD world = world_watching();
    world->now_ms += SP_WATCH_STEADY_MS;
    end(world, SP_OK, 200, "");
    check_asks_after(world, 0, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=70&");
    world->now_ms += SP_WATCH_SILENCE_MS - 1;
    ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
    world->now_ms += 1;
    ck_assert_int_eq(tick(world), SP_WATCH_LEAVE);
    check_asks_after(world, 1000, ASK_LIST);
}
SP_TEST_END

SP_TEST(ac_61_a_list_that_never_ends_is_left)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    for (int i = 0; i < 4; i++) {
        world->now_ms += 70000;
        ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
        ck_assert(take(world, EVENT("ADDED", "a", "1")));
    }
    ck_assert_int_eq(sp_watch_due_ms(&world->watch), START_MS + SP_WATCH_LIST_MAX_MS);
    world->now_ms = START_MS + SP_WATCH_LIST_MAX_MS - 1;
    ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
    world->now_ms += 1;
    ck_assert_int_eq(tick(world), SP_WATCH_LEAVE);
    check_failed(world, SP_WATCH_ENDLESS, "clusterroles has not ended within 300 s");
    ck_assert(!world->watch.is_complete);
}
SP_TEST_END

SP_TEST(a_watch_may_last_longer_than_a_list)
{
    WORLD world = world_watching();
    for (int i = 0; i < 6; i++) {
        world->now_ms += 60000;
        ck_assert_int_eq(tick(world), SP_WATCH_WAIT);
        ck_assert(take(world, BOOKMARK("99")));
        ck_assert_int_eq(sp_watch_due_ms(&world->watch), world->now_ms + SP_WATCH_SILENCE_MS);
    }
    ck_assert_int_gt(world->now_ms, START_MS + SP_WATCH_LIST_MAX_MS);
}
SP_TEST_END

SP_TEST(a_list_that_is_read_again_does_not_make_old_objects_current)
{
    WORLD world = world_watching();
    world->now_ms += 20000;
    ck_assert(take(world, BOOKMARK("99")));
    int64_t current_ms = world->now_ms;
    ck_assert_int_eq(world->watch.current_ms, current_ms);
    ck_assert(!take(world, ERROR_LINE("410")));
    end(world, SP_ERR_LIMIT, 200, "");
    check_asks_after(world, 1000, ASK_LIST);
    world->now_ms += 50;
    ck_assert(take(world, EVENT("ADDED", "a", "1")));
    ck_assert_int_eq(world->watch.current_ms, current_ms);
    ck_assert(take(world, LIST_END));
    ck_assert_int_eq(world->watch.current_ms, world->now_ms);
}
SP_TEST_END

SP_TEST(a_line_that_is_no_event_ends_the_attempt)
{
    static const char *const lines[] = {
        "\n",
        "x\n",
        "{}\n",
        "[]\n",
        "{\"type\":\"ADDED\"}\n",
        "{\"type\":\"ADDED\",\"object\":7}\n",
        "{\"type\":\"ADDED\",\"object\":{}}\n",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":7}}}\n",
        "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"\",\"resourceVersion\":\"1\"}}}\n",
        "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n",
        "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"resourceVersion\":\"1\"}}}\n",
        "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n",
        "{\"type\":\"BOOKMARK\",\"object\":{}}\n",
        "{\"type\":\"LOST\",\"object\":{}}\n",
        "{\"type\":\"ADDED\",\"type\":\"DELETED\",\"object\":{}}\n",
        "{\"object\":{}}\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        WORLD world = world_watching();
        ck_assert(!take(world, lines[i]));
        ck_assert_msg(world->watch.cause == SP_WATCH_MALFORMED, "%s", lines[i]);
        ck_assert(world->watch.detail.text[0] != '\0');
        ck_assert(!take(world, EVENT("ADDED", "a", "9")));
        end(world, SP_ERR_LIMIT, 200, "");
        check_asks_after(world, 1000, ASK_LIST);
    }
}
SP_TEST_END

SP_TEST(an_object_without_a_name_spoils_neither_a_list_nor_its_changes)
{
    static const char *const objects[] = {
        "{}",
        "7",
        "null",
        "{\"metadata\":7}",
        "{\"metadata\":{\"resourceVersion\":\"9\"}}",
        "{\"metadata\":{\"name\":7,\"resourceVersion\":\"9\"}}",
        "{\"metadata\":{\"name\":null,\"resourceVersion\":\"9\"}}",
    };
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "{\"type\":\"ADDED\",\"object\":%s}\n", objects[i]);
        WORLD world = world_new();
        check_asks_after(world, 0, ASK_LIST);
        ck_assert_msg(take(world, line), "%s", line);
        ck_assert(take(world, EVENT("ADDED", "a", "9") LIST_END));
        check_seen(world, "[+?+a]");
    }
    WORLD world = world_watching();
    ck_assert(take(world, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"71\"}}}\n"));
    ck_assert(take(world, EVENT("ADDED", "a", "72")));
    check_seen(world, "+?+a");
}
SP_TEST_END

SP_TEST(a_line_that_is_no_json_is_shown_up_to_160_bytes)
{
    char line[200];
    char shown[200];
    for (size_t len = 159; len <= 161; len++) {
        WORLD world = world_watching();
        memset(line, 'x', len);
        memcpy(line + len, "\n", 2);
        ck_assert(!take(world, line));
        snprintf(shown, sizeof shown, "it begins %.160s", line);
        shown[strcspn(shown, "\n")] = '\0';
        const char *begins = strstr(world->watch.detail.text, "it begins ");
        ck_assert_ptr_nonnull(begins);
        ck_assert_str_eq(begins, shown);
    }
}
SP_TEST_END

SP_TEST(a_version_has_a_limit)
{
    char line[512];
    char version[SP_WATCH_VERSION_MAX + 2] = "";
    memset(version, '7', SP_WATCH_VERSION_MAX);
    WORLD world = world_watching();
    snprintf(line, sizeof line, BOOKMARK("%s"), version);
    ck_assert(take(world, line));
    version[SP_WATCH_VERSION_MAX] = '7';
    snprintf(line, sizeof line, BOOKMARK("%s"), version);
    ck_assert(!take(world, line));
    check_failed(world, SP_WATCH_MALFORMED, "no version");
}
SP_TEST_END

SP_TEST(an_object_that_cannot_be_kept_is_named)
{
    WORLD world = world_watching();
    world->put_error = SP_ERR_TOO_MANY;
    ck_assert(!take(world, EVENT("ADDED", "one-more", "71")));
    check_failed(world, SP_WATCH_NOT_KEPT, "one-more of clusterroles: too many items");
    WORLD paging = world_paging();
    paging->put_error = SP_ERR_TOO_MANY;
    end(paging, SP_OK, 200, PAGE("", "{\"metadata\":{\"name\":\"a\"}},{\"metadata\":{\"name\":\"b\"}}"));
    check_failed(paging, SP_WATCH_NOT_KEPT, "a of clusterroles");
    check_seen(paging, "[+a");
}
SP_TEST_END

SP_TEST(a_refusal_says_which_right_is_missing)
{
    WORLD watching = world_new();
    check_asks_after(watching, 0, ASK_LIST);
    end(watching, SP_OK, 403, "{\"kind\":\"Status\",\"message\":\"User \\\"x\\\" cannot watch\"}");
    check_failed(watching, SP_WATCH_FORBIDDEN, "may not watch clusterroles: grant it list and watch");
    check_failed(watching, SP_WATCH_FORBIDDEN, "User \"x\" cannot watch");
    WORLD paging = world_paging();
    end(paging, SP_OK, 403, "no JSON");
    check_failed(paging, SP_WATCH_FORBIDDEN, "may not list clusterroles");
    WORLD unknown = world_new();
    check_asks_after(unknown, 0, ASK_LIST);
    end(unknown, SP_OK, 401, "{\"message\":\"Unauthorized\"}");
    check_failed(unknown, SP_WATCH_UNAUTHORIZED, "token");
}
SP_TEST_END

SP_TEST(what_the_server_says_is_cut_at_300_bytes)
{
    char message[303];
    char body[400];
    for (size_t len = 299; len <= 302; len++) {
        memset(message, 'm', len);
        message[len] = '\0';
        snprintf(body, sizeof body, "{\"message\":\"%s\"}", message);
        WORLD world = world_new();
        check_asks_after(world, 0, ASK_LIST);
        end(world, SP_OK, 404, body);
        const char *said = strstr(world->watch.detail.text, ": mm");
        ck_assert_ptr_nonnull(said);
        ck_assert_uint_eq(strlen(said + 2), len < 300 ? len : 300);
    }
    WORLD none = world_new();
    check_asks_after(none, 0, ASK_LIST);
    end(none, SP_OK, 404, "{\"message\":7}");
    ck_assert_str_eq(none->watch.detail.text, "status 404 to watch of clusterroles: ");
}
SP_TEST_END

SP_TEST(other_statuses_are_told)
{
    static const struct {
        unsigned status;
        enum sp_watch_cause cause;
    } cases[] = {
        {500, SP_WATCH_UNREACHABLE}, {503, SP_WATCH_UNREACHABLE}, {429, SP_WATCH_UNREACHABLE},
        {404, SP_WATCH_REFUSED},     {302, SP_WATCH_REFUSED},     {204, SP_WATCH_REFUSED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        WORLD world = world_new();
        check_asks_after(world, 0, ASK_LIST);
        end(world, SP_OK, cases[i].status, "");
        check_failed(world, cases[i].cause, "to watch of clusterroles");
        check_asks_after(world, 1000, ASK_LIST);
    }
    WORLD again = world_paging();
    end(again, SP_OK, 422, "");
    check_failed(again, SP_WATCH_REFUSED, "status 422");
}
SP_TEST_END

SP_TEST(an_api_server_that_is_away_is_asked_for_the_changes_since)
{
    WORLD world = world_watching();
    end(world, SP_ERR_IO, 0, "");
    check_asks_after(world, 1000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=70&");
    end(world, SP_OK, 503, "");
    check_asks_after(world, 2000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=70&");
    end(world, SP_OK, 403, "");
    check_asks_after(world, 4000, ASK_LIST);
}
SP_TEST_END

SP_TEST(a_certificate_that_is_not_accepted_says_what_to_look_at)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    const struct sp_random random = {fill, world};
    const struct sp_exchange_response response = {
        .error = SP_ERR_IO, .text = "unable to get local issuer certificate", .is_untrusted = true};
    sp_watch_end(&world->watch, &response, world->now_ms, &random);
    check_failed(world, SP_WATCH_UNREACHABLE, "check the certificate-authority");
    check_failed(world, SP_WATCH_UNREACHABLE, "The error: unable to get local issuer certificate");
}
SP_TEST_END

SP_TEST(attempts_are_ever_further_apart_up_to_a_limit_and_random_by_half)
{
    WORLD world = world_new();
    static const int64_t apart_ms[] = {1000, 2000, 4000, 8000, 16000, 16000, 16000};
    check_asks_after(world, 0, ASK_LIST);
    for (size_t i = 0; i < sizeof apart_ms / sizeof apart_ms[0]; i++) {
        end(world, SP_ERR_IO, 0, "");
        check_asks_after(world, apart_ms[i], ASK_LIST);
    }
    world->random = 8000;
    end(world, SP_ERR_IO, 0, "");
    check_asks_after(world, 8000, ASK_LIST);
    world->random = 8001;
    end(world, SP_ERR_IO, 0, "");
    check_asks_after(world, 16000, ASK_LIST);
}
SP_TEST_END

SP_TEST(another_way_to_the_server_is_tried_at_once)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    int64_t silent_ms = sp_watch_due_ms(&world->watch);
    sp_watch_hurry(&world->watch, world->now_ms);
    ck_assert_int_eq(sp_watch_due_ms(&world->watch), silent_ms);
    end(world, SP_OK, 401, "");
    ck_assert_int_eq(sp_watch_due_ms(&world->watch), world->now_ms + 1000);
    world->now_ms += 10;
    sp_watch_hurry(&world->watch, world->now_ms);
    check_asks_after(world, 0, ASK_LIST);
}
SP_TEST_END

SP_TEST(only_a_watch_that_lasts_makes_attempts_forgotten)
{
    WORLD world = world_watching();
    world->now_ms += SP_WATCH_STEADY_MS - 1;
    end(world, SP_OK, 200, "");
    check_failed(world, SP_WATCH_ENDED, "after 9999 ms");
    check_asks_after(world, 1000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=70&");
    end(world, SP_OK, 200, "");
    check_asks_after(world, 2000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=70&");
    world->now_ms += SP_WATCH_STEADY_MS;
    ck_assert(take(world, BOOKMARK("99")));
    end(world, SP_ERR_IO, 200, "");
    check_asks_after(world, 1000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=99&");
    world->now_ms += SP_WATCH_STEADY_MS;
    end(world, SP_OK, 200, "");
    check_asks_after(world, 0, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=99&");
    end(world, SP_ERR_IO, 0, "");
    check_asks_after(world, 1000, PATH "?watch=1&allowWatchBookmarks=true&resourceVersion=99&");
}
SP_TEST_END

SP_TEST(a_list_that_ends_before_its_bookmark_is_no_list)
{
    WORLD world = world_new();
    check_asks_after(world, 0, ASK_LIST);
    ck_assert(take(world, EVENT("ADDED", "a", "1")));
    world->now_ms += 20000;
    end(world, SP_OK, 200, "");
    check_failed(world, SP_WATCH_ENDED, "before it was complete");
    check_seen(world, "[+a");
    check_asks_after(world, 1000, ASK_LIST);
}
SP_TEST_END

SP_TEST(every_cause_has_a_name)
{
    for (int cause = SP_WATCH_NO_FAILURE; cause <= SP_WATCH_NOT_KEPT; cause++) {
        ck_assert_uint_gt(strlen(sp_watch_cause_name((enum sp_watch_cause)cause)), 2);
    }
}
SP_TEST_END

SP_SUITE("kube/watch", one_answer_is_the_list_and_then_its_changes, only_the_annotated_bookmark_ends_the_list,
         lines_may_be_cut_anywhere, a_bookmark_moves_the_version,
         the_time_that_an_answer_may_last_is_random_within_its_bounds, a_line_cut_off_by_the_end_is_not_taken,
         ac_61_an_expired_version_arrives_as_a_line_and_the_list_is_read_again,
         ac_61_an_error_of_another_code_is_told_and_the_list_is_read_again,
         ac_61_silence_of_90_seconds_is_the_end, ac_61_a_list_that_falls_silent_is_dead_after_90_seconds_too,
         what_the_server_says_is_cut_at_300_bytes, ac_61_a_version_that_the_server_has_not_reached_is_silence,
         ac_61_a_list_that_never_ends_is_left, a_watch_may_last_longer_than_a_list,
         a_list_that_is_read_again_does_not_make_old_objects_current,
         a_line_that_is_no_event_ends_the_attempt,
         an_object_without_a_name_spoils_neither_a_list_nor_its_changes,
         a_line_that_is_no_json_is_shown_up_to_160_bytes, a_version_has_a_limit,
         an_object_that_cannot_be_kept_is_named, a_refusal_says_which_right_is_missing,
         other_statuses_are_told, an_api_server_that_is_away_is_asked_for_the_changes_since,
         a_certificate_that_is_not_accepted_says_what_to_look_at,
         attempts_are_ever_further_apart_up_to_a_limit_and_random_by_half,
         another_way_to_the_server_is_tried_at_once, only_a_watch_that_lasts_makes_attempts_forgotten,
         a_list_that_ends_before_its_bookmark_is_no_list, every_cause_has_a_name)
