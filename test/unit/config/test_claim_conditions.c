/* SPDX-License-Identifier: Apache-2.0 */
#include "config/claim_conditions.h"

#include "config/policies_section.h"

#include "fixture.h"

#define RULE(rule)     "policies: {default: authenticated, ops: [" rule "]}"
#define CLAIM(claims)  RULE("{action: allow, claim: " claims "}")
#define TEXT_MAX_LEN   (64 * 1024)
#define OWN_LINE(text) "\n    - {action: allow, claim: {" text "}}"

SP_TEST(claims_and_their_values_arrive_in_the_rule)
{
    LOADED_SCOPED struct loaded loaded = load_settings(
        CLAIM("{/realm_access/roles: [sre, ops], department: x, /email_verified: true, level: 12}"), NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_rule *rule = &sp_config_find_policy(loaded.config, SP_STR("ops"))->rules[0];
    ck_assert_uint_eq(rule->claims_n, 4);
    ck_assert_str_eq(rule->claims[0].name, "/realm_access/roles");
    ck_assert_uint_eq(rule->claims[0].values.items_n, 2);
    ck_assert_str_eq(rule->claims[0].values.items[0], "sre"); /* in the order of the file */
    ck_assert_str_eq(rule->claims[0].values.items[1], "ops");
    ck_assert_str_eq(rule->claims[1].values.items[0], "x");
    ck_assert_str_eq(rule->claims[2].name, "email_verified");
    ck_assert_str_eq(rule->claims[2].values.items[0], "true");
    ck_assert_str_eq(rule->claims[3].values.items[0], "12");
    ck_assert_uint_eq(loaded.config->facts.items_n, 3); /* every profile contains email_verified */
    ck_assert(!sp_rule_is_unconditional(rule));
}
SP_TEST_END

SP_TEST(ac_27_a_condition_that_asks_less_than_was_meant_is_an_error)
{
    assert_refused(CLAIM("{}"), "an empty list never matches");
    assert_refused(CLAIM("{a: []}"), "policy ops, rule 1: claim: a: an empty list never matches");
    assert_refused(CLAIM("{a: }"), "claim: a: expected a value and found nothing");
    assert_refused(CLAIM("{a: {b: c}}"), "claim: a: expected a value and found a mapping");
    assert_refused(CLAIM("{a: [[b]]}"), "claim: a: expected a value and found a list");
    assert_refused(CLAIM("{a: \"\"}"), "is empty or longer than 256 bytes");
    assert_refused(CLAIM("[a]"), "expected claims and their values");
    assert_refused(CLAIM("a"), "expected claims and their values");
    assert_refused(CLAIM(""), "expected claims and their values");
    assert_refused(CLAIM("{/a~: b}"), "has a ~ that is neither");
    assert_refused(CLAIM("{\"\": b}"), "is not the name of a claim");
    assert_refused(CLAIM("{a: b, a: c}"), "\"a\" appears twice");
    assert_refused(RULE("{action: allow, claims: {a: b}}"), "did you mean \"claim\"?");
    assert_refused(RULE("{action: public, claim: {a: b}}"), "public opens no session");
}
SP_TEST_END

SP_TEST(an_address_is_asked_for_by_its_own_condition)
{
    assert_refused(CLAIM("{email: ada@example.com}"), "the condition email also checks email_verified");
    assert_refused(CLAIM("{/email: ada@example.com}"), "the condition email also checks email_verified");
    assert_refused(CLAIM("{/email/0: ada@example.com}"), "leads into email: write email");
}
SP_TEST_END

SP_TEST(groups_are_asked_for_by_their_own_condition)
{
    static const char expected[] =
        "policy ops, rule 1: claim: \"groups\" is the setting groups_claim: use the condition group";
    assert_refused(CLAIM("{groups: ops}"), expected);
    assert_refused(CLAIM("{/groups: ops}"), expected);
    assert_refused(CLAIM("{a: b, groups: ops}") "\ngroups_claim: groups", expected);
    assert_refused(CLAIM("{/realm/roles: ops}") "\ngroups_claim: /realm/roles", "use the condition group");
    assert_accepted(CLAIM("{groups: ops}") "\ngroups_claim: roles");
    assert_accepted(CLAIM("{/groups/0: ops}"));
}
SP_TEST_END

/* A condition of a deny rule is a separate fact: if the claim hides its values, it holds and the other does
 * not. */
SP_TEST(a_condition_of_a_deny_has_its_own_fact)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings(RULE("{action: allow, claim: {a: b, name: c}}, {claim: {name: c, a: b}, action: deny}, "
                           "{action: deny, claim: "
                           "{a: b}}"),
                      NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_rule *rules = sp_config_find_policy(loaded.config, SP_STR("ops"))->rules;
    ck_assert_uint_eq(loaded.config->facts.items_n, 3);
    ck_assert(!rules[0].claims[0].denies && rules[1].claims[0].denies && rules[1].claims[1].denies);
    ck_assert_uint_eq(rules[0].claims[0].fact, 0);
    ck_assert_uint_eq(rules[1].claims[1].fact, 1);
    ck_assert_uint_eq(rules[2].claims[0].fact, 1);
    ck_assert_uint_eq(rules[1].claims[0].fact, 2);
}
SP_TEST_END

SP_TEST(a_name_that_looks_like_a_path_is_warned_of_in_rules_too)
{
    assert_warned(CLAIM("{realm_access.roles: ops}"), "written /realm_access/roles");
    assert_silent(CLAIM("{/realm_access/roles: ops}"));
}
SP_TEST_END

/* ---- facts --------------------------------------------------------------------------------------- */

static uint64_t mark_of(const char *rules, size_t facts_n)
{
    char settings[1024];
    snprintf(settings, sizeof settings, "policies:\n  default: authenticated\n  ops:%s\n", rules);
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    ck_assert_uint_eq(loaded.config->facts.items_n, facts_n);
    ck_assert_uint_eq(sp_config_identity_settings(loaded.config).facts_mark, loaded.config->facts_mark);
    for (size_t i = 0; i < facts_n; i++) {
        ck_assert_uint_eq(loaded.config->facts.items[i]->fact, i);
    }
    return loaded.config->facts_mark;
}

SP_TEST(a_mark_stands_for_what_rules_ask_not_for_their_order)
{
    uint64_t mark = mark_of(OWN_LINE("a: [x, y]") OWN_LINE("b: z"), 2);
    ck_assert_uint_ne(mark, 0);
    ck_assert_uint_eq(mark >> 8 * SP_PROFILE_FACTS_MARK_LEN, 0);
    ck_assert_uint_eq(mark_of(OWN_LINE("b: z") OWN_LINE("a: [y, x]"), 2), mark);
    ck_assert_uint_eq(mark_of(OWN_LINE("b: z, a: [y, x]") OWN_LINE("b: [z]"), 2), mark);
    ck_assert_uint_eq(mark_of(OWN_LINE("a: [x, y], sub: s") OWN_LINE("b: z"), 2), mark);
    static const char *const others[] = {
        OWN_LINE("a: [x]") OWN_LINE("b: z"),       OWN_LINE("a: [x, y]") OWN_LINE("b: [x, z]"),
        OWN_LINE("a: [x, y, z]") OWN_LINE("b: z"), OWN_LINE("a: [x, z]") OWN_LINE("b: y"),
        OWN_LINE("a: [x, y]") OWN_LINE("bz: z"),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(mark_of(others[i], 2) != mark, "%s", others[i]);
    }
}
SP_TEST_END

/* These settings determine what a session keeps of a login: with others it would miss a deny rule. */
SP_TEST(ac_27_a_mark_stands_for_what_settings_keep_of_a_login)
{
    static const char *const settings[] = {
        "",
        "groups_claim: roles\n",
        "username_claim: sub\n",
        "userinfo: true\n",
        "groups_keep: ops\n",
        "groups_keep: [ops, sre]\n",
    };
    uint64_t marks[sizeof settings / sizeof settings[0]];
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        LOADED_SCOPED struct loaded loaded = load_settings(settings[i], NULL);
        ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
        marks[i] = loaded.config->facts_mark;
        ck_assert_uint_ne(marks[i], 0);
        for (size_t k = 0; k < i; k++) {
            ck_assert_msg(marks[k] != marks[i], "%s and %s", settings[k], settings[i]);
        }
    }
}
SP_TEST_END

