/* SPDX-License-Identifier: Apache-2.0 */
#include "config/groups.h"

#include "fixture.h"

static bool rules_name(const struct sp_config *config, const char *group)
{
    return sp_config_rules_group(config, sp_str_from_c(group));
}

SP_TEST(ac_26_groups_that_a_rule_of_any_policy_names_are_known)
{
    LOADED_SCOPED struct loaded none = load_settings("", NULL);
    ck_assert(!rules_name(none.config, "") && !rules_name(none.config, "ops"));
    LOADED_SCOPED struct loaded loaded =
        load_settings("groups_prefix: \"oidc:\"\npolicies:\n  default: [{action: deny, group: \"oidc:b\"},"
                      "{action: allow, group: [\"oidc:cc\", \"oidc:CN=a,OU=b\", \"other:d\", \"oidc:b\"]}]\n"
                      "  more: [{action: allow, group: \"oidc:a\"}]\n",
                      NULL);
    const struct sp_config *config = loaded.config;
    static const char *const named[] = {"a", "b", "cc", "CN=a,OU=b"};
    static const char *const others[] = {"", "c", "ccc", "aa", "d", "other:d", "oidc:a", "CN=a", "\xff"};
    ck_assert_uint_eq(config->ruled_groups.items_n, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_msg(rules_name(config, named[i]), "%s", named[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!rules_name(config, others[i]), "%s", others[i]);
    }
    ck_assert(!sp_config_rules_group(config, (struct sp_str){"a\0", 2}));
}
SP_TEST_END

static uint64_t mark_of(const char *settings)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    return loaded.config->groups_mark;
}

#define RULES(rules) "policies: {default: [" rules "]}\n"

SP_TEST(the_mark_of_groups_follows_their_names_alone)
{
    uint64_t mark = mark_of(RULES("{action: allow, group: [a, b]}"));
    ck_assert_uint_ne(mark, 0);
    ck_assert_uint_eq(mark >> (8 * SP_PROFILE_GROUPS_MARK_LEN), 0);
    ck_assert_uint_eq(mark_of(RULES("{action: deny, group: b}, {action: allow, group: [a, b], path: /x}")),
                      mark);
    ck_assert_uint_eq(mark_of("groups_prefix: p\n" RULES("{action: allow, group: [pa, pb]}")), mark);
    ck_assert_uint_ne(mark_of(RULES("{action: allow, group: [a, b, c]}")), mark);
    ck_assert_uint_ne(mark_of(RULES("{action: allow, group: [ab]}")), mark);
    ck_assert_uint_ne(mark_of(RULES("{action: allow}")), mark);
    ck_assert_uint_ne(mark_of("groups_keep: [a, b]\n" RULES("{action: allow, group: [a, b]}")), mark);
    ck_assert_uint_ne(mark_of(""), 0);
}
SP_TEST_END

SP_TEST(whatever_needs_all_groups_is_known)
{
    struct sp_rule rules[] = {{.action = SP_ACTION_ALLOW}, {.action = SP_ACTION_DENY}};
    struct sp_policy policies[] = {{.rules = rules, .rules_n = 1}, {.rules = rules, .rules_n = 2}};
    struct sp_config config = {.policies = policies, .policies_n = 2};
    ck_assert(!sp_config_needs_all_groups(&config));
    rules[1].action = (enum sp_action)99;
    ck_assert(sp_config_needs_all_groups(&config));
    static const char *const roots[][2] = {{"policy=default&headers=identity,kubernetes", "yes"},
                                           {"headers=impersonate", "yes"},
                                           {"headers=identity%2Cmine", "yes"},
                                           {"headers=identity,remote", ""},
                                           {"policy=default", ""}};
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        char settings[256];
        snprintf(settings, sizeof settings,
                 "root_query: \"%s\"\nheaders: {mine: {X-G: {claim: groups, list: repeat}}}", roots[i][0]);
        LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
        ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
        ck_assert(sp_config_needs_all_groups(loaded.config) == (roots[i][1][0] != '\0'));
        ck_assert((loaded.config->groups_mark == 0) == (roots[i][1][0] != '\0'));
    }
}
SP_TEST_END

SP_TEST(keeping_none_goes_with_nothing_that_goes_by_groups)
{
    assert_refused(
        "groups_keep: none\npolicies: {default: [{action: deny, path: /}, {action: allow, group: a}]}",
        "groups_keep: is none, but policy default, rule 2 names a group");
    assert_refused("groups_keep: [ops, none]", "groups_keep: none must be the only value");
    assert_accepted("groups_keep: none");
}
SP_TEST_END

SP_SUITE("config/groups", ac_26_groups_that_a_rule_of_any_policy_names_are_known,
         the_mark_of_groups_follows_their_names_alone, whatever_needs_all_groups_is_known,
         keeping_none_goes_with_nothing_that_goes_by_groups)
