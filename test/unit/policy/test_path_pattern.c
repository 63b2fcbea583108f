/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/path_pattern.h"

#include "material.h"
#include "pattern_model.h"

static bool matches(enum sp_path_pattern_kind kind, const char *text, const char *path_text,
                    enum sp_action effect)
{
    struct sp_path_pattern pattern = make_pattern(kind, text);
    struct sp_str path = sp_str_from_c(path_text);
    bool result = sp_path_pattern_match(&pattern, path, sp_path_marks(path), effect);
    sp_path_pattern_done(&pattern);
    return result;
}

static void assert_canonical(enum sp_path_pattern_kind kind, const char *written, const char *canonical)
{
    struct sp_path_pattern pattern = make_pattern(kind, written);
    ck_assert_str_eq(pattern.text, canonical);
    ck_assert_uint_eq(pattern.text_len, strlen(canonical));
    sp_path_pattern_done(&pattern);
}

SP_TEST(a_pattern_is_brought_into_canonical_form)
{
    assert_canonical(SP_PATTERN_EXACT, "/", "/");
    assert_canonical(SP_PATTERN_EXACT, "/healthz", "/healthz");
    assert_canonical(SP_PATTERN_EXACT, "/healthz/", "/healthz/");
    assert_canonical(SP_PATTERN_EXACT, "/%61%2D%7e", "/a-~");
    assert_canonical(SP_PATTERN_EXACT, "/caf%c3%a9", "/caf%C3%A9");
    assert_canonical(SP_PATTERN_EXACT, "/caf\xc3\xa9 au lait", "/caf%C3%A9%20au%20lait");
    assert_canonical(SP_PATTERN_EXACT, "/<a>\"[b]^`{|}", "/%3Ca%3E%22%5Bb%5D%5E%60%7B%7C%7D");
    assert_canonical(SP_PATTERN_EXACT, "/!$&'()+,=:@", "/!$&'()+,=:@");
    assert_canonical(SP_PATTERN_EXACT, "/%40%2a", "/%40%2A");
    assert_canonical(SP_PATTERN_PREFIX, "/assets/", "/assets");
    assert_canonical(SP_PATTERN_PREFIX, "/", "/");
    assert_canonical(SP_PATTERN_GLOB, "/a/*/**", "/a/*/**");
}
SP_TEST_END

SP_TEST(ac_27_a_pattern_that_would_not_mean_what_it_says_is_refused)
{
    static const char *const refused[] = {
        "",       "a",      "a/b",       "*",       "https://a/", "/a?b",   "/a#b",  "/a//b",  "//",
        "/a/./b", "/../a",  "/a/..",     "/%2e%2e", "/a\\b",      "/a%5cb", "/a;b",  "/a%3Bb", "/a%2Fb",
        "/%00",   "/a%25b", "/a%",       "/a%4",    "/%zz",       "/a%3fb", "/a%23", "/\x01",  "/%0d",
        "/\x7f",  "/\xff",  "/\xc0\xae", "/a/*",    "/a/**/b",    "/**",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct sp_path_pattern pattern = {.text_len = 7};
        struct sp_diag diag = {0};
        enum sp_error error =
            sp_path_pattern_init(SP_PATTERN_EXACT, sp_str_from_c(refused[i]), &diag, &pattern);
        ck_assert_msg(error == SP_ERR_FORMAT, "accepted: %s", refused[i]);
        ck_assert_uint_gt(strlen(diag.text), 0);
        bool has_empty_segment = refused[i][0] == '/' && strstr(refused[i], "//") != NULL;
        ck_assert_int_eq(strstr(diag.text, "write a single /") != NULL, has_empty_segment);
        ck_assert_uint_eq(pattern.text_len, 7);
        error = sp_path_pattern_init(SP_PATTERN_PREFIX, sp_str_from_c(refused[i]), NULL, &pattern);
        ck_assert_int_eq(error, SP_ERR_FORMAT);
    }
    struct sp_path_pattern pattern;
    struct sp_str with_nul = {"/a\0b", 4};
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, with_nul, NULL, &pattern), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_pattern_has_a_longest_length_in_its_canonical_form)
{
    char text[SP_PATH_PATTERN_MAX + 1];
    memset(text, 'a', sizeof text);
    text[0] = '/';
    struct sp_path_pattern pattern;
    struct sp_str longest = {text, SP_PATH_PATTERN_MAX};
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, longest, NULL, &pattern), SP_OK);
    ck_assert_uint_eq(pattern.text_len, SP_PATH_PATTERN_MAX);
    sp_path_pattern_done(&pattern);
    struct sp_str too_long = {text, SP_PATH_PATTERN_MAX + 1};
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, too_long, NULL, &pattern), SP_ERR_LIMIT);
    text[1] = ' ';
    longest.len = SP_PATH_PATTERN_MAX - 2;
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, longest, NULL, &pattern), SP_OK);
    sp_path_pattern_done(&pattern);
    longest.len++;
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, longest, NULL, &pattern), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(the_zero_pattern_matches_nothing)
{
    static const enum sp_path_pattern_kind kinds[] = {SP_PATTERN_EXACT, SP_PATTERN_PREFIX, SP_PATTERN_GLOB};
    for (size_t i = 0; i < 3; i++) {
        struct sp_path_pattern pattern = {.kind = kinds[i]};
        ck_assert(!sp_path_pattern_match(&pattern, SP_STR("/"), 0, SP_ACTION_PUBLIC));
        ck_assert(!sp_path_pattern_match(&pattern, SP_STR_NONE, 0, SP_ACTION_PUBLIC));
        ck_assert(!sp_path_pattern_match(&pattern, SP_STR("//"), SP_PATH_EMPTY_SEGMENT, SP_ACTION_ALLOW));
        ck_assert(!sp_path_pattern_match(&pattern, SP_STR("/%61"), 0, SP_ACTION_DENY));
    }
}
SP_TEST_END

