/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Raw bytes through the real server: the HTTP library with our handler accepts one end of a socket pair; the
 * other end is a client that sends the input and reads to the end. Every answer is well-formed and has its
 * reason and request id, the proxy gets a 2xx only with a session or if the one public rule matches, and
 * every connection is closed. The input is the listener (`p` the pages, `a` the admin's, else the proxy's), a
 * byte that states where the rest is split in two, and the bytes, in which $SESSION stands for a session.
 */

#include "base/number.h"
#include "http/field.h"
#include "io/clock.h"
#include "server/h2o_handler.h"
#include "server/loop.h"

#include "../unit/gate/fixture.h"
#include "fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>

#define TURNS_MAX  200
#define ANSWER_MAX (1024 * 1024)
#define SEND_MAX   65536

/* The library's response, which no filter sees, to bytes that are not HTTP; nothing follows it. */
#define NO_HTTP                                                                                              \
    SP_STR("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"    \
           "Content-Length: 11\r\n\r\nBad Request")

static struct sp_loop loop;
static h2o_globalconf_t globals[SP_LISTENER_COUNT];
static struct fixture *f;
static const char *session;
static char received[ANSWER_MAX];

/* ---- the server ------------------------------------------------------------------------------------- */

static void on_update(void *context, struct sp_issuer_documents *documents)
{
    (void)context;
    (void)documents;
}

/* An issuer that was never reached: its thread ends before. Needed by the admin's pages. */
static void set_up_issuer(void)
{
    struct sp_diag diag = {0};
    struct sp_worker *worker = NULL;
    ck_assert_int_eq(sp_worker_start(f->context.metrics, &diag, &worker), SP_OK);
    f->process.issuer = sp_issuer_new(worker, "http://127.0.0.1:1", &f->snapshot->client, on_update, NULL);
    ck_assert_ptr_nonnull(f->process.issuer);
    sp_worker_stop(worker);
}

static void forget_log(void)
{
    ck_assert_int_eq(ftruncate(f->log_fd, 0), 0);
    ck_assert_int_eq(lseek(f->log_fd, 0, SEEK_SET), 0);
    f->log_at = 0;
}

static void set_up(void)
{
    if (f != NULL) {
        return;
    }
    f = fixture_new("policies: {default: [{action: public, path_prefix: /open}, {action: allow}]}\n"
                    "direct_pages: true\npages_listen: 127.0.0.1:4182\n");
    f->context.now_s = sp_clock_now_s();
    struct sp_session usual = usual_session();
    usual.login_at_s = usual.issued_s = f->context.now_s;
    usual.expires_s = f->context.now_s + 86400;
    session = strdup(session_pair(f, HOST, &usual));
    loop.evloop = h2o_evloop_create();
    loop.snapshot = f->snapshot;
    loop.process = &f->process;
    loop.metrics = f->context.metrics;
    h2o_linklist_init_anchor(&loop.unhooked);
    for (enum sp_listener listener = SP_LISTENER_AUTH; listener < SP_LISTENER_COUNT; listener++) {
        sp_h2o_handler_configure(&globals[listener], listener);
        sp_service_init(&loop.services[listener], &loop, listener, &globals[listener]);
    }
    set_up_issuer();
    forget_log();
}

/* Like server/loop.c, except for the trusted networks. */
static void run_loop(void)
{
    h2o_evloop_run(loop.evloop, 0);
    sp_connections_hook(&loop);
}

/* ---- the client ------------------------------------------------------------------------------------- */

/* Sends, and reads until the server closes the connection; returns everything that it sent. */
static struct sp_str converse(const struct sp_service *service, int fd, struct sp_str bytes)
{
    size_t len = 0;
    for (int turn = 0; turn < TURNS_MAX && service->connections_n > 0; turn++) {
        ssize_t sent = bytes.len > 0 ? send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL) : 0;
        bytes = sp_str_skip(bytes, sent > 0 ? (size_t)sent : 0);
        if (bytes.len == 0) {
            shutdown(fd, SHUT_WR);
        }
        run_loop();
        ssize_t n = recv(fd, received + len, sizeof received - len, 0);
        len += n > 0 ? (size_t)n : 0;
    }
    ssize_t n = recv(fd, received + len, sizeof received - len, 0);
    return (struct sp_str){received, len + (n > 0 ? (size_t)n : 0)};
}

