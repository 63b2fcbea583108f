/* SPDX-License-Identifier: Apache-2.0 */
#include "io/waiting.h"

#include <pthread.h>
#include <stdlib.h>

struct sp_waiting {
    struct sp_waiting_limits limits;
    pthread_mutex_t lock; /* protects all members below and every list of waiters */
    struct sp_wait *first;
    size_t n;
    size_t pages_n; /* requests that came to the pages listener */
};

static size_t quarter_of(size_t connections_max, size_t max)
{
    size_t quarter = connections_max / 4;
    if (quarter == 0) {
        return 1;
    }
    return quarter < max ? quarter : max;
}

struct sp_waiting_limits sp_waiting_limits_of(size_t auth_connections_max, size_t pages_connections_max,
                                              size_t max)
{
    return (struct sp_waiting_limits){
        .waiting_max = quarter_of(auth_connections_max, max),
        .pages_waiting_max = quarter_of(pages_connections_max, max),
        .owner_max = SP_WAITING_OWNER_MAX,
    };
}

struct sp_waiting *sp_waiting_new(struct sp_waiting_limits limits)
{
    struct sp_waiting *waiting = calloc(1, sizeof *waiting);
    if (waiting != NULL) {
        waiting->limits = limits;
        pthread_mutex_init(&waiting->lock, NULL);
    }
    return waiting;
}

void sp_waiting_free(struct sp_waiting *waiting)
{
    if (waiting != NULL) {
        pthread_mutex_destroy(&waiting->lock);
        free(waiting);
    }
}

/* NULL: there is room. */
static const char *full_for(const struct sp_waiting *waiting, const struct sp_waiters *waiters,
                            const struct sp_wait *wait)
{
    if (waiting->n >= waiting->limits.waiting_max) {
        return "too many requests already wait for the issuer";
    }
    if (wait->is_by_pages && waiting->pages_n >= waiting->limits.pages_waiting_max) {
        return "too many requests of the pages listener already wait for the issuer";
    }
    size_t of_owner_n = 0;
    for (const struct sp_wait *other = waiting->first; other != NULL; other = other->next_of_all) {
        of_owner_n += sp_str_equal(other->owner, wait->owner);
    }
    if (of_owner_n >= waiting->limits.owner_max) {
        return "too many requests of this sign-in or user already wait";
    }
    return waiters->n >= waiters->max ? waiters->full : NULL;
}

static void link_wait(struct sp_waiting *waiting, struct sp_waiters *waiters, struct sp_wait *wait)
{
    wait->waiting = waiting;
    wait->waiters = waiters;
    wait->previous = NULL;
    wait->next = waiters->first;
    if (wait->next != NULL) {
        wait->next->previous = wait;
    }
    waiters->first = wait;
    waiters->n++;
    wait->previous_of_all = NULL;
    wait->next_of_all = waiting->first;
    if (wait->next_of_all != NULL) {
        wait->next_of_all->previous_of_all = wait;
    }
    waiting->first = wait;
    waiting->n++;
    waiting->pages_n += wait->is_by_pages;
}

static void unlink_wait(struct sp_wait *wait)
{
    *(wait->previous != NULL ? &wait->previous->next : &wait->waiters->first) = wait->next;
    if (wait->next != NULL) {
        wait->next->previous = wait->previous;
    }
    wait->waiters->n--;
    struct sp_waiting *waiting = wait->waiting;
    *(wait->previous_of_all != NULL ? &wait->previous_of_all->next_of_all : &waiting->first) =
        wait->next_of_all;
    if (wait->next_of_all != NULL) {
        wait->next_of_all->previous_of_all = wait->previous_of_all;
    }
    waiting->n--;
    waiting->pages_n -= wait->is_by_pages;
    wait->waiters = NULL;
}

const char *sp_waiting_enter(struct sp_waiting *waiting, struct sp_waiters *waiters, struct sp_wait *wait)
{
    pthread_mutex_lock(&waiting->lock);
    const char *refusal = full_for(waiting, waiters, wait);
    if (refusal == NULL) {
        link_wait(waiting, waiters, wait);
    }
    pthread_mutex_unlock(&waiting->lock);
    return refusal;
}

bool sp_waiting_withdraw(struct sp_wait *wait)
{
    struct sp_waiting *waiting = wait->waiting;
    if (waiting == NULL) {
        return false;
    }
    pthread_mutex_lock(&waiting->lock);
    bool waits = wait->waiters != NULL;
    if (waits) {
        unlink_wait(wait);
    }
    pthread_mutex_unlock(&waiting->lock);
    return waits;
}

struct sp_wait *sp_waiting_take(struct sp_waiting *waiting, struct sp_waiters *waiters)
{
    struct sp_wait *taken = NULL;
    pthread_mutex_lock(&waiting->lock);
    while (waiters->first != NULL) {
        struct sp_wait *wait = waiters->first;
        unlink_wait(wait);
        wait->next = taken;
        taken = wait;
    }
    pthread_mutex_unlock(&waiting->lock);
    return taken;
}

void sp_wait_post(struct sp_wait *wait, void *outcome)
{
    wait->outcome = outcome;
    sp_mailbox_post(wait->mailbox, &wait->message);
}
