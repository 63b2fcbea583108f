/* SPDX-License-Identifier: Apache-2.0 */
#include "http/path.h"

#include "base/utf8.h"

#include "path_model.h"

static void assert_marks(struct sp_str path, uint32_t expected)
{
    uint32_t marks = sp_path_marks(path);
    ck_assert_msg(marks == expected, "%#x instead of %#x: %.*s", marks, expected, SP_STR_ARGS(path));
}

SP_TEST(a_canonical_path_has_no_mark)
{
    static const struct sp_str canonical[] = {
        SP_STR("/"),        SP_STR("/a"),      SP_STR("/a/"),           SP_STR("/a/b.c/..d/e..f/...f"),
        SP_STR("/.a"),      SP_STR("/...a"),   SP_STR("/caf%C3%A9"),    SP_STR("/!$&'()*+,=@~_-"),
        SP_STR("/a%40"),    SP_STR(""),        SP_STR("tail/part"),     SP_STR("/%E2%82%AC"),
        SP_STR("/%20%22"),  SP_STR("/a%20.b"), SP_STR("/.%20a"),        SP_STR("/wiki/Z%C3%BCrich"),
        SP_STR("/.%C3%A9"), SP_STR("/%C2%A0"), SP_STR("/%E2%80%A7..a"), SP_STR("/%F0%9F%98%80"),
    };
    for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
        assert_marks(canonical[i], 0);
    }
    assert_marks(SP_STR_NONE, 0);
}
SP_TEST_END

