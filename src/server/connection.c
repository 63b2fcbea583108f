/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connection.h"

#include "http/head.h"
#include "io/clock.h"
#include "server/handshakes.h"
#include "server/loop.h"
#include "server/peer.h"
#include "server/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <h2o/http1.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SCRAP_LEN  4096    /* bytes discarded at once */
#define CROWD_N    128     /* memory is given back after this many connections have closed */
#define CROWD_HELD 1048576 /* or this many held bytes have been released */
#define POOL_LEN   4096    /* minimum bytes that the library allocates for copies */
#define RECORD_LEN 17408   /* bytes that OpenSSL allocates for a partial TLS record */

static const int64_t patience_ms[SP_PHASE_WAITING_N] = {
    [SP_PHASE_HANDSHAKE] = SP_CONNECTION_HEAD_MS, [SP_PHASE_NEW] = SP_CONNECTION_HEAD_MS,
    [SP_PHASE_HEAD] = SP_CONNECTION_HEAD_MS,      [SP_PHASE_BODY] = SP_CONNECTION_BODY_MS,
    [SP_PHASE_LINGER] = SP_CONNECTION_LINGER_MS,  [SP_PHASE_IDLE] = SP_CONNECTION_IDLE_MS,
};

/* Open connections in all loops together, counted for each listener so that many connections to one do not
 * block another. */
static atomic_size_t open_n[SP_LISTENER_COUNT];

size_t sp_connections_open(enum sp_listener listener)
{
    return atomic_load(&open_n[listener]);
}

struct sp_connection *sp_connection_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

/* ---- phases ---------------------------------------------------------------------------------------- */

static struct sp_connection *waiting_at(h2o_linklist_t *link)
{
    return H2O_STRUCT_FROM_MEMBER(struct sp_connection, waiting, link);
}

static void unlink_if_linked(h2o_linklist_t *link)
{
    if (h2o_linklist_is_linked(link)) {
        h2o_linklist_unlink(link);
    }
}

void sp_connections_look_again_at(struct sp_loop *loop, int64_t due_ms)
{
    if (due_ms < loop->due_ms) {
        loop->due_ms = due_ms;
    }
}

static void enter(struct sp_connection *connection, enum sp_phase phase)
{
    unlink_if_linked(&connection->waiting);
    connection->service->handshakes_n -= connection->phase == SP_PHASE_HANDSHAKE;
    connection->service->handshakes_n += phase == SP_PHASE_HANDSHAKE;
    connection->phase = phase;
}

/* A new wait is nearly always the last one of its phase. */
static void enter_waiting(struct sp_connection *connection, enum sp_phase phase, int64_t since_ms)
{
    struct sp_service *service = connection->service;
    enter(connection, phase);
    connection->since_ms = since_ms;
    h2o_linklist_t *next = &service->waiting[phase];
    while (next->prev != &service->waiting[phase] && waiting_at(next->prev)->since_ms > since_ms) {
        next = next->prev;
    }
    h2o_linklist_insert(next, &connection->waiting);
    sp_connections_look_again_at(service->loop, since_ms + patience_ms[phase]);
}

static void hook_later(struct sp_connection *connection)
{
    if (!h2o_linklist_is_linked(&connection->unhooked)) {
        h2o_linklist_insert(&connection->service->loop->unhooked, &connection->unhooked);
    }
}

void sp_connection_begin_answer(struct sp_connection *connection)
{
    enter(connection, SP_PHASE_ANSWER);
}

void sp_connection_end_answer(struct sp_connection *connection)
{
    enter_waiting(connection, SP_PHASE_IDLE, connection->service->loop->now_ms);
    connection->searched = 0;
    hook_later(connection);
}

/* Releases the TLS context, which may be freed then. */
static void end_handshake(struct sp_connection *connection)
{
    sp_tls_context_unref(connection->tls);
    connection->tls = NULL;
}

/* ---- memory ---------------------------------------------------------------------------------------- */

static void note_held(struct sp_connection *connection, size_t held)
{
    struct sp_service *service = connection->service;
    service->held += held - connection->held;
    connection->held = held;
    service->most_held = service->held > service->most_held ? service->held : service->most_held;
}

void sp_connections_give_back(struct sp_loop *loop)
{
    bool has_left = false;
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        const struct sp_service *service = &loop->services[listener];
        has_left = has_left || service->most_n - service->connections_n >= CROWD_N ||
                   service->most_held - service->held >= CROWD_HELD;
    }
    if (!has_left) {
        return;
    }
    malloc_trim(0);
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        struct sp_service *service = &loop->services[listener];
        service->most_n = service->connections_n;
        service->most_held = service->held;
    }
}

