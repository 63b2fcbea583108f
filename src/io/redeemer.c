/* SPDX-License-Identifier: Apache-2.0 */
#include "io/redeemer.h"

#include "io/clock.h"

#include <pthread.h>
#include <stdlib.h>

/* A redemption under way, or its outcome while it is kept. The lock is for what is above `task`; the rest is
 * the worker's alone once the flight was handed to it. */
struct sp_flight {
    struct sp_flight *next;
    struct sp_flow_id flow;
    struct sp_buf code;
    struct sp_redeem_job *jobs; /* who waits for it */
    size_t jobs_n;
    int64_t ended_ms; /* 0: under way */
    struct sp_task task;
    struct sp_redeemer *redeemer;
    struct sp_redeemed *redeemed;
    struct sp_issuer_waiter waiter;
    struct sp_buf redirect_uri;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN];
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
};

struct sp_redeemer {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    const struct sp_client *client;
    struct sp_redeemer_limits limits;
    pthread_mutex_t lock; /* of all that follows */
    struct sp_flight *flights;
    size_t in_flight_n;
    size_t kept_n;
    size_t waiting_n;
    size_t pages_waiting_n; /* of them */
};

/* ---- outcomes and jobs ----------------------------------------------------------------------------- */

void sp_redeemed_unref(struct sp_redeemed *redeemed)
{
    if (redeemed != NULL && atomic_fetch_sub(&redeemed->refs, 1) == 1) {
        sp_redemption_free(redeemed->redemption);
        sp_issuer_documents_unref(redeemed->first);
        sp_issuer_documents_unref(redeemed->second);
        free(redeemed);
    }
}

static struct sp_redeemed *new_redeemed(void)
{
    struct sp_redeemed *redeemed = calloc(1, sizeof *redeemed);
    if (redeemed != NULL) {
        atomic_init(&redeemed->refs, 1);
        redeemed->reason = SP_REASON_OVERLOADED;
    }
    return redeemed;
}

struct sp_redeem_job *sp_redeem_job_new(struct sp_mailbox *mailbox)
{
    struct sp_redeem_job *job = calloc(1, sizeof *job);
    if (job != NULL) {
        job->mailbox = mailbox;
        sp_buf_init(&job->code, 4096);
        sp_buf_init(&job->redirect_uri, 4096);
    }
    return job;
}

void sp_redeem_job_free(struct sp_redeem_job *job)
{
    sp_buf_done(&job->code);
    sp_buf_done(&job->redirect_uri);
    explicit_bzero(job->verifier, sizeof job->verifier);
    explicit_bzero(job->nonce, sizeof job->nonce);
    sp_redeemed_unref(job->redeemed);
    free(job);
}

/* Posts the outcome; the job is the loop's afterwards. */
static void answer_job(struct sp_redeem_job *job, struct sp_redeemed *redeemed)
{
    atomic_fetch_add(&redeemed->refs, 1);
    job->redeemed = redeemed;
    sp_mailbox_post(job->mailbox, &job->message);
}

/* Answers a list of them. */
static void answer_jobs(struct sp_redeem_job *job, struct sp_redeemed *redeemed)
{
    while (job != NULL) {
        struct sp_redeem_job *next = job->next;
        answer_job(job, redeemed);
        job = next;
    }
}

/* ---- who waits ------------------------------------------------------------------------------------- */

static void start_waiting(struct sp_redeem_job *job, struct sp_flight *flight)
{
    job->flight = flight;
    job->next = flight->jobs;
    flight->jobs = job;
    flight->jobs_n++;
    flight->redeemer->waiting_n++;
    flight->redeemer->pages_waiting_n += job->is_by_pages;
}

/* The caller takes it off the list. */
static void stop_waiting(struct sp_redeem_job *job)
{
    struct sp_flight *flight = job->flight;
    job->flight = NULL;
    flight->jobs_n--;
    flight->redeemer->waiting_n--;
    flight->redeemer->pages_waiting_n -= job->is_by_pages;
}

/* ---- flights --------------------------------------------------------------------------------------- */

static void free_flight(struct sp_flight *flight)
{
    while (flight->jobs != NULL) {
        struct sp_redeem_job *job = flight->jobs;
        flight->jobs = job->next;
        sp_redeem_job_free(job);
    }
    sp_buf_done(&flight->code);
    sp_buf_done(&flight->redirect_uri);
    explicit_bzero(flight->verifier, sizeof flight->verifier);
    explicit_bzero(flight->nonce, sizeof flight->nonce);
    sp_redeemed_unref(flight->redeemed);
    free(flight);
}

