/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/claim_condition.h"

#include <stdlib.h>

bool sp_claim_condition_is_fact(const struct sp_claim_condition *claim)
{
    struct sp_str name = sp_str_from_c(claim->name);
    return sp_profile_always_holds(name) ? claim->denies : !sp_str_equal(name, SP_STR("email_verified"));
}

enum sp_claim_answer sp_claim_condition_ask(const struct sp_claim_condition *claim,
                                            const struct sp_identity *identity)
{
    static const struct sp_str verified[] = {
        [SP_EMAIL_VERIFIED_ABSENT] = SP_STR(""),
        [SP_EMAIL_VERIFIED_NO] = SP_STR("false"),
        [SP_EMAIL_VERIFIED_YES] = SP_STR("true"),
    };
    const struct sp_profile *profile = identity->profile;
    struct sp_str name = sp_str_from_c(claim->name);
    struct sp_str text = sp_profile_always_holds(name) ? sp_profile_claim(profile, name) : SP_STR_NONE;
    bool holds;
    if (text.len > 0) {
        holds = sp_texts_contain(&claim->values, text);
    } else if (sp_str_equal(name, SP_STR("email_verified"))) {
        holds = sp_texts_contain(&claim->values, verified[profile->email_verified]);
    } else if (!sp_claim_condition_is_fact(claim)) {
        holds = false;
    } else if (identity->facts == NULL) {
        return SP_CLAIM_ANSWER_UNKNOWN;
    } else {
        holds = (identity->facts[claim->fact / 8] >> (claim->fact % 8) & 1) != 0;
    }
    return holds ? SP_CLAIM_ANSWER_YES : SP_CLAIM_ANSWER_NO;
}

void sp_claim_condition_done(struct sp_claim_condition *claim)
{
    free(claim->name);
    free(claim->sorted);
    sp_texts_done(&claim->values);
    *claim = (struct sp_claim_condition){0};
}
