/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/callback.h"

#include "redeem.h"

/* ---- what comes in --------------------------------------------------------------------------------- */

SP_TEST(ac_18_a_callback_that_nobody_began_is_refused)
{
    static const char *const queries[] = {"",
                                          "?",
                                          "?code=c",
                                          "?state=s&code=c",
                                          "?code=c&state=%zz",
                                          "?error=access_denied",
                                          "?state=",
                                          "?code=&state=s"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const char *uri = text(CALLBACK "%s", queries[i]);
        struct sp_transaction *t = ASK(f, .uri = uri, .lines = lines(NAVIGATION, usual_cookie(f)));
        ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
        ck_assert_ptr_null(t->continuation);
        ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2F\"");
        const char *log = take_log(f);
        ck_assert_contains(log, "\"event\":\"login_failed\"");
        ck_assert_contains(log, "\"detail\":\"state: ");
    }
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_FAILED]), 8);
}
SP_TEST_END

SP_TEST(ac_18_a_state_that_was_altered_or_is_of_another_host_is_refused)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    const char *cookie = text("Cookie: %s\r\n", begun.pair);
    ck_assert_answer(ASK(f, .uri = text(CALLBACK "?code=c&state=%sA", begun.state), .lines = cookie), 400,
                     SP_REASON_BAD_CALLBACK);
    ck_assert_answer(ASK(f, .host = "b.example.com", .uri = came_back(&begun, "code=c"), .lines = cookie),
                     400, SP_REASON_BAD_CALLBACK);
    ck_assert_answer(
        ASK(f, .host = HOST ":8443", .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, cookie)),
        400, SP_REASON_BAD_CALLBACK);
    f->context.now_s += SP_LOGIN_STATE_LIFETIME_S + 1;
    ck_assert_answer(ASK(f, .uri = came_back(&begun, "code=c"), .lines = cookie), 400,
                     SP_REASON_BAD_CALLBACK);
}
SP_TEST_END

SP_TEST(ac_21_what_is_there_twice_or_contradicts_itself_is_refused)
{
    static const char *const queries[] = {"code=a&code=b", "code=a&error=access_denied", "code=a&iss=x&iss=y",
                                          "error=a&error=b", "code=a&%63ode=b"};
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    const char *cookie = text("Cookie: %s\r\n", begun.pair);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        ck_assert_answer(ASK(f, .uri = came_back(&begun, queries[i]), .lines = cookie), 400,
                         SP_REASON_BAD_CALLBACK);
    }
    ck_assert_answer(ASK(f, .uri = text("%s&state=x", came_back(&begun, "code=a")), .lines = cookie), 400,
                     SP_REASON_BAD_CALLBACK);
}
SP_TEST_END

/* The second attempt that a callback without its cookie begins. */
static struct begun begun_again(struct fixture *f, const struct begun *begun, const char *more)
{
    struct sp_transaction *t = ASK(f, .uri = came_back(begun, "code=c"), .lines = lines(NAVIGATION, more));
    ck_assert_ptr_null(t->continuation);
    struct begun again = begun_by(f, t);
    ck_assert_int_eq(sp_login_id_try(&again.login_id), SP_LOGIN_SECOND_TRY);
    return again;
}

SP_TEST(ac_50_a_login_that_comes_back_without_its_cookie_begins_again_once)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y", .lines = NAVIGATION));
    struct begun other = begun_by(f, ASK(f, .uri = "/z", .lines = NAVIGATION));
    const char *const cookies[] = {"", text("Cookie: %s\r\n", other.pair),
                                   text("Cookie: %sx\r\n", begun.pair)};
    ck_assert_int_eq(sp_login_id_try(&begun.login_id), SP_LOGIN_FIRST_TRY);
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        take_log(f);
        struct begun again = begun_again(f, &begun, cookies[i]);
        ck_assert_contains(take_log(f), "\"try\":2");
        ck_assert_str_eq(wanted_by(f, ORIGIN CALLBACK, again.state), ORIGIN "/x?y");
        /* it is completed like any other */
        struct waiting waiting = waiting_of(f, &again);
        free_waiting(&waiting);
        /* and ends in a page if its cookie is missing too */
        struct sp_transaction *t =
            ASK(f, .uri = came_back(&again, "code=c"), .lines = lines(NAVIGATION, cookies[i]));
        ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
        ck_assert_ptr_null(t->continuation);
        ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2Fx%3Fy\"");
        ck_assert_contains(body_of(t), "did not return the cookie");
        ck_assert_contains(take_log(f), "\"event\":\"login_failed\"");
    }
}
SP_TEST_END