static void unlink_flight(struct sp_flight *flight)
{
    struct sp_flight **link = &flight->redeemer->flights;
    while (*link != flight) {
        link = &(*link)->next;
    }
    *link = flight->next;
}

static struct sp_flight *find_flight(const struct sp_redeemer *redeemer, const struct sp_redeem_job *job)
{
    struct sp_flight *flight = redeemer->flights;
    while (flight != NULL && !(sp_str_equal(sp_flow_id_str(&flight->flow), sp_flow_id_str(&job->flow)) &&
                               sp_str_equal(sp_buf_str(&flight->code), sp_buf_str(&job->code)))) {
        flight = flight->next;
    }
    return flight;
}

static void drop_flight(struct sp_flight *flight)
{
    flight->redeemer->kept_n--;
    unlink_flight(flight);
    free_flight(flight);
}

/* Makes room: who pressed twice does so soon, so the latest outcomes are worth more. */
static void drop_oldest(struct sp_redeemer *redeemer)
{
    struct sp_flight *oldest = NULL;
    for (struct sp_flight *flight = redeemer->flights; flight != NULL; flight = flight->next) {
        if (flight->ended_ms != 0 && (oldest == NULL || flight->ended_ms <= oldest->ended_ms)) {
            oldest = flight; /* the list begins with the newest */
        }
    }
    if (oldest != NULL) {
        drop_flight(oldest);
    }
}

/* Forgets outcomes that were kept long enough. */
static void drop_kept(void *context)
{
    struct sp_redeemer *redeemer = context;
    pthread_mutex_lock(&redeemer->lock);
    int64_t until_ms = sp_clock_monotonic_ms() - SP_REDEEMER_KEPT_MS;
    struct sp_flight *next;
    for (struct sp_flight *flight = redeemer->flights; flight != NULL; flight = next) {
        next = flight->next;
        if (flight->ended_ms != 0 && flight->ended_ms <= until_ms) {
            drop_flight(flight);
        }
    }
    if (redeemer->kept_n > 0) {
        sp_worker_after(redeemer->worker, SP_REDEEMER_KEPT_MS / 4, drop_kept, redeemer);
    }
    pthread_mutex_unlock(&redeemer->lock);
}

static void keep(struct sp_flight *flight)
{
    struct sp_redeemer *redeemer = flight->redeemer;
    if (redeemer->kept_n == SP_REDEEMER_KEPT_MAX) {
        drop_oldest(redeemer);
    }
    flight->ended_ms = sp_clock_monotonic_ms();
    redeemer->kept_n++;
    if (redeemer->kept_n == 1) { /* else it is on its way: moved by each login, it would never come */
        sp_worker_after(redeemer->worker, SP_REDEEMER_KEPT_MS / 4, drop_kept, redeemer);
    }
}

/* Takes all who wait off the flight: they are answered next. */
static struct sp_redeem_job *take_jobs(struct sp_flight *flight)
{
    struct sp_redeem_job *jobs = flight->jobs;
    for (struct sp_redeem_job *job = jobs; job != NULL; job = job->next) {
        stop_waiting(job);
    }
    flight->jobs = NULL;
    return jobs;
}

/* Ends a flight: all who wait are answered; a success is kept for who comes late. */
static void land(struct sp_flight *flight, enum sp_reason reason)
{
    struct sp_redeemer *redeemer = flight->redeemer;
    flight->redeemed->reason = reason;
    pthread_mutex_lock(&redeemer->lock);
    struct sp_redeem_job *jobs = take_jobs(flight);
    redeemer->in_flight_n--;
    if (reason == SP_REASON_NONE) {
        keep(flight);
    } else {
        unlink_flight(flight);
    }
    pthread_mutex_unlock(&redeemer->lock);
    answer_jobs(jobs, flight->redeemed);
    if (reason != SP_REASON_NONE) {
        free_flight(flight);
    }
}

/* ---- steps ----------------------------------------------------------------------------------------- */

static void advance(struct sp_flight *flight, enum sp_redemption_step step);

static void take_documents(struct sp_flight *flight, struct sp_issuer_documents *documents)
{
    sp_issuer_documents_unref(flight->redeemed->second);
    flight->redeemed->second = sp_issuer_documents_ref(documents);
}

