/* SPDX-License-Identifier: Apache-2.0 */
#include "server/callback.h"

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
        ck_assert_ptr_null(t->pending);
        ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2F\"");
        ck_assert_contains(take_log(f), "\"event\":\"login_failed\"");
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

SP_TEST(ac_50_without_the_login_cookie_a_page_explains)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y", .lines = NAVIGATION));
    struct begun other = begun_by(f, ASK(f, .uri = "/z", .lines = NAVIGATION));
    const char *const cookies[] = {"", text("Cookie: %s\r\n", other.pair),
                                   text("Cookie: %sx\r\n", begun.pair)};
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        struct sp_transaction *t =
            ASK(f, .uri = came_back(&begun, "code=c"), .lines = lines(NAVIGATION, cookies[i]));
        ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
        ck_assert_ptr_null(t->pending);
        ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2Fx%3Fy\"");
    }
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S + 1;
    ck_assert_answer(ASK(f, .uri = came_back(&begun, "code=c"), .lines = text("Cookie: %s\r\n", begun.pair)),
                     401, SP_REASON_COOKIES_REFUSED);
}
SP_TEST_END

SP_TEST(ac_19_a_late_or_repeated_callback_with_a_session_goes_where_the_user_wanted)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?y=%22", .lines = NAVIGATION));
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S + 1;
    static const char *const queries[] = {"code=c", "error=access_denied"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        struct sp_transaction *t =
            ASK(f, .uri = came_back(&begun, queries[i]), .lines = lines(NAVIGATION, usual_cookie(f)));
        ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
        ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x?y=%22");
        ck_assert_ptr_null(t->pending);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
    struct sp_session over = usual_session();
    over.expires_s = NOW_S + 1;
    ck_assert_answer(ASK(f, .uri = came_back(&begun, "code=c"), .lines = cookie_of(f, &over)), 401,
                     SP_REASON_COOKIES_REFUSED);
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
    struct sp_transaction *t = ASK(f, .uri = came_back(&begun, "code=c&iss=" ISSUER), .lines = cookie);
    ck_assert_ptr_nonnull(t->pending);
    sp_pending_login_free(t->pending);
}
SP_TEST_END

SP_TEST(without_the_documents_the_login_waits_for_them)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    f->context.documents = NULL;
    struct sp_transaction *t =
        ASK(f, .uri = came_back(&begun, "code=c"), .lines = text("Cookie: %s\r\n", begun.pair));
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0); /* a reload may succeed */
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
    ck_assert_int_eq(t->result, SP_RESULT_PAGE);
    ck_assert_str_eq(field_of(t, "Location"),
                     text(ORIGIN CALLBACK "?code=a%%2Bb&state=%s&iss=x&session_state=%%3C", begun.state));
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    /* an error is for the host that began, too */
    t = ASK(f, .host = AUTH, .uri = came_back(&begun, "error=access_denied"), .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    /* a third host redeems and relays nothing */
    t = ASK(f, .host = "b.example.com", .uri = came_back(&begun, "code=c"), .lines = NAVIGATION);
    ck_assert_answer(t, 400, SP_REASON_BAD_CALLBACK);
    /* the host itself does not relay on */
    t = ASK(f, .uri = came_back(&begun, "code=c"), .lines = text("Cookie: %s\r\n", begun.pair));
    ck_assert_ptr_nonnull(t->pending);
    ck_assert_str_view(sp_buf_str(&t->pending->job->redirect_uri), "https://" AUTH CALLBACK);
    sp_pending_login_free(t->pending);
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
    struct sp_pending_login *pending = pending_of(f, &begun);
    ck_assert_str_view(sp_buf_str(&pending->job->code), "the-code");
    ck_assert_str_view(sp_buf_str(&pending->job->redirect_uri), ORIGIN CALLBACK);
    take_log(f);
    struct sp_transaction *t = complete_with(f, pending, &signer, "{}");
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x?y");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 2);
    const char *session = text_of(nth_field(&t->answer, "Set-Cookie", 0));
    const char *marker = text_of(nth_field(&t->answer, "Set-Cookie", 1));
    ck_assert_int_eq(strncmp(session, "__Host-sallyport=", 17), 0);
    ck_assert_str_eq(strchr(session, ';'), "; Path=/; Max-Age=7200; Secure; HttpOnly; SameSite=Lax");
    ck_assert_int_eq(strncmp(marker, begun.pair, strcspn(begun.pair, "=") + 1), 0);
    ck_assert_str_eq(strchr(marker, ';'), "; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
    ck_assert_contains(take_log(f), "\"event\":\"login_completed\"");
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_COMPLETED]), 1);
    /* the browser comes with them and is let in */
    const char *cookies =
        text("Cookie: %s; %s\r\n", pair_of(sp_str_from_c(session)), pair_of(sp_str_from_c(marker)));
    t = ASK(f, .uri = "/x?y", .lines = lines(NAVIGATION, cookies));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    /* AC 19: the same callback once more redeems nothing */
    t = ASK(f, .uri = came_back(&begun, "code=the-code"), .lines = lines(NAVIGATION, cookies));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_ptr_null(t->pending);
}
SP_TEST_END

