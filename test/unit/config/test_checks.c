/* SPDX-License-Identifier: Apache-2.0 */
#include "config/checks.h"

#include "fixture.h"

#define HOSTS "hosts: [https://a.example.com, https://auth.example.com]\n"

SP_TEST(everything_required_is_named_at_once)
{
    LOADED_SCOPED struct loaded loaded = load_text("", ".", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 4);
    static const char *const expected[] = {
        "issuer: required, and neither in the file nor in the environment as SALLYPORT_ISSUER",
        "client_id: required", "keys_file: required", "policies: required; the minimum is"};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(find_report(&loaded, SP_REPORT_ERROR, expected[i]));
    }
}
SP_TEST_END

SP_TEST(there_must_be_a_policy_for_addresses_that_name_none)
{
    assert_refused("policies: {ops: authenticated}", "there is no policy \"default\"");
    assert_refused("policies: {}", "there is no policy \"default\"");
    assert_refused("policies: {Default: authenticated}", "there is no policy \"default\"");
}
SP_TEST_END

SP_TEST(a_prefix_that_kubernetes_keeps_for_itself_is_refused)
{
    assert_refused("username_prefix: \"system:\"", "username_prefix: system: belongs to Kubernetes");
    assert_refused("groups_prefix: \"system:x:\"", "groups_prefix: system: belongs to Kubernetes");
    assert_accepted("username_prefix: \"systems:\"\ngroups_prefix: \"my-system:\"");
}
SP_TEST_END

SP_TEST(networks_in_one_text_are_told_to_be_a_list)
{
    assert_refused("trusted_proxies: 10.0.0.0/8 fd00::/8", "is more than one network: write a list");
    assert_refused("trusted_proxies: \"10.0.0.0/8,fd00::/8\"", "is more than one network: write a list");
}
SP_TEST_END

SP_TEST(listeners_need_addresses_of_their_own)
{
    assert_refused("listen: []", "listen: must name an address");
    assert_refused("admin_listen: []", "admin_listen: must name an address");
    assert_refused("pages_listen: \":4181\"", "\":4181\" is already used by listen");
    assert_refused("admin_listen: \"[::]:4182\"", "is already used by pages_listen");
    assert_accepted("listen: 127.0.0.1:80\npages_listen: 127.0.0.2:80\nadmin_listen: 127.0.0.3:80");
}
SP_TEST_END

SP_TEST(trusting_everybody_takes_the_setting_whose_name_says_so)
{
    static const char *const everybody[] = {"0.0.0.0/0", "::/0", "::ffff:0:0/96"};
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++) {
        char settings[128];
        snprintf(settings, sizeof settings, "trusted_proxies: [127.0.0.1, \"%s\"]", everybody[i]);
        assert_refused(settings, "unsafe_trust_everybody: true");
        strncat(settings, "\nunsafe_trust_everybody: true", sizeof settings - strlen(settings) - 1);
        assert_accepted(settings);
    }
    assert_refused("trusted_proxies: []", "or nothing can connect");
    assert_accepted("trusted_proxies: []\nunsafe_trust_everybody: true");
}
SP_TEST_END

SP_TEST(a_shared_callback_or_cookie_needs_hosts)
{
    assert_refused("callback_host: https://auth.example.com", "callback_host: needs the setting hosts");
    assert_refused("cookie_domain: example.com", "cookie_domain: needs the setting hosts");
    assert_accepted("callback_host: https://auth.example.com\n" HOSTS);
    assert_accepted("cookie_domain: example.com\n" HOSTS);
}
SP_TEST_END

#define AT_8443 "public_ports: {https://auth.example.com: 8443}\n"

SP_TEST(hosts_have_the_public_port)
{
    assert_accepted(AT_8443);
    assert_accepted(AT_8443 "hosts: [\"https://auth.example.com:8443\", https://a.example.com]");
    assert_accepted(AT_8443 "hosts: [\"https://*.example.com:8443\", \"https://*.example.com\"]");
    assert_refused(AT_8443 "hosts: [https://a.example.com]",
                   "public_ports: https://auth.example.com:8443 must be in the setting hosts");
    assert_refused(AT_8443 "hosts: [https://auth.example.com]",
                   "public_ports: https://auth.example.com:8443 must be in the setting hosts");
    assert_refused(AT_8443 "hosts: \"https://*.example.com\"", "must be in the setting hosts");
    assert_refused(AT_8443 "hosts: [\"https://auth.example.com:8443\", https://auth.example.com]",
                   "hosts: https://auth.example.com is at port 8443 by public_ports: remove it");
    assert_accepted(AT_8443 "hosts: \"https://*.example.com:8443\"\n"
                            "callback_host: \"https://auth.example.com:8443\"");
    assert_refused(AT_8443 "hosts: [\"https://*.example.com:8443\", \"https://*.example.com\"]\n"
                           "callback_host: https://auth.example.com",
                   "callback_host: is at port 8443 by public_ports: write https://auth.example.com:8443");
    assert_refused("public_ports: {http://a.example.com: 8080}", "http://a.example.com would get 403");
    assert_refused(AT_8443 "hosts: nonsense", "is not an origin");
}
SP_TEST_END

