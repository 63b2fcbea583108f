/* SPDX-License-Identifier: Apache-2.0 */
#include "io/code_exchanges.h"

#include "io/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define CODE_MAX 4096 /* bytes of a code, and of a redirect URI */

/* An exchange in progress, or its outcome while it is kept. The lock protects the members before `task`, and
 * the run's outcome once it has ended. The rest belongs to the worker once the exchange has been handed to
 * it. */
struct exchange {
    struct exchange *next;
    struct sp_login_id login_id;
    struct sp_buf code;
    struct sp_waiters waiters; /* also protected by the lock of struct sp_waiting */
    int64_t ended_ms;          /* 0: in progress */
    struct sp_task task;
    struct sp_code_exchanges *all;
    struct sp_code_exchange_run run;
    struct sp_buf redirect_uri;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN];
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
};

struct sp_code_exchanges {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    const struct sp_client *client; /* used by the worker */
    struct sp_waiting *waiting;
    pthread_mutex_t lock; /* protects all members below */
    struct exchange *first;
    size_t under_way_n;
    size_t kept_n;
};

/* ---- outcomes -------------------------------------------------------------------------------------- */

/* Posts the outcome to a list of requests that waited for it, linked by `next`. */
static void answer(struct sp_wait *wait, struct sp_code_outcome *outcome)
{
    while (wait != NULL) {
        struct sp_wait *next = wait->next;
        sp_wait_post(wait, sp_code_outcome_ref(outcome));
        wait = next;
    }
}

/* ---- exchanges ------------------------------------------------------------------------------------- */

static void free_exchange(struct exchange *exchange)
{
    sp_buf_done(&exchange->code);
    sp_buf_done(&exchange->redirect_uri);
    explicit_bzero(exchange->verifier, sizeof exchange->verifier);
    explicit_bzero(exchange->nonce, sizeof exchange->nonce);
    sp_code_outcome_unref(exchange->run.outcome);
    free(exchange);
}

static void unlink_exchange(struct exchange *exchange)
{
    struct exchange **link = &exchange->all->first;
    while (*link != exchange) {
        link = &(*link)->next;
    }
    *link = exchange->next;
}

static bool is_of_login(const struct exchange *exchange, const struct sp_login_id *login_id)
{
    return sp_str_equal(sp_login_id_str(&exchange->login_id), sp_login_id_str(login_id));
}

static void drop_kept(struct exchange *exchange)
{
    exchange->all->kept_n--;
    unlink_exchange(exchange);
    free_exchange(exchange);
}

/* Forgets outcomes that were kept long enough. */
static void drop_old(void *context)
{
    struct sp_code_exchanges *all = context;
    pthread_mutex_lock(&all->lock);
    int64_t until_ms = sp_clock_monotonic_ms() - SP_CODE_OUTCOME_KEPT_MS;
    struct exchange *next;
    for (struct exchange *exchange = all->first; exchange != NULL; exchange = next) {
        next = exchange->next;
        if (exchange->ended_ms != 0 && exchange->ended_ms <= until_ms) {
            drop_kept(exchange);
        }
    }
    if (all->kept_n > 0) {
        sp_worker_after(all->worker, SP_CODE_OUTCOME_KEPT_MS / 4, drop_old, all);
    }
    pthread_mutex_unlock(&all->lock);
}

static void keep(struct exchange *exchange)
{
    struct sp_code_exchanges *all = exchange->all;
    if (all->kept_n == SP_CODE_OUTCOME_MAX_N) {
        /* The two clicks of a double-click are close together, so the latest outcomes are the most useful. */
        struct exchange *oldest = NULL;
        for (struct exchange *other = all->first; other != NULL; other = other->next) {
            if (other->ended_ms != 0 && (oldest == NULL || other->ended_ms <= oldest->ended_ms)) {
                oldest = other; /* the list begins with the newest */
            }
        }
        drop_kept(oldest);
    }
    exchange->ended_ms = sp_clock_monotonic_ms();
    all->kept_n++;
    /* Otherwise the timer is set already. If each login reset it, it might never fire. */
    if (all->kept_n == 1) {
        sp_worker_after(all->worker, SP_CODE_OUTCOME_KEPT_MS / 4, drop_old, all);
    }
}

/* Answers all requests that wait, and keeps a success for later requests. */
static void on_end(struct sp_code_exchange_run *run)
{
    struct exchange *exchange = (struct exchange *)(void *)((char *)run - offsetof(struct exchange, run));
    struct sp_code_exchanges *all = exchange->all;
    enum sp_reason reason = run->outcome->reason;
    pthread_mutex_lock(&all->lock);
    struct sp_wait *waits = sp_waiting_take(all->waiting, &exchange->waiters);
    all->under_way_n--;
    if (reason == SP_REASON_NONE) {
        keep(exchange);
    } else {
        unlink_exchange(exchange);
    }
    pthread_mutex_unlock(&all->lock);
    answer(waits, exchange->run.outcome);
    if (reason != SP_REASON_NONE) {
        free_exchange(exchange);
    }
}

/* ---- beginning ------------------------------------------------------------------------------------- */

