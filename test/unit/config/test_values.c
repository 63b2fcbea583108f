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
    assert_dumped("userinfo: true", "userinfo: true\n");
    assert_dumped("userinfo: \"false\"", "userinfo: false\n");
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
    assert_dumped("threads: 64", "threads: 64\n");
    assert_refused("threads: 65", "threads: \"65\" is not a whole number from 0 to 64");
    assert_dumped("max_connections: 16", "max_connections: 16\n");
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
    assert_dumped("clock_skew: 5m", "clock_skew: 5m\n");
    assert_refused("clock_skew: 301s", "clock_skew: \"301s\" is not between 0 and 5m");
    assert_dumped("clock_skew: 0", "clock_skew: 0\n");
    assert_dumped("session_lifetime: 60s", "session_lifetime: 1m\n");
    assert_refused("session_lifetime: 59s", "between 1m and 400d");
    assert_dumped("session_lifetime: 400d", "session_lifetime: 400d\n");
    assert_refused("session_lifetime: 400d1s", "between 1m and 400d");
    assert_dumped("drain_delay: 1m30s", "drain_delay: 1m30s\n");
    assert_refused("drain_delay: 5", "is not a duration such as 90s, 15m or 12h: a number with s, m, h or d");
    assert_refused("drain_delay: -5s", "is not a duration");
}
SP_TEST_END

SP_TEST(a_word_is_one_of_its_list)
{
    assert_dumped("log_level: warn", "log_level: warn\n");
    assert_dumped("log_format: text", "log_format: text\n");
    assert_dumped("dialect_at_root: none", "dialect_at_root: none\n");
    assert_refused("log_level: inf", "\"inf\" is none of error, warn, info, debug: did you mean \"info\"?");
    assert_refused("log_level: warning", "did you mean \"warn\"?");
    assert_refused("client_auth: client_secret_post", "did you mean \"post\"?");
    assert_refused("log_level: INFO", "is none of");
    assert_refused("dialect_at_root: nginx", "is none of traefik, none");
}
SP_TEST_END

SP_TEST(a_value_must_be_there_and_be_one)
{
    assert_refused("cookie_name:", "cookie_name: expected a value and found nothing: give one, or leave");
    assert_refused("cookie_name: ~", "found nothing");
    assert_refused("cookie_name: [a]", "cookie_name: expected a value and found a list");
    assert_refused("cookie_name: {a: b}", "found a mapping");
}
SP_TEST_END

SP_TEST(the_issuer_is_an_https_url_and_nothing_more)
{
    assert_dumped("issuer: https://dex.example.com/dex", "issuer: \"https://dex.example.com/dex\"\n");
    assert_dumped("issuer: https://dex.example.com", "issuer: \"https://dex.example.com\"\n");
    assert_dumped("issuer: http://127.0.0.1:5556/dex", "issuer: \"http://127.0.0.1:5556/dex\"\n");
    assert_accepted("issuer: http://localhost:5556/dex");
    assert_refused("issuer: http://dex.example.com/dex", "is not https");
    assert_refused("issuer: https://dex.example.com/dex?x=1", "without query and fragment");
    assert_refused("issuer: https://dex.example.com/dex?", "without query and fragment");
    assert_refused("issuer: \"https://dex.example.com/dex#x\"", "without query and fragment");
    assert_refused("issuer: https://user@dex.example.com/dex", "is not an https URL");
    assert_refused("issuer: dex.example.com", "is not an https URL");
    assert_refused("issuer: wss://dex.example.com", "is not an https URL");
    assert_refused("issuer: \"\"", "is not an https URL");
    assert_refused("issuer: https://a.example/.well-known/openid-configuration",
                   "is written without /.well-known/openid-configuration");
}
SP_TEST_END

SP_TEST(a_client_id_is_visible_and_not_too_long)
{
    assert_dumped("client_id: \"a b:c\"", "client_id: \"a b:c\"\n");
    assert_refused("client_id: \"\"", "client_id: must not be empty");
    assert_refused("client_id: ä", "printable ASCII only");
    assert_refused("client_id: \"a\\nb\"", "printable ASCII only");
    assert_accepted(long_value("client_id", 'a', 255, ""));
    assert_refused(long_value("client_id", 'a', 256, ""), "longer than 255 bytes");
}
SP_TEST_END