SP_TEST(the_support_url_is_http_only_where_the_pages_are)
{
    assert_accepted("support_url: https://help.example.com/");
    assert_refused("support_url: http://help.example.com/",
                   "support_url: must be https or mailto (http only with insecure_http: true)");
    LOADED_SCOPED struct loaded loaded =
        load_settings("support_url: http://help.example.com/\ninsecure_http: true", NULL);
    ck_assert_int_eq(loaded.error, SP_OK);
}
SP_TEST_END

SP_TEST(the_callback_host_is_one_of_the_hosts)
{
    assert_refused("callback_host: https://login.example.com\n" HOSTS, "is not in the setting hosts");
    assert_refused("callback_host: https://auth.example.com:8443\n" HOSTS, "is not in the setting hosts");
    assert_accepted("callback_host: https://auth.example.com\nhosts: \"https://*.example.com\"");
    LOADED_SCOPED struct loaded loaded =
        load_settings("callback_host: https://auth.example.com\n" HOSTS, NULL);
    ck_assert(loaded.config->has_callback_host);
    LOADED_SCOPED struct loaded without = load_settings("", NULL);
    ck_assert(!without.config->has_callback_host);
}
SP_TEST_END

/* Attack 14: the boundary is a dot. */
SP_TEST(the_readable_cookie_has_a_name_that_browsers_take_and_nobody_mistakes)
{
    static const char *const sound[] = {"kommander_profile_name", "__Host-shown", "__Secure-shown",
                                        "sallyport_name", "sallyportname"};
    static const char *const taken[] = {"sallyport", "sallyport-name", "__Host-sallyport",
                                        "__Secure-sallyport-x"};
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        char yaml[128];
        snprintf(yaml, sizeof yaml, "name_cookie: %s", sound[i]);
        assert_accepted(yaml);
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        char yaml[128];
        snprintf(yaml, sizeof yaml, "name_cookie: %s", taken[i]);
        assert_refused(yaml, "name_cookie: is named like the cookies of sessions and logins, sallyport and "
                             "sallyport-…");
    }
    assert_refused("name_cookie: ops-name\ncookie_name: ops", "is named like");
    assert_accepted("name_cookie: sallyport-name\ncookie_name: ops");
    assert_refused("name_cookie: __Host-shown\ncookie_domain: example.com\n" HOSTS,
                   "name_cookie: browsers drop a cookie __Host-… with a domain");
    assert_accepted("name_cookie: __Secure-shown\ncookie_domain: example.com\n" HOSTS);
    assert_refused("name_cookie: __Host-shown\ninsecure_http: true", "name_cookie: browsers drop");
    assert_refused("name_cookie: __Secure-shown\ninsecure_http: true", "remove the prefix");
    assert_accepted("name_cookie: shown\ninsecure_http: true");
}
SP_TEST_END

SP_TEST(every_host_is_below_the_cookie_domain)
{
    assert_refused("cookie_domain: example.com\nhosts: [https://a.example.com, https://evil-example.com]",
                   "hosts: evil-example.com is not below the cookie_domain example.com");
    assert_refused("cookie_domain: example.com\nhosts: https://example.com.evil", "is not below");
    assert_refused("cookie_domain: a.example.com\nhosts: \"https://*.example.com\"",
                   "hosts: *.example.com is not below");
    assert_accepted("cookie_domain: example.com\nhosts: [https://example.com, \"https://*.example.com\"]");
}
SP_TEST_END

SP_TEST(plain_http_takes_its_setting_and_no_shared_cookie)
{
    assert_refused("hosts: http://a.example.com", "http://a.example.com would get 403");
    assert_accepted("hosts: http://a.example.com\ninsecure_http: true");
    assert_refused("callback_host: http://a.example.com\nhosts: [https://a.example.com]",
                   "callback_host: must be https");
    assert_refused("cookie_domain: example.com\ninsecure_http: true\n" HOSTS,
                   "cannot be combined with insecure_http");
}
SP_TEST_END

