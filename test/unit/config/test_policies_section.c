/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policies_section.h"

#include "fixture.h"

#define RULE(rule) "policies: {default: authenticated, ops: [" rule "]}"

SP_TEST(one_word_allows_whoever_is_signed_in)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    const struct sp_policy *policy = sp_config_find_policy(loaded.config, SP_STR("default"));
    ck_assert_uint_eq(policy->rules_n, 1);
    ck_assert_int_eq(policy->rules[0].action, SP_ACTION_ALLOW);
    ck_assert(sp_rule_is_unconditional(&policy->rules[0]));
}
SP_TEST_END

SP_TEST(every_condition_arrives_in_the_rule)
{
    LOADED_SCOPED struct loaded loaded = load_settings(
        "policies:\n"
        "  default: authenticated\n"
        "  ops:\n"
        "    - {action: allow, host: [A.example.com, b.example.com.], path_prefix: [/a, /b/], method: GET,\n"
        "       group: [ops, sre], email: Ada@Example.com, email_domain: Example.COM,\n"
        "       client_ip: [10.0.0.0/8, \"2001:db8::1\"]}\n"
        "    - {action: public, cors_preflight: true}\n"
        "    - {action: deny, path_glob: /r/*/s}\n",
        NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    const struct sp_policy *policy = sp_config_find_policy(loaded.config, SP_STR("ops"));
    ck_assert_uint_eq(policy->rules_n, 3);
    const struct sp_rule *rule = &policy->rules[0];
    ck_assert_uint_eq(rule->line, 4);
    ck_assert_str_eq(rule->hosts.items[0], "a.example.com");
    ck_assert_str_eq(rule->hosts.items[1], "b.example.com");
    ck_assert_uint_eq(rule->paths_n, 2);
    ck_assert_int_eq(rule->paths[1].kind, SP_PATTERN_PREFIX);
    ck_assert_str_eq(rule->paths[1].text, "/b");
    ck_assert_str_eq(rule->methods.items[0], "GET");
    ck_assert_uint_eq(rule->groups.items_n, 2);
    ck_assert_str_eq(rule->emails.items[0], "Ada@Example.com");
    ck_assert_str_eq(rule->email_domains.items[0], "example.com");
    ck_assert_uint_eq(rule->client_ips.items_n, 2);
    ck_assert_uint_eq(rule->client_ips.items[0].bits, 96 + 8);
    ck_assert_uint_eq(rule->client_ips.items[1].bits, 128);
    ck_assert(!rule->cors_preflight);
    ck_assert(policy->rules[1].cors_preflight);
    ck_assert_int_eq(policy->rules[1].action, SP_ACTION_PUBLIC);
    ck_assert_int_eq(policy->rules[2].action, SP_ACTION_DENY);
    ck_assert_int_eq(policy->rules[2].paths[0].kind, SP_PATTERN_GLOB);
}
SP_TEST_END

SP_TEST(policies_keep_the_order_of_the_file)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("policies: {b: authenticated, default: authenticated, a: authenticated}", NULL);
    ck_assert_uint_eq(loaded.config->policies_n, 3);
    ck_assert_str_eq(loaded.config->policies[0].name, "b");
    ck_assert_str_eq(loaded.config->policies[2].name, "a");
    ck_assert_ptr_null(sp_config_find_policy(loaded.config, SP_STR("B")));
}
SP_TEST_END

/* Attack 27: a rule that checks less than was intended. */
SP_TEST(ac_27_a_misspelt_key_is_an_error_at_start)
{
    assert_refused(RULE("{action: allow, grup: ops}"),
                   "policy ops, rule 1: unknown condition \"grup\": did you mean \"group\"?");
    assert_refused(RULE("{action: allow, paths: /a}"), "did you mean \"path\"?");
    assert_refused(RULE("{action: allow, email-domain: a.example}"), "did you mean \"email_domain\"?");
    assert_refused(RULE("{action: allow, Group: ops}"), "did you mean \"group\"?");
    assert_refused(RULE("{action: alow}"),
                   "action: \"alow\" is not one of allow, deny, public, rbac, passthrough: did you mean");
    assert_refused(RULE("{group: ops}"), "no action");
    assert_refused(RULE("{action: Allow}"), "did you mean \"allow\"?");
    assert_refused("policies: {default: authenticted}", "did you mean \"authenticated\"?");
}
SP_TEST_END

SP_TEST(ac_27_an_empty_list_is_an_error_at_start)
{
    static const char *const names[] = {"host",  "path",  "path_prefix",  "path_glob",      "method",
                                        "group", "email", "email_domain", "cors_preflight", "websocket"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char settings[128];
        snprintf(settings, sizeof settings, RULE("{action: deny, %s: []}"), names[i]);
        assert_refused(settings, "an empty list never matches");
        snprintf(settings, sizeof settings, RULE("{action: deny, %s: }"), names[i]);
        assert_refused(settings, "found nothing");
    }
    assert_refused("policies: {default: []}", "a policy without rules");
    assert_refused("policies: {default: }", "found nothing");
    assert_refused(RULE("{}"), "no action");
}
SP_TEST_END

