/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_match.h"

#include "material.h"

struct pattern_case {
    const char *pattern;
    const char *path;
    bool matches;
};

static void assert_patterns(enum sp_rbac_matching matching, const struct pattern_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sp_rbac_request request = make_request("GET", cases[i].path);
        ck_assert_msg(sp_rbac_pattern_matches(matching, sp_str_from_c(cases[i].pattern), &request) ==
                          cases[i].matches,
                      "%s on %s", cases[i].pattern, cases[i].path);
    }
}

#define assert_all(matching, cases) assert_patterns((matching), (cases), sizeof(cases) / sizeof(cases)[0])

SP_TEST(under_kubernetes_only_stars_at_the_end_are_wildcards)
{
    static const struct pattern_case cases[] = {
        {"*", "/", true},
        {"*", "/a/b", true},
        {"**", "/a/b", true},
        {"***", "/", true},
        {"/a", "/a", true},
        {"/a", "/a/", false},
        {"/a", "/a/b", false},
        {"/a", "/ab", false},
        {"/a/", "/a", false},
        {"/a/*", "/a/", true},
        {"/a/*", "/a/b/c", true},
        {"/a/*", "/a", false},
        {"/a/**", "/a/b/c", true},
        {"/a/**", "/a", false},
        {"/a*", "/a", true},
        {"/a*", "/ab", true},
        {"/a*", "/ab/c", true},
        {"/a*", "/b", false},
        {"/*/b", "/a/b", false},
        {"/*/b", "/*/b", true},
        {"/*/b*", "/*/bc", true},
        {"/*/b*", "/a/bc", false},
        {"/A", "/a", false},
        {"", "/", false},
        {"https://app.example.com/*", "/a", false},
        {"~/a", "/a", false},
        {"~.*", "/a", false},
        {"/a b", "/a%20b", true},
        {"/a%20b", "/a%20b", false},
        {"/z\xc3\xbcrich/*", "/z%C3%BCrich/x", true},
        {"/a", "/a?b", true},
        {"/a?b", "/a?b", false},
        {"/a/*", "/b?/a/c", false},
    };
    assert_all(SP_RBAC_KUBERNETES, cases);
}
SP_TEST_END

SP_TEST(under_globstar_wildcards_stand_anywhere_and_urls_count)
{
    static const struct pattern_case cases[] = {
        {"*", "/a/b", true},
        {"**", "/a/b", true},
        {"/*", "/a", true},
        {"/*", "/", true},
        {"/*", "/a/b", false},
        {"/a/*", "/a/b", true},
        {"/a/*", "/a/b/c", false},
        {"/a/**", "/a/b/c", true},
        {"/a/**", "/a/", true},
        {"/a/**", "/a", false},
        {"/a*", "/ab", true},
        {"/a*", "/ab/c", false},
        {"/*/b", "/a/b", true},
        {"/**/c", "/a/b/c", true},
        {"/**/c", "/c", false},
        {"/a", "/a", true},
        {"/a", "/a/b", false},
        {"/A", "/a", false},
        {"", "/", false},
        {"https://app.example.com/a", "/a", true},
        {"https://app.example.com/*", "/a", true},
        {"https://app.example.com/*", "/a/b", false},
        {"https://app.example.com/**", "/a/b", true},
        {"https://*.example.com/**", "/a/b", true},
        {"https://*/**", "/a/b", true},
        {"http://*/**", "/a/b", false},
        {"*://app.example.com/a", "/a", true},
        {"https://other.example.com/**", "/app.example.com/a", false},
        {"https://**", "/a", true},
        {"**/a", "/x/a", true},
        {"*/a", "/a", false},
        {"~/a", "/a", false},
        {"~**", "/a", false},
        {"/a b/*", "/a%20b/c", true},
        {"/*/c", "/a%20b/c", true},
    };
    assert_all(SP_RBAC_GLOBSTAR, cases);
}
SP_TEST_END

