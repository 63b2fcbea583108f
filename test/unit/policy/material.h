/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_POLICY_MATERIAL_H
#define SP_TEST_UNIT_POLICY_MATERIAL_H

/* Builds requests, sessions and rules for the tests of this room. */

#include "../dice.h"
#include "../suite.h"
#include "policy/rules.h"

#include <stdio.h>

static inline struct sp_origin make_origin(const char *text)
{
    struct sp_origin origin;
    ck_assert_msg(sp_origin_parse(sp_str_from_c(text), &origin), "no origin: %s", text);
    return origin;
}

static inline struct sp_target make_target(const char *text)
{
    struct sp_target target;
    ck_assert_msg(sp_target_parse(sp_str_from_c(text), &target), "no target: %s", text);
    return target;
}

static inline struct sp_request make_request(const char *method, const char *origin, const char *target)
{
    return (struct sp_request){
        .origin = make_origin(origin),
        .method = sp_str_from_c(method),
        .target = make_target(target),
    };
}

static inline struct sp_path_pattern make_pattern(enum sp_path_pattern_kind kind, const char *text)
{
    struct sp_path_pattern pattern;
    struct sp_diag diag;
    enum sp_error error = sp_path_pattern_init(kind, sp_str_from_c(text), &diag, &pattern);
    ck_assert_msg(error == SP_OK, "no pattern: %s", text);
    return pattern;
}

static inline struct sp_profile make_profile(void)
{
    return (struct sp_profile){
        .email_verified = SP_EMAIL_VERIFIED_YES,
        .issuer = SP_STR("https://dex.example.com/dex"),
        .sub = SP_STR("CiQwOGE4Njg0Yg"),
        .email = SP_STR("ada@example.com"),
        .name = SP_STR("Ada Lovelace"),
        .preferred_username = SP_STR("ada"),
    };
}

static inline void add_group(struct sp_profile *profile, const char *group)
{
    ck_assert_int_eq(sp_profile_add_group(profile, sp_str_from_c(group)), SP_OK);
}

static inline void add_text(struct sp_texts *texts, const char *text)
{
    ck_assert_int_eq(sp_texts_add(texts, sp_str_from_c(text)), SP_OK);
}

/* Appends a rule with that action and without conditions, for the caller to fill in. */
static inline struct sp_rule *add_rule(struct sp_policy *policy, enum sp_action action)
{
    struct sp_rule *rules = reallocarray(policy->rules, policy->rules_n + 1, sizeof *rules);
    ck_assert_ptr_nonnull(rules);
    policy->rules = rules;
    rules[policy->rules_n] = (struct sp_rule){.action = action};
    return &rules[policy->rules_n++];
}

static inline void add_network(struct sp_cidrs *networks, const char *text)
{
    struct sp_diag diag;
    networks->items = reallocarray(networks->items, networks->items_n + 1, sizeof *networks->items);
    ck_assert_ptr_nonnull(networks->items);
    ck_assert_msg(sp_cidr_parse(sp_str_from_c(text), &diag, &networks->items[networks->items_n]) == SP_OK,
                  "%s", text);
    networks->items_n++;
}

static inline void add_path(struct sp_rule *rule, enum sp_path_pattern_kind kind, const char *text)
{
    struct sp_path_pattern *paths = reallocarray(rule->paths, rule->paths_n + 1, sizeof *paths);
    ck_assert_ptr_nonnull(paths);
    rule->paths = paths;
    rule->paths[rule->paths_n++] = make_pattern(kind, text);
}

static inline struct sp_claim_condition *add_claim(struct sp_rule *rule, const char *name, size_t fact)
{
    struct sp_claim_condition *claims = reallocarray(rule->claims, rule->claims_n + 1, sizeof *claims);
    ck_assert_ptr_nonnull(claims);
    rule->claims = claims;
    claims[rule->claims_n] = (struct sp_claim_condition){.name = strdup(name), .fact = fact};
    return &claims[rule->claims_n++];
}

#define POLICY_SCOPED __attribute__((cleanup(sp_policy_done)))

#endif
