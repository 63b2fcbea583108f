/* SPDX-License-Identifier: Apache-2.0 */
#include "config/values.h"

#include "fixture.h"

/* `SETTING: <len times c><suffix>` */
static const char *long_value(const char *setting, char c, size_t len, const char *suffix)
{
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "%s: ", setting);
    memset(text + at, c, len);
    snprintf(text + at + len, sizeof text - at - len, "%s", suffix);
    return text;
}

SP_TEST(truth_is_true_or_false_and_nothing_else)
{
    assert_shown("userinfo: true", "userinfo: true\n");
    assert_shown("userinfo: \"false\"", "userinfo: false\n");
    static const char *const others[] = {"yes", "no", "on", "off", "y", "True", "TRUE", "1", "0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char settings[32];
        snprintf(settings, sizeof settings, "userinfo: %s", others[i]);
        assert_refused(settings, "is neither true nor false");
    }
}
SP_TEST_END

SP_TEST(numbers_end_at_their_limits)
{
    assert_shown("threads: 64", "threads: 64\n");
    assert_refused("threads: 65", "threads: \"65\" is not a whole number from 0 to 64");
    assert_shown("max_connections: 16", "max_connections: 16\n");
    assert_refused("max_connections: 15", "from 16 to 1000000");
    assert_refused("max_connections: -1", "from 16 to 1000000");
    assert_refused("max_connections: 1e3", "from 16 to 1000000");
    assert_refused("max_connections: 0x100", "from 16 to 1000000");
    assert_refused("max_connections: 1_000", "from 16 to 1000000");
    assert_refused("max_connections: 18446744073709551616", "from 16 to 1000000");
}
SP_TEST_END

SP_TEST(durations_end_at_their_limits)
{
    assert_shown("clock_skew: 5m", "clock_skew: 5m\n");
    assert_refused("clock_skew: 301s", "clock_skew: \"301s\" is not between 0 and 5m");
    assert_shown("clock_skew: 0", "clock_skew: 0\n");
    assert_shown("session_lifetime: 60s", "session_lifetime: 1m\n");
    assert_refused("session_lifetime: 59s", "between 1m and 400d");
    assert_shown("session_lifetime: 400d", "session_lifetime: 400d\n");
    assert_refused("session_lifetime: 400d1s", "between 1m and 400d");
    assert_shown("drain_delay: 1m30s", "drain_delay: 1m30s\n");
    assert_refused("drain_delay: 5", "is not a duration such as 90s, 15m or 12h: a number with s, m, h or d");
    assert_refused("drain_delay: -5s", "is not a duration");
}
SP_TEST_END

SP_TEST(a_word_is_one_of_its_list)
{
    assert_shown("log_level: warn", "log_level: warn\n");
    assert_shown("log_format: text", "log_format: text\n");
    assert_shown("dialect_at_root: none", "dialect_at_root: none\n");
    assert_refused("log_level: inf",
                   "\"inf\" is not one of error, warn, info, debug: did you mean \"info\"?");
    assert_refused("log_level: warning", "did you mean \"warn\"?");
    assert_refused("client_auth: client_secret_post", "did you mean \"post\"?");
    assert_refused("log_level: INFO", "is not one of");
    assert_refused("dialect_at_root: nginx", "is not one of traefik, none");
}
SP_TEST_END

SP_TEST(the_name_of_a_site_is_plain_and_ends_at_its_limit)
{
    assert_shown("site_name: Ada & Co", "site_name: Ada & Co\n");
    assert_shown("site_name: \"\"", "site_name: \n");
    assert_accepted(long_value("site_name", 'x', SP_SITE_NAME_MAX, ""));
    assert_refused(long_value("site_name", 'x', SP_SITE_NAME_MAX + 1, ""), "is longer than 64 characters");
    assert_accepted(long_value("site_name", 'x', SP_SITE_NAME_MAX - 1, "\xf0\x9f\x94\x91"));
    assert_refused(long_value("site_name", 'x', SP_SITE_NAME_MAX - 1, "\xf0\x9f\x94\x91\xc3\xb6"),
                   "is longer than 64 characters");
    assert_refused("site_name: \"a\\nb\"", "is not a name for pages: it has controls, or spaces at an end");
    assert_refused("site_name: \"a\\x85\"", "is not a name for pages");
    assert_refused("site_name: \" a\"", "is not a name for pages");
}
SP_TEST_END