/* The connection that has waited longest for the rest of a head or body; NULL if none waits. */
static struct sp_connection *longest_waiting(struct sp_service *service)
{
    struct sp_connection *longest = NULL;
    for (enum sp_phase phase = SP_PHASE_HEAD; phase <= SP_PHASE_BODY; phase++) {
        h2o_linklist_t *list = &service->waiting[phase];
        struct sp_connection *first = h2o_linklist_is_empty(list) ? NULL : waiting_at(list->next);
        if (first != NULL && (longest == NULL || first->since_ms < longest->since_ms)) {
            longest = first;
        }
    }
    return longest;
}

/* ---- closing --------------------------------------------------------------------------------------- */

static void count(const struct sp_service *service, int change)
{
    atomic_fetch_add(&open_n[service->listener], (size_t)change);
    atomic_fetch_add_explicit(&service->loop->metrics->connections[service->listener], change,
                              memory_order_relaxed);
}

static void forget(struct sp_connection *connection)
{
    struct sp_service *service = connection->service;
    enter(connection, SP_PHASE_END);
    service->strangers_n -= connection->is_stranger;
    h2o_linklist_unlink(&connection->link);
    unlink_if_linked(&connection->unhooked);
    service->connections_n--;
    count(service, -1);
    free(connection);
}

static void on_lingered(void *data)
{
    forget(data);
}

/*
 * Discards everything that has arrived, because unread bytes in the kernel count against the container's
 * memory.
 */
static void on_rest(h2o_socket_t *socket, const char *error)
{
    struct sp_connection *connection = socket->on_close.data;
    char scrap[SCRAP_LEN];
    ssize_t n = error == NULL ? 1 : 0;
    while (n > 0 && connection->discarded < SP_CONNECTION_LINGER_MAX) {
        n = recv(h2o_socket_get_fd(socket), scrap, sizeof scrap, 0);
        connection->discarded += n > 0 ? (size_t)n : 0;
    }
    if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        h2o_socket_close(socket);
    }
}

static void on_close(void *data)
{
    struct sp_connection *connection = data;
    struct sp_loop *loop = connection->service->loop;
    if (loop->reading == connection) {
        loop->reading = NULL;
    }
    end_handshake(connection);
    note_held(connection, 0);
    if (connection->linger_fd < 0) {
        forget(connection);
        return;
    }
    shutdown(connection->linger_fd, SHUT_WR);
    unlink_if_linked(&connection->unhooked);
    connection->socket =
        h2o_evloop_socket_create(loop->evloop, connection->linger_fd, H2O_SOCKET_FLAG_DONT_READ);
    connection->socket->on_close.cb = on_lingered;
    connection->socket->on_close.data = connection;
    enter_waiting(connection, SP_PHASE_LINGER, sp_clock_monotonic_ms());
    h2o_socket_read_start(connection->socket, on_rest);
}

void sp_connection_linger(struct sp_connection *connection)
{
    if (connection->linger_fd < 0) {
        connection->linger_fd = fcntl(h2o_socket_get_fd(connection->socket), F_DUPFD_CLOEXEC, 0);
    }
}

void sp_connection_shut(struct sp_connection *connection, int how)
{
    shutdown(h2o_socket_get_fd(connection->socket), how);
}

static void on_written(h2o_socket_t *socket, const char *error)
{
    (void)socket;
    (void)error;
}

/*
 * Makes the library close a connection on which no request is being answered. Over TLS it would first send
 * close_notify and wait until that is written, which may never happen. But it closes a socket at once if a
 * write seems to be in progress. If the library is not reading from the socket, it is about to close it, or
 * is sending "100 Continue"; both end when the socket is shut down.
 */
static void drop(struct sp_connection *connection)
{
    h2o_socket_t *socket = connection->socket;
    bool is_tls = socket->ssl != NULL;
    enter(connection, SP_PHASE_END);
    note_held(connection, 0);
    if (connection->read == NULL) {
        h2o_socket_close(socket);
        return;
    }
    if (is_tls && !h2o_socket_is_reading(socket)) {
        sp_connection_shut(connection, SHUT_RDWR);
        return;
    }
    if (is_tls && !h2o_socket_is_writing(socket)) {
        socket->_cb.write = on_written;
    }
    connection->read(socket, h2o_socket_error_closed);
}

/* Closes it as the library does between two requests: over TLS with close_notify. */
static void close_quietly(struct sp_connection *connection)
{
    enter(connection, SP_PHASE_END);
    note_held(connection, 0);
    connection->read(connection->socket, h2o_socket_error_closed);
}

