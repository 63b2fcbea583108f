/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_CONNECTION_H
#define SP_SERVER_CONNECTION_H

/*
 * A connection, from accept until its socket is closed. Also the state of a listener on one loop: a
 * configuration and a context of the HTTP library, so that each listener has its own limits, and the
 * connections of that listener.
 *
 * The library passes on a request when its body is complete, and has a single timeout. So a function of ours
 * replaces the library's wherever it reads from a connection. It calls the library's function first. It
 * checks the bytes itself only if they did not complete a request, so that it adds no cost to an ordinary
 * request. These are the phases of a connection:
 *
 *   handshake  over TLS (server/tls.h); the time limit of the next phase covers both
 *   new        nothing has arrived yet; from accept, the whole first head has SP_CONNECTION_HEAD_MS to arrive
 *   head       part of a head has arrived; the same time limit, from accept or from the head's first byte
 *   body       the head has arrived, but not the body: the auth listener answers 413 at once; the others
 *              answer 408 after SP_CONNECTION_BODY_MS
 *   answer     a request is being answered
 *   idle       between two requests, for SP_CONNECTION_IDLE_MS (longer than Traefik's 90 s, so that Traefik
 *              closes first)
 *   linger     answered before the whole request had arrived. Closing now would destroy the answer in
 *              transit: the system responds to unread bytes with a reset, and the proxy would report 502. So
 *              the sending side is shut down, and everything that still arrives is discarded, for at most
 *              SP_CONNECTION_LINGER_MS and SP_CONNECTION_LINGER_MAX bytes.
 *
 * All connections of a listener together hold at most SP_SERVICE_HELD_MAX bytes of heads, bodies and requests
 * that wait for an answer. Each buffer counts in full, and each loop has its share. At that limit the
 * connection that has waited longest for the rest of its head or body is closed, so that there is always room
 * for a new head.
 *
 * A TLS handshake uses up to 180 KiB until it is over, and its client is not known yet. So handshakes are
 * limited to SP_SERVICE_HANDSHAKES_N, and to half of the listener's connections. At that limit one is closed,
 * or the next connection waits (server/handshakes.h). A connection whose handshake has failed lingers, so
 * that its client can read the alert. At most half as many linger at once; the others are closed.
 *
 * Over TLS the functions here see the decrypted bytes, so everything above applies to them too. A partial
 * record counts as a partial head. Nothing is read after the client's close_notify, and a second handshake
 * closes the connection. The library sends close_notify before it closes, so a connection that it has given
 * up may stay open for a while.
 *
 * Durations are measured with the monotonic clock. The library's own timeout uses the wall clock, and would
 * close all idle connections when that is set forward; it is never checked (sp_service_init).
 */

#include "gate/process.h"
#include "server/listener.h"
#include "server/tls.h"

#include <h2o.h>

#define SP_CONNECTION_HEAD_MS    10000
#define SP_CONNECTION_BODY_MS    2000
#define SP_CONNECTION_IDLE_MS    120000
#define SP_CONNECTION_LINGER_MS  1000
#define SP_CONNECTION_LINGER_MAX (1024 * 1024)      /* bytes; equals Traefik's limit for headers */
#define SP_CONNECTION_BODY_MAX   16384              /* bytes of a body, for listeners that accept one */
#define SP_SERVICE_HELD_MAX      (16 * 1024 * 1024) /* bytes, in all loops together */
#define SP_SERVICE_HANDSHAKES_N  128                /* at once, in all loops together; see above */

enum sp_phase {
    SP_PHASE_HANDSHAKE,
    SP_PHASE_NEW,
    SP_PHASE_HEAD,
    SP_PHASE_BODY,
    SP_PHASE_LINGER,
    SP_PHASE_IDLE,
    SP_PHASE_WAITING_N, /* in the phases above, we wait for the client with a time limit */
    SP_PHASE_ANSWER = SP_PHASE_WAITING_N,
    SP_PHASE_END,
};

struct sp_continuation;
struct sp_loop;

