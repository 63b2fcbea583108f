/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/renewal.h"

#include "session/redirects.h"

#include "../io/clock_stub.h"
#include "renewal_scene.h"

SP_TEST(ac_71_a_renewed_session_is_the_same_session_with_the_claims_of_now)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(DUE_S);
    struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
    ck_assert_int_eq(continuation->max_ms, SP_RENEWAL_WAIT_MS);
    struct sp_transaction *t =
        resume(f, continuation, SP_WAIT_END_OUTCOME,
               outcome_of(scene, SP_RENEWAL_RENEWED,
                          "{\"groups\":[\"new\"],\"email\":\"b@example.com\",\"name\":\"B now\"}"));
    ck_assert_answer(t, 307, SP_REASON_RENEWED);
    ck_assert_int_eq(t->verdict, SP_VERDICT_RENEW);
    ck_assert_str_eq(field_of(t, "Location"), "https://" HOST "/x?q=1");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 2);
    ck_assert_str_eq(text_of(nth_field(&t->answer, "Set-Cookie", 1)),
                     text("shown=B%%20now; Path=/; Max-Age=%lld; Secure; SameSite=Lax",
                          (long long)(old.expires_s - NOW_S)));
    struct sp_selection *opened = calloc(1, sizeof *opened);
    open_cookie(f, t, opened);
    const struct sp_session *session = opened->session;
    ck_assert_mem_eq(session->id, old.id, sizeof old.id);
    ck_assert_int_eq(session->login_at_s, old.login_at_s);
    ck_assert_int_eq(session->auth_time_s, old.auth_time_s);
    ck_assert_int_eq(session->expires_s, old.expires_s);
    ck_assert_str_view(session->profile.sid, "its-own");
    ck_assert_str_view(session->profile.email, "b@example.com");
    ck_assert_uint_eq(session->profile.groups_n, 1);
    ck_assert_str_view(session->grant.token, "second");
    ck_assert_int_ge(session->renew_after_s, NOW_S + 3600 - 180);
    ck_assert_int_le(session->renew_after_s, NOW_S + 3600 + 180);
    ck_assert_int_eq(session->renew_by_s, session->renew_after_s + 900);
    free(opened);
    const char *log = take_log(f);
    check_log(log);
    ck_assert_contains(log, "session_renewed");
    ck_assert_contains(log, "b@example.com");
}
SP_TEST_END

/* The answer to a request of this kind, after the issuer's response. */
static struct sp_transaction *answer_after(struct scene *scene, enum sp_renewal_result result,
                                           const char *kind, const struct sp_session *session)
{
    struct sp_continuation *continuation = wait_of(scene->f, lines(kind, cookie_of(scene->f, session)));
    const char *changes = result == SP_RENEWAL_RENEWED ? "{}" : NULL;
    return resume(scene->f, continuation, SP_WAIT_END_OUTCOME, outcome_of(scene, result, changes));
}

SP_TEST(sessions_that_are_renewed_at_once_are_due_again_all_over_a_tenth_of_the_time)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_selection *opened = calloc(1, sizeof *opened);
    int64_t first_s = INT64_MAX;
    int64_t last_s = 0;
    for (unsigned i = 0; i < 64; i++) {
        struct sp_session old = session_due(DUE_S);
        old.id[0] = (uint8_t)i;
        open_cookie(f, answer_after(scene, SP_RENEWAL_RENEWED, NAVIGATION, &old), opened);
        int64_t due_s = opened->session->renew_after_s - NOW_S;
        ck_assert(due_s >= 3600 - 180 && due_s <= 3600 + 180);
        first_s = due_s < first_s ? due_s : first_s;
        last_s = due_s > last_s ? due_s : last_s;
    }
    free(opened);
    ck_assert_int_lt(first_s, 3600 - 120);
    ck_assert_int_gt(last_s, 3600 + 120);
}
SP_TEST_END

