/* SPDX-License-Identifier: Apache-2.0 */
#include "http/host.h"

#include "material.h"

static void assert_host(const char *text, const char *canonical)
{
    struct sp_host host;
    ck_assert_msg(sp_host_parse(sp_str_from_c(text), &host), "%s", text);
    ck_assert_str_eq(host.name, canonical);
    ck_assert_uint_eq(host.len, strlen(canonical));
}

static void assert_no_host(struct sp_str text)
{
    struct sp_host host;
    ck_assert_msg(!sp_host_parse(text, &host), "%.*s", SP_STR_ARGS(text));
}

static struct sp_origin origin_of(const char *text)
{
    struct sp_origin origin;
    ck_assert_msg(sp_origin_parse(sp_str_from_c(text), &origin), "%s", text);
    return origin;
}

SP_TEST(ac_13_every_spelling_of_a_name_has_one_form)
{
    assert_host("app.test", "app.test");
    assert_host("APP.Test", "app.test");
    assert_host("app.test.", "app.test");
    assert_host("xn--bcher-kva.Example", "xn--bcher-kva.example");
    assert_host("my_app.test", "my_app.test");
    assert_host("localhost", "localhost");
    assert_host("a-.-b", "a-.-b");
}
SP_TEST_END

SP_TEST(ac_13_what_has_no_form_is_refused)
{
    static const struct sp_str refused[] = {
        SP_STR(""),
        SP_STR("."),
        SP_STR(".."),
        SP_STR("example.com.."),
        SP_STR(".a"),
        SP_STR("a..b"),
        SP_STR("a@b"),
        SP_STR("a b"),
        SP_STR(" a"),
        SP_STR("a "),
        SP_STR("a,b"),
        SP_STR("a/b"),
        SP_STR("a\\b"),
        SP_STR("a:80"),
        SP_STR("a%2eb"),
        SP_STR("b\xc3\xbc"
               "cher"),
        SP_STR("*.a"),
        SP_STR("a\0b"),
        SP_STR("a\tb"),
        SP_STR("a\r\n"),
        SP_STR("a#b"),
        SP_STR("a?b"),
        SP_STR("[a"),
        SP_STR("a]"),
        SP_STR("\xef\xbd\x81"),
        SP_STR("a\xc2\xad"),
        SP_STR("(a)"),
        SP_STR("a;b"),
    };
    assert_no_host(SP_STR_NONE);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_no_host(refused[i]);
    }
}
SP_TEST_END