SP_TEST(ac_08_odd_bytes_are_matched_only_where_a_trailing_wildcard_covers_them)
{
    static const struct pattern_case kubernetes[] = {
        {"*", "/a%2Fb", true},
        {"/a/*", "/a/b%2Fc", true},
        {"/a/*", "/a/b;c", true},
        {"/a/*", "/a//b", true},
        {"/a/*", "/a/%2561", true},
        {"/a/*", "/a/x./y", true},
        {"/a/b/c", "/a/b%2Fc", false},
        {"/a/b", "/%61/b", false},
        {"/a/b*", "/%61/b", false},
        {"/a/b*", "/%61/bc;d", false},
        {"/a/b/*", "/a%2Fb/c", false},
        {"/a/*", "/a/../b", false},
        {"/a/*", "/a/%2e%2e/b", false},
        {"/a/*", "/a/%252e%252e/b", false},
        {"*", "/a/..%2Fb", false},
        {"/a/*", "/a/b%5Cc", false},
        {"/a/*", "/a/%00", false},
        {"/a/*", "/a/%C0%AE%C0%AE/b", false},
        {"/a/*", "/a/%2f..", false},
        {"/a/.*", "/a/..", false},
        {"/a/.*", "/a/.git", true},
        {"/a b/*", "/a%20b/c%2Fd", true},
        {"/a b/*", "/a%20b/%20/..", false},
        {"/a;b", "/a;b", false},
        {"/a;b*", "/a;b", false},
        {"/a*", "/a;b", true},
        {"/a*", "/a/..;/b", false},
    };
    assert_all(SP_RBAC_KUBERNETES, kubernetes);
    static const struct pattern_case globstar[] = {
        {"*", "/a%2Fb", true},
        {"/a/*", "/a/b%2Fc", false},
        {"/a/**", "/a/b%2Fc", true},
        {"/a/*", "/a/b;c", true},
        {"/*/b", "/a;x/b", false},
        {"/**/b", "/a//b", false},
        {"/a/**", "/a/%2e%2e/b", false},
        {"https://app.example.com/**", "/a%2Fb", true},
        {"https://app.example.com/**", "/a/..%2Fb", false},
        {"https://**", "/a%2Fb", true},
        {"https://**", "/%2e%2e/b", false},
        {"https://app.example.com/a/b/c", "/a/b%2Fc", false},
    };
    assert_all(SP_RBAC_GLOBSTAR, globstar);
}
SP_TEST_END

SP_TEST(ac_11_verbs_are_the_method_in_lower_case)
{
    static const struct {
        const char *verb;
        const char *method;
        bool kubernetes;
        bool globstar;
    } cases[] = {
        {"get", "GET", true, true},
        {"GET", "GET", false, true},
        {"Get", "GET", false, true},
        {"get", "get", true, true},
        {"*", "PROPFIND", true, true},
        {"**", "GET", false, false},
        {"ge", "GET", false, false},
        {"getx", "GET", false, false},
        {"", "GET", false, false},
        {"head", "GET", false, false},
        {"g*", "GET", false, false},
        {"list", "GET", false, false},
        {"m-search", "M-SEARCH", true, true},
        {"lin\xe2\x84\xaa", "LINK", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_str verb = sp_str_from_c(cases[i].verb);
        struct sp_str method = sp_str_from_c(cases[i].method);
        ck_assert_msg(sp_rbac_verb_matches(SP_RBAC_KUBERNETES, verb, method) == cases[i].kubernetes &&
                          sp_rbac_verb_matches(SP_RBAC_GLOBSTAR, verb, method) == cases[i].globstar,
                      "%s for %s", cases[i].verb, cases[i].method);
    }
    char *exact = malloc(3); /* so that a sanitizer detects a read past the end */
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, "get", 3);
    ck_assert(!sp_rbac_verb_matches(SP_RBAC_KUBERNETES, (struct sp_str){exact, 3}, SP_STR("GETX")));
    ck_assert(!sp_rbac_verb_matches(SP_RBAC_KUBERNETES, SP_STR("getx"), (struct sp_str){exact, 3}));
    free(exact);
}
SP_TEST_END