SP_TEST(ac_33_each_login_has_a_session_id_of_its_own)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    uint8_t ids[2][SP_SESSION_ID_LEN];
    for (size_t i = 0; i < 2; i++) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, pending_of(f, &begun), &signer, "{}");
        memcpy(ids[i], t->selection.session.id, sizeof ids[i]);
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
        struct sp_transaction *t = complete_with(f, pending_of(f, &begun), &signer, wrong[i]);
        ck_assert_answer(t, 500, SP_REASON_TOKEN_INVALID);
        ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
        ck_assert_contains(body_of(t), "/_sallyport/login?rd=%2Fx");
        ck_assert_lacks(take_log(f), "eyJ");
    }
}
SP_TEST_END

SP_TEST(a_refusal_of_the_token_endpoint_is_told_and_a_failure_may_be_tried_again)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t = complete_response(
        f, pending_of(f, &begun), 400, "{\"error\":\"invalid_grant\",\"error_description\":\"<b>x\"}");
    ck_assert_answer(t, 403, SP_REASON_ISSUER_REFUSED);
    ck_assert_contains(body_of(t), sp_issuer_error_text(SP_ISSUER_ERROR_INVALID_GRANT));
    ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
    begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    t = complete_response(f, pending_of(f, &begun), 503, "");
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(a_redemption_that_never_began_is_told_by_its_reason)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    ck_assert_answer(complete(f, pending_of(f, &begun), new_redeemed(SP_REASON_ISSUER_UNAVAILABLE, NULL)),
                     503, SP_REASON_ISSUER_UNAVAILABLE);
}
SP_TEST_END

SP_TEST(a_redemption_that_nobody_waited_for_says_so_in_the_log)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    ck_assert_answer(complete(f, pending_of(f, &begun), NULL), 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_contains(take_log(f), "the request was gone");
}
SP_TEST_END

SP_TEST(ac_88_a_callback_that_may_not_wait_is_told_so_and_the_log_says_what_is_full)
{
    FIXTURE f = fixture_new("");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    (void)pending_of(f, &begun);
    sp_callback_refuse(&f->t, "too many of them");
    finish(f);
    ck_assert_answer(&f->t, 503, SP_REASON_OVERLOADED);
    ck_assert_ptr_null(f->t.pending);
    ck_assert_str_eq(field_of(&f->t, "Retry-After"), "5");
    ck_assert_uint_eq(count_fields(&f->t.answer, "Set-Cookie"), 0); /* the login may still be completed */
    ck_assert_contains(take_log(f), "too many of them");
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_FAILED]), 1);
}
SP_TEST_END