SP_TEST(the_callback_is_no_other_page)
{
    static const char *const pages[] = {"login", "logout",     "signed-out",
                                        "me",    "kubeconfig", "backchannel-logout"};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "prefix: /x\ncallback_path: /x/%s", pages[i]);
        assert_refused(settings, "callback_path: is the page /x/");
        snprintf(settings, sizeof settings, "prefix: /x\ncallback_path: /y/%s", pages[i]);
        assert_accepted(settings);
    }
    assert_refused("prefix: /x\ncallback_path: /x", "is the prefix itself");
    assert_accepted("prefix: /x\ncallback_path: /x/y/login");
    assert_accepted("prefix: /x\ncallback_path: /xlogin");
}
SP_TEST_END

SP_TEST(what_a_bare_slash_means_names_what_exists)
{
    assert_accepted("root_query: policy=default&headers=remote&prefix=1");
    assert_accepted("root_query: \"\"");
    assert_refused("root_query: policy=opps\npolicies: {default: authenticated, ops: authenticated}",
                   "there is no policy \"opps\": did you mean \"ops\"?");
    assert_refused("root_query: headers=identty", "no header set \"identty\": did you mean \"identity\"?");
    assert_accepted("root_query: headers=identity,kubernetes");
    assert_refused("root_query: headers=kubernetes,bearer",
                   "the header set \"bearer\" emits Authorization, as another one does");
    assert_refused("root_query: headers=identity,identity", "\"identity\" emits X-Forwarded-User");
    assert_refused("root_query: \"headers=identity,\"", "there is no header set \"\"");
    assert_refused("root_query: prefix=0", "prefix can only be 1");
    assert_refused("root_query: prefix", "prefix can only be 1");
    assert_refused("root_query: plicy=default", "did you mean \"policy\"?");
    assert_refused("root_query: policy=default&policy=default", "\"policy\" appears twice");
    assert_refused("root_query: policy=%zz", "a value that cannot be decoded");
    assert_refused("root_query: \"?policy=default\"", "without the `?`");
}
SP_TEST_END

static enum sp_client_auth auth_of(const char *settings)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    return loaded.config->client_auth;
}

SP_TEST(a_client_without_a_secret_is_public)
{
    ck_assert_int_eq(auth_of(""), SP_CLIENT_AUTH_BASIC);
    ck_assert_int_eq(auth_of("client_auth: post"), SP_CLIENT_AUTH_POST);
    ck_assert_int_eq(auth_of("client_secret_file: \"\""), SP_CLIENT_AUTH_NONE);
    ck_assert_int_eq(auth_of("client_secret_file: \"\"\nclient_auth: none"), SP_CLIENT_AUTH_NONE);
    assert_refused("client_secret_file: \"\"\nclient_auth: post", "client_auth: sends a secret");
    assert_refused("client_auth: none", "although client_secret_file is set");
}
SP_TEST_END

SP_TEST(names_that_would_lose_every_group_or_user_are_refused)
{
    assert_refused("groups_prefix: \"a,\"", "must not contain a comma");
    assert_refused("username_claim: groups", "is the claim with the groups");
}
SP_TEST_END

SP_TEST(what_was_refused_already_is_not_complained_of_again)
{
    assert_refused("callback_host: https://auth.example.com\nhosts: nonsense", "is not an origin");
    assert_refused("trusted_proxies: nonsense", "is not a network");
    assert_refused("issuer: nonsense", "is not an https URL");
    assert_refused("scopes: [\"\\t\"]", "is not a scope");
    assert_refused("client_secret_file: [x]\nclient_auth: post", "found a list");
    assert_refused("insecure_http: maybe\nhosts: http://a.example.com", "neither true nor false");
    assert_refused("policies: nonsense\nroot_query: policy=x", "expected policies by name");
}
SP_TEST_END

/* ---- warnings --------------------------------------------------------------------------------------- */

#define RULES(rules) "policies: {default: authenticated, ops: [" rules "]}"

SP_TEST(the_smallest_configuration_is_silent)
{
    assert_silent("");
    assert_silent("trusted_proxies: [10.0.0.0/8, \"fd00:1::/32\"]\nsession_lifetime: 24h\nclock_skew: 2m");
}
SP_TEST_END

