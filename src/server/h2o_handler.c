/* SPDX-License-Identifier: Apache-2.0 */
#include "server/h2o_handler.h"

#include "gate/admin.h"
#include "gate/cause.h"
#include "gate/gate.h"
#include "gate/respond.h"
#include "io/clock.h"
#include "server/loop.h"
#include "server/refusal.h"

#include <poll.h>
#include <stdatomic.h>

_Static_assert(SP_CONTINUATION_MAX_MS + SP_LOOP_CHECK_MS < SP_LOOP_DRAIN_MS,
               "a drain lets every wait come to its end");

struct handler {
    h2o_handler_t super;
    enum sp_listener listener;
};

/* ---- output ---------------------------------------------------------------------------------------- */

/* Adds the fields of the answer to the response. They point into a copy of the answer's text, because the
 * answer does not live as long as the response. Returns the copy. */
static const char *copy_fields(h2o_req_t *req, const struct sp_answer *answer)
{
    char *copied = h2o_mem_alloc_pool(&req->pool, answer->text.len + 1);
    memcpy(copied, answer->storage, answer->text.len);
    h2o_vector_reserve(&req->pool, &req->res.headers, req->res.headers.size + answer->fields_n);
    for (size_t i = 0; i < answer->fields_n; i++) {
        const struct sp_answer_field *field = &answer->fields[i];
        const char *value = copied + (field->value.ptr - answer->storage);
        h2o_add_header_by_str(&req->pool, &req->res.headers, field->name, strlen(field->name), 0, NULL, value,
                              field->value.len);
    }
    return copied;
}

/* Sends a body that lives as long as the request. */
static void send_body(h2o_req_t *req, unsigned status, struct sp_str body)
{
    static h2o_generator_t generator = {NULL, NULL};
    req->res.status = (int)status;
    req->res.reason = sp_refusal_status_text(status);
    req->res.content_length = body.len;
    h2o_start_response(req, &generator);
    h2o_iovec_t bytes = h2o_iovec_init(body.ptr, body.len);
    bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    h2o_send(req, &bytes, !is_head && body.len > 0 ? 1 : 0, H2O_SEND_STATE_FINAL);
}

/* Bytes of long bodies that their clients have not received yet, in all loops together. */
static atomic_size_t long_bodies;

/* False if it does not fit in addition to the bodies that are being sent; otherwise it is counted. */
static bool admit_long_body(size_t len)
{
    if (atomic_fetch_add(&long_bodies, len) <= SP_LONG_BODIES_MAX - len) {
        return true;
    }
    atomic_fetch_sub(&long_bodies, len);
    return false;
}

static void on_long_body_sent(void *value)
{
    struct sp_buf *body = value;
    atomic_fetch_sub(&long_bodies, body->cap);
    sp_buf_done(body);
}

/* Gives the answer's long body to the request, which wipes and frees it when it ends. */
static struct sp_str keep_long_body(struct sp_answer *answer, h2o_req_t *req)
{
    struct sp_buf *body = h2o_mem_alloc_shared(&req->pool, sizeof *body, on_long_body_sent);
    *body = answer->long_body;
    answer->long_body = SP_BUF_NONE;
    return sp_buf_str(body);
}

static void send_answer(struct sp_transaction *t, h2o_req_t *req)
{
    struct sp_answer *answer = &t->answer;
    bool draining = atomic_load_explicit(&t->context->process->draining, memory_order_relaxed) != 0;
    if (answer->close || draining) {
        req->http1_is_persistent = 0;
    }
    if (answer->close) {
        sp_connection_linger(sp_connection_of(req));
    }
    const char *copied = copy_fields(req, answer);
    struct sp_str body = answer->body;
    if (answer->long_body.len > 0) {
        body = keep_long_body(answer, req);
    } else if (body.len > 0) {
        body.ptr = copied + (body.ptr - answer->storage);
    }
    send_body(req, answer->status, body);
}

/* ---- input ----------------------------------------------------------------------------------------- */

/* The bytes of the request's head, which the library does not consume before the request has been
 * answered. */
static struct sp_str raw_head(h2o_req_t *req)
{
    const h2o_buffer_t *input = req->conn->callbacks->get_socket(req->conn)->input;
    return (struct sp_str){input->bytes, input->size};
}

static const struct sp_dialect *dialect_of(enum sp_listener listener)
{
    return listener == SP_LISTENER_PAGES ? &sp_dialect_pages : &sp_dialect_unread;
}

