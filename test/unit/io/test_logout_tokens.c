/* SPDX-License-Identifier: Apache-2.0 */
#include "io/logout_tokens.h"

#include "io_code_exchanges.h"

/* ---- the rig --------------------------------------------------------------------------------------- */

struct logout_rig {
    struct exchange_rig *base;
    struct sp_revocations *revocations;
    struct sp_logout_tokens *tokens;
    unsigned jti; /* of the last token */
};

static struct logout_rig *logout_rig_new(void)
{
    struct logout_rig *rig = calloc(1, sizeof *rig);
    ck_assert_int_eq(sp_random_init(), 0);
    rig->base = exchange_rig_new(SP_USERINFO_UNUSED);
    rig->revocations = sp_revocations_new(SP_REVOCATIONS_MAX_N, &sp_random_system);
    const struct sp_logout_tokens_use use = {
        .worker = rig->base->it->rig->worker,
        .issuer = rig->base->it->issuer,
        .waiting = rig->base->waiting,
        .metrics = &rig->base->it->rig->metrics,
        .issuer_name = rig->base->it->name,
        .client_id = rig->base->client.id,
        .skew_s = rig->base->client.skew_s,
        .revocations = rig->revocations,
        .lifetime_s = 43200,
    };
    rig->tokens = sp_logout_tokens_new(&use);
    ck_assert_ptr_nonnull(rig->tokens);
    return rig;
}

static void logout_rig_free(struct logout_rig **given)
{
    struct logout_rig *rig = *given;
    exchange_rig_free(&rig->base);
    sp_logout_tokens_free(rig->tokens);
    sp_revocations_free(rig->revocations);
    free(rig);
}

#define LOGOUT_RIG __attribute__((cleanup(logout_rig_free))) struct logout_rig *

/* A token with this kid, its own `jti` and these additional members. */
static char *token_of(struct logout_rig *rig, const char *kid, const char *members)
{
    rig->jti++;
    SIGNER_TEXT changes =
        text_format("{\"iss\":\"%s\",\"jti\":\"j%u\",\"exp\":%lld,\"iat\":%lld%s}", rig->base->it->name,
                    rig->jti, (long long)sp_clock_now_s() + 120, (long long)sp_clock_now_s(), members);
    return issuer_logout_token(&rig->base->it->signer, kid, changes);
}

static enum sp_logout_result take(struct logout_rig *rig, const char *token)
{
    struct sp_diag diag = {0};
    return sp_logout_tokens_take(rig->tokens, sp_str_from_c(token), rig->base->it->latest->keyset,
                                 &rig->base->it->rig->metrics, &diag);
}

static enum sp_logout_result take_of(struct logout_rig *rig, const char *members)
{
    SIGNER_TEXT token = token_of(rig, "k1", members);
    return take(rig, token);
}

static bool is_over(const struct logout_rig *rig, const char *sub, const char *sid, int64_t began_s)
{
    struct sp_session session = {.id = {1}, .login_at_s = began_s};
    session.profile.sub = sp_str_from_c(sub);
    session.profile.sid = sp_str_from_c(sid);
    return sp_revocations_end(rig->revocations, &session);
}

static unsigned counted(const struct logout_rig *rig, enum sp_logout_result result)
{
    return (unsigned)atomic_load(&rig->base->it->rig->metrics.logout_tokens[result]);
}

static unsigned keys_asked(const struct logout_rig *rig)
{
    return http_count(rig->base->it->server, "/keys");
}

struct waiter {
    struct sp_wait wait; /* must be first */
    int delivered_n;
};

static void on_answered(struct sp_message *message)
{
    ((struct waiter *)(void *)message)->delivered_n++;
}

static void waiter_done(struct waiter *waiter)
{
    free(waiter->wait.outcome);
}

#define WAITER __attribute__((cleanup(waiter_done))) struct waiter

