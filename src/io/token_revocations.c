/* SPDX-License-Identifier: Apache-2.0 */
#include "io/token_revocations.h"

#include "io/log.h"
#include "oidc/token.h"

#include <pthread.h>
#include <stdlib.h>

/* A revocation in progress. It belongs to the worker once the task is posted, except for its place in the
 * list. */
struct revocation {
    struct revocation *next;
    struct sp_token_revocations *all;
    struct sp_task task;
    struct sp_buf token;
    char label[SP_SESSION_ID_LABEL_LEN];
};

struct sp_token_revocations {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    const struct sp_client *client; /* holds one reference; used by the worker */
    pthread_mutex_t lock;           /* protects the following members */
    struct revocation *first;
    size_t n;
};

static void free_revocation(struct revocation *revocation)
{
    sp_buf_done(&revocation->token);
    free(revocation);
}

static void log_failure(const char label[SP_SESSION_ID_LABEL_LEN], const char *detail)
{
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_WARN, "token_revocation_failed")) {
        sp_log_text(&line, "session", (struct sp_str){label, SP_SESSION_ID_LABEL_LEN});
        sp_log_text(&line, "detail", sp_str_from_c(detail));
        sp_log_end(&line);
    }
}

static void end(struct revocation *revocation)
{
    struct sp_token_revocations *all = revocation->all;
    pthread_mutex_lock(&all->lock);
    struct revocation **link = &all->first;
    while (*link != revocation) {
        link = &(*link)->next;
    }
    *link = revocation->next;
    all->n--;
    pthread_mutex_unlock(&all->lock);
    free_revocation(revocation);
}

/* The status is also 200 if the issuer does not know the token, because nobody can use it then (RFC 7009,
 * section 2.2). */
static void on_response(void *context, const struct sp_exchange_response *response)
{
    struct revocation *revocation = context;
    struct sp_diag diag = {0};
    sp_issuer_note_response(revocation->all->issuer, response);
    if (sp_issuer_check_response(response, &diag) != SP_OK) {
        log_failure(revocation->label, diag.text);
    }
    end(revocation);
}

static void on_begun(struct sp_task *task)
{
    struct revocation *revocation =
        (struct revocation *)(void *)((char *)task - offsetof(struct revocation, task));
    const struct sp_token_revocations *all = revocation->all;
    const struct sp_issuer_documents *documents = sp_issuer_current(all->issuer);
    if (documents == NULL || documents->metadata->revocation_endpoint == NULL) {
        log_failure(revocation->label, "the issuer no longer has a revocation_endpoint");
        end(revocation);
        return;
    }
    struct sp_exchange_request request;
    enum sp_error error =
        sp_token_make_revocation(documents->metadata, all->client, sp_buf_str(&revocation->token), &request);
    if (error != SP_OK) {
        log_failure(revocation->label, sp_error_text(error));
        end(revocation);
        return;
    }
    sp_http_client_call(sp_worker_http_client(all->worker), SP_TARGET_REVOCATION, &request, on_response,
                        revocation);
    sp_exchange_request_done(&request);
}

/* NULL if out of memory. */
static struct revocation *new_revocation(struct sp_token_revocations *all, struct sp_str token,
                                         const uint8_t session_id[SP_SESSION_ID_LEN])
{
    struct revocation *revocation = calloc(1, sizeof *revocation);
    if (revocation == NULL) {
        return NULL;
    }
    revocation->all = all;
    revocation->task.run = on_begun;
    sp_session_label(session_id, revocation->label);
    sp_buf_init(&revocation->token, token.len + 1);
    sp_buf_append(&revocation->token, token);
    if (sp_buf_error(&revocation->token) != SP_OK) {
        free_revocation(revocation);
        return NULL;
    }
    return revocation;
}

void sp_token_revocations_begin(struct sp_token_revocations *all, struct sp_str token,
                                const uint8_t session_id[SP_SESSION_ID_LEN])
{
    struct revocation *revocation = new_revocation(all, token, session_id);
    pthread_mutex_lock(&all->lock);
    bool is_begun = revocation != NULL && all->n < SP_TOKEN_REVOCATIONS_MAX;
    if (is_begun) {
        revocation->next = all->first;
        all->first = revocation;
        all->n++;
        sp_worker_post(all->worker, &revocation->task);
    }
    pthread_mutex_unlock(&all->lock);
    if (!is_begun) {
        char label[SP_SESSION_ID_LABEL_LEN];
        sp_session_label(session_id, label);
        log_failure(label,
                    revocation == NULL ? "out of memory" : "too many tokens are already being revoked");
        if (revocation != NULL) {
            free_revocation(revocation);
        }
    }
}

struct sp_token_revocations *sp_token_revocations_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                                      const struct sp_client *client)
{
    struct sp_token_revocations *all = calloc(1, sizeof *all);
    if (all != NULL) {
        *all = (struct sp_token_revocations){
            .worker = worker, .issuer = issuer, .client = sp_client_ref(client)};
        pthread_mutex_init(&all->lock, NULL);
    }
    return all;
}

void sp_token_revocations_use_client(struct sp_token_revocations *all, const struct sp_client *client)
{
    const struct sp_client *before = all->client;
    all->client = sp_client_ref(client);
    sp_client_unref(before);
}

void sp_token_revocations_free(struct sp_token_revocations *all)
{
    if (all == NULL) {
        return;
    }
    while (all->first != NULL) {
        struct revocation *revocation = all->first;
        all->first = revocation->next;
        free_revocation(revocation);
    }
    sp_client_unref(all->client);
    pthread_mutex_destroy(&all->lock);
    free(all);
}