/* False: the request is refused, because programs may disagree about how to read its head. */
static bool begin(struct sp_transaction *t, struct sp_context *context, h2o_req_t *req,
                  enum sp_listener listener, struct sp_head *head)
{
    const struct sp_dialect *dialect = dialect_of(listener);
    enum sp_reason reason = sp_head_parse(raw_head(req), head);
    sp_transaction_begin(t, context, dialect, reason == SP_REASON_NONE ? head : NULL);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &head->fault);
        sp_respond_malformed(t, reason);
        return false;
    }
    if (listener == SP_LISTENER_PAGES) {
        t->body = (struct sp_str){req->entity.base, req->entity.len};
    }
    return true;
}

static void on_wait_ended(struct sp_message *message);

static void look_again_in(struct sp_connection *connection, int64_t span_ms)
{
    sp_connections_look_again_at(connection->service->loop, sp_clock_monotonic_ms() + span_ms);
}

/* Sends the answer, or lets the request wait for what its answer needs. */
static void conclude(struct sp_transaction *t, h2o_req_t *req, int64_t began_ns)
{
    struct sp_buf *body = &t->answer.long_body;
    if (body->len > 0 && sp_answer_is_whole(&t->answer) && !admit_long_body(body->cap)) {
        body->failed = true;
    }
    struct sp_continuation *continuation = sp_gate_finish(t);
    if (continuation != NULL) {
        continuation->wait.message.deliver = on_wait_ended;
        continuation->request = req;
        continuation->began_ns = began_ns;
        sp_connection_of(req)->continuation = continuation;
        if (continuation->max_ms != 0) {
            look_again_in(sp_connection_of(req), continuation->max_ms);
        }
        return;
    }
    sp_transaction_finish(t, sp_clock_monotonic_ns() - began_ns);
    send_answer(t, req);
}

/* ---- waiting --------------------------------------------------------------------------------------- */

static void resume(struct sp_continuation *continuation)
{
    h2o_req_t *req = continuation->request;
    struct sp_connection *connection = sp_connection_of(req);
    struct sp_head head;
    struct sp_transaction t;
    struct sp_context context = sp_loop_context(connection->service->loop);
    context.snapshot = continuation->snapshot;
    connection->continuation = NULL;
    if (begin(&t, &context, req, connection->service->listener, &head)) {
        sp_gate_resume(&t, sp_dialects, continuation);
    }
    conclude(&t, req, continuation->began_ns);
    sp_continuation_free(continuation);
}

static void on_wait_ended(struct sp_message *message)
{
    struct sp_continuation *continuation =
        H2O_STRUCT_FROM_MEMBER(struct sp_continuation, wait.message, message);
    continuation->end = SP_WAIT_END_OUTCOME;
    if (continuation->request != NULL) {
        resume(continuation);
    } else {
        sp_continuation_free(continuation);
    }
}

void sp_h2o_handler_end_wait(struct sp_connection *connection, int64_t now_ns)
{
    struct sp_continuation *continuation = connection->continuation;
    if (continuation == NULL) {
        return;
    }
    int64_t max_ms = continuation->max_ms != 0 ? continuation->max_ms : SP_CONTINUATION_MAX_MS;
    int64_t rest_ms = max_ms - (now_ns - continuation->began_ns) / 1000000;
    bool is_overdue = rest_ms <= 0;
    if (!is_overdue) {
        look_again_in(connection, rest_ms);
    }
    struct pollfd peer = {.fd = h2o_socket_get_fd(connection->socket), .events = POLLRDHUP};
    bool has_hung_up = poll(&peer, 1, 0) == 1;
    if ((is_overdue || has_hung_up) && sp_waiting_withdraw(&continuation->wait)) {
        continuation->end = is_overdue ? SP_WAIT_END_OVERDUE : SP_WAIT_END_GONE;
        resume(continuation);
    }
}

void sp_h2o_handler_abandon(struct sp_connection *connection)
{
    struct sp_continuation *continuation = connection->continuation;
    if (continuation != NULL && sp_waiting_withdraw(&continuation->wait)) {
        sp_continuation_free(continuation);
    } else if (continuation != NULL) {
        continuation->request = NULL; /* its outcome is on the way here */
    }
    connection->continuation = NULL;
}

/* The library calls its loggers whenever it disposes of a request. After that, nothing may wait for it. */
static void on_request_end(h2o_logger_t *self, h2o_req_t *req)
{
    (void)self;
    struct sp_connection *connection = sp_connection_of(req);
    if (connection != NULL && connection->phase == SP_PHASE_ANSWER) {
        sp_connection_end_answer(connection);
        if (connection->continuation != NULL) {
            sp_h2o_handler_abandon(connection);
        }
    }
}

