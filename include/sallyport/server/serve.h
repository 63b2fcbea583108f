/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_SERVE_H
#define SP_SERVER_SERVE_H

/*
 * The process: loop threads, the worker, and this one, which waits for signals. SIGTERM and SIGINT
 * make it unready at once; for `drain_delay` it goes on accepting, each answer the last of its connection,
 * since proxies hear of the end of a pod with a delay; then it stops accepting, finishes what is in flight,
 * and returns.
 */

#include "gate/loading.h"
#include "gate/process.h"

/*
 * Runs until it is told to end. The warnings of `loading`, which made the snapshot, are lines of the log.
 *
 *   SP_OK      ended in order
 *   SP_ERR_IO  a listener or thread cannot be had; `diag` says which
 */
enum sp_error sp_serve(struct sp_snapshot *snapshot, const struct sp_loading *loading, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
