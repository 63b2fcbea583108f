/* SPDX-License-Identifier: Apache-2.0 */
#include "config/warnings.h"

#include "fixture.h"

#define RULES(rules) "policies: {default: authenticated, ops: [" rules "]}"

SP_TEST(the_smallest_configuration_is_silent)
{
    assert_silent("");
    assert_silent("trusted_proxies: [10.0.0.0/8, \"fd00:1::/32\"]\nsession_lifetime: 24h\nclock_skew: 2m");
}
SP_TEST_END

SP_TEST(wide_trust_is_told)
{
    assert_warned("unsafe_trust_everybody: true", "unsafe_trust_everybody: whoever reaches");
    assert_warned("trusted_proxies: 10.0.0.0/7", "a network wider than /8");
    assert_warned("trusted_proxies: \"fd00::/31\"", "a network wider than /32");
    assert_warned("trusted_proxies: \"2000::/3\"", "a network wider than /32");
}
SP_TEST_END

SP_TEST(an_address_that_looks_like_a_network_is_told)
{
    assert_warned(
        "trusted_proxies: [10.42.0.0]",
        "trusted_proxies: 10.42.0.0 is one address and looks like a network: was 10.42.0.0/16 meant?");
    assert_warned("trusted_proxies: [10.42.7.0]", "was 10.42.7.0/24 meant?");
    assert_warned("trusted_proxies: [10.0.0.0/32]", "was 10.0.0.0/8 meant?");
    assert_warned("trusted_proxies: [\"fd00:1::\"]", "was fd00:1::/64 meant?");
    assert_warned("trusted_proxies: [\"fd00::1:0:0/128\"]", "was fd00::1:0:0/96 meant?");
    assert_warned("client_ip_hops: [10.42.0.0]", "client_ip_hops: 10.42.0.0 is one address");
    assert_silent(
        "trusted_proxies: [10.42.0.1, 10.42.0.10, 10.42.0.0/31, \"fd00::1\", \"fd00::1:0\", \"::1\"]");
}
SP_TEST_END

SP_TEST(ac_87_more_connections_than_the_memory_of_the_chart_holds_are_told)
{
    assert_silent("max_connections: 13350");
    assert_warned("max_connections: 13351",
                  "max_connections: so many can need 129 MiB, and the chart's limit is 128 MiB: raise");
    assert_warned("max_connections: 1000000", "so many can need 6632 MiB");
}
SP_TEST_END

SP_TEST(loosened_hosts_are_told)
{
    assert_warned("insecure_http: true", "in the clear");
    assert_warned("hosts: \"https://*.example.com\"", "hosts: *.example.com takes in whatever host");
    assert_warned("cookie_domain: example.com\nhosts: https://a.example.com",
                  "every host below example.com gets the session");
}
SP_TEST_END

SP_TEST(settings_without_effect_are_told)
{
    assert_warned("dialect_at_root: none\nroot_query: policy=default", "has no effect");
    assert_warned("root_query: prefix=1", "no forwarded_prefixes");
}
SP_TEST_END

SP_TEST(a_prefix_that_every_router_reads_is_told)
{
    assert_warned("root_query: prefix=1\nforwarded_prefixes: /a",
                  "unless a headers middleware on the entry point");
    assert_warned("root_query: policy=default&prefix=1\nforwarded_prefixes: /a", "chooses the prefix");
    assert_silent("root_query: policy=default\nforwarded_prefixes: /a");
}
SP_TEST_END

SP_TEST(a_weak_tie_to_the_issuer_is_told)
{
    assert_warned("issuer: http://127.0.0.1:5556/dex", "issuer: is not https");
    assert_warned("client_secret_file: \"\"", "this is a public client");
    assert_warned("clock_skew: 121s", "more than 2m");
    assert_warned("session_lifetime: 24h1s", "more than 24h");
}
SP_TEST_END

SP_TEST(a_misspelt_method_is_told_and_an_unusual_one_is_not)
{
    assert_warned(RULES("{action: deny, method: GTE}"),
                  "policy ops, rule 1: method \"GTE\" is not a usual one: did you mean \"GET\"?");
    assert_warned(RULES("{action: deny, method: [GET, DELTE]}"), "did you mean \"DELETE\"?");
    assert_silent(RULES("{action: deny, method: [GET, HEAD, PROPFIND, MKCALENDAR, VERSION-CONTROL]}"));
}
SP_TEST_END

SP_TEST(a_misspelt_claim_is_told_and_a_claim_of_ones_own_is_not)
{
    assert_warned("headers: {mine: {X-G: group}}",
                  "headers: mine, X-G: the claim \"group\" is not a usual one: did you mean \"groups\"?");
    assert_warned("headers: {mine: {X-M: emails}}", "did you mean \"email\"?");
    assert_silent(
        "headers: {mine: {X-G: groups, X-U: user, X-S: sub, X-I: uid, X-N: given_name, X-R: roles}}");
}
SP_TEST_END

SP_TEST(names_that_the_issuer_may_not_send_are_told)
{
    assert_warned("scopes: openid", "scopes: lack email, which is the user's name");
    assert_silent("scopes: openid\nusername_claim: sub");
    assert_silent("scopes: openid\nuserinfo: true");
    assert_warned("username_claim: preferred_username", "neither unique nor lasting");
    assert_warned("groups_keep: \"a*b\"", "a * counts at the end only");
    assert_silent("groups_keep: \"a*\"");
}
SP_TEST_END

