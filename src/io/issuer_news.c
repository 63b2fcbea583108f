/* SPDX-License-Identifier: Apache-2.0 */
#include "io/issuer_news.h"

#include <pthread.h>
#include <stdlib.h>

struct sp_issuer_news {
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_waiting *waiting;
    struct sp_task task;
    pthread_mutex_t lock; /* protects the following members */
    struct sp_waiters waiters;
    bool is_awaited; /* the task is posted, or a request was sent; later logins join */
};

static void on_news(void *context)
{
    struct sp_issuer_news *news = context;
    pthread_mutex_lock(&news->lock);
    struct sp_wait *wait = sp_waiting_take(news->waiting, &news->waiters);
    news->is_awaited = false;
    pthread_mutex_unlock(&news->lock);
    while (wait != NULL) {
        struct sp_wait *next = wait->next;
        sp_wait_post(wait, NULL);
        wait = next;
    }
}

static void on_begun(struct sp_task *task)
{
    struct sp_issuer_news *news =
        (struct sp_issuer_news *)(void *)((char *)task - offsetof(struct sp_issuer_news, task));
    sp_issuer_await_news(news->issuer, on_news, news);
}

const char *sp_issuer_news_begin(struct sp_issuer_news *news, struct sp_wait *wait)
{
    pthread_mutex_lock(&news->lock);
    const char *refusal = sp_waiting_enter(news->waiting, &news->waiters, wait);
    if (refusal == NULL && !news->is_awaited) {
        news->is_awaited = true;
        news->task = (struct sp_task){.run = on_begun};
        sp_worker_post(news->worker, &news->task);
    }
    pthread_mutex_unlock(&news->lock);
    return refusal;
}

struct sp_issuer_news *sp_issuer_news_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                          struct sp_waiting_limits limits)
{
    struct sp_issuer_news *news = calloc(1, sizeof *news);
    if (news == NULL) {
        return NULL;
    }
    limits.owner_max = limits.waiting_max;
    *news = (struct sp_issuer_news){
        .worker = worker,
        .issuer = issuer,
        .waiting = sp_waiting_new(limits),
        .waiters = {.max = limits.waiting_max, .full = "too many sign-ins already wait"},
    };
    pthread_mutex_init(&news->lock, NULL);
    if (news->waiting == NULL) {
        sp_issuer_news_free(news);
        return NULL;
    }
    return news;
}

void sp_issuer_news_free(struct sp_issuer_news *news)
{
    if (news != NULL) {
        sp_waiting_free(news->waiting);
        pthread_mutex_destroy(&news->lock);
        free(news);
    }
}