SP_TEST(a_rule_has_one_kind_of_path)
{
    assert_refused(RULE("{action: deny, path: /a, path_prefix: /b}"), "and has path already");
    assert_refused(RULE("{action: deny, path_glob: /a, path: /b}"), "and has path_glob already");
    assert_shown(RULE("{action: deny, path: [/a, /b]}"), ", path 0 /a, path 0 /b\n");
}
SP_TEST_END

SP_TEST(ac_89_a_path_that_nothing_opens_is_refused_but_in_a_deny)
{
    static const char *const paths[] = {"path: /v1/a:b", "path_prefix: /wiki/Inc.", "path_glob: \"/a /*\"",
                                        "path: [/a, /So%E2%80%A6]"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char settings[128];
        snprintf(settings, sizeof settings, RULE("{action: deny, %s}"), paths[i]);
        assert_accepted(settings);
        snprintf(settings, sizeof settings, RULE("{action: allow, %s}"), paths[i]);
        assert_refused(settings, "only deny matches such a path; write a prefix or glob that covers it");
        snprintf(settings, sizeof settings, RULE("{%s, action: public}"), paths[i]);
        assert_refused(settings, "only deny matches such a path; write a prefix or glob that covers it");
    }
}
SP_TEST_END

SP_TEST(public_cannot_ask_who_the_user_is)
{
    assert_refused(RULE("{action: public, group: ops}"), "public opens no session");
    assert_refused(RULE("{action: public, email: a@example.com}"), "public opens no session");
    assert_refused(RULE("{action: public, email_domain: example.com}"), "public opens no session");
    assert_accepted(RULE("{action: public, path: /a, method: GET, host: a.example.com}"));
}
SP_TEST_END

#define PASSING "passthrough_issuers: [https://kubernetes.default.svc]\n"

SP_TEST(passthrough_knows_issuers_of_tokens_and_no_users)
{
    assert_refused(PASSING RULE("{action: passthrough, group: ops}"), "passthrough knows no user");
    assert_refused(PASSING RULE("{action: passthrough, email: a@example.com}"), "passthrough knows no user");
    assert_refused(PASSING RULE("{action: passthrough, claim: {a: b}}"), "passthrough knows no user");
    assert_refused(RULE("{action: passthrough, path: /api}"), "could let nobody through");
    assert_refused(
        "issuer: https://a.example\npassthrough_issuers: [https://b.example, https://a.example]\n" RULE(
            "{action: passthrough, path: /api}"),
        "passthrough_issuers: contains the issuer itself");
    assert_refused(PASSING RULE("{action: passthrough, path: \"/a:b\"}"), "only deny matches such a path");
    assert_silent(PASSING RULE("{action: passthrough, path_prefix: /api}"));
    assert_silent(PASSING RULE("{action: passthrough, host: api.example.com}"));
    assert_silent("issuer: https://a.example\npassthrough_issuers: [https://a.example/]\n" RULE(
        "{action: passthrough, path: /api}"));
    assert_warned(PASSING RULE("{action: passthrough}"), "checks no signature, and matches every path");
    assert_warned(PASSING RULE("{action: passthrough, method: GET}"), "checks no signature");
    assert_warned(PASSING RULE("{action: passthrough, client_ip: 10.0.0.0/8}"), "checks no signature");
    assert_warned(PASSING RULE("{action: passthrough, path_prefix: /}"), "checks no signature");
    assert_warned(PASSING RULE("{action: passthrough, path: /a, cors_preflight: true}"),
                  "a preflight carries no token");
    assert_warned(PASSING, "has no effect: no rule is passthrough");
}
SP_TEST_END