SP_TEST(a_new_cookie_is_seen_when_it_comes_back)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(DUE_S);
    for (size_t i = 0; i < 2; i++) {
        old.id[0] = (uint8_t)i;
        struct sp_transaction *t = answer_after(scene, SP_RENEWAL_RENEWED, NAVIGATION, &old);
        ck_assert_answer(t, 307, SP_REASON_RENEWED);
        const char *new = text("Cookie: %s\r\n", pair_of(nth_field(&t->answer, "Set-Cookie", 0)));
        ck_assert_answer(ASK(f, .uri = "/x?q=1", .lines = lines(NAVIGATION, cookie_of(f, &old))), 200,
                         SP_REASON_NONE);
        if (i == 0) {
            ck_assert_answer(ASK(f, .uri = "/y", .lines = lines(WEBSOCKET, new)), 200, SP_REASON_NONE);
        }
        struct sp_session session = old;
        session.issued_s = NOW_S;
        /* True if the cookie had not come back before. */
        ck_assert(sp_renewals_note_seen(scene->renewals, &session) == (i == 1));
    }
}
SP_TEST_END

SP_TEST(ac_39_a_session_that_gets_a_result_late_is_no_younger_than_the_result)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    static const int ages_s[] = {600, 7200};
    for (size_t i = 0; i < sizeof ages_s / sizeof ages_s[0]; i++) {
        struct sp_session old = session_due(DUE_S);
        old.id[0] = (uint8_t)i;
        struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
        struct sp_renewal_outcome *outcome = outcome_of(scene, SP_RENEWAL_RENEWED, "{}");
        outcome->at_s = NOW_S - ages_s[i];
        struct sp_transaction *t = resume(f, continuation, SP_WAIT_END_OUTCOME, outcome);
        struct sp_selection *opened = calloc(1, sizeof *opened);
        open_cookie(f, t, opened);
        int64_t last_s = NOW_S - ages_s[i] + 3600 + 180;
        ck_assert_int_ge(opened->session->renew_after_s, NOW_S + 10);
        ck_assert_int_le(opened->session->renew_after_s, last_s > NOW_S + 10 ? last_s : NOW_S + 10);
        ck_assert_int_le(opened->session->renew_by_s, last_s + 900 > NOW_S + 10 ? last_s + 900 : NOW_S + 10);
        free(opened);
    }
}
SP_TEST_END

SP_TEST(ac_39_a_bound_that_was_made_shorter_counts_for_sessions_that_there_are)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(-7200); /* made under an earlier renew_after */
    old.issued_s = NOW_S - (3600 + 180 + 900) + 1;
    ck_assert_answer(ASK(f, .uri = "/x", .lines = lines(NAVIGATION, cookie_of(f, &old))), 200,
                     SP_REASON_NONE);
    old.issued_s--;
    ck_assert_answer(ASK(f, .uri = "/x", .lines = lines(WEBSOCKET, cookie_of(f, &old))), 401,
                     SP_REASON_SESSION_UNCONFIRMED);
    ck_assert_answer(answer_after(scene, SP_RENEWAL_RENEWED, NAVIGATION, &old), 307, SP_REASON_RENEWED);
}
SP_TEST_END

SP_TEST(whatever_comes_of_it_a_session_holds_until_its_bound)
{
    static const enum sp_renewal_result results[] = {SP_RENEWAL_UNAVAILABLE, SP_RENEWAL_REFUSED,
                                                     SP_RENEWAL_MISCONFIGURED, SP_RENEWAL_INVALID};
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(DUE_S);
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct sp_transaction *t = answer_after(scene, results[i], NAVIGATION, &old);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
    static const enum sp_wait_end ends[] = {SP_WAIT_END_OVERDUE, SP_WAIT_END_REFUSED, SP_WAIT_END_GONE};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
        continuation->refusal = "full";
        ck_assert_answer(resume(f, continuation, ends[i], NULL), 200, SP_REASON_NONE);
    }
}
SP_TEST_END