SP_TEST(ac_09_a_prefix_ends_on_a_segment_boundary)
{
    static const enum sp_action effects[] = {SP_ACTION_PUBLIC, SP_ACTION_ALLOW, SP_ACTION_DENY};
    for (size_t i = 0; i < 3; i++) {
        ck_assert(matches(SP_PATTERN_PREFIX, "/assets", "/assets", effects[i]));
        ck_assert(matches(SP_PATTERN_PREFIX, "/assets", "/assets/", effects[i]));
        ck_assert(matches(SP_PATTERN_PREFIX, "/assets", "/assets/a/b.css", effects[i]));
        ck_assert(!matches(SP_PATTERN_PREFIX, "/assets", "/assetsx", effects[i]));
        ck_assert(!matches(SP_PATTERN_PREFIX, "/assets", "/asset", effects[i]));
        ck_assert(!matches(SP_PATTERN_PREFIX, "/assets", "/x/assets", effects[i]));
        ck_assert(!matches(SP_PATTERN_PREFIX, "/assets", "/Assets", effects[i]));
        ck_assert(matches(SP_PATTERN_PREFIX, "/", "/", effects[i]));
        ck_assert(matches(SP_PATTERN_PREFIX, "/", "/a", effects[i]));
        ck_assert(matches(SP_PATTERN_EXACT, "/healthz", "/healthz", effects[i]));
        ck_assert(!matches(SP_PATTERN_EXACT, "/healthz", "/healthz/a", effects[i]));
        ck_assert(!matches(SP_PATTERN_EXACT, "/healthz", "/a/healthz", effects[i]));
    }
}
SP_TEST_END