SP_TEST(wide_trust_is_told)
{
    assert_warned("authorization_parameters: {prompt: login none}", "prompt: none forbids");
    assert_warned("unsafe_trust_everybody: true", "unsafe_trust_everybody: anyone who can reach");
    assert_warned("trusted_proxies: 10.0.0.0/7", "a network larger than /8");
    assert_warned("trusted_proxies: \"fd00::/31\"", "a network larger than /32");
    assert_warned("trusted_proxies: \"2000::/3\"", "a network larger than /32");
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
                  "max_connections: that many can need 129 MiB, and the chart's limit is 128 MiB: raise");
    assert_warned("max_connections: 1000000", "that many can need 6632 MiB");
    assert_warned("tls_cert_file: c\ntls_key_file: k", "that many can need 155 MiB");
    assert_silent("tls_cert_file: c\ntls_key_file: k\nmax_connections: 2836");
    assert_warned("tls_cert_file: c\ntls_key_file: k\ntls_client_ca_file: a\ntls_client_names: n",
                  "that many can need 191 MiB");
}
SP_TEST_END

SP_TEST(loosened_hosts_are_told)
{
    assert_warned("insecure_http: true", "in the clear");
    assert_warned("hosts: \"https://*.example.com\"", "hosts: *.example.com includes every host");
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

SP_TEST(a_rule_by_address_that_holds_for_nobody_or_everybody_is_told)
{
    assert_silent(
        "client_ip_hops: [10.0.0.5]\n" RULES("{action: allow, client_ip: [10.0.0.0/8, 203.0.113.0/24]}"));
    assert_warned(
        "client_ip_hops: [192.0.2.1, 10.0.0.0/8]\n" RULES("{action: allow, client_ip: 10.1.0.0/16}"),
        "policy ops, rule 1: client_ip 10.1.0.0/16 is inside 10.0.0.0/8 of client_ip_hops, where only "
        "proxies are");
    assert_warned("client_ip_hops: [10.0.0.0/8]\n" RULES("{action: deny, client_ip: 10.0.0.0/8}"),
                  "is inside 10.0.0.0/8");
    assert_warned(RULES("{action: public, client_ip: 0.0.0.0/0}"),
                  "client_ip 0.0.0.0/0 is every address: remove the condition");
    assert_warned(RULES("{action: deny, client_ip: \"::/0\"}"), "client_ip ::/0 is every address");
    assert_warned(
        "unsafe_trust_everybody: true\n" RULES("{action: public, client_ip: 10.0.0.0/8}"),
        "policy ops, rule 1: depends on an address that, with unsafe_trust_everybody, any client can choose");
    assert_silent(RULES("{action: public, client_ip: 10.0.0.0/8}"));
    assert_silent("client_ip_hops: 10.42.0.0/16\ntrusted_proxies: 10.42.0.0/16");
    assert_silent("client_ip_hops: 10.42.0.7\ntrusted_proxies: 10.42.0.0/16\n" RULES(
        "{action: deny, client_ip: 192.0.2.1}"));
    assert_warned(
        "client_ip_hops: [192.0.2.9, 10.0.0.0/8]\ntrusted_proxies: [127.0.0.1, 10.42.0.0/16]\n" RULES(
            "{action: deny, client_ip: 192.0.2.1}"),
        "client_ip_hops: 10.0.0.0/8 contains a network of trusted_proxies");
}
SP_TEST_END

SP_TEST(a_misspelt_method_is_told_and_an_unusual_one_is_not)
{
    assert_warned(RULES("{action: deny, method: GTE}"),
                  "policy ops, rule 1: method \"GTE\" is not a common one: did you mean \"GET\"?");
    assert_warned(RULES("{action: deny, method: [GET, DELTE]}"), "did you mean \"DELETE\"?");
    assert_silent(RULES("{action: deny, method: [GET, HEAD, PROPFIND, MKCALENDAR, VERSION-CONTROL]}"));
}
SP_TEST_END

SP_TEST(a_misspelt_claim_is_told_and_a_claim_of_ones_own_is_not)
{
    assert_warned("headers: {mine: {X-G: group}}",
                  "headers: mine, X-G: the claim \"group\" is not a common one: did you mean \"groups\"?");
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
    assert_warned("username_claim: preferred_username", "neither unique nor stable");
    assert_warned("groups_keep: \"a*b\"", "a * is a wildcard only at the end");
    assert_silent("groups_keep: \"a*\"");
    assert_silent("groups_keep: none");
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
                  "policy ops, rule 1: uses a group");
    assert_silent("scopes: openid email\ngroups_claim: roles\n" RULES("{action: allow, group: ops}"));
    assert_warned("scopes: openid\nusername_claim: sub\n" RULES("{action: allow, email: a@example.com}"),
                  "uses an e-mail address");
    assert_warned("scopes: openid\nusername_claim: sub\n" RULES("{action: allow, email_domain: example.com}"),
                  "uses an e-mail address");
}
SP_TEST_END

