/* SPDX-License-Identifier: Apache-2.0 */
#include "io/bearer_keys.h"

#include <pthread.h>
#include <stdlib.h>

struct sp_bearer_keys {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_waiting *waiting;
    struct sp_task task;
    struct sp_issuer_waiter waiter;
    pthread_mutex_t lock; /* protects the following members */
    struct sp_waiters waiters;
    bool is_busy; /* the task is posted, or keys are being fetched; later requests join */
};

struct sp_bearer_keys *sp_bearer_keys_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting *waiting, size_t waiting_max)
{
    struct sp_bearer_keys *keys = calloc(1, sizeof *keys);
    if (keys != NULL) {
        keys->worker = worker;
        keys->issuer = issuer;
        keys->waiting = waiting;
        keys->waiters = (struct sp_waiters){
            .max = waiting_max >= 4 ? waiting_max / 4 : 1,
            .full = "too many bearer tokens already wait for the issuer's keys",
        };
        pthread_mutex_init(&keys->lock, NULL);
    }
    return keys;
}

void sp_bearer_keys_free(struct sp_bearer_keys *keys)
{
    if (keys != NULL) {
        pthread_mutex_destroy(&keys->lock);
        free(keys);
    }
}

static void on_keys(void *context, struct sp_issuer_documents *documents)
{
    struct sp_bearer_keys *keys = context;
    if (documents == NULL && sp_issuer_status(keys->issuer).up) {
        documents = sp_issuer_current(keys->issuer); /* the keys were fetched a moment ago */
    }
    pthread_mutex_lock(&keys->lock);
    struct sp_wait *wait = sp_waiting_take(keys->waiting, &keys->waiters);
    keys->is_busy = false;
    pthread_mutex_unlock(&keys->lock);
    while (wait != NULL) {
        struct sp_wait *next = wait->next;
        sp_wait_post(wait, documents != NULL ? sp_issuer_documents_ref(documents) : NULL);
        wait = next;
    }
}

static void on_begun(struct sp_task *task)
{
    struct sp_bearer_keys *keys =
        (struct sp_bearer_keys *)(void *)((char *)task - offsetof(struct sp_bearer_keys, task));
    keys->waiter =
        (struct sp_issuer_waiter){.use = SP_ISSUER_KEYS_FOR_BEARER, .done = on_keys, .context = keys};
    sp_issuer_fetch_keys(keys->issuer, &keys->waiter);
}

const char *sp_bearer_keys_begin(struct sp_bearer_keys *keys, struct sp_wait *wait)
{
    pthread_mutex_lock(&keys->lock);
    const char *refusal = sp_waiting_enter(keys->waiting, &keys->waiters, wait);
    if (refusal == NULL && !keys->is_busy) {
        keys->is_busy = true;
        keys->task.run = on_begun;
        sp_worker_post(keys->worker, &keys->task);
    }
    pthread_mutex_unlock(&keys->lock);
    return refusal;
}
