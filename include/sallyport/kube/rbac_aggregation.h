/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_RBAC_AGGREGATION_H
#define SP_KUBE_RBAC_AGGREGATION_H

/*
 * ClusterRoles that are aggregated from others. `aggregationRule` selects roles by their labels, and the role
 * gets the rules of all roles that any of its selectors matches. In a cluster the controller manager does
 * this; here it is done for objects from files. A selected role may be aggregated itself, and roles may
 * select each other; all of those then have the same rules.
 *
 * The cost grows with the conditions of all selectors times the number of roles, and with the number of rules
 * copied. Both have a limit.
 *
 * Source: "Aggregated ClusterRoles" of the Kubernetes documentation. Labels and selectors work as described
 * there: a selector without conditions matches every role.
 */

#include "kube/rbac_record.h"

#define SP_RBAC_AGGREGATION_COMPARED_MAX 4000000 /* product of selector conditions and roles */
#define SP_RBAC_AGGREGATION_RULES_MAX    1000000 /* rules copied, plus the rules of the resulting roles */

/* Checks that the API server would accept the `aggregationRule` of a role. If not, returns SP_ERR_FORMAT and
 * sets `fault`. A role without one is valid. */
enum sp_error sp_rbac_aggregation_check(const json_t *role, struct sp_rbac_fault *fault)
    __attribute__((warn_unused_result));

/*
 * Gives each role of the array that has a checked `aggregationRule` the rules that it selects. Its previous
 * rules are dropped.
 *
 *   SP_ERR_TOO_MANY  one of the limits was exceeded
 *   SP_ERR_MEMORY
 */
enum sp_error sp_rbac_aggregate(json_t *roles) __attribute__((warn_unused_result));

#endif
