/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_RULES_H
#define SP_CLI_EXPLAIN_RULES_H

/*
 * What `sallyport explain` prints about the rules of a policy. For each rule, in order: whether it matches
 * the request, and if not, the condition that does not hold, with what the request or the user has and what
 * the rule requires.
 *
 * The document of `me` does not contain the whole session. If a condition does not hold according to the
 * document, but could hold with the missing data, the result is unknown, unless another condition of the rule
 * fails anyway.
 */

#include "cli/explain_who.h"
#include "policy/rules.h"

#include <jansson.h>

/* The input for evaluating the rules. Everything is borrowed. */
struct sp_explain_case {
    const struct sp_policy *policy;
    const struct sp_request *request;
    const struct sp_explain_who *who;
    const struct sp_rbac_index *rbac; /* NULL: not used, or unknown */
};

/*
 * A new array with one object per rule: `rule`, `line`, `action` and `result` (`holds`, `does not hold`, `not
 * known` or `not reached`). If it does not hold, also `condition`, `has` and `wants`; if RBAC decides, also
 * what cli/explain_rbac.h adds.
 *
 *   decided  the rule that decided, from 1; 0: the first that holds
 */
json_t *sp_explain_rules_describe(const struct sp_explain_case *asked, size_t decided)
    __attribute__((warn_unused_result));

/* True if the result of some rule in this description is unknown, so that the verdict may be wrong. */
bool sp_explain_rules_have_unknown(const json_t *rules);

#endif
