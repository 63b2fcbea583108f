/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_RBAC_H
#define SP_CLI_EXPLAIN_RBAC_H

/*
 * What `sallyport explain` tells of a rule `rbac` that decides: every grant that lets the request in, with its
 * binding, role, rule and pattern; or what no binding gives.
 */

#include "policy/rbac.h"

#include <jansson.h>

#define SP_EXPLAIN_GRANTS_MAX 64 /* told; further ones are not */

/* Adds `grants`, in the order of the names of their bindings, to what is told of the rule. */
void sp_explain_rbac_describe(const struct sp_rbac_index *index, const struct sp_request *request,
                              const struct sp_identity *identity, json_t *rule);

/* The same as lines of text; nothing where nothing was added. */
void sp_explain_rbac_append(const json_t *rule, struct sp_buf *out);

#endif