SP_TEST(past_its_bound_who_is_refused_signs_in_and_a_silent_issuer_ends_nothing)
{
    static const struct {
        enum sp_renewal_result result;
        unsigned status;
        enum sp_reason reason;
    } cases[] = {
        {SP_RENEWAL_UNAVAILABLE, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_RENEWAL_MISCONFIGURED, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_RENEWAL_REFUSED, 302, SP_REASON_SESSION_UNCONFIRMED},
        {SP_RENEWAL_INVALID, 302, SP_REASON_SESSION_UNCONFIRMED},
    };
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(OVERDUE_S);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_transaction *t = answer_after(scene, cases[i].result, NAVIGATION, &old);
        ck_assert_answer(t, cases[i].status, cases[i].reason);
        if (cases[i].status == 503) {
            ck_assert_contains(body_of(t), "cannot be confirmed now");
            ck_assert_contains(body_of(t), "href=\"https://" HOST "/x?q=1\"");
        }
        t = answer_after(scene, cases[i].result, FETCH, &old);
        ck_assert_answer(t, cases[i].status == 302 ? 401 : 503, cases[i].reason);
    }
    struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
    ck_assert_answer(resume(f, continuation, SP_WAIT_END_OVERDUE, NULL), 503, SP_REASON_ISSUER_UNAVAILABLE);
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = lines(WEBSOCKET, cookie_of(f, &old)));
    ck_assert_answer(t, 401, SP_REASON_SESSION_UNCONFIRMED);
}
SP_TEST_END

SP_TEST(sessions_are_overdue_until_the_issuer_says_something)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(OVERDUE_S);
    static const enum sp_renewal_result said[] = {SP_RENEWAL_REFUSED, SP_RENEWAL_RENEWED};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        ck_assert_uint_eq(sp_renewals_overdue_n(scene->renewals, NOW_S), 0);
        (void)answer_after(scene, SP_RENEWAL_UNAVAILABLE, NAVIGATION, &old);
        ck_assert_uint_eq(sp_renewals_overdue_n(scene->renewals, NOW_S), 1);
        struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
        continuation->refusal = "full";
        ck_assert_answer(resume(f, continuation, SP_WAIT_END_REFUSED, NULL), 503, SP_REASON_OVERLOADED);
        ck_assert_uint_eq(sp_renewals_overdue_n(scene->renewals, NOW_S), 1);
        (void)answer_after(scene, said[i], NAVIGATION, &old);
    }
    ck_assert_uint_eq(sp_renewals_overdue_n(scene->renewals, NOW_S), 0);
}
SP_TEST_END

SP_TEST(own_pages_renew_a_session_as_any_page_does)
{
    static const char *const kinds[] = {NAVIGATION, FETCH};
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    for (size_t i = 0; i < 4; i++) {
        struct sp_session old = session_due(i < 2 ? DUE_S : OVERDUE_S);
        old.id[0] = (uint8_t)i; /* a session that was not redirected here yet */
        struct sp_transaction *t =
            ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = lines(kinds[i % 2], cookie_of(f, &old)));
        ck_assert_msg(t->continuation != NULL, "%zu: %u", i, t->answer.status);
        struct sp_continuation *continuation = t->continuation;
        memcpy(continuation->request_id, t->request_id, sizeof t->request_id);
        t->continuation = NULL;
        t = resume(f, continuation, SP_WAIT_END_OUTCOME, outcome_of(scene, SP_RENEWAL_RENEWED, "{}"));
        ck_assert_answer(t, 307, SP_REASON_RENEWED);
        ck_assert_str_eq(field_of(t, "Location"), "https://" HOST "/_sallyport/me");
    }
}
SP_TEST_END

SP_TEST(ac_67_a_browser_that_refuses_the_new_cookie_goes_in_no_circle)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session due = session_due(DUE_S);
    ck_assert_answer(answer_after(scene, SP_RENEWAL_RENEWED, NAVIGATION, &due), 307, SP_REASON_RENEWED);
    ck_assert_answer(ASK(f, .uri = "/x?q=1", .lines = lines(NAVIGATION, cookie_of(f, &due))), 200,
                     SP_REASON_NONE);
    struct sp_session overdue = session_due(OVERDUE_S);
    overdue.id[0] = 1;
    for (unsigned i = 0; i < SP_REDIRECTS_MAX; i++) { /* they may be requests of as many tabs */
        ck_assert_answer(answer_after(scene, SP_RENEWAL_RENEWED, NAVIGATION, &overdue), 307,
                         SP_REASON_RENEWED);
    }
    struct sp_transaction *t = ASK(f, .uri = "/x?q=1", .lines = lines(NAVIGATION, cookie_of(f, &overdue)));
    ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
}
SP_TEST_END

