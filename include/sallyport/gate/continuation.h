/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CONTINUATION_H
#define SP_GATE_CONTINUATION_H

/*
 * A request that is answered later, because its answer needs a response from another server. This object is
 * the only mechanism for waiting: a page that must wait puts one into its transaction instead of an answer.
 *
 * The transport then begins the wait (io/waiting.h). It ends in one of four ways: the outcome arrived, there
 * was no room for another wait, the client closed the connection, or the time ran out. If there is no room,
 * the request is answered at once. Otherwise sp_gate_resume answers the same request: its head is read again,
 * with the same snapshot and request id, and `resume` continues from there. If the connection no longer
 * exists, there is no answer, and only `free` is called.
 *
 * A process that is shutting down lets its requests finish waiting: no wait is longer than the drain
 * (server/loop.h).
 */

#include "gate/transaction.h"
#include "io/waiting.h"

#define SP_CONTINUATION_MAX_MS 24500 /* enough for three calls at their deadlines (io/http_client.h) */

/* How a wait ended. */
enum sp_wait_end {
    SP_WAIT_END_OVERDUE, /* the zero value: there is no outcome */
    SP_WAIT_END_REFUSED, /* there was no room to wait; `refusal` names what is full, for the log */
    SP_WAIT_END_GONE,    /* the client has disconnected */
    SP_WAIT_END_OUTCOME,
};

struct sp_continuation {
    struct sp_wait wait;

    /* Starts the wait. Returns NULL, or a string for the log that names what is full. */
    const char *(*begin)(struct sp_continuation *self, const struct sp_process *process);

    /* Answers `t`, which has the request, from `wait.outcome`, or according to `end` if there is none. */
    void (*resume)(struct sp_continuation *self, struct sp_transaction *t);

    /* Frees everything, including the outcome. Does not block. */
    void (*free)(struct sp_continuation *self);

    int64_t max_ms; /* 0 for SP_CONTINUATION_MAX_MS; never more than that */

    enum sp_wait_end end;
    const char *refusal;

    /* Belong to the request; set by sp_continuation_begin. */
    struct sp_snapshot *snapshot; /* one reference */
    char request_id[SP_REQUEST_ID_LEN + 1];

    /* Used by the transport. */
    void *request; /* NULL: the connection no longer exists */
    int64_t began_ns;
};

/*
 * Begins the wait of `t->continuation`. NULL if it cannot wait: `t->continuation` is then NULL, and `t` has
 * an answer that states this. Otherwise the transport keeps the continuation, and releases `t`.
 */
struct sp_continuation *sp_continuation_begin(struct sp_transaction *t) __attribute__((warn_unused_result));

/* Frees it, and releases its snapshot. */
void sp_continuation_free(struct sp_continuation *continuation);

#endif