SP_TEST(a_path_has_one_spelling)
{
    assert_dumped("prefix: /a/b-c", "prefix: /a/b-c\n");
    assert_dumped("prefix: /_oauth", "callback_path: /_oauth/callback\n");
    assert_dumped("callback_path: /_oauth", "callback_path: /_oauth\n");
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
    assert_dumped("cookie_name: a.b-c_1", "cookie_name: a.b-c_1\n");
    assert_refused("cookie_name: __Host-a", "must not begin with __");
    assert_refused("cookie_name: \"\"", "1 to 32");
    assert_refused("cookie_name: a;b", "1 to 32");
    assert_refused("cookie_name: a=b", "1 to 32");
    assert_refused("cookie_name: a b", "1 to 32");
    assert_accepted(long_value("cookie_name", 'a', 32, ""));
    assert_refused(long_value("cookie_name", 'a', 33, ""), "1 to 32");
}
SP_TEST_END

SP_TEST(a_cookie_domain_is_a_canonical_domain)
{
    assert_dumped("cookie_domain: EXAMPLE.com.\nhosts: https://a.example.com",
                  "cookie_domain: example.com\n");
    assert_dumped("cookie_domain: \"\"", "cookie_domain: \"\"\n");
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
    assert_dumped("callback_host: https://AUTH.example.com:443\nhosts: https://auth.example.com",
                  "callback_host: \"https://auth.example.com\"\n");
    assert_refused("callback_host: https://auth.example.com/\nhosts: https://auth.example.com",
                   "without a path");
    assert_refused("callback_host: auth.example.com\nhosts: https://auth.example.com", "is not an origin");
}
SP_TEST_END

SP_TEST(prefixes_are_what_headers_carry)
{
    assert_dumped("username_prefix: \"oidc:\"", "username_prefix: \"oidc:\"\n");
    assert_refused("username_prefix: \"a\\tb\"", "what a header cannot carry");
    assert_refused("username_prefix: \"a \"", "spaces at an end");
    assert_accepted(long_value("username_prefix", 'a', 128, ""));
    assert_refused(long_value("username_prefix", 'a', 129, ""), "longer than 128 bytes");
    assert_refused("username_claim: \"\"", "must not be empty");
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

SP_TEST(what_belongs_to_later_versions_is_accepted_at_its_default_only)
{
    assert_silent("renew_after: 1h\nrenew_grace: 15m\nbearer_audiences: []\nrbac_source: cluster\n"
                  "rbac_kubeconfig: \"\"\nrbac_matching: kubernetes\nrbac_bootstrap: false\n"
                  "rbac_max_age: 10m");
    assert_refused("renew_after: 2h", "renew_after: not in this version");
    assert_refused("bearer_audiences: [a]", "bearer_audiences: not in this version");
    assert_refused("bearer_audiences: a", "not in this version");
    assert_refused("rbac_bootstrap: true", "not in this version");
    assert_refused("rbac_source: /rules", "not in this version");
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

SP_SUITE("values", truth_is_true_or_false_and_nothing_else, numbers_end_at_their_limits,
         durations_end_at_their_limits, a_word_is_one_of_its_list, a_value_must_be_there_and_be_one,
         the_issuer_is_an_https_url_and_nothing_more, a_client_id_is_visible_and_not_too_long,
         a_path_has_one_spelling, a_path_ends_at_its_maximum, a_cookie_stem_leaves_the_prefix_to_us,
         a_cookie_domain_is_a_canonical_domain, a_callback_host_is_an_origin, prefixes_are_what_headers_carry,
         a_secret_in_the_place_of_a_file_name_is_not_shown,
         what_belongs_to_later_versions_is_accepted_at_its_default_only,
         labels_are_what_stands_in_an_address_without_escapes)
