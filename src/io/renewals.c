/* SPDX-License-Identifier: Apache-2.0 */
#include "io/renewals.h"

#include "base/random.h"
#include "io/renewal_flights.h"
#include "io/token_revocations.h"
#include "session/overdue.h"
#include "session/redirects.h"
#include "session/unseen.h"

#include <pthread.h>
#include <stdlib.h>

#define AGAIN_MAX      2    /* repeats of a call, each with the token of a login during the call */
#define LOOK_AROUND_MS 7500 /* between two checks for outcomes that were kept long enough */

struct sp_renewals {
    struct sp_renewals_use use;
    struct sp_waiting *waiting;
    struct sp_token_revocations *token_revocations;
    struct sp_unseen *unseen;
    pthread_mutex_t lock; /* protects all members below */
    struct sp_grants *grants;
    struct sp_redirects *redirects;
    struct sp_overdue *overdue;
    struct sp_renewal_flights *flights;
    size_t under_way_n;
    bool looks_around;
};

/* Posts the outcome to a list of requests that waited for it, linked by `next`. */
static void answer(struct sp_wait *wait, struct sp_renewal_outcome *outcome)
{
    while (wait != NULL) {
        struct sp_wait *next = wait->next;
        atomic_fetch_add(&outcome->refs, 1);
        sp_wait_post(wait, outcome);
        wait = next;
    }
}

static void look_around(void *context)
{
    struct sp_renewals *all = context;
    pthread_mutex_lock(&all->lock);
    all->looks_around = sp_renewal_flights_clear(all->flights, all->use.kept_s);
    if (all->looks_around) {
        sp_worker_after(all->use.worker, LOOK_AROUND_MS, look_around, all);
    }
    pthread_mutex_unlock(&all->lock);
}

/* ---- calls ----------------------------------------------------------------------------------------- */

static void on_begun(struct sp_task *task)
{
    struct sp_renewal_flight *flight =
        (struct sp_renewal_flight *)(void *)((char *)task - offsetof(struct sp_renewal_flight, task));
    struct sp_code_exchange_input input = {
        .client = flight->all->use.client,
        .refresh = &flight->grant,
        .sub = sp_buf_str(&flight->sub),
    };
    sp_code_exchange_run_begin(&flight->run, &input);
}

static void on_end(struct sp_code_exchange_run *run);

/* Under the lock: calls with `grant`. False if out of memory. */
static bool start(struct sp_renewal_flight *flight, const struct sp_refresh_grant *grant)
{
    struct sp_renewals *all = flight->all;
    sp_buf_clear(&flight->bytes);
    if (sp_refresh_grant_copy(grant, &flight->bytes, &flight->grant) != SP_OK ||
        !sp_code_exchange_run_init(&flight->run, all->use.worker, all->use.issuer, on_end)) {
        return false;
    }
    flight->task = (struct sp_task){.run = on_begun};
    sp_worker_post(all->use.worker, &flight->task);
    return true;
}

/* Under the lock: stores the user's newest token, which the requests that wait write into the cookie. If
 * there was a login in the meantime, its token is used instead. */
static void take_grant(struct sp_renewal_flight *flight, struct sp_renewal_outcome *outcome)
{
    struct sp_renewals *all = flight->all;
    struct sp_str sub = sp_buf_str(&flight->sub);
    const struct sp_refresh_grant *newest = sp_grants_newest(all->grants, sub, &flight->grant);
    struct sp_refresh_grant brought;
    if (sp_refresh_grant_is_same(newest, &flight->grant) &&
        sp_code_exchange_grant(outcome->exchange->code_exchange, &brought)) {
        newest = &brought;
    }
    if (sp_refresh_grant_copy(newest, &outcome->bytes, &outcome->grant) != SP_OK) {
        outcome->result = SP_RENEWAL_INVALID;
    } else if (newest == &brought) {
        sp_grants_keep(all->grants, sub, &brought);
    }
}

/* Under the lock: a new token that a failed call has returned replaces the one used for the call. */
static void keep_brought(struct sp_renewal_flight *flight, const struct sp_code_exchange *code_exchange)
{
    struct sp_str sub = sp_buf_str(&flight->sub);
    struct sp_refresh_grant brought;
    if (!sp_code_exchange_brought(code_exchange, &brought) ||
        brought.token.len + brought.sid.len >= SP_RENEWAL_GRANT_MAX ||
        !sp_refresh_grant_is_same(sp_grants_newest(flight->all->grants, sub, &flight->grant),
                                  &flight->grant)) {
        return;
    }
    flight->grant = (struct sp_refresh_grant){.issued_s = 0};
    sp_buf_clear(&flight->bytes);
    if (sp_refresh_grant_copy(&brought, &flight->bytes, &flight->grant) == SP_OK) {
        sp_grants_keep(flight->all->grants, sub, &flight->grant);
    }
}