SP_TEST(ac_50_a_sign_in_of_more_than_ten_minutes_begins_again_and_then_says_so)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S;
    struct begun again = begun_again(f, &begun, text("Cookie: %s\r\n", begun.pair));
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S;
    struct sp_transaction *t = ASK(f, .uri = came_back(&again, "error=access_denied"),
                                   .lines = text("%sCookie: %s\r\n", NAVIGATION, again.pair));
    ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
    ck_assert_contains(body_of(t), "more than ten minutes");
    ck_assert_lacks(body_of(t), "did not return the cookie");
    /* the state is older than a day: nothing is known about it, and the page links to the start */
    f->context.now_s = NOW_S + SP_LOGIN_STATE_LIFETIME_S;
    t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = NAVIGATION);
    ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
    ck_assert_contains(body_of(t), "within the last day");
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2F\"");
}
SP_TEST_END

SP_TEST(ac_50_a_callback_again_after_the_session_was_lost_is_explained)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, "{}");
    const char *marker = text("Cookie: %s\r\n", pair_of(nth_field(&t->answer, "Set-Cookie", 1)));
    t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, marker));
    ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
    ck_assert_contains(body_of(t), "You signed in a moment ago");
}
SP_TEST_END

SP_TEST(only_a_navigation_begins_again)
{
    static const char *const kinds[] = {FETCH, FRAME, IMAGE, PREFETCH, XHR, MADE_ANEW, ""};
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = kinds[i]);
        ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        ck_assert_contains(body_of(t), ORIGIN "/_sallyport/login?rd=%2Fx");
    }
    ck_assert_answer(ASK(f, .uri = came_back(&begun, "code=c"), .lines = OLD), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

/* What a callback may contain besides its only state. */
static const char *const anything[] = {"code=c",
                                       "error=access_denied",
                                       "error=temporarily_unavailable&error_description=x",
                                       "code=a&code=b",
                                       "code=a&error=access_denied",
                                       "code=a&iss=x&iss=y",
                                       "code=a&iss=https://evil.test",
                                       "error=a&error=b",
                                       "code=%zz",
                                       "code=%0a",
                                       "x=y"};

SP_TEST(ac_18_ac_19_ac_21_with_a_session_a_callback_leads_to_the_page_that_was_wanted)
{
    FIXTURE f = fixture_new_with("", ",\"authorization_response_iss_parameter_supported\":true");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y=%22", .lines = NAVIGATION));
    struct sp_session session = usual_session();
    const char *session_only = text("Cookie: %s\r\n", session_pair(f, HOST, &session));
    const char *both = text("Cookie: %s; %s\r\n", session_pair(f, HOST, &session), begun.pair);
    for (size_t i = 0; i < 2 * sizeof anything / sizeof anything[0]; i++) {
        bool has_login = i % 2 == 1;
        struct sp_transaction *t = ASK(f, .uri = came_back(&begun, anything[i / 2]),
                                       .lines = lines(NAVIGATION, has_login ? both : session_only));
        ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
        ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x?y=%22");
        ck_assert_ptr_null(t->continuation);
        /* a login that is no longer needed is forgotten */
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), has_login ? 1 : 0);
        ck_assert(!has_login || strstr(field_of(t, "Set-Cookie"), "; Max-Age=0;") != NULL);
    }
    /* late, up to a day; and while the issuer is unreachable */
    f->snapshot->documents = NULL;
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S + 1;
    const char *uri = came_back(&begun, "error=server_error");
    ck_assert_answer(ASK(f, .uri = uri, .lines = session_only), 302, SP_REASON_SIGNED_IN);
    session.login_at_s = NOW_S + SP_LOGIN_STATE_LIFETIME_S - 10;
    session.issued_s = session.login_at_s;
    session.expires_s = NOW_S + 100000;
    session_only = text("Cookie: %s\r\n", session_pair(f, HOST, &session));
    f->context.now_s = NOW_S + SP_LOGIN_STATE_LIFETIME_S - 1;
    ck_assert_answer(ASK(f, .uri = uri, .lines = session_only), 302, SP_REASON_SIGNED_IN);
    f->context.now_s++;
    ck_assert_answer(ASK(f, .uri = uri, .lines = session_only), 400, SP_REASON_BAD_CALLBACK);
}
SP_TEST_END

