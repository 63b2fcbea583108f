/* SPDX-License-Identifier: Apache-2.0 */
#include "io/rbac_list.h"

#include "io/rbac_watch.h"

#include <pthread.h>
#include <time.h>

/* The results of the worker, and the caller that waits for them. */
struct listing {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sp_rbac_index *index; /* one reference; NULL until the index is complete */
    bool has_failed;
    struct sp_diag why;
};

static void on_index(void *context, struct sp_rbac_index *index)
{
    struct listing *listing = context;
    pthread_mutex_lock(&listing->lock);
    if (listing->index == NULL && index != NULL) {
        listing->index = sp_rbac_index_ref(index);
    }
    pthread_cond_signal(&listing->changed);
    pthread_mutex_unlock(&listing->lock);
}

static void on_failed(void *context, const struct sp_diag *detail)
{
    struct listing *listing = context;
    pthread_mutex_lock(&listing->lock);
    if (!listing->has_failed) {
        listing->has_failed = true;
        listing->why = *detail;
    }
    pthread_cond_signal(&listing->changed);
    pthread_mutex_unlock(&listing->lock);
}

static void wait_for_end(struct listing *listing, int64_t max_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += max_ms / 1000;
    until.tv_nsec += (max_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int waited = 0;
    pthread_mutex_lock(&listing->lock);
    while (listing->index == NULL && !listing->has_failed && waited == 0) {
        waited = pthread_cond_timedwait(&listing->changed, &listing->lock, &until);
    }
    pthread_mutex_unlock(&listing->lock);
}

/* The worker has ended: no other thread uses the listing. */
static enum sp_error take_index(struct listing *listing, int64_t max_ms, struct sp_diag *diag,
                                struct sp_rbac_index **out)
{
    if (listing->index != NULL) {
        *out = listing->index;
        return SP_OK;
    }
    return listing->has_failed ? sp_diag_set(diag, SP_ERR_IO, "%s", listing->why.text)
                               : sp_diag_set(diag, SP_ERR_IO,
                                             "the lists of clusterroles and clusterrolebindings were not "
                                             "complete within %lld ms",
                                             (long long)max_ms);
}

static void listing_init(struct listing *listing)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&listing->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&listing->lock, NULL);
}

enum sp_error sp_rbac_list(struct sp_api_access *access, const struct sp_rbac_settings *settings,
                           int64_t max_ms, struct sp_diag *diag, struct sp_rbac_index **out)
{
    static struct sp_metrics metrics; /* required by the worker, never read */
    struct listing listing = {.index = NULL};
    struct sp_worker *worker = NULL;
    enum sp_error error = sp_worker_start(&metrics, diag, &worker);
    if (error != SP_OK) {
        return error;
    }
    listing_init(&listing);
    struct sp_rbac_watch *watch = sp_rbac_watch_new(worker, settings, INT32_MAX, on_index, &listing);
    if (watch == NULL) {
        error = sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    } else {
        sp_rbac_watch_tell_failures(watch, on_failed);
        sp_rbac_watch_use(watch, sp_api_access_ref(access));
        wait_for_end(&listing, max_ms);
    }
    sp_worker_stop(worker);
    if (error == SP_OK) {
        error = take_index(&listing, max_ms, diag, out);
    }
    sp_rbac_watch_free(watch);
    pthread_cond_destroy(&listing.changed);
    pthread_mutex_destroy(&listing.lock);
    return error;
}
