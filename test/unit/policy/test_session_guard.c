/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/session_guard.h"

#include "material.h"
#include "path_text.h"

#define ORIGIN "https://kube.example.com"

static struct sp_binding make_binding(const char *prefix)
{
    return (struct sp_binding){.sessions = true, .path_prefix = make_pattern(SP_PATTERN_PREFIX, prefix)};
}

static enum sp_misuse judge(const struct sp_binding *binding, const char *path, enum sp_request_kind kind)
{
    struct sp_request request = make_request("GET", ORIGIN, path);
    request.kind = kind;
    return sp_session_guard_judge_path(binding, &request);
}

static enum sp_misuse judge_below(const char *prefix, const char *path, enum sp_request_kind kind)
{
    struct sp_binding binding = make_binding(prefix);
    enum sp_misuse misuse = judge(&binding, path, kind);
    sp_path_pattern_done(&binding.path_prefix);
    return misuse;
}

/* ---- proxied paths ------------------------------------------------------------------------------------- */

/* The slow way: all segments of the path, and any three in a row. */
static bool model_leads_on_once(const struct text *path)
{
    struct sp_str segments[64];
    size_t n = 0;
    for (struct sp_str rest = view(path); rest.ptr != NULL && n < 64;) {
        segments[n++] = sp_str_cut(&rest, '/');
    }
    for (size_t i = 0; i + 2 < n; i++) {
        bool is_resource = sp_str_equal(segments[i], SP_STR("pods")) ||
                           sp_str_equal(segments[i], SP_STR("services")) ||
                           sp_str_equal(segments[i], SP_STR("nodes"));
        if (is_resource && segments[i + 1].len > 0 && sp_str_equal(segments[i + 2], SP_STR("proxy"))) {
            return true;
        }
    }
    return false;
}

static bool model_leads_on(const char *path)
{
    struct text raw = text_of(sp_str_from_c(path));
    struct text once = decoded(&raw);
    struct text twice = decoded(&once);
    return model_leads_on_once(&raw) || model_leads_on_once(&once) || model_leads_on_once(&twice);
}

/* How many of 20,000 paths the model refuses; `is_exact`: no others may be refused. */
static size_t compare_with_model(const char *const *pieces, size_t pieces_n, const char *const *between,
                                 size_t between_n, bool is_exact)
{
    struct dice dice = {51};
    struct sp_binding binding = make_binding("/");
    size_t found_n = 0;
    for (size_t round = 0; round < 20000; round++) {
        SP_BUF_ON_STACK(path_text, 256);
        sp_buf_append_c(&path_text, "/x");
        size_t n = 1 + dice_roll(&dice, 6);
        for (size_t i = 0; i < n; i++) {
            sp_buf_append_c(&path_text, between[dice_roll(&dice, between_n)]);
            sp_buf_append_c(&path_text, pieces[dice_roll(&dice, pieces_n)]);
        }
        sp_buf_append_char(&path_text, '\0');
        const char *path = sp_buf_str(&path_text).ptr;
        bool is_refused = judge(&binding, path, SP_REQUEST_KIND_FETCH) == SP_MISUSE_SUBRESOURCE;
        bool should_be = model_leads_on(path);
        ck_assert_msg(is_exact ? is_refused == should_be : is_refused || !should_be, "%s", path);
        found_n += should_be;
    }
    sp_path_pattern_done(&binding.path_prefix);
    return found_n;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

SP_TEST(ac_55_what_leads_on_to_a_pod_is_refused_in_any_reading)
{
    static const char *const pieces[] = {"pods", "services", "nodes",   "proxy",    "box",
                                         "api",  "p%6Fds",   "%70roxy", "p%256Fds", "%6eodes",
                                         "Pods", "proxyx",   "p",       "box8080",  "%2570roxy"};
    static const char *const between[] = {"/", "/", "/", "%2F", "%2f", "%252F"};
    ck_assert_uint_gt(compare_with_model(pieces, COUNT(pieces), between, COUNT(between), true), 200);

    /* With more unusual bytes, programs may read more into it. */
    static const char *const odd[] = {"pods", "services", "nodes", "proxy", "box:8080", "https:", "p%6Fds",
                                      "",     ".",        "x;y",   "a.",    "%C3%BC",   "%ff",    "%2e"};
    static const char *const odd_between[] = {"/", "/", "/", "%2F", "//", "%252F", "%5C"};
    ck_assert_uint_gt(compare_with_model(odd, COUNT(odd), odd_between, COUNT(odd_between), false), 200);
}
SP_TEST_END

SP_TEST(ac_55_nothing_odd_about_the_path_hides_where_it_leads)
{
    static const char *const refused[] = {
        "/api/v1/namespaces/a/pods/box/proxy",
        "/api/v1/namespaces/a/pods/box/proxy/",
        "/api/v1/namespaces/a/pods/https:box:8443/proxy/index.html",
        "/api/v1/namespaces/a/services/web:80/proxy/x/y",
        "/api/v1/nodes/worker/proxy/logs",
        "/api/v1/namespaces/a/pods/box%2Fproxy/",
        "/api/v1/namespaces/a/pods%2fbox%2fproxy",
        "/api/v1/namespaces/a/pods/box/%70%72oxy/",
        "/api/v1/namespaces/a/pods/box//proxy/",
        "/api/v1/namespaces/a/pods//box/proxy/",
        "/api/v1/namespaces/a/pods/box/proxy;x/",
        "/api/v1/namespaces/pods/configmaps/proxy", /* a namespace with that name: not distinguished */
        "/pods/box/proxy"};
    static const char *const open[] = {"/api/v1/namespaces/a/pods/proxy",
                                       "/api/v1/namespaces/a/pods/box/log",
                                       "/api/v1/namespaces/a/pods/box/proxyx",
                                       "/proxy",
                                       "/api/v1/namespaces/a/services/proxy/status",
                                       "/pods//proxy",
                                       "/api/v1/namespaces/a/configmaps/pods/proxy",
                                       "/"};
    struct sp_binding binding = make_binding("/");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        binding.proxy = false;
        ck_assert_msg(judge(&binding, refused[i], SP_REQUEST_KIND_FETCH) == SP_MISUSE_SUBRESOURCE, "%s",
                      refused[i]);
        ck_assert_msg(judge(&binding, refused[i], SP_REQUEST_KIND_NAVIGATION) == SP_MISUSE_SUBRESOURCE, "%s",
                      refused[i]);
        ck_assert_msg(judge(&binding, refused[i], SP_REQUEST_KIND_WEBSOCKET) == SP_MISUSE_SUBRESOURCE, "%s",
                      refused[i]);
        binding.proxy = true;
        ck_assert_msg(judge(&binding, refused[i], SP_REQUEST_KIND_FETCH) == SP_MISUSE_NONE, "%s", refused[i]);
    }
    binding.proxy = false;
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        ck_assert_msg(judge(&binding, open[i], SP_REQUEST_KIND_FETCH) == SP_MISUSE_NONE, "%s", open[i]);
    }
    sp_path_pattern_done(&binding.path_prefix);
}
SP_TEST_END