SP_TEST(ac_18_ac_21_without_one_authentic_state_a_session_helps_nobody)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct begun other = begun_by(f, ASK(f, .host = "b.example.com", .lines = NAVIGATION));
    const char *const queries[] = {text("code=c&state=%s&state=%s", begun.state, begun.state),
                                   text("code=c&state=%s&st%%61te=x", begun.state),
                                   text("code=c&state=%sA", begun.state),
                                   text("code=c&state=%s", other.state),
                                   "error=temporarily_unavailable&state=x",
                                   "error=temporarily_unavailable"};
    const char *cookie = usual_cookie(f);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = text(CALLBACK "?%s", queries[i]), .lines = cookie);
        ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
        ck_assert_ptr_null(t->continuation);
    }
}
SP_TEST_END

SP_TEST(an_error_of_the_issuer_is_told_in_our_words)
{
    static const struct {
        const char *error;
        const char *name;
        enum sp_issuer_error code;
    } cases[] = {
        {"access_denied", "access_denied", SP_ISSUER_ERROR_ACCESS_DENIED},
        {"temporarily_unavailable", "temporarily_unavailable", SP_ISSUER_ERROR_TEMPORARILY_UNAVAILABLE},
        {"%3Cscript%3Ealert(1)%3C/script%3E", "other", SP_ISSUER_ERROR_OTHER},
    };
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    const char *cookie = text("Cookie: %s\r\n", begun.pair);
    take_log(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *uri = came_back(&begun, text("error=%s&error_description=%%3Cscript%%3Esecret%%0d%%0aX:+y"
                                                 "&error_uri=https://evil.test/",
                                                 cases[i].error));
        struct sp_transaction *t = ASK(f, .uri = uri, .lines = lines(NAVIGATION, cookie));
        ck_assert_answer(t, 403, SP_REASON_ISSUER_REFUSED);
        SP_BUF_SCOPED struct sp_buf told;
        sp_buf_init(&told, 1024);
        sp_quote_append_html(sp_str_from_c(sp_issuer_error_text(cases[i].code)), &told);
        ck_assert_contains(body_of(t), sp_buf_c_str(&told));
        ck_assert_lacks(body_of(t), "secret");
        ck_assert_lacks(body_of(t), "evil");
        ck_assert_contains(body_of(t), "rd=%2Fx\"");
        ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
        const char *log = take_log(f);
        ck_assert_contains(log, text("\"detail\":\"%s\"", cases[i].name));
        ck_assert_lacks(log, "secret");
        ck_assert_lacks(log, "evil");
    }
}
SP_TEST_END

SP_TEST(ac_20_iss_is_checked_where_it_is_promised)
{
    static const char *const wrong[] = {"", "&iss=", "&iss=https://evil.test", "&iss=" ISSUER "/"};
    FIXTURE f = fixture_new_with("", ",\"authorization_response_iss_parameter_supported\":true");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    const char *cookie = text("Cookie: %s\r\n", begun.pair);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *uri = came_back(&begun, text("code=c%s", wrong[i]));
        ck_assert_answer(ASK(f, .uri = uri, .lines = cookie), 400, SP_REASON_BAD_CALLBACK);
        uri = came_back(&begun, text("error=access_denied%s", wrong[i]));
        ck_assert_answer(ASK(f, .uri = uri, .lines = cookie), 400, SP_REASON_BAD_CALLBACK);
    }
    ASK(f, .uri = came_back(&begun, "code=c&iss=" ISSUER), .lines = cookie);
    struct waiting waiting = take_waiting(f);
    free_waiting(&waiting);
}
SP_TEST_END

