/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_RBAC_H
#define SP_CLI_EXPLAIN_RBAC_H

/*
 * What `sallyport explain` prints about a deciding `rbac` rule: every grant that lets the request in, with
 * its binding, role, rule and pattern. If there is none, it prints what was searched for, and which other
 * verbs the same subjects have on the path.
 */

#include "policy/rbac.h"

#include <jansson.h>

#define SP_EXPLAIN_GRANTS_MAX 64 /* grants printed; further ones are left out */
#define SP_EXPLAIN_GROUPS_MAX 64 /* groups printed; further ones are left out */

/*
 * Adds `grants`, sorted by the names of their bindings, to the description of the rule. If there are none,
 * also adds `looked_for` (`verb`, `path`, `user`, `groups`, `more_groups`: the number left out) and
 * `other_verbs`: the grants of each other common verb.
 */
void sp_explain_rbac_describe(const struct sp_rbac_index *index, const struct sp_request *request,
                              const struct sp_identity *identity, json_t *rule);

/* A string as a JSON value. If it is not UTF-8, the value states that. */
json_t *sp_explain_text(struct sp_str text);

/* The same as lines of text; nothing if nothing was added. */
void sp_explain_rbac_append(const json_t *rule, struct sp_buf *out);

#endif
