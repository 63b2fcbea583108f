/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_CONNECTION_H
#define SP_SERVER_CONNECTION_H

/*
 * A connection, from accept to the end of its socket, and what a loop has of one listener: a configuration
 * and a context of the library, so that each listener has its own limits, and the connections that came
 * through it.
 *
 * The library hands a request over when its body is complete, and has one timeout for everything. So a
 * function of ours is called in place of the library's wherever it reads from a connection. It calls the
 * library's first. It looks at the bytes itself only where they made no request, so that the usual request
 * costs nothing more:
 *
 *   handshake  over TLS (server/tls.h); it has the same time as the next phase, and both together no more
 *   new      nothing came yet; it has SP_CONNECTION_HEAD_MS from accept for the whole of its first head
 *   head     a part of a head came; as long, from accept or from its first byte
 *   body     the head is there, its body is not: the auth listener answers 413 at once, the others wait
 *            SP_CONNECTION_BODY_MS and then answer 408
 *   answer   a request is being answered
 *   idle     between two requests; the library ends it after SP_CONNECTION_IDLE_MS (longer than Traefik's
 *            90 s, so that Traefik closes first)
 *   linger   answered before all of the request had come. A close would now destroy the answer on its way:
 *            the system answers bytes that nobody reads with a reset, and the proxy would report 502. So the
 *            sending side is shut down, and what still comes is thrown away, for SP_CONNECTION_LINGER_MS and
 *            SP_CONNECTION_LINGER_MAX bytes at most.
 *
 * All connections of a listener together hold at most SP_SERVICE_HELD_MAX bytes of heads, bodies and requests
 * that wait for an answer, the whole of each buffer counted; each loop has its share. At that limit the
 * connection that has waited longest for the rest of its head or body is closed, so that a new head always
 * finds room.
 *
 * A TLS handshake takes up to 160 KiB until it is over, and its client is not known yet. So there are at most
 * SP_SERVICE_HANDSHAKES_N, and half of what the listener takes; at that limit the oldest is closed. A connection
 * whose handshake has failed lingers, so that its client reads the alert; half as many at once do, and the
 * others are closed.
 *
 * Over TLS the functions here see the decrypted bytes, so that everything above holds for them too. A part of a
 * record counts as a part of a head. What comes behind the client's close_notify is not read, and a second
 * handshake ends the connection. The library sends close_notify before it closes, so a connection that it has
 * given up may stay open for a while.
 *
 * Spans are measured on the monotonic clock, but for the idle one, which is the library's and goes by the
 * wall clock: a step ahead ends the connections that are idle, a step back keeps them by as much.
 */

#include "gate/process.h"
#include "server/listener.h"
#include "server/tls.h"

#include <h2o.h>

#define SP_CONNECTION_HEAD_MS    10000
#define SP_CONNECTION_BODY_MS    2000
#define SP_CONNECTION_IDLE_MS    120000
#define SP_CONNECTION_LINGER_MS  1000
#define SP_CONNECTION_LINGER_MAX (1024 * 1024)      /* bytes: as many as Traefik takes of headers */
#define SP_CONNECTION_BODY_MAX   16384              /* bytes of a body, at the listeners that take one */
#define SP_SERVICE_HELD_MAX      (16 * 1024 * 1024) /* bytes, of all loops together */
#define SP_SERVICE_HANDSHAKES_N  256                /* at once, of all loops together; see below */

enum sp_phase {
    SP_PHASE_HANDSHAKE,
    SP_PHASE_NEW,
    SP_PHASE_HEAD,
    SP_PHASE_BODY,
    SP_PHASE_LINGER,
    SP_PHASE_WAITING_N, /* those above wait for their client, and not for ever */
    SP_PHASE_ANSWER = SP_PHASE_WAITING_N,
    SP_PHASE_IDLE,
    SP_PHASE_END,
};

struct sp_continuation;
struct sp_loop;

