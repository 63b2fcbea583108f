/* SPDX-License-Identifier: Apache-2.0 */
#include "io/renewals.h"

#include "io/renewal_flights.h"
#include "io_renewals.h"

/* ---- one owner ---------------------------------------------------------------------------------------- */

SP_TEST(a_refresh_token_brings_claims_and_the_token_for_the_next_time)
{
    RENEWAL_RIG rig = renewal_rig_new();
    serve_renewal(rig, "second", "");
    RENEWAL asked;
    begin_one(rig, grant_of("first", ISSUER_NOW_S - 100), &asked);
    const struct sp_renewal_outcome *outcome = renewal_of(&asked);
    ck_assert_int_eq(outcome->result, SP_RENEWAL_RENEWED);
    ck_assert_str_view(sp_code_exchange_claims(outcome->exchange->code_exchange)->email, "ada@example.com");
    ck_assert_str_view(outcome->grant.token, "second");
    ck_assert(http_was_sent(rig->base->it->server, "grant_type=refresh_token&refresh_token=first"));
    ck_assert(!http_was_sent(rig->base->it->server, "scope="));
}
SP_TEST_END

SP_TEST(ac_38_sessions_of_one_user_that_come_at_once_make_one_call)
{
    RENEWAL_RIG rig = renewal_rig_new();
    serve_renewal(rig, "second", "");
    RENEWAL first;
    RENEWAL other;
    atomic_store(&rig->base->it->server->held, 1);
    begin_one(rig, grant_of("first", ISSUER_NOW_S - 100), &first);
    begin_one(rig, grant_of("of an older login", ISSUER_NOW_S - 900), &other);
    WAIT_FOR(tokens_asked(rig->base) == 1);
    atomic_store(&rig->base->it->server->held, 0);
    ck_assert_ptr_eq(renewal_of(&first), renewal_of(&other));
    RENEWAL late;
    begin_one(rig, grant_of("of an older login", ISSUER_NOW_S - 900), &late);
    const struct sp_renewal_outcome *kept = renewal_of(&late);
    ck_assert_int_eq(kept->result, SP_RENEWAL_RENEWED);
    ck_assert_int_eq(kept->at_s, renewal_of(&first)->at_s);
    ck_assert_str_view(kept->grant.token, "second");
    ck_assert_str_view(sp_code_exchange_claims(kept->exchange->code_exchange)->email, "ada@example.com");
    ck_assert_uint_eq(tokens_asked(rig->base), 1);
}
SP_TEST_END

SP_TEST(ac_38_an_older_session_is_renewed_with_the_token_that_a_newer_one_got)
{
    RENEWAL_RIG rig = renewal_rig_new();
    serve_renewal(rig, "second", "");
    ck_assert_int_eq(renew(rig, grant_of("first", ISSUER_NOW_S - 100)), SP_RENEWAL_RENEWED);
    clock_move_ms(KEPT_S * 1000 + 1);
    serve_renewal(rig, "third", "");
    ck_assert_int_eq(renew(rig, grant_of("of an older login", ISSUER_NOW_S - 900)), SP_RENEWAL_RENEWED);
    ck_assert(http_was_sent(rig->base->it->server, "refresh_token=second"));
    ck_assert_uint_eq(tokens_asked(rig->base), 2);
}
SP_TEST_END

SP_TEST(ac_38_a_login_that_comes_while_its_token_is_refused_is_asked_for_instead)
{
    RENEWAL_RIG rig = renewal_rig_new();
    http_route(rig->base->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_request\"}");
    RENEWAL asked;
    atomic_store(&rig->base->it->server->held, 1);
    begin_one(rig, grant_of("first", ISSUER_NOW_S - 100), &asked);
    WAIT_FOR(tokens_asked(rig->base) == 1);
    struct sp_refresh_grant login = grant_of("of-the-login", ISSUER_NOW_S - 100);
    sp_renewals_note_login(rig->renewals, SP_STR(SUB), &login);
    atomic_store(&rig->base->it->server->held, 0);
    ck_assert_int_eq(renewal_of(&asked)->result, SP_RENEWAL_REFUSED);
    ck_assert(http_was_sent(rig->base->it->server, "refresh_token=of-the-login"));
    ck_assert_uint_eq(tokens_asked(rig->base), 2);
}
SP_TEST_END

