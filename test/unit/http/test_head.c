/* SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include "material.h"

#define LINE "GET /auth/traefik?policy=a HTTP/1.1\r\n"

static enum sp_reason parse(struct sp_str bytes)
{
    struct sp_head head;
    return sp_head_parse(bytes, &head);
}

static void assert_reason(struct sp_str bytes, enum sp_reason expected)
{
    enum sp_reason reason = parse(bytes);
    ck_assert_msg(reason == expected, "%s instead of %s for: %.*s", sp_reason_name(reason),
                  sp_reason_name(expected), SP_STR_ARGS(bytes));
}

static void assert_refused(const char *text)
{
    assert_reason(sp_str_from_c(text), SP_REASON_MALFORMED_REQUEST);
}

SP_TEST(a_request_of_traefik_is_read)
{
    struct sp_head head;
    struct sp_str bytes = SP_STR("GET /auth/traefik?policy=ops HTTP/1.1\r\n"
                                 "host: sallyport:4181\r\n"
                                 "User-Agent:Mozilla/5.0 (X11)\r\n"
                                 "Content-Length: 12\r\n"
                                 "cookie: \t a=1; b=2 \t \r\n"
                                 "X-Empty:\r\n"
                                 "X-Blank:  \r\n"
                                 "x-forwarded-uri: /a?b=\xc3\xa9\r\n"
                                 "\r\nbody of twelve");
    ck_assert_int_eq(sp_head_parse(bytes, &head), SP_REASON_NONE);
    ck_assert_str_view(head.method, "GET");
    ck_assert_str_view(head.target, "/auth/traefik?policy=ops");
    ck_assert_str_view(head.host, "sallyport:4181");
    ck_assert_uint_eq(head.content_length, 12);
    ck_assert(head.names_plain);
    ck_assert_uint_eq(head.headers_n, 7);
    ck_assert_str_view(head.headers[1].name, "User-Agent");
    ck_assert_str_view(head.headers[1].value, "Mozilla/5.0 (X11)");
    ck_assert_str_view(head.headers[3].value, "a=1; b=2");
    ck_assert_str_view(head.headers[4].value, "");
    ck_assert_str_view(head.headers[5].value, "");
    ck_assert_str_view(head.headers[6].value, "/a?b=\xc3\xa9");
}
SP_TEST_END

SP_TEST(http_1_0_and_1_1_are_the_versions)
{
    assert_reason(SP_STR("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), SP_REASON_NONE);
    assert_reason(SP_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), SP_REASON_NONE);
    static const char *const refused[] = {
        "GET / HTTP/1.2\r\nHost: a\r\n\r\n",  "GET / HTTP/1.9\r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",  "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",  "GET / HTTP/1.11\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.\r\nHost: a\r\n\r\n",   "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(refused[i]);
    }
}
SP_TEST_END

/* Long enough for more than one block of the parser's block comparison. */
SP_TEST(a_name_is_made_of_tchars_and_plain_ones_are_told_at_every_place)
{
    static const char template[] = "GET / HTTP/1.1\r\nHost: a\r\nabcdefghij-0123456789-Z: v\r\n\r\n";
    const size_t first = sizeof "GET / HTTP/1.1\r\nHost: a\r\n" - 1;
    struct sp_head head;
    for (size_t at = first; template[at] != ':'; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof template];
            memcpy(text, template, sizeof text);
            text[at] = (char)byte;
            bool plain = byte < 0x80 && (sp_ascii_is_alnum((char)byte) || byte == '-');
            bool good = plain || (byte != 0 && strchr("!#$%&'*+.^_`|~", byte) != NULL);
            bool parsed = sp_head_parse((struct sp_str){text, sizeof text - 1}, &head) == SP_REASON_NONE;
            bool cut = byte == ':' && at > first; /* a shorter name, and the rest is the value */
            ck_assert_int_eq(parsed, good || cut);
            ck_assert(!parsed || head.names_plain == (plain || cut));
            ck_assert(!parsed || cut || head.headers[1].name.len == 23);
        }
    }
}
SP_TEST_END

