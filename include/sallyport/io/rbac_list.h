/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_RBAC_LIST_H
#define SP_IO_RBAC_LIST_H

/*
 * Who may do what in the cluster at this moment, for a command that asks once: the objects are read as serve
 * reads them (io/rbac_watch.h), with the same requests and rights, and nothing is followed. The caller waits.
 * Whatever fails ends it; who wants to try again asks again.
 */

#include "io/api_server.h"
#include "kube/rbac_index.h"

#define SP_RBAC_LIST_MAX_MS 30000 /* for all of it */

/*
 * A new index of the objects, in `out`.
 *
 *   access  borrowed for the call
 *   max_ms  after which it ends, whatever has come
 *   diag    what failed: the status, the right that is missing, why the server cannot be reached
 *
 *   SP_ERR_IO      there is no answer, or not all of one
 *   SP_ERR_MEMORY  or no thread
 */
enum sp_error sp_rbac_list(struct sp_api_access *access, const struct sp_rbac_settings *settings,
                           int64_t max_ms, struct sp_diag *diag, struct sp_rbac_index **out)
    __attribute__((warn_unused_result));

#endif