/* The keys may have changed since the redemption began: another login's token made them be fetched. */
static void use_current_keys(struct sp_flight *flight)
{
    struct sp_issuer_documents *current = sp_issuer_current(flight->redeemer->issuer);
    if (current != flight->redeemed->first) {
        take_documents(flight, current);
        sp_redemption_use_keys(flight->redeemed->redemption, current->keyset);
    }
}

static void on_response(void *context, const struct sp_exchange_response *response)
{
    struct sp_flight *flight = context;
    use_current_keys(flight);
    advance(flight, sp_redemption_take_response(flight->redeemed->redemption, response, sp_clock_now_s()));
}

static void on_keys(void *context, struct sp_issuer_documents *documents)
{
    struct sp_flight *flight = context;
    if (documents != NULL) {
        take_documents(flight, documents);
    }
    const struct sp_keyset *keyset = documents != NULL ? documents->keyset : NULL;
    advance(flight, sp_redemption_take_keys(flight->redeemed->redemption, keyset, sp_clock_now_s()));
}

static void send_request(struct sp_flight *flight)
{
    struct sp_redemption *redemption = flight->redeemed->redemption;
    bool is_token = sp_redemption_call(redemption) == SP_REDEMPTION_CALL_TOKEN;
    sp_http_client_call(sp_worker_http_client(flight->redeemer->worker),
                        is_token ? SP_TARGET_TOKEN : SP_TARGET_USERINFO, sp_redemption_request(redemption),
                        on_response, flight);
}

static void advance(struct sp_flight *flight, enum sp_redemption_step step)
{
    switch (step) {
    case SP_REDEMPTION_REQUEST:
        send_request(flight);
        return;
    case SP_REDEMPTION_WANT_KEYS:
        flight->waiter = (struct sp_issuer_waiter){.done = on_keys, .context = flight};
        sp_issuer_fetch_keys(flight->redeemer->issuer, &flight->waiter);
        return;
    case SP_REDEMPTION_DONE:
        land(flight, SP_REASON_NONE);
        return;
    case SP_REDEMPTION_FAILED:
        land(flight, sp_redemption_failure(flight->redeemed->redemption)->reason);
        return;
    }
}

/* ---- beginning ------------------------------------------------------------------------------------- */

static enum sp_error begin_redemption(struct sp_flight *flight, struct sp_issuer_documents *documents)
{
    flight->redeemed->first = sp_issuer_documents_ref(documents);
    const struct sp_redemption_input input = {
        .provider = documents->provider,
        .client = flight->redeemer->client,
        .keyset = documents->keyset,
        .grant.code = sp_buf_str(&flight->code),
        .grant.redirect_uri = sp_buf_str(&flight->redirect_uri),
        .grant.verifier = {flight->verifier, sizeof flight->verifier},
        .nonce = {flight->nonce, sizeof flight->nonce},
    };
    return sp_redemption_new(&input, &flight->redeemed->redemption);
}

static void on_begun(struct sp_task *task)
{
    struct sp_flight *flight = (struct sp_flight *)(void *)((char *)task - offsetof(struct sp_flight, task));
    struct sp_issuer_documents *documents = sp_issuer_current(flight->redeemer->issuer);
    if (documents == NULL) {
        land(flight, SP_REASON_ISSUER_UNAVAILABLE);
    } else if (begin_redemption(flight, documents) != SP_OK) {
        land(flight, SP_REASON_OVERLOADED);
    } else {
        advance(flight, sp_redemption_step(flight->redeemed->redemption));
    }
}

/* Takes the code and what belongs to it out of the job, which may be withdrawn before the flight ends. */
static struct sp_flight *new_flight(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    struct sp_flight *flight = calloc(1, sizeof *flight);
    struct sp_redeemed *redeemed = new_redeemed();
    if (flight == NULL || redeemed == NULL) {
        free(flight);
        sp_redeemed_unref(redeemed);
        return NULL;
    }
    flight->redeemer = redeemer;
    flight->task.run = on_begun;
    flight->redeemed = redeemed;
    flight->flow = job->flow;
    flight->code = job->code;
    flight->redirect_uri = job->redirect_uri;
    job->code = SP_BUF_NONE;
    job->redirect_uri = SP_BUF_NONE;
    memcpy(flight->verifier, job->verifier, sizeof flight->verifier);
    memcpy(flight->nonce, job->nonce, sizeof flight->nonce);
    return flight;
}

static const char *begin(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    struct sp_flight *flight = new_flight(redeemer, job);
    if (flight == NULL) {
        return "out of memory";
    }
    flight->next = redeemer->flights;
    redeemer->flights = flight;
    redeemer->in_flight_n++;
    start_waiting(job, flight);
    sp_worker_post(redeemer->worker, &flight->task);
    return NULL;
}

