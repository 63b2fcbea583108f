/* SPDX-License-Identifier: Apache-2.0 */
#include "io/redeemer.h"

#include "io/clock.h"

#include <stdlib.h>

/* A redemption under way, or its outcome while it is kept. */
struct flight {
    struct flight *next;
    struct sp_redeemer *redeemer;
    struct sp_flow_id flow;
    struct sp_buf code;
    struct sp_redeem_job *jobs; /* who waits for it */
    struct sp_redeemed *redeemed;
    struct sp_issuer_waiter waiter;
    int64_t ended_ms; /* 0: under way */
};

struct sp_redeemer {
    struct sp_outbound *outbound;
    struct sp_issuer *issuer;
    const struct sp_client *client;
    struct flight *flights;
    size_t in_flight_n;
    size_t kept_n;
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

/* Posts the outcome, which may be null for want of memory; the job is the loop's afterwards. */
static void answer_job(struct sp_redeem_job *job, struct sp_redeemed *redeemed)
{
    if (redeemed != NULL) {
        atomic_fetch_add(&redeemed->refs, 1);
    }
    job->redeemed = redeemed;
    sp_mailbox_post(job->mailbox, &job->message);
}

/* ---- flights --------------------------------------------------------------------------------------- */

static void free_flight(struct flight *flight)
{
    while (flight->jobs != NULL) {
        struct sp_redeem_job *job = flight->jobs;
        flight->jobs = job->next;
        sp_redeem_job_free(job);
    }
    sp_buf_done(&flight->code);
    sp_redeemed_unref(flight->redeemed);
    free(flight);
}

static void unlink_flight(struct flight *flight)
{
    struct flight **link = &flight->redeemer->flights;
    while (*link != flight) {
        link = &(*link)->next;
    }
    *link = flight->next;
}

static struct flight *find_flight(const struct sp_redeemer *redeemer, const struct sp_redeem_job *job)
{
    struct flight *flight = redeemer->flights;
    while (flight != NULL && !(sp_str_equal(sp_flow_id_str(&flight->flow), sp_flow_id_str(&job->flow)) &&
                               sp_str_equal(sp_buf_str(&flight->code), sp_buf_str(&job->code)))) {
        flight = flight->next;
    }
    return flight;
}

/* How many of the login are under way, each with a code of its own. */
static size_t in_flight_of_login_n(const struct sp_redeemer *redeemer, const struct sp_flow_id *flow)
{
    size_t n = 0;
    for (const struct flight *flight = redeemer->flights; flight != NULL; flight = flight->next) {
        n += flight->ended_ms == 0 && sp_str_equal(sp_flow_id_str(&flight->flow), sp_flow_id_str(flow));
    }
    return n;
}

static bool has_room(const struct sp_redeemer *redeemer, const struct sp_flow_id *flow)
{
    return redeemer->in_flight_n < SP_REDEEMER_IN_FLIGHT_MAX &&
           in_flight_of_login_n(redeemer, flow) < SP_REDEEMER_LOGIN_IN_FLIGHT_MAX;
}

static void drop_flight(struct flight *flight)
{
    flight->redeemer->kept_n--;
    unlink_flight(flight);
    free_flight(flight);
}

/* Makes room: who pressed twice does so soon, so the latest outcomes are worth more. */
static void drop_oldest(struct sp_redeemer *redeemer)
{
    struct flight *oldest = NULL;
    for (struct flight *flight = redeemer->flights; flight != NULL; flight = flight->next) {
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
    int64_t until_ms = sp_clock_monotonic_ms() - SP_REDEEMER_KEPT_MS;
    struct flight *next;
    for (struct flight *flight = redeemer->flights; flight != NULL; flight = next) {
        next = flight->next;
        if (flight->ended_ms != 0 && flight->ended_ms <= until_ms) {
            drop_flight(flight);
        }
    }
    if (redeemer->kept_n > 0) {
        sp_outbound_after(redeemer->outbound, SP_REDEEMER_KEPT_MS / 4, drop_kept, redeemer);
    }
}

static void keep(struct flight *flight)
{
    struct sp_redeemer *redeemer = flight->redeemer;
    if (redeemer->kept_n == SP_REDEEMER_KEPT_MAX) {
        drop_oldest(redeemer);
    }
    flight->ended_ms = sp_clock_monotonic_ms();
    redeemer->kept_n++;
    if (redeemer->kept_n == 1) { /* else it is on its way: moved by each login, it would never come */
        sp_outbound_after(redeemer->outbound, SP_REDEEMER_KEPT_MS / 4, drop_kept, redeemer);
    }
}

/* Ends a flight: all who wait are answered; a success is kept for who comes late. */
static void land(struct flight *flight, enum sp_reason reason)
{
    struct sp_redeemer *redeemer = flight->redeemer;
    flight->redeemed->reason = reason;
    redeemer->in_flight_n--;
    struct sp_redeem_job *job = flight->jobs;
    flight->jobs = NULL;
    while (job != NULL) {
        struct sp_redeem_job *next = job->next;
        answer_job(job, flight->redeemed);
        job = next;
    }
    if (reason == SP_REASON_NONE) {
        keep(flight);
    } else {
        unlink_flight(flight);
        free_flight(flight);
    }
}

/* ---- steps ----------------------------------------------------------------------------------------- */

static void advance(struct flight *flight, enum sp_redemption_step step);

static void take_documents(struct flight *flight, struct sp_issuer_documents *documents)
{
    sp_issuer_documents_unref(flight->redeemed->second);
    flight->redeemed->second = sp_issuer_documents_ref(documents);
}

/* The keys may have changed since the redemption began: another login's token made them be fetched. */
static void use_current_keys(struct flight *flight)
{
    struct sp_issuer_documents *current = sp_issuer_current(flight->redeemer->issuer);
    if (current != flight->redeemed->first) {
        take_documents(flight, current);
        sp_redemption_use_keys(flight->redeemed->redemption, current->keyset);
    }
}

static void on_answer(void *context, const struct sp_outbound_answer *answer)
{
    struct flight *flight = context;
    use_current_keys(flight);
    const struct sp_exchange_response response = {
        .error = answer->error,
        .status = answer->status,
        .content_type = answer->content_type,
        .body = answer->body,
    };
    advance(flight, sp_redemption_take_response(flight->redeemed->redemption, &response, sp_clock_now_s()));
}

static void on_keys(void *context, struct sp_issuer_documents *documents)
{
    struct flight *flight = context;
    if (documents != NULL) {
        take_documents(flight, documents);
    }
    const struct sp_keyset *keyset = documents != NULL ? documents->keyset : NULL;
    advance(flight, sp_redemption_take_keys(flight->redeemed->redemption, keyset, sp_clock_now_s()));
}

static void send_request(struct flight *flight)
{
    struct sp_redemption *redemption = flight->redeemed->redemption;
    const struct sp_exchange_request *exchange = sp_redemption_request(redemption);
    struct sp_str body = sp_buf_str(&exchange->body);
    bool is_token = sp_redemption_call(redemption) == SP_REDEMPTION_CALL_TOKEN;
    const struct sp_outbound_request request = {
        .target = is_token ? SP_TARGET_TOKEN : SP_TARGET_USERINFO,
        .url = exchange->url,
        .body = body.len > 0 ? body : SP_STR_NONE,
        .authorization = sp_buf_str(&exchange->authorization),
        .answer_max = SP_EXCHANGE_ANSWER_MAX,
    };
    sp_outbound_call(flight->redeemer->outbound, &request, on_answer, flight);
}

static void advance(struct flight *flight, enum sp_redemption_step step)
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

static struct flight *new_flight(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    struct flight *flight = calloc(1, sizeof *flight);
    if (flight == NULL) {
        return NULL;
    }
    flight->redeemer = redeemer;
    flight->flow = job->flow;
    flight->code = job->code;
    job->code = SP_BUF_NONE;
    flight->redeemed = new_redeemed();
    if (flight->redeemed == NULL) {
        free_flight(flight);
        return NULL;
    }
    return flight;
}

static enum sp_error begin_redemption(struct flight *flight, const struct sp_redeem_job *job)
{
    struct sp_redeemer *redeemer = flight->redeemer;
    struct sp_issuer_documents *documents = sp_issuer_current(redeemer->issuer);
    flight->redeemed->first = sp_issuer_documents_ref(documents);
    const struct sp_redemption_input input = {
        .provider = documents->provider,
        .client = redeemer->client,
        .keyset = documents->keyset,
        .code = sp_buf_str(&flight->code),
        .redirect_uri = sp_buf_str(&job->redirect_uri),
        .verifier = {job->verifier, sizeof job->verifier},
        .nonce = {job->nonce, sizeof job->nonce},
    };
    return sp_redemption_new(&input, &flight->redeemed->redemption);
}

static void begin(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    struct flight *flight = new_flight(redeemer, job);
    if (flight == NULL) {
        answer_job(job, NULL);
        return;
    }
    job->next = NULL;
    flight->jobs = job;
    flight->next = redeemer->flights;
    redeemer->flights = flight;
    redeemer->in_flight_n++;
    if (sp_issuer_current(redeemer->issuer) == NULL) {
        land(flight, SP_REASON_ISSUER_UNAVAILABLE);
    } else if (begin_redemption(flight, job) != SP_OK) {
        land(flight, SP_REASON_OVERLOADED);
    } else {
        advance(flight, sp_redemption_step(flight->redeemed->redemption));
    }
}

static void on_submitted(struct sp_task *task)
{
    struct sp_redeem_job *job =
        (struct sp_redeem_job *)(void *)((char *)task - offsetof(struct sp_redeem_job, task));
    struct sp_redeemer *redeemer = job->redeemer;
    struct flight *flight = find_flight(redeemer, job);
    if (flight == NULL && !has_room(redeemer, &job->flow)) {
        answer_job(job, NULL);
    } else if (flight == NULL) {
        begin(redeemer, job);
    } else if (flight->ended_ms != 0) {
        answer_job(job, flight->redeemed);
    } else {
        job->next = flight->jobs;
        flight->jobs = job;
    }
}

void sp_redeemer_submit(struct sp_redeemer *redeemer, struct sp_redeem_job *job)
{
    job->redeemer = redeemer;
    job->task.run = on_submitted;
    sp_outbound_post(redeemer->outbound, &job->task);
}

struct sp_redeemer *sp_redeemer_new(struct sp_outbound *outbound, struct sp_issuer *issuer,
                                    const struct sp_client *client)
{
    struct sp_redeemer *redeemer = calloc(1, sizeof *redeemer);
    if (redeemer != NULL) {
        *redeemer = (struct sp_redeemer){.outbound = outbound, .issuer = issuer, .client = client};
    }
    return redeemer;
}

void sp_redeemer_free(struct sp_redeemer *redeemer)
{
    while (redeemer->flights != NULL) {
        struct flight *flight = redeemer->flights;
        redeemer->flights = flight->next;
        free_flight(flight);
    }
    free(redeemer);
}
