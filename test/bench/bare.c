/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The minimum that libh2o can do: a handler that answers every request with the same 200 and the same fields,
 * and reads nothing. The cost of sallyport beyond this is its own.
 *
 *   bare PORT THREADS [NAME VALUE]...
 *
 * One loop for each thread, each with its own listener on 127.0.0.1, as in sallyport; HTTP/1.1 only.
 */

#include <errno.h>
#include <h2o.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BACKLOG         1024
#define ACCEPTS_AT_ONCE 16
#define IDLE_TIMEOUT_MS 120000
#define THREADS_MAX     64

struct field {
    const char *name;
    const char *value;
};

static struct {
    h2o_globalconf_t config;
    h2o_hostconf_t *hosts[2];
    struct field *fields;
    size_t fields_n;
} server;

struct worker {
    pthread_t thread;
    int fd;
    h2o_context_t h2o;
    h2o_accept_ctx_t accept;
};

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    static h2o_generator_t generator = {NULL, NULL};
    (void)self;
    req->res.status = 200;
    req->res.reason = "OK";
    req->res.content_length = 0;
    for (size_t i = 0; i < server.fields_n; i++) {
        const struct field *field = &server.fields[i];
        h2o_add_header_by_str(&req->pool, &req->res.headers, field->name, strlen(field->name), 0, NULL,
                              field->value, strlen(field->value));
    }
    h2o_start_response(req, &generator);
    h2o_send(req, NULL, 0, H2O_SEND_STATE_FINAL);
    return 0;
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
    struct worker *worker = listener->data;
    h2o_socket_t *socket;
    for (int i = 0; error == NULL && i < ACCEPTS_AT_ONCE; i++) {
        socket = h2o_evloop_socket_accept(listener);
        if (socket == NULL) {
            return;
        }
        h2o_accept(&worker->accept, socket);
    }
}

static void *run(void *context)
{
    struct worker *worker = context;
    h2o_context_init(&worker->h2o, h2o_evloop_create(), &server.config);
    worker->accept = (h2o_accept_ctx_t){.ctx = &worker->h2o, .hosts = server.hosts};
    h2o_socket_t *listener =
        h2o_evloop_socket_create(worker->h2o.loop, worker->fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->data = worker;
    h2o_socket_read_start(listener, on_accept);
    while (h2o_evloop_run(worker->h2o.loop, INT32_MAX) == 0 || errno == EINTR) {
    }
    return NULL;
}

static int listen_on(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        perror("bare: listen");
        exit(1);
    }
    return fd;
}

static void set_up(void)
{
    h2o_config_init(&server.config);
    server.config.server_name = (h2o_iovec_t){NULL, 0};
    server.config.http1.req_timeout = IDLE_TIMEOUT_MS;
    server.config.http1.upgrade_to_http2 = 0;
    server.hosts[0] = h2o_config_register_host(&server.config, h2o_iovec_init(H2O_STRLIT("bare")), 65535);
    h2o_create_handler(&server.hosts[0]->fallback_path, sizeof(h2o_handler_t))->on_req = on_request;
}

static size_t number(const char *text, size_t max)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value == 0 || value > max) {
        fprintf(stderr, "bare: '%s' is no number from 1 to %zu\n", text, max);
        exit(2);
    }
    return value;
}

static void read_fields(char **words, size_t words_n)
{
    server.fields = calloc(words_n / 2 + 1, sizeof *server.fields);
    if (server.fields == NULL) {
        abort();
    }
    for (size_t i = 0; i + 1 < words_n; i += 2) {
        server.fields[server.fields_n++] = (struct field){words[i], words[i + 1]};
    }
}

int main(int arguments_n, char **arguments)
{
    static struct worker workers[THREADS_MAX];
    if (arguments_n < 3 || arguments_n % 2 == 0) {
        fprintf(stderr, "usage: bare PORT THREADS [NAME VALUE]...\n");
        return 2;
    }
    uint16_t port = (uint16_t)number(arguments[1], UINT16_MAX);
    size_t threads_n = number(arguments[2], THREADS_MAX);
    read_fields(arguments + 3, (size_t)arguments_n - 3);
    signal(SIGPIPE, SIG_IGN);
    set_up();
    for (size_t i = 0; i < threads_n; i++) {
        workers[i].fd = listen_on(port);
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < threads_n; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    return 0;
}