SP_TEST(ac_83_a_final_slash_is_none_to_a_rule_that_closes_and_one_to_those_that_open)
{
    static const struct {
        enum sp_path_pattern_kind kind;
        const char *text;
        const char *path;
    } cases[] = {
        {SP_PATTERN_EXACT, "/admin", "/admin/"},         {SP_PATTERN_EXACT, "/admin/", "/admin"},
        {SP_PATTERN_GLOB, "/*/admin", "/x/admin/"},      {SP_PATTERN_GLOB, "/*/admin/", "/x/admin"},
        {SP_PATTERN_GLOB, "/admin/*", "/admin/x/"},      {SP_PATTERN_GLOB, "/admin/*", "/admin"},
        {SP_PATTERN_GLOB, "/*.php", "/a.php/"},          {SP_PATTERN_EXACT, "/a b", "/a%20b/"},
        {SP_PATTERN_GLOB, "/x/*/edit", "/x/y/edit/"},    {SP_PATTERN_EXACT, "/a b/", "/a%20b"},
        {SP_PATTERN_EXACT, "/caf%C3%A9", "/caf%C3%A9/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        const char *path = cases[i].path;
        ck_assert_msg(matches(cases[i].kind, text, path, SP_ACTION_DENY), "%s on %s", text, path);
        ck_assert_msg(!matches(cases[i].kind, text, path, SP_ACTION_ALLOW), "%s on %s", text, path);
        ck_assert_msg(!matches(cases[i].kind, text, path, SP_ACTION_PUBLIC), "%s on %s", text, path);
    }
    static const char *const readings[] = {"/admin//",     "/%61dmin/", "/admin%2F", "/admin/%2e",
                                           "/x/../admin/", "/admin;/",  "/admin%5C"};
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        ck_assert_msg(matches(SP_PATTERN_EXACT, "/admin", readings[i], SP_ACTION_DENY), "%s", readings[i]);
        ck_assert_msg(matches(SP_PATTERN_EXACT, "/admin/", readings[i], SP_ACTION_DENY), "%s", readings[i]);
    }
    ck_assert(matches(SP_PATTERN_EXACT, "/", "/", SP_ACTION_DENY));
    ck_assert(!matches(SP_PATTERN_EXACT, "/", "/a", SP_ACTION_DENY));
    ck_assert(!matches(SP_PATTERN_GLOB, "/*/", "/", SP_ACTION_DENY));
    ck_assert(!matches(SP_PATTERN_EXACT, "/admin", "/admin/x", SP_ACTION_DENY));
    ck_assert(!matches(SP_PATTERN_EXACT, "/admin/", "/adminx", SP_ACTION_DENY));
}
SP_TEST_END

SP_TEST(ac_08_a_path_with_two_readings_opens_nothing_to_all)
{
    static const char *const odd[] = {
        "/public/../admin",   "/public//x",     "/public/./x",       "/public/%2e%2e/admin", "/public%2fx",
        "/public/a%2fb",      "/public/a%5cb",  "/public/a\\b",      "/public/%00",          "/public/;x",
        "/public;x",          "/public/%252e",  "/public/%61",       "/public/%c3%a9",       "/public/a%3fb",
        "/public/a%23b",      "/public/%0d%0a", "/public/\xc3\xa9",  "/public/a%",           "/public/%c0%ae",
        "/public/.%2e/admin", "/public/%2E./",  "/public/..;/admin", "//public/x",           "/./public/x",
    };
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/public", odd[i], SP_ACTION_PUBLIC), "%s", odd[i]);
        ck_assert(!matches(SP_PATTERN_PREFIX, "/", odd[i], SP_ACTION_PUBLIC));
        ck_assert(!matches(SP_PATTERN_GLOB, "/**", odd[i], SP_ACTION_PUBLIC));
        ck_assert(!matches(SP_PATTERN_GLOB, "/public/*", odd[i], SP_ACTION_PUBLIC));
        ck_assert(!matches(SP_PATTERN_EXACT, "/public", odd[i], SP_ACTION_PUBLIC));
    }
}
SP_TEST_END

SP_TEST(ac_08_odd_bytes_that_stay_harmless_open_below_a_prefix_or_a_trailing_wildcard)
{
    static const char *const harmless[] = {
        "/projects/group%2Frepo", "/projects/group%2frepo/-/tree",
        "/projects/a%252Fb",      "/projects/a;v=1",
        "/projects/caf%c3%a9",    "/projects/%61",
        "/projects/a%3Fb",        "/projects/100%25",
        "/projects/%5B",
    };
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/projects", harmless[i], SP_ACTION_ALLOW), "%s",
                      harmless[i]);
        ck_assert(matches(SP_PATTERN_GLOB, "/projects/**", harmless[i], SP_ACTION_ALLOW));
        ck_assert(matches(SP_PATTERN_PREFIX, "/", harmless[i], SP_ACTION_ALLOW));
    }
    ck_assert(matches(SP_PATTERN_GLOB, "/projects/*", "/projects/group%2Frepo", SP_ACTION_ALLOW));
    ck_assert(matches(SP_PATTERN_GLOB, "/*/v1/*", "/projects/v1/group%2Frepo", SP_ACTION_ALLOW));
}
SP_TEST_END