/* Under the lock: revokes the returned token, because the sign-out could revoke only the one before it. */
static void revoke_brought(const struct sp_renewal_flight *flight, const struct sp_renewal_outcome *outcome)
{
    const struct sp_code_exchange *code_exchange = outcome->exchange->code_exchange;
    struct sp_refresh_grant brought;
    bool has_brought = outcome->exchange->reason == SP_REASON_NONE
                           ? sp_code_exchange_grant(code_exchange, &brought)
                           : sp_code_exchange_brought(code_exchange, &brought);
    if (has_brought && !sp_str_equal(brought.token, flight->grant.token)) {
        sp_token_revocations_begin(flight->all->token_revocations, brought.token, flight->signed_out_id);
    }
}

/* Under the lock: if the issuer refused a token that a login has replaced meanwhile, starts a call with the
 * new one, and returns true. Not if the user signed out in between: that may have revoked the new one. */
static bool goes_again(struct sp_renewal_flight *flight, const struct sp_renewal_outcome *outcome)
{
    const struct sp_refresh_grant *newest =
        sp_grants_newest(flight->all->grants, sp_buf_str(&flight->sub), &flight->grant);
    return outcome->result == SP_RENEWAL_REFUSED && !flight->is_signed_out && flight->again_n++ < AGAIN_MAX &&
           !sp_refresh_grant_is_same(newest, &flight->grant) && start(flight, newest);
}

static void on_end(struct sp_code_exchange_run *run)
{
    struct sp_renewal_flight *flight =
        (struct sp_renewal_flight *)(void *)((char *)run - offsetof(struct sp_renewal_flight, run));
    struct sp_renewals *all = flight->all;
    struct sp_renewal_outcome *outcome = sp_renewal_outcome_new(run->outcome);
    if (outcome == NULL) {
        abort(); /* nothing could be posted to the requests that wait */
    }
    run->outcome = NULL;
    pthread_mutex_lock(&all->lock);
    if (outcome->result == SP_RENEWAL_REFUSED) {
        sp_grants_refuse(all->grants, sp_buf_str(&flight->sub), &flight->grant);
    }
    if (goes_again(flight, outcome)) {
        pthread_mutex_unlock(&all->lock);
        sp_renewal_outcome_unref(outcome);
        return;
    }
    if (flight->is_signed_out) {
        revoke_brought(flight, outcome);
    }
    if (outcome->result == SP_RENEWAL_RENEWED) {
        take_grant(flight, outcome);
    }
    sp_metrics_count(&all->use.metrics->renewals[outcome->result]);
    if (outcome->result != SP_RENEWAL_RENEWED) {
        keep_brought(flight, outcome->exchange->code_exchange);
        sp_renewal_outcome_log(outcome, sp_buf_str(&flight->sub));
        sp_code_outcome_unref(outcome->exchange);
        outcome->exchange = NULL;
    }
    answer(sp_waiting_take(all->waiting, &flight->waiters), outcome);
    sp_renewal_flights_end(all->flights, flight, outcome);
    all->under_way_n--;
    if (!all->looks_around) {
        all->looks_around = true;
        sp_worker_after(all->use.worker, LOOK_AROUND_MS, look_around, all);
    }
    pthread_mutex_unlock(&all->lock);
}

/* ---- requests -------------------------------------------------------------------------------------- */

/* NULL if there is none. */
static struct sp_renewal_flight *find_flight(const struct sp_renewals *all, struct sp_str sub,
                                             struct sp_str sid)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(all->grants, sub, sid, name);
    return sp_renewal_flights_find(all->flights, name);
}

/* NULL if out of memory. */
static struct sp_renewal_flight *new_flight(struct sp_renewals *all, const uint8_t name[SP_GRANTS_NAME_LEN],
                                            struct sp_str sub)
{
    struct sp_renewal_flight *flight = sp_renewal_flight_new(name, sub);
    if (flight != NULL) {
        flight->all = all;
        flight->waiters = (struct sp_waiters){.max = SP_RENEWAL_OF_USER_MAX,
                                              .full = "too many requests of this user already wait"};
    }
    return flight;
}