/* As after a restart, when each session has its own token and Dex refuses all except the last. */
SP_TEST(ac_38_of_two_logins_within_one_second_the_token_that_is_good_is_found_at_once)
{
    RENEWAL_RIG rig = renewal_rig_new();
    http_route(rig->base->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_request\"}");
    struct sp_refresh_grant first = grant_of("first", ISSUER_NOW_S - 100);
    struct sp_refresh_grant second = grant_of("second", ISSUER_NOW_S - 100);
    ck_assert_int_eq(renew(rig, first), SP_RENEWAL_REFUSED);
    ck_assert_int_eq(renew(rig, second), SP_RENEWAL_REFUSED);
    ck_assert(http_was_sent(rig->base->it->server, "refresh_token=second"));
    ck_assert_int_eq(renew(rig, first), SP_RENEWAL_REFUSED);
    ck_assert_int_eq(renew(rig, second), SP_RENEWAL_REFUSED);
    ck_assert_uint_eq(tokens_asked(rig->base), 2); /* and no more for a minute */
    first.issued_s++;
    second.issued_s++;
    ck_assert_int_eq(renew(rig, first), SP_RENEWAL_REFUSED);
    serve_renewal(rig, "third", "");
    ck_assert_int_eq(renew(rig, second), SP_RENEWAL_RENEWED);
    ck_assert_int_eq(renew(rig, first), SP_RENEWAL_RENEWED);
    ck_assert_uint_eq(tokens_asked(rig->base), 4);
}
SP_TEST_END

/* A call fails after the token endpoint has responded; the next one is made with the token from that
 * response. */
static void check_that_second_is_used(struct renewal_rig *rig)
{
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE); /* within the pause */
    ck_assert_uint_eq(tokens_asked(rig->base), 1);
    clock_move_ms(SP_RENEWAL_PAUSE_MS);
    rig->base->client.userinfo = SP_USERINFO_UNUSED;
    serve_renewal(rig, "", ""); /* no new one: the token in use remains */
    WAIT_FOR(renew(rig, grant) == SP_RENEWAL_RENEWED);
    RENEWAL asked;
    begin_one(rig, grant, &asked);
    ck_assert_str_view(renewal_of(&asked)->grant.token, "second");
}

SP_TEST(ac_72_a_token_that_comes_before_user_info_fails_is_not_lost)
{
    static const char *const answers[][2] = {{"503 Down", ""}, {"200 OK", "<html>"}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        RENEWAL_RIG rig = renewal_rig_new();
        rig->base->client.userinfo = SP_USERINFO_REQUIRED;
        http_route(rig->base->it->server, "/userinfo", answers[i][0], answers[i][1]);
        serve_renewal(rig, "second", "");
        check_that_second_is_used(rig);
    }
}
SP_TEST_END

SP_TEST(ac_72_a_token_that_comes_before_the_keys_fail_is_not_lost)
{
    RENEWAL_RIG rig = renewal_rig_new();
    http_route(rig->base->it->server, "/keys", "503 Down", "");
    serve_renewal_by(rig, "k2", "second", "");
    check_that_second_is_used(rig);
}
SP_TEST_END

/* ---- what an answer means ----------------------------------------------------------------------------- */

SP_TEST(what_the_issuer_says_is_told_apart)
{
    static const struct {
        const char *status;
        const char *body;
        enum sp_renewal_result result;
    } cases[] = {
        {"400 Bad Request", "{\"error\":\"invalid_grant\"}", SP_RENEWAL_REFUSED},
        {"400 Bad Request", "{\"error\":\"invalid_request\"}", SP_RENEWAL_REFUSED},
        {"401 Unauthorized", "{\"error\":\"invalid_client\"}", SP_RENEWAL_MISCONFIGURED},
        {"401 Unauthorized", "{\"error\":\"invalid_grant\"}", SP_RENEWAL_MISCONFIGURED},
        {"400 Bad Request", "{\"error\":\"unauthorized_client\"}", SP_RENEWAL_MISCONFIGURED},
        {"404 Not Found", "", SP_RENEWAL_MISCONFIGURED},
        {"429 Too Many Requests", "", SP_RENEWAL_UNAVAILABLE},
        {"500 Error", "{\"error\":\"invalid_request\"}", SP_RENEWAL_UNAVAILABLE},
        {"503 Down", "", SP_RENEWAL_UNAVAILABLE},
        {"200 OK", "{}", SP_RENEWAL_INVALID},
        {"200 OK", "<html>", SP_RENEWAL_UNAVAILABLE},
        {"200 OK", "", SP_RENEWAL_UNAVAILABLE},
        {"302 Found", "", SP_RENEWAL_UNAVAILABLE},
    };
    RENEWAL_RIG rig = renewal_rig_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char token[16];
        snprintf(token, sizeof token, "t%zu", i);
        http_route(rig->base->it->server, "/token", cases[i].status, cases[i].body);
        enum sp_renewal_result result = renew(rig, grant_of(token, ISSUER_NOW_S - 100 + (int64_t)i));
        ck_assert_msg(result == cases[i].result, "%s %s: %s", cases[i].status, cases[i].body,
                      sp_renewal_result_name(result));
    }
}
SP_TEST_END

