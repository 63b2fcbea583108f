/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rules: for any policy, request and profile, the engine decides like the slow model of the unit tests. Each
 * byte of the input is a throw of the dice that generate the material; after a byte 255 it is the target of
 * the request.
 */

/* The input replaces the dice. */
#define dice_roll dice_roll_random
#include "../unit/policy/material.h"
#undef dice_roll

static struct sp_str throws;

static inline size_t dice_roll(struct dice *dice, size_t sides)
{
    (void)dice;
    if (throws.len == 0) {
        return sides - 1;
    }
    unsigned char byte = (unsigned char)throws.ptr[0];
    throws = sp_str_skip(throws, 1);
    return byte % sides;
}

#include "../unit/policy/rules_model.h"
#include "fuzz.h"

#define RULES_MAX 6

static void check(const struct sp_policy *policy, const struct sp_request *request, struct sp_who who)
{
    bool needed;
    struct caller caller = {who, 0};
    struct sp_verdict expected = model_decide(policy, request, &who, &needed);
    struct sp_verdict verdict = sp_policy_decide(policy, request, model_rbac, identify, &caller);
    if (PLANTED(verdict.rule == 4 && verdict.kind == SP_VERDICT_DENY)) {
        verdict.kind = SP_VERDICT_ALLOW;
    }
    assert_same_verdict(verdict, expected);
    ck_assert_uint_eq(caller.asked_n, needed);
}

FUZZ_TARGET(input)
{
    static struct sp_profile profile;
    struct dice dice = {1};
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_str target = input;
    throws = sp_str_cut(&target, '\xff');
    struct sp_request request = random_request(&dice);
    fill_random_profile(&dice, &profile);
    for (size_t n = dice_roll(&dice, RULES_MAX + 1); n > 0; n--) {
        add_random_rule(&dice, &policy);
    }
    if (target.ptr != NULL && !sp_target_parse(target, &request.target)) {
        return;
    }
    if (dice_roll(&dice, 2) == 0) {
        model_begin_rbac();
    }
    struct sp_identity identity = {&profile, SP_STR("user"), SP_STR("oidc:"),
                                   dice_roll(&dice, 2) == 0 ? SP_EMAIL_REQUIRED : SP_EMAIL_UNLESS_FALSE,
                                   profile.facts_mark != 0 ? profile.facts : NULL};
    check(&policy, &request, (struct sp_who){.identity = &identity});
    check(&policy, &request, (struct sp_who){.reason = SP_REASON_NO_SESSION, .may_sign_in = true});
    check(&policy, &request, (struct sp_who){.reason = SP_REASON_RESERVED_NAME});
    model_end_rbac();
}