SP_TEST(without_the_documents_the_login_waits_for_them)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    f->snapshot->documents = NULL;
    struct sp_transaction *t =
        ASK(f, .uri = came_back(&begun, "code=c"), .lines = text("Cookie: %s\r\n", begun.pair));
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"),
                      0); /* nothing is deleted, because a reload may succeed */
}
SP_TEST_END

/* ---- the callback host ----------------------------------------------------------------------------- */

#define AUTH "auth.example.com"
#define ONE_CALLBACK                                                                                         \
    "callback_host: https://" AUTH "\nhosts: [https://" AUTH ", " ORIGIN ", https://b.example.com]"

SP_TEST(ac_53_only_the_callback_host_relays_and_only_to_listed_origins)
{
    FIXTURE f = fixture_new(ONE_CALLBACK);
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    const char *query = text("code=a%%2Bb&state=%s&iss=x&session_state=<", begun.state);
    struct sp_transaction *t = ASK(f, .host = AUTH, .uri = text(CALLBACK "?%s", query), .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    ck_assert_int_eq(t->verdict, SP_VERDICT_PAGE);
    ck_assert_str_eq(field_of(t, "Location"),
                     text(ORIGIN CALLBACK "?code=a%%2Bb&state=%s&iss=x&session_state=%%3C", begun.state));
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    /* an error is also for the host that began the login */
    t = ASK(f, .host = AUTH, .uri = came_back(&begun, "error=access_denied"), .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    /* and so is a malformed query: there may be a session on that host */
    t = ASK(f, .host = AUTH, .uri = came_back(&begun, "code=a&code=b"), .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    ck_assert_str_eq(field_of(t, "Location"), text(ORIGIN CALLBACK "?code=a&code=b&state=%s", begun.state));
    /* a third host redeems and relays nothing */
    t = ASK(f, .host = "b.example.com", .uri = came_back(&begun, "code=c"), .lines = NAVIGATION);
    ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
    /* the host itself does not relay again */
    t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = text("Cookie: %s\r\n", begun.pair));
    struct waiting waiting = take_waiting(f);
    ck_assert_str_view(sp_buf_str(&waiting.login->redirect_uri), "https://" AUTH CALLBACK);
    free_waiting(&waiting);
}
SP_TEST_END

SP_TEST(a_login_of_one_callback_begins_again_at_the_host_where_it_began)
{
    FIXTURE f = fixture_new(ONE_CALLBACK);
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct begun again = begun_again(f, &begun, "");
    ck_assert_str_eq(wanted_by(f, "https://" AUTH CALLBACK, again.state), ORIGIN "/x");
    ck_assert_answer(ASK(f, .host = AUTH, .uri = came_back(&again, "code=c"), .lines = NAVIGATION), 302,
                     SP_REASON_RELAYED);
    ck_assert_answer(ASK(f, .uri = came_back(&again, "code=c"), .lines = NAVIGATION), 401,
                     SP_REASON_COOKIES_REFUSED);
}
SP_TEST_END

SP_TEST(ac_53_an_origin_that_was_taken_off_the_list_gets_no_code)
{
    FIXTURE before = fixture_new(ONE_CALLBACK);
    struct begun begun = begun_by(before, ASK(before, .lines = NAVIGATION));
    FIXTURE f = fixture_new("callback_host: https://" AUTH "\nhosts: [https://" AUTH "]");
    struct sp_transaction *t = ASK(f, .host = AUTH, .uri = came_back(&begun, "code=c"), .lines = NAVIGATION);
    ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
    ck_assert_lacks(body_of(t), HOST "/x");
}
SP_TEST_END

/* ---- completing ------------------------------------------------------------------------------------ */

SP_TEST(a_code_becomes_a_session_and_a_marker)
{
    FIXTURE f = fixture_new("session_lifetime: 2h");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y", .lines = NAVIGATION));
    struct waiting waiting = waiting_of(f, &begun);
    ck_assert_str_view(sp_buf_str(&waiting.login->code), "the-code");
    ck_assert_str_view(sp_buf_str(&waiting.login->redirect_uri), ORIGIN CALLBACK);
    take_log(f);
    struct sp_transaction *t = complete_with(f, waiting, &signer, "{}");
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x?y");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 2);
    const char *session = text_of(nth_field(&t->answer, "Set-Cookie", 0));
    const char *marker = text_of(nth_field(&t->answer, "Set-Cookie", 1));
    ck_assert_int_eq(strncmp(session, "__Host-sallyport=", 17), 0);
    ck_assert_str_eq(strchr(session, ';'), "; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax");
    ck_assert_int_eq(strncmp(marker, begun.pair, strcspn(begun.pair, "=") + 1), 0);
    ck_assert_str_eq(strchr(marker, ';'), "; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
    const char *completed = take_log(f);
    ck_assert_contains(completed, "\"event\":\"login_completed\"");
    ck_assert_contains(completed, "\"client\":\"203.0.113.9\"");
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_COMPLETED]), 1);
    /* the browser returns with them and is let in */
    const char *cookies =
        text("Cookie: %s; %s\r\n", pair_of(sp_str_from_c(session)), pair_of(sp_str_from_c(marker)));
    t = ASK(f, .uri = "/x?y", .lines = lines(NAVIGATION, cookies));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    /* if it is ended at once, the page states that, and not that the browser has dropped it */
    const struct sp_revocation revocation = {
        .kind = SP_REVOCATION_USER, .sub = SP_STR(ISSUER_SUB), .began_by_s = NOW_S, .until_s = NOW_S + 1};
    FIXTURE ended = fixture_new("session_lifetime: 2h");
    ck_assert_int_eq(sp_revocations_add(ended->process.revocations, &revocation, NOW_S), SP_REVOKED_ADDED);
    ck_assert_answer(ASK(ended, .uri = "/x", .lines = lines(NAVIGATION, cookies)), 401,
                     SP_REASON_SESSION_REVOKED);
    /* AC 19: repeating the same callback redeems nothing */
    t = ASK(f, .uri = came_back(&begun, "code=the-code"), .lines = lines(NAVIGATION, cookies));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_ptr_null(t->continuation);
}
SP_TEST_END

