/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RENEWAL_FLIGHTS_H
#define SP_IO_RENEWAL_FLIGHTS_H

/*
 * The flights of io/renewals.h: the calls for each user. A flight is the call in progress, or else the
 * outcome of the last one, which is kept for requests that arrive later.
 *
 * An outcome answers later requests only while no newer token of the user is known:
 *
 *   renewed       for `kept_s`, requests whose sessions do not have this result yet: they did not wait for a
 *                 slow issuer, or their response was lost. The result is kept as text (io/renewal_outcome.h)
 *   refused       for SP_RENEWAL_REFUSED_MS, all requests
 *   other faults  for SP_RENEWAL_PAUSE_MS, all requests
 *
 * Limits: SP_RENEWAL_KEPT_N outcomes with SP_RENEWAL_KEPT_BYTES_MAX of memory. Outcomes whose new cookie has
 * come back are evicted first, because nobody needs them any more; then the oldest. A flight whose call is in
 * progress is never evicted. Nothing is locked here; the caller holds a lock.
 */

#include "io/renewal_outcome.h"
#include "io/waiting.h"
#include "session/grants.h"
#include "session/session.h"

#define SP_RENEWAL_KEPT_N         4096
#define SP_RENEWAL_KEPT_BYTES_MAX (10 * 1024 * 1024)
#define SP_RENEWAL_PAUSE_MS       10000
#define SP_RENEWAL_REFUSED_MS     60000

struct sp_renewal_flights;

/* The flight of one user. While a call is in progress, `run` belongs to the worker. */
struct sp_renewal_flight {
    struct sp_renewal_flight *in_bucket; /* the next one in its bucket */
    struct sp_renewal_flight *newer;     /* on the shelf where it is kept */
    struct sp_renewal_flight *older;
    uint8_t name[SP_GRANTS_NAME_LEN];
    struct sp_buf sub;
    struct sp_refresh_grant grant; /* used for the call; its strings are in `bytes` */
    struct sp_buf bytes;
    bool is_kept;                       /* false while its call is in progress (if it is in the table) */
    int64_t ended_ms;                   /* when the last call ended */
    enum sp_renewal_result result;      /* of the last call */
    struct sp_renewal_outcome *outcome; /* of a failed call; otherwise NULL */
    struct sp_saved_renewal saved;      /* of a call that renewed */
    bool is_seen;                       /* the last cookie that was made from it has come back */
    size_t memory;                      /* approximate bytes while it is kept */
    struct sp_waiters waiters;          /* this and all members below are for io/renewals.c */
    unsigned again_n;
    bool is_signed_out; /* a session of this user was ended during the call: the one with the id below */
    uint8_t signed_out_id[SP_SESSION_ID_LEN];
    struct sp_task task;
    struct sp_renewals *all;
    struct sp_code_exchange_run run;
};

/* NULL if out of memory. */
struct sp_renewal_flights *sp_renewal_flights_new(void) __attribute__((warn_unused_result));

/* Frees the flights too. Accepts NULL. */
void sp_renewal_flights_free(struct sp_renewal_flights *flights);

/* The flight with this name (sp_grants_name); NULL if there is none. */
struct sp_renewal_flight *sp_renewal_flights_find(const struct sp_renewal_flights *flights,
                                                  const uint8_t name[SP_GRANTS_NAME_LEN]);

/* A new flight, which is not in the table yet; NULL if out of memory. */
struct sp_renewal_flight *sp_renewal_flight_new(const uint8_t name[SP_GRANTS_NAME_LEN], struct sp_str sub)
    __attribute__((warn_unused_result));

/* For a flight that is not in the table. */
void sp_renewal_flight_free(struct sp_renewal_flight *flight);

/* A call begins: adds a new flight to the table; a known one can no longer be evicted. */
void sp_renewal_flights_begin(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight);

/* The call has ended: takes and keeps its outcome, and evicts others to make room. If out of memory, the
 * flight is freed instead. */
void sp_renewal_flights_end(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight,
                            struct sp_renewal_outcome *outcome);

/* For a kept flight that renewed: a cookie is made from it again, or has come back. */
void sp_renewal_flights_note_sent(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight);
void sp_renewal_flights_note_seen(struct sp_renewal_flights *flights, struct sp_renewal_flight *flight);

/* Frees the flights that were kept long enough. True if others are left. */
bool sp_renewal_flights_clear(struct sp_renewal_flights *flights, int64_t kept_s);

/* True if the last outcome answers a session with the token `own`, whose user's newest one is `newest`. */
bool sp_renewal_flight_answers(const struct sp_renewal_flight *flight, const struct sp_refresh_grant *own,
                               const struct sp_refresh_grant *newest, int64_t kept_s);

#endif