/* Begins a call. `wait` is the first to wait for it, or gets the last outcome at once if it is a failure. */
static const char *begin(struct sp_renewals *all, struct sp_renewal_flight *known,
                         const uint8_t name[SP_GRANTS_NAME_LEN], struct sp_str sub,
                         const struct sp_refresh_grant *newest, struct sp_wait *wait)
{
    if (all->under_way_n == SP_RENEWALS_MAX) {
        return "too many renewals are already in progress";
    }
    struct sp_renewal_flight *flight = known != NULL ? known : new_flight(all, name, sub);
    if (flight == NULL) {
        return "out of memory";
    }
    bool has_failed = flight->outcome != NULL && sp_refresh_grant_is_same(newest, &flight->grant);
    const char *refusal = has_failed ? NULL : sp_waiting_enter(all->waiting, &flight->waiters, wait);
    if (refusal == NULL && !start(flight, newest)) {
        refusal = has_failed || sp_waiting_withdraw(wait) ? "out of memory" : NULL;
    }
    if (refusal != NULL) {
        if (known == NULL) {
            sp_renewal_flight_free(flight);
        }
        return refusal;
    }
    if (has_failed) {
        wait->next = NULL;
        answer(wait, flight->outcome);
    } else {
        sp_renewal_outcome_unref(flight->outcome);
        flight->outcome = NULL;
    }
    flight->again_n = 0;
    flight->is_signed_out = false;
    all->under_way_n++;
    sp_renewal_flights_begin(all->flights, flight);
    return NULL;
}

/* Under the lock: answers from the stored outcome. */
static const char *answer_late(struct sp_renewal_flight *flight, struct sp_wait *wait)
{
    wait->next = NULL;
    if (flight->outcome != NULL) {
        answer(wait, flight->outcome);
        return NULL;
    }
    struct sp_renewal_outcome *outcome = sp_saved_renewal_restore(&flight->saved, flight->all->use.client);
    if (outcome == NULL) {
        return "out of memory";
    }
    answer(wait, outcome);
    sp_renewal_outcome_unref(outcome);
    sp_renewal_flights_note_sent(flight->all->flights, flight);
    return NULL;
}

const char *sp_renewals_begin(struct sp_renewals *all, struct sp_str sub,
                              const struct sp_refresh_grant *grant, struct sp_wait *wait)
{
    const char *refusal = NULL;
    pthread_mutex_lock(&all->lock);
    const struct sp_refresh_grant *newest = sp_grants_newest(all->grants, sub, grant);
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(all->grants, sub, grant->sid, name);
    struct sp_renewal_flight *flight = sp_renewal_flights_find(all->flights, name);
    bool is_under_way = flight != NULL && !flight->is_kept;
    if (is_under_way && flight->outcome == NULL) {
        refusal = sp_waiting_enter(all->waiting, &flight->waiters, wait);
    } else if (is_under_way ||
               (flight != NULL && sp_renewal_flight_answers(flight, grant, newest, all->use.kept_s))) {
        refusal = answer_late(flight, wait);
    } else {
        refusal = begin(all, flight, name, sub, newest, wait);
    }
    pthread_mutex_unlock(&all->lock);
    return refusal;
}

void sp_renewals_note_login(struct sp_renewals *all, struct sp_str sub, const struct sp_refresh_grant *grant)
{
    pthread_mutex_lock(&all->lock);
    sp_grants_keep(all->grants, sub, grant);
    pthread_mutex_unlock(&all->lock);
}

void sp_renewals_revoke(struct sp_renewals *all, const struct sp_session *session)
{
    pthread_mutex_lock(&all->lock);
    const struct sp_refresh_grant *newest =
        sp_grants_newest(all->grants, session->profile.sub, &session->grant);
    sp_token_revocations_begin(all->token_revocations, newest->token, session->id);
    struct sp_renewal_flight *flight = find_flight(all, session->profile.sub, session->grant.sid);
    if (flight != NULL && !flight->is_kept) {
        flight->is_signed_out = true;
        memcpy(flight->signed_out_id, session->id, sizeof flight->signed_out_id);
    }
    pthread_mutex_unlock(&all->lock);
}

