/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rules: whatever the policy, request and session, the engine decides as the slow model of the unit tests
 * does. Each byte of the input is a throw of the dice that the material is made with; after a byte 255 it
 * is the target of the request.
 */

/* The dice of the material are thrown by the input. */
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

static struct sp_ruling evaluate(const struct sp_policy *policy, const struct sp_request *request,
                                 enum sp_view view, const struct sp_subject *subject)
{
    struct sp_ruling ruling = sp_policy_evaluate(policy, request, view, subject);
    if (PLANTED(ruling.rule == 4 && ruling.outcome == SP_OUTCOME_DENY)) {
        ruling.outcome = SP_OUTCOME_ALLOW;
    }
    return ruling;
}

static void check(struct sp_ruling ruling, struct sp_ruling expected)
{
    ck_assert_int_eq(ruling.outcome, expected.outcome);
    ck_assert_uint_eq(ruling.rule, expected.rule);
}

FUZZ_TARGET(input)
{
    static struct sp_session session;
    struct dice dice = {1};
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_str target = input;
    throws = sp_str_cut(&target, '\xff');
    struct sp_request request = random_request(&dice);
    fill_random_session(&dice, &session);
    for (size_t n = dice_roll(&dice, RULES_MAX + 1); n > 0; n--) {
        add_random_rule(&dice, &policy);
    }
    if (target.ptr != NULL && !sp_target_parse(target, &request.target)) {
        return;
    }
    struct sp_subject subject = {&session, SP_STR("user"), SP_STR("oidc:"),
                                 dice_roll(&dice, 2) == 0 ? SP_EMAIL_REQUIRED : SP_EMAIL_UNLESS_FALSE};
    check(evaluate(&policy, &request, SP_VIEW_UNKNOWN, NULL),
          model_others(&policy, &request, SP_VIEW_UNKNOWN));
    check(evaluate(&policy, &request, SP_VIEW_ANONYMOUS, NULL),
          model_others(&policy, &request, SP_VIEW_ANONYMOUS));
    check(evaluate(&policy, &request, SP_VIEW_KNOWN, &subject), model_known(&policy, &request, &subject));
}