SP_TEST(a_code_that_a_worker_brings_anew_becomes_a_session_and_a_page_that_leads_on)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y", .lines = NAVIGATION));
    struct sp_transaction *t = ASK(f, .uri = came_back(&begun, "code=the-code"),
                                   .lines = text("%sCookie: %s\r\n", MADE_ANEW, begun.pair));
    t = complete_with(f, take_waiting(f), &signer, "{}");
    ck_assert_answer(t, 300, SP_REASON_SIGNED_IN);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 2);
    ck_assert_str_eq(href_of(t), ORIGIN "/x?y");
}
SP_TEST_END

SP_TEST(ac_33_each_login_has_a_session_id_of_its_own)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    uint8_t ids[2][SP_SESSION_ID_LEN];
    for (size_t i = 0; i < 2; i++) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, "{}");
        memcpy(ids[i], t->selection.session->id, sizeof ids[i]);
    }
    ck_assert_mem_ne(ids[0], ids[1], sizeof ids[0]);
}
SP_TEST_END

SP_TEST(a_token_that_fails_a_check_ends_the_login)
{
    static const char *const wrong[] = {"{\"nonce\":\"x\"}", "{\"aud\":\"other\"}", "{\"exp\":1}",
                                        "{\"iss\":\"https://evil.test\"}", "{\"sub\":\"-\"}"};
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, wrong[i]);
        ck_assert_answer(t, 500, SP_REASON_TOKEN_INVALID);
        ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
        ck_assert_contains(body_of(t), "/_sallyport/login?rd=%2Fx");
        ck_assert_contains(body_of(t), "What failed: ");
        bool passes = strcmp(wrong[i], "{\"exp\":1}") == 0;
        ck_assert_contains(body_of(t), passes ? "Start again." : "This site is misconfigured");
        ck_assert_lacks(take_log(f), "eyJ");
    }
}
SP_TEST_END

