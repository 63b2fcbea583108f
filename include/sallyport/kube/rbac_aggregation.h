/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_AGGREGATION_H
#define SP_KUBE_RBAC_AGGREGATION_H

/*
 * ClusterRoles that are made of others: `aggregationRule` selects roles by their labels, and the rules of the
 * role are those of all roles that one of its selectors takes. In a cluster the controller manager fills them
 * in; here it is done for objects out of files. A selected role may be such a one itself, and roles may
 * select each other, which then all have the same rules.
 *
 * What it costs grows with the conditions of all selectors times the roles, and with the rules that are taken
 * over; both have a limit.
 *
 * Source: "Aggregated ClusterRoles" of the Kubernetes documentation; labels and selectors as there: a
 * selector without conditions takes every role.
 */

#include "kube/rbac_record.h"

#define SP_RBAC_AGGREGATION_COMPARED_MAX 4000000 /* conditions of selectors times roles */
#define SP_RBAC_AGGREGATION_RULES_MAX    1000000 /* taken over, and then had by roles, in all */

/* Whether the `aggregationRule` of a role is one that the API server accepts; SP_ERR_FORMAT with `fault`. A
 * role that has none is sound. */
enum sp_error sp_rbac_aggregation_check(const json_t *role, struct sp_rbac_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Gives each role of the array that has an `aggregationRule`, all of them checked, the rules that it selects.
 * Those that it had are dropped.
 *
 *   SP_ERR_TOO_MANY  beyond one of the limits
 *   SP_ERR_MEMORY
 */
enum sp_error sp_rbac_aggregate(json_t *roles) __attribute__((warn_unused_result));

#endif
