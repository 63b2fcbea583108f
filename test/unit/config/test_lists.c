/* SPDX-License-Identifier: Apache-2.0 */
#include "config/lists.h"

#include "fixture.h"

/* `SETTING: [<format of 1>, … <format of n>]` */
static const char *numbered(const char *setting, const char *format, unsigned n)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "%s: [", setting);
    int before_len = (int)strcspn(format, "#");
    for (unsigned i = 1; i <= n; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"%.*s%u%s\"", i > 1 ? ", " : "",
                                before_len, format, i, format + before_len + 1);
    }
    snprintf(text + len, sizeof text - len, "]");
    return text;
}

SP_TEST(one_value_needs_no_list)
{
    assert_dumped("listen: \":4181\"", "listen: [\":4181\"]\n");
    assert_dumped("trusted_proxies: 10.0.0.0/8", "trusted_proxies: [\"10.0.0.0/8\"]\n");
    assert_dumped("hosts: https://a.example.com", "hosts: [\"https://a.example.com\"]\n");
    assert_dumped("forwarded_prefixes: /a", "forwarded_prefixes: [/a]\n");
    assert_dumped("audiences: a", "audiences: [a]\n");
    assert_dumped("groups_keep: \"ops*\"", "groups_keep: [\"ops*\"]\n");
    assert_dumped("dialects: traefik", "dialects: [traefik]\n");
}
SP_TEST_END

SP_TEST(a_list_replaces_the_default)
{
    assert_dumped("trusted_proxies: [10.0.0.0/8, \"fd00::/8\"]",
                  "trusted_proxies: [\"10.0.0.0/8\", \"fd00::/8\"]\n");
    assert_dumped("scopes: [openid, email]", "scopes: \"openid email\"\n");
    assert_dumped("hosts: []", "hosts: []\n");
}
SP_TEST_END

SP_TEST(every_wrong_element_is_told_at_its_place)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("trusted_proxies: [10.0.0.0/8, ten, 10.1.2.3/8]\nlisten: [x, \":1\"]", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 31);
    ck_assert_uint_eq(loaded.reports.items[1].column, 36);
    ck_assert_uint_eq(loaded.reports.items[2].line, 2);
}
SP_TEST_END

SP_TEST(what_is_there_twice_is_refused)
{
    assert_refused("hosts: [https://a.example.com, \"https://A.example.com:443\"]", "appears twice");
    assert_refused("listen: [\":4181\", \"[::]:4181\"]", "\"[::]:4181\" appears twice");
    assert_refused("audiences: [a, a]", "\"a\" appears twice");
    assert_refused("scopes: openid email openid", "\"openid\" appears twice");
    assert_refused("forwarded_prefixes: [/a, /a]", "\"/a\" appears twice");
    assert_accepted("hosts: [https://a.example.com, \"https://*.a.example.com\"]");
}
SP_TEST_END

SP_TEST(lists_end_at_their_maximum)
{
    assert_accepted(numbered("listen", "127.0.0.#:80", SP_LISTEN_MAX));
    assert_refused(numbered("listen", "127.0.0.#:80", SP_LISTEN_MAX + 1), "more than 8 values");
    assert_accepted(numbered("trusted_proxies", "10.0.0.#", SP_CIDRS_MAX));
    assert_refused(numbered("trusted_proxies", "10.0.0.#", SP_CIDRS_MAX + 1), "more than 64 values");
    assert_accepted(numbered("hosts", "https://a#.example.com", SP_HOSTS_MAX));
    assert_refused(numbered("hosts", "https://a#.example.com", SP_HOSTS_MAX + 1), "more than 256 values");
    assert_accepted(numbered("forwarded_prefixes", "/a#", SP_PREFIXES_MAX));
    assert_refused(numbered("forwarded_prefixes", "/a#", SP_PREFIXES_MAX + 1), "more than 64 values");
    assert_accepted(numbered("audiences", "a#", SP_CLIENT_AUDIENCES_MAX));
    assert_refused(numbered("audiences", "a#", SP_CLIENT_AUDIENCES_MAX + 1), "more than 64 values");
    assert_accepted(numbered("groups_keep", "a#", SP_LIST_MAX));
    assert_refused(numbered("groups_keep", "a#", SP_LIST_MAX + 1), "more than 256 values");
}
SP_TEST_END

SP_TEST(hosts_are_origins_or_stand_for_one_label)
{
    assert_dumped("hosts: [\"https://*.Example.com\", \"https://a.example.com:8443\"]",
                  "hosts: [\"https://*.example.com\", \"https://a.example.com:8443\"]\n");
    static const char *const others[] = {
        "a.example.com",      "https://a.example.com/", "https://a*.example.com", "https://*", "*",
        "ftp://a.example.com"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "hosts: \"%s\"", others[i]);
        assert_refused(settings, "is not an origin");
    }
}
SP_TEST_END

/* `public_ports` with `n` origins. */
static const char *ports(unsigned n)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "public_ports:\n");
    for (unsigned i = 1; i <= n; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "  https://a%u.example.com: 8443\n", i);
    }
    return text;
}