SP_TEST(ac_70_a_session_that_is_ended_while_it_is_renewed_stays_ended)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(DUE_S);
    struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
    char *head = strdup(f->head_text);
    struct sp_transaction *t =
        ASK(f, .uri = "/_sallyport/logout", .lines = lines(NAVIGATION, cookie_of(f, &old)));
    ck_assert_int_eq(t->reason, SP_REASON_SIGNED_OUT);
    memcpy(f->head_text, head, strlen(head) + 1);
    free(head);
    struct sp_renewal_outcome *outcome = outcome_of(scene, SP_RENEWAL_RENEWED, "{}");
    t = resume(f, continuation, SP_WAIT_END_OUTCOME, outcome);
    ck_assert_answer(t, 302, SP_REASON_SESSION_REVOKED);
    ck_assert_int_ne(t->verdict, SP_VERDICT_RENEW);
}
SP_TEST_END

SP_TEST(a_session_that_is_to_be_confirmed_can_be_ended)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session old = session_due(OVERDUE_S);
    struct sp_transaction *t =
        ASK(f, .uri = "/_sallyport/logout", .lines = lines(NAVIGATION, cookie_of(f, &old)));
    ck_assert_int_eq(t->reason, SP_REASON_SIGNED_OUT);
    t = ASK(f, .uri = "/x", .lines = lines(NAVIGATION, cookie_of(f, &old)));
    ck_assert_answer(t, 302, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

SP_TEST(without_the_setting_nothing_is_renewed_and_the_bound_holds)
{
    FIXTURE f = fixture_new("");
    struct sp_session due = session_due(DUE_S);
    ck_assert_answer(ASK(f, .uri = "/x", .lines = lines(NAVIGATION, cookie_of(f, &due))), 200,
                     SP_REASON_NONE);
    struct sp_session overdue = session_due(OVERDUE_S);
    ck_assert_answer(ASK(f, .uri = "/x", .lines = lines(NAVIGATION, cookie_of(f, &overdue))), 302,
                     SP_REASON_SESSION_EXPIRED);
}
SP_TEST_END

/* The issuer confirms the session with this number, but these claims make no new one; returns the log. */
static const char *renew_in_vain(struct scene *scene, uint8_t number, const char *changes)
{
    struct fixture *f = scene->f;
    struct sp_session old = session_due(DUE_S);
    old.id[0] = number;
    struct sp_continuation *continuation = wait_of(f, lines(NAVIGATION, cookie_of(f, &old)));
    struct sp_renewal_outcome *outcome = outcome_of(scene, SP_RENEWAL_RENEWED, changes);
    struct sp_transaction *t = resume(f, continuation, SP_WAIT_END_OUTCOME, outcome);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    const char *log = take_log(f);
    check_log(log);
    return log;
}

SP_TEST(a_session_that_would_grow_too_large_goes_on_as_it_was)
{
    SCENE scene = scene_new();
    const char *log = renew_in_vain(scene, 0, text("{\"name\":\"%s\"}", repeat('n', 3500)));
    ck_assert_contains(log, "browsers drop what is above");
}
SP_TEST_END

SP_TEST(a_session_whose_new_claims_name_nobody_goes_on_as_it_was)
{
    SCENE scene = scene_new();
    ck_assert_contains(renew_in_vain(scene, 1, "{\"email\":null}"), "yield no user name");
}
SP_TEST_END

SP_TEST(a_session_that_goes_on_as_it_was_is_told_once_a_minute)
{
    enum { SESSION = 2, ANOTHER = 3, MINUTE_MS = 60000 };
    static const char nobody[] = "{\"email\":null}";
    SCENE scene = scene_new();
    ck_assert_contains(renew_in_vain(scene, SESSION, nobody), "\"held_back\":0");
    ck_assert_str_eq(renew_in_vain(scene, SESSION, nobody), "");
    ck_assert_contains(renew_in_vain(scene, ANOTHER, nobody), "\"held_back\":0");
    clock_move_ms(MINUTE_MS - 1);
    ck_assert_str_eq(renew_in_vain(scene, SESSION, nobody), "");
    clock_move_ms(1);
    ck_assert_contains(renew_in_vain(scene, SESSION, nobody), "\"held_back\":2");
    ck_assert_str_eq(renew_in_vain(scene, SESSION, nobody), "");
}
SP_TEST_END

SP_TEST(however_many_sessions_go_on_as_they_were_a_minute_has_64_lines)
{
    enum { LINES_N = 64, MINUTE_MS = 60000 };
    SCENE scene = scene_new();
    clock_move_ms(MINUTE_MS); /* other tests may have run in the same process */
    for (unsigned i = 0; i < 2 * LINES_N; i++) {
        const char *log = renew_in_vain(scene, (uint8_t)i, "{\"email\":null}");
        ck_assert_msg((log[0] != '\0') == (i < LINES_N), "%u: %s", i, log);
    }
}
SP_TEST_END

/* The browser would request the encoded address, which must fit. */
SP_TEST(an_address_that_grows_too_long_for_a_redirect_renews_nothing)
{
    SCENE scene = scene_new();
    struct fixture *f = scene->f;
    struct sp_session due = session_due(DUE_S);
    struct sp_session overdue = session_due(OVERDUE_S);
    size_t most = (SP_TARGET_MAX - strlen("/x?")) / 3;
    const char *uri = text("/x?%s", repeat('|', most + 1));
    ck_assert_answer(ASK(f, .uri = uri, .lines = lines(NAVIGATION, cookie_of(f, &due))), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .uri = uri, .lines = lines(NAVIGATION, cookie_of(f, &overdue))), 302,
                     SP_REASON_SESSION_UNCONFIRMED);
    uri = text("/x?%s", repeat('|', most));
    struct sp_transaction *t = ASK(f, .uri = uri, .lines = lines(NAVIGATION, cookie_of(f, &due)));
    ck_assert_ptr_nonnull(t->continuation);
    struct sp_continuation *continuation = t->continuation;
    memcpy(continuation->request_id, t->request_id, sizeof t->request_id);
    t->continuation = NULL;
    struct sp_renewal_outcome *outcome = outcome_of(scene, SP_RENEWAL_RENEWED, "{}");
    t = resume(f, continuation, SP_WAIT_END_OUTCOME, outcome);
    ck_assert_answer(t, 307, SP_REASON_RENEWED);
    ck_assert_uint_eq(strlen(field_of(t, "Location")), strlen("https://" HOST "/x?") + 3 * most);
}
SP_TEST_END