SP_TEST(ac_66_a_token_of_another_login_or_user_or_an_older_one_is_dropped)
{
    static const char *const claims[] = {
        ",\"sub\":\"somebody-else\"",
        ",\"nonce\":\"of-another-login\"",
        ",\"sid\":\"another\"",
        ",\"auth_time\":5",
        ",\"nonce\":7",
    };
    RENEWAL_RIG rig = renewal_rig_new();
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        char token[16];
        snprintf(token, sizeof token, "t%zu", i);
        serve_renewal(rig, "next", claims[i]);
        ck_assert_msg(renew(rig, grant_of(token, ISSUER_NOW_S - 100 + (int64_t)i)) == SP_RENEWAL_INVALID,
                      "%s", claims[i]);
    }
    serve_renewal(rig, "next", "");
    ck_assert_int_eq(renew(rig, grant_of("newer", ISSUER_NOW_S + 30)), SP_RENEWAL_INVALID);
}
SP_TEST_END

SP_TEST(an_answer_without_an_id_token_is_made_up_for_by_user_info)
{
    static const char answer[] = "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\"}";
    RENEWAL_RIG rig = renewal_rig_new();
    struct http_server *server = rig->base->it->server;
    http_route(server, "/token", "200 OK", answer);
    http_route(server, "/userinfo", "200 OK", "{\"sub\":\"" SUB "\",\"groups\":[\"of-now\"]}");
    ck_assert_int_eq(renew(rig, grant_of("first", ISSUER_NOW_S - 100)), SP_RENEWAL_INVALID);
    ck_assert_uint_eq(http_count(server, "/userinfo"), 0);
    rig->base->client.userinfo = SP_USERINFO_REQUIRED;
    RENEWAL asked;
    begin_one(rig, grant_of("second", ISSUER_NOW_S - 90), &asked);
    const struct sp_renewal_outcome *outcome = renewal_of(&asked);
    ck_assert_int_eq(outcome->result, SP_RENEWAL_RENEWED);
    ck_assert_str_view(outcome->grant.token, "second"); /* no new one came */
    const struct sp_claims *claims = sp_code_exchange_claims(outcome->exchange->code_exchange);
    ck_assert_uint_eq(claims->groups.n, 1);
    ck_assert_str_view(claims->sub, SUB);
    http_route(server, "/userinfo", "200 OK", "{\"sub\":\"somebody-else\"}");
    ck_assert_int_eq(renew(rig, grant_of("third", ISSUER_NOW_S + 5)), SP_RENEWAL_INVALID);
}
SP_TEST_END

/* ---- when it is asked again --------------------------------------------------------------------------- */

SP_TEST(ac_76_what_failed_is_asked_again_after_a_pause_and_nobody_waits_for_it)
{
    RENEWAL_RIG rig = renewal_rig_new();
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    http_route(rig->base->it->server, "/token", "503 Down", "");
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE);
    clock_move_ms(SP_RENEWAL_PAUSE_MS - 1);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE);
    ck_assert_uint_eq(tokens_asked(rig->base), 1);
    clock_move_ms(1);
    serve_renewal(rig, "second", "");
    atomic_store(&rig->base->it->server->held, 1);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE); /* while the call is in progress */
    WAIT_FOR(tokens_asked(rig->base) == 2);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_UNAVAILABLE);
    atomic_store(&rig->base->it->server->held, 0);
    WAIT_FOR(renew(rig, grant) == SP_RENEWAL_RENEWED);
    ck_assert_uint_eq(tokens_asked(rig->base), 2);
}
SP_TEST_END