SP_TEST(public_ports_map_origins_to_ports)
{
    assert_dumped("public_ports: {https://App.example.com: 8443, \"https://[::1]:443\": 1}",
                  "public_ports: {\"https://app.example.com\": 8443, \"https://[::1]\": 1}\n");
    assert_dumped("public_ports:\n  http://a.example.com: 65535\ninsecure_http: true",
                  "public_ports: {\"http://a.example.com\": 65535}\n");
    assert_dumped("public_ports: {}", "public_ports: {}\n");
    assert_accepted(ports(SP_PUBLIC_PORTS_MAX));
    assert_refused(ports(SP_PUBLIC_PORTS_MAX + 1), "has more than 256 values");
}
SP_TEST_END

SP_TEST(a_public_port_that_is_none_is_told_at_its_place)
{
    static const char *const origins[] = {"app.example.com",         "https://app.example.com:8080",
                                          "https://*.example.com",   "https://app.example.com/",
                                          "https://a@b.example.com", "ftp://app.example.com"};
    static const char *const values[] = {"0",         "65536", "-1",     "8443x", "\"\"",
                                         "\" 8443\"", "https", "0x20fb", "8443.0"};
    char settings[128];
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++) {
        snprintf(settings, sizeof settings, "public_ports: {\"%s\": 8443}", origins[i]);
        assert_refused(settings, "is not an origin as it arrives");
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(settings, sizeof settings, "public_ports: {https://app.example.com: %s}", values[i]);
        assert_refused(settings, "is not a port, 1 to 65535");
    }
    assert_refused("public_ports: {https://app.example.com: 443}", "443 is the port without an entry");
    assert_refused("public_ports: {https://app.example.com: 8443, \"https://APP.example.com.:443\": 8444}",
                   "\"https://APP.example.com.:443\" appears twice");
    assert_refused("public_ports: {https://app.example.com: [8443]}",
                   "https://app.example.com: expected a value");
    assert_refused("public_ports: {https://app.example.com: }", "https://app.example.com: expected a value");
    assert_refused("public_ports: [https://app.example.com]",
                   "expected a mapping of origins to ports and found a list");
    assert_refused("public_ports: 8443", "expected a mapping of origins to ports");
    LOADED_SCOPED struct loaded loaded =
        load_settings("public_ports:\n  https://a.example.com: 8443\n  https://b.example.com: 0", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 1);
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
}
SP_TEST_END

SP_TEST(this_version_speaks_to_traefik)
{
    assert_refused("dialects: [traefic]", "did you mean \"traefik\"?");
    assert_refused("dialects: [traefik, nginx]", "\"nginx\" is not in this version");
    assert_refused("dialects: []", "must name one");
}
SP_TEST_END

SP_TEST(scopes_are_one_text_or_a_list)
{
    assert_dumped("scopes: openid   email", "scopes: \"openid email\"\n");
    assert_dumped("scopes: [openid, email profile]", "scopes: \"openid email profile\"\n");
    assert_refused("scopes: [openid, \"a\\tb\"]", "is not a scope");
    assert_refused("scopes: [openid, \"a\\\"\"]", "is not a scope");
    assert_refused("scopes: openid ä", "is not a scope");
}
SP_TEST_END

SP_TEST(scopes_must_hold_openid_and_not_ask_for_what_is_not_done)
{
    assert_refused("scopes: email", "must hold openid");
    assert_refused("scopes: []", "must hold openid");
    assert_refused("scopes: \"\"", "must hold openid");
    assert_refused("scopes: openid offline_access", "\"offline_access\" is not in this version");
}
SP_TEST_END

SP_TEST(scopes_end_at_their_maximum)
{
    char text[256];
    size_t len = (size_t)snprintf(text, sizeof text, "scopes: openid ");
    memset(text + len, 'a', 129);
    text[len + 128] = '\0';
    assert_accepted(text);
    text[len + 128] = 'a';
    text[len + 129] = '\0';
    assert_refused(text, "is not a scope");
}
SP_TEST_END

SP_TEST(groups_worth_keeping_are_groups)
{
    assert_dumped("groups_keep: [ops, \"team-*\"]", "groups_keep: [ops, \"team-*\"]\n");
    assert_refused("groups_keep: [\"\"]", "is no group that a header can carry");
    assert_refused("groups_keep: [\" a\"]", "is no group that a header can carry");
}
SP_TEST_END

SP_SUITE("lists", one_value_needs_no_list, a_list_replaces_the_default,
         every_wrong_element_is_told_at_its_place, what_is_there_twice_is_refused, lists_end_at_their_maximum,
         hosts_are_origins_or_stand_for_one_label, public_ports_map_origins_to_ports,
         a_public_port_that_is_none_is_told_at_its_place, this_version_speaks_to_traefik,
         scopes_are_one_text_or_a_list, scopes_must_hold_openid_and_not_ask_for_what_is_not_done,
         scopes_end_at_their_maximum, groups_worth_keeping_are_groups)