SP_TEST(the_support_url_is_one_that_a_browser_opens_and_ends_at_its_limit)
{
    static const char *const taken[] = {
        "https://help.example.com", "https://help.example.com/a?b=c&d",  "https://help.example.com/#sign-in",
        "mailto:help@example.com",  "mailto:help@example.com?subject=x",
    };
    static const char *const refused[] = {
        "help.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "//help.example.com/",
        "/help",
        "https://",
        "https://ada@help.example.com/",
        "'https://help.example.com/a b'",
        "https://help.example.com/ö",
        "\"https://help.example.com/#a\\nb\"",
        "'mailto:'",
        "mailto:help",
        "mailto:@example.com",
        "mailto:help@",
        "mailto:a@b@example.com",
        "'mailto:help desk@example.com'",
        "ftp://help.example.com/",
        "tel:+4930123456",
    };
    char settings[128];
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        snprintf(settings, sizeof settings, "support_url: %s", taken[i]);
        assert_accepted(settings);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        snprintf(settings, sizeof settings, "support_url: %s", refused[i]);
        assert_refused(settings, "is not a URL such as https://help.example.com/sign-in or mailto:");
    }
    size_t fixed_len = strlen("https://h.example/");
    static char text[512];
    for (size_t extra = 0; extra < 2; extra++) {
        size_t len = (size_t)snprintf(text, sizeof text, "support_url: https://h.example/");
        memset(text + len, 'x', SP_SUPPORT_URL_MAX - fixed_len + extra);
        text[len + SP_SUPPORT_URL_MAX - fixed_len + extra] = '\0';
        if (extra == 0) {
            assert_accepted(text);
        } else {
            assert_refused(text, "support_url: is longer than 256 bytes");
        }
    }
}
SP_TEST_END

SP_TEST(a_value_must_be_there_and_be_one)
{
    assert_refused("cookie_name:", "cookie_name: expected a value and found nothing: set one, or remove");
    assert_refused("cookie_name: ~", "found nothing");
    assert_refused("cookie_name: [a]", "cookie_name: expected a value and found a list");
    assert_refused("cookie_name: {a: b}", "found a mapping");
}
SP_TEST_END

SP_TEST(a_client_id_is_visible_and_not_too_long)
{
    assert_shown("client_id: \"a b:c\"", "client_id: a b:c\n");
    assert_refused("client_id: \"\"", "client_id: must not be empty");
    assert_refused("client_id: ä", "printable ASCII only");
    assert_refused("client_id: \"a\\nb\"", "printable ASCII only");
    assert_accepted(long_value("client_id", 'a', 255, ""));
    assert_refused(long_value("client_id", 'a', 256, ""), "longer than 255 bytes");
}
SP_TEST_END

SP_TEST(a_path_has_one_spelling)
{
    assert_shown("prefix: /a/b-c", "prefix: /a/b-c\n");
    assert_shown("prefix: /_oauth", "callback_path: /_oauth/callback\n");
    assert_shown("callback_path: /_oauth", "callback_path: /_oauth\n");
    assert_refused("prefix: a", "must begin with /");
    assert_refused("prefix: \"\"", "must begin with /");
    assert_refused("prefix: /", "must not end in /");
    assert_refused("prefix: /a/", "must not end in /");
    static const char *const others[] = {"/a/../b", "/a/./b", "/a//b", "/a;b",  "/a%2Fb", "/a%41",
                                         "/a?b",    "/a%zz",  "/ä",    "/a%00", "/a%c3",  "/a\\\\b"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char settings[32];
        snprintf(settings, sizeof settings, "prefix: \"%s\"", others[i]);
        assert_refused(settings, "is not a plain path");
    }
}
SP_TEST_END

SP_TEST(a_path_ends_at_its_maximum)
{
    char path[8 + 1 + 256 + 1] = "prefix: /";
    memset(path + strlen(path), 'a', 255);
    assert_accepted(path);
    char longer[sizeof path + 1];
    snprintf(longer, sizeof longer, "%sa", path);
    assert_refused(longer, "longer than 256 bytes");
}
SP_TEST_END

SP_TEST(a_cookie_stem_leaves_the_prefix_to_us)
{
    assert_shown("cookie_name: a.b-c_1", "cookie_name: a.b-c_1\n");
    assert_refused("cookie_name: __Host-a", "must not begin with __");
    assert_refused("cookie_name: \"\"", "1 to 32");
    assert_refused("cookie_name: a;b", "1 to 32");
    assert_refused("cookie_name: a=b", "1 to 32");
    assert_refused("cookie_name: a b", "1 to 32");
    assert_accepted(long_value("cookie_name", 'a', 32, ""));
    assert_refused(long_value("cookie_name", 'a', 33, ""), "1 to 32");
}
SP_TEST_END

