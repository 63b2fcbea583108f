/* SPDX-License-Identifier: Apache-2.0 */
#include "session/redirects.h"

#include "../suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_S 1700000000
#define HOST  SP_STR("app.test")

SP_TEST(ac_67_a_session_was_sent_to_a_target_within_a_minute_with_the_cookie_that_it_had)
{
    struct sp_redirects *redirects = sp_redirects_new(&sp_random_system);
    struct sp_session *session = calloc(1, sizeof *session);
    session->issued_s = NOW_S - 3600;
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S), 0);
    sp_redirects_note(redirects, session, HOST, SP_STR("/x"), false, NOW_S);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S), 1);
    ck_assert_uint_eq(
        sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S + SP_REDIRECT_REMEMBERED_S - 1), 1);
    ck_assert_uint_eq(
        sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S + SP_REDIRECT_REMEMBERED_S), 0);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S - 1), 0);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/y"), NOW_S), 0);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, SP_STR("wiki.test"), SP_STR("/x"), NOW_S), 0);
    session->issued_s = NOW_S; /* the browser accepted the new cookie */
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S), 0);
    session->issued_s = NOW_S - 3600;
    session->id[0] = 1;
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S), 0);
    free(session);
    free(redirects);
}
SP_TEST_END

SP_TEST(ac_67_requests_that_came_before_the_first_redirect_are_one_with_it_and_later_ones_count)
{
    struct sp_redirects *redirects = sp_redirects_new(&sp_random_system);
    struct sp_session *session = calloc(1, sizeof *session);
    for (unsigned i = 0; i < 20; i++) {
        sp_redirects_note(redirects, session, HOST, SP_STR("/x"), false, NOW_S);
        ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S), 1);
    }
    sp_redirects_note(redirects, session, HOST, SP_STR("/x"), true, NOW_S + 59);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S + 60), 2);
    sp_redirects_note(redirects, session, HOST, SP_STR("/x"), true, NOW_S + 59 + SP_REDIRECT_REMEMBERED_S);
    ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, SP_STR("/x"), NOW_S + 120), 1);
    free(session);
    free(redirects);
}
SP_TEST_END

SP_TEST(no_redirect_is_taken_for_one_to_another_target_that_has_the_same_place)
{
    struct sp_redirects *redirects = sp_redirects_new(&sp_random_system);
    struct sp_session *session = calloc(1, sizeof *session);
    for (unsigned i = 0; i < SP_REDIRECTS_N + 64; i++) {
        char target[16];
        snprintf(target, sizeof target, "/%u", i);
        if (i < 64) {
            sp_redirects_note(redirects, session, HOST, sp_str_from_c(target), false, NOW_S);
        } else {
            ck_assert_uint_eq(sp_redirects_count(redirects, session, HOST, sp_str_from_c(target), NOW_S), 0);
        }
    }
    free(session);
    free(redirects);
}
SP_TEST_END

SP_SUITE("session/redirects",
         ac_67_a_session_was_sent_to_a_target_within_a_minute_with_the_cookie_that_it_had,
         ac_67_requests_that_came_before_the_first_redirect_are_one_with_it_and_later_ones_count,
         no_redirect_is_taken_for_one_to_another_target_that_has_the_same_place)
