/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request_kind.h"

#include "material.h"

#define NAVIGATE "Sec-Fetch-Mode: navigate\r\n"
#define DOCUMENT "Sec-Fetch-Dest: document\r\n"
#define EMPTY    "Sec-Fetch-Dest: empty\r\n"
#define HTML     "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define FORM     "Content-Type: application/x-www-form-urlencoded\r\n"

struct intent_case {
    const char *method;
    const char *lines;
    enum sp_request_kind kind;
};

static void assert_intents(const struct intent_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sp_head head = head_of(cases[i].lines);
        enum sp_request_kind kind = sp_request_kind_of(&head, sp_str_from_c(cases[i].method));
        ck_assert_msg(kind == cases[i].kind, "%d instead of %d for %s\n%s", (int)kind, (int)cases[i].kind,
                      cases[i].method, cases[i].lines);
    }
}

#define ASSERT_INTENTS(cases) assert_intents(cases, sizeof cases / sizeof cases[0])

SP_TEST(fetch_metadata_decide_where_they_are_sent)
{
    static const struct intent_case cases[] = {
        {"GET", NAVIGATE DOCUMENT, SP_REQUEST_KIND_NAVIGATION},
        {"HEAD", NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_NAVIGATION},
        {"GET", NAVIGATE DOCUMENT "Accept: */*\r\nX-Requested-With: a\r\n", SP_REQUEST_KIND_NAVIGATION},
        {"GET", NAVIGATE DOCUMENT "X-Requested-With: XMLHttpRequest\r\n", SP_REQUEST_KIND_NAVIGATION},
        {"POST", NAVIGATE DOCUMENT, SP_REQUEST_KIND_FORM},
        {"POST", NAVIGATE DOCUMENT "Content-Type: application/json\r\n", SP_REQUEST_KIND_FORM},
        {"PUT", NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_FETCH},
        {"OPTIONS", NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_FETCH},
        {"get", NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_FETCH},
        {"GET", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nAccept: */*\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", "Sec-Fetch-Mode: cors\r\n" HTML "X-Requested-With: XMLHttpRequest\r\n",
         SP_REQUEST_KIND_FETCH},
        {"GET", "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\nAccept: image/avif,*/*;q=0.8\r\n",
         SP_REQUEST_KIND_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(a_navigation_that_a_service_worker_passes_on_is_one)
{
    static const struct intent_case cases[] = {
        {"GET", NAVIGATE EMPTY HTML, SP_REQUEST_KIND_NAVIGATION},
        {"HEAD", NAVIGATE EMPTY HTML, SP_REQUEST_KIND_NAVIGATION},
        {"POST", NAVIGATE EMPTY HTML FORM, SP_REQUEST_KIND_FORM},
        {"POST", NAVIGATE EMPTY HTML "Content-Type: text/plain\r\n", SP_REQUEST_KIND_FORM},
        {"PUT", NAVIGATE EMPTY HTML, SP_REQUEST_KIND_FETCH},
        {"GET", NAVIGATE EMPTY, SP_REQUEST_KIND_NAVIGATION}, /* `<a download>` sends no Accept */
        {"GET", NAVIGATE EMPTY HTML "Sec-Purpose: prefetch\r\n", SP_REQUEST_KIND_PREFETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(what_a_service_worker_makes_anew_is_unclear_where_it_takes_html)
{
    static const char *const modes[] = {"cors", "same-origin", "no-cors"};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        char page[256];
        char form[256];
        char script[256];
        char any[256];
        snprintf(page, sizeof page, "Sec-Fetch-Mode: %s\r\n" EMPTY HTML, modes[i]);
        snprintf(form, sizeof form, "Sec-Fetch-Mode: %s\r\n" EMPTY HTML FORM, modes[i]);
        snprintf(script, sizeof script,
                 "Sec-Fetch-Mode: %s\r\n" EMPTY HTML "Content-Type: application/json\r\n", modes[i]);
        snprintf(any, sizeof any, "Sec-Fetch-Mode: %s\r\n" EMPTY "Accept: */*\r\n", modes[i]);
        const struct intent_case cases[] = {
            {"GET", page, SP_REQUEST_KIND_UNCLEAR},  {"HEAD", page, SP_REQUEST_KIND_UNCLEAR},
            {"POST", page, SP_REQUEST_KIND_FORM},    {"POST", form, SP_REQUEST_KIND_FORM},
            {"POST", script, SP_REQUEST_KIND_FETCH}, {"PUT", page, SP_REQUEST_KIND_FETCH},
            {"DELETE", page, SP_REQUEST_KIND_FETCH}, {"GET", any, SP_REQUEST_KIND_FETCH},
            {"POST", any, SP_REQUEST_KIND_FETCH},
        };
        ASSERT_INTENTS(cases);
    }
}
SP_TEST_END

SP_TEST(what_cannot_be_told_is_unclear_and_begins_nothing)
{
    static const struct intent_case cases[] = {
        {"GET", NAVIGATE, SP_REQUEST_KIND_UNCLEAR},
        {"GET", NAVIGATE "Sec-Fetch-Dest: image\r\n", SP_REQUEST_KIND_UNCLEAR},
        {"POST", NAVIGATE, SP_REQUEST_KIND_FORM},
        {"GET", NAVIGATE DOCUMENT DOCUMENT, SP_REQUEST_KIND_UNCLEAR},
        {"GET", NAVIGATE "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Dest: document\r\n", SP_REQUEST_KIND_UNCLEAR},
        {"POST", NAVIGATE DOCUMENT DOCUMENT HTML FORM, SP_REQUEST_KIND_FORM},
        {"GET", NAVIGATE NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", NAVIGATE NAVIGATE DOCUMENT, SP_REQUEST_KIND_FETCH},
        {"GET", DOCUMENT HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", DOCUMENT, SP_REQUEST_KIND_FETCH},
        {"GET", "Sec-Fetch-Site: none\r\n" HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Sec-Fetch-User: ?1\r\n" HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Sec-Fetch-Storage-Access: none\r\n" HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Sec-Fetch-Mode: NAVIGATE\r\n" DOCUMENT HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Sec-Fetch-Mode: navigate, navigate\r\n" DOCUMENT HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Sec-Fetch-Mode: nested-navigate\r\n" HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", HTML HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Accept: application/json\r\n" HTML, SP_REQUEST_KIND_UNCLEAR},
        {"GET", "Accept: application/json\r\nAccept: */*\r\n", SP_REQUEST_KIND_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(documents_inside_other_documents_are_frames)
{
    static const char *const destinations[] = {"iframe", "frame", "embed", "object", "fencedframe"};
    for (size_t i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
        char lines[128];
        snprintf(lines, sizeof lines, NAVIGATE "Sec-Fetch-Dest: %s\r\n" HTML, destinations[i]);
        const struct intent_case cases[] = {{"GET", lines, SP_REQUEST_KIND_FRAME},
                                            {"POST", lines, SP_REQUEST_KIND_FRAME}};
        ASSERT_INTENTS(cases);
        snprintf(lines, sizeof lines, "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: %s\r\n", destinations[i]);
        const struct intent_case plugins[] = {{"GET", lines, SP_REQUEST_KIND_FETCH}};
        ASSERT_INTENTS(plugins);
    }
}
SP_TEST_END

SP_TEST(accept_stands_in_where_no_fetch_metadata_are_sent)
{
    static const struct intent_case cases[] = {
        {"GET", HTML, SP_REQUEST_KIND_NAVIGATION},
        {"HEAD", HTML, SP_REQUEST_KIND_NAVIGATION},
        {"GET", "Accept: */*\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", "", SP_REQUEST_KIND_FETCH},
        {"GET", "Accept: text/html;q=0\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", "Accept: application/json\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", HTML "X-Requested-With: XMLHttpRequest\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", HTML "X-Requested-With: xmlhttprequest\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", HTML "X-Requested-With: a\r\nX-Requested-With: XMLHttpRequest\r\n", SP_REQUEST_KIND_FETCH},
        {"GET", HTML "X-Requested-With: org.example.browser\r\n", SP_REQUEST_KIND_NAVIGATION}, /* a WebView */
        {"GET", HTML "x-requested-with:\r\n", SP_REQUEST_KIND_NAVIGATION},
        {"DELETE", HTML, SP_REQUEST_KIND_FETCH},
        {"OPTIONS", HTML, SP_REQUEST_KIND_FETCH},
        {"POST", HTML, SP_REQUEST_KIND_FORM},
        {"POST", HTML FORM, SP_REQUEST_KIND_FORM},
        {"POST", HTML "Content-Type: Multipart/Form-Data; boundary=x\r\n", SP_REQUEST_KIND_FORM},
        {"POST", HTML "Content-Type: text/plain;charset=utf-8\r\n", SP_REQUEST_KIND_FORM},
        {"POST", HTML "Content-Type: application/json\r\n", SP_REQUEST_KIND_FETCH},
        {"POST", HTML FORM FORM, SP_REQUEST_KIND_FORM},
        {"POST", HTML FORM "X-Requested-With: org.example.browser\r\n", SP_REQUEST_KIND_FORM},
        {"POST", HTML FORM "X-Requested-With: XMLHttpRequest\r\n", SP_REQUEST_KIND_FETCH},
        {"POST", "Accept: */*\r\n" FORM, SP_REQUEST_KIND_FETCH},
        {"PUT", HTML FORM, SP_REQUEST_KIND_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(ac_12_a_websocket_handshake_is_told_by_its_key_or_its_mode)
{
    static const struct intent_case cases[] = {
        {"GET", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" NAVIGATE DOCUMENT HTML,
         SP_REQUEST_KIND_WEBSOCKET},
        {"GET", "sec-websocket-key:\r\n", SP_REQUEST_KIND_WEBSOCKET},
        {"GET", "Sec-Fetch-Mode: websocket\r\nSec-Fetch-Dest: empty\r\n",
         SP_REQUEST_KIND_WEBSOCKET}, /* HTTP/2 */
        {"GET", "Sec-Fetch-Mode: websocket\r\n" NAVIGATE DOCUMENT HTML, SP_REQUEST_KIND_WEBSOCKET},
        {"GET", "Sec-WebSocket-Version: 13\r\n" HTML, SP_REQUEST_KIND_NAVIGATION},
        {"GET", "Upgrade: websocket\r\n" HTML, SP_REQUEST_KIND_NAVIGATION},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(ac_11_a_preflight_has_its_method_its_origin_and_its_question)
{
    static const struct intent_case cases[] = {
        {"OPTIONS", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_REQUEST_KIND_PREFLIGHT},
        {"OPTIONS", "Origin: null\r\nAccess-Control-Request-Method: PUT\r\nSec-Fetch-Mode: cors\r\n",
         SP_REQUEST_KIND_PREFLIGHT},
        {"OPTIONS", "Origin: https://a\r\n", SP_REQUEST_KIND_FETCH},
        {"OPTIONS", "Access-Control-Request-Method: PUT\r\n", SP_REQUEST_KIND_FETCH},
        {"OPTIONS", "Origin:\r\nAccess-Control-Request-Method: PUT\r\n", SP_REQUEST_KIND_FETCH},
        {"OPTIONS", "Origin: https://a\r\nAccess-Control-Request-Method:\r\n", SP_REQUEST_KIND_FETCH},
        {"OPTIONS", "Origin: a\r\nOrigin: b\r\nAccess-Control-Request-Method: PUT\r\n",
         SP_REQUEST_KIND_FETCH},
        {"GET", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_REQUEST_KIND_FETCH},
        {"options", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_REQUEST_KIND_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(grpc_is_told_by_its_content_type)
{
    static const struct intent_case cases[] = {
        {"POST", "Content-Type: application/grpc\r\n" HTML, SP_REQUEST_KIND_GRPC},
        {"POST", "Content-Type: application/grpc+proto\r\n", SP_REQUEST_KIND_GRPC},
        {"POST", "Content-Type: Application/gRPC-Web-Text ; a=b\r\n", SP_REQUEST_KIND_GRPC},
        {"POST", "Content-Type: application/grp\r\n", SP_REQUEST_KIND_FETCH},
        {"POST", "Content-Type: text/plain; application/grpc\r\n", SP_REQUEST_KIND_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(a_prefetch_is_no_navigation_whoever_says_so)
{
    static const char *const lines[] = {
        "Sec-Purpose: prefetch\r\n",
        "Sec-Purpose: prefetch;prerender\r\n",
        "Sec-Purpose: Prefetch;anonymous-client-ip\r\n",
        "Sec-Purpose: x, prerender\r\n",
        "Sec-Purpose: x\r\nSec-Purpose: prefetch\r\n",
        "Purpose: prefetch\r\n",
        "X-Moz: prefetch\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, NAVIGATE DOCUMENT HTML "%s", lines[i]);
        const struct intent_case cases[] = {{"GET", text, SP_REQUEST_KIND_PREFETCH}};
        ASSERT_INTENTS(cases);
        snprintf(text, sizeof text, HTML "%s", lines[i]);
        ASSERT_INTENTS(cases);
    }
    static const struct intent_case others[] = {
        {"GET", HTML "Sec-Purpose: prefetched\r\n", SP_REQUEST_KIND_NAVIGATION},
        {"GET", HTML "Purpose: preview\r\nX-Moz: x\r\nSec-Purpose:\r\n", SP_REQUEST_KIND_NAVIGATION},
    };
    ASSERT_INTENTS(others);
}
SP_TEST_END

SP_TEST(only_what_a_person_sees_wants_a_page)
{
    static const struct {
        enum sp_request_kind kind;
        bool wants_page;
    } cases[] = {
        {SP_REQUEST_KIND_FETCH, false},     {SP_REQUEST_KIND_NAVIGATION, true},
        {SP_REQUEST_KIND_FRAME, true},      {SP_REQUEST_KIND_FORM, true},
        {SP_REQUEST_KIND_UNCLEAR, true},    {SP_REQUEST_KIND_PREFETCH, true},
        {SP_REQUEST_KIND_PREFLIGHT, false}, {SP_REQUEST_KIND_WEBSOCKET, false},
        {SP_REQUEST_KIND_GRPC, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool may_be_framed =
            cases[i].kind == SP_REQUEST_KIND_FRAME || cases[i].kind == SP_REQUEST_KIND_UNCLEAR;
        ck_assert_int_eq(sp_request_kind_wants_page(cases[i].kind), cases[i].wants_page);
        ck_assert_int_eq(sp_request_kind_may_be_framed(cases[i].kind), may_be_framed);
    }
}
SP_TEST_END

SP_TEST(ac_34_the_own_site_is_the_same_origin_or_nobody)
{
    static const struct {
        const char *lines;
        bool is_own;
    } cases[] = {
        {"Sec-Fetch-Site: same-origin\r\n", true},
        {"Sec-Fetch-Site: none\r\n", true},
        {"Sec-Fetch-Site: same-site\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\n", false},
        {"Sec-Fetch-Site: None\r\n", false},
        {"Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n", false},
        {"Sec-Fetch-Site: none\r\nSec-Fetch-Site: none\r\n", false},
        {"Sec-Fetch-Site:\r\n", false},
        {NAVIGATE DOCUMENT, false},
        {HTML, false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_head head = head_of(cases[i].lines);
        ck_assert_msg(sp_request_kind_is_from_own_site(&head) == cases[i].is_own, "%s", cases[i].lines);
    }
}
SP_TEST_END

/* ---- the model ------------------------------------------------------------------------------------- */

/* A line of the table, or several, or none, and its meaning for the model. */
struct said {
    const char *lines;
    char means;
};

/* R: reads, P: posts. */
static const struct said methods[] = {{"GET", 'R'}, {"HEAD", 'R'}, {"POST", 'P'}, {"PUT", '-'}, {"get", '-'}};

/* n: navigate, w: websocket, ?: another keyword, -: nothing. */
static const struct said modes[] = {
    {"", '-'},
    {NAVIGATE, 'n'},
    {"sec-fetch-mode: navigate\r\n", 'n'},
    {"Sec-Fetch-Mode: cors\r\n", '?'},
    {"Sec-Fetch-Mode: same-origin\r\n", '?'},
    {"Sec-Fetch-Mode: Navigate\r\n", '?'},
    {NAVIGATE NAVIGATE, '?'},
    {"Sec-Fetch-Mode: websocket\r\n", 'w'},
    {"Sec-Fetch-Mode: websocket\r\nSec-Fetch-Mode: cors\r\n", 'w'},
};

/* t: top level, f: framed, ?: another keyword, -: nothing. */
static const struct said destinations[] = {
    {"", '-'},
    {DOCUMENT, 't'},
    {EMPTY, 't'},
    {"Sec-Fetch-Dest: iframe\r\n", 'f'},
    {"Sec-Fetch-Dest: object\r\n", 'f'},
    {"Sec-Fetch-Dest: image\r\n", '?'},
    {DOCUMENT "Sec-Fetch-Dest: iframe\r\n", '?'},
};

/* h: html in one line, 2: html in one of two, -: no html. */
static const struct said accepts[] = {
    {"", '-'},
    {"Accept: */*\r\n", '-'},
    {"Accept: application/json\r\n", '-'},
    {"Accept: text/html;q=0, */*\r\n", '-'},
    {HTML, 'h'},
    {"Accept: application/json, TEXT/HTML;q=0.1\r\n", 'h'},
    {"Accept: */*\r\n" HTML, '2'},
};

/* s: a script. */
static const struct said requesters[] = {
    {"", '-'},
    {"X-Requested-With: org.example.browser\r\n", '-'},
    {"X-Requested-With: XMLHttpRequest\r\n", 's'},
};

/* f: possibly a form's, g: gRPC, -: not a form's. */
static const struct said types[] = {
    {"", 'f'},
    {FORM, 'f'},
    {FORM "Content-Type: application/json\r\n", 'f'},
    {"Content-Type: application/json\r\n", '-'},
    {"Content-Type: application/grpc\r\n", 'g'},
};

/* p: prefetched. */
static const struct said purposes[] = {{"", '-'}, {"Sec-Purpose: prefetch\r\n", 'p'}};

/* m: Fetch Metadata. */
static const struct said sites[] = {{"", '-'}, {"Sec-Fetch-Site: cross-site\r\n", 'm'}};

/* The rows are tried from the top, and the first that fits counts. Each letter is a meaning, `.` is any. The
 * columns are in the order of the tables above, except that the last one stands for any metadata. */
static const struct {
    const char *row;
    enum sp_request_kind kind;
} model[] = {
    {".w......", SP_REQUEST_KIND_WEBSOCKET},  {".....g..", SP_REQUEST_KIND_GRPC},
    {"......p.", SP_REQUEST_KIND_PREFETCH},   {".nf.....", SP_REQUEST_KIND_FRAME},
    {"Rnt.....", SP_REQUEST_KIND_NAVIGATION}, {"Rn......", SP_REQUEST_KIND_UNCLEAR},
    {"Pn......", SP_REQUEST_KIND_FORM},       {".n......", SP_REQUEST_KIND_FETCH},
    {"....s...", SP_REQUEST_KIND_FETCH},      {"...-....", SP_REQUEST_KIND_FETCH},
    {"P....f..", SP_REQUEST_KIND_FORM},       {"R..h...-", SP_REQUEST_KIND_NAVIGATION},
    {"R.......", SP_REQUEST_KIND_UNCLEAR},    {"........", SP_REQUEST_KIND_FETCH},
};

static enum sp_request_kind intent_by_model(const char *meanings)
{
    size_t row = 0;
    size_t i = 0;
    while (i < 8) {
        bool fits = model[row].row[i] == '.' || model[row].row[i] == meanings[i];
        row += !fits;
        i = fits ? i + 1 : 0;
    }
    return model[row].kind;
}

#define CHOICES(table) (sizeof(table) / sizeof((table)[0]))

SP_TEST(every_combination_is_what_the_model_says)
{
    static const struct {
        const struct said *choices;
        size_t n;
    } parts[] = {
        {methods, CHOICES(methods)},           {modes, CHOICES(modes)},
        {destinations, CHOICES(destinations)}, {accepts, CHOICES(accepts)},
        {requesters, CHOICES(requesters)},     {types, CHOICES(types)},
        {purposes, CHOICES(purposes)},         {sites, CHOICES(sites)},
    };
    size_t all = 1;
    for (size_t i = 0; i < CHOICES(parts); i++) {
        all *= parts[i].n;
    }
    for (size_t number = 0; number < all; number++) {
        const struct said *said[CHOICES(parts)];
        char meanings[CHOICES(parts)];
        char lines[1024] = "";
        int lines_len = 0;
        size_t rest = number;
        for (size_t i = 0; i < CHOICES(parts); i++) {
            said[i] = &parts[i].choices[rest % parts[i].n];
            rest /= parts[i].n;
            meanings[i] = said[i]->means;
            lines_len += snprintf(lines + lines_len, sizeof lines - (size_t)lines_len, "%s",
                                  i > 0 ? said[i]->lines : "");
        }
        bool has_metadata = meanings[1] != '-' || meanings[2] != '-' || meanings[7] == 'm';
        meanings[7] = has_metadata ? 'm' : '-';
        struct sp_head head = head_of(lines);
        enum sp_request_kind kind = sp_request_kind_of(&head, sp_str_from_c(said[0]->lines));
        ck_assert_msg(kind == intent_by_model(meanings), "%d instead of %d for %s\n%s", (int)kind,
                      (int)intent_by_model(meanings), said[0]->lines, lines);
    }
}
SP_TEST_END

SP_SUITE("kind", fetch_metadata_decide_where_they_are_sent,
         a_navigation_that_a_service_worker_passes_on_is_one,
         what_a_service_worker_makes_anew_is_unclear_where_it_takes_html,
         what_cannot_be_told_is_unclear_and_begins_nothing, documents_inside_other_documents_are_frames,
         accept_stands_in_where_no_fetch_metadata_are_sent,
         ac_12_a_websocket_handshake_is_told_by_its_key_or_its_mode,
         ac_11_a_preflight_has_its_method_its_origin_and_its_question, grpc_is_told_by_its_content_type,
         a_prefetch_is_no_navigation_whoever_says_so, only_what_a_person_sees_wants_a_page,
         ac_34_the_own_site_is_the_same_origin_or_nobody, every_combination_is_what_the_model_says)
