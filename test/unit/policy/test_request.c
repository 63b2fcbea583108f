/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/request.h"

#include "material.h"

static const char *const listed[] = {"/dkp/grafana", "/dkp/kiali"};
static const struct sp_prefixes prefixes = {listed, 2};

static struct sp_forwarded make_forwarded(const char *prefix, const char *target)
{
    return (struct sp_forwarded){
        .origin = make_origin("https://app.example.com"),
        .method = SP_STR("GET"),
        .target = make_target(target),
        .prefix = sp_str_from_c(prefix),
        .client_chain = SP_STR("203.0.113.9"),
    };
}

static enum sp_reason build(const struct sp_forwarded *forwarded, const struct sp_prefixes *allowed,
                            struct sp_request *out)
{
    static const struct sp_head no_head;
    static char storage[SP_TARGET_MAX + 64];
    struct sp_buf scratch = SP_BUF_ON(storage);
    return sp_request_build(forwarded, &no_head, allowed, &scratch, out);
}

SP_TEST(without_a_prefix_the_request_is_what_was_forwarded)
{
    struct sp_forwarded forwarded = make_forwarded("", "/a/b?c=d");
    struct sp_request request;
    ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    ck_assert_str_view(request.target.raw, "/a/b?c=d");
    ck_assert_str_view(request.target.path, "/a/b");
    ck_assert_str_view(request.method, "GET");
    ck_assert_str_view(request.client_chain, "203.0.113.9");
    ck_assert(sp_origin_equal(&request.origin, &forwarded.origin));
}
SP_TEST_END

SP_TEST(a_listed_prefix_is_put_back_before_anything_looks_at_the_path)
{
    struct sp_forwarded forwarded = make_forwarded("/dkp/grafana", "/d/x?y=/z");
    struct sp_request request;
    ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    ck_assert_str_view(request.target.raw, "/dkp/grafana/d/x?y=/z");
    ck_assert_str_view(request.target.path, "/dkp/grafana/d/x");
    ck_assert_str_view(request.target.query, "y=/z");
    ck_assert_uint_eq(request.target.marks, 0);
    forwarded = make_forwarded("/dkp/kiali", "/x//y");
    ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    ck_assert_str_view(request.target.path, "/dkp/kiali/x//y");
    ck_assert_uint_eq(request.target.marks, SP_PATH_EMPTY_SEGMENT);
}
SP_TEST_END

SP_TEST(ac_08_a_stripped_path_that_climbs_is_refused)
{
    static const char *const climbing[] = {"/../admin",     "/x/../../admin", "/..%2Fadmin",
                                           "/%2e%2e/admin", "/..;/admin",     "/./admin"};
    for (size_t i = 0; i < sizeof climbing / sizeof climbing[0]; i++) {
        struct sp_forwarded forwarded = make_forwarded("/dkp/grafana", climbing[i]);
        struct sp_request request;
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_MALFORMED_URI);
        forwarded = make_forwarded("", climbing[i]);
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    }
}
SP_TEST_END

SP_TEST(ac_08_a_stripped_path_that_may_name_a_host_is_refused)
{
    static const char *const naming[] = {
        "//x/admin",  "///x/admin",    "//",           "/%2Fx/admin",       "/%2f",         "/%5Cx/admin",
        "/\\x/admin", "/%252Fx/admin", "/%09/x/admin", "/%EF%BC%8Fx/admin", "/%FF/x/admin",
    };
    for (size_t i = 0; i < sizeof naming / sizeof naming[0]; i++) {
        struct sp_forwarded forwarded = make_forwarded("/dkp/grafana", naming[i]);
        struct sp_request request;
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_MALFORMED_URI);
        forwarded = make_forwarded("", naming[i]);
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    }
    static const char *const naming_none[] = {"/a//b",  "/a%2Fb/c",  "/%20x",  "/Inc./x",
                                              "/a:b/c", "/caf%E9/x", "/x/%2Fy"};
    for (size_t i = 0; i < sizeof naming_none / sizeof naming_none[0]; i++) {
        struct sp_forwarded forwarded = make_forwarded("/dkp/grafana", naming_none[i]);
        struct sp_request request;
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    }
}
SP_TEST_END