static struct sp_str talk(enum sp_listener listener, struct sp_str bytes, size_t cut)
{
    int fds[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    const struct sp_service *service = &loop.services[listener];
    ck_assert_int_eq(
        sp_connection_open(&loop.services[listener], h2o_evloop_socket_create(loop.evloop, fds[0], 0)), 0);
    if (cut > 0 && send(fds[1], bytes.ptr, cut, MSG_NOSIGNAL) == (ssize_t)cut) {
        run_loop();
        bytes = sp_str_skip(bytes, cut);
    }
    struct sp_str said = converse(service, fds[1], bytes);
    close(fds[1]);
    for (int turn = 0; turn < TURNS_MAX && service->connections_n > 0; turn++) {
        run_loop();
    }
    ck_assert_uint_eq(service->connections_n, 0);
    return said;
}

/* ---- properties ------------------------------------------------------------------------------------- */

struct answer {
    unsigned status;
    size_t length; /* of the body, as announced */
    size_t reasons_n;
    size_t ids_n;
};

static unsigned status_of(struct sp_str head)
{
    ck_assert_msg(sp_str_starts_with(head, SP_STR("HTTP/1.1 ")) && head.len > 12, "%.*s", SP_STR_ARGS(head));
    unsigned status = 0;
    for (size_t i = 9; i < 12; i++) {
        ck_assert(sp_ascii_is_digit(head.ptr[i]));
        status = status * 10 + (unsigned)(head.ptr[i] - '0');
    }
    return PLANTED(status == 404) ? 200 : status;
}

static void read_line(struct sp_str line, struct answer *answer)
{
    ck_assert(sp_str_ends_with(line, SP_STR("\r")));
    line.len--;
    ck_assert_msg(!fuzz_has_control(line), "%.*s", SP_STR_ARGS(line));
    struct sp_str value = line;
    struct sp_str name = sp_str_cut(&value, ':');
    ck_assert(sp_field_is_name(name));
    answer->reasons_n += sp_str_equal_ci(name, SP_STR("X-Sallyport-Reason"));
    answer->ids_n += sp_str_equal_ci(name, SP_STR("X-Request-Id"));
    if (sp_str_equal_ci(name, SP_STR("Content-Length"))) {
        uint64_t length;
        ck_assert(sp_number_parse_u64(sp_str_trim(value), ANSWER_MAX, &length));
        answer->length = (size_t)length;
    }
}

/* Reads one answer, and returns the bytes after its head. */
static struct sp_str read_head(struct sp_str said, struct answer *answer)
{
    const char *end = memmem(said.ptr, said.len, "\r\n\r\n", 4);
    ck_assert_msg(end != NULL, "an answer without an end: %.*s", SP_STR_ARGS(said));
    struct sp_str head = {said.ptr, (size_t)(end - said.ptr) + 1};
    answer->status = status_of(head);
    sp_str_cut(&head, '\n');
    while (head.ptr != NULL) {
        read_line(sp_str_cut(&head, '\n'), answer);
    }
    return sp_str_skip(said, (size_t)(end - said.ptr) + 4);
}

static void check_status(const struct answer *answer, enum sp_listener listener, struct sp_str sent)
{
    if (listener == SP_LISTENER_ADMIN) {
        return;
    }
    if (answer->status != 200) {
        ck_assert_msg(answer->reasons_n == 1 && answer->ids_n == 1, "%u has %zu reasons, %zu ids",
                      answer->status, answer->reasons_n, answer->ids_n);
        ck_assert(answer->status >= 300);
    } else {
        /* A direct page is let through, so that its router can lead to the listener where it requires a
         * session. */
        bool let_through = fuzz_has(sent, SP_STR("/open")) || fuzz_has(sent, SP_STR("/_sallyport/me"));
        ck_assert(fuzz_has(sent, SP_STR("$SESSION")) || (listener == SP_LISTENER_AUTH && let_through));
    }
}

static void check_answers(struct sp_str said, enum sp_listener listener, struct sp_str sent)
{
    while (said.len > 0 && !sp_str_equal(said, NO_HTTP)) {
        struct answer answer = {.status = 0};
        said = read_head(said, &answer);
        if (answer.status == 100) {
            continue;
        }
        check_status(&answer, listener, sent);
        /* There is no body after HEAD. */
        if (said.len > 0 && !sp_str_starts_with(said, SP_STR("HTTP/1.1 "))) {
            ck_assert_uint_le(answer.length, said.len);
            said = sp_str_skip(said, answer.length);
        }
    }
}

static void expand(struct sp_str text, struct sp_buf *out)
{
    while (text.len > 0) {
        bool is_session = sp_str_starts_with(text, SP_STR("$SESSION"));
        if (is_session) {
            sp_buf_append_c(out, session);
        } else {
            sp_buf_append_char(out, text.ptr[0]);
        }
        text = sp_str_skip(text, is_session ? 8 : 1);
    }
}

FUZZ_TARGET(input)
{
    SP_BUF_SCOPED struct sp_buf bytes;
    set_up();
    unsigned char choice = fuzz_take_byte(&input);
    enum sp_listener listener = choice == 'p'   ? SP_LISTENER_PAGES
                                : choice == 'a' ? SP_LISTENER_ADMIN
                                                : SP_LISTENER_AUTH;
    size_t share = fuzz_take_byte(&input);
    sp_buf_init(&bytes, SEND_MAX);
    expand(input, &bytes);
    struct sp_str sent = sp_buf_str(&bytes);
    check_answers(talk(listener, sent, sent.len * share / 256), listener, input);
    take_log(f);
    forget_log();
}