SP_TEST(a_pattern_that_never_matches_is_known)
{
    static const struct {
        const char *pattern;
        enum sp_rbac_dead kubernetes;
        enum sp_rbac_dead globstar;
    } cases[] = {
        {"/a", SP_RBAC_ALIVE, SP_RBAC_ALIVE},
        {"*", SP_RBAC_ALIVE, SP_RBAC_ALIVE},
        {"/a://b", SP_RBAC_ALIVE, SP_RBAC_ALIVE},
        {"~/a", SP_RBAC_DEAD_REGEX, SP_RBAC_DEAD_REGEX},
        {"https://a/*", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"*://a/", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"*://a", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"://", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_NO_SCHEME},
        {":/", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"a/*", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"*a", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"**a", SP_RBAC_DEAD_NO_PATH, SP_RBAC_ALIVE},
        {"http*", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"http**", SP_RBAC_DEAD_NO_PATH, SP_RBAC_ALIVE},
        {"http", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"https:/*", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"https:/*/a/x", SP_RBAC_DEAD_NO_PATH, SP_RBAC_ALIVE},
        {"https:/*/a", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"host/**", SP_RBAC_DEAD_NO_PATH, SP_RBAC_DEAD_NO_SCHEME},
        {"ftp://a/**", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_NO_SCHEME},
        {"HTTPS://a/**", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_NO_SCHEME},
        {"**://A", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"https://a:443/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://*:443/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://a:443**", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE}, /* https://a:4430/ */
        {"http://a:443/", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"http*://a:443/", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"http*://a:0443/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://**A", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"https://A**", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://*.A/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://a/A", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"https://a*", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https:///a", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://u@a/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
        {"https://[::1]/", SP_RBAC_DEAD_URL, SP_RBAC_ALIVE},
        {"https://[0::1]/", SP_RBAC_DEAD_URL, SP_RBAC_DEAD_HOST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_str pattern = sp_str_from_c(cases[i].pattern);
        ck_assert_int_eq(sp_rbac_pattern_is_dead(SP_RBAC_KUBERNETES, pattern), cases[i].kubernetes);
        ck_assert_int_eq(sp_rbac_pattern_is_dead(SP_RBAC_GLOBSTAR, pattern), cases[i].globstar);
    }
    ck_assert(sp_rbac_pattern_is_everything(SP_STR("*")) && sp_rbac_pattern_is_everything(SP_STR("***")));
    ck_assert(!sp_rbac_pattern_is_everything(SP_STR("")) && !sp_rbac_pattern_is_everything(SP_STR("/*")));
}
SP_TEST_END

SP_TEST(a_pattern_that_is_dead_for_its_scheme_or_host_is_repaired)
{
    static const struct {
        const char *pattern;
        const char *repaired;
    } cases[] = {
        {"app.example.com/x", "https://app.example.com/x"},
        {"App.example.com", "https://app.example.com/**"},
        {"ftp://a/**", "https://a/**"},
        {"HTTP://a/**", "https://a/**"},
        {"https://App.Example.com/X/**", "https://app.example.com/X/**"},
        {"https://app.example.com:443/**", "https://app.example.com/**"},
        {"http://app.example.com:80", "http://app.example.com/**"},
        {"https://*.Example.com:443/x", "https://*.example.com/x"},
        {"https://*", "https://*/**"},
        {"https://A**X", "https://a**X"},
        {"https://u@a/x", "https://u@a/x"},
        {"https:/*", "https:/*"},
        {"", "https:///**"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SP_BUF_ON_STACK(repaired, 100);
        sp_rbac_pattern_repair(sp_str_from_c(cases[i].pattern), &repaired);
        ck_assert_str_eq(sp_buf_c_str(&repaired), cases[i].repaired);
    }
}
SP_TEST_END

SP_TEST(a_url_that_does_not_fit_is_matched_by_nothing)
{
    char text[16];
    struct sp_buf scratch = SP_BUF_ON(text);
    struct sp_target target;
    struct sp_origin origin;
    struct sp_rbac_request request;
    ck_assert(sp_origin_parse(SP_STR("https://app.example.com"), &origin));
    ck_assert(sp_target_parse(SP_STR("/a"), &target));
    sp_rbac_request_init(SP_STR("GET"), &origin, &target, &scratch, &request);
    ck_assert(!sp_rbac_pattern_matches(SP_RBAC_KUBERNETES, SP_STR("*"), &request));
    ck_assert(!sp_rbac_pattern_matches(SP_RBAC_GLOBSTAR, SP_STR("**"), &request));
}
SP_TEST_END

SP_SUITE("rbac_match", under_kubernetes_only_stars_at_the_end_are_wildcards,
         under_globstar_wildcards_stand_anywhere_and_urls_count,
         ac_08_odd_bytes_are_matched_only_where_a_trailing_wildcard_covers_them,
         ac_11_verbs_are_the_method_in_lower_case, a_pattern_that_never_matches_is_known,
         a_pattern_that_is_dead_for_its_scheme_or_host_is_repaired,
         a_url_that_does_not_fit_is_matched_by_nothing)