SP_TEST(ac_08_odd_bytes_before_the_covered_part_open_nothing)
{
    static const enum sp_action allow = SP_ACTION_ALLOW;
    ck_assert(!matches(SP_PATTERN_GLOB, "/*/v1/*", "/a%2Fb/v1/x", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/**/v1/**", "/a//v1/x", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/*/v1", "/a%2Fb/v1", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/*/**", "/a%2Fb", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/a/*F*", "/a/%2Fb", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/a/*2*", "/a/%2Fb", allow));
    ck_assert(!matches(SP_PATTERN_GLOB, "/a/.*", "/a/.%2Fb", allow));
    ck_assert(!matches(SP_PATTERN_EXACT, "/a", "/%61", allow));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/a", "/%61/b", allow));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/a", "/a%2Fb", allow));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/a", "/a;x/b", allow));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/a", "//a/b", allow));
}
SP_TEST_END

SP_TEST(ac_08_what_may_leave_the_covered_part_opens_nothing)
{
    static const char *const harmful[] = {
        "/a/../admin",       "/a/%2e%2e/admin",    "/a/.%2E/admin", "/a/%252e%252e/admin", "/a/..%2fadmin",
        "/a/%2e%2e%2fadmin", "/a/..%5cadmin",      "/a/\\admin",    "/a/x%5c..",           "/a/%00",
        "/a/%2500",          "/a/x%255cy",         "/a/..;/admin",  "/a/%0d%0a",           "/a/./b",
        "/a/%c0%ae%c0%ae/b", "/a/%252e%252e%252f", "/a/..%3bx/b",   "/a/x%2F..",           "/a/%2E",
    };
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++) {
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/a", harmful[i], SP_ACTION_ALLOW), "%s", harmful[i]);
        ck_assert(!matches(SP_PATTERN_PREFIX, "/", harmful[i], SP_ACTION_ALLOW));
        ck_assert(!matches(SP_PATTERN_GLOB, "/a/**", harmful[i], SP_ACTION_ALLOW));
        ck_assert(!matches(SP_PATTERN_GLOB, "/a/*", harmful[i], SP_ACTION_ALLOW));
    }
}
SP_TEST_END

SP_TEST(ac_08_a_closed_path_is_closed_in_every_reading)
{
    static const char *const readings[] = {
        "/admin",        "/admin/",          "/admin/x",
        "/admin//x",     "/admin;a=b/x",     "//admin/x",
        "/./admin",      "/x/../admin",      "/x/%2e%2e/admin",
        "/x/..%2fadmin", "/%61dmin",         "/%2561dmin/x",
        "/admin%2fx",    "/admin%252fx",     "/admin%5cx",
        "/admin\\x",     "/\\admin",         "/%5cadmin",
        "/x/..\\admin",  "/x%2f..%2fadmin",  "/x/%252e%252e/admin",
        "/admin%00",     "/admin%00.css",    "/admin%3fx",
        "/admin%23",     "/admin%253fx",     "/x/..;/admin",
        "/;/admin",      "/admin;",          "/%2fadmin",
        "/../admin",     "/..%2f..%2fadmin", "/x/../%61dmin%3f",
        "/admin%3b/x",   "/admin/%2e",
    };
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/admin", readings[i], SP_ACTION_DENY), "%s", readings[i]);
        ck_assert_msg(matches(SP_PATTERN_GLOB, "/admin/**", readings[i], SP_ACTION_DENY), "%s", readings[i]);
    }
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "/x/admin", SP_ACTION_DENY));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "/admin.css%20", SP_ACTION_DENY));
    ck_assert(matches(SP_PATTERN_EXACT, "/a", "/b/../a", SP_ACTION_DENY));
    ck_assert(matches(SP_PATTERN_EXACT, "/a/b", "/a%2Fb", SP_ACTION_DENY));
}
SP_TEST_END

SP_TEST(ac_89_a_closed_path_is_closed_to_programs_that_take_something_out_of_it)
{
    static const char *const readings[] = {
        /* tabs and line ends */
        "/ad%09min",
        "/%0Aadmin",
        "/admin%0D",
        "/%0d%0aadmin/x",
        "/ad%2509min",
        "/%2Fad%09min",
        /* cutting at a control */
        "/admin%01",
        "/admin%1F.css",
        "/admin%7Fx",
        "/admin%C2%85x",
        "/ad%09min%01x",
        "/admin%2501",
        /* other spellings of dots, slashes and semicolons */
        "/%EF%BC%8Fadmin",
        "/admin%EF%BC%8Fx",
        "/admin%EF%BC%BCx",
        "/admin%EF%BC%9Bx",
        "/admin%CD%BEx",
        "/admin%EF%B9%94a",
        "/admin%25EF%25BC%258Fx",
        "/admin%EF%B9%A8x",
        /* invalid UTF-8 */
        "/ad%FFmin",
        "/admin%E2%82",
        "/%C0%AFadmin",
        "/admin%F8%80%80%80%AFx",
        "/admin%FC%80%80%80%80%AF",
        "/ad%80min",
        "/admin%ED%A0%80",
        "/%C1!dmin",
        "/admin%C0%80",
        "/ad%25FFmin",
        "/admin%C0/x",
        "/admin/%C1",
        "/%E0%80%AFadmin",
        /* Windows */
        "/admin%20",
        "/admin.",
        "/admin%2E",
        "/admin...",
        "/admin.%20.",
        "/admin::$DATA",
        "/admin:x",
        "/admin%3A%3A$DATA",
        "/admin./x",
        "/admin%20/x",
        "/admin:a/x",
        "/admin.:x",
        "/admin:x.",
        "/admin%252E",
        "/admin%253Ax",
        "/admin%2520",
        /* together */
        "/admin.;x",
        "/admin%20;x/y",
        "/admin%EF%BC%8E",
        "/admin%E2%80%A6",
        "/admin%E2%80%A6:x",
        "/admin%EF%BC%8E%FF",
        "/admin%20%3F",
        "/admin:x%23",
        "/admin.%2Fx",
        "/admin%EF%BC%9Bx.",
        "//admin.",
        "/admin.//x",
        "/%61dmin.",
        "/ad%FFmin.",
        "/ad%FFmin%EF%BC%8E:x",
        "/admin%E2%80%A4;%EF%BC%8Fx",
    };
    static const char *const opened[] = {
        "/wiki/Inc.",
        "/a:b",
        "/x%20",
        "/x%20/y.",
        "/a%09b",
        "/%01admin",
        "/wiki/So%E2%80%A6",
        "/caf%E9/admin",
        "/administration.",
        "/admin.css",
        "/admin%2Ecss",
        "/x:/admin",
        "/wiki/File:_So%E2%80%A6_Inc.",
        "/wiki/100%25_Inc.",
        "/%C3%A0dmin",
        "/adm%E2%84%80in",
        "/caf%E9%20",
        "/v1/x:y%20",
        "/wiki/%C3%9C.%2Fx:y",
        "/%EF%BD%81dmin",
        "/admin%C2%A0",
    };
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        const char *path = readings[i];
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/admin", path, SP_ACTION_DENY), "%s", path);
        ck_assert_msg(matches(SP_PATTERN_GLOB, "/admin/**", path, SP_ACTION_DENY), "%s", path);
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/admin", path, SP_ACTION_PUBLIC), "%s", path);
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/", path, SP_ACTION_PUBLIC), "%s", path);
    }
    for (size_t i = 0; i < sizeof opened / sizeof opened[0]; i++) {
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/admin", opened[i], SP_ACTION_DENY), "%s", opened[i]);
        ck_assert_msg(!matches(SP_PATTERN_GLOB, "/admin/**", opened[i], SP_ACTION_DENY), "%s", opened[i]);
    }
}
SP_TEST_END

