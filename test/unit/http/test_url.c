/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "http/path.h"

#include "material.h"
#include "return_urls.h"

SP_TEST(a_url_is_read_and_written)
{
    static const char *const cases[][2] = {
        {"https://app.test/a?b=c", "https://app.test/a?b=c"},
        {"HTTPS://App.Test.:443", "https://app.test/"},
        {"http://app.test:8080/", "http://app.test:8080/"},
        {"https://[0:0::1]/x", "https://[::1]/x"},
        {"https://10.0.0.1/%2F?%zz", "https://10.0.0.1/%2F?%zz"},
        {"https://a//b/../c;d?", "https://a//b/../c;d?"},
        {"https://a/@b:c", "https://a/@b:c"},
        {"https://a/|<\">", "https://a/%7C%3C%22%3E"},
        {"https://a/?b=https://c/", "https://a/?b=https://c/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_url url;
        ck_assert_msg(sp_url_parse(sp_str_from_c(cases[i][0]), &url), "%s", cases[i][0]);
        struct sp_str written = APPENDED(sp_url_append(&url, out));
        ck_assert_msg(sp_str_equal(written, sp_str_from_c(cases[i][1])), "%.*s", SP_STR_ARGS(written));
    }
}
SP_TEST_END

SP_TEST(what_could_be_read_as_another_origin_is_refused)
{
    static const struct sp_str refused[] = {
        SP_STR(""),
        SP_STR("app.test"),
        SP_STR("//app.test/"),
        SP_STR("/a"),
        SP_STR("https:"),
        SP_STR("https://"),
        SP_STR("https:///a"),
        SP_STR("https:/app.test/"),
        SP_STR("https:app.test"),
        SP_STR("https:\\\\app.test"),
        SP_STR("https://a?b"),
        SP_STR("https://a#b"),
        SP_STR("https://a/#b"),
        SP_STR("https://a/b c"),
        SP_STR(" https://a/"),
        SP_STR("https://a/ "),
        SP_STR("https://u@a/"),
        SP_STR("https://u:p@a/"),
        SP_STR("https://a\\b/"),
        SP_STR("https://a/\\b"),
        SP_STR("https://a/\tb"),
        SP_STR("https://a/\xc3\xa9"),
        SP_STR("https://b\xc3\xbc/"),
        SP_STR("https://a/\x7f"),
        SP_STR("https://a/\0b"),
        SP_STR("https://a/%"),
        SP_STR("https://127.1/"),
        SP_STR("https://a:/"),
        SP_STR("ftp://a/"),
        SP_STR("wss://a/"),
        SP_STR("javascript:alert(1)"),
        SP_STR("javascript://a/%0aalert(1)"),
    };
    struct sp_url url;
    ck_assert(!sp_url_parse(SP_STR_NONE, &url));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_msg(!sp_url_parse(refused[i], &url), "%.*s", SP_STR_ARGS(refused[i]));
    }
}
SP_TEST_END

SP_TEST(a_return_address_may_be_a_target_of_the_same_origin)
{
    struct sp_origin base;
    struct sp_origin none = {0};
    struct sp_url url;
    ck_assert(sp_origin_parse(SP_STR("https://app.test:99"), &base));
    ck_assert(sp_url_parse_return(SP_STR("/a?b=//c"), &base, &url));
    ck_assert_str_view(APPENDED(sp_url_append(&url, out)), "https://app.test:99/a?b=//c");
    ck_assert(sp_url_parse_return(SP_STR("/"), &base, &url));
    ck_assert(sp_url_parse_return(SP_STR("/.//c"), &base, &url));
    ck_assert_str_view(APPENDED(sp_url_append(&url, out)), "https://app.test:99/.//c");
    ck_assert(sp_url_parse_return(SP_STR("http://b/"), &base, &url));
    ck_assert_str_view(APPENDED(sp_url_append(&url, out)), "http://b/");
    ck_assert(!sp_url_parse_return(SP_STR("/a"), &none, &url));
    ck_assert(!sp_url_parse_return(SP_STR_NONE, &base, &url));
}
SP_TEST_END

