/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/logout.h"

#include "http/form.h"
#include "oidc/callback.h"
#include "redeem.h"
#include "session/logout.h"

#define LOGOUT     "/_sallyport/logout"
#define SIGNED_OUT ORIGIN "/_sallyport/signed-out"

static const char *confirmation_of(const struct sp_transaction *t)
{
    ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    const char *body = body_of(t);
    const char *action = strstr(body, "<form method=\"post\" action=\"");
    ck_assert_msg(action != NULL, "%s", body);
    action = strstr(action, "action=\"") + 8;
    struct sp_str url = {action, strcspn(action, "\"")};
    ck_assert(sp_str_starts_with(url, SP_STR(ORIGIN LOGOUT "?token=")));
    return text_of(sp_str_skip(url, strlen(ORIGIN)));
}

/* The session cookie is deleted, and the browser is redirected to the page that confirms it. */
static void check_ended(const struct sp_transaction *t)
{
    ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    ck_assert_str_eq(field_of(t, "Location"), SIGNED_OUT);
    ck_assert_str_view(nth_field(&t->answer, "Set-Cookie", 0),
                       "__Host-sallyport=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
}

SP_TEST(an_own_navigation_ends_the_session_at_once)
{
    static const char *const kinds[] = {NAVIGATION, OWN_LINK, PASSED_ON};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        check_ended(ASK(f, .uri = LOGOUT, .lines = lines(kinds[i], numbered_cookie(f, (uint8_t)i))));
        ck_assert_contains(take_log(f), "\"event\":\"logout\"");
    }
}
SP_TEST_END

SP_TEST(ac_34_what_comes_from_elsewhere_is_asked)
{
    static const char *const kinds[] = {
        STRANGER,
        SIBLING,
        FRAME,
        IMAGE,
        FETCH,
        OLD,
        PREFETCH,
        WEBSOCKET,
        MADE_ANEW,
        "",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n",
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = LOGOUT, .lines = lines(kinds[i], usual_cookie(f)));
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        ck_assert_ptr_null(strstr(take_log(f), "\"event\":\"logout\""));
    }
    struct sp_transaction *t =
        ASK(f, .method = "HEAD", .uri = LOGOUT, .lines = lines(OWN_LINK, usual_cookie(f)));
    ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
    /* a repeated metadata header counts for nothing */
    t = ASK(f, .uri = LOGOUT, .lines = text("%s%s%s", OWN_LINK, STRANGER, usual_cookie(f)));
    ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
}
SP_TEST_END

SP_TEST(the_button_of_the_page_ends_the_session)
{
    FIXTURE f = fixture_new("");
    const char *cookie = usual_cookie(f);
    const char *action = confirmation_of(ASK(f, .uri = LOGOUT, .lines = lines(STRANGER, cookie)));
    check_ended(ASK(f, .method = "POST", .uri = action, .lines = lines(OWN_LINK, cookie)));
    cookie = numbered_cookie(f, 2);
    action = confirmation_of(ASK_DIRECT(f, .uri = LOGOUT, .lines = lines(STRANGER, cookie)));
    check_ended(ASK_DIRECT(f, .method = "POST", .uri = action, .lines = lines(OWN_LINK, cookie)));
}
SP_TEST_END

SP_TEST(ac_70_a_copy_of_the_cookie_is_worth_nothing_after_the_sign_out)
{
    FIXTURE f = fixture_new("");
    const char *cookie = usual_cookie(f);
    const char *other = numbered_cookie(f, 9);
    ck_assert_answer(ASK(f, .lines = cookie), 200, SP_REASON_NONE);
    check_ended(ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, cookie)));
    ck_assert_answer(ASK(f, .lines = cookie), 401, SP_REASON_SESSION_REVOKED);
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, cookie)), 302, SP_REASON_SESSION_REVOKED);
    ck_assert_answer(ASK(f, .lines = other), 200, SP_REASON_NONE);
    ck_assert_uint_eq(sp_revocations_count(f->process.revocations), 1);
}
SP_TEST_END