SP_SUITE("gate/renewal", ac_71_a_renewed_session_is_the_same_session_with_the_claims_of_now,
         sessions_that_are_renewed_at_once_are_due_again_all_over_a_tenth_of_the_time,
         a_new_cookie_is_seen_when_it_comes_back,
         ac_39_a_session_that_gets_a_result_late_is_no_younger_than_the_result,
         ac_39_a_bound_that_was_made_shorter_counts_for_sessions_that_there_are,
         whatever_comes_of_it_a_session_holds_until_its_bound,
         past_its_bound_who_is_refused_signs_in_and_a_silent_issuer_ends_nothing,
         sessions_are_overdue_until_the_issuer_says_something, own_pages_renew_a_session_as_any_page_does,
         ac_67_a_browser_that_refuses_the_new_cookie_goes_in_no_circle,
         ac_70_a_session_that_is_ended_while_it_is_renewed_stays_ended,
         a_session_that_is_to_be_confirmed_can_be_ended,
         without_the_setting_nothing_is_renewed_and_the_bound_holds,
         a_session_that_would_grow_too_large_goes_on_as_it_was,
         a_session_whose_new_claims_name_nobody_goes_on_as_it_was,
         a_session_that_goes_on_as_it_was_is_told_once_a_minute,
         however_many_sessions_go_on_as_they_were_a_minute_has_64_lines,
         an_address_that_grows_too_long_for_a_redirect_renews_nothing)
