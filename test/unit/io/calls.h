/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_CALLS_H
#define SP_TEST_UNIT_IO_CALLS_H

/* The worker, and a call on it that a test waits for. */

#include "base/buf.h"
#include "io/worker.h"

#include "http_server.h"

struct rig {
    struct sp_metrics metrics;
    struct sp_worker *worker;
};

static inline struct rig *rig_new(void)
{
    struct rig *rig = aligned_alloc(_Alignof(struct rig), sizeof *rig);
    memset(rig, 0, sizeof *rig);
    ck_assert_int_eq(sp_worker_start(&rig->metrics, NULL, &rig->worker), SP_OK);
    return rig;
}

static inline void rig_free(struct rig **rig)
{
    sp_worker_stop((*rig)->worker);
    free(*rig);
}

#define RIG __attribute__((cleanup(rig_free))) struct rig *

/* A call and its result. */
struct called {
    struct sp_task task;
    struct sp_worker *worker;
    enum sp_outbound_target target;
    struct sp_exchange_request request;
    atomic_int done_n;
    enum sp_error error;
    unsigned status;
    struct sp_buf content_type;
    struct sp_buf body;
    struct sp_buf text;
};

static inline void called_done(struct called *called)
{
    sp_buf_done(&called->content_type);
    sp_buf_done(&called->body);
    sp_buf_done(&called->text);
}

#define CALLED __attribute__((cleanup(called_done))) struct called

static inline void on_called(void *context, const struct sp_exchange_response *response)
{
    struct called *called = context;
    called->error = response->error;
    called->status = response->status;
    sp_buf_append(&called->content_type, response->content_type);
    sp_buf_append(&called->body, response->body);
    sp_buf_append_c(&called->text, response->text);
    atomic_fetch_add(&called->done_n, 1);
}

static inline void run_call(struct sp_task *task)
{
    struct called *called = (struct called *)(void *)task; /* it is the first member */
    sp_http_client_call(sp_worker_http_client(called->worker), called->target, &called->request, on_called,
                        called);
}

static inline void begin_call(struct rig *rig, enum sp_outbound_target target,
                              const struct sp_exchange_request *request, struct called *called)
{
    *called = (struct called){
        .task = {.run = run_call}, .worker = rig->worker, .target = target, .request = *request};
    sp_buf_init(&called->content_type, 1024);
    sp_buf_init(&called->body, 4 * 1024 * 1024);
    sp_buf_init(&called->text, 4096);
    sp_worker_post(rig->worker, &called->task);
}

static inline void call(struct rig *rig, enum sp_outbound_target target,
                        const struct sp_exchange_request *request, struct called *called)
{
    begin_call(rig, target, request, called);
    WAIT_FOR(atomic_load(&called->done_n) == 1);
}

/* ---- order ----------------------------------------------------------------------------------------- */

struct signal_task {
    struct sp_task task;
    atomic_int ran;
};

static inline void on_signal(struct sp_task *task)
{
    struct signal_task *signal = (struct signal_task *)(void *)task;
    atomic_store(&signal->ran, 1);
}

/* When this returns, the thread has checked its timers after the last change of the clock. */
static inline void let_timers_run(struct rig *rig)
{
    for (int i = 0; i < 2; i++) {
        struct signal_task signal = {.task = {.run = on_signal}};
        sp_worker_post(rig->worker, &signal.task);
        WAIT_FOR(atomic_load(&signal.ran));
    }
}

/* All earlier requests have reached the server, which answers in the order of arrival. */
static inline void ping(struct rig *rig, struct http_server *server)
{
    CALLED pinged;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ping", server->port);
    call(rig, SP_TARGET_USERINFO, &(struct sp_exchange_request){.url = url, .answer_max = 16}, &pinged);
}

#endif
