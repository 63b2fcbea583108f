/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RBAC_WATCH_H
#define SP_IO_RBAC_WATCH_H

/*
 * The ClusterRoles and ClusterRoleBindings of the cluster, each followed on the worker by a watch
 * (kube/watch.h), and the index that is built from them (kube/rbac_index.h).
 *
 * The first index exists when both lists are complete. While changes arrive, a new one is begun every
 * SP_RBAC_BUILD_EACH_MS; the first change after a pause begins one at once. It is built in slices of
 * SP_RBAC_SLICE_MS, between which the worker handles its other calls. The index stays in use while the API
 * server is down. Its age is the time since the last line of the watch that is further behind. Lines of a
 * list that is read again do not count, because they do not confirm the earlier objects. Once the index is
 * older than `max_age_s`, it is not used until the objects are known again.
 *
 * If this process may not read the objects, the log names the missing right. A failure is logged at once, and
 * then once a minute while its cause stays the same.
 */

#include "io/api_server.h"
#include "io/worker.h"
#include "kube/rbac_index.h"

#define SP_RBAC_BUILD_EACH_MS 1000
#define SP_RBAC_SLICE_MS      4
#define SP_RBAC_TOLD_EACH_MS  60000

struct sp_rbac_watch;

/* On the worker: the index for `rbac` rules from now on; NULL: none. Takes its own reference if it keeps
 * `index`. */
typedef void sp_rbac_update_fn(void *context, struct sp_rbac_index *index);

/* Sends nothing until sp_rbac_watch_use is called. `worker` and `context` must outlive it. NULL if out of
 * memory. */
struct sp_rbac_watch *sp_rbac_watch_new(struct sp_worker *worker, const struct sp_rbac_settings *settings,
                                        int64_t max_age_s, sp_rbac_update_fn *update, void *context)
    __attribute__((warn_unused_result));

/* On the worker: an attempt to read the first list of a kind has failed; `detail` states why. Another attempt
 * will follow. */
typedef void sp_rbac_failed_fn(void *context, const struct sp_diag *detail);

/* Before sp_rbac_watch_use: `failed` is called for each such failure, with the context of the updates. */
void sp_rbac_watch_tell_failures(struct sp_rbac_watch *watch, sp_rbac_failed_fn *failed);

/* After the worker has ended. Accepts NULL. */
void sp_rbac_watch_free(struct sp_rbac_watch *watch);

/* From one thread: takes the reference to `access`, which is used from the next request on. A request that
 * has failed is repeated at once. */
void sp_rbac_watch_use(struct sp_rbac_watch *watch, struct sp_api_access *access);

/* From any thread. */
struct sp_rbac_watch_status {
    bool is_read;       /* both lists were completed, and an index was built from them */
    bool is_current;    /* the index is not too old to be used */
    int64_t bindings_n; /* in the index; below 0: there is no index yet */
    int64_t age_s;      /* of the index; below 0 in the same case */
};

struct sp_rbac_watch_status sp_rbac_watch_status(const struct sp_rbac_watch *watch);

#endif