SP_TEST(dotted_ipv4_is_the_only_host_that_ends_in_a_number)
{
    assert_host("127.0.0.1", "127.0.0.1");
    assert_host("255.255.255.255.", "255.255.255.255");
    assert_host("0.0.0.0", "0.0.0.0");
    assert_host("1.2.3.4a", "1.2.3.4a");
    assert_host("1.2.3.x", "1.2.3.x");
    assert_host("0x7f.example", "0x7f.example");
    assert_host("a.0xg", "a.0xg");
    assert_host("a.x1", "a.x1");
    static const struct sp_str refused[] = {
        SP_STR("127.1"),      SP_STR("2130706433"), SP_STR("0x7f.0.0.1"), SP_STR("0177.0.0.1"),
        SP_STR("1.2.3.4.5"),  SP_STR("1.2.3"),      SP_STR("256.0.0.1"),  SP_STR("1.2.3.04"),
        SP_STR("0x7f000001"), SP_STR("a.1"),        SP_STR("a.0x1F"),     SP_STR("a.0X"),
        SP_STR("0x"),         SP_STR("1"),          SP_STR("1.2.3.4.."),  SP_STR("1.2.3.0x4"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_no_host(refused[i]);
    }
}
SP_TEST_END

/* RFC 5952, sections 1 and 4. */
SP_TEST(an_ipv6_literal_is_written_as_rfc_5952_says)
{
    assert_host("[::1]", "[::1]");
    assert_host("[::]", "[::]");
    assert_host("[0:0:0:0:0:0:0:1]", "[::1]");
    assert_host("[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]");
    assert_host("[2001:db8:0:1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]");
    assert_host("[2001:0db8::0001]", "[2001:db8::1]");
    assert_host("[2001:db8::0:1]", "[2001:db8::1]");
    assert_host("[2001:0:0:1:0:0:0:1]", "[2001:0:0:1::1]");
    assert_host("[::ffff:102:304]", "[::ffff:1.2.3.4]");
    assert_host("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]");
    assert_host("[0000:0000:0000:0000:0000:ffff:255.255.255.255]", "[::ffff:255.255.255.255]");
    static const struct sp_str refused[] = {
        SP_STR("[]"),
        SP_STR("[:]"),
        SP_STR("[::1"),
        SP_STR("::1"),
        SP_STR("[fe80::1%1]"),
        SP_STR("[fe80::1%25eth0]"),
        SP_STR("[1.2.3.4]"),
        SP_STR("[::1]."),
        SP_STR("[[::1]]"),
        SP_STR("[::1::]"),
        SP_STR("[12345::]"),
        SP_STR("[v1.a]"),
        SP_STR("[::1\0]"),
        SP_STR("[::1 ]"),
        SP_STR("[1:2:3:4:5:6:7:8:9]"),
        SP_STR("[::g]"),
        SP_STR("[0000:0000:0000:0000:0000:ffff:255.255.255.25]5]"),
        SP_STR("[0000:0000:0000:0000:0000:ffff:255.255.255.2555]"),
        SP_STR("[0000:0000:0000:0000:0000:ffff:255.255.255.25555]"),
        SP_STR("[0000:0000:0000:0000:0000:0000:0000:00000:0000:0001]"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_no_host(refused[i]);
    }
}
SP_TEST_END

/* Labels of `label_len` bytes until there are `len`. */
static struct sp_str name_of(size_t label_len, size_t len)
{
    static char text[SP_HOST_MAX + 8];
    for (size_t i = 0; i < len; i++) {
        text[i] = i % (label_len + 1) == label_len ? '.' : 'a';
    }
    return (struct sp_str){text, len};
}

SP_TEST(each_limit_of_a_name_holds_and_one_past_it_does_not)
{
    struct sp_host host;
    ck_assert(sp_host_parse(name_of(SP_LABEL_MAX, SP_LABEL_MAX), &host));
    ck_assert(!sp_host_parse(name_of(SP_LABEL_MAX + 1, SP_LABEL_MAX + 1), &host));
    ck_assert(sp_host_parse(name_of(SP_LABEL_MAX, SP_HOST_MAX), &host));
    ck_assert_uint_eq(host.len, SP_HOST_MAX);
    ck_assert_uint_eq(strlen(host.name), SP_HOST_MAX);
    ck_assert(!sp_host_parse(name_of(7, SP_HOST_MAX + 1), &host));
    struct sp_str with_root = name_of(SP_HOST_MAX, SP_HOST_MAX + 1);
    memcpy(host.name, name_of(SP_LABEL_MAX, SP_HOST_MAX).ptr, SP_HOST_MAX);
    host.name[SP_HOST_MAX] = '.';
    ck_assert(sp_host_parse((struct sp_str){host.name, with_root.len}, &host));
}
SP_TEST_END

SP_TEST(a_default_port_is_dropped_and_another_is_kept)
{
    static const struct {
        enum sp_scheme scheme;
        const char *authority;
        const char *origin;
        uint16_t port;
    } cases[] = {
        {SP_SCHEME_HTTPS, "APP.test.:99", "https://app.test:99", 99},
        {SP_SCHEME_HTTPS, "app.test:443", "https://app.test", 443},
        {SP_SCHEME_HTTPS, "app.test:80", "https://app.test:80", 80},
        {SP_SCHEME_HTTP, "app.test:80", "http://app.test", 80},
        {SP_SCHEME_HTTP, "app.test:443", "http://app.test:443", 443},
        {SP_SCHEME_HTTP, "app.test", "http://app.test", 80},
        {SP_SCHEME_HTTPS, "[::1]:443", "https://[::1]", 443},
        {SP_SCHEME_HTTPS, "[::1]:65535", "https://[::1]:65535", 65535},
        {SP_SCHEME_HTTPS, "[::1]", "https://[::1]", 443},
        {SP_SCHEME_HTTP, "10.0.0.1:1", "http://10.0.0.1:1", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_origin origin;
        ck_assert(sp_origin_parse_authority(cases[i].scheme, sp_str_from_c(cases[i].authority), &origin));
        ck_assert_uint_eq(origin.port, cases[i].port);
        ck_assert(sp_str_equal(APPENDED(sp_origin_append(&origin, out)), sp_str_from_c(cases[i].origin)));
    }
}
SP_TEST_END

SP_TEST(odd_ports_and_lists_are_refused)
{
    static const char *const refused[] = {
        "",
        "host:",
        "host:0",
        "host:65536",
        "host:00080",
        "host:+80",
        "host:8 0",
        "host:80:80",
        ":80",
        "host: 80",
        "host:80 ",
        "host:http",
        "a, b",
        "a:1, b:2",
        "u@host",
        "u:p@host",
        "host:4@evil",
        "[::1]80",
        "[::1]:",
        "[::1",
        "::1:80",
        "host:99999999999999999999",
        "[::1]x:1",
    };
    struct sp_origin origin;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_origin_parse_authority(SP_SCHEME_HTTPS, sp_str_from_c(refused[i]), &origin), "%s",
                      refused[i]);
    }
    ck_assert(!sp_origin_parse_authority(SP_SCHEME_HTTPS, SP_STR_NONE, &origin));
    ck_assert(!sp_origin_parse_authority(SP_SCHEME_NONE, SP_STR("host"), &origin));
}
SP_TEST_END

SP_TEST(an_origin_is_a_scheme_and_an_authority_and_nothing_else)
{
    struct sp_origin origin = origin_of("HTTPS://App.test:443");
    ck_assert_str_view(APPENDED(sp_origin_append(&origin, out)), "https://app.test");
    static const char *const refused[] = {
        "https://app.test/",
        "https://app.test?",
        "https://app.test#",
        "app.test",
        "//app.test",
        "https:app.test",
        "https:/app.test",
        "https:///app.test",
        "ftp://app.test",
        "wss://app.test",
        "null",
        "https://",
        " https://a",
        "https://a ",
        "https://a\\",
        "https:\\\\a",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_origin_parse(sp_str_from_c(refused[i]), &origin), "%s", refused[i]);
    }
    ck_assert(!sp_origin_parse(SP_STR_NONE, &origin));
}
SP_TEST_END

