/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_EXPLAIN_RULES_H
#define SP_CLI_EXPLAIN_RULES_H

/*
 * What `sallyport explain` tells of the rules of a policy: of each, in order, whether it holds for the
 * request, and the condition that keeps it from holding, with what the request or the user has and what the
 * rule wants.
 *
 * The document of `me` does not tell all of a session. A condition that does not hold by what it tells, and
 * that what it lacks could make hold, is not known, unless another of the rule does not hold anyway.
 */

#include "cli/explain_who.h"
#include "policy/rules.h"

#include <jansson.h>

/* Whom and what the rules are asked about. All borrowed. */
struct sp_explain_case {
    const struct sp_policy *policy;
    const struct sp_request *request;
    const struct sp_explain_who *who;
    const struct sp_rbac_index *rbac; /* NULL: not used, or not known */
};

/*
 * A new array of an object a rule: `rule`, `line`, `action`, `result` (`holds`, `does not hold`, `not known`
 * or `not reached`), where it does not hold `condition`, `has` and `wants`, and where RBAC decides what
 * cli/explain_rbac.h adds.
 *
 *   decided  the rule whose verdict it is, from 1; 0: the first that holds
 */
json_t *sp_explain_rules_describe(const struct sp_explain_case *asked, size_t decided)
    __attribute__((warn_unused_result));

/* Whether it is not known of a rule so described if it holds: then the verdict may be another. */
bool sp_explain_rules_have_unknown(const json_t *rules);

#endif