SP_TEST(ac_08_each_odd_spelling_has_its_mark)
{
    static const struct {
        const char *path;
        uint32_t marks;
    } cases[] = {
        {"/a%2Fb", SP_PATH_ENCODED_SLASH},
        {"/a%2fb", SP_PATH_ENCODED_SLASH | SP_PATH_LOWER_HEX},
        {"/a\\b", SP_PATH_BACKSLASH | SP_PATH_RAW_BYTE},
        {"/a%5Cb", SP_PATH_BACKSLASH},
        {"/a%5cb", SP_PATH_BACKSLASH | SP_PATH_LOWER_HEX},
        {"/public/../admin", SP_PATH_DOT_SEGMENT},
        {"/./a", SP_PATH_DOT_SEGMENT},
        {"/a/.", SP_PATH_DOT_SEGMENT},
        {"/a/..", SP_PATH_DOT_SEGMENT},
        {"..", SP_PATH_DOT_SEGMENT},
        {"./a", SP_PATH_DOT_SEGMENT},
        {"/%2E/a", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED},
        {"/%2e%2e/a", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED | SP_PATH_LOWER_HEX},
        {"/.%2E", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED},
        {"/%2E.", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED},
        {"/%2E..", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_UNRESERVED | SP_PATH_TRAILING_DOT},
        {"/..;/a", SP_PATH_DOT_SEGMENT | SP_PATH_SEMICOLON},
        {"/.;x=y", SP_PATH_DOT_SEGMENT | SP_PATH_SEMICOLON},
        {"/..%3Bx/a", SP_PATH_DOT_SEGMENT | SP_PATH_SEMICOLON},
        {"/a;..", SP_PATH_SEMICOLON | SP_PATH_TRAILING_DOT},
        {"/a;/..", SP_PATH_SEMICOLON | SP_PATH_DOT_SEGMENT},
        {"/..%2Fa", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_SLASH},
        {"/a%2F..", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_SLASH},
        {"/..\\a", SP_PATH_DOT_SEGMENT | SP_PATH_BACKSLASH | SP_PATH_RAW_BYTE},
        {"/a%5C..%5Cb", SP_PATH_DOT_SEGMENT | SP_PATH_BACKSLASH},
        {"/..%3Fa", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_DELIMITER},
        {"/..%23a", SP_PATH_DOT_SEGMENT | SP_PATH_ENCODED_DELIMITER},
        {"/a%00", SP_PATH_NUL},
        {"/%252e", SP_PATH_DOUBLE_ENCODING},
        {"/%25", SP_PATH_DOUBLE_ENCODING},
        {"//a", SP_PATH_EMPTY_SEGMENT},
        {"/a//b", SP_PATH_EMPTY_SEGMENT},
        {"/a///", SP_PATH_EMPTY_SEGMENT},
        {"/a/%2Fb", SP_PATH_ENCODED_SLASH},
        {"/a%2F/b", SP_PATH_ENCODED_SLASH},
        {"/a;x", SP_PATH_SEMICOLON},
        {"/a%3Bx", SP_PATH_SEMICOLON},
        {"/a%3bx", SP_PATH_SEMICOLON | SP_PATH_LOWER_HEX},
        {"/%61dmin", SP_PATH_ENCODED_UNRESERVED},
        {"/%7Ea", SP_PATH_ENCODED_UNRESERVED},
        {"/%7ea", SP_PATH_ENCODED_UNRESERVED | SP_PATH_LOWER_HEX},
        {"/a%3Fb", SP_PATH_ENCODED_DELIMITER},
        {"/a%23b", SP_PATH_ENCODED_DELIMITER},
        {"/a%0A", SP_PATH_ENCODED_CONTROL},
        {"/a%0d", SP_PATH_ENCODED_CONTROL | SP_PATH_LOWER_HEX},
        {"/a%7F", SP_PATH_ENCODED_CONTROL},
        {"/a|b", SP_PATH_RAW_BYTE},
        {"/caf\xc3\xa9", SP_PATH_RAW_BYTE},
        {"/a?b", SP_PATH_RAW_BYTE},
        {"/a%", SP_PATH_BAD_ESCAPE},
        {"/a%4", SP_PATH_BAD_ESCAPE},
        {"/a%zz", SP_PATH_BAD_ESCAPE},
        {"/%u002e", SP_PATH_BAD_ESCAPE},
        {"/%%41", SP_PATH_BAD_ESCAPE | SP_PATH_ENCODED_UNRESERVED},
        {"/caf%c3%a9", SP_PATH_LOWER_HEX},
        {"/%C3%a9", SP_PATH_LOWER_HEX},
        {"/%C0%AE%C0%AE/", SP_PATH_OVERLONG | SP_PATH_ILL_FORMED | SP_PATH_DOT_SEGMENT},
        {"/%C1%9C", SP_PATH_OVERLONG | SP_PATH_ILL_FORMED},
        {"/x%E0%80%AEx", SP_PATH_OVERLONG | SP_PATH_ILL_FORMED},
        {"/x%F0%80%80%AEx", SP_PATH_OVERLONG | SP_PATH_ILL_FORMED},
        {"/%C0a/%C0/%E0%A0%80/%F0%90%80%80", SP_PATH_ILL_FORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_marks(sp_str_from_c(cases[i].path), cases[i].marks);
    }
    assert_marks(SP_STR("/a\0b"), SP_PATH_NUL | SP_PATH_RAW_BYTE);
}
SP_TEST_END

SP_TEST(ac_89_each_spelling_that_some_read_otherwise_has_its_mark)
{
    static const uint32_t dot = SP_PATH_DOT_SEGMENT;
    static const uint32_t end = SP_PATH_TRAILING_DOT;
    static const uint32_t ill = SP_PATH_ILL_FORMED;
    static const uint32_t form = SP_PATH_COMPATIBILITY;
    static const uint32_t control = SP_PATH_ENCODED_CONTROL;
    static const uint32_t stream = SP_PATH_STREAM;
    static const struct {
        const char *path;
        uint32_t marks;
    } cases[] = {
        {"/wiki/Inc.", end},
        {"/wiki/Inc./x", end},
        {"/a%20", end},
        {"/a%20/b", end},
        {"/...", end},
        {"/.../a", end},
        {"/%20", end},
        {"/a.:x", end | stream},
        {"/a.%0A", end | control},
        {"/a.%01", end | control},
        {"/a:b", stream},
        {"/a%3Ab", stream},
        {"/a::$DATA", stream},
        {"/..%20/x", dot | end},
        {"/%20../x", dot | end},
        {"/.%20.", dot | end},
        {"/...%20", dot | end},
        {"/..%09/x", dot | control},
        {"/.%0D./x", dot | control},
        {"/%0A./x", dot | control},
        {"/..%01x/y", dot | control},
        {"/..%00", dot | SP_PATH_NUL},
        {"/..:x/y", dot | stream},
        {"/..::$DATA", dot | stream},
        {"/..%2E%20/x", dot | end | SP_PATH_ENCODED_UNRESERVED},
        {"/%EF%BC%8E%EF%BC%8E/x", dot | form},
        {"/%E2%80%A4%E2%80%A4/x", dot | form},
        {"/%E2%80%A5/x", dot | form},
        {"/.%EF%B9%92/x", dot | form},
        {"/..%EF%BC%8Fx", dot | form},
        {"/x%EF%BC%BC..", dot | end | form},
        {"/..%EF%BC%9Bx", dot | form},
        {"/x%EF%BC%BCy", form},
        {"/x%E2%84%80y", form},
        {"/wiki/So%E2%80%A6", end | form},
        {"/%E2%80%A6", dot | end | form},
        {"/%2E%2E.", dot | end | SP_PATH_ENCODED_UNRESERVED},
        {"/..%FF.", dot | end | ill},
        {"/So%E2%80%A6x", form},
        {"/a%C2%85b", control},
        {"/..%C2%80", dot | control},
        {"/a%E9b", ill},
        {"/a%FF", ill},
        {"/.%FF./x", dot | end | ill},
        {"/..%C0/x", dot | ill},
        {"/%C0n%C0n/x", dot | ill},
        {"/a%C0n", ill | end},
        {"/x%ED%A0%80y", ill},
        {"/x%F8%80%80%80%AEy", ill | SP_PATH_OVERLONG},
        {"/x%FC%80%80%80%80%AFy", ill | SP_PATH_OVERLONG},
        {"/x%F8%88%80%80%80y", ill},
        {"/x%C1%1Cy", ill | control},
        {"/x%C0Jy", ill},
        {"/caf\xc3\xa9/..", dot | SP_PATH_RAW_BYTE},
        {"/\xe2\x80\xa5", dot | form | SP_PATH_RAW_BYTE},
        {"/%E2\x80%A5", dot | form | SP_PATH_RAW_BYTE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_marks(sp_str_from_c(cases[i].path), cases[i].marks);
    }
}
SP_TEST_END

static bool is_unreserved(int c)
{
    return sp_ascii_is_alnum((char)c) || in("-._~", c);
}

static uint32_t model_of_escape(int c)
{
    if (c == 0) {
        return SP_PATH_NUL;
    }
    return (c == '/' ? SP_PATH_ENCODED_SLASH : 0u) | (c == '\\' ? SP_PATH_BACKSLASH : 0u) |
           (c == '%' ? SP_PATH_DOUBLE_ENCODING : 0u) | (c == ';' ? SP_PATH_SEMICOLON : 0u) |
           (in("?#", c) ? SP_PATH_ENCODED_DELIMITER : 0u) |
           (is_unreserved(c) ? SP_PATH_ENCODED_UNRESERVED : 0u) | (c == ':' ? SP_PATH_STREAM : 0u) |
           (c >= 0x80 ? SP_PATH_ILL_FORMED : 0u) | (c < 0x20 || c == 0x7f ? SP_PATH_ENCODED_CONTROL : 0u);
}

SP_TEST(every_byte_is_marked_plain_and_in_both_cases_of_its_escape)
{
    for (int c = 0; c < 256; c++) {
        char text[16];
        int len = snprintf(text, sizeof text, "/x%%%02Xx", (unsigned)c);
        assert_marks((struct sp_str){text, (size_t)len}, model_of_escape(c));
        len = snprintf(text, sizeof text, "/x%%%02xx", (unsigned)c);
        bool lower = in("abcdef", text[3]) || in("abcdef", text[4]);
        assert_marks((struct sp_str){text, (size_t)len},
                     model_of_escape(c) | (lower ? SP_PATH_LOWER_HEX : 0u));
        char plain[4] = {'/', 'x', (char)c, 'x'};
        bool allowed = is_unreserved(c) || in("!$&'()*+,;=:@/%", c);
        assert_marks((struct sp_str){plain, 4},
                     (allowed ? 0u : SP_PATH_RAW_BYTE) | (c == 0 ? SP_PATH_NUL : 0u) |
                         (c == '\\' ? SP_PATH_BACKSLASH : 0u) | (c == ';' ? SP_PATH_SEMICOLON : 0u) |
                         (c == ':' ? SP_PATH_STREAM : 0u) | (c >= 0x80 ? SP_PATH_ILL_FORMED : 0u) |
                         ((c > 0 && c < 0x20) || c == 0x7f ? SP_PATH_ENCODED_CONTROL : 0u) |
                         (c == '%' ? SP_PATH_BAD_ESCAPE : 0u));
    }
}
SP_TEST_END

/* Texts of up to 12 escapes and bytes that matter. */
static struct sp_str next_path(uint64_t *state, char out[256])
{
    static const char *const pieces[] = {"/",
                                         "/",
                                         ".",
                                         ".",
                                         "..",
                                         "%2e",
                                         "%2E",
                                         "%2f",
                                         "%5C",
                                         "\\",
                                         ";",
                                         "%3B",
                                         "%",
                                         "%25",
                                         "%252e",
                                         "%25252E",
                                         "a",
                                         "5",
                                         "2",
                                         "e",
                                         "%00",
                                         "%0a",
                                         "%3F",
                                         "%C0",
                                         "%AE",
                                         "%2",
                                         "%252",
                                         "%255",
                                         "%32",
                                         "%65",
                                         "f",
                                         "c",
                                         "%20",
                                         ":",
                                         "%3a",
                                         "%09",
                                         "%01",
                                         "%E2%80%A5",
                                         "%EF%BC%8E",
                                         "%EF%BC%8F",
                                         "%EF%BC%BC",
                                         "%C2%85",
                                         "%E2",
                                         "n",
                                         "%C3%A9",
                                         "%ED%A0%BC%ED%B4%80",
                                         "%F8%80%80%80%AE"};
    size_t len = 0;
    for (size_t n = next_below(state, 9); n > 0; n--) {
        const char *piece = pieces[next_below(state, sizeof pieces / sizeof pieces[0])];
        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return (struct sp_str){out, len};
}

SP_TEST(dot_segments_are_marked_like_the_model)
{
    uint64_t state = 7;
    char text[256];
    for (size_t round = 0; round < 40000; round++) {
        struct sp_str path = next_path(&state, text);
        struct sp_str decoded = APPENDED(sp_path_decode(path, out));
        uint32_t marks = sp_path_marks(path);
        /* Whether two programs see a dot at the end does not matter if they differ in more. */
        uint32_t compared = SP_PATH_DOT_SEGMENT;
        compared |= (marks & (SP_PATH_ILL_FORMED | SP_PATH_COMPATIBILITY)) == 0 ? SP_PATH_TRAILING_DOT : 0u;
        uint32_t expected = model_dots(decoded);
        bool is_hidden = (expected & MODEL_MANY_DOTS) != 0 && !model_is_plain(path);
        expected |= is_hidden ? SP_PATH_DOT_SEGMENT : 0u;
        ck_assert_msg(((marks ^ expected) & compared) == 0, "%#x instead of %#x: %.*s", marks, expected,
                      SP_STR_ARGS(path));
        ck_assert_msg((marks & SP_PATH_ILL_FORMED) == 0 || !sp_utf8_valid(decoded), "%.*s",
                      SP_STR_ARGS(path));
        ck_assert_msg((marks & SP_PATH_ILL_FORMED) != 0 || sp_utf8_valid(decoded), "%.*s", SP_STR_ARGS(path));
    }
}
SP_TEST_END

SP_TEST(decoding_takes_each_escape_once_and_leaves_broken_ones)
{
    ck_assert_str_view(APPENDED(sp_path_decode(SP_STR("/a%2Fb%2e%252e%00%zz%4"), out)), "/a/b.%2e\0%zz%4");
    ck_assert_str_view(APPENDED(sp_path_decode(SP_STR("%41%42"), out)), "AB");
    ck_assert_str_view(APPENDED(sp_path_decode(SP_STR("%%41+"), out)), "%A+");
    ck_assert_uint_eq(APPENDED(sp_path_decode(SP_STR_NONE, out)).len, 0);
}
SP_TEST_END

SP_TEST(a_path_is_cleaned_as_a_lenient_application_reads_it)
{
    static const char *const cases[][2] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a/b/", "/a/b/"},
        {"//a///b//", "/a/b/"},
        {"/a/./b/.", "/a/b/"},
        {"/a/b/../c", "/a/c"},
        {"/a/b/..", "/a/"},
        {"/../../a", "/a"},
        {"/..", "/"},
        {"/a\\..\\b", "/b"},
        {"/a;x=1/b;y", "/a/b"},
        {"/a/..;/b", "/b"},
        {"/a/;x/b", "/a/b"},
        {"/a/b;", "/a/b"},
        {"/a/;x", "/a/"},
        {"/%2e%2e/a", "/%2e%2e/a"},
        {"/.../a", "/.../a"},
        {"a/b", "/a/b"},
        {"", "/"},
        /* RFC 3986, section 5.2.4 */
        {"/a/b/c/./../../g", "/a/g"},
        {"mid/content=5/../6", "/mid/6"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_str clean = APPENDED(sp_path_clean(sp_str_from_c(cases[i][0]), out));
        ck_assert_msg(sp_str_equal(clean, sp_str_from_c(cases[i][1])), "%s: %.*s", cases[i][0],
                      SP_STR_ARGS(clean));
    }
    ck_assert_str_view(APPENDED((sp_buf_append_c(out, "kept/"), sp_path_clean(SP_STR("/a/../../b"), out))),
                       "kept//b");
}
SP_TEST_END

/* A list of segments, and whether the last one was dropped: section 5.2.4 in its simplest form. */
static struct sp_str model_clean(struct sp_str path, char out[128])
{
    struct sp_str kept[64];
    size_t n = 0;
    bool slash = true;
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/' && path.ptr[i] != '\\') {
            continue;
        }
        struct sp_str segment = {path.ptr + start, i - start};
        segment.len = sp_str_find(segment, ';');
        start = i + 1;
        slash = true;
        if (sp_str_equal(segment, SP_STR(".."))) {
            n -= n > 0;
        } else if (segment.len > 0 && !sp_str_equal(segment, SP_STR("."))) {
            kept[n++] = segment;
            slash = false;
        }
    }
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        out[len++] = '/';
        memcpy(out + len, kept[i].ptr, kept[i].len);
        len += kept[i].len;
    }
    if (slash || n == 0) {
        out[len++] = '/';
    }
    return (struct sp_str){out, len};
}

