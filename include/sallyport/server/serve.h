/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_SERVE_H
#define SP_SERVER_SERVE_H

/*
 * The process: loop threads, the worker, and the main thread, which waits for signals. SIGTERM and SIGINT
 * make it unready at once. For `drain_delay` it still accepts connections, because proxies learn with a delay
 * that a pod is ending, and closes each connection after its answer. Then it stops accepting, finishes what
 * is in flight, and returns.
 */

#include "gate/loading.h"
#include "gate/process.h"

/*
 * Runs until it is told to exit. The warnings of `loading`, which made the snapshot, are logged.
 *
 *   SP_OK      exited cleanly
 *   SP_ERR_IO  a listener or thread cannot be created; `diag` states which
 */
enum sp_error sp_serve(struct sp_snapshot *snapshot, const struct sp_loading *loading, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