SP_TEST(schemes_are_read_in_any_case)
{
    ck_assert_int_eq(sp_scheme_parse(SP_STR("https")), SP_SCHEME_HTTPS);
    ck_assert_int_eq(sp_scheme_parse(SP_STR("WSS")), SP_SCHEME_HTTPS);
    ck_assert_int_eq(sp_scheme_parse(SP_STR("Http")), SP_SCHEME_HTTP);
    ck_assert_int_eq(sp_scheme_parse(SP_STR("ws")), SP_SCHEME_HTTP);
    ck_assert_int_eq(sp_scheme_parse(SP_STR("h2c")), SP_SCHEME_NONE);
    ck_assert_int_eq(sp_scheme_parse(SP_STR("https,http")), SP_SCHEME_NONE);
    ck_assert_int_eq(sp_scheme_parse(SP_STR_NONE), SP_SCHEME_NONE);
    ck_assert_str_view(sp_scheme_str(SP_SCHEME_HTTP), "http");
    ck_assert_str_view(sp_scheme_str(SP_SCHEME_HTTPS), "https");
    ck_assert_uint_eq(sp_scheme_str(SP_SCHEME_NONE).len, 0);
}
SP_TEST_END

SP_TEST(origins_are_equal_when_scheme_host_and_port_are)
{
    struct sp_origin a = origin_of("https://App.test");
    struct sp_origin none = {0};
    ck_assert(sp_origin_equal(&a, &a));
    static const char *const others[] = {"http://app.test:443", "https://app.test:444", "https://app.tes",
                                         "https://app.testx", "https://b.test"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sp_origin other = origin_of(others[i]);
        ck_assert(!sp_origin_equal(&a, &other));
    }
    struct sp_origin same = origin_of("https://app.TEST.:443");
    ck_assert(sp_origin_equal(&a, &same));
    ck_assert(!sp_origin_equal(&none, &none));
}
SP_TEST_END

