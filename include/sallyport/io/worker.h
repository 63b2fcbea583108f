/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_WORKER_H
#define SP_IO_WORKER_H

/*
 * The only thread that waits for other servers, so that name resolution and TLS handshakes never run on a
 * loop that answers requests. It runs timers, tasks from any thread, and an HTTP client, in whose wait it
 * sleeps. Tasks, timers and completions of calls run one after the other on this thread, so data that
 * only they use needs no lock.
 */

#include "base/error.h"
#include "io/http_client.h"

#include <stdint.h>

struct sp_worker;

struct sp_task {
    struct sp_task *next;
    void (*run)(struct sp_task *task); /* runs on the worker's thread, and frees the task */
};

/* Starts the thread. `metrics` is its shard. */
enum sp_error sp_worker_start(struct sp_metrics *metrics, struct sp_diag *diag, struct sp_worker **out)
    __attribute__((warn_unused_result));

/* Ends the thread, drops calls in flight without completing them, and frees the worker. */
void sp_worker_stop(struct sp_worker *worker);

/* From any thread. Tasks run in the order in which they were posted. */
void sp_worker_post(struct sp_worker *worker, struct sp_task *task);

/* On the worker's thread: runs `fire` once after `delay_ms`. There is one such timer per `context`; another
 * call resets it. */
void sp_worker_after(struct sp_worker *worker, int64_t delay_ms, void (*fire)(void *context), void *context);

/* For calls from the worker's thread. */
struct sp_http_client *sp_worker_http_client(const struct sp_worker *worker);

#endif