SP_TEST(a_readable_cookie_has_a_plain_name_and_a_prefix_at_will)
{
    assert_shown("name_cookie: kommander_profile_name", "name_cookie: kommander_profile_name\n");
    assert_shown("name_cookie: \"\"", "name_cookie: \n");
    assert_shown("name_cookie: __Host-a", "name_cookie: __Host-a\n");
    assert_refused("name_cookie: __Host-", "1 to 64");
    assert_refused("name_cookie: a;b", "1 to 64");
    assert_refused("name_cookie: a=b", "1 to 64");
    assert_refused("name_cookie: a b", "1 to 64");
    assert_refused("name_cookie: \xc3\xbc", "1 to 64");
    assert_refused("name_cookie: __host-a", "must not begin with __");
    assert_refused("name_cookie: __Http-a", "must not begin with __");
    assert_refused("name_cookie: __Secure-__Host-a", "must not begin with __");
    assert_accepted(long_value("name_cookie", 'a', 64, ""));
    assert_refused(long_value("name_cookie", 'a', 65, ""), "1 to 64");
}
SP_TEST_END

SP_TEST(a_cookie_domain_is_a_canonical_domain)
{
    assert_shown("cookie_domain: EXAMPLE.com.\nhosts: https://a.example.com", "cookie_domain: example.com\n");
    assert_shown("cookie_domain: \"\"", "cookie_domain: \n");
    assert_refused("cookie_domain: .example.com\nhosts: https://a.example.com", "without the leading dot");
    assert_refused("cookie_domain: com\nhosts: https://a.com", "two labels or more");
    assert_refused("cookie_domain: 10.0.0.1\nhosts: https://10.0.0.1", "two labels or more");
    assert_refused("cookie_domain: \"[::1]\"\nhosts: \"https://[::1]\"", "two labels or more");
    assert_refused("cookie_domain: https://example.com\nhosts: https://a.example.com", "two labels or more");
    assert_refused("cookie_domain: \"*.example.com\"\nhosts: https://a.example.com", "two labels or more");
}
SP_TEST_END

SP_TEST(a_callback_host_is_an_origin)
{
    assert_shown("callback_host: https://AUTH.example.com:443\nhosts: https://auth.example.com",
                 "callback_host: https://auth.example.com\n");
    assert_refused("callback_host: https://auth.example.com/\nhosts: https://auth.example.com",
                   "without a path");
    assert_refused("callback_host: auth.example.com\nhosts: https://auth.example.com", "is not an origin");
}
SP_TEST_END

SP_TEST(prefixes_are_what_headers_carry)
{
    assert_shown("username_prefix: \"oidc:\"", "username_prefix: oidc:\n");
    assert_refused("username_prefix: \"a\\tb\"", "what a header cannot carry");
    assert_refused("username_prefix: \"a \"", "spaces at an end");
    assert_accepted(long_value("username_prefix", 'a', 128, ""));
    assert_refused(long_value("username_prefix", 'a', 129, ""), "longer than 128 bytes");
    assert_refused("username_claim: \"\"", "\"\" is not the name of a claim");
}
SP_TEST_END

SP_TEST(a_secret_in_the_place_of_a_file_name_is_not_shown)
{
    assert_refused("client_secret_file: \"-----BEGIN\\nhush\"", "client_secret_file: is the name of a file");
    LOADED_SCOPED struct loaded loaded = load_settings("client_secret_file: \"x\\nhush\"", NULL);
    ck_assert_ptr_null(find_report(&loaded, SP_REPORT_ERROR, "hush"));
    assert_accepted(long_value("keys_file", 'a', 4096, ""));
    assert_refused(long_value("keys_file", 'a', 4097, ""), "longer than 4096 bytes");
    assert_refused("keys_file: \"\"", "keys_file: must not be empty");
}
SP_TEST_END

SP_TEST(labels_are_what_stands_in_an_address_without_escapes)
{
    struct sp_diag diag;
    char label[65];
    memset(label, 'a', sizeof label);
    ck_assert_int_eq(sp_value_check_label(SP_STR("aZ0._-"), &diag), SP_OK);
    ck_assert_int_eq(sp_value_check_label((struct sp_str){label, 64}, &diag), SP_OK);
    ck_assert_int_eq(sp_value_check_label((struct sp_str){label, 65}, &diag), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_value_check_label(SP_STR(""), &diag), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_value_check_label(SP_STR("a b"), &diag), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_value_check_label(SP_STR("a&b"), &diag), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_value_check_label((struct sp_str){"\0", 1}, &diag), SP_ERR_FORMAT);
}
SP_TEST_END