SP_TEST(ac_89_what_some_program_takes_out_never_leads_out_of_what_is_open)
{
    static const char *const ways_out[] = {
        "/public/..%20/admin",
        "/public/..%09/admin",
        "/public/.%0d./admin",
        "/public/%2e%2E%20/admin",
        "/public/..:x/admin",
        "/public/..::$DATA",
        "/public/..%00/admin",
        "/public/..%01/admin",
        "/public/%EF%BC%8E%EF%BC%8E/admin",
        "/public/..;/admin",
        "/public/%E2%80%A4%E2%80%A4/admin",
        "/public/%e2%80%a5/admin",
        "/public/%EF%B9%92./admin",
        "/public/..%EF%BC%8Fadmin",
        "/public/..%EF%BC%BCadmin",
        "/public/..%EF%BC%9B/admin",
        "/public/.%FF./admin",
        "/public/..%C0/admin",
        "/public/%C0n%C0n/admin",
        "/public/%F8%80%80%80%AE%F8%80%80%80%AE/admin",
        "/public/..%2520/admin",
        "/public/..%253Ax/admin",
        "/public/%25E2%2580%25A5/admin",
        "/public/.%250D./admin",
        "/public/%25C0n%25C0n/admin",
        "/public/%20../admin",
        "/public/.%20./admin",
        "/public/..%C2%85/admin",
        "/public/x/..%20/..%20/admin",
        "/public/.%E2%80%A4%20:x/admin",
        "/public/...%20/admin",
        "/public/%C0%AE%C0%AE%20/admin",
        "/public/..%EF%BC%8F%EF%BC%8E.",
        "/public/%ED%A0%80../admin",
    };
    for (size_t i = 0; i < sizeof ways_out / sizeof ways_out[0]; i++) {
        const char *path = ways_out[i];
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/public", path, SP_ACTION_PUBLIC), "%s", path);
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/public", path, SP_ACTION_ALLOW), "%s", path);
        ck_assert_msg(!matches(SP_PATTERN_GLOB, "/public/**", path, SP_ACTION_ALLOW), "%s", path);
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/admin", path, SP_ACTION_DENY), "%s", path);
    }
    static const char *const harmless[] = {
        "/public/Inc.",        "/public/a:b", "/public/x%20",        "/public/So%E2%80%A6", "/public/caf%E9",
        "/public/a.:b/c%20/d", "/public/...", "/public/a%EF%BC%8Fb", "/public/a%253Ab."};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        const char *path = harmless[i];
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/public", path, SP_ACTION_PUBLIC), "%s", path);
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/public", path, SP_ACTION_ALLOW), "%s", path);
        ck_assert_msg(matches(SP_PATTERN_GLOB, "/public/**", path, SP_ACTION_ALLOW), "%s", path);
    }
    ck_assert(!matches(SP_PATTERN_PREFIX, "/public", "/public./x", SP_ACTION_ALLOW));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/public", "/public/%C0n%C0\xf8n/x", SP_ACTION_ALLOW));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/public", "/public/caf\xe9", SP_ACTION_ALLOW));
    ck_assert(!matches(SP_PATTERN_GLOB, "/*/x", "/public./x", SP_ACTION_ALLOW));
    ck_assert(!matches(SP_PATTERN_EXACT, "/public", "/public%20", SP_ACTION_ALLOW));
    ck_assert(matches(SP_PATTERN_PREFIX, "/wiki", "/wiki/Z%C3%BCrich", SP_ACTION_PUBLIC));
}
SP_TEST_END

