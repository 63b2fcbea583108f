/* SPDX-License-Identifier: Apache-2.0 */
#include "io/redeemer.h"

#include "io_issuer.h"

/* ---- a loop of the test: what is posted to it waits in a list ---------------------------------------- */

struct sp_mailbox {
    pthread_mutex_t lock;
    struct sp_message *first;
};

static struct sp_mailbox mailbox = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* In place of io/post.c. */
void sp_mailbox_post(struct sp_mailbox *to, struct sp_message *message)
{
    pthread_mutex_lock(&to->lock);
    message->next = to->first;
    to->first = message;
    pthread_mutex_unlock(&to->lock);
}

/* Delivers what has come. */
static void run_loop(void)
{
    pthread_mutex_lock(&mailbox.lock);
    struct sp_message *message = mailbox.first;
    mailbox.first = NULL;
    pthread_mutex_unlock(&mailbox.lock);
    while (message != NULL) {
        struct sp_message *next = message->next;
        message->deliver(message);
        message = next;
    }
}

/* ---- the rig --------------------------------------------------------------------------------------- */

struct redeem_rig {
    struct issuer_rig *it;
    struct sp_redeemer *redeemer;
    struct sp_client client;
    char *token;
};

/* What the token endpoint says from now on: a token of this key id and with these further claims. */
static void serve_token(struct redeem_rig *rig, const char *kid)
{
    SIGNER_TEXT changes = text_format("{\"iss\":\"%s\"}", rig->it->name);
    SIGNER_TEXT id_token = issuer_id_token(&rig->it->signer, kid, changes);
    char *token = text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", id_token);
    http_route(rig->it->server, "/token", "200 OK", token);
    free(rig->token);
    rig->token = token;
}

static struct redeem_rig *redeem_rig_new(enum sp_userinfo_use userinfo)
{
    struct redeem_rig *rig = calloc(1, sizeof *rig);
    rig->it = issuer_rig_new();
    serve_documents(rig->it, "k1");
    begin_issuer(rig->it);
    WAIT_FOR(atomic_load(&rig->it->updates_n) == 1);
    rig->client = (struct sp_client){
        .id = SP_STR(ISSUER_CLIENT),
        .secret = SP_STR("the-client-secret"),
        .userinfo = userinfo,
        .groups_claim = "groups",
        .skew_s = ISSUER_SKEW_S,
    };
    rig->redeemer = sp_redeemer_new(rig->it->rig->outbound, rig->it->issuer, &rig->client);
    ck_assert_ptr_nonnull(rig->redeemer);
    serve_token(rig, "k1");
    return rig;
}

static void redeem_rig_free(struct redeem_rig **given)
{
    struct redeem_rig *rig = *given;
    atomic_store(&rig->it->server->stopping, 1);
    struct issuer_rig *it = rig->it;
    sp_outbound_stop(it->rig->outbound);
    sp_redeemer_free(rig->redeemer);
    ck_assert_int_eq(sp_outbound_start(NULL, &it->rig->metrics, NULL, &it->rig->outbound), SP_OK);
    issuer_rig_free(&it);
    free(rig->token);
    free(rig);
}

#define REDEEM_RIG __attribute__((cleanup(redeem_rig_free))) struct redeem_rig *

/* ---- jobs ------------------------------------------------------------------------------------------ */

struct asked {
    struct sp_redeem_job *job; /* freed with this */
    int delivered_n;
};

static void on_delivered(struct sp_message *message)
{
    struct sp_redeem_job *job =
        (struct sp_redeem_job *)(void *)((char *)message - offsetof(struct sp_redeem_job, message));
    struct asked *asked = job->context;
    asked->delivered_n++;
}

static void asked_done(struct asked *asked)
{
    if (asked->delivered_n > 0) {
        sp_redeem_job_free(asked->job);
    }
}

#define ASKED __attribute__((cleanup(asked_done))) struct asked