static void on_refusal_written(h2o_socket_t *socket, const char *error)
{
    (void)error;
    struct sp_connection *connection = socket->on_close.data;
    socket->_cb.write = on_written; /* closes at once, as in drop() */
    connection->read(socket, h2o_socket_error_closed);
}

/* Answers in place of the library, which is still waiting for the rest of the request. The client has
 * received all earlier answers, so the system accepts the whole answer at once. Over TLS the socket is closed
 * in the callback of that write: the library still has the socket in its list of pending callbacks, and would
 * free it before it runs them. */
static void refuse(struct sp_connection *connection, const struct sp_early_refusal *refusal)
{
    SP_BUF_ON_STACK(text, SP_REFUSAL_MAX);
    sp_refusal_append(connection->service, refusal, &text);
    h2o_socket_t *socket = connection->socket;
    sp_connection_linger(connection);
    if (socket->ssl == NULL) {
        (void)send(h2o_socket_get_fd(socket), text.ptr, text.len, MSG_NOSIGNAL);
    }
    if (socket->ssl == NULL || h2o_socket_is_writing(socket)) {
        drop(connection);
        return;
    }
    enter(connection, SP_PHASE_END);
    note_held(connection, 0);
    h2o_iovec_t bytes = h2o_iovec_init(text.ptr, text.len);
    h2o_socket_read_stop(socket);
    h2o_socket_write(socket, &bytes, 1, on_refusal_written);
    sp_connections_look_again_at(connection->service->loop, sp_clock_monotonic_ms());
}

static void refuse_malformed(struct sp_connection *connection, unsigned status, struct sp_str detail)
{
    const struct sp_early_refusal refusal = {
        SP_REASON_MALFORMED_REQUEST, status, detail, {SP_STR_NONE, SP_STR_NONE}};
    refuse(connection, &refusal);
}

/* ---- after the library has read -------------------------------------------------------------------- */

/* If the library has the head, but did not begin a request, it waits for a body. */
static void look_at_head(struct sp_connection *connection)
{
    struct sp_str input = {connection->socket->input->bytes, connection->socket->input->size};
    if (connection->phase != SP_PHASE_HEAD) {
        int64_t since_ms = connection->phase == SP_PHASE_NEW ? connection->since_ms : sp_clock_monotonic_ms();
        enter_waiting(connection, SP_PHASE_HEAD, since_ms);
    }
    if (!sp_head_has_end(input, &connection->searched) && input.len <= SP_HEAD_MAX) {
        return;
    }
    bool is_auth = connection->service->listener == SP_LISTENER_AUTH;
    struct sp_head head;
    enum sp_reason reason = sp_head_parse(input, &head);
    if (is_auth && (reason == SP_REASON_NONE || head.is_chunked)) {
        refuse_malformed(connection, 413, sp_refusal_body_detail(SP_LISTENER_AUTH));
    } else if (reason != SP_REASON_NONE) {
        const struct sp_early_refusal refusal = {reason, sp_reason_status(reason), SP_STR_NONE, head.fault};
        refuse(connection, &refusal);
    } else {
        enter_waiting(connection, SP_PHASE_BODY, sp_clock_monotonic_ms());
    }
}

/* For a request with a body, the library copies the head into the request's memory. Over TLS, part of a
 * record may be in a buffer that is not visible here. */
static size_t held_by(const struct sp_connection *connection)
{
    const h2o_buffer_t *input = connection->socket->input;
    bool waits = connection->phase == SP_PHASE_HEAD || connection->phase == SP_PHASE_BODY;
    size_t record = waits && connection->socket->ssl != NULL ? RECORD_LEN : 0;
    size_t copied = connection->phase == SP_PHASE_BODY ? connection->searched + POOL_LEN : 0;
    return record + (input->bytes != NULL ? input->capacity + copied : 0);
}

/* Checks the bytes from which the library made no request. Then counts what the connection holds now. If that
 * is too much, closes a connection, which may be this one. */
static void look_and_settle(struct sp_connection *connection)
{
    struct sp_service *service = connection->service;
    struct sp_loop *loop = service->loop;
    bool is_before_body = connection->phase == SP_PHASE_NEW || connection->phase == SP_PHASE_HEAD ||
                          connection->phase == SP_PHASE_IDLE;
    loop->reading = connection;
    if (is_before_body && connection->socket->input->size > 0) {
        if (h2o_socket_is_reading(connection->socket)) {
            look_at_head(connection);
        } else {
            hook_later(connection); /* the library sends 100 and reads on, or sends 400 and closes */
        }
    }
    bool is_over = loop->reading == NULL || connection->phase == SP_PHASE_END;
    loop->reading = NULL;
    if (is_over) {
        return;
    }
    if (connection->is_closed_by_client && connection->phase != SP_PHASE_ANSWER &&
        h2o_socket_is_reading(connection->socket)) {
        close_quietly(connection);
        return;
    }

    note_held(connection, held_by(connection));
    while (service->held > service->held_max) {
        struct sp_connection *longest = longest_waiting(service);
        if (longest == NULL) {
            return; /* the rest is held by requests that are being answered */
        }
        sp_metrics_count(&loop->metrics->refused[SP_REFUSAL_MEMORY]);
        drop(longest);
    }
}

/* TLS bytes arrived that contain no data yet: a partial record, which counts as a partial head. */
static void note_record(struct sp_connection *connection)
{
    bool is_before_head = connection->phase == SP_PHASE_NEW || connection->phase == SP_PHASE_IDLE;
    const h2o_socket_t *socket = connection->socket;
    if (socket->ssl != NULL && is_before_head && socket->input->size == 0 && socket->_cb.read != NULL) {
        bool is_new = connection->phase == SP_PHASE_NEW;
        enter_waiting(connection, SP_PHASE_HEAD, is_new ? connection->since_ms : sp_clock_monotonic_ms());
    }
}

static void on_read(h2o_socket_t *socket, const char *error)
{
    struct sp_connection *connection = socket->on_close.data;
    struct sp_loop *loop = connection->service->loop;
    loop->reading = connection;
    connection->read(socket, error);
    if (loop->reading != NULL) {
        note_record(connection);
        look_and_settle(connection);
    }
}

/* False while the library does not read from it. */
static bool hook(struct sp_connection *connection)
{
    h2o_socket_t *socket = connection->socket;
    if (!h2o_socket_is_reading(socket)) {
        return false;
    }
    if (socket->_cb.read != on_read) {
        connection->read = socket->_cb.read;
        socket->_cb.read = on_read;
    }
    return true;
}

void sp_connections_hook(struct sp_loop *loop)
{
    while (!h2o_linklist_is_empty(&loop->unhooked)) {
        struct sp_connection *connection =
            H2O_STRUCT_FROM_MEMBER(struct sp_connection, unhooked, loop->unhooked.next);
        h2o_linklist_unlink(&connection->unhooked);
        if (hook(connection)) {
            look_and_settle(connection); /* bytes that arrived together with the previous request */
        }
    }
}

/* ---- deadlines ------------------------------------------------------------------------------------- */

void sp_connections_expire(struct sp_service *service, int64_t now_ms)
{
    for (size_t phase = 0; phase < SP_PHASE_WAITING_N; phase++) {
        h2o_linklist_t *list = &service->waiting[phase];
        while (!h2o_linklist_is_empty(list)) {
            struct sp_connection *connection = waiting_at(list->next);
            int64_t due_ms = connection->since_ms + patience_ms[phase];
            if (due_ms > now_ms) {
                sp_connections_look_again_at(service->loop, due_ms);
                break;
            }
            if (phase == SP_PHASE_LINGER) {
                h2o_socket_close(connection->socket);
            } else if (phase == SP_PHASE_BODY) {
                refuse_malformed(connection, 408, SP_STR("The body of the request did not arrive in time."));
            } else if (phase == SP_PHASE_IDLE && hook(connection)) {
                close_quietly(connection);
            } else { /* also if the library has given it up, and only waits until close_notify is written */
                drop(connection);
            }
        }
    }
}

/* ---- TLS ------------------------------------------------------------------------------------------- */

static void refuse_handshake(struct sp_connection *connection)
{
    struct sp_service *service = connection->service;
    struct sp_tls_failure failure = sp_tls_context_take_failure(connection->tls);
    sp_metrics_count(&service->loop->metrics->refused[failure.refusal]);
    sp_peer_tell_handshake(connection->socket, &failure);
    if (service->strangers_n < (service->handshakes_max_n + 1) / 2) {
        connection->is_stranger = true;
        service->strangers_n++;
        sp_connection_linger(connection); /* the alert is being sent */
    }
}

/* The bytes at the end of the handshake may already contain a request, which the library answers. */
static void on_handshake(h2o_socket_t *socket, const char *error)
{
    struct sp_connection *connection = socket->on_close.data;
    struct sp_service *service = connection->service;
    if (error != NULL) {
        bool has_gone = error == h2o_socket_error_closed || error == h2o_socket_error_io;
        if (!has_gone) {
            refuse_handshake(connection);
        }
        h2o_socket_close(socket);
        return;
    }
    end_handshake(connection);
    sp_handshakes_note(socket);
    enter_waiting(connection, SP_PHASE_NEW, connection->since_ms);
    service->loop->reading = connection;
    h2o_http1_accept(&service->accept, socket, *h2o_get_timestamp(&service->h2o, NULL, NULL));
    if (service->loop->reading != NULL) {
        (void)hook(connection);
        look_and_settle(connection);
    }
}

/* ---- setup ----------------------------------------------------------------------------------------- */

static size_t handshakes_max(const struct sp_process *process)
{
    size_t half_n = process->auth_connections_max / 2;
    size_t share_n =
        (half_n < SP_SERVICE_HANDSHAKES_N ? half_n : SP_SERVICE_HANDSHAKES_N) / process->threads_n;
    return share_n > 0 ? share_n : 1;
}

void sp_service_init(struct sp_service *service, struct sp_loop *loop, enum sp_listener listener,
                     h2o_globalconf_t *global)
{
    h2o_context_init(&service->h2o, loop->evloop, global);
    /* In each iteration of the loop, the library checks every kind of timer of every context. Those that are
     * never used here (of HTTP/2, of its HTTP client and file handler) would slow down ordinary requests. That
     * of idle connections follows the wall clock; the library still adds them to it, but never checks it. */
    h2o_timeout_t *unused[] = {&service->h2o.one_sec_timeout,
                               &service->h2o.hundred_ms_timeout,
                               &service->h2o.http1.req_timeout,
                               &service->h2o.http2.idle_timeout,
                               &service->h2o.http2.graceful_shutdown_timeout,
                               &service->h2o.proxy.io_timeout};
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
        h2o_timeout_dispose(loop->evloop, unused[i]);
    }
    service->loop = loop;
    service->listener = listener;
    service->accept = (h2o_accept_ctx_t){.ctx = &service->h2o, .hosts = global->hosts};
    service->held_max = SP_SERVICE_HELD_MAX / loop->process->threads_n;
    service->handshakes_max_n = handshakes_max(loop->process);
    h2o_linklist_init_anchor(&service->connections);
    for (size_t phase = 0; phase < SP_PHASE_WAITING_N; phase++) {
        h2o_linklist_init_anchor(&service->waiting[phase]);
    }
}

/* Bytes after close_notify are ignored, but the library would buffer them without a limit. */
static void on_alert(const SSL *ssl, int where, int value)
{
    if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY) {
        const h2o_socket_t *socket = BIO_get_data(SSL_get_rbio(ssl));
        struct sp_connection *connection = socket->on_close.data;
        connection->is_closed_by_client = true;
    }
}

static void begin_handshake(struct sp_connection *connection)
{
    struct sp_service *service = connection->service;
    while (service->handshakes_n >= service->handshakes_max_n) {
        sp_metrics_count(&service->loop->metrics->refused[SP_REFUSAL_HANDSHAKE]);
        struct sp_connection *next = sp_handshakes_next_to_go(service, sp_clock_monotonic_ms());
        drop(next != NULL ? next : waiting_at(service->waiting[SP_PHASE_HANDSHAKE].next));
    }
    enter_waiting(connection, SP_PHASE_HANDSHAKE, sp_clock_monotonic_ms());
    connection->tls = sp_tls_context_ref(service->loop->tls);
    SSL_CTX *ssl = sp_tls_context_ssl(connection->tls);
    SSL_CTX_set_info_callback(ssl, on_alert);
    h2o_socket_ssl_handshake(connection->socket, ssl, NULL, on_handshake);
}

int sp_connection_open(struct sp_service *service, h2o_socket_t *socket)
{
    struct sp_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        return -1;
    }
    connection->service = service;
    connection->socket = socket;
    connection->linger_fd = -1;
    connection->phase = SP_PHASE_NEW;
    socket->on_close.cb = on_close;
    socket->on_close.data = connection;
    h2o_linklist_insert(&service->connections, &connection->link);
    service->connections_n++;
    service->most_n = service->connections_n > service->most_n ? service->connections_n : service->most_n;
    count(service, 1);
    if (service->listener == SP_LISTENER_AUTH && service->loop->tls != NULL) {
        begin_handshake(connection);
    } else {
        enter_waiting(connection, SP_PHASE_NEW, sp_clock_monotonic_ms());
        h2o_accept(&service->accept, socket);
        (void)hook(connection);
    }
    return 0;
}