void sp_renewals_note_sent(struct sp_renewals *all, const struct sp_session *session, struct sp_str host,
                           struct sp_str target, bool is_further, int64_t now_s)
{
    pthread_mutex_lock(&all->lock);
    sp_redirects_note(all->redirects, session, host, target, is_further, now_s);
    pthread_mutex_unlock(&all->lock);
    sp_unseen_note(all->unseen, session);
}

bool sp_renewals_note_seen(struct sp_renewals *all, const struct sp_session *session)
{
    if (!sp_unseen_take(all->unseen, session)) {
        return false;
    }
    pthread_mutex_lock(&all->lock);
    struct sp_renewal_flight *flight = find_flight(all, session->profile.sub, session->grant.sid);
    if (flight != NULL && flight->is_kept && flight->result == SP_RENEWAL_RENEWED &&
        sp_refresh_grant_is_same(&session->grant, &flight->saved.grant)) {
        sp_renewal_flights_note_seen(all->flights, flight);
    }
    pthread_mutex_unlock(&all->lock);
    return true;
}

unsigned sp_renewals_sent_n(struct sp_renewals *all, const struct sp_session *session, struct sp_str host,
                            struct sp_str target, int64_t now_s)
{
    pthread_mutex_lock(&all->lock);
    unsigned sent_n = sp_redirects_count(all->redirects, session, host, target, now_s);
    pthread_mutex_unlock(&all->lock);
    return sent_n;
}

void sp_renewals_note_overdue(struct sp_renewals *all, const struct sp_session *session, int64_t now_s)
{
    pthread_mutex_lock(&all->lock);
    sp_overdue_note(all->overdue, session, now_s);
    pthread_mutex_unlock(&all->lock);
}

void sp_renewals_forget_overdue(struct sp_renewals *all, const struct sp_session *session)
{
    pthread_mutex_lock(&all->lock);
    sp_overdue_forget(all->overdue, session);
    pthread_mutex_unlock(&all->lock);
}

size_t sp_renewals_overdue_n(struct sp_renewals *all, int64_t now_s)
{
    pthread_mutex_lock(&all->lock);
    size_t n = sp_overdue_count(all->overdue, now_s);
    pthread_mutex_unlock(&all->lock);
    return n;
}

/* ---- setup and teardown ---------------------------------------------------------------------------- */

struct sp_renewals *sp_renewals_new(const struct sp_renewals_use *use)
{
    struct sp_renewals *all = calloc(1, sizeof *all);
    if (all == NULL) {
        return NULL;
    }
    all->use = *use;
    all->use.client = sp_client_ref(use->client);
    pthread_mutex_init(&all->lock, NULL);
    struct sp_waiting_limits limits =
        sp_waiting_limits_of(use->connections_max, use->pages_connections_max, SP_RENEWAL_WAITING_MAX);
    size_t half = (limits.waiting_max + 1) / 2;
    limits.owner_max = half < SP_RENEWAL_OF_USER_MAX ? half : SP_RENEWAL_OF_USER_MAX;
    all->waiting = sp_waiting_new(limits);
    all->token_revocations = sp_token_revocations_new(use->worker, use->issuer, use->client);
    all->flights = sp_renewal_flights_new();
    all->grants = sp_grants_new(&sp_random_system);
    all->redirects = sp_redirects_new(&sp_random_system);
    all->overdue = sp_overdue_new();
    all->unseen = sp_unseen_new();
    if (all->waiting == NULL || all->token_revocations == NULL || all->flights == NULL ||
        all->grants == NULL || all->redirects == NULL || all->overdue == NULL || all->unseen == NULL) {
        sp_renewals_free(all);
        return NULL;
    }
    return all;
}

void sp_renewals_use_client(struct sp_renewals *all, const struct sp_client *client, int64_t kept_s)
{
    pthread_mutex_lock(&all->lock); /* loops use the client to restore saved results */
    const struct sp_client *before = all->use.client;
    all->use.client = sp_client_ref(client);
    all->use.kept_s = kept_s;
    pthread_mutex_unlock(&all->lock);
    sp_client_unref(before);
    sp_token_revocations_use_client(all->token_revocations, client);
}

void sp_renewals_free(struct sp_renewals *all)
{
    if (all == NULL) {
        return;
    }
    sp_renewal_flights_free(all->flights);
    sp_grants_free(all->grants);
    free(all->redirects);
    free(all->overdue);
    free(all->unseen);
    sp_token_revocations_free(all->token_revocations);
    sp_waiting_free(all->waiting);
    pthread_mutex_destroy(&all->lock);
    sp_client_unref(all->use.client);
    free(all);
}
