/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ISSUER_H
#define SP_IO_ISSUER_H

/*
 * The issuer's documents (discovery, key set), fetched on the worker and handed out as immutable snapshots.
 *
 * Fetching begins at startup, and is repeated after SP_ISSUER_REFRESH_S. If it fails, the current documents
 * remain, and the fetch is retried after one second, two, four, up to SP_ISSUER_RETRY_MAX_S. So the program
 * starts and accepts sessions even if the issuer is down; this is logged. If no known key verifies a token,
 * the key set is fetched at once, because the key may be new, or may have replaced another with the same id.
 * This is allowed SP_ISSUER_KEYS_BURST_N times, and then once every SP_ISSUER_KEYS_PAUSE_S, so that a flood
 * of forged tokens does not reach the issuer. Each kind of token has its own allowance, so forged bearer
 * tokens do not affect users who sign in.
 *
 * The issuer is unreachable if the last request for its discovery document got no response, or one from a
 * gateway (502, 503, 504). It is reachable again after any other response, a key set, or a response to a
 * login or a renewal. Until then no browser is redirected there to sign in. Other failures do not count, and
 * neither do those of the key set and of tokens, which may be on other servers. If the state was established
 * within the last SP_ISSUER_NEWS_S, a login uses it at once. Otherwise the login makes the process request
 * the discovery document, and waits for the response (io/issuer_news.h), but not longer than
 * SP_ISSUER_NEWS_WAIT_MS after the request was sent: a slow issuer is not down. Only one request is in
 * progress at a time. If the document has not changed, nothing else is fetched. Only the issuer's response
 * changes the state; a login only triggers the request.
 *
 * An unreachable issuer is not a fault of this process. A well-formed document that contradicts the
 * configuration is: a new pod that finds such a document must not replace a pod that works. So the status
 * contains the contradiction until this process has read a document that it can use. From then on, the
 * issuer's documents do not change the readiness of this process.
 */

#include "io/worker.h"
#include "oidc/client.h"
#include "oidc/issuer_metadata.h"
#include "oidc/keyset.h"

#include <stdatomic.h>

#define SP_ISSUER_REFRESH_S    600
#define SP_ISSUER_RETRY_MAX_S  16
#define SP_ISSUER_NEWS_S       5 /* not longer than the Retry-After of a refused sign-in */
#define SP_ISSUER_NEWS_WAIT_MS 1000
#define SP_ISSUER_KEYS_PAUSE_S 10
#define SP_ISSUER_KEYS_BURST_N 2

struct sp_issuer_documents {
    atomic_uint refs;
    struct sp_issuer_metadata *metadata;
    struct sp_keyset *keyset;
};

struct sp_issuer_documents *sp_issuer_documents_ref(struct sp_issuer_documents *documents);

/* Accepts NULL. From any thread. */
void sp_issuer_documents_unref(struct sp_issuer_documents *documents);

/* Whether the response contains a document; if not, `diag` states why. */
enum sp_error sp_issuer_check_response(const struct sp_exchange_response *response, struct sp_diag *diag)
    __attribute__((warn_unused_result));

struct sp_issuer;

/* Takes its own reference if it keeps `documents`. Called on the worker. */
typedef void sp_issuer_update_fn(void *context, struct sp_issuer_documents *documents);

/* `issuer` and `context` must outlive the worker. Takes a reference to the client. Fetching begins at once.
 * NULL if out of memory. */
struct sp_issuer *sp_issuer_new(struct sp_worker *worker, const char *issuer, const struct sp_client *client,
                                sp_issuer_update_fn *update, void *context);

/* On the worker: sets the client for all later requests, and fetches the documents again. */
void sp_issuer_use_client(struct sp_issuer *issuer, const struct sp_client *client);

/* After the worker has ended. */
void sp_issuer_free(struct sp_issuer *issuer);

/* On the worker: the current documents, borrowed; NULL before the first success. */
struct sp_issuer_documents *sp_issuer_current(const struct sp_issuer *issuer);

/* Gets the documents with fresh keys, borrowed; NULL if they could not be fetched, or if it is too soon. */
typedef void sp_issuer_keys_fn(void *context, struct sp_issuer_documents *documents);

/* The kind of token that keys are fetched for. */
enum sp_issuer_keys_use {
    SP_ISSUER_KEYS_FOR_LOGIN,
    SP_ISSUER_KEYS_FOR_LOGOUT,
    SP_ISSUER_KEYS_FOR_BEARER,
    SP_ISSUER_KEYS_USE_COUNT,
};

struct sp_issuer_waiter {
    struct sp_issuer_waiter *next;
    enum sp_issuer_keys_use use;
    sp_issuer_keys_fn *done;
    void *context;
    bool asked; /* keys were requested during the wait; if they do not verify the token, none will */
};

/* On the worker: `waiter->done` is called exactly once, possibly before this returns. */
void sp_issuer_fetch_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter);

/*
 * Like sp_issuer_fetch_keys, for callers that can wait; all of them must have the same `use`. If it is too
 * soon to fetch keys again, they are fetched as soon as allowed; if the issuer is unreachable, with the next
 * attempt. `done` gets NULL only after an attempt has failed, and is never called before this returns.
 */
void sp_issuer_await_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter);

/* Whether a login that is about to begin may redirect to the issuer. From any thread. */
struct sp_issuer_reach {
    bool is_reachable; /* according to the last known state */
    int64_t wait_ms;   /* 0: that state is current. Otherwise how long an update may take */
};
struct sp_issuer_reach sp_issuer_reach(const struct sp_issuer *issuer);

/* On the worker's thread: calls `news` once, when the state of the issuer is known. Sends a request unless
 * one is in progress. `news` may be called before this returns. Only one caller at a time. */
void sp_issuer_await_news(struct sp_issuer *issuer, void (*news)(void *context), void *context);

/* On the worker's thread: notes the response of an endpoint other than those of the two documents. */
void sp_issuer_note_response(struct sp_issuer *issuer, const struct sp_exchange_response *response);

/* From any thread. */
struct sp_issuer_status {
    bool up;                 /* the last attempt succeeded */
    int64_t discovery_age_s; /* below 0: never fetched */
    int64_t keys_age_s;
    bool refused; /* the last document, discovery or key set, cannot be used; a retry does not help */
    const char *contradicts; /* setting, or `pkce`, that the last discovery document contradicts; else NULL */
};

struct sp_issuer_status sp_issuer_status(const struct sp_issuer *issuer);

#endif
