/* SPDX-License-Identifier: Apache-2.0 */
#include "io/code_exchanges.h"

#include "io_code_exchanges.h"

/* ---- one code exchange -------------------------------------------------------------------------------- */

SP_TEST(a_code_is_redeemed_for_claims)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED asked;
    exchange(rig, 1, "code+1", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_str_view(sp_code_exchange_claims(outcome_of(&asked)->code_exchange)->email, "ada@example.com");
    struct http_server *server = rig->it->server;
    ck_assert(http_was_sent(server, "POST /token "));
    ck_assert(http_was_sent(server, "code=code%2B1&"));
    ck_assert(http_was_sent(server, "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    ck_assert(http_was_sent(server, "redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport%2Fcallback"));
    ck_assert(http_was_sent(server, "Authorization: Basic "));
}
SP_TEST_END

SP_TEST(user_info_is_fetched_where_it_is_wanted)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_REQUIRED);
    http_route(rig->it->server, "/userinfo", "200 OK",
               "{\"sub\":\"" ISSUER_SUB "\",\"email\":\"b@example.com\"}");
    ASKED asked;
    exchange(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_uint_eq(http_count(rig->it->server, "/userinfo"), 1);
    ck_assert(http_was_sent(rig->it->server, "Authorization: Bearer " ISSUER_ACCESS "\r\n"));
}
SP_TEST_END

SP_TEST(ac_23_an_unknown_key_id_makes_the_keys_be_fetched)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    serve_documents(rig->it, "k2");
    serve_token(rig, "k2");
    ASKED asked;
    exchange(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_uint_eq(http_count(rig->it->server, "/keys"), 2);
    ck_assert_uint_eq(tokens_asked(rig), 1);
}
SP_TEST_END

SP_TEST(ac_23_a_flood_of_unknown_key_ids_costs_the_issuer_two_fetches)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    serve_token(rig, "invented");
    for (unsigned i = 0; i < 50; i++) {
        ASKED asked;
        exchange(rig, i, "c", &asked);
        ck_assert_int_eq(reason_of(&asked),
                         i < SP_ISSUER_KEYS_BURST_N ? SP_REASON_TOKEN_INVALID : SP_REASON_ISSUER_UNAVAILABLE);
    }
    ck_assert_uint_eq(http_count(rig->it->server, "/keys"), 1 + SP_ISSUER_KEYS_BURST_N);
}
SP_TEST_END

