/* SPDX-License-Identifier: Apache-2.0 */
#include "server/adapter.h"

#include "base/random.h"
#include "gate/admin.h"
#include "gate/callback.h"
#include "gate/cause.h"
#include "gate/gate.h"
#include "gate/respond.h"
#include "io/clock.h"
#include "server/loop.h"

#include <stdlib.h>

struct handler {
    h2o_handler_t super;
    enum sp_door door;
};

/* A callback whose code is being redeemed. */
struct sp_deferred {
    h2o_req_t *req; /* NULL: the request is gone */
    struct sp_pending_login *pending;
    int64_t began_ns;
};

/* ---- out ------------------------------------------------------------------------------------------- */

static const char *status_text(unsigned status)
{
    switch (status) {
    case 200:
        return "OK";
    case 300:
        return "Multiple Choices";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 421:
        return "Misdirected Request";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

/* Copies the fields out of the answer, which ends before the response does; returns the copy of its text. */
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

static const char *copy_head(h2o_req_t *req, const struct sp_answer *answer)
{
    req->res.status = (int)answer->status;
    req->res.reason = status_text(answer->status);
    return copy_fields(req, answer);
}

/* Sends a body that lives as long as the request. */
static void send_body(h2o_req_t *req, struct sp_str body)
{
    static h2o_generator_t generator = {NULL, NULL};
    req->res.content_length = body.len;
    h2o_start_response(req, &generator);
    h2o_iovec_t bytes = h2o_iovec_init(body.ptr, body.len);
    bool is_head = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
    h2o_send(req, &bytes, !is_head && body.len > 0 ? 1 : 0, H2O_SEND_STATE_FINAL);
}

static void send_answer(h2o_req_t *req, const struct sp_answer *answer)
{
    bool draining = atomic_load_explicit(&sp_loop_of(req)->process->draining, memory_order_relaxed) != 0;
    if (answer->close || draining) {
        req->http1_is_persistent = 0;
    }
    if (answer->close) {
        sp_connection_linger(sp_connection_of(req));
    }
    const char *copied = copy_head(req, answer);
    struct sp_str body = answer->body;
    if (body.len > 0) {
        body.ptr = copied + (body.ptr - answer->storage);
    }
    send_body(req, body);
}

/* An answer that did not fit its storage is replaced by one that does: never half of it, never an allow. */
static void finish(struct sp_transaction *t, h2o_req_t *req, int64_t began_ns)
{
    if (!sp_answer_is_whole(&t->answer)) {
        sp_answer_init(&t->answer);
        t->has_request = false;
        t->detail = SP_STR_NONE;
        sp_transaction_note(t, "The answer of %s does not fit its room.", sp_reason_name(t->reason));
        sp_respond_refusal(t, SP_REASON_OVERLOADED);
    }
    sp_transaction_finish(t, sp_clock_monotonic_ns() - began_ns);
    send_answer(req, &t->answer);
}

/* ---- later ----------------------------------------------------------------------------------------- */

static struct sp_context context_of(struct sp_loop *loop)
{
    return (struct sp_context){
        .snapshot = loop->snapshot,
        .process = loop->process,
        .mailbox = loop->mailbox,
        .metrics = loop->metrics,
        .opened = loop->opened,
        .random = sp_random_system,
        .now_s = sp_clock_now_s(),
    };
}

static void free_deferred(struct sp_deferred *deferred)
{
    sp_pending_login_free(deferred->pending);
    free(deferred);
}

static void complete(struct sp_deferred *deferred)
{
    struct sp_transaction t;
    struct sp_context context = context_of(sp_loop_of(deferred->req));
    sp_transaction_begin(&t, &context, deferred->pending->dialect, NULL);
    sp_callback_complete(&t, deferred->pending);
    sp_connection_of(deferred->req)->deferred = NULL;
    finish(&t, deferred->req, deferred->began_ns);
}

static void on_redeemed(struct sp_message *message)
{
    struct sp_redeem_job *job = H2O_STRUCT_FROM_MEMBER(struct sp_redeem_job, message, message);
    struct sp_deferred *deferred = job->context;
    if (deferred->req != NULL) {
        complete(deferred);
    }
    free_deferred(deferred);
}

static bool withdraw(const struct sp_connection *connection)
{
    return sp_redeemer_withdraw(connection->service->loop->process->redeemer,
                                connection->deferred->pending->job);
}

void sp_adapter_give_up(struct sp_connection *connection)
{
    struct sp_deferred *deferred = connection->deferred;
    if (withdraw(connection)) {
        complete(deferred);
        free_deferred(deferred);
    }
}

static void defer(struct sp_transaction *t, h2o_req_t *req, int64_t began_ns)
{
    struct sp_pending_login *pending = t->pending;
    struct sp_deferred *deferred = calloc(1, sizeof *deferred);
    const char *refusal = "out of memory";
    if (deferred != NULL) {
        *deferred = (struct sp_deferred){.req = req, .pending = pending, .began_ns = began_ns};
        pending->job->context = deferred;
        pending->job->message.deliver = on_redeemed;
        refusal = sp_redeemer_submit(t->context->process->redeemer, pending->job);
    }
    if (refusal == NULL) {
        sp_connection_of(req)->deferred = deferred;
        return;
    }
    free(deferred);
    sp_callback_refuse(t, refusal);
    finish(t, req, began_ns);
}

/* ---- in -------------------------------------------------------------------------------------------- */

/* The library calls its loggers as it disposes of a request, whatever became of it: nobody waits any more. */
static void on_request_end(h2o_logger_t *self, h2o_req_t *req)
{
    (void)self;
    struct sp_connection *connection = sp_connection_of(req);
    if (connection == NULL || connection->phase != SP_PHASE_ANSWER) {
        return;
    }
    sp_connection_end_answer(connection);
    if (connection->deferred != NULL && withdraw(connection)) {
        free_deferred(connection->deferred);
    } else if (connection->deferred != NULL) {
        connection->deferred->req = NULL; /* its answer is on the way here */
    }
    connection->deferred = NULL;
}

/* The bytes of the request's head, which the library has not consumed while it is being answered. */
static struct sp_str raw_head(h2o_req_t *req)
{
    const h2o_buffer_t *input = req->conn->callbacks->get_socket(req->conn)->input;
    return (struct sp_str){input->bytes, input->size};
}

/* Until the head was read: the one that the address of old middlewares means. */
static const struct sp_dialect *dialect_of(enum sp_door door)
{
    return door == SP_DOOR_PAGES ? &sp_dialect_pages : sp_dialects;
}

static void answer_users(h2o_req_t *req, enum sp_door door)
{
    int64_t began_ns = sp_clock_monotonic_ns();
    struct sp_head head;
    struct sp_transaction t;
    struct sp_context context = context_of(sp_loop_of(req));
    sp_transaction_begin(&t, &context, dialect_of(door), NULL);
    enum sp_reason reason = sp_head_parse(raw_head(req), &head);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(&t, reason, &head.fault);
        sp_respond_malformed(&t, reason);
        finish(&t, req, began_ns);
        return;
    }
    t.head = &head;
    if (door == SP_DOOR_PAGES) {
        t.body = (struct sp_str){req->entity.base, req->entity.len};
    }
    sp_gate_answer(&t, sp_dialects);
    if (t.pending != NULL) {
        defer(&t, req, began_ns);
    } else {
        finish(&t, req, began_ns);
    }
}

static void on_admin(h2o_req_t *req)
{
    struct sp_head head;
    struct sp_transaction t;
    struct sp_context context = context_of(sp_loop_of(req));
    sp_transaction_begin(&t, &context, &sp_dialect_pages, NULL);
    if (sp_head_parse(raw_head(req), &head) != SP_REASON_NONE) {
        sp_respond_malformed(&t, SP_REASON_MALFORMED_REQUEST);
        send_answer(req, &t.answer);
        return;
    }
    t.head = &head;
    char *storage = h2o_mem_alloc_pool(&req->pool, SP_ADMIN_BODY_MAX);
    struct sp_buf body;
    sp_buf_init_fixed(&body, storage, SP_ADMIN_BODY_MAX);
    sp_admin_answer(&t, &body);
    struct sp_str text = t.answer.body;
    t.answer.body = SP_STR_NONE;
    copy_head(req, &t.answer);
    send_body(req, text);
}

static int on_request(h2o_handler_t *self, h2o_req_t *req)
{
    const struct handler *handler = H2O_STRUCT_FROM_MEMBER(struct handler, super, self);
    sp_connection_begin_answer(sp_connection_of(req));
    if (handler->door == SP_DOOR_ADMIN) {
        on_admin(req);
    } else {
        answer_users(req, handler->door);
    }
    return 0;
}

/* ---- what the library answers by itself ------------------------------------------------------------ */

/* A body that is too long is refused as such only where no other program could read another request. */
static enum sp_reason reason_of(h2o_req_t *req, struct sp_fault *fault)
{
    struct sp_head head;
    enum sp_reason reason = sp_head_parse(raw_head(req), &head);
    bool is_body = req->res.status == 413 && head.is_chunked;
    if (is_body || reason == SP_REASON_NONE) {
        return SP_REASON_MALFORMED_REQUEST;
    }
    req->res.status = (int)sp_reason_status(reason);
    req->res.reason = status_text(sp_reason_status(reason));
    *fault = head.fault;
    return reason;
}

struct sp_str sp_adapter_body_detail(enum sp_door door)
{
    _Static_assert(SP_CONNECTION_BODY_MAX == 16384, "the text has the number");
    return door == SP_DOOR_AUTH
               ? SP_STR("This listener takes no body: turn off forwardBody in Traefik's middleware.")
               : SP_STR("The body of the request is longer than 16384 bytes.");
}

static void label_refusal(h2o_req_t *req)
{
    struct sp_fault fault = {.name = SP_STR("body")};
    enum sp_reason reason = reason_of(req, &fault);
    struct sp_transaction t;
    struct sp_context context = context_of(sp_loop_of(req));
    sp_transaction_begin(&t, &context, dialect_of(sp_connection_of(req)->service->door), NULL);
    if (req->res.status == 413) {
        t.detail = sp_adapter_body_detail(sp_connection_of(req)->service->door);
    } else {
        sp_cause_explain_fault(&t, reason, &fault);
    }
    sp_respond_begin(&t, SP_RESULT_DENY, reason, (unsigned)req->res.status);
    copy_fields(req, &t.answer);
    req->http1_is_persistent = 0;
    sp_connection_linger(sp_connection_of(req));
    sp_transaction_finish(&t, 0);
}

static void on_setup_ostream(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    (void)self;
    struct sp_connection *connection = sp_connection_of(req);
    if (connection != NULL && connection->phase != SP_PHASE_ANSWER) {
        sp_connection_begin_answer(connection);
        label_refusal(req);
    }
    h2o_setup_next_ostream(req, slot);
}

static void append_field(struct sp_buf *out, const char *name, struct sp_str value)
{
    sp_buf_append_c(out, name);
    sp_buf_append_c(out, ": ");
    sp_buf_append(out, value);
    sp_buf_append_c(out, "\r\n");
}

void sp_adapter_append_refusal(const struct sp_connection *connection, const struct sp_early_refusal *refusal,
                               struct sp_buf *out)
{
    struct sp_transaction t;
    struct sp_context context = context_of(connection->service->loop);
    sp_transaction_begin(&t, &context, dialect_of(connection->service->door), NULL);
    if (refusal->detail.len > 0) {
        t.detail = refusal->detail;
    } else {
        sp_cause_explain_fault(&t, refusal->reason, &refusal->fault);
    }
    sp_respond_problem(&t, refusal->reason, refusal->status);
    sp_transaction_finish(&t, 0);
    sp_buf_printf(out, "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: %zu\r\n", refusal->status,
                  status_text(refusal->status), t.answer.body.len);
    for (size_t i = 0; i < t.answer.fields_n; i++) {
        append_field(out, t.answer.fields[i].name, t.answer.fields[i].value);
    }
    sp_buf_append_c(out, "\r\n");
    sp_buf_append(out, t.answer.body);
}

void sp_adapter_register(h2o_hostconf_t *host, enum sp_door door)
{
    struct handler *handler = (struct handler *)h2o_create_handler(&host->fallback_path, sizeof *handler);
    handler->super.on_req = on_request;
    handler->door = door;
    h2o_filter_t *filter = h2o_create_filter(&host->fallback_path, sizeof *filter);
    filter->on_setup_ostream = on_setup_ostream;
    h2o_create_logger(&host->fallback_path, sizeof(h2o_logger_t))->log_access = on_request_end;
}
