/* SPDX-License-Identifier: Apache-2.0 */
#include "io/worker.h"

#include "io/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define WAIT_MAX_MS 1000

struct timer {
    struct timer *next;
    int64_t due_ms;
    void (*fire)(void *context);
    void *context;
};

struct sp_worker {
    pthread_t thread;
    struct sp_http_client *http_client;
    struct timer *timers;
    pthread_mutex_t lock; /* protects the tasks */
    struct sp_task *first_task;
    struct sp_task **end_task;
    atomic_int stopping;
};

/* ---- tasks ----------------------------------------------------------------------------------------- */

void sp_worker_post(struct sp_worker *worker, struct sp_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&worker->lock);
    *worker->end_task = task;
    worker->end_task = &task->next;
    pthread_mutex_unlock(&worker->lock);
    sp_http_client_wake(worker->http_client);
}

static void run_tasks(struct sp_worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct sp_task *task = worker->first_task;
    worker->first_task = NULL;
    worker->end_task = &worker->first_task;
    pthread_mutex_unlock(&worker->lock);
    while (task != NULL) {
        struct sp_task *next = task->next;
        task->run(task);
        task = next;
    }
}

/* ---- timers ---------------------------------------------------------------------------------------- */

void sp_worker_after(struct sp_worker *worker, int64_t delay_ms, void (*fire)(void *context), void *context)
{
    struct timer *timer = worker->timers;
    while (timer != NULL && timer->context != context) {
        timer = timer->next;
    }
    if (timer == NULL) {
        timer = calloc(1, sizeof *timer);
        if (timer == NULL) {
            abort(); /* out of memory; each context allocates its timer only once */
        }
        timer->context = context;
        timer->next = worker->timers;
        worker->timers = timer;
    }
    timer->fire = fire;
    timer->due_ms = sp_clock_monotonic_ms() + delay_ms;
    /* A completion may call this after the length of the wait was computed. */
    sp_http_client_wake(worker->http_client);
}

/* Runs the timers that are due; returns the time until the next one, at most WAIT_MAX_MS. */
static int run_timers(struct sp_worker *worker)
{
    int64_t wait_ms = WAIT_MAX_MS;
    for (struct timer *timer = worker->timers; timer != NULL; timer = timer->next) {
        int64_t now_ms = sp_clock_monotonic_ms();
        if (timer->fire != NULL && timer->due_ms <= now_ms) {
            void (*fire)(void *) = timer->fire;
            timer->fire = NULL;
            fire(timer->context);
        }
        if (timer->fire != NULL) {
            int64_t left_ms = timer->due_ms - now_ms;
            wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
        }
    }
    return wait_ms > 0 ? (int)wait_ms : 0;
}

/* ---- the thread ------------------------------------------------------------------------------------ */

static void *run(void *context)
{
    struct sp_worker *worker = context;
    while (!atomic_load(&worker->stopping)) {
        run_tasks(worker);
        sp_http_client_run(worker->http_client, run_timers(worker));
    }
    return NULL;
}

static void free_worker(struct sp_worker *worker)
{
    while (worker->timers != NULL) {
        struct timer *timer = worker->timers;
        worker->timers = timer->next;
        free(timer);
    }
    sp_http_client_free(worker->http_client);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

enum sp_error sp_worker_start(struct sp_metrics *metrics, struct sp_diag *diag, struct sp_worker **out)
{
    struct sp_http_client *http_client = NULL;
    enum sp_error error = sp_http_client_new(metrics, diag, &http_client);
    if (error != SP_OK) {
        return error;
    }
    struct sp_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        sp_http_client_free(http_client);
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    worker->http_client = http_client;
    pthread_mutex_init(&worker->lock, NULL);
    worker->end_task = &worker->first_task;
    if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
        free_worker(worker);
        return sp_diag_set(diag, SP_ERR_MEMORY, "cannot start the thread that waits for other servers");
    }
    *out = worker;
    return SP_OK;
}

void sp_worker_stop(struct sp_worker *worker)
{
    atomic_store(&worker->stopping, 1);
    sp_http_client_wake(worker->http_client);
    pthread_join(worker->thread, NULL);
    free_worker(worker);
}

struct sp_http_client *sp_worker_http_client(const struct sp_worker *worker)
{
    return worker->http_client;
}