/* ---- limits ---------------------------------------------------------------------------------------- */

static size_t quarter_of(size_t connections_max)
{
    size_t quarter = connections_max / 4;
    if (quarter == 0) {
        return 1;
    }
    return quarter < SP_REDEEMER_WAITING_MAX ? quarter : SP_REDEEMER_WAITING_MAX;
}

struct sp_redeemer_limits sp_redeemer_limits_of(size_t auth_connections_max, size_t pages_connections_max)
{
    return (struct sp_redeemer_limits){
        .waiting_max = quarter_of(auth_connections_max),
        .pages_waiting_max = quarter_of(pages_connections_max),
    };
}

/* What is full already for a job of this login, which would join `flight` or, with NULL, begin one. */
static const char *full_for_login(const struct sp_redeemer *redeemer, const struct sp_flow_id *flow,
                                  const struct sp_flight *joined)
{
    size_t codes_n = 0;
    size_t waiting_n = 0;
    for (const struct sp_flight *flight = redeemer->flights; flight != NULL; flight = flight->next) {
        if (flight->ended_ms == 0 && sp_str_equal(sp_flow_id_str(&flight->flow), sp_flow_id_str(flow))) {
            codes_n++;
            waiting_n += flight->jobs_n;
        }
    }
    if (waiting_n >= SP_REDEEMER_LOGIN_MAX) {
        return "as many requests of this sign-in as may wait do so already";
    }
    bool is_full = joined == NULL && codes_n >= SP_REDEEMER_LOGIN_MAX;
    return is_full ? "as many codes of this sign-in as may be are being redeemed already" : NULL;
}

/* NULL: there is room. */
static const char *full_for(const struct sp_redeemer *redeemer, const struct sp_redeem_job *job,
                            const struct sp_flight *joined)
{
    if (joined != NULL && joined->jobs_n >= SP_REDEEMER_CODE_WAITING_MAX) {
        return "as many requests as may wait for this code already";
    }
    if (redeemer->waiting_n >= redeemer->limits.waiting_max) {
        return "as many requests as may wait for the issuer already";
    }
    if (job->is_by_pages && redeemer->pages_waiting_n >= redeemer->limits.pages_waiting_max) {
        return "as many requests of the pages listener as may wait for the issuer already";
    }
    if (joined == NULL && redeemer->in_flight_n >= SP_REDEEMER_IN_FLIGHT_MAX) {
        return "as many codes as may be are being redeemed already";
    }
    return full_for_login(redeemer, &job->flow, joined);
}

/* ---- from a loop ----------------------------------------------------------------------------------- */

const char *sp_redeemer_submit(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    const char *refusal = NULL;
    pthread_mutex_lock(&redeemer->lock);
    struct sp_flight *flight = find_flight(redeemer, job);
    if (flight != NULL && flight->ended_ms != 0) {
        answer_job(job, flight->redeemed);
    } else {
        refusal = full_for(redeemer, job, flight);
        if (refusal == NULL && flight == NULL) {
            refusal = begin(redeemer, job);
        } else if (refusal == NULL) {
            start_waiting(job, flight);
        }
    }
    pthread_mutex_unlock(&redeemer->lock);
    return refusal;
}

bool sp_redeemer_withdraw(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    pthread_mutex_lock(&redeemer->lock);
    bool waits = job->flight != NULL;
    if (waits) {
        struct sp_redeem_job **link = &job->flight->jobs;
        while (*link != job) {
            link = &(*link)->next;
        }
        *link = job->next;
        stop_waiting(job);
    }
    pthread_mutex_unlock(&redeemer->lock);
    return waits;
}

struct sp_redeemer *sp_redeemer_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                    const struct sp_client *client, struct sp_redeemer_limits limits)
{
    struct sp_redeemer *redeemer = calloc(1, sizeof *redeemer);
    if (redeemer != NULL) {
        *redeemer =
            (struct sp_redeemer){.worker = worker, .issuer = issuer, .client = client, .limits = limits};
        pthread_mutex_init(&redeemer->lock, NULL);
    }
    return redeemer;
}

void sp_redeemer_free(struct sp_redeemer *redeemer)
{
    while (redeemer->flights != NULL) {
        struct sp_flight *flight = redeemer->flights;
        redeemer->flights = flight->next;
        free_flight(flight);
    }
    pthread_mutex_destroy(&redeemer->lock);
    free(redeemer);
}