SP_TEST(ac_05_a_prefix_that_is_not_listed_is_refused)
{
    static const char *const others[] = {
        "/public",     "/dkp",         "/dkp/grafana/",  "/dkp/grafanax",
        "dkp/grafana", "/DKP/grafana", "//evil.example", "/dkp/grafana, /dkp/kiali",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sp_forwarded forwarded = make_forwarded(others[i], "/");
        struct sp_request request = {.method = SP_STR("kept")};
        ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_UNKNOWN_PREFIX);
        ck_assert_str_view(request.method, "kept");
        const struct sp_prefixes none = {NULL, 0};
        ck_assert_int_eq(build(&forwarded, &none, &request), SP_REASON_UNKNOWN_PREFIX);
    }
}
SP_TEST_END

SP_TEST(ac_05_a_prefix_that_was_not_asked_for_is_not_read)
{
    struct sp_forwarded forwarded = make_forwarded("/dkp/grafana", "/a");
    struct sp_request request;
    ck_assert_int_eq(build(&forwarded, NULL, &request), SP_REASON_NONE);
    ck_assert_str_view(request.target.raw, "/a");
    forwarded.prefix = SP_STR("/public");
    ck_assert_int_eq(build(&forwarded, NULL, &request), SP_REASON_NONE);
    ck_assert_str_view(request.target.raw, "/a");
}
SP_TEST_END

SP_TEST(a_whole_that_is_longer_than_a_target_is_malformed)
{
    static char text[SP_TARGET_MAX + 1];
    memset(text, 'a', SP_TARGET_MAX - strlen(listed[0]));
    text[0] = '/';
    struct sp_forwarded forwarded = make_forwarded(listed[0], text);
    struct sp_request request;
    ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_NONE);
    ck_assert_uint_eq(request.target.raw.len, SP_TARGET_MAX);
    text[strlen(text)] = 'a';
    forwarded = make_forwarded(listed[0], text);
    ck_assert_int_eq(build(&forwarded, &prefixes, &request), SP_REASON_MALFORMED_URI);

    static const struct sp_head no_head;
    SP_BUF_ON_STACK(small, 8);
    forwarded = make_forwarded(listed[0], "/");
    ck_assert_int_eq(sp_request_build(&forwarded, &no_head, &prefixes, &small, &request),
                     SP_REASON_MALFORMED_URI);
}
SP_TEST_END

SP_TEST(the_intent_is_that_of_the_forwarded_method_and_scheme)
{
    struct sp_head head;
    struct sp_str bytes = SP_STR("GET / HTTP/1.1\r\nHost: a\r\n"
                                 "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n\r\n");
    ck_assert_int_eq(sp_head_parse(bytes, &head), SP_REASON_NONE);
    struct sp_forwarded forwarded = make_forwarded("", "/");
    struct sp_buf scratch = SP_BUF_NONE;
    struct sp_request request;
    ck_assert_int_eq(sp_request_build(&forwarded, &head, NULL, &scratch, &request), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_kind(&request), SP_REQUEST_KIND_NAVIGATION);
    forwarded.method = SP_STR("POST");
    ck_assert_int_eq(sp_request_build(&forwarded, &head, NULL, &scratch, &request), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_kind(&request), SP_REQUEST_KIND_FORM);
    forwarded.is_websocket = true;
    ck_assert_int_eq(sp_request_build(&forwarded, &head, NULL, &scratch, &request), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_kind(&request), SP_REQUEST_KIND_WEBSOCKET);
}
SP_TEST_END

