/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

#include "http/path.h"

#include "material.h"

static void assert_reason(const char *lines, enum sp_reason expected)
{
    struct sp_head head = head_of(lines);
    struct sp_forwarded forwarded;
    enum sp_reason reason = sp_forwarded_read(&head, &forwarded);
    ck_assert_msg(reason == expected, "%s instead of %s for:\n%s", sp_reason_name(reason),
                  sp_reason_name(expected), lines);
}

static struct sp_forwarded forwarded_of(const char *lines)
{
    static struct sp_head head;
    struct sp_forwarded forwarded;
    head = head_of(lines);
    ck_assert_int_eq(sp_forwarded_read(&head, &forwarded), SP_REASON_NONE);
    return forwarded;
}

#define PROTO  "X-Forwarded-Proto: https\r\n"
#define HOST   "X-Forwarded-Host: app.test\r\n"
#define URI    "X-Forwarded-Uri: /a?b\r\n"
#define METHOD "X-Forwarded-Method: GET\r\n"
#define ALL    PROTO HOST URI METHOD

SP_TEST(what_traefik_says_is_read)
{
    struct sp_forwarded forwarded = forwarded_of("X-Forwarded-For: 10.1.2.3\r\n"
                                                 "x-forwarded-host: APP.test.:99\r\n"
                                                 "X-Forwarded-Method: POST\r\n"
                                                 "X-Forwarded-Port: 99\r\n"
                                                 "X-Forwarded-Proto: https\r\n"
                                                 "X-Forwarded-Server: traefik\r\n"
                                                 "X-FORWARDED-URI: /a%2Fb?c=\xc3\xa9\r\n");
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://app.test:99");
    ck_assert_str_view(forwarded.method, "POST");
    ck_assert_str_view(forwarded.target.path, "/a%2Fb");
    ck_assert_str_view(forwarded.target.query, "c=\xc3\xa9");
    ck_assert_uint_eq(forwarded.target.marks, SP_PATH_ENCODED_SLASH);
    ck_assert_str_view(forwarded.client_chain, "10.1.2.3");
    ck_assert_uint_eq(forwarded.prefix.len, 0);
    ck_assert(!forwarded.is_websocket);
}
SP_TEST_END

SP_TEST(the_first_line_of_a_head_is_read_like_the_others)
{
    struct sp_head head;
    struct sp_forwarded forwarded;
    struct sp_str bytes = SP_STR("GET / HTTP/1.1\r\n" ALL "Host: a\r\n\r\n");
    ck_assert_int_eq(sp_head_parse(bytes, &head), SP_REASON_NONE);
    ck_assert_int_eq(sp_forwarded_read(&head, &forwarded), SP_REASON_NONE);
    ck_assert_str_view(forwarded.method, "GET");
}
SP_TEST_END

SP_TEST(websocket_schemes_stand_for_those_of_http)
{
    struct sp_forwarded forwarded = forwarded_of("X-Forwarded-Proto: WSS\r\n" HOST URI METHOD);
    ck_assert_int_eq(forwarded.origin.scheme, SP_SCHEME_HTTPS);
    ck_assert(forwarded.is_websocket);
    forwarded = forwarded_of("X-Forwarded-Proto: ws\r\n" HOST URI METHOD);
    ck_assert_int_eq(forwarded.origin.scheme, SP_SCHEME_HTTP);
    ck_assert_uint_eq(forwarded.origin.port, 80);
    ck_assert(forwarded.is_websocket);
}
SP_TEST_END

SP_TEST(ac_01_each_must_be_there_and_nothing_stands_in)
{
    assert_reason(ALL, SP_REASON_NONE);
    assert_reason(HOST URI METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO URI METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO HOST METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO HOST URI, SP_REASON_MISSING_HEADER);
    assert_reason("", SP_REASON_MISSING_HEADER);
    assert_reason("X-Forwarded-Proto:\r\n" HOST URI METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO "X-Forwarded-Host: \r\n" URI METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO HOST "X-Forwarded-Uri:\r\n" METHOD, SP_REASON_MISSING_HEADER);
    assert_reason(PROTO HOST URI "X-Forwarded-Method:\r\n", SP_REASON_MISSING_HEADER);
}
SP_TEST_END