SP_TEST(ac_89_a_path_that_nothing_opens_can_be_named_to_close_it)
{
    static const char *const named[] = {"/wiki/Inc.", "/v1/a:b", "/x ", "/So\xe2\x80\xa6", "/..."};
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        struct sp_path_pattern pattern = make_pattern(SP_PATTERN_EXACT, named[i]);
        ck_assert(!pattern.is_canonical);
        struct sp_str path = sp_str_from_c(pattern.text);
        uint32_t marks = sp_path_marks(path);
        ck_assert(sp_path_pattern_match(&pattern, path, marks, SP_ACTION_DENY));
        ck_assert(!sp_path_pattern_match(&pattern, path, marks, SP_ACTION_ALLOW));
        sp_path_pattern_done(&pattern);
    }
    struct sp_path_pattern pattern = make_pattern(SP_PATTERN_PREFIX, "/wiki/Z%C3%BCrich/");
    ck_assert(pattern.is_canonical);
    sp_path_pattern_done(&pattern);
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, SP_STR("/%FF"), NULL, &pattern), SP_ERR_FORMAT);
    ck_assert_int_eq(sp_path_pattern_init(SP_PATTERN_EXACT, SP_STR("/.. /a"), NULL, &pattern), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_08_a_path_that_climbs_over_something_odd_is_closed_wherever_it_may_lead)
{
    static const struct {
        const char *path;
        const char *to; /* as some program reads it */
    } climbing[] = {
        {"/x/;/..%2fadmin", "/x/admin"},
        {"/x/;/../admin", "/x/admin"},
        {"/x/a%5Cb/..%2Fadmin", "/x/admin"},
        {"/x/a\\b/../admin", "/x/admin"},
        {"/x//../admin", "/x/admin"},
        {"/x//..//admin", "/x/admin"},
        {"/x/%2f../admin", "/x/admin"},
        {"/x/y/..;/../admin", "/x/y/admin"},
        {"/a%2fb/../..%2fadmin", "/admin"},
        {"/a/b/%2e%2e/%2e%2e/../admin", "/a/admin"},
        {"/x/%253b/..%2fadmin", "/x/admin"},
        {"/x/%253b%252f%252e%252e%252fadmin", "/x/admin"},
        {"/x/%c0%ae%c0%ae/admin", "/admin"},
        {"/x/%c0%ae%c0%ae%c0%afadmin", "/admin"},
        {"/x/a%255cb/%252e%252e/admin", "/x/admin"},
    };
    for (size_t i = 0; i < sizeof climbing / sizeof climbing[0]; i++) {
        ck_assert_msg(matches(SP_PATTERN_PREFIX, climbing[i].to, climbing[i].path, SP_ACTION_DENY), "%s",
                      climbing[i].path);
        ck_assert(matches(SP_PATTERN_EXACT, climbing[i].to, climbing[i].path, SP_ACTION_DENY));
    }
    static const char *const clear[] = {
        "/x/../y",  "/x/./y",     "/x;v=1/a%2Fb", "/x/a%252Fb",
        "/x/a%5Cb", "/x%2Fy%3Fz", "/x//y",        "/caf%c3%a9/../y",
    };
    for (size_t i = 0; i < sizeof clear / sizeof clear[0]; i++) {
        ck_assert_msg(!matches(SP_PATTERN_PREFIX, "/admin", clear[i], SP_ACTION_DENY), "%s", clear[i]);
    }
}
SP_TEST_END

