/* SPDX-License-Identifier: Apache-2.0 */
#include "io/logout_tokens.h"

#include "io/clock.h"
#include "io/revoked.h"

#include <pthread.h>
#include <stdlib.h>

#define OWNER SP_STR("logout tokens") /* one owner for all tokens, because anybody can make them */
#define BY    "issuer"

/* A token whose key is being fetched. */
struct pending {
    struct pending *next;
    struct sp_task task;
    struct sp_logout_tokens *all;
    struct sp_waiters waiters; /* at most one request */
    struct sp_issuer_waiter waiter;
    struct sp_buf text;
    int64_t began_ms;
    int64_t answer_by_ms; /* 0: no request waits any more */
};

struct sp_logout_tokens {
    struct sp_logout_tokens_use use; /* its two times are only the initial ones; see below */
    atomic_int_fast64_t skew_s;
    atomic_int_fast64_t lifetime_s;
    struct sp_replays *replays;
    pthread_mutex_t lock;  /* protects the list, to which loops add; the rest belongs to the worker */
    struct pending *first; /* the head of the list, which is the newest token */
    size_t n;
};

/* ---- acceptance ------------------------------------------------------------------------------------ */

static enum sp_revocation_kind kind_of(const struct sp_logout_token *token)
{
    if (token->sid.len == 0) {
        return SP_REVOCATION_USER;
    }
    return token->sub.len == 0 ? SP_REVOCATION_SID : SP_REVOCATION_USER_SID;
}

static void end_sessions(struct sp_logout_tokens *tokens, const struct sp_logout_token *token)
{
    int64_t now_s = sp_clock_now_s(); /* not its time of arrival: logins may have been completed since then */
    int64_t lifetime_s = atomic_load(&tokens->lifetime_s);
    const struct sp_revocation revocation = {
        .kind = kind_of(token),
        .sub = token->sub,
        .sid = token->sid,
        .began_by_s = now_s,
        .until_s = now_s + lifetime_s,
        .lifetime_s = lifetime_s,
    };
    enum sp_revoked revoked = sp_revocations_add(tokens->use.revocations, &revocation, now_s);
    const struct sp_revoked_line line = {
        .by = BY, .subject = token->sub, .sid = token->sid, .began_by_s = revocation.began_by_s};
    sp_revoked_log(&line, revoked);
}

enum sp_logout_result sp_logout_tokens_take(struct sp_logout_tokens *tokens, struct sp_str text,
                                            const struct sp_keyset *keyset, struct sp_metrics *metrics,
                                            struct sp_diag *diag)
{
    const struct sp_signed_token_expectation expectation = {
        .issuer = sp_str_from_c(tokens->use.issuer_name),
        .client_id = tokens->use.client_id,
        .now_s = sp_clock_now_s(),
        .skew_s = atomic_load(&tokens->skew_s),
    };
    SP_LOGOUT_TOKEN_SCOPED struct sp_logout_token token = SP_LOGOUT_TOKEN_NONE;
    enum sp_error error = sp_logout_token_verify(text, keyset, &expectation, &token, diag);
    if (error == SP_ERR_KEY || error == SP_ERR_SIGNATURE) {
        return SP_LOGOUT_UNVERIFIED;
    }
    if (error == SP_OK &&
        !sp_replays_take(tokens->replays, token.jti, token.usable_until_s, expectation.now_s)) {
        error =
            sp_diag_set(diag, SP_ERR_MISMATCH, "the logout token: one with this \"jti\" was accepted before");
    }
    enum sp_logout_result result = error == SP_OK ? SP_LOGOUT_ACCEPTED : SP_LOGOUT_REFUSED;
    if (result == SP_LOGOUT_ACCEPTED) {
        end_sessions(tokens, &token);
    }
    sp_metrics_count(&metrics->logout_tokens[result]);
    return result;
}

/* ---- answers --------------------------------------------------------------------------------------- */