SP_TEST(what_the_issuer_refuses_or_fails_at_is_told)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED refused;
    http_route(rig->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    exchange(rig, 1, "c", &refused);
    ck_assert_int_eq(reason_of(&refused), SP_REASON_ISSUER_REFUSED);
    ASKED down;
    http_route(rig->it->server, "/token", "503 Down", "");
    exchange(rig, 2, "c", &down);
    ck_assert_int_eq(reason_of(&down), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED silent;
    http_route_bytes(rig->it->server, "/token", NULL, "", SP_STR_NONE);
    exchange(rig, 3, "c", &silent);
    ck_assert_int_eq(reason_of(&silent), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED moved;
    http_route_bytes(rig->it->server, "/token", "302 Found", "Location: /elsewhere\r\n", SP_STR(""));
    exchange(rig, 4, "c", &moved);
    ck_assert_int_ne(reason_of(&moved), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(without_the_issuers_documents_nothing_is_asked)
{
    struct issuer_rig *it = issuer_rig_new();
    struct exchange_rig *rig = calloc(1, sizeof *rig);
    begin_issuer(it);
    *rig = (struct exchange_rig){.it = it, .client = {.id = SP_STR(ISSUER_CLIENT), .groups_claim = "groups"}};
    begin_exchanges(rig, sp_waiting_limits_of(4096, 512, SP_WAITING_MAX));
    ASKED asked;
    exchange(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_ptr_null(outcome_of(&asked)->code_exchange);
    exchange_rig_free(&rig);
}
SP_TEST_END

/* ---- AC 19: a code is redeemed once ---------------------------------------------------------------- */

SP_TEST(ac_19_a_code_that_comes_several_times_at_once_is_redeemed_once)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    ASKED second;
    atomic_store(&rig->it->server->held, 1);
    begin(rig, 1, "c", &first);
    begin(rig, 1, "c", &second);
    WAIT_FOR(tokens_asked(rig) == 1);
    atomic_store(&rig->it->server->held, 0);
    WAIT_FOR(is_delivered(&first) && is_delivered(&second));
    ck_assert_int_eq(reason_of(&first), SP_REASON_NONE);
    ck_assert_ptr_eq(outcome_of(&second), outcome_of(&first));
    ck_assert_uint_eq(tokens_asked(rig), 1);
}
SP_TEST_END

SP_TEST(ac_19_an_outcome_is_kept_for_who_comes_late)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    exchange(rig, 1, "c", &first);
    clock_move_ms(SP_CODE_OUTCOME_KEPT_MS - 1);
    let_timers_run(rig->it->rig);
    ASKED second;
    exchange(rig, 1, "c", &second);
    ck_assert_ptr_eq(outcome_of(&second), outcome_of(&first));
    ck_assert_uint_eq(tokens_asked(rig), 1);
    /* another code of the login, or the code at another login, does not match */
    ASKED other_code;
    exchange(rig, 1, "d", &other_code);
    ASKED other_flow;
    exchange(rig, 2, "c", &other_flow);
    ck_assert_uint_eq(tokens_asked(rig), 3);
}
SP_TEST_END

SP_TEST(ac_19_outcomes_are_forgotten_in_time_however_many_logins_there_are)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    exchange(rig, 1, "c", &first);
    for (unsigned i = 0; i < 10; i++) {
        ASKED other;
        clock_move_ms(4000); /* in steps shorter than the timer's */
        let_timers_run(rig->it->rig);
        exchange(rig, 100 + i, "c", &other);
    }
    ASKED again;
    exchange(rig, 1, "c", &again);
    ck_assert_ptr_ne(outcome_of(&again), outcome_of(&first));
    ck_assert_uint_eq(tokens_asked(rig), 12);
}
SP_TEST_END

SP_TEST(ac_19_a_failure_is_not_kept)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    http_route(rig->it->server, "/token", "503 Down", "");
    exchange(rig, 1, "c", &first);
    ck_assert_int_eq(reason_of(&first), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED second;
    serve_token(rig, "k1");
    exchange(rig, 1, "c", &second);
    ck_assert_int_eq(reason_of(&second), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(so_many_outcomes_are_kept_and_no_more)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    for (unsigned i = 0; i <= SP_CODE_OUTCOME_MAX_N; i++) {
        ASKED asked;
        exchange(rig, i, "c", &asked);
        ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    }
    ck_assert_uint_eq(tokens_asked(rig), SP_CODE_OUTCOME_MAX_N + 1);
    ASKED newest;
    exchange(rig, SP_CODE_OUTCOME_MAX_N, "c", &newest);
    ck_assert_uint_eq(tokens_asked(rig), SP_CODE_OUTCOME_MAX_N + 1);
    ASKED oldest;
    exchange(rig, 0, "c", &oldest);
    ck_assert_uint_eq(tokens_asked(rig), SP_CODE_OUTCOME_MAX_N + 2);
}
SP_TEST_END

/* ---- AC 88: those that wait are limited ------------------------------------------------------------ */

static void hold(struct exchange_rig *rig)
{
    atomic_store(&rig->it->server->held, 1);
}

/* Lets the issuer respond, and waits for all of them. */
static void land_all(struct exchange_rig *rig, struct asked *asked, size_t n)
{
    atomic_store(&rig->it->server->held, 0);
    for (size_t i = 0; i < n; i++) {
        WAIT_FOR(is_delivered(&asked[i]));
        ck_assert_int_eq(asked[i].delivered_n, 1);
        ck_assert_int_eq(reason_of(&asked[i]), SP_REASON_NONE);
        asked_done(&asked[i]);
    }
}

static const char *letter(unsigned i)
{
    static char code[2];
    code[0] = (char)('a' + (int)i);
    return code;
}

SP_TEST(ac_88_two_requests_wait_for_one_code_and_the_third_is_refused)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[SP_CODE_WAITING_MAX];
    hold(rig);
    for (unsigned i = 0; i < SP_CODE_WAITING_MAX; i++) {
        begin(rig, 1, "c", &asked[i]);
    }
    assert_refused(rig, 1, "c", "this code");
    /* its outcome serves all later requests */
    land_all(rig, asked, SP_CODE_WAITING_MAX);
    for (int i = 0; i < 5; i++) {
        ASKED late;
        exchange(rig, 1, "c", &late);
        ck_assert_int_eq(reason_of(&late), SP_REASON_NONE);
    }
    ck_assert_uint_eq(tokens_asked(rig), 1);
}
SP_TEST_END

SP_TEST(ac_88_four_requests_of_one_login_wait_whatever_their_codes)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[SP_WAITING_OWNER_MAX];
    ASKED other;
    hold(rig);
    for (unsigned i = 0; i < SP_WAITING_OWNER_MAX; i++) {
        begin(rig, 1, letter(i / 2), &asked[i]); /* two for each code */
    }
    assert_refused(rig, 1, "one more", "requests of this sign-in");
    begin(rig, 2, "one more", &other); /* another login has its own places */
    land_all(rig, asked, SP_WAITING_OWNER_MAX);
    WAIT_FOR(is_delivered(&other));
    ASKED later;
    exchange(rig, 1, "one more", &later);
    ck_assert_int_eq(reason_of(&later), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_88_so_many_requests_wait_in_all_and_the_next_is_refused)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    static struct asked asked[SP_WAITING_MAX];
    hold(rig);
    for (unsigned i = 0; i < SP_WAITING_MAX; i++) {
        begin(rig, i, "c", &asked[i]);
    }
    assert_refused(rig, SP_WAITING_MAX, "c", "wait for the issuer");
    assert_refused(rig, 0, "c", "wait for the issuer"); /* and no more may join */
    land_all(rig, asked, SP_WAITING_MAX);
    ck_assert_uint_eq(tokens_asked(rig), SP_WAITING_MAX);
    ASKED later;
    exchange(rig, SP_WAITING_MAX, "c", &later);
    ck_assert_int_eq(reason_of(&later), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_88_so_few_wait_where_there_are_few_connections)
{
    EXCHANGE_RIG rig =
        exchange_rig_new_with(SP_USERINFO_UNUSED, sp_waiting_limits_of(16, 64, SP_WAITING_MAX));
    struct asked asked[4];
    hold(rig);
    for (unsigned i = 0; i < 4; i++) {
        begin(rig, i, "c", &asked[i]);
    }
    assert_refused(rig, 4, "c", "wait for the issuer");
    land_all(rig, asked, 4);
}
SP_TEST_END

SP_TEST(ac_88_those_of_the_pages_listener_are_a_quarter_of_its_own)
{
    EXCHANGE_RIG rig =
        exchange_rig_new_with(SP_USERINFO_UNUSED, sp_waiting_limits_of(512, 64, SP_WAITING_MAX));
    static struct asked asked[SP_WAITING_MAX];
    hold(rig);
    for (unsigned i = 0; i < 16; i++) {
        begin_by_pages(rig, i, "c", &asked[i]);
    }
    assert_refused_to(rig, 16, "c", true, "pages listener");
    /* the other listener has the remaining places, and no more */
    for (unsigned i = 16; i < SP_WAITING_MAX; i++) {
        begin(rig, i, "c", &asked[i]);
    }
    assert_refused(rig, SP_WAITING_MAX, "c", "wait for the issuer");
    land_all(rig, asked, SP_WAITING_MAX);
    /* completed ones hold no place */
    for (unsigned i = 0; i < 20; i++) {
        ASKED later;
        begin_by_pages(rig, 1000 + i, "c", &later);
        WAIT_FOR(is_delivered(&later));
    }
}
SP_TEST_END

/* ---- AC 88: who is gone leaves a place -------------------------------------------------------------- */

SP_TEST(ac_88_who_is_gone_holds_no_place_and_the_code_is_redeemed_all_the_same)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[2];
    struct asked back;
    hold(rig);
    begin(rig, 1, "c", &asked[0]);
    begin(rig, 1, "c", &asked[1]);
    withdraw(&asked[0]);
    withdraw(&asked[1]);
    for (int i = 0; i < 100; i++) { /* clients that come and go add nothing */
        ASKED gone;
        begin(rig, 1, "c", &gone);
        withdraw(&gone);
    }
    begin(rig, 1, "c", &back);
    WAIT_FOR(tokens_asked(rig) == 1);
    land_all(rig, &back, 1);
    ck_assert_uint_eq(tokens_asked(rig), 1);
    ck_assert_int_eq(asked[0].delivered_n + asked[1].delivered_n, 0);
}
SP_TEST_END

SP_TEST(ac_88_a_code_that_nobody_waits_for_is_redeemed_for_who_comes_back)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED gone;
    hold(rig);
    begin(rig, 1, "c", &gone);
    withdraw(&gone);
    WAIT_FOR(tokens_asked(rig) == 1);
    atomic_store(&rig->it->server->held, 0);
    ping(rig->it->rig, rig->it->server);
    ASKED back;
    exchange(rig, 1, "c", &back);
    ck_assert_int_eq(reason_of(&back), SP_REASON_NONE);
    ck_assert_uint_eq(tokens_asked(rig), 1);
}
SP_TEST_END