static void submit(struct redeem_rig *rig, unsigned flow, const char *code, struct asked *out)
{
    struct sp_redeem_job *job = sp_redeem_job_new(&mailbox);
    char id[SP_FLOW_ID_TEXT_LEN + 1];
    ck_assert_ptr_nonnull(job);
    snprintf(id, sizeof id, "%024x", flow);
    memcpy(job->flow.text, id, sizeof job->flow.text);
    sp_buf_append_c(&job->code, code);
    sp_buf_append_c(&job->redirect_uri, "https://app.example.com/_sallyport/callback");
    memcpy(job->verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", sizeof job->verifier);
    memcpy(job->nonce, ISSUER_NONCE, sizeof job->nonce);
    *out = (struct asked){.job = job};
    job->context = out;
    job->message.deliver = on_delivered;
    sp_redeemer_submit(rig->redeemer, job);
}

static bool is_delivered(const struct asked *asked)
{
    run_loop();
    return asked->delivered_n > 0;
}

static void redeem(struct redeem_rig *rig, unsigned flow, const char *code, struct asked *out)
{
    submit(rig, flow, code, out);
    WAIT_FOR(is_delivered(out));
    ck_assert_int_eq(out->delivered_n, 1);
}

static enum sp_reason reason_of(const struct asked *asked)
{
    ck_assert_ptr_nonnull(asked->job->redeemed);
    return asked->job->redeemed->reason;
}

static unsigned tokens_asked(struct redeem_rig *rig)
{
    return http_count(rig->it->server, "/token");
}

/* ---- one redemption -------------------------------------------------------------------------------- */

SP_TEST(a_code_is_redeemed_for_claims)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    ASKED asked;
    redeem(rig, 1, "code+1", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_str_view(sp_redemption_claims(asked.job->redeemed->redemption)->email, "ada@example.com");
    const char *sent = rig->it->server->last;
    ck_assert_ptr_nonnull(strstr(sent, "POST /token "));
    ck_assert_ptr_nonnull(strstr(sent, "code=code%2B1&"));
    ck_assert_ptr_nonnull(strstr(sent, "code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    ck_assert_ptr_nonnull(strstr(sent, "redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport%2Fcallback"));
    ck_assert_ptr_nonnull(strstr(sent, "Authorization: Basic "));
    ck_assert_uint_eq(asked.job->code.len, 0); /* handed on */
}
SP_TEST_END

SP_TEST(user_info_is_fetched_where_it_is_wanted)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_REQUIRED);
    http_route(rig->it->server, "/userinfo", "200 OK",
               "{\"sub\":\"" ISSUER_SUB "\",\"email\":\"b@example.com\"}");
    ASKED asked;
    redeem(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_uint_eq(http_count(rig->it->server, "/userinfo"), 1);
    ck_assert_ptr_nonnull(strstr(rig->it->server->last, "Authorization: Bearer " ISSUER_ACCESS "\r\n"));
}
SP_TEST_END

SP_TEST(ac_23_an_unknown_key_id_makes_the_keys_be_fetched)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    serve_documents(rig->it, "k2");
    serve_token(rig, "k2");
    ASKED asked;
    redeem(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_uint_eq(http_count(rig->it->server, "/keys"), 2);
    ck_assert_uint_eq(tokens_asked(rig), 1);
}
SP_TEST_END

SP_TEST(ac_23_a_flood_of_unknown_key_ids_costs_the_issuer_two_fetches)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    serve_token(rig, "invented");
    for (unsigned i = 0; i < 50; i++) {
        ASKED asked;
        redeem(rig, i, "c", &asked);
        ck_assert_int_eq(reason_of(&asked),
                         i < SP_ISSUER_KEYS_BURST_N ? SP_REASON_TOKEN_INVALID : SP_REASON_ISSUER_UNAVAILABLE);
    }
    ck_assert_uint_eq(http_count(rig->it->server, "/keys"), 1 + SP_ISSUER_KEYS_BURST_N);
}
SP_TEST_END

SP_TEST(what_the_issuer_refuses_or_fails_at_is_told)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    ASKED refused;
    http_route(rig->it->server, "/token", "400 Bad Request", "{\"error\":\"invalid_grant\"}");
    redeem(rig, 1, "c", &refused);
    ck_assert_int_eq(reason_of(&refused), SP_REASON_ISSUER_REFUSED);
    ASKED down;
    http_route(rig->it->server, "/token", "503 Down", "");
    redeem(rig, 2, "c", &down);
    ck_assert_int_eq(reason_of(&down), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED silent;
    http_route_bytes(rig->it->server, "/token", NULL, "", SP_STR_NONE);
    redeem(rig, 3, "c", &silent);
    ck_assert_int_eq(reason_of(&silent), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED moved;
    http_route_bytes(rig->it->server, "/token", "302 Found", "Location: /elsewhere\r\n", SP_STR(""));
    redeem(rig, 4, "c", &moved);
    ck_assert_int_ne(reason_of(&moved), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(without_the_issuers_documents_nothing_is_asked)
{
    struct issuer_rig *it = issuer_rig_new();
    struct redeem_rig *rig = calloc(1, sizeof *rig);
    begin_issuer(it);
    *rig = (struct redeem_rig){.it = it, .client = {.id = SP_STR(ISSUER_CLIENT), .groups_claim = "groups"}};
    rig->redeemer = sp_redeemer_new(it->rig->outbound, it->issuer, &rig->client);
    ASKED asked;
    redeem(rig, 1, "c", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_ptr_null(asked.job->redeemed->redemption);
    redeem_rig_free(&rig);
}
SP_TEST_END

/* ---- AC 19: a code is redeemed once ---------------------------------------------------------------- */

SP_TEST(ac_19_a_code_that_comes_several_times_at_once_is_redeemed_once)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[5];
    atomic_store(&rig->it->server->held, 1);
    for (size_t i = 0; i < 5; i++) {
        submit(rig, 1, "c", &asked[i]);
    }
    WAIT_FOR(tokens_asked(rig) == 1);
    atomic_store(&rig->it->server->held, 0);
    for (size_t i = 0; i < 5; i++) {
        WAIT_FOR(is_delivered(&asked[i]));
        ck_assert_int_eq(reason_of(&asked[i]), SP_REASON_NONE);
        ck_assert_ptr_eq(asked[i].job->redeemed, asked[0].job->redeemed);
    }
    ck_assert_uint_eq(tokens_asked(rig), 1);
    for (size_t i = 0; i < 5; i++) {
        asked_done(&asked[i]);
    }
}
SP_TEST_END

SP_TEST(ac_19_an_outcome_is_kept_for_who_comes_late)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    redeem(rig, 1, "c", &first);
    clock_move_ms(SP_REDEEMER_KEPT_MS - 1);
    let_timers_run(rig->it->rig);
    ASKED second;
    redeem(rig, 1, "c", &second);
    ck_assert_ptr_eq(second.job->redeemed, first.job->redeemed);
    ck_assert_uint_eq(tokens_asked(rig), 1);
    /* another code of the login, or the code at another login, is none of it */
    ASKED other_code;
    redeem(rig, 1, "d", &other_code);
    ASKED other_flow;
    redeem(rig, 2, "c", &other_flow);
    ck_assert_uint_eq(tokens_asked(rig), 3);
}
SP_TEST_END

SP_TEST(ac_19_outcomes_are_forgotten_in_time_however_many_logins_there_are)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    redeem(rig, 1, "c", &first);
    for (unsigned i = 0; i < 10; i++) {
        ASKED other;
        clock_move_ms(4000); /* more often than the timer */
        let_timers_run(rig->it->rig);
        redeem(rig, 100 + i, "c", &other);
    }
    ASKED again;
    redeem(rig, 1, "c", &again);
    ck_assert_ptr_ne(again.job->redeemed, first.job->redeemed);
    ck_assert_uint_eq(tokens_asked(rig), 12);
}
SP_TEST_END

SP_TEST(ac_19_a_failure_is_not_kept)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    ASKED first;
    http_route(rig->it->server, "/token", "503 Down", "");
    redeem(rig, 1, "c", &first);
    ck_assert_int_eq(reason_of(&first), SP_REASON_ISSUER_UNAVAILABLE);
    ASKED second;
    serve_token(rig, "k1");
    redeem(rig, 1, "c", &second);
    ck_assert_int_eq(reason_of(&second), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(so_many_outcomes_are_kept_and_no_more)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    for (unsigned i = 0; i <= SP_REDEEMER_KEPT_MAX; i++) {
        ASKED asked;
        redeem(rig, i, "c", &asked);
        ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    }
    ck_assert_uint_eq(tokens_asked(rig), SP_REDEEMER_KEPT_MAX + 1);
    ASKED newest;
    redeem(rig, SP_REDEEMER_KEPT_MAX, "c", &newest);
    ck_assert_uint_eq(tokens_asked(rig), SP_REDEEMER_KEPT_MAX + 1);
    ASKED oldest;
    redeem(rig, 0, "c", &oldest);
    ck_assert_uint_eq(tokens_asked(rig), SP_REDEEMER_KEPT_MAX + 2);
}
SP_TEST_END

/* ---- bounds ---------------------------------------------------------------------------------------- */

SP_TEST(so_many_are_under_way_and_one_more_is_told_that_we_are_busy)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    static struct asked asked[SP_REDEEMER_IN_FLIGHT_MAX];
    atomic_store(&rig->it->server->held, 1);
    for (unsigned i = 0; i < SP_REDEEMER_IN_FLIGHT_MAX; i++) {
        submit(rig, i, "c", &asked[i]);
    }
    ASKED over;
    redeem(rig, SP_REDEEMER_IN_FLIGHT_MAX, "c", &over);
    ck_assert_ptr_null(over.job->redeemed);
    /* who joins a flight adds none */
    ASKED joining;
    submit(rig, 0, "c", &joining);
    atomic_store(&rig->it->server->held, 0);
    for (unsigned i = 0; i < SP_REDEEMER_IN_FLIGHT_MAX; i++) {
        WAIT_FOR(is_delivered(&asked[i]));
        ck_assert_int_eq(reason_of(&asked[i]), SP_REASON_NONE);
        asked_done(&asked[i]);
    }
    WAIT_FOR(is_delivered(&joining));
    ck_assert_int_eq(reason_of(&joining), SP_REASON_NONE);
    ck_assert_uint_eq(tokens_asked(rig), SP_REDEEMER_IN_FLIGHT_MAX);
    ASKED later;
    redeem(rig, SP_REDEEMER_IN_FLIGHT_MAX, "c", &later);
    ck_assert_int_eq(reason_of(&later), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(a_login_with_invented_codes_leaves_room_for_others)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[SP_REDEEMER_LOGIN_IN_FLIGHT_MAX];
    atomic_store(&rig->it->server->held, 1);
    for (unsigned i = 0; i < SP_REDEEMER_LOGIN_IN_FLIGHT_MAX; i++) {
        submit(rig, 1, (const char[]){(char)('a' + (int)i), '\0'}, &asked[i]);
    }
    ASKED over;
    redeem(rig, 1, "one more", &over);
    ck_assert_ptr_null(over.job->redeemed);
    /* who joins a flight adds none, and another login has places of its own */
    ASKED joining;
    submit(rig, 1, "a", &joining);
    ASKED other;
    submit(rig, 2, "one more", &other);
    atomic_store(&rig->it->server->held, 0);
    for (unsigned i = 0; i < SP_REDEEMER_LOGIN_IN_FLIGHT_MAX; i++) {
        WAIT_FOR(is_delivered(&asked[i]));
        asked_done(&asked[i]);
    }
    WAIT_FOR(is_delivered(&joining) && is_delivered(&other));
    ck_assert_int_eq(reason_of(&joining), SP_REASON_NONE);
    ck_assert_int_eq(reason_of(&other), SP_REASON_NONE);
    /* those that have landed hold no place */
    ASKED later;
    redeem(rig, 1, "one more", &later);
    ck_assert_int_eq(reason_of(&later), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(what_is_under_way_at_the_end_is_freed_without_an_answer)
{
    REDEEM_RIG rig = redeem_rig_new(SP_USERINFO_UNUSED);
    struct asked asked[2];
    atomic_store(&rig->it->server->held, 1);
    submit(rig, 1, "c", &asked[0]);
    submit(rig, 1, "c", &asked[1]);
    WAIT_FOR(tokens_asked(rig) == 1);
    run_loop();
    ck_assert_int_eq(asked[0].delivered_n + asked[1].delivered_n, 0);
}
SP_TEST_END

SP_SUITE("io/redeemer", a_code_is_redeemed_for_claims, user_info_is_fetched_where_it_is_wanted,
         ac_23_an_unknown_key_id_makes_the_keys_be_fetched,
         ac_23_a_flood_of_unknown_key_ids_costs_the_issuer_two_fetches,
         what_the_issuer_refuses_or_fails_at_is_told, without_the_issuers_documents_nothing_is_asked,
         ac_19_a_code_that_comes_several_times_at_once_is_redeemed_once,
         ac_19_an_outcome_is_kept_for_who_comes_late,
         ac_19_outcomes_are_forgotten_in_time_however_many_logins_there_are, ac_19_a_failure_is_not_kept,
         so_many_outcomes_are_kept_and_no_more, so_many_are_under_way_and_one_more_is_told_that_we_are_busy,
         a_login_with_invented_codes_leaves_room_for_others,
         what_is_under_way_at_the_end_is_freed_without_an_answer)