/* Answers the request that waits for it; false if none does. */
static bool answer(struct pending *pending, enum sp_logout_result result, const struct sp_diag *diag)
{
    struct sp_wait *wait = sp_waiting_take(pending->all->use.waiting, &pending->waiters);
    pending->answer_by_ms = 0;
    if (wait == NULL) {
        return false;
    }
    struct sp_logout_outcome *outcome = malloc(sizeof *outcome);
    if (outcome != NULL) {
        *outcome = (struct sp_logout_outcome){.result = result, .diag = *diag};
    }
    sp_wait_post(wait, outcome);
    return true;
}

/* Answers requests that have waited long enough, and sets the timer for the others. */
static void answer_overdue(void *context)
{
    struct sp_logout_tokens *all = context;
    int64_t now_ms = sp_clock_monotonic_ms();
    int64_t next_ms = 0;
    pthread_mutex_lock(&all->lock);
    for (struct pending *pending = all->first; pending != NULL; pending = pending->next) {
        if (pending->answer_by_ms != 0 && pending->answer_by_ms <= now_ms) {
            struct sp_diag diag = {0};
            sp_diag_set(&diag, SP_ERR_TIMEOUT, "the issuer did not send its keys in time");
            (void)answer(pending, SP_LOGOUT_UNVERIFIED, &diag);
        } else if (pending->answer_by_ms != 0 && (next_ms == 0 || pending->answer_by_ms < next_ms)) {
            next_ms = pending->answer_by_ms;
        }
    }
    pthread_mutex_unlock(&all->lock);
    if (next_ms != 0) {
        sp_worker_after(all->use.worker, next_ms - now_ms, answer_overdue, all);
    }
}

/* ---- pending tokens --------------------------------------------------------------------------------- */

static void free_pending(struct pending *pending)
{
    sp_buf_done(&pending->text);
    free(pending);
}

static void unlink_pending(struct pending *pending)
{
    struct sp_logout_tokens *all = pending->all;
    pthread_mutex_lock(&all->lock);
    struct pending **link = &all->first;
    while (*link != pending) {
        link = &(*link)->next;
    }
    *link = pending->next;
    all->n--;
    pthread_mutex_unlock(&all->lock);
}

static void end(struct pending *pending, enum sp_logout_result result, const struct sp_diag *diag)
{
    static struct sp_throttle throttle;
    if (!answer(pending, result, diag) && result != SP_LOGOUT_ACCEPTED) { /* nothing else would report it */
        sp_revoked_log_failure(&throttle, BY, result == SP_LOGOUT_REFUSED ? "refused" : "unverified",
                               diag->text);
    }
    unlink_pending(pending);
    free_pending(pending);
}

/* Ends a token that the available keys do not verify. */
static void end_unverified(struct pending *pending, enum sp_logout_result result, const struct sp_diag *diag)
{
    sp_metrics_count(&pending->all->use.metrics->logout_tokens[result]);
    end(pending, result, diag);
}

static void on_keys(void *context, struct sp_issuer_documents *documents)
{
    struct pending *pending = context;
    const struct sp_logout_tokens_use *use = &pending->all->use;
    int64_t age_ms = sp_clock_monotonic_ms() - pending->began_ms;
    struct sp_diag diag = {0};
    if (documents == NULL) {
        sp_diag_set(&diag, SP_ERR_KEY, "the issuer's keys could not be fetched");
        if (age_ms >= SP_LOGOUT_TOKENS_KEPT_MS) {
            end_unverified(pending, SP_LOGOUT_UNVERIFIED, &diag);
            return;
        }
        (void)answer(pending, SP_LOGOUT_UNVERIFIED, &diag); /* the token itself waits for the next attempt */
        sp_issuer_await_keys(use->issuer, &pending->waiter);
        return;
    }
    enum sp_logout_result result = sp_logout_tokens_take(pending->all, sp_buf_str(&pending->text),
                                                         documents->keyset, use->metrics, &diag);
    if (result != SP_LOGOUT_UNVERIFIED) {
        end(pending, result, &diag);
    } else if (pending->waiter.asked) {
        end_unverified(pending, SP_LOGOUT_REFUSED, &diag);
    } else {
        sp_issuer_await_keys(use->issuer, &pending->waiter);
    }
}

