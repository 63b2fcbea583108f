/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SNAPSHOT_H
#define SP_GATE_SNAPSHOT_H

/*
 * What all threads share while the program runs: the configuration, the keys and what is derived from them,
 * immutable from the start; the issuer's documents, which each loop holds in its own current snapshot; and
 * counters.
 */

#include "config/config.h"
#include "io/redeemer.h"
#include "session/cookies.h"
#include "session/keyring.h"
#include "session/opened.h"

struct sp_server {
    struct sp_config *config;
    struct sp_keyring *keys;
    struct sp_cookies cookies;
    struct sp_client client;
    struct sp_buf client_secret;
    struct sp_decision_settings decision;
    struct sp_prefixes prefixes;
    struct sp_worker *worker;
    struct sp_issuer *issuer;
    struct sp_redeemer *redeemer;
    struct sp_metrics **metrics; /* one shard a loop, and the last for the worker */
    size_t metrics_n;
    atomic_int draining;
};

/*
 * Derives everything that needs no thread. Takes `config` and `keys`; `secret` is copied (empty: public
 * client). SP_ERR_MEMORY, SP_ERR_LIMIT; sp_server_done in any case.
 */
enum sp_error sp_server_init(struct sp_server *server, struct sp_config *config, struct sp_keyring *keys,
                             struct sp_str secret, struct sp_diag *diag) __attribute__((warn_unused_result));
void sp_server_done(struct sp_server *server);

/* What an endpoint works with on one loop. */
struct sp_context {
    struct sp_server *server;
    struct sp_issuer_documents *documents; /* NULL: the issuer could not be reached yet */
    struct sp_mailbox *mailbox;
    struct sp_metrics *metrics;
    struct sp_opened *opened;
    struct sp_random random;
    int64_t now_s;
};

#endif
