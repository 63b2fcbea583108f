/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_RBAC_H
#define SP_CLI_EXPLAIN_RBAC_H

/*
 * What `sallyport explain` tells of a rule `rbac` that decides: every grant that lets the request in, with
 * its binding, role, rule and pattern; or what was looked for and not found, and which other verbs are given
 * on the path to the same subjects.
 */

#include "policy/rbac.h"

#include <jansson.h>

#define SP_EXPLAIN_GRANTS_MAX 64 /* told; further ones are not */
#define SP_EXPLAIN_GROUPS_MAX 64 /* the same */

/*
 * Adds `grants`, in the order of the names of their bindings, to what is told of the rule. Where there is
 * none, also `looked_for` (`verb`, `path`, `user`, `groups`, `more_groups`: how many are not told) and
 * `other_verbs`: the grants of each other usual verb.
 */
void sp_explain_rbac_describe(const struct sp_rbac_index *index, const struct sp_request *request,
                              const struct sp_identity *identity, json_t *rule);

/* A text as a value of JSON, which says so where it is no UTF-8. */
json_t *sp_explain_text(struct sp_str text);

/* The same as lines of text; nothing where nothing was added. */
void sp_explain_rbac_append(const json_t *rule, struct sp_buf *out);

#endif