/* The state of one listener on a loop. */
struct sp_service {
    h2o_context_t h2o; /* must be first: a request's context is cast to this struct */
    struct sp_loop *loop;
    enum sp_listener listener;
    h2o_accept_ctx_t accept;
    h2o_linklist_t connections; /* the oldest first */
    size_t connections_n;
    size_t handshakes_n;
    size_t handshakes_max_n; /* this loop's share of the limit */
    size_t strangers_n;      /* connections that linger after a failed handshake */
    size_t held;             /* bytes that these connections hold */
    size_t held_max;         /* this loop's share of the limit */
    size_t most_n;           /* this and `most_held`: maxima since memory was last given back to the system */
    size_t most_held;
    h2o_linklist_t waiting[SP_PHASE_WAITING_N]; /* by phase, the longest wait first */
};

struct sp_connection {
    h2o_linklist_t link;     /* in the list of its service */
    h2o_linklist_t waiting;  /* in the list of its phase, if it waits */
    h2o_linklist_t unhooked; /* in the list of connections that are not hooked yet (sp_connections_hook) */
    struct sp_service *service;
    h2o_socket_t *socket;
    h2o_socket_cb read;         /* the library's callback, which ours calls; NULL during a handshake */
    struct sp_tls_context *tls; /* of the handshake; NULL if there is none or it is over */
    enum sp_phase phase;
    int64_t since_ms;                     /* when it began to wait */
    size_t searched;                      /* bytes already searched for the end of the head */
    size_t held;                          /* bytes that it holds, as counted in its service */
    size_t discarded;                     /* bytes discarded while it lingers */
    int linger_fd;                        /* a duplicate descriptor to linger on; -1: none */
    bool ended;                           /* we have shut it down; the library is about to notice */
    bool is_closed_by_client;             /* the client sent close_notify; nothing is read after it */
    bool is_stranger;                     /* its handshake failed, and it lingers */
    struct sp_continuation *continuation; /* of the request that waits (gate/continuation.h), else NULL */
};

/* On the loop's thread, once its `evloop` exists; `service` is zeroed. */
void sp_service_init(struct sp_service *service, struct sp_loop *loop, enum sp_listener listener,
                     h2o_globalconf_t *global);

/*
 * Makes a connection from an accepted socket, and passes it to the library. -1 if out of memory; the caller
 * then still owns the socket.
 */
int sp_connection_open(struct sp_service *service, h2o_socket_t *socket) __attribute__((warn_unused_result));

/* Open connections to this listener, in all loops together. */
size_t sp_connections_open(enum sp_listener listener);

/* Mark the beginning and the end of answering a request, however it ends. */
void sp_connection_begin_answer(struct sp_connection *connection);
void sp_connection_end_answer(struct sp_connection *connection);

/* The next answer is the last one, and the request may be incomplete. */
void sp_connection_linger(struct sp_connection *connection);

/* Shuts the connection down from outside the library, which then sees the end of the stream and cleans up;
 * `how` as for shutdown(). */
void sp_connection_shut(struct sp_connection *connection, int how);

/* After every iteration of the loop: hooks the library's reading again, because each answer unhooks it. */
void sp_connections_hook(struct sp_loop *loop);

/* Makes the loop check its connections at `due_ms`, if not before. */
void sp_connections_look_again_at(struct sp_loop *loop, int64_t due_ms);

/* Closes the connections that have waited too long. Afterwards the loop's `due_ms` is not later than the next
 * deadline. */
void sp_connections_expire(struct sp_service *service, int64_t now_ms);

/* After a peak, gives back the memory that the allocator would keep for the next one, because a container can
 * be killed for the memory that it holds. */
void sp_connections_give_back(struct sp_loop *loop);

/* The connection of a request. */
struct sp_connection *sp_connection_of(h2o_req_t *req);

/* The loop of a request. */
static inline struct sp_loop *sp_loop_of(h2o_req_t *req)
{
    return ((struct sp_service *)req->conn->ctx)->loop;
}

#endif
