/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rbac.h"

#include "material.h"
#include "policy/rules.h"
#include "rbac_objects.h"

#define OBJECTS                                                                                              \
    ROLE_OF("r", "get", "/x")                                                                                \
    ROLE_OF("everybody", "get", "/open")                                                                     \
    BINDING_OF("b1", "r", "User", "u:ada")                                                                   \
    BINDING_OF("b2", "r", "Group", "g:ops")                                                                  \
    BINDING_OF("b3", "everybody", "Group", "system:authenticated")                                           \
    BINDING_OF("b4", "r", "User", "system:admin") BINDING_OF("b5", "r", "Group", "system:nodes")

static bool allows(const struct sp_rbac_index *index, const struct sp_identity *identity, const char *path,
                   struct sp_rbac_grant *grant)
{
    struct sp_rbac_walk walk;
    struct sp_request request = make_request("GET", "https://a.example.com", path);
    sp_rbac_walk_begin(&walk, index, &request, identity);
    return sp_rbac_walk_next(&walk, grant);
}

SP_TEST(names_are_compared_with_their_prefixes)
{
    struct sp_rbac_index *index = index_of(OBJECTS);
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("u:ada")};
    struct sp_rbac_grant grant;
    ck_assert(allows(index, &identity, "/x", &grant));
    ck_assert_str_view(grant.binding, "b1");
    identity.user = SP_STR("ada");
    ck_assert(!allows(index, &identity, "/x", &grant));
    add_group(&profile, "ops");
    ck_assert(!allows(index, &identity, "/x", &grant));
    identity.groups_prefix = SP_STR("g:");
    ck_assert(allows(index, &identity, "/x", &grant));
    ck_assert_str_view(grant.binding, "b2");
    sp_rbac_index_unref(index);
}
SP_TEST_END

SP_TEST(ac_62_everybody_is_in_system_authenticated_and_nobody_in_another_group_of_the_system)
{
    struct sp_rbac_index *index = index_of(OBJECTS);
    struct sp_profile profile = make_profile();
    struct sp_identity identity = {.profile = &profile, .user = SP_STR("eve")};
    struct sp_rbac_grant grant;
    ck_assert(allows(index, &identity, "/open", &grant));
    ck_assert_str_view(grant.binding, "b3");
    add_group(&profile, "system:nodes");
    ck_assert(!allows(index, &identity, "/x", &grant));
    sp_rbac_index_unref(index);
}
SP_TEST_END

SP_TEST(all_grants_are_told_with_their_subjects)
{
    struct sp_rbac_index *index = index_of(OBJECTS);
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    struct sp_identity identity = {
        .profile = &profile, .user = SP_STR("u:ada"), .groups_prefix = SP_STR("g:")};
    struct sp_rbac_walk walk;
    struct sp_rbac_grant grant;
    struct sp_request request = make_request("GET", "https://a.example.com", "/x");
    sp_rbac_walk_begin(&walk, index, &request, &identity);
    ck_assert(sp_rbac_walk_next(&walk, &grant));
    ck_assert_str_view(grant.binding, "b1");
    ck_assert_int_eq(walk.kind, SP_RBAC_USER);
    ck_assert(sp_rbac_walk_next(&walk, &grant));
    ck_assert_str_view(grant.binding, "b2");
    ck_assert_str_view(walk.prefix, "g:");
    ck_assert_str_view(walk.name, "ops");
    ck_assert(!sp_rbac_walk_next(&walk, &grant));
    ck_assert(!sp_rbac_walk_next(&walk, &grant));
    sp_rbac_index_unref(index);
}
SP_TEST_END

/* ---- the rule ---- */

static struct sp_who identify(void *context)
{
    const struct sp_identity *identity = context;
    return (struct sp_who){.identity = identity, .reason = SP_REASON_NO_SESSION, .may_sign_in = true};
}

static void assert_verdict(const struct sp_policy *policy, const char *path,
                           const struct sp_rbac_index *index, struct sp_identity *identity,
                           enum sp_verdict_kind kind, enum sp_reason reason, size_t rule)
{
    struct sp_request request = make_request("GET", "https://a.example.com", path);
    struct sp_verdict verdict = sp_policy_decide(policy, &request, index, identify, identity);
    ck_assert_msg(verdict.kind == kind && verdict.reason == reason && verdict.rule == rule,
                  "%s: %s %s by %zu", path, sp_verdict_name(verdict.kind), sp_reason_name(verdict.reason),
                  verdict.rule);
    ck_assert_ptr_eq(verdict.identity, kind == SP_VERDICT_ALLOW ? identity : NULL);
}

SP_TEST(a_rule_hands_the_decision_to_the_bindings_and_no_rule_behind_it_is_asked)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_RBAC), SP_PATTERN_PREFIX, "/x");
    add_rule(&policy, SP_ACTION_ALLOW);
    struct sp_rbac_index *index = index_of(OBJECTS);
    struct sp_profile profile = make_profile();
    struct sp_identity ada = {.profile = &profile, .user = SP_STR("u:ada")};
    struct sp_identity eve = {.profile = &profile, .user = SP_STR("u:eve")};
    assert_verdict(&policy, "/x", index, NULL, SP_VERDICT_LOGIN, SP_REASON_NO_SESSION, 1);
    assert_verdict(&policy, "/x", NULL, NULL, SP_VERDICT_LOGIN, SP_REASON_NO_SESSION, 1);
    assert_verdict(&policy, "/x", NULL, &ada, SP_VERDICT_UNAVAILABLE, SP_REASON_RBAC_UNAVAILABLE, 1);
    assert_verdict(&policy, "/x", index, &ada, SP_VERDICT_ALLOW, SP_REASON_NONE, 1);
    assert_verdict(&policy, "/x", index, &eve, SP_VERDICT_DENY, SP_REASON_RBAC_DENIED, 1);
    assert_verdict(&policy, "/x/y", index, &ada, SP_VERDICT_DENY, SP_REASON_RBAC_DENIED, 1);
    assert_verdict(&policy, "/z", NULL, &eve, SP_VERDICT_ALLOW, SP_REASON_NONE, 2);
    sp_rbac_index_unref(index);
}
SP_TEST_END

SP_SUITE("rbac", a_rule_hands_the_decision_to_the_bindings_and_no_rule_behind_it_is_asked,
         names_are_compared_with_their_prefixes,
         ac_62_everybody_is_in_system_authenticated_and_nobody_in_another_group_of_the_system,
         all_grants_are_told_with_their_subjects)
