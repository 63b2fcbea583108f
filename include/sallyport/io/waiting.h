/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_WAITING_H
#define SP_IO_WAITING_H

/*
 * Requests that wait for work on the worker, such as the exchange of a code (io/code_exchanges.h). Each is a
 * struct sp_wait inside the object that continues afterwards (gate/continuation.h).
 *
 * A wait ends exactly once. Either the worker takes all requests that wait for one thing, and posts each to
 * the loop that it came from; or that loop withdraws it, because the client has disconnected or the deadline
 * has passed. A withdrawn wait releases its place at once.
 *
 * A waiting request holds a connection and memory for as long as another server takes. So waits are counted
 * on the loop that begins them, which refuses at once, before the worker is involved. No login, user or
 * listener can take the places of all others:
 *
 *   4 of one owner    the login or the user on whose behalf they wait; if sessions are renewed
 *                     (io/renewals.h), 64, and at most half of all
 *   128 in all        256 if sessions are renewed; never more than a quarter of the allowed connections.
 *                     Requests to the pages listener may take at most a quarter of its own connections
 *
 * The module that does the work may set its own limit.
 */

#include "base/str.h"
#include "io/mailbox.h"

#define SP_WAITING_MAX       128 /* requests in all, by default */
#define SP_WAITING_OWNER_MAX 4

/* The limits on waiting requests: in all, from the pages listener, and of one owner. */
struct sp_waiting_limits {
    size_t waiting_max;
    size_t pages_waiting_max;
    size_t owner_max;
};

/* Computes the limits from the allowed connections. Neither of the first two exceeds `max`. */
struct sp_waiting_limits sp_waiting_limits_of(size_t auth_connections_max, size_t pages_connections_max,
                                              size_t max);

/* All waiting requests of this process. */
struct sp_waiting;

/* NULL if out of memory. */
struct sp_waiting *sp_waiting_new(struct sp_waiting_limits limits);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_waiting_free(struct sp_waiting *waiting);

/* The requests that wait for the same result. */
struct sp_waiters {
    struct sp_wait *first;
    size_t n;
    size_t max;
    const char *full; /* the text of a refusal when `n` has reached `max` */
};

struct sp_wait {
    struct sp_message message;  /* the loop sets `deliver` before it delivers messages again */
    struct sp_mailbox *mailbox; /* of the loop that begins the wait */
    struct sp_str owner;        /* borrowed; must live as long as the wait */
    bool is_by_pages;           /* the request came to the pages listener */
    void *outcome;              /* set by sp_wait_post */
    struct sp_waiters *waiters; /* its list, or NULL; this and all members below are internal */
    struct sp_waiting *waiting;
    struct sp_wait *next;
    struct sp_wait *previous;
    struct sp_wait *next_of_all;
    struct sp_wait *previous_of_all;
};

/* From a loop. NULL: `wait` waits. Otherwise it is refused, and the text names what is full, for the log. */
const char *sp_waiting_enter(struct sp_waiting *waiting, struct sp_waiters *waiters, struct sp_wait *wait)
    __attribute__((warn_unused_result));

/* From the loop that began the wait: cancels it. True: the wait is over. False: it had not begun, or its
 * message is already on its way and will still run. */
bool sp_waiting_withdraw(struct sp_wait *wait) __attribute__((warn_unused_result));

/* From the worker: takes all waits off the list, linked by `next`, for sp_wait_post. They can no longer be
 * withdrawn. */
struct sp_wait *sp_waiting_take(struct sp_waiting *waiting, struct sp_waiters *waiters)
    __attribute__((warn_unused_result));

/* Posts the wait with its outcome to its loop, which owns it from then on. */
void sp_wait_post(struct sp_wait *wait, void *outcome);

#endif
