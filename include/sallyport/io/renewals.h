/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RENEWALS_H
#define SP_IO_RENEWALS_H

/*
 * Checks with the issuer whether users still have their rights: exchanges refresh tokens on the worker
 * (io/code_exchange_run.h), and answers the requests that wait for the outcome (io/waiting.h).
 *
 * In each process, this module alone renews the sessions of a user. It uses the user's newest token
 * (session/grants.h), with one call at a time. Requests that arrive meanwhile wait for the same call. Later
 * ones get its result for a while (io/renewal_flights.h); such a session is as old as the result, not as its
 * cookie. A login during the call takes precedence, because its token is the newest. If the issuer refused
 * the previous token because of that login, the call is repeated with the new one.
 *
 * A failed call is not repeated for a while. Requests that arrive meanwhile, or during the next call, get the
 * same result at once: nobody waits for the issuer after the last call for this user failed.
 *
 * The results, for the session of the request:
 *
 *   renewed        the claims are new
 *   refused        400 invalid_grant, or invalid_request from Dex: the user gets no more tokens
 *   misconfigured  any other 4xx: the operator's fault, which would affect a login too
 *   invalid        a response that fails a check, or lacks the ID token: treated as no response
 *   unavailable    no response, one that is not from a token endpoint, 429, 5xx, or no documents of the
 *                  issuer: it may be temporary
 *
 * The newest tokens, the results and the right to make the call belong to this process. This header is the
 * interface for a store that replicas share: an outcome is posted to a request, whichever process made the
 * call. Such a store affects three places in src/io/renewals.c, and no code above it:
 *
 *   before a call   on_begun, on the worker: does another process have the right to it, a result, or a newer
 *                   token?
 *   after a call    on_end, on the worker: publish the new token and the result, and release the right
 *   after a login   sp_renewals_note_login: publish its token, with a task for the worker
 *
 * Everything else stays the same: requests already wait for the worker, and for a limited time.
 *
 * Limits: SP_RENEWALS_MAX calls in progress, SP_RENEWAL_WAITING_MAX requests that wait for them, and
 * SP_RENEWAL_OF_USER_MAX of one user.
 */

#include "io/renewal_outcome.h"
#include "io/waiting.h"
#include "session/session.h"

#define SP_RENEWALS_MAX        32
#define SP_RENEWAL_WAITING_MAX 256 /* requests that wait for all calls together */
#define SP_RENEWAL_OF_USER_MAX 64  /* for one user, however many sessions the user has */

struct sp_renewals;

struct sp_renewals_use {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    const struct sp_client *client;
    struct sp_metrics *metrics; /* the worker's shard */
    size_t connections_max;     /* to the auth listener */
    int64_t kept_s;             /* how long a result is kept for sessions that do not have it */
    size_t pages_connections_max;
};

/* Borrows everything that `use` points to, which must outlive it, except the client, to which it takes a
 * reference. NULL if out of memory. */
struct sp_renewals *sp_renewals_new(const struct sp_renewals_use *use) __attribute__((warn_unused_result));

/* On the worker: sets the client for new calls, and how long results are kept. */
void sp_renewals_use_client(struct sp_renewals *renewals, const struct sp_client *client, int64_t kept_s);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_renewals_free(struct sp_renewals *renewals);

/* From a loop: a login of `sub` has returned `grant`. */
void sp_renewals_note_login(struct sp_renewals *renewals, struct sp_str sub,
                            const struct sp_refresh_grant *grant);

/* From a loop: revokes the newest token of this session's user at the issuer (io/token_revocations.h), and
 * the one that a call in progress returns. */
void sp_renewals_revoke(struct sp_renewals *renewals, const struct sp_session *session);

/* From a loop: remembers that this session was redirected to `target` on `host` with a new cookie, and counts
 * such redirects within the last minute (session/redirects.h). */
void sp_renewals_note_sent(struct sp_renewals *renewals, const struct sp_session *session, struct sp_str host,
                           struct sp_str target, bool is_further, int64_t now_s);
unsigned sp_renewals_sent_n(struct sp_renewals *renewals, const struct sp_session *session,
                            struct sp_str host, struct sp_str target, int64_t now_s);

/* From a loop, for each request that is allowed with this session. True if the session has come back with a
 * new cookie for the first time: the result that the cookie was made from may then be evicted. Otherwise it
 * only checks one word. */
bool sp_renewals_note_seen(struct sp_renewals *renewals, const struct sp_session *session);

/* From a loop: records that this session is past `renew_by` and could not be confirmed; removes that record
 * once the issuer has responded; counts these sessions (session/overdue.h). */
void sp_renewals_note_overdue(struct sp_renewals *renewals, const struct sp_session *session, int64_t now_s);
void sp_renewals_forget_overdue(struct sp_renewals *renewals, const struct sp_session *session);
size_t sp_renewals_overdue_n(struct sp_renewals *renewals, int64_t now_s);

/*
 * From a loop, for a session of `sub` with `grant`. Returns NULL if the request now waits: `wait` is then
 * posted once with a struct sp_renewal_outcome, to which it holds a reference. Otherwise it is refused, and
 * the returned text names what is full, for the log.
 */
const char *sp_renewals_begin(struct sp_renewals *renewals, struct sp_str sub,
                              const struct sp_refresh_grant *grant, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif
