/* SPDX-License-Identifier: Apache-2.0 */
#include "server/loop.h"

#include "base/throttle.h"
#include "http/head.h"
#include "io/clock.h"
#include "io/log.h"
#include "server/adapter.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#define SWEEP_MS          1000
#define ACCEPTS_AT_ONCE   16
#define STRANGERS_LINE_MS 60000 /* between two lines about peers that are not trusted */

#if H2O_USE_LIBUV
#error "every file that includes h2o.h needs H2O_USE_EPOLL"
#endif

/* Of all loops together, for max_connections. Those to the admin listener are counted apart: a crowd of them,
 * from which it is protected only by where it is bound, must not lock users out. */
static atomic_size_t connections_open;

/* ---- connections ----------------------------------------------------------------------------------- */

static void on_close(void *data)
{
    struct sp_connection *connection = data;
    struct sp_loop *loop = connection->loop;
    h2o_linklist_unlink(&connection->link);
    loop->connections_n--;
    if (connection->door == SP_DOOR_ADMIN) {
        loop->admin_n--;
    } else {
        atomic_fetch_sub(&connections_open, 1);
    }
    atomic_fetch_sub_explicit(&loop->metrics->connections, 1, memory_order_relaxed);
    free(connection);
}

static int track(struct sp_accept *accept, h2o_socket_t *socket)
{
    struct sp_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL) {
        return -1;
    }
    struct sp_loop *loop = accept->loop;
    connection->loop = loop;
    connection->socket = socket;
    connection->door = accept->door;
    connection->waiting_ms = sp_clock_monotonic_ms();
    socket->on_close.cb = on_close;
    socket->on_close.data = connection;
    h2o_linklist_insert(&loop->connections, &connection->link);
    loop->connections_n++;
    if (accept->door == SP_DOOR_ADMIN) {
        loop->admin_n++;
    } else {
        atomic_fetch_add(&connections_open, 1);
    }
    atomic_fetch_add_explicit(&loop->metrics->connections, 1, memory_order_relaxed);
    return 0;
}

struct sp_connection *sp_loop_connection(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

/* Ends a connection from outside of the library: it sees the end of the stream and cleans up. */
static void end_connection(const struct sp_connection *connection, int how)
{
    shutdown(h2o_socket_get_fd(connection->socket), how);
}

/* A probe must get through when others do nothing but hold connections: the oldest of those makes room. */
static void make_room_for_admin(struct sp_loop *loop)
{
    for (h2o_linklist_t *link = loop->connections.next; link != &loop->connections; link = link->next) {
        struct sp_connection *connection = H2O_STRUCT_FROM_MEMBER(struct sp_connection, link, link);
        if (connection->door == SP_DOOR_ADMIN && !connection->ended) {
            connection->ended = true;
            end_connection(connection, SHUT_RDWR);
            return;
        }
    }
}

static bool has_room(const struct sp_accept *accept)
{
    struct sp_loop *loop = accept->loop;
    if (accept->door != SP_DOOR_ADMIN) {
        return atomic_load(&connections_open) < (size_t)loop->server->config->max_connections;
    }
    if (loop->admin_n >= SP_LOOP_ADMIN_MAX) {
        make_room_for_admin(loop);
    }
    return loop->admin_n < 2 * SP_LOOP_ADMIN_MAX; /* those that end now are still counted */
}

/* ---- accept ---------------------------------------------------------------------------------------- */

static struct sp_address address_of(const struct sockaddr_storage *peer)
{
    struct sp_address address = {{0}};
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        address.bytes[10] = 0xff;
        address.bytes[11] = 0xff;
        memcpy(address.bytes + 12, &in->sin_addr, 4);
    } else if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)peer;
        memcpy(address.bytes, &in->sin6_addr, 16);
    }
    return address;
}

/* A proxy whose network nobody listed is the commonest mistake of the first day, and its users see an empty
 * 500: the log must name it. Strangers may come as often as they like, hence one line a minute. */
static void tell_of_stranger(enum sp_door door, const struct sp_address *address)
{
    static struct sp_throttle throttle;
    uint64_t held_n;
    struct sp_log_line line;
    if (!sp_throttle_pass(&throttle, sp_clock_monotonic_ms(), STRANGERS_LINE_MS, &held_n) ||
        !sp_log_begin(&line, SP_LOG_WARN, "peer_refused")) {
        return;
    }
    char storage[64];
    struct sp_buf text;
    sp_buf_init_fixed(&text, storage, sizeof storage);
    sp_address_append(address, &text);
    sp_log_text(&line, "client", sp_buf_str(&text));
    sp_log_text(&line, "setting", SP_STR("trusted_proxies"));
    sp_log_text(&line, "listener", sp_str_from_c(sp_door_name(door)));
    sp_log_number(&line, "others", held_n);
    sp_log_text(
        &line, "detail",
        SP_STR("the connection was closed: if it was your proxy's, add its network to trusted_proxies"));
    sp_log_end(&line);
}