/* NULL, or why it does not wait. */
static const char *begin_waiting(struct logout_rig *rig, const char *token, struct waiter *waiter)
{
    *waiter = (struct waiter){.wait = {.mailbox = own_mailbox(), .is_by_pages = true}};
    waiter->wait.message.deliver = on_answered;
    return sp_logout_tokens_begin(rig->tokens, sp_str_from_c(token), &waiter->wait);
}

static bool is_answered(const struct waiter *waiter)
{
    run_loop();
    return waiter->delivered_n == 1;
}

static enum sp_logout_result wait_for(struct logout_rig *rig, const char *token)
{
    WAITER waiter;
    ck_assert_ptr_null(begin_waiting(rig, token, &waiter));
    WAIT_FOR(is_answered(&waiter));
    const struct sp_logout_outcome *outcome = waiter.wait.outcome;
    ck_assert_ptr_nonnull(outcome);
    ck_assert((outcome->diag.text[0] != '\0') == (outcome->result != SP_LOGOUT_ACCEPTED));
    return outcome->result;
}

/* ---- taking ---------------------------------------------------------------------------------------- */

SP_TEST(ac_68_what_a_token_names_is_over_and_nothing_else)
{
    LOGOUT_RIG rig = logout_rig_new();
    int64_t now_s = sp_clock_now_s();
    ck_assert_int_eq(take_of(rig, ",\"sub\":\"ada\",\"sid\":\"s1\""), SP_LOGOUT_ACCEPTED);
    ck_assert(is_over(rig, "ada", "s1", now_s));
    ck_assert(!is_over(rig, "ada", "s2", now_s));
    ck_assert(!is_over(rig, "ben", "s1", now_s));
    ck_assert_int_eq(take_of(rig, ",\"sub\":\"-\",\"sid\":\"s3\""), SP_LOGOUT_ACCEPTED);
    ck_assert(is_over(rig, "ada", "s3", now_s));
    ck_assert(is_over(rig, "ben", "s3", now_s));
    ck_assert_int_eq(take_of(rig, ",\"sub\":\"ben\""), SP_LOGOUT_ACCEPTED);
    ck_assert(is_over(rig, "ben", "", now_s));
    ck_assert(is_over(rig, "ben", "s9", now_s));
    ck_assert(!is_over(rig, "ben", "s9", now_s + 1));
    ck_assert(!is_over(rig, "ada", "s9", now_s));
    ck_assert_uint_eq(counted(rig, SP_LOGOUT_ACCEPTED), 3);
}
SP_TEST_END

SP_TEST(ac_35_a_token_counts_once)
{
    LOGOUT_RIG rig = logout_rig_new();
    int64_t now_s = sp_clock_now_s();
    SIGNER_TEXT token = token_of(rig, "k1", ",\"sub\":\"ada\"");
    ck_assert_int_eq(take(rig, token), SP_LOGOUT_ACCEPTED);
    clock_move_ms(5000);
    ck_assert_int_eq(take(rig, token), SP_LOGOUT_REFUSED);
    ck_assert(is_over(rig, "ada", "", now_s));
    ck_assert(!is_over(rig, "ada", "", now_s + 5));
    clock_move_ms(115000 + ISSUER_SKEW_S * 1000);
    ck_assert_int_eq(take(rig, token), SP_LOGOUT_REFUSED);
    ck_assert_uint_eq(counted(rig, SP_LOGOUT_REFUSED), 2);
}
SP_TEST_END

SP_TEST(ac_35_what_is_refused_changes_nothing)
{
    LOGOUT_RIG rig = logout_rig_new();
    ck_assert_int_eq(take_of(rig, ",\"nonce\":\"n\""), SP_LOGOUT_REFUSED);
    ck_assert_int_eq(take_of(rig, ",\"aud\":\"sibling\""), SP_LOGOUT_REFUSED);
    ck_assert_int_eq(take_of(rig, ",\"sub\":\"-\""), SP_LOGOUT_REFUSED);
    SIGNER_TEXT changes = text_format("{\"iss\":\"%s\"}", rig->base->it->name);
    SIGNER_TEXT id_token = issuer_id_token(&rig->base->it->signer, "k1", changes);
    ck_assert_int_eq(take(rig, id_token), SP_LOGOUT_REFUSED);
    ck_assert_uint_eq(sp_revocations_count(rig->revocations), 0);
}
SP_TEST_END