SP_TEST(ac_02_a_second_line_is_refused_even_when_it_is_the_same)
{
    assert_reason(ALL PROTO, SP_REASON_DUPLICATE_HEADER);
    assert_reason(ALL "x-forwarded-host: app.test\r\n", SP_REASON_DUPLICATE_HEADER);
    assert_reason(URI ALL, SP_REASON_DUPLICATE_HEADER);
    assert_reason(ALL METHOD, SP_REASON_DUPLICATE_HEADER);
    assert_reason(ALL "X-Forwarded-Prefix: /a\r\nX-Forwarded-Prefix: /a\r\n", SP_REASON_DUPLICATE_HEADER);
    assert_reason("X-Forwarded-Host:\r\n" ALL, SP_REASON_DUPLICATE_HEADER);
}
SP_TEST_END

SP_TEST(equal_elements_of_chained_balancers_are_one)
{
    static const char *const protos[] = {"https", "https,https", "https, HTTPS", "https \t,\thttps ,https"};
    static const char *const hosts[] = {"app.test", "app.test,app.test", "app.test , APP.test\t,\tapp.test"};
    for (size_t i = 0; i < sizeof protos / sizeof protos[0]; i++) {
        for (size_t j = 0; j < sizeof hosts / sizeof hosts[0]; j++) {
            char lines[512];
            struct sp_forwarded forwarded;
            snprintf(lines, sizeof lines, URI METHOD "X-Forwarded-Proto: %s\r\nX-Forwarded-Host: %s\r\n",
                     protos[i], hosts[j]);
            forwarded = forwarded_of(lines);
            ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://app.test");
            ck_assert(!forwarded.is_websocket);
        }
    }
    struct sp_forwarded forwarded =
        forwarded_of("X-Forwarded-Proto: wss,wss\r\n" URI METHOD "X-Forwarded-Host: [::1]:99, [::1]:99\r\n");
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://[::1]:99");
    ck_assert(forwarded.is_websocket);
}
SP_TEST_END

/* The element `n` times, separated by commas, as the value of a header. */
static void assert_hops(const char *name, const char *element, size_t n, const char *others,
                        enum sp_reason expected)
{
    char lines[512];
    size_t len = (size_t)snprintf(lines, sizeof lines, "%s%s: %s", others, name, element);
    for (size_t i = 1; i < n; i++) {
        len += (size_t)snprintf(lines + len, sizeof lines - len, ",%s", element);
    }
    snprintf(lines + len, sizeof lines - len, "\r\n");
    struct sp_head head = head_of(lines);
    struct sp_forwarded forwarded;
    ck_assert_msg(sp_forwarded_read(&head, &forwarded) == expected, "%s", lines);
    if (expected != SP_REASON_NONE) { /* the whole list is reported, since no element alone is at fault */
        ck_assert(sp_str_equal(forwarded.fault.name, sp_str_from_c(name)));
        ck_assert(sp_str_starts_with(forwarded.fault.value, sp_str_from_c(element)));
    }
}

SP_TEST(a_list_of_hops_ends_at_its_maximum)
{
    size_t max = SP_FORWARDED_HOPS_MAX;
    assert_hops("X-Forwarded-Proto", "https", max, HOST URI METHOD, SP_REASON_NONE);
    assert_hops("X-Forwarded-Proto", "https", max + 1, HOST URI METHOD, SP_REASON_MALFORMED_REQUEST);
    assert_hops("X-Forwarded-Host", "app.test", max, PROTO URI METHOD, SP_REASON_NONE);
    assert_hops("X-Forwarded-Host", "app.test", max + 1, PROTO URI METHOD, SP_REASON_MALFORMED_HOST);
}
SP_TEST_END