SP_TEST(who_ends_very_many_sessions_ends_all_older_ones_and_the_log_says_so)
{
    FIXTURE f = fixture_new("");
    const char *older = numbered_cookie(f, 200);
    for (uint8_t i = 0; i <= SP_REVOCATIONS_USER_MAX; i++) {
        ck_assert_answer(ASK(f, .lines = older), 200, SP_REASON_NONE);
        ck_assert_ptr_null(strstr(take_log(f), "so many sessions"));
        check_ended(ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, numbered_cookie(f, i))));
    }
    ck_assert_contains(take_log(f), "so many sessions");
    ck_assert_answer(ASK(f, .lines = older), 401, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

SP_TEST(a_lifetime_that_was_made_shorter_holds_for_older_sessions_too)
{
    FIXTURE f = fixture_new("session_lifetime: 1h\n");
    const char *cookie = usual_cookie(f); /* it began 100 s ago, when the lifetime was 12 hours */
    f->context.now_s = NOW_S - 100 + 3599;
    ck_assert_answer(ASK(f, .lines = cookie), 200, SP_REASON_NONE);
    f->context.now_s++;
    ck_assert_answer(ASK(f, .lines = cookie), 401, SP_REASON_SESSION_EXPIRED);
    ck_assert_contains(take_log(f), "longer ago than session_lifetime");
}
SP_TEST_END

SP_TEST(ac_34_a_token_is_of_one_session_for_ten_minutes)
{
    FIXTURE f = fixture_new("");
    struct sp_session other = usual_session();
    other.id[15] ^= 1;
    const char *cookie = usual_cookie(f);
    const char *foreign =
        confirmation_of(ASK(f, .uri = LOGOUT, .lines = lines(STRANGER, cookie_of(f, &other))));
    const char *own = confirmation_of(ASK(f, .uri = LOGOUT, .lines = lines(STRANGER, cookie)));
    const char *const refused[] = {
        foreign, LOGOUT, LOGOUT "?token=", LOGOUT "?token=x", text("%sx", own), text("%s&token=x", own)};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_answer(ASK(f, .method = "POST", .uri = refused[i], .lines = lines(OWN_LINK, cookie)), 403,
                         SP_REASON_CROSS_SITE);
    }
    /* a GET of the form's address is treated like any link */
    ck_assert_answer(ASK(f, .uri = own, .lines = lines(STRANGER, cookie)), 403, SP_REASON_CROSS_SITE);
    f->context.now_s += SP_LOGOUT_CONFIRMATION_LIFETIME_S;
    ck_assert_answer(ASK(f, .method = "POST", .uri = own, .lines = lines(OWN_LINK, cookie)), 403,
                     SP_REASON_CROSS_SITE);
    f->context.now_s -= 1;
    check_ended(ASK(f, .method = "POST", .uri = own, .lines = lines(OWN_LINK, cookie)));
}
SP_TEST_END

SP_TEST(without_a_session_logout_is_over_already_and_deletes_nothing)
{
    FIXTURE f = fixture_new("");
    const char *const cookies[] = {"", expired_cookie(f), "Cookie: __Host-sallyport=x\r\n"};
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct sp_transaction *t = ASK(f, .method = j == 0 ? "GET" : "POST", .uri = LOGOUT,
                                           .lines = lines(j == 0 ? OWN_LINK : IMAGE, cookies[i]));
            ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
            ck_assert_str_eq(field_of(t, "Location"), SIGNED_OUT);
            ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
            ck_assert_ptr_null(strstr(take_log(f), "\"event\":\"logout\""));
        }
    }
}
SP_TEST_END

