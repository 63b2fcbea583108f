/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_LOOP_H
#define SP_SERVER_LOOP_H

/*
 * A loop thread: one event loop of h2o with its listeners and connections (server/connection.h). All of it is
 * made and used on its own thread; other threads post to its mailbox.
 */

#include "server/connection.h"
#include "server/wake_up.h"

#include <pthread.h>

#define SP_LOOP_DRAIN_MS     26000 /* for requests in flight; longer than the longest wait of a request */
#define SP_LOOP_CHECK_MS     1000  /* between two regular checks */
#define SP_LOOP_CACHE_AGE_MS 60000 /* see sp_cache_age, sp_bearers_age */
#define SP_LOOP_ADMIN_MAX    32    /* connections to the admin listener; at this limit the oldest is closed */

struct sp_accept {
    struct sp_service *service;
    h2o_socket_t *socket;
    bool paused;  /* no descriptor is left; the regular check tries again */
    bool is_full; /* too many handshakes are in progress; each iteration tries again */
};

#define SP_LOOP_ACCEPTS_MAX (SP_LISTENER_COUNT * SP_LISTEN_MAX)

struct sp_loop {
    h2o_loop_t *evloop;
    struct sp_snapshot *snapshot; /* the current one; see sp_loop_post_snapshot */
    struct sp_tls_context *tls;   /* of its auth listener; NULL: plain HTTP */
    const struct sp_process *process;
    struct sp_metrics *metrics;
    struct sp_wake_up wake_up;
    struct sp_mailbox *mailbox; /* the mailbox of `wake_up` */
    struct sp_cache *cache;     /* of opened session cookies */
    struct sp_bearers *bearers;
    struct sp_bearers *passed; /* see struct sp_context */
    int64_t aged_ms;           /* when the caches were last aged */
    pthread_t thread;
    pthread_barrier_t *mailboxes_ready;
    pthread_barrier_t *may_accept;
    h2o_globalconf_t *globals; /* one for each listener */
    struct sp_service services[SP_LISTENER_COUNT];
    int fds[SP_LOOP_ACCEPTS_MAX];
    enum sp_listener listeners[SP_LOOP_ACCEPTS_MAX];
    size_t accepts_n;
    struct sp_accept accepts[SP_LOOP_ACCEPTS_MAX];
    struct sp_connection *reading; /* the connection that the library is reading from; NULL once it has closed
                                      it */
    h2o_linklist_t unhooked;
    int64_t now_ms;         /* of the monotonic clock, when this iteration began: up to a second ago */
    int64_t checked_ms;     /* when the regular check last ran */
    int64_t due_ms;         /* no later than the next deadline of a connection and the next check */
    int64_t drain_until_ms; /* 0: not draining */
};

/* Starts the thread; snapshot, process, metrics, barriers, `globals` and the listeners must be set. 0, or
 * -1. */
int sp_loop_start(struct sp_loop *loop) __attribute__((warn_unused_result));

/* The context for a request that this loop answers now. */
struct sp_context sp_loop_context(struct sp_loop *loop);

/* From any thread: the loop uses this snapshot from its next request on. */
void sp_loop_post_snapshot(struct sp_loop *loop, struct sp_snapshot *snapshot);

/* From any thread: stop accepting, finish what is in flight, exit. */
void sp_loop_post_stop(struct sp_loop *loop);

#endif