SP_TEST(random_paths_are_cleaned_like_the_model)
{
    uint64_t state = 8;
    char text[64];
    char expected[128];
    for (size_t round = 0; round < 100000; round++) {
        struct sp_str path = next_text(&state, SP_STR("//\\...;a"), text, next_below(&state, 20));
        struct sp_str clean = APPENDED(sp_path_clean(path, out));
        ck_assert_msg(sp_str_equal(clean, model_clean(path, expected)), "%.*s: %.*s", SP_STR_ARGS(path),
                      SP_STR_ARGS(clean));
        ck_assert(sp_str_equal(APPENDED(sp_path_clean(clean, out)), clean));
    }
}
SP_TEST_END

SP_TEST(a_clean_path_past_the_ceiling_fails_the_buffer)
{
    for (size_t max = 0; max < 6; max++) {
        char storage[8];
        struct sp_buf out;
        sp_buf_init_fixed(&out, storage, max);
        sp_path_clean(SP_STR("/aa/../bbb/c"), &out);
        ck_assert_int_eq(sp_buf_error(&out), SP_ERR_LIMIT);
        ck_assert_uint_eq(sp_buf_str(&out).len, 0);
    }
}
SP_TEST_END

SP_TEST(a_tail_is_harmless_or_it_is_not)
{
    static const struct sp_str harmless[] = {
        SP_STR(""),
        SP_STR("a"),
        SP_STR("group%2Fproject"),
        SP_STR("a%252Fb"),
        SP_STR("..."),
        SP_STR("a//b;x"),
        SP_STR("%C3%A9"),
        SP_STR("a..b/.c"),
        SP_STR("100%25"),
        SP_STR("%61"),
        SP_STR("%25252e"),
        SP_STR("%C0"),
        SP_STR("%C0x"),
        SP_STR("%zz"),
        SP_STR("a;.."),
        SP_STR("caf\xc3\xa9"),
        SP_STR("a%20b"),
        SP_STR("Inc."),
        SP_STR("a:b"),
        SP_STR("a%20"),
        SP_STR("So%E2%80%A6"),
        SP_STR("caf%E9"),
        SP_STR("%C0X"),
        SP_STR("100%25%C3%BC"),
        SP_STR("100%25_%E9"),
    };
    static const struct sp_str harmful[] = {
        SP_STR(".."),
        SP_STR("."),
        SP_STR("a/../b"),
        SP_STR("%2e%2e"),
        SP_STR("a%2f..%2fb"),
        SP_STR("%252e%252e"),
        SP_STR("..%252f"),
        SP_STR("a\\b"),
        SP_STR("a%5Cb"),
        SP_STR("a%255cb"),
        SP_STR("%00"),
        SP_STR("%2500"),
        SP_STR("%0d%0a"),
        SP_STR("%250a"),
        SP_STR("%7F"),
        SP_STR("a\x01"),
        SP_STR("..;/a"),
        SP_STR("..%3Bx"),
        SP_STR("..%253bx"),
        SP_STR("%C0%AE"),
        SP_STR("%25C0%25AE"),
        SP_STR("%2%65."),
        SP_STR("%%32%65"),
        SP_STR("a/%2E"),
        SP_STR("..%3Fa"),
        SP_STR("%2525%2e%2e/.."),
        SP_STR("a\0b"),
        SP_STR("%E0%80%AE"),
        SP_STR("..%20"),
        SP_STR("..%2520/a"),
        SP_STR("..:x"),
        SP_STR("..%253Ax"),
        SP_STR("%E2%80%A5"),
        SP_STR("%25E2%2580%25A5"),
        SP_STR(".%FF."),
        SP_STR("%EF%BC%BC"),
        SP_STR("a%C2%85"),
        SP_STR("%C0n%C0n"),
        SP_STR("%20.."),
        SP_STR("%F8%80%80%80%AE"),
        SP_STR("a%25%FF2E"),
        SP_STR(".%C0e2E"),
        SP_STR("a%255%E2%84%85"),
        SP_STR("a%252%C0r"),
    };
    ck_assert(sp_path_tail_is_harmless(SP_STR_NONE));
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        ck_assert_msg(sp_path_tail_is_harmless(harmless[i]), "%.*s", SP_STR_ARGS(harmless[i]));
    }
    for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++) {
        ck_assert_msg(!sp_path_tail_is_harmless(harmful[i]), "%.*s", SP_STR_ARGS(harmful[i]));
    }
}
SP_TEST_END