SP_TEST(ac_70_a_login_under_way_is_ended_by_what_ends_sessions)
{
    static const struct {
        enum sp_revocation_kind kind;
        const char *sub;
        const char *sid;
        int64_t after_s; /* seconds since the login began */
        bool ends;
    } cases[] = {
        {SP_REVOCATION_USER, ISSUER_SUB, "", 0, true},
        {SP_REVOCATION_USER, ISSUER_SUB, "", 5, true},
        {SP_REVOCATION_USER, ISSUER_SUB, "", -1, false},
        {SP_REVOCATION_USER, "somebody else", "", 5, false},
        {SP_REVOCATION_SID, "", "s1", 5, true},
        {SP_REVOCATION_SID, "", "s1", -1, false},
        {SP_REVOCATION_SID, "", "s2", 5, false},
        {SP_REVOCATION_USER_SID, ISSUER_SUB, "s1", 5, true},
        {SP_REVOCATION_USER_SID, ISSUER_SUB, "s2", 5, false},
        {SP_REVOCATION_USER_SID, "somebody else", "s1", 5, false},
    };
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FIXTURE f = fixture_new("");
        struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
        f->context.now_s += 10;
        struct waiting waiting = waiting_of(f, &begun);
        const struct sp_revocation revocation = {
            .kind = cases[i].kind,
            .sub = sp_str_from_c(cases[i].sub),
            .sid = sp_str_from_c(cases[i].sid),
            .began_by_s = NOW_S + cases[i].after_s,
            .until_s = NOW_S + 43200,
            .lifetime_s = 43200,
        };
        ck_assert_int_eq(sp_revocations_add(f->process.revocations, &revocation, NOW_S), SP_REVOKED_ADDED);
        const struct sp_transaction *t = complete_with(f, waiting, &signer, "{\"sid\":\"s1\"}");
        if (!cases[i].ends) {
            ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
            continue;
        }
        ck_assert_answer(t, 401, SP_REASON_SESSION_REVOKED);
        ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2Fx\"");
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 1); /* the login cookie is deleted */
        ck_assert_contains(take_log(f), "\"reason\":\"session_revoked\"");
    }
}
SP_TEST_END

SP_TEST(a_refusal_of_the_token_endpoint_is_told_and_a_failure_may_be_tried_again)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t = complete_response(
        f, waiting_of(f, &begun), 400, "{\"error\":\"invalid_grant\",\"error_description\":\"<b>x\"}");
    ck_assert_answer(t, 403, SP_REASON_ISSUER_REFUSED);
    ck_assert_contains(body_of(t), sp_issuer_error_text(SP_ISSUER_ERROR_INVALID_GRANT));
    ck_assert_contains(body_of(t), "Start again.");
    ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
    begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    t = complete_response(f, waiting_of(f, &begun), 503, "");
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(an_installation_that_the_issuer_refuses_is_the_operators_to_mend)
{
    static const char *const faults[] = {"invalid_client", "unauthorized_client", "invalid_scope",
                                         "unsupported_grant_type", "invalid_request"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
        struct sp_transaction *t =
            complete_response(f, waiting_of(f, &begun), 401, text("{\"error\":\"%s\"}", faults[i]));
        ck_assert_answer(t, 403, SP_REASON_ISSUER_REFUSED);
        ck_assert_contains(body_of(t), "This site is misconfigured");
        ck_assert_lacks(body_of(t), "another account");
        const char *log = take_log(f);
        ck_assert_contains(log, "\"event\":\"login_started\"");
        ck_assert_contains(log, "\"redirect_uri\":\"" ORIGIN "/_sallyport/callback\"");
        ck_assert_contains(strstr(log, "\"event\":\"login_failed\""), "\"client\":\"203.0.113.9\"");
    }
}
SP_TEST_END