SP_TEST(ac_88_four_codes_of_one_login_are_redeemed_at_once_though_nobody_waits)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked back;
    hold(rig);
    for (unsigned i = 0; i < SP_CODE_OF_LOGIN_MAX; i++) {
        ASKED gone;
        begin(rig, 1, letter(i), &gone);
        withdraw(&gone);
    }
    assert_refused(rig, 1, "one more", "codes of this sign-in");
    begin(rig, 1, "a", &back); /* a code in progress needs no new call */
    land_all(rig, &back, 1);
}
SP_TEST_END

SP_TEST(ac_88_so_many_codes_are_redeemed_at_once_though_nobody_waits)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked back;
    hold(rig);
    for (unsigned i = 0; i < SP_CODE_EXCHANGES_MAX; i++) {
        ASKED gone;
        begin(rig, i, "c", &gone);
        withdraw(&gone);
    }
    assert_refused(rig, SP_CODE_EXCHANGES_MAX, "c", "already being redeemed");
    begin(rig, 5, "c", &back);
    land_all(rig, &back, 1);
}
SP_TEST_END

SP_TEST(ac_88_who_goes_when_the_answer_is_on_its_way_is_still_handed_it)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    ASKED asked;
    begin(rig, 1, "c", &asked);
    WAIT_FOR(mail_is_there());
    ck_assert(!sp_waiting_withdraw(&asked.wait));
    WAIT_FOR(is_delivered(&asked));
    ck_assert_int_eq(asked.delivered_n, 1);
}
SP_TEST_END

