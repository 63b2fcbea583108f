/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_HTTP_SERVER_H
#define SP_TEST_UNIT_IO_HTTP_SERVER_H

/*
 * A server on loopback for the calls of a test: a thread that answers one connection after the other from a
 * table of routes, counts, remembers the last request and, while it is held, does not answer. A stream stays
 * open after its body, for what a test pushes, until it is closed; other connections are answered meanwhile.
 * Also the macro that waits for a condition, at most WAIT_MS.
 */

#include "base/str.h"

#include "../suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS       20000
#define ROUTES_MAX    8
#define REQUEST_MAX   65536
#define ANSWER_FIELDS "Content-Type: application/json\r\n"

struct http_route {
    const char *path;
    const char *status; /* `200 OK`; NULL: the connection is closed without a response */
    const char *fields; /* each ending in CRLF */
    struct sp_str body;
    size_t promised_more; /* bytes by which Content-Length exceeds the body */
    bool is_stream;       /* without Content-Length */
    atomic_int stream_fd; /* 0: none is open */
    unsigned requests_n;
};

struct http_server {
    int fd;
    uint16_t port;
    pthread_t thread;
    pthread_mutex_t lock;
    struct http_route routes[ROUTES_MAX];
    size_t routes_n;
    char last[REQUEST_MAX + 1];
    atomic_int held;
    atomic_int stream_fd; /* of the last stream; 0: none is open */
    atomic_int stopping;
};

/* ---- the thread ------------------------------------------------------------------------------------ */

static inline void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Reads a head and the body that it announces; false if the client has disconnected. */
static inline bool http_read(int fd, char *out)
{
    size_t len = 0;
    size_t wanted = 0;
    while (wanted == 0 || len < wanted) {
        ssize_t n = read(fd, out + len, REQUEST_MAX - len);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        out[len] = '\0';
        const char *end = strstr(out, "\r\n\r\n");
        if (end != NULL && wanted == 0) {
            const char *length = strstr(out, "Content-Length: ");
            wanted = (size_t)(end - out) + 4 + (length != NULL ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
    return true;
}

static inline void http_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0) {
            return;
        }
        bytes += n;
        len -= (size_t)n;
    }
}

/* The route with the longest path that a target begins with, up to its query or to the end of a parameter's
 * name. */
static inline struct http_route *http_find(struct http_server *server, const char *request)
{
    const char *target = strchr(request, ' ') + 1;
    struct http_route *found = NULL;
    for (size_t i = 0; i < server->routes_n; i++) {
        struct http_route *route = &server->routes[i];
        size_t len = strlen(route->path);
        bool fits = strncmp(target, route->path, len) == 0 && strchr(" ?=", target[len]) != NULL;
        if (fits && (found == NULL || len > strlen(found->path))) {
            found = route;
        }
    }
    return found;
}

static inline void http_answer(int fd, const struct http_route *route)
{
    char head[1024];
    if (route != NULL && route->status == NULL) {
        return;
    }
    int len = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nConnection: close\r\n%s",
                       route != NULL ? route->status : "404 Not Found", route != NULL ? route->fields : "");
    http_write(fd, head, (size_t)len);
    len = snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n",
                   route != NULL ? route->body.len + route->promised_more : 0);
    if (route != NULL && route->is_stream) {
        len = snprintf(head, sizeof head, "\r\n");
    }
    http_write(fd, head, (size_t)len);
    if (route != NULL) {
        http_write(fd, route->body.ptr, route->body.len);
    }
}

/* Whether the connection stays open. */
static inline bool http_serve(struct http_server *server, int fd)
{
    static char request[REQUEST_MAX + 1];
    if (!http_read(fd, request)) {
        return false;
    }
    pthread_mutex_lock(&server->lock);
    memcpy(server->last, request, strlen(request) + 1);
    struct http_route *route = http_find(server, request);
    if (route != NULL) {
        route->requests_n++;
    }
    pthread_mutex_unlock(&server->lock);
    while (atomic_load(&server->held) && !atomic_load(&server->stopping)) {
        nap();
    }
    pthread_mutex_lock(&server->lock);
    http_answer(fd, route);
    bool is_stream = route != NULL && route->is_stream;
    if (is_stream) {
        int before = atomic_exchange(&route->stream_fd, fd);
        if (before > 0) {
            close(before); /* its client has disconnected */
        }
        atomic_store(&server->stream_fd, fd);
    }
    pthread_mutex_unlock(&server->lock);
    return is_stream;
}

static inline void *http_run(void *context)
{
    struct http_server *server = context;
    while (!atomic_load(&server->stopping)) {
        struct pollfd ready = {.fd = server->fd, .events = POLLIN};
        if (poll(&ready, 1, 20) == 1) {
            int fd = accept(server->fd, NULL, NULL);
            if (fd >= 0 && !http_serve(server, fd)) {
                close(fd);
            }
        }
    }
    return NULL;
}