/* ---- keys that are fetched ------------------------------------------------------------------------- */

SP_TEST(ac_23_a_token_of_a_new_key_makes_the_keys_be_fetched)
{
    LOGOUT_RIG rig = logout_rig_new();
    serve_documents(rig->base->it, "k2");
    SIGNER_TEXT token = token_of(rig, "k2", ",\"sub\":\"ada\"");
    ck_assert_int_eq(take(rig, token), SP_LOGOUT_UNVERIFIED);
    ck_assert_int_eq(wait_for(rig, token), SP_LOGOUT_ACCEPTED);
    ck_assert(is_over(rig, "ada", "", sp_clock_now_s()));
    ck_assert_uint_eq(keys_asked(rig), 2);
}
SP_TEST_END

SP_TEST(ac_36_a_flood_of_forged_tokens_costs_the_issuer_few_fetches_and_no_genuine_one_is_lost)
{
    LOGOUT_RIG rig = logout_rig_new();
    for (unsigned i = 0; i < SP_ISSUER_KEYS_BURST_N; i++) {
        SIGNER_TEXT token = token_of(rig, "invented", ",\"sub\":\"ada\"");
        ck_assert_int_eq(wait_for(rig, token), SP_LOGOUT_REFUSED);
    }
    SIGNER_TEXT forged = token_of(rig, "invented", ",\"sub\":\"ben\"");
    SIGNER_TEXT genuine = token_of(rig, "k2", ",\"sub\":\"ada\"");
    struct waiter waiters[2];
    ck_assert_ptr_null(begin_waiting(rig, forged, &waiters[0]));
    ck_assert_ptr_null(begin_waiting(rig, genuine, &waiters[1]));
    let_timers_run(rig->base->it->rig);
    serve_documents(rig->base->it, "k2");
    clock_move_ms(SP_LOGOUT_TOKENS_ANSWER_MS);
    for (unsigned i = 0; i < 2; i++) { /* neither can be verified yet */
        WAIT_FOR(is_answered(&waiters[i]));
        const struct sp_logout_outcome *outcome = waiters[i].wait.outcome;
        ck_assert_int_eq(outcome->result, SP_LOGOUT_UNVERIFIED);
        waiter_done(&waiters[i]);
    }
    ck_assert_uint_eq(keys_asked(rig), 1 + SP_ISSUER_KEYS_BURST_N);
    let_timers_run(rig->base->it->rig);
    clock_move_ms(SP_ISSUER_KEYS_PAUSE_S * 1000 - SP_LOGOUT_TOKENS_ANSWER_MS);
    WAIT_FOR(counted(rig, SP_LOGOUT_ACCEPTED) == 1);
    WAIT_FOR(counted(rig, SP_LOGOUT_REFUSED) == SP_ISSUER_KEYS_BURST_N + 1);
    ck_assert(is_over(rig, "ada", "", sp_clock_now_s()));
    ck_assert(!is_over(rig, "ben", "", sp_clock_now_s()));
    ck_assert_uint_eq(keys_asked(rig), 2 + SP_ISSUER_KEYS_BURST_N);
}
SP_TEST_END