SP_TEST(an_origin_gets_its_public_port_and_others_none)
{
    struct sp_public_port items[] = {{make_origin("https://a.example.com"), 8443},
                                     {make_origin("http://a.example.com"), 8080},
                                     {make_origin("https://[::1]"), 1}};
    const struct sp_public_ports ports = {items, 3};
    static const struct {
        const char *arrives;
        const char *becomes;
    } cases[] = {
        {"https://a.example.com", "https://a.example.com:8443"},
        {"https://A.example.com.:443", "https://a.example.com:8443"},
        {"http://a.example.com", "http://a.example.com:8080"},
        {"https://[::1]", "https://[::1]:1"},
        {"https://a.example.com:8443", "https://a.example.com:8443"},
        {"https://a.example.com:9000", "https://a.example.com:9000"},
        {"https://a.example.com:80", "https://a.example.com:80"},
        {"https://b.a.example.com", "https://b.a.example.com"},
        {"https://b.example.com", "https://b.example.com"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_origin origin = make_origin(cases[i].arrives);
        struct sp_origin expected = make_origin(cases[i].becomes);
        sp_public_ports_apply(&ports, &origin);
        ck_assert_msg(sp_origin_equal(&origin, &expected), "%s", cases[i].arrives);
        sp_public_ports_apply(&(const struct sp_public_ports){0}, &origin);
        ck_assert(sp_origin_equal(&origin, &expected));
    }
}
SP_TEST_END

SP_TEST(https_is_expected_unless_told_otherwise)
{
    const struct sp_origin_rules settings = {0};
    const struct sp_origin_rules lenient = {.insecure_http = true};
    struct sp_origin http = make_origin("http://a.example.com");
    struct sp_origin https = make_origin("https://a.example.com");
    struct sp_origin none = {.host = https.host};
    ck_assert_int_eq(sp_request_check_origin(&https, &settings), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_check_origin(&http, &settings), SP_REASON_INSECURE_PROTO);
    ck_assert_int_eq(sp_request_check_origin(&http, &lenient), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_check_origin(&https, &lenient), SP_REASON_NONE);
    ck_assert_int_eq(sp_request_check_origin(&none, &settings), SP_REASON_INSECURE_PROTO);
    ck_assert_int_eq(sp_request_check_origin(&none, &lenient), SP_REASON_INSECURE_PROTO);
}
SP_TEST_END

SP_TEST(ac_14_hosts_that_are_not_listed_are_misdirected)
{
    struct sp_origin_pattern hosts[2];
    ck_assert(sp_origin_pattern_parse(SP_STR("https://a.example.com"), &hosts[0]));
    ck_assert(sp_origin_pattern_parse(SP_STR("https://*.apps.example.com"), &hosts[1]));
    const struct sp_origin_rules hosted = {.hosts = hosts, .hosts_n = 2};
    static const char *const fine[] = {"https://a.example.com", "https://A.example.com",
                                       "https://x.apps.example.com"};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        struct sp_origin origin = make_origin(fine[i]);
        ck_assert_msg(sp_request_check_origin(&origin, &hosted) == SP_REASON_NONE, "%s", fine[i]);
    }
    static const char *const others[] = {"https://evil-a.example.com",   "https://a.example.com.evil.example",
                                         "https://a.example.com:8443",   "https://apps.example.com",
                                         "https://x.y.apps.example.com", "https://evilapps.example.com"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sp_origin origin = make_origin(others[i]);
        ck_assert_msg(sp_request_check_origin(&origin, &hosted) == SP_REASON_HOST_NOT_LISTED, "%s",
                      others[i]);
    }
    struct sp_origin insecure = make_origin("http://evil.example");
    ck_assert_int_eq(sp_request_check_origin(&insecure, &hosted), SP_REASON_INSECURE_PROTO);
}
SP_TEST_END

SP_SUITE("request", an_origin_gets_its_public_port_and_others_none,
         without_a_prefix_the_request_is_what_was_forwarded,
         a_listed_prefix_is_put_back_before_anything_looks_at_the_path,
         ac_08_a_stripped_path_that_climbs_is_refused, ac_08_a_stripped_path_that_may_name_a_host_is_refused,
         ac_05_a_prefix_that_is_not_listed_is_refused, ac_05_a_prefix_that_was_not_asked_for_is_not_read,
         a_whole_that_is_longer_than_a_target_is_malformed,
         the_intent_is_that_of_the_forwarded_method_and_scheme, https_is_expected_unless_told_otherwise,
         ac_14_hosts_that_are_not_listed_are_misdirected)