SP_TEST(conditions_take_only_what_can_hold)
{
    assert_refused(RULE("{action: deny, host: \"a.example.com:443\"}"), "without scheme, port and wildcard");
    assert_refused(RULE("{action: deny, host: \"*.example.com\"}"), "without scheme, port and wildcard");
    assert_refused(RULE("{action: deny, host: \"https://a.example.com\"}"), "without scheme");
    assert_refused(RULE("{action: deny, method: get}"), "a method in capitals");
    assert_refused(RULE("{action: deny, method: \"GET POST\"}"), "a method in capitals");
    assert_accepted(RULE("{action: deny, group: \"CN=ops,OU=Teams\"}"));
    assert_refused(RULE("{action: deny, group: \"\"}"), "is not a group");
    assert_refused(RULE("{action: deny, group: \" a\"}"), "is not a group");
    assert_refused(RULE("{action: deny, email: ada}"), "is not an e-mail address");
    assert_refused(RULE("{action: deny, email: a@b@example.com}"), "is not an e-mail address");
    assert_refused(RULE("{action: deny, email: '*@example.com'}"), "use email_domain");
    assert_refused(RULE("{action: deny, email_domain: \"@example.com\"}"), "without @");
    assert_refused(RULE("{action: deny, email_domain: .example.com}"), "is not a domain");
    assert_refused(RULE("{action: deny, path: a}"), "path: \"a\": ");
    assert_refused(RULE("{action: deny, path: /a//b}"), "path: \"/a//b\": ");
    assert_refused(RULE("{action: deny, path: \"/a?b\"}"), "path: \"/a?b\": ");
    assert_refused(RULE("{action: deny, path_prefix: /a/*}"), "path_prefix: \"/a/*\": ");
    assert_refused(RULE("{action: public, cors_preflight: false}"), "remove the condition");
    assert_refused(RULE("{action: deny, websocket: 1}"), "remove the condition");
    assert_refused(RULE("{action: deny, client_ip: 10.1.0.0/8}"), "client_ip: \"10.1.0.0/8\" has bits set");
    assert_refused(RULE("{action: deny, client_ip: 10.0.0.0-10.0.0.9}"),
                   "is not a network such as 10.0.0.0/8");
    assert_refused(RULE("{action: deny, client_ip: app.example.com}"), "is not a network");
    assert_refused(RULE("{action: deny, client_ip: []}"), "client_ip: ");
    assert_refused(RULE("{action: deny, source: 10.0.0.0/8}"), "did you mean \"client_ip\"?");
    assert_refused(RULE("{action: deny, group: {a: b}}"), "found a mapping");
    assert_refused(RULE("{action: deny, group: [[a]]}"), "found a list");
}
SP_TEST_END

SP_TEST(the_same_condition_or_policy_twice_is_refused)
{
    assert_refused(RULE("{action: deny, group: a, group: b}"), "\"group\" appears twice");
    assert_refused("policies: {default: authenticated, default: authenticated}", "\"default\" appears twice");
}
SP_TEST_END

SP_TEST(every_shape_that_is_not_expected_is_told)
{
    assert_refused("policies: authenticated", "expected policies by name");
    assert_refused("policies: [default]", "expected policies by name");
    assert_refused("policies: {default: {action: allow}}", "a list of rules and found a mapping");
    assert_refused("policies: {default: [authenticated]}", "expected a rule such as");
    assert_refused("policies: {default: authenticated, \"a b\": authenticated}", "is not a name");
    assert_refused("policies: {default: authenticated, \"\": authenticated}", "is not a name");
}
SP_TEST_END

/* `n` repetitions of `item`, separated by commas, between `before` and `after`. */
static const char *repeated(const char *before, const char *item, size_t n, const char *after)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "%s", before);
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? ", " : "", item);
    }
    snprintf(text + len, sizeof text - len, "%s", after);
    return text;
}

SP_TEST(rules_and_values_end_at_their_maximum)
{
    const char *rule = "{action: deny, path: /a}";
    assert_accepted(repeated("policies: {default: [", rule, SP_RULES_MAX, "]}"));
    assert_refused(repeated("policies: {default: [", rule, SP_RULES_MAX + 1, "]}"), "at most 256 rules");
    const char *before = "policies: {default: [{action: deny, group: [";
    assert_accepted(repeated(before, "a", SP_RULE_VALUES_MAX, "]}]}"));
    assert_refused(repeated(before, "a", SP_RULE_VALUES_MAX + 1, "]}]}"), "group: more than 64 values");
    before = "policies: {default: [{action: deny, path: [";
    assert_accepted(repeated(before, "/a", SP_RULE_VALUES_MAX, "]}]}"));
    assert_refused(repeated(before, "/a", SP_RULE_VALUES_MAX + 1, "]}]}"), "path: more than 64 values");
    before = "policies: {default: [{action: deny, client_ip: [";
    assert_accepted(repeated(before, "10.0.0.0/8", SP_RULE_VALUES_MAX, "]}]}"));
    assert_refused(repeated(before, "10.0.0.0/8", SP_RULE_VALUES_MAX + 1, "]}]}"),
                   "client_ip: more than 64 values");
}
SP_TEST_END

SP_TEST(policies_end_at_their_maximum)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "policies:\n  default: authenticated\n");
    for (unsigned i = 1; i < SP_POLICIES_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "  p%u: authenticated\n", i);
    }
    assert_accepted(text);
    snprintf(text + len, sizeof text - len, "  more: authenticated\n");
    assert_refused(text, "more than 128 policies");
}
SP_TEST_END

SP_SUITE("policies_section", one_word_allows_whoever_is_signed_in, every_condition_arrives_in_the_rule,
         policies_keep_the_order_of_the_file, ac_27_a_misspelt_key_is_an_error_at_start,
         ac_27_an_empty_list_is_an_error_at_start, a_rule_has_one_kind_of_path,
         ac_89_a_path_that_nothing_opens_is_refused_but_in_a_deny, public_cannot_ask_who_the_user_is,
         passthrough_knows_issuers_of_tokens_and_no_users, conditions_take_only_what_can_hold,
         the_same_condition_or_policy_twice_is_refused, every_shape_that_is_not_expected_is_told,
         rules_and_values_end_at_their_maximum, policies_end_at_their_maximum)