SP_TEST(a_rule_that_can_never_hold_is_told)
{
    assert_warned("groups_prefix: \"oidc:\"\n" RULES("{action: allow, group: ops}"), "groups_prefix");
    assert_silent("groups_prefix: \"oidc:\"\n" RULES("{action: allow, group: \"oidc:ops\"}"));
    assert_warned("groups_keep: [o*, x]\n" RULES("{action: allow, group: [ops, sre]}"),
                  "groups_keep drops the group \"sre\", so nobody is in it");
    assert_silent("groups_keep: [o*, x]\n" RULES("{action: allow, group: ops}"));
    assert_warned("hosts: https://a.example.com\n" RULES("{action: allow, host: b.example.com}"),
                  "none of its hosts is in the setting hosts");
    assert_silent("hosts: [https://a.example.com, \"https://b.example.com:8443\"]\n" RULES(
        "{action: allow, host: b.example.com}"));
    assert_warned(RULES("{action: allow, cors_preflight: true}"), "a preflight carries no cookie");
    assert_warned(RULES("{action: deny, group: \"System:masters\"}, {action: allow}"),
                  "nobody is in one here");
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
    assert_warned(RULES("{action: public, websocket: true}"), "can add the headers of a handshake");
    assert_silent(RULES("{action: deny, websocket: true}, {action: allow}"));
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

SP_TEST(any_audience_is_a_word_that_stands_alone)
{
    LOADED_SCOPED struct loaded any = load_settings("audiences: any", NULL);
    LOADED_SCOPED struct loaded listed = load_settings("audiences: [any]", NULL);
    LOADED_SCOPED struct loaded other = load_settings("audiences: [anything]", NULL);
    ck_assert(sp_config_takes_any_audience(any.config));
    ck_assert(sp_config_takes_any_audience(listed.config));
    ck_assert(!sp_config_takes_any_audience(other.config));
    assert_refused("audiences: [grafana, any]", "audiences: any must be the only value");
}
SP_TEST_END

SP_SUITE("checks", everything_required_is_named_at_once, there_must_be_a_policy_for_addresses_that_name_none,
         any_audience_is_a_word_that_stands_alone, listeners_need_addresses_of_their_own,
         trusting_everybody_takes_the_setting_whose_name_says_so, a_shared_callback_or_cookie_needs_hosts,
         the_support_url_is_http_only_where_the_pages_are, the_callback_host_is_one_of_the_hosts,
         hosts_have_the_public_port, the_readable_cookie_has_a_name_that_browsers_take_and_nobody_mistakes,
         every_host_is_below_the_cookie_domain, plain_http_takes_its_setting_and_no_shared_cookie,
         the_callback_is_no_other_page, what_a_bare_slash_means_names_what_exists,
         a_client_without_a_secret_is_public, a_prefix_that_kubernetes_keeps_for_itself_is_refused,
         networks_in_one_text_are_told_to_be_a_list, names_that_would_lose_every_group_or_user_are_refused,
         what_was_refused_already_is_not_complained_of_again,
         ac_25_addresses_that_nobody_may_have_verified_are_told_once,
         only_the_name_and_a_rule_make_an_address_that_nobody_verified_matter,
         a_rule_by_address_that_holds_for_nobody_or_everybody_is_told,
         a_misspelt_method_is_told_and_an_unusual_one_is_not,
         a_misspelt_claim_is_told_and_a_claim_of_ones_own_is_not, the_smallest_configuration_is_silent,
         wide_trust_is_told, an_address_that_looks_like_a_network_is_told,
         ac_87_more_connections_than_the_memory_of_the_chart_holds_are_told, loosened_hosts_are_told,
         settings_without_effect_are_told, a_prefix_that_every_router_reads_is_told,
         a_weak_tie_to_the_issuer_is_told, names_that_the_issuer_may_not_send_are_told,
         conditions_on_what_is_not_asked_for_are_told, a_rule_that_can_never_hold_is_told,
         a_rule_that_is_never_reached_is_told_once, a_policy_open_to_everybody_is_told,
         errors_come_without_warnings)