SP_TEST(ac_25_addresses_that_nobody_may_have_verified_are_told_once)
{
    LOADED_SCOPED struct loaded loaded =
        load_text("issuer: https://dex.example.com/dex\nclient_id: sallyport\n"
                  "client_secret_file: s\nkeys_file: keys\n"
                  "policies: {default: authenticated, ops: "
                  "[{action: allow, email: a@example.com}]}",
                  ".", NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 1);
    ck_assert_ptr_nonnull(find_report(&loaded, SP_REPORT_WARNING, "email_verified: users are named by"));
    assert_silent("email_verified: required");
    assert_silent("email_verified: unless_false");
}
SP_TEST_END

SP_TEST(only_the_name_and_a_rule_make_an_address_that_nobody_verified_matter)
{
    static const struct {
        const char *settings;
        bool is_told;
    } cases[] = {
        {"username_claim: sub\npolicies: {default: authenticated}", false},
        {"username_claim: sub\npolicies: {default: [{action: allow, email: a@b.example}]}", true},
        {"username_claim: sub\npolicies: {default: [{action: allow, email_domain: b.example}]}", false},
        {"username_claim: email\npolicies: {default: authenticated}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "issuer: https://dex.example.com/dex\nclient_id: sallyport\nclient_secret_file: s\n"
                 "keys_file: keys\n%s",
                 cases[i].settings);
        LOADED_SCOPED struct loaded loaded = load_text(text, ".", NULL);
        ck_assert_msg((loaded.reports.items_n == 1) == cases[i].is_told, "case %zu", i);
    }
}
SP_TEST_END

SP_TEST(conditions_on_what_is_not_asked_for_are_told)
{
    assert_warned("scopes: openid email\n" RULES("{action: allow, group: ops}"),
                  "policy ops, rule 1: asks for a group");
    assert_silent("scopes: openid email\ngroups_claim: roles\n" RULES("{action: allow, group: ops}"));
    assert_warned("scopes: openid\nusername_claim: sub\n" RULES("{action: allow, email: a@example.com}"),
                  "asks for an e-mail address");
    assert_warned("scopes: openid\nusername_claim: sub\n" RULES("{action: allow, email_domain: example.com}"),
                  "asks for an e-mail address");
}
SP_TEST_END

SP_TEST(a_rule_that_can_never_hold_is_told)
{
    assert_warned("groups_prefix: \"oidc:\"\n" RULES("{action: allow, group: ops}"), "groups_prefix");
    assert_silent("groups_prefix: \"oidc:\"\n" RULES("{action: allow, group: \"oidc:ops\"}"));
    assert_warned("hosts: https://a.example.com\n" RULES("{action: allow, host: b.example.com}"),
                  "no host of it is in the setting hosts");
    assert_silent("hosts: [https://a.example.com, \"https://b.example.com:8443\"]\n" RULES(
        "{action: allow, host: b.example.com}"));
    assert_warned(RULES("{action: allow, cors_preflight: true}"), "a preflight carries no cookie");
    assert_warned(RULES("{action: deny, cors_preflight: true, group: ops}"), "a preflight carries no cookie");
}
SP_TEST_END

SP_TEST(a_rule_that_is_never_reached_is_told_once)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings(RULES("{action: allow}, {action: deny, group: ops}, {action: deny}"), NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 1);
    ck_assert_ptr_nonnull(find_report(&loaded, SP_REPORT_WARNING, "policy ops, rule 2: is never reached"));
    ck_assert_uint_eq(loaded.reports.items[0].line, 1);
    assert_silent(RULES("{action: deny, group: ops}, {action: allow}"));
}
SP_TEST_END

SP_TEST(a_policy_open_to_everybody_is_told)
{
    assert_warned(RULES("{action: public}"), "public without a condition opens everything");
    assert_silent(RULES("{action: public, path: /a}"));
    static const char every[] = "public for every path of every host";
    assert_warned(RULES("{action: public, path_prefix: /}"), every);
    assert_warned(RULES("{action: public, path_glob: /**}"), every);
    assert_warned(RULES("{action: public, path_glob: /*/**}"), every);
    assert_warned(RULES("{action: public, path_prefix: [/a, /]}"), every);
    assert_warned(RULES("{action: public, method: GET}"), every);
    assert_silent(RULES("{action: public, host: status.example.com}"));
    assert_silent(RULES("{action: public, cors_preflight: true}"));
    assert_silent(RULES("{action: public, path_glob: /**/healthz}"));
    assert_silent(RULES("{action: public, path: /}"));
    assert_silent(RULES("{action: allow, path_prefix: /}"));
}
SP_TEST_END

SP_TEST(errors_come_without_warnings)
{
    LOADED_SCOPED struct loaded loaded = load_settings("session_lifetime: 25h\nthreads: 65", NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 1);
}
SP_TEST_END

SP_SUITE("warnings", ac_25_addresses_that_nobody_may_have_verified_are_told_once,
         only_the_name_and_a_rule_make_an_address_that_nobody_verified_matter,
         a_misspelt_method_is_told_and_an_unusual_one_is_not,
         a_misspelt_claim_is_told_and_a_claim_of_ones_own_is_not, the_smallest_configuration_is_silent,
         wide_trust_is_told, an_address_that_looks_like_a_network_is_told,
         ac_87_more_connections_than_the_memory_of_the_chart_holds_are_told, loosened_hosts_are_told,
         settings_without_effect_are_told, a_prefix_that_every_router_reads_is_told,
         a_weak_tie_to_the_issuer_is_told, names_that_the_issuer_may_not_send_are_told,
         conditions_on_what_is_not_asked_for_are_told, a_rule_that_can_never_hold_is_told,
         a_rule_that_is_never_reached_is_told_once, a_policy_open_to_everybody_is_told,
         errors_come_without_warnings)
