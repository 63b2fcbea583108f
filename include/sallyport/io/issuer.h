/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_ISSUER_H
#define SP_IO_ISSUER_H

/*
 * The issuer's documents (discovery, key set), fetched on the worker and handed out as immutable
 * snapshots.
 *
 * Fetching begins at start and is repeated after SP_ISSUER_REFRESH_S; a failure keeps what there is and tries
 * again after a second, two, four, up to SP_ISSUER_RETRY_MAX_S. So the program starts and serves sessions
 * while the issuer is down, and says so. A token that no known key has signed makes the key set be fetched at
 * once, since the key may be new, or have replaced one of the same id: SP_ISSUER_KEYS_BURST_N times, and then
 * once every SP_ISSUER_KEYS_PAUSE_S, so that a flood of forged tokens costs the issuer nothing. Each kind of
 * token has that for itself: whoever sends forged bearer tokens takes nothing from those who sign in.
 *
 * The issuer counts as unreachable when the last request for its discovery document got no answer, or one
 * of a gateway (502, 503, 504), until the next answer of any other kind, or a key set, or an answer to a
 * login or a renewal: so long nobody is sent there to sign in. Other failures, and those of the key set and
 * of tokens, which may be on other servers, do not count. By what was heard within SP_ISSUER_NEWS_S a login
 * goes at once. One that finds no such news makes the process ask for the discovery document, and waits for
 * the answer (io/issuer_news.h), but not beyond SP_ISSUER_NEWS_WAIT_MS after the request was made: an issuer
 * that is slow is not down. No more than one request is under way. Where the document is the one in force, no
 * more comes of that. Nothing but the issuer's answer decides: a login can only make the process ask.
 *
 * An issuer that is away is no fault of this process. A well-formed document that contradicts the
 * configuration is one, and a new version that reads it must not replace a version that works. So the status
 * has the contradiction, until this process has read a document that it can use; from then on no document of
 * the issuer changes whether this process is ready.
 */

#include "io/worker.h"
#include "oidc/client.h"
#include "oidc/issuer_metadata.h"
#include "oidc/keyset.h"

#include <stdatomic.h>

#define SP_ISSUER_REFRESH_S    600
#define SP_ISSUER_RETRY_MAX_S  16
#define SP_ISSUER_NEWS_S       5 /* no longer than the Retry-After of those who could not sign in */
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

/* Whether there is a document in the answer; if not, `diag` says why. */
enum sp_error sp_issuer_check_response(const struct sp_exchange_response *response, struct sp_diag *diag)
    __attribute__((warn_unused_result));

struct sp_issuer;

/* Takes a reference of its own if it keeps `documents`. Called on the worker. */
typedef void sp_issuer_update_fn(void *context, struct sp_issuer_documents *documents);

/* `issuer` and `context` must outlive the worker; of the client it has a reference. Fetching begins at once. NULL without memory. */
struct sp_issuer *sp_issuer_new(struct sp_worker *worker, const char *issuer, const struct sp_client *client,
                                sp_issuer_update_fn *update, void *context);

/* On the worker: asks as this client from now on, first for the documents, which are read by it. */
void sp_issuer_use_client(struct sp_issuer *issuer, const struct sp_client *client);

/* After the worker has ended. */
void sp_issuer_free(struct sp_issuer *issuer);

/* On the worker: what is in force, borrowed; NULL before the first success. */
struct sp_issuer_documents *sp_issuer_current(const struct sp_issuer *issuer);

/* Gets the documents with fresh keys, borrowed; NULL when they could not be fetched, or not so soon again. */
typedef void sp_issuer_keys_fn(void *context, struct sp_issuer_documents *documents);

/* For which kind of token keys are fetched. */
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
    bool asked; /* these keys were asked for after it began to wait: what they do not verify, no key does */
};

/* On the worker: `waiter->done` comes exactly once, perhaps before this returns. */
void sp_issuer_fetch_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter);

/*
 * The same for who can wait, of one use alone: where the keys may not be fetched so soon again, they are as
 * soon as they may, and where the issuer is away, with its next attempt. NULL only after an attempt has
 * failed. Never before this returns.
 */
void sp_issuer_await_keys(struct sp_issuer *issuer, struct sp_issuer_waiter *waiter);

/* From any thread, when a login is to begin. */
struct sp_issuer_reach {
    bool is_reachable; /* by what was heard last */
    int64_t wait_ms;   /* 0: that counts. Else it is old, and there may be news within so long */
};
struct sp_issuer_reach sp_issuer_reach(const struct sp_issuer *issuer);

/* On the worker's thread: calls `news` once, when something is heard of the issuer, which is asked unless a
 * request is under way; perhaps before it returns. One at a time. */
void sp_issuer_await_news(struct sp_issuer *issuer, void (*news)(void *context), void *context);

/* On the worker's thread: an endpoint other than those of the two documents was called. */
void sp_issuer_note_response(struct sp_issuer *issuer, const struct sp_exchange_response *response);

/* From any thread. */
struct sp_issuer_status {
    bool up;                 /* the last attempt succeeded */
    int64_t discovery_age_s; /* below 0: never fetched */
    int64_t keys_age_s;
    bool refused; /* the document last read, discovery or key set, cannot be used: waiting does not
                                help */
    const char
        *contradicts; /* the setting, or `pkce`, that the discovery document last read contradicts; NULL
                                as soon as there was one that can be used */
};

struct sp_issuer_status sp_issuer_status(const struct sp_issuer *issuer);

#endif