/* A JSON array of `n` groups of `len` bytes each. */
static const char *groups_of(size_t n, int len)
{
    static char list[TEXT_LEN_MAX];
    size_t at = (size_t)snprintf(list, sizeof list, "{\"groups\":[");
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(list + at, sizeof list - at, "%s\"%0*zu\"", i > 0 ? "," : "", len, i);
    }
    snprintf(list + at, sizeof list - at, "]}");
    return list;
}

SP_TEST(a_session_that_does_not_fit_a_cookie_is_told_with_the_cure)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (int len = 20; len < 80; len += 1) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        struct sp_transaction *t = complete_with(f, pending_of(f, &begun), &signer, groups_of(50, len));
        if (t->answer.status == 302) {
            struct sp_str line = nth_field(&t->answer, "Set-Cookie", 0);
            ck_assert_uint_lt(sp_str_find(line, ';'), 4096);
            continue;
        }
        ck_assert_answer(t, 500, SP_REASON_SESSION_TOO_LARGE);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        ck_assert_contains(body_of(t), "groups_keep");
        const char *log = take_log(f);
        ck_assert_contains(log, "50 groups");
        ck_assert_contains(log, "groups_keep");
        ck_assert_int_gt(len, 45);
        return;
    }
    ck_abort_msg("it always fits");
}
SP_TEST_END

SP_TEST(more_groups_than_a_session_holds_are_told_with_the_cure)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t =
        complete_with(f, pending_of(f, &begun), &signer, groups_of(SP_SESSION_GROUPS_MAX_N, 3));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    t = complete_with(f, pending_of(f, &begun), &signer, groups_of(SP_SESSION_GROUPS_MAX_N + 1, 3));
    ck_assert_answer(t, 500, SP_REASON_SESSION_TOO_LARGE);
    ck_assert_contains(take_log(f),
                       "257 groups; a session holds 256: name those worth keeping in groups_keep");
}
SP_TEST_END

SP_TEST(ac_53_a_login_of_another_origin_is_completed_at_its_own_callback)
{
    FIXTURE f = fixture_new(ONE_CALLBACK);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_transaction *t = complete_with(f, pending_of(f, &begun), &signer, "{}");
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x");
    ck_assert_int_eq(strncmp(text_of(nth_field(&t->answer, "Set-Cookie", 0)), "__Host-sallyport=", 17), 0);
}
SP_TEST_END

SP_SUITE("server/callback", ac_18_a_callback_that_nobody_began_is_refused,
         ac_18_a_state_that_was_altered_or_is_of_another_host_is_refused,
         ac_21_what_is_there_twice_or_contradicts_itself_is_refused,
         ac_50_without_the_login_cookie_a_page_explains,
         ac_19_a_late_or_repeated_callback_with_a_session_goes_where_the_user_wanted,
         an_error_of_the_issuer_is_told_in_our_words, ac_20_iss_is_checked_where_it_is_promised,
         without_the_documents_the_login_waits_for_them,
         ac_53_only_the_callback_host_relays_and_only_to_listed_origins,
         ac_53_an_origin_that_was_taken_off_the_list_gets_no_code, a_code_becomes_a_session_and_a_marker,
         ac_33_each_login_has_a_session_id_of_its_own, a_token_that_fails_a_check_ends_the_login,
         a_refusal_of_the_token_endpoint_is_told_and_a_failure_may_be_tried_again,
         a_redemption_that_never_began_is_told_by_its_reason,
         a_redemption_that_nobody_waited_for_says_so_in_the_log,
         ac_88_a_callback_that_may_not_wait_is_told_so_and_the_log_says_what_is_full,
         a_session_that_does_not_fit_a_cookie_is_told_with_the_cure,
         more_groups_than_a_session_holds_are_told_with_the_cure,
         ac_53_a_login_of_another_origin_is_completed_at_its_own_callback)