/* Whoever may ask can claim any host and user agent, so strangers do not get as far as a request. The admin
 * listener is protected by where it is bound. */
static bool is_trusted(const struct sp_accept *accept, h2o_socket_t *socket)
{
    const struct sp_config *config = accept->loop->server->config;
    if (accept->door == SP_DOOR_ADMIN || config->unsafe_trust_everybody) {
        return true;
    }
    struct sockaddr_storage peer = {0};
    if (h2o_socket_getpeername(socket, (struct sockaddr *)&peer) == 0) {
        return false;
    }
    struct sp_address address = address_of(&peer);
    bool is_listed = sp_cidrs_contain(&config->trusted_proxies, &address);
    if (!is_listed) {
        tell_of_stranger(accept->door, &address);
    }
    return is_listed;
}

static void refuse(struct sp_accept *accept, h2o_socket_t *socket, enum sp_refusal why)
{
    sp_metrics_count(&accept->loop->metrics->refused[why]);
    h2o_socket_close(socket);
}

static void take(struct sp_accept *accept, h2o_socket_t *socket)
{
    if (!is_trusted(accept, socket)) {
        refuse(accept, socket, SP_REFUSAL_UNTRUSTED);
    } else if (!has_room(accept) || track(accept, socket) != 0) {
        refuse(accept, socket, SP_REFUSAL_LIMIT);
    } else {
        h2o_accept(&accept->context, socket);
    }
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
    struct sp_accept *accept = listener->data;
    if (error != NULL) {
        return;
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        errno = 0;
        h2o_socket_t *socket = h2o_evloop_socket_accept(listener);
        if (socket == NULL && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            /* The listener stays readable, and the loop would spin: rest until the next sweep. */
            sp_metrics_count(&accept->loop->metrics->refused[SP_REFUSAL_LIMIT]);
            h2o_socket_read_stop(listener);
            accept->paused = true;
        }
        if (socket == NULL) {
            return;
        }
        take(accept, socket);
    }
}

static void start_accepting(struct sp_loop *loop, size_t i)
{
    struct sp_accept *accept = &loop->accepts[i];
    *accept = (struct sp_accept){
        .loop = loop,
        .door = loop->doors[i],
        .context = {.ctx = &loop->h2o, .hosts = accept->hosts},
        .hosts = {loop->hosts[loop->doors[i]], NULL},
    };
    accept->socket = h2o_evloop_socket_create(loop->h2o.loop, loop->fds[i], H2O_SOCKET_FLAG_DONT_READ);
    accept->socket->data = accept;
    h2o_socket_read_start(accept->socket, on_accept);
}

/* ---- the sweep ------------------------------------------------------------------------------------- */

static bool has_hung_up(const struct sp_connection *connection)
{
    struct pollfd peer = {.fd = h2o_socket_get_fd(connection->socket), .events = POLLRDHUP};
    return poll(&peer, 1, 0) == 1;
}

static void sweep_connection(struct sp_connection *connection, int64_t now_ms)
{
    if (connection->deferred != NULL && has_hung_up(connection)) {
        sp_adapter_give_up(connection);
    }
    if (connection->busy) {
        return;
    }
    size_t input_len = connection->socket->input->size;
    bool partial = input_len > 0 || connection->requests == 0;
    if (input_len > SP_HEAD_MAX + SP_LOOP_ENTITY_MAX) {
        end_connection(connection, SHUT_RDWR); /* the library would hold 400 KB until it looked at it */
    } else if (!partial) {
        connection->waiting_ms = 0;
    } else if (connection->waiting_ms == 0) {
        connection->waiting_ms = now_ms;
    } else if (now_ms - connection->waiting_ms >= SP_LOOP_HEAD_TIMEOUT_MS) {
        end_connection(connection, SHUT_RDWR);
    }
    if (connection->loop->drain_until_ms != 0) {
        end_connection(connection, SHUT_RD);
    }
}

static void resume_accepting(struct sp_loop *loop)
{
    for (size_t i = 0; i < loop->accepts_n; i++) {
        struct sp_accept *accept = &loop->accepts[i];
        if (accept->paused && accept->socket != NULL) {
            accept->paused = false;
            h2o_socket_read_start(accept->socket, on_accept);
        }
    }
}

static void age_opened(struct sp_loop *loop, int64_t now_ms)
{
    if (now_ms - loop->aged_ms >= SP_LOOP_OPENED_AGE_MS) {
        sp_opened_age(loop->opened);
        loop->aged_ms = now_ms;
    }
}

