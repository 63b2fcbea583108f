/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_PUBLISHER_H
#define SP_SERVER_PUBLISHER_H

/*
 * Makes the snapshots that loops answer from, on the worker. When the issuer's documents, the bindings of the
 * cluster, credentials or the configuration change, it makes a new snapshot with them and with everything else
 * of the last one, and posts it to each loop. Whatever runs on the worker by the configuration (calls to the
 * issuer, tokens of accounts) changes in the same task. What is in flight ends as it began.
 *
 * There is one in a process. The main thread hands over snapshots and credentials, which wait for the worker
 * together, under one lock. A newer one replaces an older one that still waits. A new snapshot also drops the
 * credentials that wait, since they were read by the bindings of another configuration.
 */

#include "server/loop.h"

/* Starts the worker, and makes what of the process runs there. `process`, `loops` and what the process was
 * started with stay to the end. SP_ERR_MEMORY, SP_ERR_IO. */
enum sp_error sp_publisher_start(struct sp_process *process, struct sp_loop *loops, size_t loops_n,
                                 struct sp_snapshot *snapshot, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* After the worker has ended. */
void sp_publisher_end(void);

/* From the main thread, as the three are found; each takes the reference. */
void sp_publisher_use_credentials(struct sp_credentials *credentials);
void sp_publisher_use_snapshot(struct sp_snapshot *snapshot); /* which nobody else has yet */
void sp_publisher_use_access(const struct sp_config *config, struct sp_api_access *access);

#endif
