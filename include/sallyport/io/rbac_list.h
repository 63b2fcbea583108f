/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RBAC_LIST_H
#define SP_IO_RBAC_LIST_H

/*
 * The current RBAC objects of the cluster, for a command that reads them once. They are read as serve reads
 * them (io/rbac_watch.h), with the same requests and rights, but are not watched. The caller waits. Any
 * failure ends the call; a retry is up to the caller.
 */

#include "io/api_server.h"
#include "kube/rbac_index.h"

#define SP_RBAC_LIST_MAX_MS 30000 /* for the whole call */

/*
 * A new index of the objects, in `out`.
 *
 *   access  borrowed for the call
 *   max_ms  the time limit
 *   diag    what failed: the status, the missing right, or why the server cannot be reached
 *
 *   SP_ERR_IO      there is no response, or an incomplete one
 *   SP_ERR_MEMORY  out of memory, or the worker cannot be started
 */
enum sp_error sp_rbac_list(struct sp_api_access *access, const struct sp_rbac_settings *settings,
                           int64_t max_ms, struct sp_diag *diag, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

#endif
