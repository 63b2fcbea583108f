/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RBAC_FILES_H
#define SP_GATE_RBAC_FILES_H

/*
 * ClusterRoles and ClusterRoleBindings from files, in the form that kubectl prints and reads: YAML documents
 * (including JSON), or a `List` of objects. Objects of other kinds are ignored. Fields that the API server
 * and the controller manager would fill in are filled in here: the apiGroup of subjects, and the rules of
 * aggregated roles.
 *
 * If something is wrong, the report names file, line and column, and there is no index.
 */

#include "config/reports.h"
#include "config/yaml.h"
#include "kube/rbac_index.h"

#define SP_RBAC_FILES_MAX 1024               /* files in a folder */
#define SP_RBAC_FILE_MAX  (16 * 1024 * 1024) /* bytes of one file */

struct sp_rbac_files;

/* NULL if out of memory. */
struct sp_rbac_files *sp_rbac_files_new(const struct sp_rbac_settings *settings)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_rbac_files_free(struct sp_rbac_files *files);

/* Adds the objects in `text`, the content of the file `path`. */
void sp_rbac_files_add(struct sp_rbac_files *files, const char *path, struct sp_str text,
                       struct sp_reports *reports);

/* The index of everything that was added, with reports about `folder` for anything unwise. NULL if a report
 * is an error. Call once. */
struct sp_rbac_index *sp_rbac_files_finish(struct sp_rbac_files *files, const char *folder,
                                           struct sp_reports *reports);

#endif
