/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CONTINUATION_H
#define SP_GATE_CONTINUATION_H

/*
 * A request that is answered later, because its answer needs what another server says. Whatever waits does so
 * by this one object: a page that must wait puts one into its transaction instead of an answer.
 *
 * The transport then begins the wait (io/waiting.h), and ends it in one of four ways: the outcome came, there
 * was no room for one more, the client hung up, or its time has passed. What has no room is
 * answered at once. In the other cases the same request is answered by sp_gate_resume: its head is read
 * again, under the snapshot and the request id of before, and `resume` goes on from there. A client that is
 * gone altogether is answered by nobody; `free` is all that happens.
 *
 * A process that ends lets its requests wait to their end: no wait is longer than a drain (server/loop.h).
 */

#include "gate/transaction.h"
#include "io/waiting.h"

#define SP_CONTINUATION_MAX_MS 24500 /* three calls, each with its own deadline (io/http_client.h) */

/* How a wait ended. */
enum sp_wait_end {
    SP_WAIT_END_OVERDUE, /* the zero value: there is no outcome */
    SP_WAIT_END_REFUSED, /* no room; `refusal` says of what, for the log */
    SP_WAIT_END_GONE,    /* the client has closed its side */
    SP_WAIT_END_OUTCOME,
};

struct sp_continuation {
    struct sp_wait wait;

    /* Starts what is waited for. NULL, or what is full, for the log. */
    const char *(*begin)(struct sp_continuation *self, const struct sp_process *process);

    /* Answers, out of `wait.outcome` or without one by `end`; `t` has the request. */
    void (*resume)(struct sp_continuation *self, struct sp_transaction *t);

    /* Frees all of it, and the outcome. It does not wait. */
    void (*free)(struct sp_continuation *self);

    int64_t max_ms; /* 0: SP_CONTINUATION_MAX_MS; else at most that */

    enum sp_wait_end end;
    const char *refusal;

    /* Of the request, set by sp_continuation_begin. */
    struct sp_snapshot *snapshot; /* one reference */
    char request_id[SP_REQUEST_ID_LEN + 1];

    /* The transport's. */
    void *request; /* NULL: nobody is there any more to be answered */
    int64_t began_ns;
};

/*
 * Begins the wait of `t->continuation`. NULL: it cannot wait, `t->continuation` is NULL and `t` has the
 * answer that says so. Else the transport keeps it and lets go of `t`.
 */
struct sp_continuation *sp_continuation_begin(struct sp_transaction *t) __attribute__((warn_unused_result));

/* Frees it, and gives its snapshot back. */
void sp_continuation_free(struct sp_continuation *continuation);

#endif