SP_TEST(ac_02_elements_that_differ_are_no_host_and_no_scheme)
{
    assert_reason(PROTO "X-Forwarded-Host: app.test, evil.test\r\n" URI METHOD, SP_REASON_MALFORMED_HOST);
    assert_reason(PROTO "X-Forwarded-Host: app.test,\r\n" URI METHOD, SP_REASON_MALFORMED_HOST);
    assert_reason(PROTO "X-Forwarded-Host: a@app.test\r\n" URI METHOD, SP_REASON_MALFORMED_HOST);
    assert_reason(PROTO "X-Forwarded-Host: 127.1\r\n" URI METHOD, SP_REASON_MALFORMED_HOST);
    assert_reason("X-Forwarded-Proto: https, http\r\n" HOST URI METHOD, SP_REASON_MALFORMED_REQUEST);
    static const char *const protos[] = {"https,http",   "http,https", "https,wss",   ",https",     "https,",
                                         "https,,https", ",",          "https https", "https;https"};
    static const char *const hosts[] = {
        "app.test,app.test:99", "app.test,app.test.",  ",app.test", "app.test,,app.test",
        "app.test app.test",    "app.test,app.test,x", ",",         "a b, a b"};
    for (size_t i = 0; i < sizeof protos / sizeof protos[0]; i++) {
        assert_hops("X-Forwarded-Proto", protos[i], 1, HOST URI METHOD, SP_REASON_MALFORMED_REQUEST);
    }
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        assert_hops("X-Forwarded-Host", hosts[i], 1, PROTO URI METHOD, SP_REASON_MALFORMED_HOST);
    }
    assert_reason("X-Forwarded-Proto: h2\r\n" HOST URI METHOD, SP_REASON_MALFORMED_REQUEST);
}
SP_TEST_END

SP_TEST(ac_07_a_target_must_be_of_origin_form)
{
    static const char *const refused[] = {"a",    "*", "http://app.test/", "/a#b", "/a b", "/a\tb",
                                          "/%zz", "?a"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char lines[256];
        snprintf(lines, sizeof lines, PROTO HOST METHOD "X-Forwarded-Uri: %s\r\n", refused[i]);
        assert_reason(lines, SP_REASON_MALFORMED_URI);
    }
}
SP_TEST_END

