/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/claim_condition.h"

#include "material.h"

SP_TEST(claims_that_every_profile_holds_are_compared_there)
{
    static const struct {
        const char *name;
        const char *value;
        enum sp_claim_answer answer;
    } cases[] = {
        {"sub", "CiQwOGE4Njg0Yg", SP_CLAIM_ANSWER_YES},     {"sub", "ciqwoge4njg0yg", SP_CLAIM_ANSWER_NO},
        {"preferred_username", "ada", SP_CLAIM_ANSWER_YES}, {"sid", "ada", SP_CLAIM_ANSWER_NO},
        {"email_verified", "true", SP_CLAIM_ANSWER_YES},    {"email_verified", "false", SP_CLAIM_ANSWER_NO},
        {"department", "ada", SP_CLAIM_ANSWER_UNKNOWN},
    };
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_rule rule = {0};
        struct sp_claim_condition *claim = add_claim(&rule, cases[i].name, 0);
        add_text(&claim->values, "other");
        add_text(&claim->values, cases[i].value);
        ck_assert_msg(sp_claim_condition_ask(claim, &identity) == cases[i].answer, "%s", cases[i].name);
        ck_assert_int_eq(sp_claim_condition_is_fact(claim), cases[i].answer == SP_CLAIM_ANSWER_UNKNOWN);
        sp_rule_done(&rule);
    }
}
SP_TEST_END

/* If the profile has a string, it is compared. Without one, only the fact from the login tells why it is
 * missing. */
SP_TEST(a_deny_by_what_every_profile_holds_is_a_fact_where_there_is_no_text)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile, .facts = profile.facts};
    struct sp_rule rule = {0};
    struct sp_claim_condition *claim = add_claim(&rule, "preferred_username", 3);
    add_text(&claim->values, "eve");
    claim->denies = true;
    ck_assert(sp_claim_condition_is_fact(claim));
    profile.facts[0] = 0xff;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
    profile.preferred_username = SP_STR_NONE;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_YES);
    profile.facts[0] = 0xf7;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
    identity.facts = NULL;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_UNKNOWN);
    claim->denies = false;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
    profile.preferred_username = SP_STR("eve");
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_YES);
    sp_rule_done(&rule);
}
SP_TEST_END

SP_TEST(an_address_is_verified_not_verified_or_neither)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile};
    struct sp_rule rule = {0};
    struct sp_claim_condition *claim = add_claim(&rule, "email_verified", 0);
    add_text(&claim->values, "false");
    profile.email_verified = SP_EMAIL_VERIFIED_NO;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_YES);
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
    sp_rule_done(&rule);
}
SP_TEST_END

SP_TEST(a_fact_is_a_bit_of_the_profile)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile, .facts = profile.facts};
    struct sp_rule rule = {0};
    struct sp_claim_condition *claim = add_claim(&rule, "department", 0);
    for (size_t fact = 0; fact < SP_PROFILE_FACTS_MAX_N; fact++) {
        claim->fact = fact;
        memset(profile.facts, 0, sizeof profile.facts);
        ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
        profile.facts[fact / 8] = (uint8_t)(1u << fact % 8);
        ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_YES);
        memset(profile.facts, 0xff, sizeof profile.facts);
        profile.facts[fact / 8] = (uint8_t) ~(1u << fact % 8);
        ck_assert_int_eq(sp_claim_condition_ask(claim, &identity), SP_CLAIM_ANSWER_NO);
    }
    sp_rule_done(&rule);
}
SP_TEST_END

static enum sp_condition unmet_of(const struct sp_rule *rule, const struct sp_identity *identity)
{
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    return sp_rule_find_unmet(rule, &request, identity);
}

SP_TEST(every_condition_on_a_claim_must_hold)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile, .facts = profile.facts};
    struct sp_rule rule = {.action = SP_ACTION_ALLOW};
    add_claim(&rule, "department", 0);
    add_claim(&rule, "/realm_access/roles", SP_PROFILE_FACTS_MAX_N - 1);
    ck_assert(sp_rule_is_about_users(&rule));
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    profile.facts[0] = 1;
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    profile.facts[SP_PROFILE_FACTS_MAX_N / 8 - 1] = 0x80;
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_NONE);
    profile.facts[0] = 0xfe;
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    sp_rule_done(&rule);
}
SP_TEST_END

SP_TEST(ac_27_a_fact_that_is_not_known_closes_and_never_opens)
{
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile};
    struct sp_rule rule = {.action = SP_ACTION_DENY};
    add_claim(&rule, "contractor", 0);
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_NONE);
    rule.action = SP_ACTION_ALLOW;
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    identity.facts = profile.facts;
    rule.action = SP_ACTION_DENY;
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    add_text(&add_claim(&rule, "sub", 0)->values, "other");
    identity.facts = NULL; /* one that is unknown, and one that does not hold */
    ck_assert_int_eq(unmet_of(&rule, &identity), SP_CONDITION_CLAIM);
    sp_rule_done(&rule);
}
SP_TEST_END

SP_SUITE("claim_condition", every_condition_on_a_claim_must_hold,
         ac_27_a_fact_that_is_not_known_closes_and_never_opens,
         claims_that_every_profile_holds_are_compared_there,
         a_deny_by_what_every_profile_holds_is_a_fact_where_there_is_no_text,
         an_address_is_verified_not_verified_or_neither, a_fact_is_a_bit_of_the_profile)