SP_TEST(login_cookies_go_with_the_session)
{
    FIXTURE f = fixture_new("");
    struct begun first = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct begun second = begun_by(f, ASK(f, .lines = NAVIGATION));
    const char *all = text("%sCookie: %s; %s\r\n", usual_cookie(f), first.pair, second.pair);
    struct sp_transaction *t = ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, all));
    check_ended(t);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 3);
    for (size_t i = 1; i < 3; i++) {
        const char *line = text_of(nth_field(&t->answer, "Set-Cookie", i));
        ck_assert_contains(line, text("-%.*s=; ", SP_LOGIN_ID_TEXT_LEN,
                                      i == 1 ? first.login_id.text : second.login_id.text));
        ck_assert_contains(line, "Max-Age=0;");
    }
}
SP_TEST_END

SP_TEST(the_page_signed_out_says_what_is_true)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .uri = "/_sallyport/signed-out", .lines = NAVIGATION);
    ck_assert_answer(t, 401, SP_REASON_SIGNED_OUT);
    ck_assert_int_eq(t->verdict, SP_VERDICT_PAGE);
    ck_assert_contains(body_of(t), "You may still be signed in at the identity provider.");
    ck_assert_contains(body_of(t), "Sign in again");
    /* a user who is signed in has not signed out */
    confirmation_of(ASK(f, .uri = "/_sallyport/signed-out", .lines = lines(NAVIGATION, usual_cookie(f))));
}
SP_TEST_END

/* ---- by way of the issuer -------------------------------------------------------------------------- */

#define END         "https://issuer.example/end"
#define WITH_LOGOUT ",\"end_session_endpoint\":\"" END "\""
#define CALLBACK_HOST                                                                                        \
    "callback_host: https://auth.example.com\nhosts: [https://auth.example.com, " ORIGIN "]\n"

/* The parameter of the address that the browser is sent to, decoded. */
static const char *sent(const struct sp_transaction *t, const char *name)
{
    ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    const char *location = field_of(t, "Location");
    ck_assert_msg(strncmp(location, END "?", strlen(END "?")) == 0, "%s", location);
    struct sp_str raw;
    ck_assert_uint_eq(sp_form_find(sp_str_from_c(location + strlen(END "?")), sp_str_from_c(name), &raw), 1);
    SP_BUF_SCOPED struct sp_buf value;
    sp_buf_init(&value, 4096);
    ck_assert_int_eq(sp_form_decode(raw, &value), SP_OK);
    return text_of(sp_buf_str(&value));
}

SP_TEST(a_sign_out_goes_on_at_the_issuer_and_comes_back)
{
    FIXTURE f = fixture_new_with("", WITH_LOGOUT);
    struct sp_transaction *t = ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_str_eq(sent(t, "client_id"), "sallyport");
    ck_assert_str_eq(sent(t, "post_logout_redirect_uri"), SIGNED_OUT);
    ck_assert_lacks(field_of(t, "Location"), "id_token_hint");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 1);
    const char *back = text("/_sallyport/signed-out?state=%s", sent(t, "state"));
    for (size_t i = 0; i < 2; i++) {
        t = ASK(f, .uri = back, .lines = STRANGER);
        ck_assert_answer(t, 401, SP_REASON_SIGNED_OUT);
        ck_assert_contains(body_of(t), "the identity provider was asked to end its own session.");
    }
    /* without a session there is nothing to request from the issuer */
    t = ASK(f, .uri = LOGOUT, .lines = NAVIGATION);
    ck_assert_str_eq(field_of(t, "Location"), SIGNED_OUT);
}
SP_TEST_END