SP_TEST(the_limit_of_a_target_is_that_of_a_url)
{
    static char text[SP_TARGET_MAX + sizeof "https://a" + 1] = "https://a/";
    size_t origin_len = sizeof "https://a" - 1;
    memset(text + origin_len + 1, 'x', SP_TARGET_MAX);
    struct sp_url url;
    ck_assert(sp_url_parse((struct sp_str){text, origin_len + SP_TARGET_MAX}, &url));
    ck_assert(!sp_url_parse((struct sp_str){text, origin_len + SP_TARGET_MAX + 1}, &url));
}
SP_TEST_END

SP_TEST(an_accepted_url_written_and_read_again_has_the_same_origin)
{
    uint64_t state = 11;
    char text[80] = "https://";
    size_t accepted_n = 0;
    for (size_t round = 0; round < 200000; round++) {
        struct sp_str tail =
            next_text(&state, SP_STR("aB.:/?@%2F4;-_[1]#\\ |"), text + 8, 1 + next_below(&state, 16));
        struct sp_url url;
        if (!sp_url_parse((struct sp_str){text, 8 + tail.len}, &url)) {
            continue;
        }
        accepted_n++;
        struct sp_url again;
        ck_assert(sp_url_parse(APPENDED(sp_url_append(&url, out)), &again));
        ck_assert(sp_origin_equal(&url.origin, &again.origin));
        struct sp_str path = url.target.path;
        bool has_bracket = sp_str_contains(path, '[') || sp_str_contains(path, ']'); /* not encoded */
        uint32_t other_marks = url.target.marks & ~(uint32_t)SP_PATH_RAW_BYTE;
        ck_assert_uint_eq(again.target.marks, other_marks | (has_bracket ? SP_PATH_RAW_BYTE : 0));
    }
    ck_assert_uint_gt(accepted_n, 1000);
}
SP_TEST_END

/* ---- a browser's interpretation (WHATWG URL, section 4.4), as far as hosts and ports go ---------------- */

/* The host and port that a browser would connect to, in lower case; empty if it stays at the base. */
struct browser_host {
    char text[256];
    bool leaves_http; /* another scheme, or not a URL at all */
};

/* Steps 1 to 3: remove C0 and spaces at the ends, and tabs and line ends everywhere; `\` becomes `/`. */
static size_t browser_clean(struct sp_str text, char out[512])
{
    size_t start = 0;
    size_t end = text.len;
    while (start < end && (unsigned char)text.ptr[start] <= ' ') {
        start++;
    }
    while (end > start && (unsigned char)text.ptr[end - 1] <= ' ') {
        end--;
    }
    size_t len = 0;
    bool in_query = false;
    for (size_t i = start; i < end; i++) {
        char c = text.ptr[i];
        in_query = in_query || c == '?' || c == '#';
        if (c != '\t' && c != '\n' && c != '\r') {
            out[len++] = c == '\\' && !in_query ? '/' : c;
        }
    }
    return len;
}

/* The authority up to `/?#`; user information ends at the last `@`. */
static void browser_authority(struct sp_str rest, enum sp_scheme scheme, struct browser_host *out)
{
    size_t end = 0;
    size_t start = 0;
    while (end < rest.len && strchr("/?#", rest.ptr[end]) == NULL) {
        start = rest.ptr[end] == '@' ? end + 1 : start;
        end++;
    }
    struct sp_str port = {rest.ptr + start, end - start};
    struct sp_str name = sp_str_cut(&port, ':');
    if (sp_str_starts_with(name, SP_STR("["))) {
        name = (struct sp_str){rest.ptr + start, end - start};
        size_t bracket = sp_str_find(name, ']');
        port = sp_str_skip(name, bracket + 2);
        name.len = bracket < name.len ? bracket + 1 : name.len;
    }
    /* With a trailing dot it is another name for search lists, but the same host. */
    name.len -= sp_str_ends_with(name, SP_STR("."));
    bool is_default = sp_str_equal(port, scheme == SP_SCHEME_HTTPS ? SP_STR("443") : SP_STR("80"));
    snprintf(out->text, sizeof out->text, "%.*s%s%.*s", SP_STR_ARGS(name),
             port.len == 0 || is_default ? "" : ":", is_default ? 0 : (int)port.len,
             port.len == 0 ? "" : port.ptr);
    for (char *c = out->text; *c != '\0'; c++) {
        *c = sp_ascii_lower(*c);
    }
}

