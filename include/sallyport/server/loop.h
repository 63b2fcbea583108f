/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_LOOP_H
#define SP_SERVER_LOOP_H

/*
 * A loop thread: one h2o event loop with its context, listeners and connections. Everything of it is made and
 * used on its own thread; others reach it by posting to its mailbox.
 *
 * Connections are tracked, since the library's one timeout cannot tell a slow client from an idle one: a
 * connection that sends no whole head within SP_LOOP_HEAD_TIMEOUT_MS is closed, an idle one lives
 * SP_LOOP_IDLE_TIMEOUT_MS (longer than Traefik's 90 s, so that Traefik closes first), and what the drain
 * needs to know is known.
 *
 * Spans are measured on the monotonic clock, but for the idle one, which is the library's and goes by the wall
 * clock: a step ahead ends the connections that are idle, a step back keeps them by as much.
 */

#include "server/listener.h"
#include "server/server.h"

#include <h2o.h>
#include <pthread.h>

#define SP_LOOP_HEAD_TIMEOUT_MS 10000
#define SP_LOOP_IDLE_TIMEOUT_MS 120000
#define SP_LOOP_DRAIN_MS        26000 /* for what is in flight: a login's calls have their deadlines below it */
#define SP_LOOP_ENTITY_MAX      65536
#define SP_LOOP_OPENED_AGE_MS   60000 /* see sp_opened_age */
#define SP_LOOP_ADMIN_MAX       32 /* connections to the admin listener; from here on the oldest makes room */

struct sp_deferred;
struct sp_loop;

/* A connection; made at accept, ends with its socket. */
struct sp_connection {
    h2o_linklist_t link;
    struct sp_loop *loop;
    h2o_socket_t *socket;
    enum sp_door door;
    unsigned requests;            /* begun so far */
    bool busy;                    /* one is being answered */
    bool ended;                   /* by us; the library is about to see it */
    struct sp_deferred *deferred; /* of the request that is being answered later (adapter.c), else NULL */
    int64_t waiting_ms;           /* since when a head has been under way; 0: idle */
};

struct sp_accept {
    struct sp_loop *loop;
    h2o_socket_t *socket;
    h2o_accept_ctx_t context;
    h2o_hostconf_t *hosts[2];
    enum sp_door door;
    bool paused; /* out of descriptors: tried again by the sweep */
};

#define SP_LOOP_ACCEPTS_MAX (SP_DOOR_COUNT * SP_LISTEN_MAX)

struct sp_loop {
    h2o_context_t h2o; /* first: a request's context leads here */
    struct sp_server *server;
    struct sp_metrics *metrics;
    struct sp_mailbox *mailbox;
    struct sp_issuer_documents *documents;
    struct sp_opened *opened;
    int64_t aged_ms; /* when `opened` last forgot */
    pthread_t thread;
    pthread_barrier_t *mailboxes_ready;
    pthread_barrier_t *may_accept;
    h2o_globalconf_t *global;
    h2o_hostconf_t *hosts[SP_DOOR_COUNT];
    int fds[SP_LOOP_ACCEPTS_MAX];
    enum sp_door doors[SP_LOOP_ACCEPTS_MAX];
    size_t accepts_n;
    struct sp_accept accepts[SP_LOOP_ACCEPTS_MAX];
    h2o_linklist_t connections;
    size_t connections_n;
    size_t admin_n;         /* of them */
    int64_t swept_ms;       /* when connections were last looked at */
    int64_t drain_until_ms; /* 0: not draining */
};

/* Starts the thread; server, metrics, barriers, `global`, hosts and the listeners are set. 0, or -1. */
int sp_loop_start(struct sp_loop *loop) __attribute__((warn_unused_result));

/* From any thread: hands over documents. */
void sp_loop_post_documents(struct sp_loop *loop, struct sp_issuer_documents *documents);

/* From any thread: stop accepting, finish what is in flight, end. */
void sp_loop_post_stop(struct sp_loop *loop);

/* The connection that a request came on. */
struct sp_connection *sp_loop_connection(h2o_req_t *req);

/* The loop of a request. */
static inline struct sp_loop *sp_loop_of(h2o_req_t *req)
{
    return (struct sp_loop *)req->conn->ctx;
}

#endif
