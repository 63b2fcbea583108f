/* SPDX-License-Identifier: Apache-2.0 */
#include "server/loop.h"

#include "base/random.h"
#include "io/clock.h"
#include "io/log.h"
#include "server/h2o_handler.h"
#include "server/handshakes.h"
#include "server/peer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ACCEPTS_AT_ONCE 16
#define LOG_FLUSH_MS    1000

#if H2O_USE_LIBUV
#error "every file that includes h2o.h needs H2O_USE_EPOLL"
#endif

/* ---- limits ---------------------------------------------------------------------------------------- */

static struct sp_connection *connection_at(h2o_linklist_t *link)
{
    return H2O_STRUCT_FROM_MEMBER(struct sp_connection, link, link);
}

static bool has_room(struct sp_service *service)
{
    const struct sp_process *process = service->loop->process;
    if (service->listener == SP_LISTENER_AUTH) {
        return sp_connections_open(SP_LISTENER_AUTH) < process->auth_connections_max;
    }
    if (service->listener == SP_LISTENER_PAGES) {
        return sp_connections_open(SP_LISTENER_PAGES) < process->pages_connections_max;
    }
    /* A probe must get through even if idle connections occupy all places, so the oldest one is closed. */
    if (service->connections_n >= SP_LOOP_ADMIN_MAX) {
        h2o_linklist_t *link = service->connections.next;
        while (link != &service->connections && connection_at(link)->ended) {
            link = link->next;
        }
        if (link != &service->connections) {
            connection_at(link)->ended = true;
            sp_connection_shut(connection_at(link), SHUT_RDWR);
        }
    }
    return service->connections_n < 2 * SP_LOOP_ADMIN_MAX; /* connections that are closing still count */
}

/* ---- accept ---------------------------------------------------------------------------------------- */

/* A client that may send requests can claim any host and user agent, so untrusted clients are refused before
 * they send one. The admin listener is protected by its address. If clients need certificates, networks are
 * checked only if trusted_proxies is set: its default would exclude every proxy on another machine. */
static bool is_trusted(const struct sp_accept *accept, h2o_socket_t *socket)
{
    const struct sp_config *config = accept->service->loop->snapshot->config;
    enum sp_listener listener = accept->service->listener;
    bool shows_certificate = listener == SP_LISTENER_AUTH && config->tls_client_ca_file != NULL;
    if (listener == SP_LISTENER_ADMIN || config->unsafe_trust_everybody ||
        (shows_certificate && !config->has_trusted_proxies)) {
        return true;
    }
    struct sp_address address;
    if (!sp_peer_address(socket, &address)) {
        return false;
    }
    bool is_listed = sp_cidrs_contain(&config->trusted_proxies, &address);
    if (!is_listed) {
        sp_peer_tell_untrusted(listener, &address);
    }
    return is_listed;
}

static void refuse(struct sp_accept *accept, h2o_socket_t *socket, enum sp_refusal why)
{
    sp_metrics_count(&accept->service->loop->metrics->refused[why]);
    h2o_socket_close(socket);
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
    struct sp_accept *accept = listener->data;
    if (error != NULL) {
        return;
    }
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        if (accept->service->handshakes_n > 0 && sp_handshakes_are_full(accept->service)) {
            h2o_socket_read_stop(listener);
            accept->is_full = true;
            return;
        }
        errno = 0;
        h2o_socket_t *socket = h2o_evloop_socket_accept(listener);
        if (socket == NULL && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            /* The listener stays readable, and the loop would spin: pause until the next check. */
            sp_metrics_count(&accept->service->loop->metrics->refused[SP_REFUSAL_LIMIT]);
            h2o_socket_read_stop(listener);
            accept->paused = true;
        }
        if (socket == NULL) {
            return;
        }
        if (!is_trusted(accept, socket)) {
            refuse(accept, socket, SP_REFUSAL_UNTRUSTED);
        } else if (!has_room(accept->service) || sp_connection_open(accept->service, socket) != 0) {
            refuse(accept, socket, SP_REFUSAL_LIMIT);
        }
    }
}

/* ---- the regular check ----------------------------------------------------------------------------- */

/* While draining: ends the connections on which nothing is being answered. */
static void shut_idle(struct sp_loop *loop)
{
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        h2o_linklist_t *all = &loop->services[listener].connections;
        for (h2o_linklist_t *link = all->next; link != all; link = link->next) {
            struct sp_connection *connection = connection_at(link);
            if (connection->phase != SP_PHASE_ANSWER && connection->phase != SP_PHASE_LINGER) {
                sp_connection_shut(connection, SHUT_RD); /* earlier requests are still answered */
            }
        }
    }
}