SP_TEST(a_condition_has_its_fact_wherever_it_stands)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("policies:\n  default:\n    - {action: rbac, claim: {c: x, a: x}}\n"
                      "    - {action: allow, claim: {b: [y, x]}}\n"
                      "  ops:\n    - {action: allow, claim: {a: x, b: [x, y], sub: s}}\n",
                      NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_rule *rules = loaded.config->policies[0].rules;
    const struct sp_rule *other = loaded.config->policies[1].rules;
    ck_assert_uint_eq(loaded.config->facts.items_n, 3);
    ck_assert_uint_eq(rules[0].claims[1].fact, 0);
    ck_assert_uint_eq(rules[1].claims[0].fact, 1);
    ck_assert_uint_eq(rules[0].claims[0].fact, 2);
    ck_assert_uint_eq(other[0].claims[0].fact, 0);
    ck_assert_uint_eq(other[0].claims[1].fact, 1);
}
SP_TEST_END

/* ---- limits -------------------------------------------------------------------------------------- */

/* `format` with the numbers from 0 to `n` - 1, separated by commas. */
static size_t add_numbered(char *out, size_t len, const char *before, size_t n, const char *after)
{
    for (size_t i = 0; i < n; i++) {
        len +=
            (size_t)snprintf(out + len, TEXT_MAX_LEN - len, "%s%s%zu%s", i > 0 ? ", " : "", before, i, after);
    }
    return len;
}