static void on_begun(struct sp_task *task)
{
    struct exchange *exchange = (struct exchange *)(void *)((char *)task - offsetof(struct exchange, task));
    struct sp_code_exchange_input input = {
        .client = exchange->all->client,
        .grant.code = sp_buf_str(&exchange->code),
        .grant.redirect_uri = sp_buf_str(&exchange->redirect_uri),
        .grant.verifier = {exchange->verifier, sizeof exchange->verifier},
        .nonce = {exchange->nonce, sizeof exchange->nonce},
    };
    sp_code_exchange_run_begin(&exchange->run, &input);
}

/* NULL if out of memory. */
static struct exchange *new_exchange(struct sp_code_exchanges *all, const struct sp_code *code)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL || !sp_code_exchange_run_init(&exchange->run, all->worker, all->issuer, on_end)) {
        free(exchange);
        return NULL;
    }
    exchange->all = all;
    exchange->task.run = on_begun;
    exchange->login_id = code->login_id;
    exchange->waiters = (struct sp_waiters){.max = SP_CODE_WAITING_MAX,
                                            .full = "too many requests already wait for this code"};
    sp_buf_init(&exchange->code, CODE_MAX);
    sp_buf_init(&exchange->redirect_uri, CODE_MAX);
    sp_buf_append(&exchange->code, code->code);
    sp_buf_append(&exchange->redirect_uri, code->redirect_uri);
    memcpy(exchange->verifier, code->verifier.ptr, sizeof exchange->verifier);
    memcpy(exchange->nonce, code->nonce.ptr, sizeof exchange->nonce);
    if (sp_buf_error(&exchange->code) != SP_OK || sp_buf_error(&exchange->redirect_uri) != SP_OK) {
        free_exchange(exchange);
        return NULL;
    }
    return exchange;
}

/* NULL: there is room for one more code of this login. */
static const char *full_for(const struct sp_code_exchanges *all, const struct sp_login_id *login_id)
{
    size_t of_login_n = 0;
    for (const struct exchange *other = all->first; other != NULL; other = other->next) {
        of_login_n += other->ended_ms == 0 && is_of_login(other, login_id);
    }
    if (of_login_n >= SP_CODE_OF_LOGIN_MAX) {
        return "too many codes of this sign-in are already being redeemed";
    }
    return all->under_way_n >= SP_CODE_EXCHANGES_MAX ? "too many codes are already being redeemed" : NULL;
}

/* Begins an exchange; `wait` is the first to wait for it. */
static const char *begin(struct sp_code_exchanges *all, const struct sp_code *code, struct sp_wait *wait)
{
    struct exchange *exchange = new_exchange(all, code);
    if (exchange == NULL) {
        return "out of memory";
    }
    const char *full = full_for(all, &code->login_id);
    if (full != NULL) {
        exchange->waiters = (struct sp_waiters){.max = 0, .full = full};
    }
    const char *refusal = sp_waiting_enter(all->waiting, &exchange->waiters, wait);
    if (refusal != NULL) {
        free_exchange(exchange);
        return refusal;
    }
    exchange->next = all->first;
    all->first = exchange;
    all->under_way_n++;
    sp_worker_post(all->worker, &exchange->task);
    return NULL;
}

const char *sp_code_exchanges_begin(struct sp_code_exchanges *all, const struct sp_code *code,
                                    struct sp_wait *wait)
{
    const char *refusal = NULL;
    pthread_mutex_lock(&all->lock);
    struct exchange *exchange = all->first;
    while (exchange != NULL && !(is_of_login(exchange, &code->login_id) &&
                                 sp_str_equal(sp_buf_str(&exchange->code), code->code))) {
        exchange = exchange->next;
    }
    if (exchange == NULL) {
        refusal = begin(all, code, wait);
    } else if (exchange->ended_ms == 0) {
        refusal = sp_waiting_enter(all->waiting, &exchange->waiters, wait);
    } else {
        wait->next = NULL;
        answer(wait, exchange->run.outcome);
    }
    pthread_mutex_unlock(&all->lock);
    return refusal;
}

struct sp_code_exchanges *sp_code_exchanges_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                                const struct sp_client *client, struct sp_waiting *waiting)
{
    struct sp_code_exchanges *all = calloc(1, sizeof *all);
    if (all != NULL) {
        *all = (struct sp_code_exchanges){
            .worker = worker, .issuer = issuer, .client = sp_client_ref(client), .waiting = waiting};
        pthread_mutex_init(&all->lock, NULL);
    }
    return all;
}

void sp_code_exchanges_use_client(struct sp_code_exchanges *all, const struct sp_client *client)
{
    const struct sp_client *before = all->client;
    all->client = sp_client_ref(client);
    sp_client_unref(before);
}

void sp_code_exchanges_free(struct sp_code_exchanges *all)
{
    while (all->first != NULL) {
        struct exchange *exchange = all->first;
        all->first = exchange->next;
        free_exchange(exchange);
    }
    pthread_mutex_destroy(&all->lock);
    sp_client_unref(all->client);
    free(all);
}