static struct browser_host browser_read(struct sp_str text, enum sp_scheme base)
{
    static const struct {
        enum sp_scheme scheme;
        struct sp_str start;
    } starts[] = {{SP_SCHEME_HTTPS, SP_STR("https:")}, {SP_SCHEME_HTTP, SP_STR("http:")}};
    struct browser_host host = {0};
    char bytes[512];
    struct sp_str clean = {bytes, browser_clean(text, bytes)};
    enum sp_scheme scheme = base;
    bool absolute = false;
    for (size_t i = 0; i < 2; i++) {
        size_t len = starts[i].start.len;
        if (clean.len >= len && sp_str_equal_ci((struct sp_str){clean.ptr, len}, starts[i].start)) {
            scheme = starts[i].scheme;
            absolute = true;
            clean = sp_str_skip(clean, len);
        }
    }
    size_t slashes = 0;
    while (slashes < clean.len && clean.ptr[slashes] == '/') {
        slashes++;
    }
    if ((absolute && scheme != base) || slashes >= 2) {
        browser_authority(sp_str_skip(clean, slashes), scheme, &host);
    } else if (!absolute) {
        size_t colon = sp_str_find(clean, ':');
        host.leaves_http = colon < clean.len && colon > 0 && sp_str_find(clean, '/') > colon &&
                           sp_str_find(clean, '?') > colon && sp_str_find(clean, '#') > colon;
    }
    return host;
}

static size_t accepted_n;
static size_t tried_n;

/*
 * What the parser found in an accepted string must be the same origin as what a browser finds in the string
 * and in the Location built from it.
 */
static void assert_same_reading(struct sp_str text, const struct sp_origin *base)
{
    struct sp_url url;
    tried_n++;
    if (!sp_url_parse_return(text, base, &url)) {
        return;
    }
    accepted_n++;
    struct sp_str found = APPENDED(sp_origin_append_authority(&url.origin, out));
    struct sp_str own = APPENDED(sp_origin_append_authority(base, out));
    struct browser_host original = browser_read(text, base->scheme);
    struct sp_str expected = original.text[0] != '\0' ? sp_str_from_c(original.text) : own;
    ck_assert_msg(!original.leaves_http && sp_str_equal(found, expected),
                  "%.*s is %.*s, a browser goes to %.*s", SP_STR_ARGS(text), SP_STR_ARGS(found),
                  SP_STR_ARGS(expected));
    struct sp_str location = APPENDED(sp_url_append(&url, out));
    struct browser_host sent = browser_read(location, SP_SCHEME_NONE);
    ck_assert_msg(sp_str_equal(found, sp_str_from_c(sent.text)), "%.*s went out as %.*s", SP_STR_ARGS(text),
                  SP_STR_ARGS(location));
}

static const char *pick(const char *const *list, size_t n, size_t *choice)
{
    const char *picked = list[*choice % n];
    *choice /= n;
    return picked;
}

#define PICK(list, choice) pick(list, sizeof list / sizeof list[0], choice)

/* Expands a family; `choice` is a number whose digits select the parts. */
static struct sp_str expand(const char *family, size_t choice, char out[512])
{
    const char *evil = PICK(return_url_evil, &choice);
    const char *good = PICK(return_url_good, &choice);
    const char *scheme = PICK(return_url_schemes, &choice);
    const char *dropped = PICK(return_url_dropped, &choice);
    const char *slashes = PICK(return_url_slashes, &choice);
    size_t len = 0;
    for (const char *p = family; *p != '\0'; p++) {
        char kind = *p == '%' ? p[1] : '\0';
        const char *part = kind == 'E'   ? evil
                           : kind == 'G' ? good
                           : kind == 'S' ? scheme
                           : kind == 'W' ? dropped
                           : kind == 'B' ? slashes
                                         : NULL;
        if (part == NULL) {
            out[len++] = *p;
            continue;
        }
        memcpy(out + len, part, strlen(part));
        len += strlen(part);
        p++;
    }
    return (struct sp_str){out, len};
}