SP_TEST(a_redemption_that_never_began_is_told_by_its_reason)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    ck_assert_answer(complete(f, waiting_of(f, &begun), new_outcome(SP_REASON_ISSUER_UNAVAILABLE, NULL)), 503,
                     SP_REASON_ISSUER_UNAVAILABLE);
}
SP_TEST_END

SP_TEST(a_redemption_that_nobody_waited_for_says_so_in_the_log)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    ck_assert_answer(resume(f, waiting_of(f, &begun), SP_WAIT_END_GONE), 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_contains(take_log(f), "the request was gone");
}
SP_TEST_END

SP_TEST(ac_88_a_callback_that_may_not_wait_is_told_so_and_the_log_says_what_is_full)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct waiting waiting = waiting_of(f, &begun);
    waiting.login->base.refusal = "too many of them";
    resume(f, waiting, SP_WAIT_END_REFUSED);
    ck_assert_answer(&f->t, 503, SP_REASON_OVERLOADED);
    ck_assert_ptr_null(f->t.continuation);
    ck_assert_str_eq(field_of(&f->t, "Retry-After"), "5");
    ck_assert_uint_eq(count_fields(&f->t.answer, "Set-Cookie"), 0); /* the login may still be completed */
    ck_assert_contains(take_log(f), "too many of them");
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_FAILED]), 1);
}
SP_TEST_END

SP_TEST(ac_53_a_login_of_another_origin_is_completed_at_its_own_callback)
{
    FIXTURE f = fixture_new(ONE_CALLBACK);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, "{}");
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x");
    ck_assert_int_eq(strncmp(text_of(nth_field(&t->answer, "Set-Cookie", 0)), "__Host-sallyport=", 17), 0);
}
SP_TEST_END

SP_SUITE("gate/callback", ac_18_a_callback_that_nobody_began_is_refused,
         ac_18_a_state_that_was_altered_or_is_of_another_host_is_refused,
         ac_21_what_is_there_twice_or_contradicts_itself_is_refused,
         ac_50_a_login_that_comes_back_without_its_cookie_begins_again_once,
         ac_50_a_sign_in_of_more_than_ten_minutes_begins_again_and_then_says_so,
         ac_50_a_callback_again_after_the_session_was_lost_is_explained, only_a_navigation_begins_again,
         ac_18_ac_19_ac_21_with_a_session_a_callback_leads_to_the_page_that_was_wanted,
         ac_18_ac_21_without_one_authentic_state_a_session_helps_nobody,
         an_error_of_the_issuer_is_told_in_our_words, ac_20_iss_is_checked_where_it_is_promised,
         without_the_documents_the_login_waits_for_them,
         ac_53_only_the_callback_host_relays_and_only_to_listed_origins,
         a_login_of_one_callback_begins_again_at_the_host_where_it_began,
         ac_53_an_origin_that_was_taken_off_the_list_gets_no_code, a_code_becomes_a_session_and_a_marker,
         a_code_that_a_worker_brings_anew_becomes_a_session_and_a_page_that_leads_on,

         ac_33_each_login_has_a_session_id_of_its_own, a_token_that_fails_a_check_ends_the_login,
         ac_70_a_login_under_way_is_ended_by_what_ends_sessions,
         a_refusal_of_the_token_endpoint_is_told_and_a_failure_may_be_tried_again,
         a_redemption_that_never_began_is_told_by_its_reason,
         an_installation_that_the_issuer_refuses_is_the_operators_to_mend,
         a_redemption_that_nobody_waited_for_says_so_in_the_log,
         ac_88_a_callback_that_may_not_wait_is_told_so_and_the_log_says_what_is_full,
         ac_53_a_login_of_another_origin_is_completed_at_its_own_callback)