SP_TEST(claims_and_values_of_a_rule_have_ceilings)
{
    static char text[TEXT_MAX_LEN];
    for (size_t more = 0; more < 2; more++) {
        size_t len = (size_t)snprintf(text, sizeof text, "policies: {default: [{action: deny, claim: {");
        len = add_numbered(text, len, "c", SP_RULE_CLAIMS_MAX + more, ": x");
        snprintf(text + len, sizeof text - len, "}}]}");
        more == 0 ? assert_accepted(text) : assert_refused(text, "more than 16 claims");
        len = (size_t)snprintf(text, sizeof text, "policies: {default: [{action: deny, claim: {a: [");
        len = add_numbered(text, len, "v", SP_RULE_VALUES_MAX + more, "");
        snprintf(text + len, sizeof text - len, "]}}]}");
        more == 0 ? assert_accepted(text) : assert_refused(text, "more than 64 values");
        snprintf(text, sizeof text, CLAIM("{a: x%0*zu}"), 254 + (int)more, more);
        assert_accepted(text);
        snprintf(text, sizeof text, CLAIM("{a: x%0*zu}"), 255 + (int)more, more);
        more == 0 ? assert_accepted(text) : assert_refused(text, "longer than 256 bytes");
    }
}
SP_TEST_END

SP_TEST(claims_of_all_rules_have_a_ceiling)
{
    static char text[TEXT_MAX_LEN];
    for (size_t more = 0; more < 2; more++) {
        size_t len = (size_t)snprintf(text, sizeof text, "policies:\n  default:\n");
        for (size_t i = 0; i < SP_RULED_CLAIMS_MAX + more; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "    - {action: deny, claim: {c%zu: x}}\n",
                                    i);
        }
        more == 0
            ? assert_accepted(text)
            : assert_refused(text, "policies: needs \"c32\" as a claim for rules, which may name at most 32");
    }
}
SP_TEST_END

SP_TEST(facts_of_all_rules_have_a_ceiling)
{
    static char text[TEXT_MAX_LEN];
    for (size_t more = 0; more < 2; more++) {
        size_t len = (size_t)snprintf(text, sizeof text, "policies:\n  default: authenticated\n");
        for (size_t i = 0; i < SP_PROFILE_FACTS_MAX_N + more; i++) {
            if (i % 128 == 0) {
                len += (size_t)snprintf(text + len, sizeof text - len, "  p%zu:\n", i);
            }
            len += (size_t)snprintf(text + len, sizeof text - len, "    - {action: deny, claim: {c: x%zu}}\n",
                                    i);
        }
        more == 0 ? assert_accepted(text)
                  : assert_refused(text, "rules have more than 512 different conditions on claims");
    }
}
SP_TEST_END

SP_SUITE("config/claim_conditions", claims_and_their_values_arrive_in_the_rule,
         ac_27_a_condition_that_asks_less_than_was_meant_is_an_error,
         an_address_is_asked_for_by_its_own_condition, groups_are_asked_for_by_their_own_condition,
         a_condition_of_a_deny_has_its_own_fact, a_name_that_looks_like_a_path_is_warned_of_in_rules_too,
         ac_27_a_mark_stands_for_what_settings_keep_of_a_login,
         a_mark_stands_for_what_rules_ask_not_for_their_order, a_condition_has_its_fact_wherever_it_stands,
         claims_and_values_of_a_rule_have_ceilings, claims_of_all_rules_have_a_ceiling,
         facts_of_all_rules_have_a_ceiling)