static void on_admin(h2o_req_t *req)
{
    struct sp_head head;
    struct sp_transaction t;
    struct sp_context context = sp_loop_context(sp_loop_of(req));
    sp_transaction_begin(&t, &context, &sp_dialect_pages, NULL);
    enum sp_reason reason = sp_head_parse(raw_head(req), &head);
    bool is_old_probe = reason == SP_REASON_MISSING_HEADER && head.is_http_1_0; /* HTTP/1.0 has no Host */
    if (reason != SP_REASON_NONE && !is_old_probe) {
        sp_respond_malformed(&t, SP_REASON_MALFORMED_REQUEST);
        send_answer(&t, req);
        return;
    }
    t.head = &head;
    t.body = (struct sp_str){req->entity.base, req->entity.len};
    char *storage = h2o_mem_alloc_pool(&req->pool, SP_ADMIN_BODY_MAX);
    struct sp_buf body;
    sp_buf_init_fixed(&body, storage, SP_ADMIN_BODY_MAX);
    sp_admin_answer(&t, &body);
    struct sp_str text = t.answer.body;
    t.answer.body = SP_STR_NONE;
    (void)copy_fields(req, &t.answer);
    send_body(req, t.answer.status, text);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    const struct handler *handler = H2O_STRUCT_FROM_MEMBER(struct handler, super, self);
    struct sp_connection *connection = sp_connection_of(req);
    sp_connection_begin_answer(connection);
    if (handler->listener == SP_LISTENER_ADMIN) {
        on_admin(req);
        return 0;
    }
    struct sp_context context = sp_loop_context(connection->service->loop);
    int64_t began_ns = sp_clock_monotonic_ns();
    struct sp_head head;
    struct sp_transaction t;
    if (begin(&t, &context, req, handler->listener, &head)) {
        sp_gate_answer(&t, sp_dialects);
    }
    conclude(&t, req, began_ns);
    return 0;
}

/* ---- answers of the library itself ----------------------------------------------------------------- */

static void label_refusal(h2o_req_t *req, struct sp_connection *connection)
{
    struct sp_service *service = connection->service;
    struct sp_transaction t;
    struct sp_context context = sp_loop_context(service->loop);
    sp_transaction_begin(&t, &context, dialect_of(service->listener), NULL);

    /* A body that is too long is refused as such only if no other program could read another request from
     * it. */
    struct sp_head head;
    enum sp_reason reason = sp_head_parse(raw_head(req), &head);
    bool is_body = req->res.status == 413 && head.is_chunked;
    struct sp_fault fault = {.name = SP_STR("body")};
    if (is_body || reason == SP_REASON_NONE) {
        reason = SP_REASON_MALFORMED_REQUEST;
    } else {
        req->res.status = (int)sp_reason_status(reason);
        req->res.reason = sp_refusal_status_text(sp_reason_status(reason));
        fault = head.fault;
    }
    if (req->res.status == 413) {
        t.detail = sp_refusal_body_detail(service->listener);
    } else {
        sp_cause_explain_fault(&t, reason, &fault);
    }
    sp_respond_begin(&t, SP_VERDICT_DENY, reason, (unsigned)req->res.status);
    (void)copy_fields(req, &t.answer);
    req->http1_is_persistent = 0;
    sp_connection_linger(connection);
    sp_transaction_finish(&t, 0);
}

static void on_setup_ostream(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    (void)self;
    struct sp_connection *connection = sp_connection_of(req);
    if (connection != NULL && connection->phase != SP_PHASE_ANSWER) {
        sp_connection_begin_answer(connection);
        label_refusal(req, connection);
    }
    h2o_setup_next_ostream(req, slot);
}

void sp_h2o_handler_configure(h2o_globalconf_t *global, enum sp_listener listener)
{
    h2o_config_init(global);
    global->server_name = (h2o_iovec_t){NULL, 0};
    global->http1.upgrade_to_http2 = 0;
    global->max_request_entity_size = listener == SP_LISTENER_AUTH ? 0 : SP_CONNECTION_BODY_MAX;
    const char *name = sp_listener_name(listener);
    h2o_hostconf_t *host = h2o_config_register_host(global, h2o_iovec_init(name, strlen(name)), 65535);
    struct handler *handler = (struct handler *)h2o_create_handler(&host->fallback_path, sizeof *handler);
    handler->super.on_req = on_request;
    handler->listener = listener;
    h2o_filter_t *filter = h2o_create_filter(&host->fallback_path, sizeof *filter);
    filter->on_setup_ostream = on_setup_ostream;
    h2o_create_logger(&host->fallback_path, sizeof(h2o_logger_t))->log_access = on_request_end;
}