SP_TEST(keys_that_were_asked_for_before_a_token_came_refuse_it_not)
{
    LOGOUT_RIG rig = logout_rig_new();
    SIGNER_TEXT first = token_of(rig, "invented", ",\"sub\":\"ben\"");
    ck_assert_int_eq(wait_for(rig, first), SP_LOGOUT_REFUSED);
    atomic_store(&rig->base->it->server->held, 1);
    SIGNER_TEXT forged = token_of(rig, "invented", ",\"sub\":\"ben\"");
    SIGNER_TEXT genuine = token_of(rig, "k2", ",\"sub\":\"ada\"");
    struct waiter waiters[2];
    ck_assert_ptr_null(begin_waiting(rig, forged, &waiters[0]));
    WAIT_FOR(keys_asked(rig) ==
             3); /* the response is on its way, without the key that is about to be added */
    ck_assert_ptr_null(begin_waiting(rig, genuine, &waiters[1]));
    let_timers_run(rig->base->it->rig);
    atomic_store(&rig->base->it->server->held, 0);
    WAIT_FOR(is_answered(&waiters[0]));
    let_timers_run(rig->base->it->rig);
    serve_documents(rig->base->it, "k2");
    clock_move_ms(SP_ISSUER_KEYS_PAUSE_S * 1000);
    WAIT_FOR(counted(rig, SP_LOGOUT_ACCEPTED) == 1 || counted(rig, SP_LOGOUT_REFUSED) == 3);
    ck_assert_uint_eq(counted(rig, SP_LOGOUT_REFUSED), 2);
    waiter_done(&waiters[0]);
    WAIT_FOR(is_answered(&waiters[1]));
    waiter_done(&waiters[1]);
}
SP_TEST_END

SP_TEST(a_token_that_came_while_the_issuer_is_away_counts_when_it_is_back)
{
    LOGOUT_RIG rig = logout_rig_new();
    http_route(rig->base->it->server, "/keys", "503 Down", "");
    SIGNER_TEXT token = token_of(rig, "k2", ",\"sub\":\"ada\"");
    ck_assert_int_eq(wait_for(rig, token), SP_LOGOUT_UNVERIFIED);
    let_timers_run(rig->base->it->rig);
    serve_documents(rig->base->it, "k2");
    clock_move_ms(1000); /* the next attempt */
    WAIT_FOR(counted(rig, SP_LOGOUT_ACCEPTED) == 1);
    ck_assert(is_over(rig, "ada", "", sp_clock_now_s()));
}
SP_TEST_END

SP_TEST(a_token_is_given_up_when_the_issuer_was_away_for_longer_than_it_is_good)
{
    LOGOUT_RIG rig = logout_rig_new();
    http_route(rig->base->it->server, "/keys", "503 Down", "");
    SIGNER_TEXT token = token_of(rig, "k2", ",\"sub\":\"ada\"");
    ck_assert_int_eq(wait_for(rig, token), SP_LOGOUT_UNVERIFIED);
    let_timers_run(rig->base->it->rig);
    unsigned asked_n = keys_asked(rig);
    clock_move_ms(SP_LOGOUT_TOKENS_KEPT_MS - 1);
    WAIT_FOR(keys_asked(rig) > asked_n);
    let_timers_run(rig->base->it->rig);
    ck_assert_uint_eq(counted(rig, SP_LOGOUT_UNVERIFIED), 0);
    clock_move_ms(SP_ISSUER_RETRY_MAX_S * 1000);
    WAIT_FOR(counted(rig, SP_LOGOUT_UNVERIFIED) == 1);
    ck_assert_uint_eq(sp_revocations_count(rig->revocations), 0);
}
SP_TEST_END

