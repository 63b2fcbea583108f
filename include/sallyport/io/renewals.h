/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RENEWALS_H
#define SP_IO_RENEWALS_H

/*
 * Asks the issuer whether users are still who they were: exchanges refresh tokens on the worker
 * (io/code_exchange_run.h), and answers the requests that wait for the outcome (io/waiting.h).
 *
 * Every session of one user is renewed by one owner in each process, this: with the newest token that there is
 * (session/grants.h), and by one call at a time. Requests that come meanwhile wait for the same call; those
 * that come within `kept_s` after it, of sessions that do not have its result yet, get it too: who did not
 * wait for a slow issuer, and whose answer was lost. Such a session is as old as the result, not as its
 * cookie. A result whose new cookie has come back (session/unseen.h) is the first to go where there are too
 * many. A login that comes meanwhile wins: its token is the newest, and where the issuer refused the one
 * before because of it, that is asked again with the new one.
 *
 * What failed is not asked again for SP_RENEWAL_PAUSE_MS, what was refused for SP_RENEWAL_REFUSED_MS; whoever
 * comes meanwhile is told the same at once. So is whoever comes while the next call is under way: nobody
 * waits for an issuer whose last call for this user failed.
 *
 * What an answer means, for the session of whoever asks:
 *
 *   renewed        the claims are new
 *   refused        400 invalid_grant, or invalid_request as Dex says it: this user gets no more
 *   misconfigured  any other 4xx: the operator's fault, as a login would find
 *   invalid        an answer that fails a check, or lacks the ID token: as if there had been none
 *   unavailable    no answer, none of a token endpoint, 429, 5xx, or no documents of the issuer: it may pass
 *
 * The newest tokens, the results and the right to make the call are this process's own. This header is the
 * seam for a store that replicas share: whoever asks gets an outcome posted, and cannot tell which process made
 * the call. A store has three places in src/io/renewals.c, and needs no change above it:
 *
 *   before a call   on_begun, on the worker: has another process the right to it, or a result, or a newer token?
 *   after a call    on_end, on the worker: the new token and the result are told, and the right is given back
 *   after a login   sp_renewals_note_login: its token is told, by a task for the worker
 *
 * All else stays as it is, since requests wait for the worker already, and for no longer than they may.
 *
 * Bounded: SP_RENEWALS_MAX calls under way, SP_RENEWAL_KEPT_N outcomes and SP_RENEWAL_KEPT_BYTES_MAX of
 * memory kept; of those that go, first whose cookie was seen, then the oldest.
 */

#include "io/renewal_outcome.h"
#include "io/waiting.h"
#include "session/session.h"

#define SP_RENEWALS_MAX           32
#define SP_RENEWAL_WAITING_MAX    256 /* requests that wait for all of them together */
#define SP_RENEWAL_OF_USER_MAX    64  /* of one user, however many sessions the issuer has of it */
#define SP_RENEWAL_KEPT_N         4096
#define SP_RENEWAL_KEPT_BYTES_MAX (10 * 1024 * 1024)
#define SP_RENEWAL_PAUSE_MS       10000
#define SP_RENEWAL_REFUSED_MS     60000

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

/* What `use` points to is borrowed for good, but of the client it has a reference. NULL without memory. */
struct sp_renewals *sp_renewals_new(const struct sp_renewals_use *use) __attribute__((warn_unused_result));

/* On the worker: the issuer is asked as this client from now on, and results are kept for so long. */
void sp_renewals_use_client(struct sp_renewals *renewals, const struct sp_client *client, int64_t kept_s);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_renewals_free(struct sp_renewals *renewals);

/* From a loop: a login of `sub` has brought `grant`. */
void sp_renewals_note_login(struct sp_renewals *renewals, struct sp_str sub,
                            const struct sp_refresh_grant *grant);

/* From a loop: has the newest token of this session's user revoked at the issuer
 * (io/token_revocations.h). */
void sp_renewals_revoke(struct sp_renewals *renewals, const struct sp_session *session);

/* From a loop: remembers that this session was sent to `target` with a new cookie, and how often it was within
 * the last minute (session/redirects.h). */
void sp_renewals_note_sent(struct sp_renewals *renewals, const struct sp_session *session,
                           struct sp_str target, bool is_further, int64_t now_s);
unsigned sp_renewals_sent_n(struct sp_renewals *renewals, const struct sp_session *session,
                            struct sp_str target, int64_t now_s);

/* From a loop, for each request that this session allows: where it has come back with a new cookie for the
 * first time, which is true, the result that the cookie was made of may go. Costs one word's look otherwise. */
bool sp_renewals_note_seen(struct sp_renewals *renewals, const struct sp_session *session);

/* From a loop: this session is past its bound and could not be confirmed; the issuer has said what it is
 * of it; how many could not be (session/overdue.h). */
void sp_renewals_note_overdue(struct sp_renewals *renewals, const struct sp_session *session, int64_t now_s);
void sp_renewals_forget_overdue(struct sp_renewals *renewals, const struct sp_session *session);
size_t sp_renewals_overdue_n(struct sp_renewals *renewals, int64_t now_s);

/*
 * From a loop, for a session of `sub` with `grant`. NULL: `wait` waits, and is posted once with a struct
 * sp_renewal_outcome, of which it then has a reference. Else it is refused: what is full, for the log.
 */
const char *sp_renewals_begin(struct sp_renewals *renewals, struct sp_str sub,
                              const struct sp_refresh_grant *grant, struct sp_wait *wait)
    __attribute__((warn_unused_result));

#endif