SP_TEST(ac_73_a_return_without_an_authentic_state_is_the_page_and_no_redirect)
{
    FIXTURE f = fixture_new_with(CALLBACK_HOST, WITH_LOGOUT);
    const char *state = sent(ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, usual_cookie(f))), "state");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    char *altered = strdup(state);
    altered[strlen(altered) / 2] ^= 1;
    const char *longest = repeat('"', SP_CALLBACK_QUERY_MAX - strlen("state=&") - strlen(state));
    const char *const queries[] = {"",
                                   "?state=",
                                   "?state=x",
                                   text("?state=%sA", state),
                                   text("?state=%s", altered),
                                   text("?state=%s&state=%s", state, state),
                                   text("?state=%s&%sx", state, longest),
                                   text("?state=%s", begun.state)};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        const struct sp_transaction *t =
            ASK(f, .host = "auth.example.com", .uri = text("/_sallyport/signed-out%s", queries[i]),
                .lines = STRANGER);
        ck_assert_answer(t, 401, SP_REASON_SIGNED_OUT);
        ck_assert_lacks(body_of(t), "was asked");
    }
    free(altered);
    f->context.now_s += SP_LOGOUT_STATE_LIFETIME_S;
    const char *late = text("/_sallyport/signed-out?state=%s", state);
    ck_assert_answer(ASK(f, .host = "auth.example.com", .uri = late, .lines = STRANGER), 401,
                     SP_REASON_SIGNED_OUT);
    f->context.now_s--;
    ck_assert_answer(ASK(f, .host = "auth.example.com", .uri = late, .lines = STRANGER), 302,
                     SP_REASON_RELAYED);
    ck_assert_answer(
        ASK(f, .host = "auth.example.com", .uri = text("%s&%s", late, longest), .lines = STRANGER), 302,
        SP_REASON_RELAYED);
}
SP_TEST_END

SP_TEST(ac_73_the_callback_host_passes_a_return_on_to_where_the_user_signed_out)
{
    FIXTURE f = fixture_new_with(CALLBACK_HOST, WITH_LOGOUT);
    struct sp_transaction *t = ASK(f, .uri = LOGOUT, .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_str_eq(sent(t, "post_logout_redirect_uri"), "https://auth.example.com/_sallyport/signed-out");
    const char *back = text("/_sallyport/signed-out?state=%s", sent(t, "state"));
    t = ASK(f, .host = "auth.example.com", .uri = back, .lines = STRANGER);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    ck_assert_str_eq(field_of(t, "Location"), text(ORIGIN "%s", back));
    t = ASK(f, .uri = back, .lines = STRANGER);
    ck_assert_answer(t, 401, SP_REASON_SIGNED_OUT);
    ck_assert_contains(body_of(t), "was asked");
    /* if a host was removed from the list meanwhile, nothing leads there */
    FIXTURE other = fixture_new_with(
        "callback_host: https://auth.example.com\nhosts: [https://auth.example.com]\n", WITH_LOGOUT);
    ck_assert_answer(ASK(other, .host = "auth.example.com", .uri = back, .lines = STRANGER), 401,
                     SP_REASON_SIGNED_OUT);
}
SP_TEST_END

SP_TEST(the_page_whose_form_leads_to_the_issuer_alone_has_no_form_action)
{
    FIXTURE f = fixture_new_with("", WITH_LOGOUT);
    struct sp_transaction *t = ASK(f, .uri = LOGOUT, .lines = lines(STRANGER, usual_cookie(f)));
    confirmation_of(t);
    ck_assert_lacks(field_of(t, "Content-Security-Policy"), "form-action");
    ck_assert_contains(field_of(t, "Content-Security-Policy"), "frame-ancestors 'none'");
    ck_assert_contains(body_of(t), "also signs you out at the identity provider");
    t = ASK(f, .uri = "/_sallyport/signed-out", .lines = NAVIGATION);
    ck_assert_contains(field_of(t, "Content-Security-Policy"), "form-action 'self'");
}
SP_TEST_END

/* ---- everywhere ------------------------------------------------------------------------------------ */

SP_TEST(signing_out_everywhere_ends_all_sessions_of_the_user)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    session.id[0] = 77;
    session.profile.sub = SP_STR("somebody else");
    const char *stranger = cookie_of(f, &session);
    const char *other = numbered_cookie(f, 9);
    const struct sp_transaction *t =
        ASK(f, .uri = LOGOUT "?everywhere=1", .lines = lines(OWN_LINK, usual_cookie(f)));
    ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    const char *location = field_of(t, "Location");
    ck_assert_contains(location, SIGNED_OUT "?state=");
    ck_assert_contains(take_log(f), "\"extent\":\"everywhere\"");
    ck_assert_answer(ASK(f, .lines = other), 401, SP_REASON_SESSION_REVOKED);
    ck_assert_answer(ASK(f, .lines = stranger), 200, SP_REASON_NONE);
    t = ASK(f, .uri = location + strlen(ORIGIN), .lines = OWN_LINK);
    ck_assert_contains(body_of(t), "You are signed out everywhere");
}
SP_TEST_END