static inline struct http_server *http_server_new(void)
{
    struct http_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(server->fd, 256), 0);
    ck_assert_int_eq(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    pthread_mutex_init(&server->lock, NULL);
    ck_assert_int_eq(pthread_create(&server->thread, NULL, http_run, server), 0);
    return server;
}

static inline void http_server_free(struct http_server **given)
{
    struct http_server *server = *given;
    atomic_store(&server->stopping, 1);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->routes_n; i++) {
        if (atomic_load(&server->routes[i].stream_fd) > 0) {
            close(server->routes[i].stream_fd);
        }
    }
    close(server->fd);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

#define HTTP_SERVER __attribute__((cleanup(http_server_free))) struct http_server *

/* ---- routes ---------------------------------------------------------------------------------------- */

/* Sets the response for a path; `body` must stay valid. Replaces an earlier one, and keeps its count. */
static inline void http_route_bytes(struct http_server *server, const char *path, const char *status,
                                    const char *fields, struct sp_str body)
{
    pthread_mutex_lock(&server->lock);
    size_t i = 0;
    while (i < server->routes_n && strcmp(server->routes[i].path, path) != 0) {
        i++;
    }
    unsigned requests_n = i < server->routes_n ? server->routes[i].requests_n : 0;
    int stream_fd = i < server->routes_n ? server->routes[i].stream_fd : 0;
    ck_assert_uint_lt(i, ROUTES_MAX);
    server->routes[i] = (struct http_route){.path = path,
                                            .status = status,
                                            .fields = fields,
                                            .body = body,
                                            .stream_fd = stream_fd,
                                            .requests_n = requests_n};
    server->routes_n += i == server->routes_n;
    pthread_mutex_unlock(&server->lock);
}

static inline void http_route(struct http_server *server, const char *path, const char *status,
                              const char *body)
{
    http_route_bytes(server, path, status, ANSWER_FIELDS, sp_str_from_c(body));
}

static inline unsigned http_count(struct http_server *server, const char *path)
{
    unsigned n = 0;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->routes_n; i++) {
        n += strcmp(server->routes[i].path, path) == 0 ? server->routes[i].requests_n : 0;
    }
    pthread_mutex_unlock(&server->lock);
    return n;
}

/* Whether the last request contains `words`. The lock makes it visible to the test: a relaxed counter, which
 * the test may have waited for, does not. */
static inline bool http_was_sent(struct http_server *server, const char *words)
{
    pthread_mutex_lock(&server->lock);
    bool was_sent = strstr(server->last, words) != NULL;
    pthread_mutex_unlock(&server->lock);
    return was_sent;
}

static inline struct http_route *http_route_of(struct http_server *server, const char *path)
{
    size_t i = 0;
    while (i < server->routes_n && strcmp(server->routes[i].path, path) != 0) {
        i++;
    }
    ck_assert_uint_lt(i, server->routes_n);
    return &server->routes[i];
}

static inline void http_route_stream(struct http_server *server, const char *path)
{
    http_route(server, path, "200 OK", "");
    pthread_mutex_lock(&server->lock);
    http_route_of(server, path)->is_stream = true;
    pthread_mutex_unlock(&server->lock);
}

/* Waits until `condition` holds; fails after WAIT_MS. */
#define WAIT_FOR(condition)                                                                                  \
    do {                                                                                                     \
        int naps_ = 0;                                                                                       \
        while (!(condition)) {                                                                               \
            ck_assert_msg(naps_++ < WAIT_MS, "in vain: %s", #condition);                                     \
            nap();                                                                                           \
        }                                                                                                    \
    } while (0)

/* Sends more of the stream that is open, or will be. */
static inline void http_push(struct http_server *server, const char *text)
{
    WAIT_FOR(atomic_load(&server->stream_fd) != 0);
    http_write(atomic_load(&server->stream_fd), text, strlen(text));
}

/* The same for the stream of a path. */
static inline void http_push_to(struct http_server *server, const char *path, const char *text)
{
    struct http_route *route = http_route_of(server, path);
    WAIT_FOR(atomic_load(&route->stream_fd) != 0);
    http_write(atomic_load(&route->stream_fd), text, strlen(text));
}

static inline void http_hang_up_to(struct http_server *server, const char *path)
{
    int fd = atomic_exchange(&http_route_of(server, path)->stream_fd, 0);
    ck_assert_int_gt(fd, 0);
    close(fd);
}

static inline void http_hang_up(struct http_server *server)
{
    int fd = atomic_exchange(&server->stream_fd, 0);
    for (size_t i = 0; i < server->routes_n; i++) {
        atomic_compare_exchange_strong(&server->routes[i].stream_fd, &(int){fd}, 0);
    }
    close(fd);
}

#endif