SP_TEST(ac_08_what_looks_like_another_host_is_closed_by_the_path_behind_it)
{
    static const enum sp_action deny = SP_ACTION_DENY;
    static const char *const paths[] = {
        "//x/admin",      "///x/admin",   "//x:80/admin/y", "//u@x/admin",       "//x/%61dmin",
        "//x/y/../admin", "//x/admin;z",  "/%2Fx/admin",    "/%5Cx/admin",       "/\\x/admin",
        "/%252Fx/admin",  "/%09/x/admin", "/%FF/x/admin",   "/%EF%BC%8Fx/admin", "/%20/x/admin",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert_msg(matches(SP_PATTERN_PREFIX, "/admin", paths[i], deny), "%s", paths[i]);
    }
    ck_assert(matches(SP_PATTERN_EXACT, "/", "//x", deny));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "/%2Fx/y", deny));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "/x/%2Fy/admin", deny));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "//x/y", deny));
    ck_assert(!matches(SP_PATTERN_PREFIX, "/admin", "/x//y/admin", deny));
}
SP_TEST_END

SP_TEST(a_closed_path_may_be_spelt_with_escapes_on_either_side)
{
    static const enum sp_action deny = SP_ACTION_DENY;
    ck_assert(matches(SP_PATTERN_EXACT, "/caf\xc3\xa9", "/caf%C3%A9", deny));
    ck_assert(matches(SP_PATTERN_EXACT, "/caf%c3%a9", "/caf%c3%a9", deny));
    ck_assert(matches(SP_PATTERN_EXACT, "/caf%C3%A9", "/caf\xc3\xa9", deny));
    ck_assert(matches(SP_PATTERN_EXACT, "/%40dmin", "/@dmin", deny));
    ck_assert(matches(SP_PATTERN_EXACT, "/@dmin", "/%40dmin", deny));
    ck_assert(matches(SP_PATTERN_PREFIX, "/a b", "/a%20b/c", deny));
    ck_assert(matches(SP_PATTERN_EXACT, "/a b", "/a%20b", deny));
    ck_assert(matches(SP_PATTERN_GLOB, "/a%2Ab", "/a*b", deny));
}
SP_TEST_END