#define CHOICES_N                                                                                            \
    (sizeof return_url_evil / sizeof return_url_evil[0] * 2 * 2 *                                            \
     (sizeof return_url_dropped / sizeof return_url_dropped[0]) *                                            \
     (sizeof return_url_slashes / sizeof return_url_slashes[0]))

SP_TEST(ac_15_no_return_address_is_read_differently_by_a_browser)
{
    struct sp_origin bases[2];
    ck_assert(sp_origin_parse(SP_STR("https://good.test"), &bases[0]));
    ck_assert(sp_origin_parse(SP_STR("http://good.test:8080"), &bases[1]));
    for (size_t f = 0; f < sizeof return_url_families / sizeof return_url_families[0]; f++) {
        for (size_t choice = 0; choice < CHOICES_N; choice++) {
            char text[512];
            struct sp_str address = expand(return_url_families[f], choice, text);
            assert_same_reading(address, &bases[0]);
            assert_same_reading(address, &bases[1]);
        }
    }
    ck_assert_uint_gt(accepted_n, 1000);
    ck_assert_uint_gt(tried_n - accepted_n, 1000);
}
SP_TEST_END

SP_TEST(ac_15_random_bytes_around_hosts_are_read_as_a_browser_does)
{
    static const char *const pieces[] = {"https://",  "http:",     "/",     "//",          "\\", "@", ":",
                                         "good.test", "evil.test", "?",     "#",           "\t", " ", "%2f",
                                         ".",         "443",       "[::1]", "\xef\xbc\x8f"};
    struct sp_origin base;
    uint64_t state = 12;
    ck_assert(sp_origin_parse(SP_STR("https://good.test"), &base));
    for (size_t round = 0; round < 300000; round++) {
        char text[128];
        size_t len = 0;
        for (size_t n = 1 + next_below(&state, 8); n > 0; n--) {
            const char *piece = pieces[next_below(&state, sizeof pieces / sizeof pieces[0])];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        assert_same_reading((struct sp_str){text, len}, &base);
    }
    ck_assert_uint_gt(accepted_n, 1000);
}
SP_TEST_END

SP_TEST(ac_15_the_browser_of_this_test_is_one)
{
    static const char *const cases[][2] = {
        {"https://evil.test/", "evil.test"},
        {"//evil.test", "evil.test"},
        {"/\\evil.test", "evil.test"},
        {"/\t/evil.test", "evil.test"},
        {"\x01 //evil.test", "evil.test"},
        {"https://good.test@evil.test/", "evil.test"},
        {"https://good.test\\@evil.test", "good.test"},
        {"https:evil.test", ""},
        {"http:evil.test", "evil.test"},
        {"https:///evil.test", "evil.test"},
        {"/a//evil.test", ""},
        {"/?//evil.test", ""},
        {"https://EVIL.test.:443?", "evil.test"},
        {"https://a@[::1]:443", "[::1]"},
        {"https://[::1]:80\\x", "[::1]:80"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct browser_host host = browser_read(sp_str_from_c(cases[i][0]), SP_SCHEME_HTTPS);
        ck_assert_msg(strcmp(host.text, cases[i][1]) == 0, "%s: %s", cases[i][0], host.text);
    }
    ck_assert(browser_read(SP_STR("java\tscript:alert(1)"), SP_SCHEME_HTTPS).leaves_http);
}
SP_TEST_END

SP_SUITE("url", a_url_is_read_and_written, what_could_be_read_as_another_origin_is_refused,
         a_return_address_may_be_a_target_of_the_same_origin, the_limit_of_a_target_is_that_of_a_url,
         an_accepted_url_written_and_read_again_has_the_same_origin,
         ac_15_no_return_address_is_read_differently_by_a_browser,
         ac_15_random_bytes_around_hosts_are_read_as_a_browser_does, ac_15_the_browser_of_this_test_is_one)