SP_TEST(what_was_refused_is_not_asked_again_for_a_minute_unless_somebody_signed_in)
{
    RENEWAL_RIG rig = renewal_rig_new();
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    http_route(rig->base->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_REFUSED);
    clock_move_ms(SP_RENEWAL_REFUSED_MS - 1);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_REFUSED);
    ck_assert_uint_eq(tokens_asked(rig->base), 1);
    serve_renewal(rig, "second", "");
    struct sp_refresh_grant login = grant_of("of-the-login", ISSUER_NOW_S - 90);
    sp_renewals_note_login(rig->renewals, SP_STR(SUB), &login);
    ck_assert_int_eq(renew(rig, grant), SP_RENEWAL_RENEWED);
    ck_assert_uint_eq(tokens_asked(rig->base), 2);
}
SP_TEST_END

SP_TEST(ac_76_as_many_calls_as_may_be_are_under_way_and_the_next_is_refused)
{
    RENEWAL_RIG rig = renewal_rig_new();
    struct asked *asked = calloc(SP_RENEWALS_MAX + 1, sizeof *asked);
    char(*subs)[16] = calloc(SP_RENEWALS_MAX + 1, sizeof *subs);
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    atomic_store(&rig->base->it->server->held, 1);
    for (size_t i = 0; i <= SP_RENEWALS_MAX; i++) {
        snprintf(subs[i], sizeof subs[i], "user-%zu", i);
        ck_assert((begin_for(rig, subs[i], &grant, &asked[i]) != NULL) == (i == SP_RENEWALS_MAX));
    }
    atomic_store(&rig->base->it->server->held, 0);
    for (size_t i = 0; i < SP_RENEWALS_MAX; i++) {
        WAIT_FOR(is_delivered(&asked[i]));
        renewal_done(&asked[i]);
    }
    free(subs);
    free(asked);
}
SP_TEST_END

/* However many sessions the issuer has of a user. */
SP_TEST(ac_76_as_many_requests_wait_as_may_and_of_one_user_a_part)
{
    static const char *const subs[] = {"ada", "bob", "cyd", "dan", "eve"};
    static const char *const sids[] = {"a", "b", "c", "d"};
    RENEWAL_RIG rig = renewal_rig_new();
    struct asked *asked = calloc(SP_RENEWAL_WAITING_MAX + 1, sizeof *asked);
    struct sp_refresh_grant grant = grant_of("first", ISSUER_NOW_S - 100);
    atomic_store(&rig->base->it->server->held, 1);
    for (size_t i = 0; i <= SP_RENEWAL_WAITING_MAX; i++) {
        grant.sid = sp_str_from_c(sids[i % 4]);
        if (i == SP_RENEWAL_OF_USER_MAX) {
            ck_assert_ptr_nonnull(begin_for(rig, subs[0], &grant, &asked[i]));
        }
        const char *refusal = begin_for(rig, subs[i / SP_RENEWAL_OF_USER_MAX], &grant, &asked[i]);
        ck_assert((refusal != NULL) == (i == SP_RENEWAL_WAITING_MAX));
    }
    atomic_store(&rig->base->it->server->held, 0);
    for (size_t i = 0; i < SP_RENEWAL_WAITING_MAX; i++) {
        (void)renewal_of(&asked[i]);
        renewal_done(&asked[i]);
    }
    free(asked);
}
SP_TEST_END

SP_SUITE("io/renewals", a_refresh_token_brings_claims_and_the_token_for_the_next_time,
         ac_38_sessions_of_one_user_that_come_at_once_make_one_call,
         ac_38_an_older_session_is_renewed_with_the_token_that_a_newer_one_got,
         ac_38_a_login_that_comes_while_its_token_is_refused_is_asked_for_instead,
         ac_38_of_two_logins_within_one_second_the_token_that_is_good_is_found_at_once,
         ac_72_a_token_that_comes_before_user_info_fails_is_not_lost,
         ac_72_a_token_that_comes_before_the_keys_fail_is_not_lost, what_the_issuer_says_is_told_apart,
         ac_66_a_token_of_another_login_or_user_or_an_older_one_is_dropped,
         an_answer_without_an_id_token_is_made_up_for_by_user_info,
         ac_76_what_failed_is_asked_again_after_a_pause_and_nobody_waits_for_it,
         what_was_refused_is_not_asked_again_for_a_minute_unless_somebody_signed_in,
         ac_76_as_many_calls_as_may_be_are_under_way_and_the_next_is_refused,
         ac_76_as_many_requests_wait_as_may_and_of_one_user_a_part)
