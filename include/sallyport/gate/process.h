/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_PROCESS_H
#define SP_GATE_PROCESS_H

/*
 * What all threads share while the program runs, besides the snapshots (gate/snapshot.h): the connection to
 * the issuer, the counters, and the limits of this machine.
 */

#include "gate/snapshot.h"
#include "io/bearer_keys.h"
#include "io/code_exchanges.h"
#include "io/issuer_news.h"
#include "io/logout_tokens.h"
#include "io/rbac_watch.h"
#include "io/renewals.h"
#include "session/bearers.h"
#include "session/revocations.h"

struct sp_process {
    size_t threads_n;   /* number of loops */
    int64_t started_ms; /* since the Unix epoch; fixed, so that it identifies restarts */
    size_t auth_connections_max;
    size_t pages_connections_max;
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_issuer_news *issuer_news;
    struct sp_waiting *waiting; /* requests that are answered later */
    struct sp_code_exchanges *code_exchanges;
    struct sp_renewals *renewals;     /* NULL: sessions are not renewed */
    struct sp_rbac_watch *rbac_watch; /* starts to follow the cluster when a rule first needs it */
    bool is_ready_by_rbac;            /* a rule needed it at startup: not ready until it has been read */
    struct sp_revocations *revocations;
    struct sp_logout_tokens *logout_tokens;
    struct sp_bearer_keys *bearer_keys;
    struct sp_metrics **metrics; /* one shard for each loop, and the last for the worker */
    size_t metrics_n;
    atomic_int draining;
    atomic_int reload_failed; /* the files of the configuration cannot be used as they are now */
    atomic_uint_fast64_t reloads_n;
    atomic_uint_fast64_t reloads_failed_n;
};

/* Creates everything that needs no thread. SP_ERR_MEMORY; always call sp_process_done. */
enum sp_error sp_process_init(struct sp_process *process, size_t threads_n, struct sp_diag *diag)
    __attribute__((warn_unused_result));
void sp_process_done(struct sp_process *process);

/* The data that an endpoint works with on one loop. The snapshot is the loop's, or the one that a wait began
 * with: it is held until the answer is made. */
struct sp_context {
    struct sp_snapshot *snapshot; /* never modified */
    const struct sp_process *process;
    struct sp_mailbox *mailbox;
    struct sp_metrics *metrics;
    struct sp_cache *cache;
    struct sp_bearers *bearers; /* verified tokens */
    struct sp_bearers *passed;  /* unverified tokens from listed issuers (gate/passthrough.h) */
    struct sp_random random;
    int64_t now_s;
};

#endif