SP_TEST(the_longest_path_can_be_read_and_a_longer_one_is_closed)
{
    static char text[SP_TARGET_MAX + 1];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "/x;"[i % 3];
    }
    struct sp_path_pattern pattern = make_pattern(SP_PATTERN_PREFIX, "/admin");
    struct sp_path_pattern of_all = make_pattern(SP_PATTERN_PREFIX, "/x");
    struct sp_str path = {text, SP_TARGET_MAX};
    ck_assert(!sp_path_pattern_match(&pattern, path, sp_path_marks(path), SP_ACTION_DENY));
    ck_assert(sp_path_pattern_match(&of_all, path, sp_path_marks(path), SP_ACTION_DENY));
    static char far_too_long[8 * SP_TARGET_MAX];
    memset(far_too_long, 'x', sizeof far_too_long);
    memcpy(far_too_long, "/;", 2);
    path = (struct sp_str){far_too_long, sizeof far_too_long};
    ck_assert(sp_path_pattern_match(&pattern, path, sp_path_marks(path), SP_ACTION_DENY));
    sp_path_pattern_done(&pattern);
    sp_path_pattern_done(&of_all);
}
SP_TEST_END

/* ---- random patterns and paths ---- */

SP_TEST(random_patterns_match_like_the_model)
{
    static const char *const pieces[] = {
        "/a",        "/b",  "a",    "/",   "/a",    "/b",    ".",   "/..",       "%2e",
        "%2F",       "%2f", ";",    "%5C", "%252F", "%252e", "%3F", "%C3%A9",    "\xc3\xa9",
        "%c3%a9",    "@",   "%40",  "%61", ":",     "%20",   ".",   "%E2%80%A6", "%EF%BC%8E",
        "%EF%BC%8F", "%FF", "%C0n", "%09", "%01",   "%2520",
    };
    struct dice dice = {7};
    size_t counts[3] = {0};
    for (size_t i = 0; i < 5000; i++) {
        struct sp_path_pattern pattern;
        if (!make_random_pattern(&dice, &pattern)) {
            continue;
        }
        for (size_t n = 0; n < 4; n++) {
            char text[128] = "/";
            struct sp_str tail =
                dice_compose(&dice, pieces, sizeof pieces / sizeof pieces[0], 6, text + 1, 127);
            struct sp_str path = {text, tail.len + 1};
            bool doubled = dice_roll(&dice, 8) > 0 && sp_str_starts_with(path, SP_STR("//"));
            assert_like_model(&pattern, doubled ? sp_str_skip(path, 1) : path, counts);
        }
        sp_path_pattern_done(&pattern);
    }
    ck_assert_uint_gt(counts[0], 300);
    ck_assert_uint_gt(counts[1], 300);
    ck_assert_uint_gt(counts[2], 300);
}
SP_TEST_END

SP_SUITE("path_pattern", a_pattern_is_brought_into_canonical_form,
         ac_27_a_pattern_that_would_not_mean_what_it_says_is_refused,
         a_pattern_has_a_longest_length_in_its_canonical_form, the_zero_pattern_matches_nothing,
         ac_09_a_prefix_ends_on_a_segment_boundary,
         ac_83_a_final_slash_is_none_to_a_rule_that_closes_and_one_to_those_that_open,
         ac_08_a_path_with_two_readings_opens_nothing_to_all,
         ac_08_odd_bytes_that_stay_harmless_open_below_a_prefix_or_a_trailing_wildcard,
         ac_08_odd_bytes_before_the_covered_part_open_nothing,
         ac_08_what_may_leave_the_covered_part_opens_nothing, ac_08_a_closed_path_is_closed_in_every_reading,
         ac_89_a_closed_path_is_closed_to_programs_that_take_something_out_of_it,
         ac_89_what_some_program_takes_out_never_leads_out_of_what_is_open,
         ac_89_a_path_that_nothing_opens_can_be_named_to_close_it,
         ac_08_a_path_that_climbs_over_something_odd_is_closed_wherever_it_may_lead,
         ac_08_what_looks_like_another_host_is_closed_by_the_path_behind_it,
         a_closed_path_may_be_spelt_with_escapes_on_either_side,
         the_longest_path_can_be_read_and_a_longer_one_is_closed, random_patterns_match_like_the_model)