/* Once in SWEEP_MS. Not by the library's timers, which go by the wall clock: once that was set back by an hour,
 * a listener that had paused would rest as long. */
static void sweep_when_due(struct sp_loop *loop)
{
    int64_t now_ms = sp_clock_monotonic_ms();
    if (now_ms - loop->swept_ms < SWEEP_MS) {
        return;
    }
    loop->swept_ms = now_ms;
    for (h2o_linklist_t *link = loop->connections.next; link != &loop->connections; link = link->next) {
        sweep_connection(H2O_STRUCT_FROM_MEMBER(struct sp_connection, link, link), now_ms);
    }
    resume_accepting(loop);
    age_opened(loop, now_ms);
}

/* ---- messages -------------------------------------------------------------------------------------- */

struct documents_message {
    struct sp_message message;
    struct sp_loop *loop;
    struct sp_issuer_documents *documents;
};

static void on_documents(struct sp_message *message)
{
    struct documents_message *update = H2O_STRUCT_FROM_MEMBER(struct documents_message, message, message);
    sp_issuer_documents_unref(update->loop->documents);
    update->loop->documents = update->documents;
    free(update);
}

void sp_loop_post_documents(struct sp_loop *loop, struct sp_issuer_documents *documents)
{
    struct documents_message *update = calloc(1, sizeof *update);
    if (update == NULL) {
        return; /* the loop goes on with the old ones until the next refresh */
    }
    update->message.deliver = on_documents;
    update->loop = loop;
    update->documents = sp_issuer_documents_ref(documents);
    sp_mailbox_post(loop->mailbox, &update->message);
}

struct stop_message {
    struct sp_message message;
    struct sp_loop *loop;
};

static void on_stop(struct sp_message *message)
{
    struct sp_loop *loop = H2O_STRUCT_FROM_MEMBER(struct stop_message, message, message)->loop;
    free(message);
    for (size_t i = 0; i < loop->accepts_n; i++) {
        h2o_socket_close(loop->accepts[i].socket);
        loop->accepts[i].socket = NULL;
    }
    loop->drain_until_ms = sp_clock_monotonic_ms() + SP_LOOP_DRAIN_MS;
    h2o_context_request_shutdown(&loop->h2o);
    for (h2o_linklist_t *link = loop->connections.next; link != &loop->connections; link = link->next) {
        struct sp_connection *connection = H2O_STRUCT_FROM_MEMBER(struct sp_connection, link, link);
        if (!connection->busy) {
            end_connection(connection, SHUT_RD);
        }
    }
}

void sp_loop_post_stop(struct sp_loop *loop)
{
    struct stop_message *stop = calloc(1, sizeof *stop);
    if (stop == NULL) {
        abort(); /* ending without a drain is all that is left */
    }
    stop->message.deliver = on_stop;
    stop->loop = loop;
    sp_mailbox_post(loop->mailbox, &stop->message);
}

/* ---- the thread ------------------------------------------------------------------------------------ */

/* The library keeps per-thread free lists, so all of its objects are made on the thread that uses them. */
static void set_up(struct sp_loop *loop)
{
    h2o_context_init(&loop->h2o, h2o_evloop_create(), loop->global);
    loop->mailbox = sp_mailbox_new(loop->h2o.queue);
    loop->opened = sp_opened_new();
    loop->swept_ms = sp_clock_monotonic_ms();
    loop->aged_ms = loop->swept_ms;
    h2o_linklist_init_anchor(&loop->connections);
    if (loop->mailbox == NULL || loop->opened == NULL) {
        abort(); /* at start; nothing is served yet */
    }
    pthread_barrier_wait(loop->mailboxes_ready);
    pthread_barrier_wait(loop->may_accept);
    for (size_t i = 0; i < loop->accepts_n; i++) {
        start_accepting(loop, i);
    }
}

static bool is_done(const struct sp_loop *loop)
{
    return loop->drain_until_ms != 0 &&
           (loop->connections_n == 0 || sp_clock_monotonic_ms() >= loop->drain_until_ms);
}

static void *run(void *context)
{
    struct sp_loop *loop = context;
    set_up(loop);
    while (!is_done(loop)) {
        if (h2o_evloop_run(loop->h2o.loop, SWEEP_MS) != 0 && errno != EINTR) {
            break;
        }
        sweep_when_due(loop);
    }
    sp_issuer_documents_unref(loop->documents);
    loop->documents = NULL;
    sp_opened_free(loop->opened);
    loop->opened = NULL;
    return NULL;
}

int sp_loop_start(struct sp_loop *loop)
{
    return pthread_create(&loop->thread, NULL, run, loop);
}