/* ---- windows ------------------------------------------------------------------------------------------- */

SP_TEST(ac_55_no_window_opens_the_api_and_a_page_may_fetch_it)
{
    static const struct {
        const char *prefix;
        const char *path;
        bool is_api;
    } cases[] = {
        {"/", "/", false},
        {"/", "/api", true},
        {"/", "/api/", true},
        {"/", "/api/v1/namespaces/a/configmaps/x", true},
        {"/", "/apis/apps/v1/deployments", true},
        {"/", "/apisix", false},
        {"/", "/API", false},
        {"/", "/ui/api", false},
        {"/", "/%61pi/v1", true},
        {"/", "/api%2Fv1", true},
        {"/", "/%2561pi/v1", true},
        {"/", "//api/v1", true},
        {"/", "/version", false},
        {"/kube", "/kube", false},
        {"/kube", "/kube/api/v1", true},
        {"/kube", "/kube/apis", true},
        {"/kube", "/kube//api", true},
        {"/kube", "/kube/ui", false},
        {"/kube", "/kube/x/api", false},
        {"/a%20b", "/a%20b/api", true},
        {"/a%20b", "/a%20b/%61pi", true},
        {"/a%20b", "/a%20b/ui", false},
        /* bound by itself, with nothing to remove */
        {"/api", "/api", true},
        {"/api", "/api/v1/pods", true},
        {"/apis", "/apis/apps", true},
        {"/kube/api", "/kube/api/v1", true},
        {"/api/v1", "/api/v1/pods", true},
        {"/rapid", "/rapid/pods", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (enum sp_request_kind kind = SP_REQUEST_KIND_FETCH; kind <= SP_REQUEST_KIND_GRPC; kind++) {
            bool is_refused = cases[i].is_api && sp_request_kind_wants_page(kind);
            enum sp_misuse misuse = judge_below(cases[i].prefix, cases[i].path, kind);
            ck_assert_msg(misuse == (is_refused ? SP_MISUSE_WINDOW : SP_MISUSE_NONE), "%s at %s, kind %d",
                          cases[i].path, cases[i].prefix, (int)kind);
        }
    }
}
SP_TEST_END

SP_TEST(the_api_is_what_is_below_the_prefix)
{
    static const char *const cases[][3] = {{"/", "/api/v1", "/api/v1"},
                                           {"/", "/", "/"},
                                           {"/kube", "/kube/api", "/api"},
                                           {"/kube", "/kube", ""},
                                           {"/kube", "/other", ""},
                                           {"/kube", "/kubectl/api", ""},
                                           {"/api", "/api/v1/x", "/api/v1/x"},
                                           {"/apis/apps", "/apis/apps/v1", "/apis/apps/v1"},
                                           {"/kube/api", "/kube/api", "/api"},
                                           {"/a%20b", "/a b/api", "/api"},
                                           {"/a%20b", "/a%20b/api", "/api"},
                                           {"/a/api/b", "/a/api/b/c", "/api/b/c"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_binding binding = make_binding(cases[i][0]);
        struct sp_str path = sp_session_guard_api_path(&binding, sp_str_from_c(cases[i][1]));
        ck_assert_msg(sp_str_equal(path, sp_str_from_c(cases[i][2])), "%s at %s: %.*s", cases[i][1],
                      cases[i][0], SP_STR_ARGS(path));
        sp_path_pattern_done(&binding.path_prefix);
    }
}
SP_TEST_END

/* ---- other origins ------------------------------------------------------------------------------------- */

static const char *const sites[] = {
    "", "same-origin", "same-site", "cross-site", "none", "Same-Origin", "same-origin, same-origin"};
static const char *const origins[] = {"",
                                      "https://kube.example.com",
                                      "https://KUBE.example.com:443",
                                      "http://kube.example.com",
                                      "https://kube.example.com:8443",
                                      "https://kube.example.com.evil.example",
                                      "https://evil.example",
                                      "https://a.kube.example.com",
                                      "https://kube.example.com/",
                                      "https://x@kube.example.com",
                                      "wss://kube.example.com",
                                      "null"};
static const char *const methods[] = {"GET",   "HEAD",   "OPTIONS", "POST",    "PUT",
                                      "PATCH", "DELETE", "TRACE",   "CONNECT", "PROPFIND"};
static const char *const handshakes[] = {"", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                                         "Sec-Fetch-Mode: websocket\r\n", "wss"};

/* One line for each name that has a value, `twice` for the last one. */
static void write_head(char *out, size_t size, const char *site, const char *origin, const char *handshake,
                       bool twice)
{
    char origin_line[128] = "";
    char site_line[128] = "";
    if (origin[0] != '\0') {
        snprintf(origin_line, sizeof origin_line, "Origin: %s\r\n", origin);
    }
    if (site[0] != '\0') {
        snprintf(site_line, sizeof site_line, "Sec-Fetch-Site: %s\r\n", site);
    }
    snprintf(out, size, "GET / HTTP/1.1\r\nHost: a\r\n%s%s%s%s%s\r\n", origin_line, site_line,
             strcmp(handshake, "wss") == 0 ? "" : handshake, twice ? origin_line : "",
             twice ? site_line : "");
}

static enum sp_misuse judge_origin(const char *method, const char *site, const char *origin,
                                   const char *handshake, bool twice)
{
    char text[1024];
    struct sp_head head;
    write_head(text, sizeof text, site, origin, handshake, twice);
    ck_assert_int_eq(sp_head_parse(sp_str_from_c(text), &head), SP_REASON_NONE);
    struct sp_request request = make_request(method, ORIGIN, "/api");
    bool is_by_scheme = strcmp(handshake, "wss") == 0;
    request.head = is_by_scheme ? NULL : &head;
    request.kind = is_by_scheme ? SP_REQUEST_KIND_WEBSOCKET : SP_REQUEST_KIND_FETCH;
    return sp_session_guard_judge_origin(&request, &head);
}

SP_TEST(ac_51_ac_60_what_changes_or_opens_something_comes_from_this_origin)
{
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        for (size_t s = 0; s < sizeof sites / sizeof sites[0]; s++) {
            for (size_t o = 0; o < sizeof origins / sizeof origins[0]; o++) {
                for (size_t h = 0; h < sizeof handshakes / sizeof handshakes[0]; h++) {
                    bool is_safe = m < 3 && h == 0;
                    bool is_own = s == 1 || o == 1 || o == 2;
                    enum sp_misuse misuse =
                        judge_origin(methods[m], sites[s], origins[o], handshakes[h], false);
                    ck_assert_msg((misuse == SP_MISUSE_NONE) == (is_safe || is_own),
                                  "%s, site %s, origin %s, %s", methods[m], sites[s], origins[o],
                                  handshakes[h]);
                    misuse = judge_origin(methods[m], sites[s], origins[o], handshakes[h], true);
                    ck_assert_msg((misuse == SP_MISUSE_NONE) == is_safe, "%s twice, site %s, origin %s",
                                  methods[m], sites[s], origins[o]);
                }
            }
        }
    }
}
SP_TEST_END

SP_SUITE("session_guard", ac_55_what_leads_on_to_a_pod_is_refused_in_any_reading,
         ac_55_nothing_odd_about_the_path_hides_where_it_leads,
         ac_55_no_window_opens_the_api_and_a_page_may_fetch_it, the_api_is_what_is_below_the_prefix,
         ac_51_ac_60_what_changes_or_opens_something_comes_from_this_origin)