/* ---- the end --------------------------------------------------------------------------------------- */

SP_TEST(what_is_under_way_at_the_end_is_freed_without_an_answer)
{
    EXCHANGE_RIG rig = exchange_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[2];
    atomic_store(&rig->it->server->held, 1);
    begin(rig, 1, "c", &asked[0]);
    begin(rig, 1, "c", &asked[1]);
    WAIT_FOR(tokens_asked(rig) == 1);
    run_loop();
    ck_assert_int_eq(asked[0].delivered_n + asked[1].delivered_n, 0);
}
SP_TEST_END

SP_SUITE("io/code_exchanges", a_code_is_redeemed_for_claims, user_info_is_fetched_where_it_is_wanted,
         ac_23_an_unknown_key_id_makes_the_keys_be_fetched,
         ac_23_a_flood_of_unknown_key_ids_costs_the_issuer_two_fetches,
         what_the_issuer_refuses_or_fails_at_is_told, without_the_issuers_documents_nothing_is_asked,
         ac_19_a_code_that_comes_several_times_at_once_is_redeemed_once,
         ac_19_an_outcome_is_kept_for_who_comes_late,
         ac_19_outcomes_are_forgotten_in_time_however_many_logins_there_are, ac_19_a_failure_is_not_kept,
         so_many_outcomes_are_kept_and_no_more, ac_88_two_requests_wait_for_one_code_and_the_third_is_refused,
         ac_88_four_requests_of_one_login_wait_whatever_their_codes,
         ac_88_so_many_requests_wait_in_all_and_the_next_is_refused,
         ac_88_so_few_wait_where_there_are_few_connections,
         ac_88_those_of_the_pages_listener_are_a_quarter_of_its_own,
         ac_88_who_is_gone_holds_no_place_and_the_code_is_redeemed_all_the_same,
         ac_88_a_code_that_nobody_waits_for_is_redeemed_for_who_comes_back,
         ac_88_four_codes_of_one_login_are_redeemed_at_once_though_nobody_waits,
         ac_88_so_many_codes_are_redeemed_at_once_though_nobody_waits,
         ac_88_who_goes_when_the_answer_is_on_its_way_is_still_handed_it,
         what_is_under_way_at_the_end_is_freed_without_an_answer)