SP_TEST(ac_11_a_method_is_an_upper_case_token_of_bounded_length)
{
    char lines[256];
    char method[SP_METHOD_MAX + 2] = {0};
    memset(method, 'M', SP_METHOD_MAX);
    snprintf(lines, sizeof lines, PROTO HOST URI "X-Forwarded-Method: %s\r\n", method);
    assert_reason(lines, SP_REASON_NONE);
    method[SP_METHOD_MAX] = 'M';
    snprintf(lines, sizeof lines, PROTO HOST URI "X-Forwarded-Method: %s\r\n", method);
    assert_reason(lines, SP_REASON_MALFORMED_REQUEST);
    static const char *const refused[] = {"get", "Get", "GET POST", "GET,POST", "GE(T)", "G\xc3\x89T"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        snprintf(lines, sizeof lines, PROTO HOST URI "X-Forwarded-Method: %s\r\n", refused[i]);
        assert_reason(lines, SP_REASON_MALFORMED_REQUEST);
    }
    assert_reason(PROTO HOST URI "X-Forwarded-Method: VERSION-CONTROL\r\n", SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_05_what_a_client_writes_beside_it_changes_nothing)
{
    static const char others[] = "Forwarded: host=evil.test;proto=http\r\nX-Original-URL: /public\r\n"
                                 "X-Rewrite-URL: /public\r\nX-Auth-Request-Redirect: https://evil.test/\r\n"
                                 "X-Forwarded-Port: 1\r\nX-Original-Method: OPTIONS\r\n"
                                 "X-HTTP-Method-Override: OPTIONS\r\nX-Forwarded-Scheme: http\r\n"
                                 "X_Forwarded_Uri: /public\r\nX-Forwarded-Uri-: /public\r\n"
                                 "X-Forwarded-Server: evil.test\r\nX-Real-Ip: 127.0.0.1\r\n";
    char lines[2048];
    snprintf(lines, sizeof lines, "%s" ALL "%s", others, others);
    struct sp_forwarded forwarded = forwarded_of(lines);
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://app.test");
    ck_assert_str_view(forwarded.target.raw, "/a?b");
    ck_assert_str_view(forwarded.method, "GET");
    ck_assert_uint_eq(forwarded.client_chain.len, 0);
    ck_assert_uint_eq(forwarded.prefix.len, 0);
}
SP_TEST_END

SP_TEST(prefix_is_raw_and_the_chain_is_the_last_line)
{
    struct sp_forwarded forwarded = forwarded_of(ALL "X-Forwarded-Prefix: /app, /b\r\n"
                                                     "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
                                                     "X-Forwarded-For: 3.3.3.3 , 2001:db8::1\r\n");
    ck_assert_str_view(forwarded.prefix, "/app, /b");
    ck_assert_str_view(forwarded.client_chain, "3.3.3.3 , 2001:db8::1");
    ck_assert_uint_eq(forwarded_of(ALL "X-Forwarded-For:\r\n").client_chain.len, 0);
    ck_assert_str_view(forwarded_of(ALL "X-Forwarded-For: 1.1.1.1\r\n").client_chain, "1.1.1.1");
}
SP_TEST_END

static enum sp_reason read_routed(const char *lines, struct sp_forwarded *out)
{
    static struct sp_head head;
    head = head_of(lines);
    return sp_forwarded_read_routed(&head, out);
}

SP_TEST(a_routed_request_has_its_own_method_and_target)
{
    struct sp_forwarded forwarded;
    ck_assert_int_eq(
        read_routed("X-Forwarded-Uri: /other\r\nX-Forwarded-Method: POST\r\nX-Forwarded-Prefix: /p\r\n"
                    "X-Forwarded-For: 1.1.1.1\r\n" PROTO HOST,
                    &forwarded),
        SP_REASON_NONE);
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://app.test");
    ck_assert_str_view(forwarded.method, "GET");
    ck_assert_str_view(forwarded.target.raw, "/");
    ck_assert_uint_eq(forwarded.prefix.len, 0);
    ck_assert_str_view(forwarded.client_chain, "1.1.1.1");
    ck_assert_int_eq(read_routed(PROTO, &forwarded), SP_REASON_NONE);
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://sallyport");
    ck_assert_int_eq(
        read_routed("X-Forwarded-Proto: https,https\r\nX-Forwarded-Host: a.test, a.test\r\n", &forwarded),
        SP_REASON_NONE);
    ck_assert_str_view(APPENDED(sp_origin_append(&forwarded.origin, out)), "https://a.test");
    struct sp_head head;
    struct sp_str bytes = SP_STR("GET / HTTP/1.1\r\nHost: a.test, a.test\r\n" PROTO "\r\n");
    ck_assert_int_eq(sp_head_parse(bytes, &head), SP_REASON_NONE);
    ck_assert_int_eq(sp_forwarded_read_routed(&head, &forwarded),
                     SP_REASON_MALFORMED_HOST); /* Host is not a list */
}
SP_TEST_END

SP_TEST(a_routed_request_needs_one_scheme_and_one_host)
{
    struct sp_forwarded forwarded;
    ck_assert_int_eq(read_routed(HOST, &forwarded), SP_REASON_MISSING_HEADER);
    ck_assert_int_eq(read_routed("X-Forwarded-Proto:\r\n" HOST, &forwarded), SP_REASON_MISSING_HEADER);
    ck_assert_int_eq(read_routed("X-Forwarded-Proto: gopher\r\n", &forwarded), SP_REASON_MALFORMED_REQUEST);
    ck_assert_int_eq(read_routed(PROTO PROTO, &forwarded), SP_REASON_DUPLICATE_HEADER);
    ck_assert_int_eq(read_routed(PROTO HOST HOST, &forwarded), SP_REASON_DUPLICATE_HEADER);
    ck_assert_int_eq(read_routed(PROTO "X-Forwarded-Host:\r\n", &forwarded), SP_REASON_MALFORMED_HOST);
    ck_assert_int_eq(read_routed(PROTO "X-Forwarded-Host: a, b\r\n", &forwarded), SP_REASON_MALFORMED_HOST);
}
SP_TEST_END

SP_SUITE("forwarded", what_traefik_says_is_read, the_first_line_of_a_head_is_read_like_the_others,
         websocket_schemes_stand_for_those_of_http, ac_01_each_must_be_there_and_nothing_stands_in,
         ac_02_a_second_line_is_refused_even_when_it_is_the_same, equal_elements_of_chained_balancers_are_one,
         a_list_of_hops_ends_at_its_maximum, ac_02_elements_that_differ_are_no_host_and_no_scheme,
         ac_07_a_target_must_be_of_origin_form, ac_11_a_method_is_an_upper_case_token_of_bounded_length,
         ac_05_what_a_client_writes_beside_it_changes_nothing, prefix_is_raw_and_the_chain_is_the_last_line,
         a_routed_request_has_its_own_method_and_target, a_routed_request_needs_one_scheme_and_one_host)