/* What a loop has of one listener. */
struct sp_service {
    h2o_context_t h2o; /* first: a request's context leads here */
    struct sp_loop *loop;
    enum sp_listener listener;
    h2o_accept_ctx_t accept;
    h2o_linklist_t connections; /* the oldest first */
    size_t connections_n;
    size_t handshakes_n;
    size_t handshakes_max_n; /* the share of this loop */
    size_t strangers_n;      /* that linger after a handshake that failed */
    size_t held;             /* bytes, by these connections */
    size_t held_max;         /* the share of this loop */
    size_t most_n; /* connections, and what they held, since memory was last given back to the system */
    size_t most_held;
    h2o_linklist_t waiting[SP_PHASE_WAITING_N]; /* by phase, who has waited longest first */
};

struct sp_connection {
    h2o_linklist_t link;     /* of all of its service */
    h2o_linklist_t waiting;  /* of those in its phase, which wait */
    h2o_linklist_t unhooked; /* of those from which the library reads unseen (sp_connections_hook) */
    struct sp_service *service;
    h2o_socket_t *socket;
    h2o_socket_cb read;         /* the library's, behind ours; NULL during a handshake */
    struct sp_tls_context *tls; /* of the handshake; NULL: there is none, or it is over */
    enum sp_phase phase;
    int64_t since_ms;                     /* when it began to wait */
    size_t searched;                      /* bytes of the head in which its end is not */
    size_t held;                          /* bytes, as counted in its service */
    size_t discarded;                     /* bytes, while it lingers */
    int linger_fd;                        /* to linger on when the library has closed its own; -1: none */
    bool ended;                           /* by us; the library is about to see it */
    bool is_closed_by_client;             /* it sent close_notify, behind which nothing is read */
    bool is_stranger;                     /* its handshake failed, and it lingers */
    struct sp_continuation *continuation; /* of the request that waits (gate/continuation.h), else NULL */
};

/* On the loop's thread, whose `evloop` is there. */
void sp_service_init(struct sp_service *service, struct sp_loop *loop, enum sp_listener listener,
                     h2o_globalconf_t *global);

/*
 * Makes a connection of an accepted socket and hands it to the library. -1 without memory; the socket is
 * then the caller's still.
 */
int sp_connection_open(struct sp_service *service, h2o_socket_t *socket) __attribute__((warn_unused_result));

/* Connections of this listener that are open, those of all loops together. */
size_t sp_connections_open(enum sp_listener listener);

/* A request of it is being answered; and no longer, whatever became of it. */
void sp_connection_begin_answer(struct sp_connection *connection);
void sp_connection_end_answer(struct sp_connection *connection);

/* The answer that is about to be sent is its last, and the request may not have come to its end. */
void sp_connection_linger(struct sp_connection *connection);

/* Ends it from outside of the library, which then sees the end of the stream and cleans up; `how` as for
 * shutdown(). */
void sp_connection_shut(struct sp_connection *connection, int how);

/* After every turn of the loop: takes our place before the library's reading again, which each answer
 * undoes. */
void sp_connections_hook(struct sp_loop *loop);

/* Makes the loop look at its connections at that time, if not before. */
void sp_connections_look_again_at(struct sp_loop *loop, int64_t due_ms);

/* Ends those that have waited too long. The loop's `due_ms` is then not later than the next one will have. */
void sp_connections_expire(struct sp_service *service, int64_t now_ms);

/* After a crowd has gone, gives back what it held, which the allocator would keep for the next one: what a
 * container holds it can be killed for. */
void sp_connections_give_back(struct sp_loop *loop);

/* The connection that a request came on. */
struct sp_connection *sp_connection_of(h2o_req_t *req);

/* The loop of a request. */
static inline struct sp_loop *sp_loop_of(h2o_req_t *req)
{
    return ((struct sp_service *)req->conn->ctx)->loop;
}

#endif