static void end_waits(struct sp_loop *loop)
{
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        h2o_linklist_t *all = &loop->services[listener].connections;
        for (h2o_linklist_t *link = all->next; link != all; link = link->next) {
            sp_h2o_handler_end_wait(connection_at(link), sp_clock_monotonic_ns());
        }
    }
}

static void check(struct sp_loop *loop, int64_t now_ms)
{
    loop->checked_ms = now_ms;
    if (loop->drain_until_ms != 0) {
        shut_idle(loop);
    }
    for (size_t i = 0; i < loop->accepts_n; i++) {
        struct sp_accept *accept = &loop->accepts[i];
        if (accept->paused && accept->socket != NULL) {
            accept->paused = false;
            h2o_socket_read_start(accept->socket, on_accept);
        }
    }
    sp_connections_give_back(loop);
    if (now_ms - loop->aged_ms >= SP_LOOP_CACHE_AGE_MS) {
        sp_cache_age(loop->cache);
        sp_bearers_age(loop->bearers);
        sp_bearers_age(loop->passed);
        loop->aged_ms = now_ms;
    }
}

static void accept_again(struct sp_loop *loop)
{
    for (size_t i = 0; i < loop->accepts_n; i++) {
        struct sp_accept *accept = &loop->accepts[i];
        if (accept->is_full && accept->socket != NULL && !sp_handshakes_are_full(accept->service)) {
            accept->is_full = false;
            h2o_socket_read_start(accept->socket, on_accept);
        }
    }
}

/* Does what is due, and returns how long the library may wait for sockets. The wait is zero if something was
 * done: the end of an answer that was sent from here is only noticed at the end of the library's next
 * iteration, and until then the next request on the connection is not read. The library's timers are not
 * used, because they follow the wall clock: if that is set back by an hour, a paused listener would stay
 * paused for an hour. */
static int32_t do_what_is_due(struct sp_loop *loop)
{
    int64_t now_ms = sp_clock_monotonic_ms();
    loop->now_ms = now_ms;
    if (now_ms >= loop->due_ms) {
        if (now_ms - loop->checked_ms >= SP_LOOP_CHECK_MS) {
            check(loop, now_ms);
        }
        loop->due_ms = loop->checked_ms + SP_LOOP_CHECK_MS;
        end_waits(loop);
        for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
            sp_connections_expire(&loop->services[listener], now_ms);
        }
        return 0;
    }
    return (int32_t)(loop->due_ms - now_ms);
}

struct sp_context sp_loop_context(struct sp_loop *loop)
{
    return (struct sp_context){
        .snapshot = loop->snapshot,
        .process = loop->process,
        .mailbox = loop->mailbox,
        .metrics = loop->metrics,
        .cache = loop->cache,
        .bearers = loop->bearers,
        .passed = loop->passed,
        .random = sp_random_system,
        .now_s = sp_clock_now_s(),
    };
}

/* ---- messages -------------------------------------------------------------------------------------- */

struct snapshot_message {
    struct sp_message message;
    struct sp_loop *loop;
    struct sp_snapshot *snapshot;
};

/* The new TLS context is used from the next connection on. If out of memory, the old one remains. */
static void renew_tls(struct sp_loop *loop)
{
    struct sp_tls_context *next = NULL;
    if (loop->tls != NULL && sp_tls_context_is_of_another(loop->tls, loop->snapshot)) {
        next = sp_tls_context_new(loop->snapshot);
    }
    if (next != NULL) {
        sp_tls_context_unref(loop->tls);
        loop->tls = next;
    }
}

static void on_snapshot(struct sp_message *message)
{
    struct snapshot_message *update = H2O_STRUCT_FROM_MEMBER(struct snapshot_message, message, message);
    struct sp_loop *loop = update->loop;
    if (loop->snapshot == NULL) { /* the loop has exited */
        sp_snapshot_unref(update->snapshot);
        free(update);
        return;
    }
    if (loop->snapshot->serial != update->snapshot->serial) {
        sp_cache_clear(loop->cache);
        sp_bearers_clear(loop->bearers);
        sp_bearers_clear(loop->passed);
    }
    if (loop->snapshot->documents != update->snapshot->documents) { /* a key may have been removed */
        sp_bearers_clear(loop->bearers);
    }
    sp_snapshot_unref(loop->snapshot);
    loop->snapshot = update->snapshot;
    free(update);
    renew_tls(loop);
}