SP_TEST(loopback_is_an_address_or_localhost_and_no_lookalike)
{
    static const struct {
        const char *text;
        bool is_loopback;
    } cases[] = {
        {"127.0.0.1", true},      {"127.255.255.254", true},
        {"[::1]", true},          {"LocalHost", true},
        {"app.localhost.", true}, {"a.b.localhost", true},
        {"128.0.0.1", false},     {"1.127.0.0", false},
        {"[::2]", false},         {"[::ffff:127.0.0.1]", false},
        {"127.0.0.1.a", false},   {"127.example", false},
        {"xlocalhost", false},    {"localhost.example", false},
        {"10.0.0.127", false},    {"[::]", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_host host;
        ck_assert(sp_host_parse(sp_str_from_c(cases[i].text), &host));
        ck_assert_msg(sp_host_is_loopback(&host) == cases[i].is_loopback, "%s", cases[i].text);
    }
    struct sp_host none = {0};
    ck_assert(!sp_host_is_loopback(&none));
}
SP_TEST_END

SP_TEST(an_origin_is_listed_by_any_of_the_patterns)
{
    struct sp_origin_pattern patterns[2];
    ck_assert(sp_origin_pattern_parse(SP_STR("https://a.test"), &patterns[0]));
    ck_assert(sp_origin_pattern_parse(SP_STR("https://*.b.test"), &patterns[1]));
    struct sp_origin first = origin_of("https://a.test");
    struct sp_origin second = origin_of("https://x.b.test");
    struct sp_origin other = origin_of("https://c.test");
    ck_assert(sp_origin_is_listed(patterns, 2, &first));
    ck_assert(sp_origin_is_listed(patterns, 2, &second));
    ck_assert(!sp_origin_is_listed(patterns, 2, &other));
    ck_assert(!sp_origin_is_listed(patterns, 1, &second));
    ck_assert(!sp_origin_is_listed(NULL, 0, &first));
}
SP_TEST_END

SP_TEST(ac_14_a_wildcard_is_exactly_one_label)
{
    static const struct {
        const char *pattern;
        const char *origin;
        bool matches;
    } cases[] = {
        {"https://app.example.com", "https://APP.example.com:443", true},
        {"https://app.example.com", "https://x.app.example.com", false},
        {"https://*.example.com", "https://a.example.com", true},
        {"https://*.b", "https://a.b", true},
        {"https://127.0.0.1", "https://127.0.0.1", true},
        {"https://*.Example.com.", "https://A.EXAMPLE.com.", true},
        {"https://*.example.com", "https://example.com", false},
        {"https://*.example.com", "https://a.b.example.com", false},
        {"https://*.example.com", "https://evil-example.com", false},
        {"https://*.example.com", "https://a.example.com.evil", false},
        {"https://*.example.com", "https://aexample.com", false},
        {"https://*.example.com", "http://a.example.com:443", false},
        {"https://*.example.com", "https://a.example.com:8443", false},
        {"https://*.example.com:8443", "https://a.example.com:8443", true},
        {"https://*.test", "https://a.test", true},
        {"https://*.test", "https://test", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_origin_pattern pattern;
        struct sp_origin origin = origin_of(cases[i].origin);
        ck_assert(sp_origin_pattern_parse(sp_str_from_c(cases[i].pattern), &pattern));
        ck_assert_msg(sp_origin_pattern_match(&pattern, &origin) == cases[i].matches, "%s %s",
                      cases[i].pattern, cases[i].origin);
    }
}
SP_TEST_END

SP_TEST(a_pattern_has_its_star_in_front_or_none)
{
    static const char *const refused[] = {
        "https://*",       "https://*.",    "https://a.*.b", "https://*a.b",      "https://**.b",
        "https://*.*.b",   "*.example.com", "https://*.a/",  "https://*.1.2.3.4", "https://*.[::1]",
        "https://*.127.1", "wss://*.a",     "https://*..a",  "https://*.a:",      "",
    };
    struct sp_origin_pattern pattern;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_origin_pattern_parse(sp_str_from_c(refused[i]), &pattern), "%s", refused[i]);
    }
}
SP_TEST_END

SP_TEST(the_zero_pattern_and_the_null_origin_match_nothing)
{
    struct sp_origin_pattern zero[2] = {{.wildcard = false}, {.wildcard = true}};
    struct sp_origin origins[2] = {origin_of("https://a.test"), {0}};
    struct sp_origin_pattern any;
    ck_assert(sp_origin_pattern_parse(SP_STR("https://*.test"), &any));
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 2; k++) {
            ck_assert(!sp_origin_pattern_match(&zero[i], &origins[k]));
        }
    }
    ck_assert(!sp_origin_pattern_match(&any, &origins[1]));
}
SP_TEST_END

