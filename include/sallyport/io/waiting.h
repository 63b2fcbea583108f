/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_WAITING_H
#define SP_IO_WAITING_H

/*
 * Requests that wait for what the worker does, such as exchanging a code (io/code_exchanges.h). Each is a
 * struct sp_wait inside of whatever is to be done afterwards (gate/continuation.h).
 *
 * A wait ends exactly once. The worker takes all that wait for one thing and posts each to the loop that it
 * came from; or that loop withdraws it, because the client has hung up or the deadline has passed. What was
 * withdrawn has given its place back at once.
 *
 * A request that waits holds a connection and memory for as long as somebody else takes. So those that wait
 * are counted, by the loop that lets one wait: what is refused is refused at once, before the worker hears of
 * it. No login, no user and no listener can take the places of all others:
 *
 *   4 of one owner    the login or the user on whose behalf they wait; 64, and half of all at most, where the
 *                     owner's sessions are renewed (io/renewals.h)
 *   128 in all        256 where sessions are renewed; and never more than a quarter of the connections that
 *                     there may be; of those that came by the pages listener, which has fewer, never more than
 *                     a quarter of its own
 *
 * Whoever is waited for may set a limit of its own.
 */

#include "base/str.h"
#include "io/mailbox.h"

#define SP_WAITING_MAX       128 /* in all, where nobody says otherwise */
#define SP_WAITING_OWNER_MAX 4

/* What depends on how many connections there may be: of the requests that wait, all, and those of the pages
 * listener. */
struct sp_waiting_limits {
    size_t waiting_max;
    size_t pages_waiting_max;
    size_t owner_max;
};

/* `max` in all, however many connections there may be. */
struct sp_waiting_limits sp_waiting_limits_of(size_t auth_connections_max, size_t pages_connections_max,
                                              size_t max);

/* All that wait in this process. */
struct sp_waiting;

/* NULL without memory. */
struct sp_waiting *sp_waiting_new(struct sp_waiting_limits limits);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_waiting_free(struct sp_waiting *waiting);

/* Those that wait for one thing. */
struct sp_waiters {
    struct sp_wait *first;
    size_t n;
    size_t max;
    const char *full; /* what is said of one more */
};

struct sp_wait {
    struct sp_message message;  /* `deliver` is set by the loop that waits, before it runs again */
    struct sp_mailbox *mailbox; /* of that loop */
    struct sp_str owner;        /* borrowed, lives as long */
    bool is_by_pages;           /* it came by the pages listener */
    void *outcome;              /* set with sp_wait_post */
    struct sp_waiters *waiters; /* that it is among; NULL: it does not wait. This and the rest is not the
                                    caller's */
    struct sp_waiting *waiting;
    struct sp_wait *next;
    struct sp_wait *previous;
    struct sp_wait *next_of_all;
    struct sp_wait *previous_of_all;
};

/* From a loop. NULL: it waits. Else it is refused: what is full, for the log. */
const char *sp_waiting_enter(struct sp_waiting *waiting, struct sp_waiters *waiters, struct sp_wait *wait)
    __attribute__((warn_unused_result));

/* From the loop that let it wait: nobody waits any more. True: the wait is over. False: it had not begun, or
 * its message is on the way and still runs. */
bool sp_waiting_withdraw(struct sp_wait *wait) __attribute__((warn_unused_result));

/* From the worker: takes all off the list, linked by `next`, for sp_wait_post. They cannot be withdrawn any
 * more. */
struct sp_wait *sp_waiting_take(struct sp_waiting *waiting, struct sp_waiters *waiters)
    __attribute__((warn_unused_result));

/* Posts the wait with its outcome to its loop; from then on it is the loop's. */
void sp_wait_post(struct sp_wait *wait, void *outcome);

#endif