SP_TEST(random_tails_are_judged_like_the_model)
{
    uint64_t state = 9;
    char text[256];
    for (size_t round = 0; round < 30000; round++) {
        struct sp_str tail = next_path(&state, text);
        struct sp_str once = APPENDED(sp_path_decode(tail, out));
        struct sp_str twice = APPENDED(sp_path_decode(once, out));
        bool is_plain = model_is_plain(tail);
        bool harmful = model_is_harmful(tail, is_plain) || model_is_harmful(once, is_plain) ||
                       model_is_harmful(twice, is_plain) ||
                       model_completes_escape(twice, SP_LENIENCY_LEAVES_OUT) ||
                       model_completes_escape(twice, SP_LENIENCY_CHECKS_NOTHING);
        ck_assert_msg(sp_path_tail_is_harmless(tail) == !harmful, "%.*s", SP_STR_ARGS(tail));
    }
}
SP_TEST_END

SP_TEST(ac_09_a_prefix_ends_at_a_segment)
{
    ck_assert(sp_path_has_prefix(SP_STR("/a"), SP_STR("/a")));
    ck_assert(sp_path_has_prefix(SP_STR("/a/"), SP_STR("/a")));
    ck_assert(sp_path_has_prefix(SP_STR("/a/b"), SP_STR("/a")));
    ck_assert(!sp_path_has_prefix(SP_STR("/ab"), SP_STR("/a")));
    ck_assert(!sp_path_has_prefix(SP_STR("/a;x"), SP_STR("/a")));
    ck_assert(!sp_path_has_prefix(SP_STR("/a%2Fb"), SP_STR("/a")));
    ck_assert(!sp_path_has_prefix(SP_STR("/"), SP_STR("/a")));
    ck_assert(!sp_path_has_prefix(SP_STR("/A/b"), SP_STR("/a")));
    ck_assert(sp_path_has_prefix(SP_STR("/"), SP_STR("/")));
    ck_assert(sp_path_has_prefix(SP_STR("/a"), SP_STR("/")));
    ck_assert(!sp_path_has_prefix(SP_STR("/a"), SP_STR_NONE));
    ck_assert(!sp_path_has_prefix(SP_STR_NONE, SP_STR("/")));
}
SP_TEST_END

SP_SUITE("path", a_canonical_path_has_no_mark, ac_08_each_odd_spelling_has_its_mark,
         ac_89_each_spelling_that_some_read_otherwise_has_its_mark,
         every_byte_is_marked_plain_and_in_both_cases_of_its_escape, dot_segments_are_marked_like_the_model,
         decoding_takes_each_escape_once_and_leaves_broken_ones,
         a_path_is_cleaned_as_a_lenient_application_reads_it, random_paths_are_cleaned_like_the_model,
         a_clean_path_past_the_ceiling_fails_the_buffer, a_tail_is_harmless_or_it_is_not,
         random_tails_are_judged_like_the_model, ac_09_a_prefix_ends_at_a_segment)