SP_TEST(only_origin_form_is_a_target)
{
    static const char *const refused[] = {
        "GET  HTTP/1.1\r\nHost: a\r\n\r\n",        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",       "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",    "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n",   "GET /a\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",   "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(refused[i]);
    }
}
SP_TEST_END

SP_TEST(ac_02_two_hosts_are_a_duplicate_and_none_is_missing)
{
    assert_reason(SP_STR(LINE "Host: a\r\nHost: a\r\n\r\n"), SP_REASON_DUPLICATE_HEADER);
    assert_reason(SP_STR(LINE "Host: a\r\nX: y\r\nhOST: b\r\n\r\n"), SP_REASON_DUPLICATE_HEADER);
    assert_reason(SP_STR(LINE "X-Host: a\r\n\r\n"), SP_REASON_MISSING_HEADER);
    assert_reason(SP_STR("GET / HTTP/1.0\r\n\r\n"), SP_REASON_MISSING_HEADER);
    assert_reason(SP_STR(LINE "Host:\r\n\r\n"), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(a_head_that_lacks_its_host_and_nothing_else_is_filled)
{
    struct sp_head head;
    ck_assert_int_eq(sp_head_parse(SP_STR("OPTIONS / HTTP/1.0\r\nX: y\r\n\r\n"), &head),
                     SP_REASON_MISSING_HEADER);
    ck_assert(head.is_http_1_0);
    ck_assert_str_view(head.method, "OPTIONS");
    ck_assert_str_view(head.target, "/");
    ck_assert_uint_eq(head.headers_n, 1);
    ck_assert_uint_eq(head.host.len, 0);
    ck_assert_int_eq(sp_head_parse(SP_STR(LINE "X: y\r\n\r\n"), &head), SP_REASON_MISSING_HEADER);
    ck_assert(!head.is_http_1_0);
    assert_refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_refused("GET / HTTP/1.0\r\nContent-Length: -1\r\n\r\n");
}
SP_TEST_END

SP_TEST(ac_41_any_transfer_encoding_is_refused)
{
    assert_refused(LINE "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_refused(LINE "Host: a\r\ntransfer-encoding: identity\r\n\r\n");
    assert_refused(LINE "Host: a\r\nContent-Length: 3\r\nTRANSFER-ENCODING:\r\n\r\n");
    assert_reason(SP_STR(LINE "Host: a\r\nTransfer_Encoding: x\r\n\r\n"), SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_41_a_body_in_chunks_that_could_be_nothing_else_is_told)
{
    static const struct {
        const char *lines;
        bool is_chunked;
    } cases[] = {
        {"Host: a\r\nTransfer-Encoding: Chunked\r\n", true},
        {"TRANSFER-encoding: \tchunked \r\nHost: a\r\n", true},
        {"Host: a\r\n", false},
        {"Transfer-Encoding: chunked\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked, gzip\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n", false},
        {"Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked\r\nHost: b\r\n", false},
        {"Host: a\r\nTransfer-Encoding: chunked\r\nX : y\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, LINE "%s\r\n", cases[i].lines);
        struct sp_head head;
        bool is_refused = sp_head_parse(sp_str_from_c(text), &head) != SP_REASON_NONE;
        ck_assert_msg(head.is_chunked == cases[i].is_chunked, "%s", text);
        ck_assert(is_refused || !head.is_chunked);
    }
}
SP_TEST_END

SP_TEST(ac_41_a_content_length_is_one_exact_number)
{
    struct sp_head head;
    ck_assert_int_eq(sp_head_parse(SP_STR(LINE "Host: a\r\n\r\n"), &head), SP_REASON_NONE);
    ck_assert_uint_eq(head.content_length, 0);
    struct sp_str most = SP_STR(LINE "Host: a\r\nContent-Length: 9007199254740992\r\n\r\n");
    ck_assert_int_eq(sp_head_parse(most, &head), SP_REASON_NONE);
    ck_assert_uint_eq(head.content_length, UINT64_C(1) << 53);
    assert_refused(LINE "Host: a\r\nContent-Length: 9007199254740993\r\n\r\n");
    assert_refused(LINE "Host: a\r\nContent-Length: 18446744073709551616\r\n\r\n");
    static const char *const odd[] = {"",    "+3", "-1",  "0x3", "3 3",  "3, 3",
                                      "3,3", "03", "3.0", "1e3", "three"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, LINE "Host: a\r\nContent-Length: %s\r\n\r\n", odd[i]);
        assert_refused(text);
    }
    assert_reason(SP_STR(LINE "Host: a\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n"),
                  SP_REASON_DUPLICATE_HEADER);
}
SP_TEST_END

SP_TEST(folded_bare_and_spaced_lines_are_refused)
{
    static const char *const refused[] = {
        LINE "Host: a\r\nCookie: a=1;\r\n\tsallyport=x\r\n\r\n",
        LINE "Host: a\r\nCookie: a=1;\r\n sallyport=x\r\n\r\n",
        LINE " Host: a\r\n\r\n",
        LINE "Host : a\r\n\r\n",
        LINE "Host\t: a\r\n\r\n",
        LINE "Host a\r\n\r\n",
        LINE ": a\r\nHost: a\r\n\r\n",
        LINE "Host: a\n\r\n",
        LINE "Host: a\r\n\n",
        LINE "Host: a\r\r\n\r\n",
        LINE "Host: a\r\nX: b\rc\r\n\r\n",
        LINE "Host: a\r\nX: b\nc\r\n\r\n",
        LINE "Host: a\r\nX: b\x01\r\n\r\n",
        LINE "Host: a\r\nX: b\x7f\r\n\r\n",
        LINE "Host: a\r\nX(y): b\r\n\r\n",
        LINE "Host: a\r\nX\xc3\xa9: b\r\n\r\n",
        LINE "Host: a\r\nX\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(refused[i]);
    }
    assert_reason(SP_STR(LINE "Host: a\r\nX: b\0c\r\n\r\n"), SP_REASON_MALFORMED_REQUEST);
    assert_reason(SP_STR_NONE, SP_REASON_MALFORMED_REQUEST);
}
SP_TEST_END

SP_TEST(ac_48_trailers_expect_te_and_upgrade_are_other_lines)
{
    assert_reason(SP_STR(LINE
                         "Host: a\r\nExpect: 100-continue\r\nTE: trailers\r\nTrailer: X-Forwarded-Uri\r\n"
                         "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
                  SP_REASON_NONE);
}
SP_TEST_END

/* A request whose parts have these lengths. The value of X fills it up to `total` bytes unless that is 0. */
static struct sp_str request_of(size_t method_len, size_t target_len, size_t headers_n, size_t total)
{
    static char text[SP_HEAD_MAX + 64];
    struct sp_buf buf = SP_BUF_ON(text);
    memset(sp_buf_extend(&buf, method_len), 'M', method_len);
    sp_buf_append_c(&buf, " /");
    memset(sp_buf_extend(&buf, target_len - 1), 't', target_len - 1);
    sp_buf_append_c(&buf, " HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < headers_n; i++) {
        sp_buf_append_c(&buf, "X:");
        if (i == 1 && total > 0) {
            size_t fill = total - buf.len - 2 - (headers_n - 2) * 4 - 2;
            memset(sp_buf_extend(&buf, fill), 'v', fill);
        }
        sp_buf_append_c(&buf, "\r\n");
    }
    sp_buf_append_c(&buf, "\r\n");
    ck_assert_int_eq(sp_buf_error(&buf), SP_OK);
    ck_assert(total == 0 || buf.len == total);
    return sp_buf_str(&buf);
}

SP_TEST(each_limit_holds_and_one_past_it_does_not)
{
    assert_reason(request_of(SP_METHOD_MAX, 1, 1, 0), SP_REASON_NONE);
    ck_assert_int_eq(parse(request_of(SP_METHOD_MAX + 1, 1, 1, 0)), SP_REASON_MALFORMED_REQUEST);
    ck_assert_int_eq(parse(request_of(3, SP_TARGET_MAX, 1, 0)), SP_REASON_NONE);
    ck_assert_int_eq(parse(request_of(3, SP_TARGET_MAX + 1, 1, 0)), SP_REASON_MALFORMED_URI);
    ck_assert_int_eq(parse(request_of(3, 1, SP_HEADERS_MAX, 0)), SP_REASON_NONE);
    ck_assert_int_eq(parse(request_of(3, 1, SP_HEADERS_MAX + 1, 0)), SP_REASON_MALFORMED_REQUEST);
    ck_assert_int_eq(parse(request_of(3, 1, 3, SP_HEAD_MAX)), SP_REASON_NONE);
    ck_assert_int_eq(parse(request_of(3, 1, 3, SP_HEAD_MAX + 1)), SP_REASON_MALFORMED_REQUEST);
}
SP_TEST_END

SP_TEST(a_head_that_is_too_long_says_so_or_that_it_is_by_its_target)
{
    static char text[2 * SP_HEAD_MAX];
    static const struct {
        const char *begin;
        size_t before; /* bytes of a line before the one that is too long */
        enum sp_reason reason;
        const char *fault;
    } cases[] = {
        {"X-Forwarded-Uri: /", 0, SP_REASON_MALFORMED_URI, "X-Forwarded-Uri"},
        {"x-forwarded-uri: /", SP_HEAD_MAX - SP_TARGET_MAX - 100, SP_REASON_MALFORMED_URI, "x-forwarded-uri"},
        {"X-Forwarded-Uri: /", SP_HEAD_MAX - SP_TARGET_MAX, SP_REASON_MALFORMED_REQUEST,
         "head of more than 65536 bytes"},
        {"X-Forwarded-Uri: /\x01", 0, SP_REASON_MALFORMED_REQUEST, "X-Forwarded-Uri"},
        {"Cookie: a=", 0, SP_REASON_MALFORMED_REQUEST, "head of more than 65536 bytes"},
        {"", 0, SP_REASON_MALFORMED_REQUEST, "head of more than 65536 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_head head;
        struct sp_buf buf = SP_BUF_ON(text);
        sp_buf_append_c(&buf, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
        memset(sp_buf_extend(&buf, cases[i].before), 'v', cases[i].before);
        sp_buf_append_c(&buf, "\r\n");
        sp_buf_append_c(&buf, cases[i].begin);
        size_t rest = SP_HEAD_MAX + 1 - buf.len;
        memset(sp_buf_extend(&buf, rest), 'n', rest);
        for (int is_whole = 0; is_whole <= 1; is_whole++) {
            ck_assert_int_eq(sp_head_parse(sp_buf_str(&buf), &head), cases[i].reason);
            ck_assert(sp_str_equal(head.fault.name, sp_str_from_c(cases[i].fault)));
            ck_assert_ptr_null(head.fault.value.ptr);
            sp_buf_append_c(&buf, "\r\n\r\n");
        }
    }
}
SP_TEST_END

SP_TEST(methods_are_upper_case_letters_dash_and_underscore)
{
    assert_refused(" / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int c = 0; c < 256; c++) {
        bool expected = (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        char byte = (char)c;
        ck_assert_int_eq(sp_head_is_method((struct sp_str){&byte, 1}), expected);
        char text[] = "GxT / HTTP/1.1\r\nHost: a\r\n\r\n";
        text[1] = byte;
        ck_assert_int_eq(parse((struct sp_str){text, sizeof text - 1}) == SP_REASON_NONE, expected);
    }
    ck_assert(!sp_head_is_method(SP_STR_NONE));
    struct sp_str request = request_of(SP_METHOD_MAX + 1, 1, 1, 0);
    ck_assert(sp_head_is_method((struct sp_str){request.ptr, SP_METHOD_MAX}));
    ck_assert(!sp_head_is_method((struct sp_str){request.ptr, SP_METHOD_MAX + 1}));
}
SP_TEST_END

/* ---- against a slow, obvious parser ----------------------------------------------------------------- */

static bool holds_only(struct sp_str text, bool (*is_allowed)(unsigned char))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_allowed((unsigned char)text.ptr[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_method_byte(unsigned char c)
{
    return c != 0 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", c) != NULL;
}

static bool is_name_byte(unsigned char c)
{
    return sp_ascii_is_alnum((char)c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_target_byte(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != '#';
}

static bool is_value_byte(unsigned char c)
{
    return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* The line up to CRLF; false if there is none. */
static bool cut_line(struct sp_str *rest, struct sp_str *line)
{
    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->ptr[i] == '\r' && rest->ptr[i + 1] == '\n') {
            *line = (struct sp_str){rest->ptr, i};
            *rest = sp_str_skip(*rest, i + 2);
            return true;
        }
    }
    return false;
}

static bool model_request_line(struct sp_str line)
{
    struct sp_str version = line;
    struct sp_str method = sp_str_cut(&version, ' ');
    struct sp_str target = sp_str_cut(&version, ' ');
    return holds_only(method, is_method_byte) && method.len <= SP_METHOD_MAX &&
           holds_only(target, is_target_byte) && target.ptr[0] == '/' && target.len <= SP_TARGET_MAX &&
           (sp_str_equal(version, SP_STR("HTTP/1.0")) || sp_str_equal(version, SP_STR("HTTP/1.1")));
}

static bool model_accepts(struct sp_str bytes)
{
    struct sp_str rest = {bytes.ptr, bytes.len < SP_HEAD_MAX ? bytes.len : SP_HEAD_MAX};
    struct sp_str line;
    size_t host_n = 0;
    size_t length_n = 0;
    size_t n = 0;
    if (!cut_line(&rest, &line) || !model_request_line(line)) {
        return false;
    }
    while (cut_line(&rest, &line)) {
        if (line.len == 0) {
            return host_n == 1 && length_n <= 1 && n <= SP_HEADERS_MAX;
        }
        struct sp_str value = line;
        struct sp_str name = sp_str_cut(&value, ':');
        if (value.ptr == NULL || !holds_only(name, is_name_byte) ||
            (value.len > 0 && !holds_only(value, is_value_byte)) ||
            sp_str_equal_ci(name, SP_STR("transfer-encoding"))) {
            return false;
        }
        n++;
        host_n += sp_str_equal_ci(name, SP_STR("host"));
        if (sp_str_equal_ci(name, SP_STR("content-length"))) {
            struct sp_str number = sp_str_trim(value);
            length_n++;
            for (size_t i = 0; i < number.len; i++) {
                if (number.ptr[i] < '0' || number.ptr[i] > '9') {
                    return false;
                }
            }
            if (number.len == 0 || number.len > 15 || (number.ptr[0] == '0' && number.len > 1)) {
                return false;
            }
        }
    }
    return false;
}

static const struct sp_str sample = SP_STR(
    "GET /auth/traefik?policy=a&x=%41 HTTP/1.1\r\nHost: sallyport:4181\r\nContent-Length: 17\r\n"
    "Cookie: a=1; __Host-sallyport=0123456789abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789_abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVWXYZ~01234567"
    "89abcdefghijklmnop\r\nX_Odd.Name: \t v \r\n"
    "Empty:\r\nX-Forwarded-Uri: /a\xc3\xa9?b\r\n\r\n");

static void assert_like_model(struct sp_str bytes)
{
    bool accepted = parse(bytes) == SP_REASON_NONE;
    ck_assert_msg(accepted == model_accepts(bytes), "%s by the parser alone: %.*s",
                  accepted ? "accepted" : "refused", SP_STR_ARGS(bytes));
}

SP_TEST(a_head_cut_at_any_length_is_refused_and_what_follows_it_is_not_looked_at)
{
    ck_assert_int_ne(parse(SP_STR_NONE), SP_REASON_NONE);
    for (size_t len = 0; len < sample.len; len++) {
        char *cut = strndup(sample.ptr, len);
        char *exact = realloc(cut, len > 0 ? len : 1);
        ck_assert_ptr_nonnull(exact);
        ck_assert_int_ne(parse((struct sp_str){exact, len}), SP_REASON_NONE);
        free(exact);
    }
    char text[1024];
    memcpy(text, sample.ptr, sample.len);
    for (int c = 0; c < 256; c++) {
        text[sample.len] = (char)c;
        ck_assert_int_eq(parse((struct sp_str){text, sample.len + 1}), SP_REASON_NONE);
    }
}
SP_TEST_END

SP_TEST(any_other_byte_at_any_place_is_read_like_the_model)
{
    char text[1024];
    memcpy(text, sample.ptr, sample.len);
    ck_assert(model_accepts(sample));
    for (size_t at = 0; at < sample.len; at++) {
        for (int c = 0; c < 256; c++) {
            text[at] = (char)c;
            assert_like_model((struct sp_str){text, sample.len});
        }
        text[at] = sample.ptr[at];
    }
}
SP_TEST_END

SP_TEST(random_edits_are_read_like_the_model)
{
    static const char *const pieces[] = {"\r\n", "\r", "\n",      "\r\n\r\n", ":",         " ",        "\t",
                                         "/",    "\0", "Host: b", "host:",    "\r\nHost:", "HTTP/1.1", "1"};
    uint64_t state = 1;
    char text[1024];
    for (size_t round = 0; round < 40000; round++) {
        size_t len = sample.len;
        memcpy(text, sample.ptr, len);
        for (size_t edits = 1 + next_below(&state, 3); edits > 0; edits--) {
            size_t at = next_below(&state, len);
            size_t cut = next_below(&state, 2) == 0 ? 0 : next_below(&state, len - at < 24 ? len - at : 24);
            const char *piece = pieces[next_below(&state, sizeof pieces / sizeof pieces[0])];
            size_t piece_len = piece[0] == '\0' ? 1 : strlen(piece);
            memmove(text + at + piece_len, text + at + cut, len - at - cut);
            memcpy(text + at, piece, piece_len);
            len = len + piece_len - cut;
        }
        assert_like_model((struct sp_str){text, len});
    }
}
SP_TEST_END

/* ---- looking up fields ------------------------------------------------------------------------------ */

SP_TEST(lines_are_found_without_regard_to_case_and_counted)
{
    struct sp_head head = head_of("Accept: 1\r\norigin: 2\r\naccept: 3\r\nX-Accept: 4\r\nACCEPT: 5\r\n");
    struct sp_str value = SP_STR_NONE;
    ck_assert_uint_eq(sp_head_count(&head, SP_HEADER_ACCEPT), 3);
    ck_assert_str_view(sp_head_last(&head, SP_HEADER_ACCEPT), "5");
    ck_assert_ptr_null(sp_head_single(&head, SP_HEADER_ACCEPT).ptr);
    ck_assert_uint_eq(sp_head_count(&head, SP_HEADER_ORIGIN), 1);
    ck_assert_str_view(sp_head_single(&head, SP_HEADER_ORIGIN), "2");
    ck_assert_uint_eq(sp_head_count(&head, SP_HEADER_COOKIE), 0);
    ck_assert_ptr_null(sp_head_last(&head, SP_HEADER_COOKIE).ptr);
    ck_assert_ptr_null(sp_head_single(&head, SP_HEADER_COOKIE).ptr);
    size_t line = 0;
    for (const char *expected = "135"; *expected != '\0'; expected++) {
        ck_assert(sp_head_next(&head, SP_HEADER_ACCEPT, &line, &value));
        ck_assert_int_eq(value.ptr[0], *expected);
    }
    ck_assert(!sp_head_next(&head, SP_HEADER_ACCEPT, &line, &value));
    ck_assert(!sp_head_next(&head, SP_HEADER_ACCEPT, &line, &value));
    line = 0;
    ck_assert(sp_head_next(&head, SP_HEADER_ORIGIN, &line, &value));
    ck_assert_str_view(value, "2");
    ck_assert(!sp_head_next(&head, SP_HEADER_ORIGIN, &line, &value));
    line = 0;
    ck_assert(!sp_head_next(&head, SP_HEADER_COOKIE, &line, &value));
}
SP_TEST_END

SP_TEST(a_first_and_a_last_line_count_like_any_other)
{
    static char text[SP_HEAD_MAX];
    struct sp_head head;
    struct sp_str value;
    struct sp_buf buf = SP_BUF_ON(text);
    sp_buf_append_c(&buf, "GET / HTTP/1.1\r\nCookie: 1\r\nHost: a\r\n");
    for (size_t i = 3; i < SP_HEADERS_MAX; i++) {
        sp_buf_append_c(&buf, "Purpose: a\r\n");
    }
    sp_buf_append_c(&buf, "Cookie: 2\r\n\r\n");
    ck_assert_int_eq(sp_head_parse(sp_buf_str(&buf), &head), SP_REASON_NONE);
    ck_assert_uint_eq(head.headers_n, SP_HEADERS_MAX);
    ck_assert_uint_eq(sp_head_count(&head, SP_HEADER_PURPOSE), SP_HEADERS_MAX - 3);
    size_t line = 0;
    ck_assert(sp_head_next(&head, SP_HEADER_COOKIE, &line, &value));
    ck_assert_str_view(value, "1");
    ck_assert(sp_head_next(&head, SP_HEADER_COOKIE, &line, &value));
    ck_assert_str_view(value, "2");
    ck_assert(!sp_head_next(&head, SP_HEADER_COOKIE, &line, &value));
}
SP_TEST_END

/* Where an empty line first ends, found byte by byte; 0: nowhere. */
static size_t model_of_end(struct sp_str bytes)
{
    for (size_t len = 2; len <= bytes.len; len++) {
        struct sp_str part = {bytes.ptr, len};
        if (sp_str_ends_with(part, SP_STR("\n\n")) || sp_str_ends_with(part, SP_STR("\n\r\n"))) {
            return len;
        }
    }
    return 0;
}

SP_TEST(the_end_of_a_head_is_found_however_it_comes)
{
    static const struct sp_str heads[] = {
        SP_STR(""),
        SP_STR("\n"),
        SP_STR("\r\n\r\n"),
        SP_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        SP_STR("a\n\nb"),
        SP_STR("a\n\r\nb"),
        SP_STR("a\r\n\rb\r\n\r\n"),
        SP_STR("a\r\rb\n\r\r\n\n"),
        SP_STR("a\n\r\r\n"),
        SP_STR("a\nb\nc\n"),
        SP_STR("\n\n"),
        SP_STR("a: b\r\nc: d\r\n"),
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t end = model_of_end(heads[i]);
        for (size_t step = 1; step <= heads[i].len + 1; step++) {
            size_t searched = 0;
            for (size_t len = 0; len <= heads[i].len; len += step) {
                bool expected = end > 0 && len >= end;
                struct sp_str part = {heads[i].ptr, len};
                ck_assert_msg(sp_head_has_end(part, &searched) == expected, "%zu, %zu of %zu", i, len, step);
                ck_assert_uint_le(searched, len);
            }
        }
    }
}
SP_TEST_END

SP_SUITE("head", the_end_of_a_head_is_found_however_it_comes, a_request_of_traefik_is_read,
         a_name_is_made_of_tchars_and_plain_ones_are_told_at_every_place, http_1_0_and_1_1_are_the_versions,
         only_origin_form_is_a_target, ac_02_two_hosts_are_a_duplicate_and_none_is_missing,
         a_head_that_lacks_its_host_and_nothing_else_is_filled, ac_41_any_transfer_encoding_is_refused,
         ac_41_a_body_in_chunks_that_could_be_nothing_else_is_told,
         ac_41_a_content_length_is_one_exact_number, folded_bare_and_spaced_lines_are_refused,
         ac_48_trailers_expect_te_and_upgrade_are_other_lines, each_limit_holds_and_one_past_it_does_not,
         a_head_that_is_too_long_says_so_or_that_it_is_by_its_target,
         methods_are_upper_case_letters_dash_and_underscore,
         a_head_cut_at_any_length_is_refused_and_what_follows_it_is_not_looked_at,
         any_other_byte_at_any_place_is_read_like_the_model, random_edits_are_read_like_the_model,
         lines_are_found_without_regard_to_case_and_counted, a_first_and_a_last_line_count_like_any_other)
