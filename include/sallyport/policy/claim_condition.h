/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_CLAIM_CONDITION_H
#define SP_POLICY_CLAIM_CONDITION_H

/*
 * A rule's condition on one claim; one matching value is enough. It is evaluated when the user signs in and
 * stored as a fact in the user's profile (session/profile.h), unless every profile contains the claim anyway.
 * For a profile made before the rule had the condition, the result is unknown. The condition then holds in
 * `deny` rules only.
 *
 * A claim may have a shape whose values cannot be read: nested, or a list where one string is expected. In a
 * `deny` rule the condition then holds; otherwise an issuer that changes its claims would open what was
 * closed.
 */

#include "policy/identity.h"
#include "policy/texts.h"

struct sp_claim_condition {
    char *name; /* the claim's name, or a JSON pointer (oidc/claims.h) */
    struct sp_texts values;
    char **sorted; /* the same values in sorted order, to find equal conditions; only the array is owned */
    size_t fact;
    bool denies; /* the condition is in a `deny` rule, whose facts are separate */
};

enum sp_claim_answer {
    SP_CLAIM_ANSWER_NO,
    SP_CLAIM_ANSWER_YES,
    SP_CLAIM_ANSWER_UNKNOWN,
};

/* Whether the condition holds for this user. */
enum sp_claim_answer sp_claim_condition_ask(const struct sp_claim_condition *claim,
                                            const struct sp_identity *identity);

/* True if the condition depends on a fact. Otherwise it depends only on what every profile contains:
 * email_verified, and the claims of sp_profile_always_holds in rules other than `deny`. */
bool sp_claim_condition_is_fact(const struct sp_claim_condition *claim);

void sp_claim_condition_done(struct sp_claim_condition *claim);

#endif
