/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_PUBLISHER_H
#define SP_SERVER_PUBLISHER_H

/*
 * Makes the snapshots that loops answer from, on the worker: whenever the issuer's documents, the bindings of
 * the cluster, credentials or the configuration are others, a new one has these and all else of the last. One
 * message a loop swaps it in. What runs on the worker as the configuration says (calls to the issuer, tokens
 * of accounts) follows in the same task, and what is in flight ends as it began.
 *
 * One a process. What the main thread hands over waits in one place each: where the worker has not come to
 * it, the newer takes the place of the older.
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
