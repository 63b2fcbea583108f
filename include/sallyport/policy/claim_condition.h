/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_CLAIM_CONDITION_H
#define SP_POLICY_CLAIM_CONDITION_H

/*
 * A condition of a rule on one claim; one of the values suffices. It is looked at when the user signs in, and
 * a fact of their profile from then on (session/profile.h), unless every profile holds the claim anyway. Of a
 * profile that was made before a rule had the condition it is not known whether it holds: then it does for a
 * rule that denies, and for no other.
 *
 * A claim may come in a shape whose values are not known: nested, or a list where one text is expected. The
 * condition of a rule that denies then holds, or an issuer that changes its claims would open what was
 * closed.
 */

#include "policy/identity.h"
#include "policy/texts.h"

struct sp_claim_condition {
    char *name; /* or a JSON pointer (oidc/claims.h) */
    struct sp_texts values;
    char **sorted; /* owned, not its texts: the values in the order by which equal conditions are found
                      (config/claim_conditions.h) */
    size_t fact;
    bool denies; /* of a rule that does: it is a condition, and a fact, of its own */
};

enum sp_claim_answer {
    SP_CLAIM_ANSWER_NO,
    SP_CLAIM_ANSWER_YES,
    SP_CLAIM_ANSWER_UNKNOWN,
};

/* Whether it holds for this user. */
enum sp_claim_answer sp_claim_condition_ask(const struct sp_claim_condition *claim,
                                            const struct sp_identity *identity);

/* Whether it depends on a fact; if not, on what every profile holds alone: email_verified, and the claims of
 * sp_profile_always_holds, where the rule does not deny. */
bool sp_claim_condition_is_fact(const struct sp_claim_condition *claim);

void sp_claim_condition_done(struct sp_claim_condition *claim);

#endif