/* ---- lists ------------------------------------------------------------------------------------------ */

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
    assert_shown("listen: \":4181\"", "listen: [:4181]\n");
    assert_shown("trusted_proxies: 10.0.0.0/8", "trusted_proxies: [10.0.0.0/8]\n");
    assert_shown("hosts: https://a.example.com", "hosts: [https://a.example.com]\n");
    assert_shown("forwarded_prefixes: /a", "forwarded_prefixes: [/a]\n");
    assert_shown("audiences: a", "audiences: [a]\n");
    assert_shown("groups_keep: \"ops*\"", "groups_keep: [ops*]\n");
    assert_shown("dialects: traefik", "dialects: [traefik]\n");
}
SP_TEST_END

SP_TEST(a_list_replaces_the_default)
{
    assert_shown("trusted_proxies: [10.0.0.0/8, \"fd00::/8\"]", "trusted_proxies: [10.0.0.0/8, fd00::/8]\n");
    assert_shown("scopes: [openid, email]", "scopes: openid email\n");
    assert_shown("hosts: []", "hosts: []\n");
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
    assert_accepted(numbered("bearer_audiences", "a#", SP_CLIENT_AUDIENCES_MAX));
    assert_refused(numbered("bearer_audiences", "a#", SP_CLIENT_AUDIENCES_MAX + 1), "more than 64");
    assert_refused(numbered("audiences", "a#", SP_CLIENT_AUDIENCES_MAX + 1), "more than 64 values");
    assert_accepted(numbered("groups_keep", "a#", SP_LIST_MAX));
    assert_refused(numbered("groups_keep", "a#", SP_LIST_MAX + 1), "more than 256 values");
}
SP_TEST_END

SP_TEST(hosts_are_origins_or_stand_for_one_label)
{
    assert_shown("hosts: [\"https://*.Example.com\", \"https://a.example.com:8443\"]",
                 "hosts: [https://*.example.com, https://a.example.com:8443]\n");
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
    assert_shown("public_ports: {https://App.example.com: 8443, \"https://[::1]:443\": 1}",
                 "public_ports: {https://app.example.com: 8443, https://[::1]: 1}\n");
    assert_shown("public_ports:\n  http://a.example.com: 65535\ninsecure_http: true",
                 "public_ports: {http://a.example.com: 65535}\n");
    assert_shown("public_ports: {}", "public_ports: {}\n");
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
    assert_refused("public_ports: {https://app.example.com: 443}", "443 is the default port");
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
    assert_refused("dialects: [traefik, nginx]", "\"nginx\" is not supported in this version");
    assert_refused("dialects: []", "must name one");
}
SP_TEST_END

SP_TEST(groups_worth_keeping_are_groups)
{
    assert_shown("groups_keep: [ops, \"team-*\"]", "groups_keep: [ops, team-*]\n");
    assert_refused("groups_keep: [\"\"]", "is not a group that a header can carry");
    assert_refused("groups_keep: [\" a\"]", "is not a group that a header can carry");
}
SP_TEST_END

SP_SUITE("values", truth_is_true_or_false_and_nothing_else, numbers_end_at_their_limits,
         durations_end_at_their_limits, a_word_is_one_of_its_list,
         the_name_of_a_site_is_plain_and_ends_at_its_limit,
         the_support_url_is_one_that_a_browser_opens_and_ends_at_its_limit, a_value_must_be_there_and_be_one,
         a_client_id_is_visible_and_not_too_long, a_path_has_one_spelling, a_path_ends_at_its_maximum,
         a_cookie_stem_leaves_the_prefix_to_us, a_readable_cookie_has_a_plain_name_and_a_prefix_at_will,
         a_cookie_domain_is_a_canonical_domain, a_callback_host_is_an_origin, prefixes_are_what_headers_carry,
         a_secret_in_the_place_of_a_file_name_is_not_shown,
         labels_are_what_stands_in_an_address_without_escapes, one_value_needs_no_list,
         a_list_replaces_the_default, every_wrong_element_is_told_at_its_place,
         what_is_there_twice_is_refused, lists_end_at_their_maximum, hosts_are_origins_or_stand_for_one_label,
         public_ports_map_origins_to_ports, a_public_port_that_is_none_is_told_at_its_place,
         this_version_speaks_to_traefik, groups_worth_keeping_are_groups)