/* The worker may have newer keys than the loop had. */
static void on_begun(struct sp_task *task)
{
    struct pending *pending = (struct pending *)(void *)((char *)task - offsetof(struct pending, task));
    const struct sp_logout_tokens_use *use = &pending->all->use;
    struct sp_issuer_documents *documents = sp_issuer_current(use->issuer);
    struct sp_diag diag = {0};
    enum sp_logout_result result =
        sp_logout_tokens_take(pending->all, sp_buf_str(&pending->text),
                              documents != NULL ? documents->keyset : NULL, use->metrics, &diag);
    if (result != SP_LOGOUT_UNVERIFIED) {
        end(pending, result, &diag);
        return;
    }
    answer_overdue(pending->all); /* also sets the timer */
    pending->waiter =
        (struct sp_issuer_waiter){.use = SP_ISSUER_KEYS_FOR_LOGOUT, .done = on_keys, .context = pending};
    sp_issuer_await_keys(use->issuer, &pending->waiter);
}

/* NULL if out of memory. */
static struct pending *new_pending(struct sp_logout_tokens *tokens, struct sp_str text)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (pending == NULL) {
        return NULL;
    }
    pending->all = tokens;
    pending->began_ms = sp_clock_monotonic_ms();
    pending->task.run = on_begun;
    pending->waiters =
        (struct sp_waiters){.max = 1, .full = "too many requests already wait for this logout token"};
    sp_buf_init(&pending->text, SP_LOGOUT_TOKENS_TEXT_MAX);
    sp_buf_append(&pending->text, text);
    if (sp_buf_error(&pending->text) != SP_OK) {
        free_pending(pending);
        return NULL;
    }
    return pending;
}

const char *sp_logout_tokens_begin(struct sp_logout_tokens *tokens, struct sp_str text, struct sp_wait *wait)
{
    struct pending *pending = new_pending(tokens, text);
    if (pending == NULL) {
        return "out of memory";
    }
    wait->owner = OWNER;
    pthread_mutex_lock(&tokens->lock);
    bool has_room = tokens->n < SP_LOGOUT_TOKENS_PENDING_MAX;
    const char *refusal = has_room ? sp_waiting_enter(tokens->use.waiting, &pending->waiters, wait)
                                   : "too many logout tokens already wait for the issuer's keys";
    if (has_room) {
        pending->answer_by_ms = refusal == NULL ? sp_clock_monotonic_ms() + SP_LOGOUT_TOKENS_ANSWER_MS : 0;
        pending->next = tokens->first;
        tokens->first = pending;
        tokens->n++;
        sp_worker_post(tokens->use.worker, &pending->task);
    }
    pthread_mutex_unlock(&tokens->lock);
    if (!has_room) {
        sp_metrics_count(&tokens->use.metrics->logout_tokens[SP_LOGOUT_UNVERIFIED]);
        free_pending(pending);
    }
    return refusal;
}

/* ---- external functions ---------------------------------------------------------------------------- */

void sp_logout_tokens_set_times(struct sp_logout_tokens *tokens, int64_t skew_s, int64_t lifetime_s)
{
    atomic_store(&tokens->skew_s, skew_s);
    atomic_store(&tokens->lifetime_s, lifetime_s);
}

struct sp_logout_tokens *sp_logout_tokens_new(const struct sp_logout_tokens_use *use)
{
    struct sp_logout_tokens *tokens = calloc(1, sizeof *tokens);
    if (tokens == NULL) {
        return NULL;
    }
    tokens->use = *use;
    sp_logout_tokens_set_times(tokens, use->skew_s, use->lifetime_s);
    tokens->replays = sp_replays_new(&sp_random_system);
    if (tokens->replays == NULL) {
        free(tokens);
        return NULL;
    }
    pthread_mutex_init(&tokens->lock, NULL);
    return tokens;
}

void sp_logout_tokens_free(struct sp_logout_tokens *tokens)
{
    if (tokens == NULL) {
        return;
    }
    while (tokens->first != NULL) {
        struct pending *pending = tokens->first;
        tokens->first = pending->next;
        free_pending(pending);
    }
    sp_replays_free(tokens->replays);
    pthread_mutex_destroy(&tokens->lock);
    free(tokens);
}
