/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_CALLS_H
#define SP_TEST_UNIT_IO_CALLS_H

/* The outbound thread, and a call on it that a test waits for. */

#include "base/buf.h"
#include "io/outbound.h"

#include "http_server.h"

struct rig {
    struct sp_metrics metrics;
    struct sp_outbound *outbound;
};

static inline struct rig *rig_new(void)
{
    struct rig *rig = aligned_alloc(_Alignof(struct rig), sizeof *rig);
    memset(rig, 0, sizeof *rig);
    ck_assert_int_eq(sp_outbound_start(NULL, &rig->metrics, NULL, &rig->outbound), SP_OK);
    return rig;
}

static inline void rig_free(struct rig **rig)
{
    sp_outbound_stop((*rig)->outbound);
    free(*rig);
}

#define RIG __attribute__((cleanup(rig_free))) struct rig *

/* A call and what came of it. */
struct called {
    struct sp_task task;
    struct sp_outbound *outbound;
    struct sp_outbound_request request;
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

static inline void on_called(void *context, const struct sp_outbound_answer *answer)
{
    struct called *called = context;
    called->error = answer->error;
    called->status = answer->status;
    sp_buf_append(&called->content_type, answer->content_type);
    sp_buf_append(&called->body, answer->body);
    sp_buf_append_c(&called->text, answer->text);
    atomic_fetch_add(&called->done_n, 1);
}

static inline void run_call(struct sp_task *task)
{
    struct called *called = (struct called *)(void *)task; /* it is the first member */
    sp_outbound_call(called->outbound, &called->request, on_called, called);
}

static inline void begin_call(struct rig *rig, const struct sp_outbound_request *request,
                              struct called *called)
{
    *called = (struct called){.task = {.run = run_call}, .outbound = rig->outbound, .request = *request};
    sp_buf_init(&called->content_type, 1024);
    sp_buf_init(&called->body, 4 * 1024 * 1024);
    sp_buf_init(&called->text, 4096);
    sp_outbound_post(rig->outbound, &called->task);
}

static inline void call(struct rig *rig, const struct sp_outbound_request *request, struct called *called)
{
    begin_call(rig, request, called);
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

/* When this returns, the thread has looked at its timers after the last move of the clock. */
static inline void let_timers_run(struct rig *rig)
{
    for (int i = 0; i < 2; i++) {
        struct signal_task signal = {.task = {.run = on_signal}};
        sp_outbound_post(rig->outbound, &signal.task);
        WAIT_FOR(atomic_load(&signal.ran));
    }
}

/* Whatever was asked for before has reached the server, which answers in the order of arrival. */
static inline void ping(struct rig *rig, struct http_server *server)
{
    CALLED pinged;
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ping", server->port);
    call(rig, &(struct sp_outbound_request){.url = url, .answer_max = 16, .target = SP_TARGET_USERINFO},
         &pinged);
}

#endif