void sp_loop_post_snapshot(struct sp_loop *loop, struct sp_snapshot *snapshot)
{
    struct snapshot_message *update = calloc(1, sizeof *update);
    if (update == NULL) {
        return; /* the loop keeps its old snapshot until the next one */
    }
    update->message.deliver = on_snapshot;
    update->loop = loop;
    update->snapshot = sp_snapshot_ref(snapshot);
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
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        h2o_context_request_shutdown(&loop->services[listener].h2o);
    }
    shut_idle(loop);
}

void sp_loop_post_stop(struct sp_loop *loop)
{
    struct stop_message *stop = calloc(1, sizeof *stop);
    if (stop == NULL) {
        abort(); /* nothing is left but to exit without draining */
    }
    stop->message.deliver = on_stop;
    stop->loop = loop;
    sp_mailbox_post(loop->mailbox, &stop->message);
}

/* ---- the thread ------------------------------------------------------------------------------------ */

/* The library keeps per-thread free lists, so all of its objects are made on the thread that uses them. */
static void set_up(struct sp_loop *loop)
{
    loop->evloop = h2o_evloop_create();
    h2o_linklist_init_anchor(&loop->unhooked);
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        sp_service_init(&loop->services[listener], loop, (enum sp_listener)listener,
                        &loop->globals[listener]);
    }
    sp_wake_up_init(&loop->wake_up, loop->services[SP_LISTENER_AUTH].h2o.queue);
    loop->mailbox = loop->wake_up.mailbox;
    loop->cache = sp_cache_new();
    loop->bearers = sp_bearers_new();
    loop->passed = sp_bearers_new();
    loop->aged_ms = sp_clock_monotonic_ms();
    loop->now_ms = loop->aged_ms;
    loop->checked_ms = loop->aged_ms;
    loop->due_ms = loop->aged_ms + SP_LOOP_CHECK_MS;
    loop->tls = loop->snapshot->tls != NULL ? sp_tls_context_new(loop->snapshot) : NULL;
    if (loop->mailbox == NULL || loop->cache == NULL || loop->bearers == NULL || loop->passed == NULL ||
        (loop->tls != NULL) != (loop->snapshot->tls != NULL)) {
        abort(); /* at startup; nothing is served yet */
    }
    pthread_barrier_wait(loop->mailboxes_ready);
    pthread_barrier_wait(loop->may_accept);
    for (size_t i = 0; i < loop->accepts_n; i++) {
        struct sp_accept *accept = &loop->accepts[i];
        *accept = (struct sp_accept){.service = &loop->services[loop->listeners[i]]};
        accept->socket = h2o_evloop_socket_create(loop->evloop, loop->fds[i], H2O_SOCKET_FLAG_DONT_READ);
        accept->socket->data = accept;
        h2o_socket_read_start(accept->socket, on_accept);
    }
}

static bool is_done(const struct sp_loop *loop)
{
    if (loop->drain_until_ms == 0) {
        return false;
    }
    size_t connections_n = 0;
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        connections_n += loop->services[listener].connections_n;
    }
    return connections_n == 0 || sp_clock_monotonic_ms() >= loop->drain_until_ms;
}

static void *run(void *context)
{
    struct sp_loop *loop = context;
    set_up(loop);
    while (!is_done(loop)) {
        int32_t rest_ms = do_what_is_due(loop);
        if (h2o_evloop_run(loop->evloop, rest_ms) != 0 && errno != EINTR) {
            sp_log_event(SP_LOG_ERROR, "stop", "detail", SP_STR("a loop cannot wait for its sockets"));
            sp_log_flush(LOG_FLUSH_MS);
            abort(); /* its listeners would still accept connections that nobody answers */
        }
        sp_connections_hook(loop);
        accept_again(loop);
    }
    for (size_t listener = 0; listener < SP_LISTENER_COUNT; listener++) {
        h2o_linklist_t *all = &loop->services[listener].connections;
        for (h2o_linklist_t *link = all->next; link != all; link = link->next) {
            sp_h2o_handler_abandon(connection_at(link));
        }
    }
    sp_mailbox_deliver(loop->mailbox); /* frees the outcomes of abandoned requests */
    sp_snapshot_unref(loop->snapshot);
    loop->snapshot = NULL;
    sp_tls_context_unref(loop->tls);
    loop->tls = NULL;
    sp_cache_free(loop->cache);
    loop->cache = NULL;
    sp_bearers_free(loop->bearers);
    loop->bearers = NULL;
    sp_bearers_free(loop->passed);
    loop->passed = NULL;
    return NULL;
}

int sp_loop_start(struct sp_loop *loop)
{
    return pthread_create(&loop->thread, NULL, run, loop);
}