SP_TEST(ac_42_signing_out_everywhere_ends_a_session_from_before_the_clock_was_set_back)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    session.login_at_s = session.issued_s = NOW_S + 3600;
    session.expires_s = NOW_S + 7200;
    const char *cookie = cookie_of(f, &session);
    const struct sp_transaction *t = ASK(f, .uri = LOGOUT "?everywhere=1", .lines = lines(OWN_LINK, cookie));
    ck_assert_answer(t, 303, SP_REASON_SIGNED_OUT);
    ck_assert_answer(ASK(f, .lines = cookie), 401, SP_REASON_SESSION_REVOKED);
    ck_assert_answer(ASK(f, .lines = usual_cookie(f)), 401, SP_REASON_SESSION_REVOKED);
    f->context.now_s = NOW_S + 3700;
    ck_assert_answer(ASK(f, .lines = cookie), 401, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

SP_TEST(ac_34_nobody_elses_page_signs_out_everywhere)
{
    static const char *const kinds[] = {STRANGER, SIBLING, FRAME, IMAGE, FETCH, PREFETCH, ""};
    FIXTURE f = fixture_new("");
    const char *cookie = usual_cookie(f);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct sp_transaction *t =
            ASK(f, .uri = LOGOUT "?everywhere=1", .lines = lines(kinds[i], cookie));
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_contains(body_of(t), "Sign out everywhere?");
    }
    ck_assert_uint_eq(sp_revocations_count(f->process.revocations), 0);
}
SP_TEST_END

SP_TEST(ac_70_a_login_that_began_before_all_sessions_were_ended_makes_none)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    f->context.now_s += 10;
    (void)sp_revocations_raise(f->process.revocations, NOW_S);
    ck_assert_answer(complete_with(f, waiting_of(f, &begun), &signer, "{}"), 401, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

SP_SUITE("gate/logout", ac_70_a_login_that_began_before_all_sessions_were_ended_makes_none,
         an_own_navigation_ends_the_session_at_once, ac_34_what_comes_from_elsewhere_is_asked,
         the_button_of_the_page_ends_the_session,
         ac_70_a_copy_of_the_cookie_is_worth_nothing_after_the_sign_out,
         who_ends_very_many_sessions_ends_all_older_ones_and_the_log_says_so,
         a_lifetime_that_was_made_shorter_holds_for_older_sessions_too,
         ac_34_a_token_is_of_one_session_for_ten_minutes,
         without_a_session_logout_is_over_already_and_deletes_nothing, login_cookies_go_with_the_session,
         the_page_signed_out_says_what_is_true, a_sign_out_goes_on_at_the_issuer_and_comes_back,
         ac_73_a_return_without_an_authentic_state_is_the_page_and_no_redirect,
         ac_73_the_callback_host_passes_a_return_on_to_where_the_user_signed_out,
         the_page_whose_form_leads_to_the_issuer_alone_has_no_form_action,
         signing_out_everywhere_ends_all_sessions_of_the_user,
         ac_42_signing_out_everywhere_ends_a_session_from_before_the_clock_was_set_back,
         ac_34_nobody_elses_page_signs_out_everywhere)