SP_TEST(ac_14_a_domain_ends_at_a_dot)
{
    struct sp_host host;
    ck_assert(sp_host_parse(SP_STR("a.example.com"), &host));
    ck_assert(sp_host_in_domain(&host, SP_STR("example.com")));
    ck_assert(sp_host_in_domain(&host, SP_STR("a.example.com")));
    ck_assert(sp_host_in_domain(&host, SP_STR("com")));
    ck_assert(!sp_host_in_domain(&host, SP_STR("xample.com")));
    ck_assert(!sp_host_in_domain(&host, SP_STR("b.a.example.com")));
    ck_assert(!sp_host_in_domain(&host, SP_STR("a.example")));
    ck_assert(!sp_host_in_domain(&host, SP_STR_NONE));
}
SP_TEST_END

static void assert_stable(struct sp_str text)
{
    struct sp_host first;
    struct sp_host second;
    struct sp_origin origin;
    if (!sp_host_parse(text, &first)) {
        return;
    }
    ck_assert(sp_host_parse(sp_host_str(&first), &second));
    ck_assert_str_eq(first.name, second.name);
    ck_assert(sp_origin_parse_authority(SP_SCHEME_HTTPS, sp_host_str(&first), &origin));
    struct sp_str written = APPENDED(sp_origin_append(&origin, out));
    ck_assert_uint_le(written.len, SP_ORIGIN_MAX);
    ck_assert(sp_str_equal(sp_str_skip(written, sizeof "https://" - 1), sp_host_str(&first)));
}

SP_TEST(bringing_a_host_into_its_form_twice_changes_nothing)
{
    uint64_t state = 5;
    char text[64];
    for (size_t round = 0; round < 50000; round++) {
        assert_stable(next_text(&state, SP_STR("aZ-_019.x.@ "), text, next_below(&state, 14)));
        assert_stable(next_text(&state, SP_STR("0123456789..x"), text, 1 + next_below(&state, 12)));
        text[0] = '[';
        struct sp_str inner = next_text(&state, SP_STR("0:0:1aF:."), text + 1, 2 + next_below(&state, 30));
        text[1 + inner.len] = ']';
        assert_stable((struct sp_str){text, inner.len + 2});
    }
}
SP_TEST_END

SP_TEST(every_ipv6_address_keeps_its_form)
{
    uint64_t state = 6;
    for (size_t round = 0; round < 20000; round++) {
        char text[64];
        size_t len = (size_t)snprintf(text, sizeof text, "[");
        for (size_t i = 0; i < 8; i++) {
            uint64_t r = next_random(&state);
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%x", i == 0 ? "" : ":",
                                    r % 3 == 0 ? (unsigned)(r >> 32 & 0xffff) : 0u);
        }
        text[len++] = ']';
        struct sp_host host;
        ck_assert(sp_host_parse((struct sp_str){text, len}, &host));
        assert_stable((struct sp_str){text, len});
    }
}
SP_TEST_END

SP_SUITE("host", ac_13_every_spelling_of_a_name_has_one_form, ac_13_what_has_no_form_is_refused,
         dotted_ipv4_is_the_only_host_that_ends_in_a_number, an_ipv6_literal_is_written_as_rfc_5952_says,
         each_limit_of_a_name_holds_and_one_past_it_does_not, a_default_port_is_dropped_and_another_is_kept,
         odd_ports_and_lists_are_refused, an_origin_is_a_scheme_and_an_authority_and_nothing_else,
         schemes_are_read_in_any_case, origins_are_equal_when_scheme_host_and_port_are,
         loopback_is_an_address_or_localhost_and_no_lookalike, an_origin_is_listed_by_any_of_the_patterns,
         ac_14_a_wildcard_is_exactly_one_label, a_pattern_has_its_star_in_front_or_none,
         the_zero_pattern_and_the_null_origin_match_nothing, ac_14_a_domain_ends_at_a_dot,
         bringing_a_host_into_its_form_twice_changes_nothing, every_ipv6_address_keeps_its_form)