SP_TEST(who_waits_is_answered_in_time_and_the_token_counts_when_the_keys_come)
{
    LOGOUT_RIG rig = logout_rig_new();
    serve_documents(rig->base->it, "k2");
    atomic_store(&rig->base->it->server->held, 1);
    SIGNER_TEXT token = token_of(rig, "k2", ",\"sub\":\"ada\"");
    WAITER waiter;
    ck_assert_ptr_null(begin_waiting(rig, token, &waiter));
    WAIT_FOR(keys_asked(rig) == 2);
    clock_move_ms(SP_LOGOUT_TOKENS_ANSWER_MS - 1);
    let_timers_run(rig->base->it->rig);
    ck_assert(!is_answered(&waiter));
    clock_move_ms(1);
    WAIT_FOR(is_answered(&waiter));
    const struct sp_logout_outcome *outcome = waiter.wait.outcome;
    ck_assert_int_eq(outcome->result, SP_LOGOUT_UNVERIFIED);
    ck_assert_uint_eq(sp_revocations_count(rig->revocations), 0);
    atomic_store(&rig->base->it->server->held, 0);
    WAIT_FOR(sp_revocations_count(rig->revocations) == 1);
    ck_assert(is_over(rig, "ada", "", sp_clock_now_s()));
    WAIT_FOR(counted(rig, SP_LOGOUT_ACCEPTED) == 1);
}
SP_TEST_END

SP_TEST(ac_36_so_many_tokens_wait_for_keys_and_no_more)
{
    LOGOUT_RIG rig = logout_rig_new();
    serve_documents(rig->base->it, "k2");
    atomic_store(&rig->base->it->server->held, 1);
    static struct waiter waiters[SP_LOGOUT_TOKENS_PENDING_MAX + 1];
    for (unsigned i = 0; i <= SP_LOGOUT_TOKENS_PENDING_MAX; i++) {
        SIGNER_TEXT members = text_format(",\"sub\":\"user%u\"", i);
        SIGNER_TEXT token = token_of(rig, "k2", members);
        const char *refusal = begin_waiting(rig, token, &waiters[i]);
        ck_assert_msg((refusal == NULL) == (i < SP_WAITING_OWNER_MAX), "%u", i);
        ck_assert_msg(i < SP_LOGOUT_TOKENS_PENDING_MAX || strstr(refusal, "logout tokens") != NULL, "%u", i);
    }
    ck_assert_uint_eq(counted(rig, SP_LOGOUT_UNVERIFIED), 1);
    atomic_store(&rig->base->it->server->held, 0);
    for (unsigned i = 0; i < SP_WAITING_OWNER_MAX; i++) {
        WAIT_FOR(is_answered(&waiters[i]));
        waiter_done(&waiters[i]);
    }
    WAIT_FOR(sp_revocations_count(rig->revocations) == SP_LOGOUT_TOKENS_PENDING_MAX);
    ck_assert(is_over(rig, "user127", "", sp_clock_now_s()));
    ck_assert(!is_over(rig, "user128", "", sp_clock_now_s()));
}
SP_TEST_END

SP_TEST(a_token_outlives_who_waited_for_it)
{
    LOGOUT_RIG rig = logout_rig_new();
    serve_documents(rig->base->it, "k2");
    atomic_store(&rig->base->it->server->held, 1);
    SIGNER_TEXT token = token_of(rig, "k2", ",\"sub\":\"ada\"");
    WAITER waiter;
    ck_assert_ptr_null(begin_waiting(rig, token, &waiter));
    ck_assert(sp_waiting_withdraw(&waiter.wait));
    atomic_store(&rig->base->it->server->held, 0);
    WAIT_FOR(sp_revocations_count(rig->revocations) == 1);
}
SP_TEST_END

SP_SUITE("logout_tokens", ac_68_what_a_token_names_is_over_and_nothing_else, ac_35_a_token_counts_once,
         ac_35_what_is_refused_changes_nothing, ac_23_a_token_of_a_new_key_makes_the_keys_be_fetched,
         ac_36_a_flood_of_forged_tokens_costs_the_issuer_few_fetches_and_no_genuine_one_is_lost,
         keys_that_were_asked_for_before_a_token_came_refuse_it_not,
         a_token_that_came_while_the_issuer_is_away_counts_when_it_is_back,
         a_token_is_given_up_when_the_issuer_was_away_for_longer_than_it_is_good,
         who_waits_is_answered_in_time_and_the_token_counts_when_the_keys_come,
         ac_36_so_many_tokens_wait_for_keys_and_no_more, a_token_outlives_who_waited_for_it)
