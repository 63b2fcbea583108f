/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_PUBLISHER_H
#define SP_SERVER_PUBLISHER_H

/*
 * Makes the snapshots that loops answer from, on the worker. When the issuer's documents, the bindings of the
 * cluster, credentials or the configuration change, it makes a new snapshot from the change and the last
 * snapshot, and posts it to each loop. Everything on the worker that depends on the configuration (calls to
 * the issuer, tokens of accounts) changes in the same task. Work in progress ends with the settings that it
 * began with.
 *
 * Each process has one publisher. The main thread hands over snapshots and credentials, which wait for the
 * worker together, under one lock. A newer one replaces an older one that still waits. A new snapshot also
 * drops waiting credentials, because they were read for the bindings of another configuration.
 */

#include "server/loop.h"

/* Starts the worker, and creates those objects of the process that run on it. `process`, `loops` and the
 * arguments that the process was started with must outlive it. SP_ERR_MEMORY, SP_ERR_IO. */
enum sp_error sp_publisher_start(struct sp_process *process, struct sp_loop *loops, size_t loops_n,
                                 struct sp_snapshot *snapshot, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* After the worker has ended. */
void sp_publisher_end(void);

/* From the main thread, when the object has changed. Each function takes the reference. */
void sp_publisher_use_credentials(struct sp_credentials *credentials);
void sp_publisher_use_snapshot(struct sp_snapshot *snapshot); /* a snapshot that no other thread has yet */
void sp_publisher_use_access(const struct sp_config *config, struct sp_api_access *access);

#endif
