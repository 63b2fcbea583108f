/* SPDX-License-Identifier: Apache-2.0 */
#include "http/intent.h"

#include "material.h"

#define NAVIGATE "Sec-Fetch-Mode: navigate\r\n"
#define DOCUMENT "Sec-Fetch-Dest: document\r\n"
#define HTML     "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
#define FORM     "Content-Type: application/x-www-form-urlencoded\r\n"

struct intent_case {
    const char *method;
    const char *lines;
    enum sp_intent intent;
};

static void assert_intents(const struct intent_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct sp_head head = head_of(cases[i].lines);
        enum sp_intent intent = sp_intent_of(&head, sp_str_from_c(cases[i].method));
        ck_assert_msg(intent == cases[i].intent, "%d instead of %d for %s\n%s", (int)intent,
                      (int)cases[i].intent, cases[i].method, cases[i].lines);
    }
}

#define ASSERT_INTENTS(cases) assert_intents(cases, sizeof cases / sizeof cases[0])

SP_TEST(fetch_metadata_decide_where_they_are_sent)
{
    static const struct intent_case cases[] = {
        {"GET", NAVIGATE DOCUMENT, SP_INTENT_NAVIGATION},
        {"HEAD", NAVIGATE DOCUMENT HTML, SP_INTENT_NAVIGATION},
        {"GET", NAVIGATE DOCUMENT "Accept: */*\r\nX-Requested-With: a\r\n", SP_INTENT_NAVIGATION},
        {"POST", NAVIGATE DOCUMENT, SP_INTENT_FORM},
        {"POST", NAVIGATE DOCUMENT "Content-Type: application/json\r\n", SP_INTENT_FORM},
        {"PUT", NAVIGATE DOCUMENT HTML, SP_INTENT_FETCH},
        {"OPTIONS", NAVIGATE DOCUMENT HTML, SP_INTENT_FETCH},
        {"get", NAVIGATE DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", NAVIGATE HTML, SP_INTENT_FETCH},
        {"GET", DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Site: none\r\n" HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-User: ?1\r\n" HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Storage-Access: none\r\n" HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n" HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Mode: no-cors\r\n" DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", NAVIGATE "Sec-Fetch-Dest: empty\r\n" HTML, SP_INTENT_FETCH},
        {"GET", NAVIGATE "Sec-Fetch-Dest: image\r\n" HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Mode: NAVIGATE\r\n" DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", "Sec-Fetch-Mode: navigate, navigate\r\n" DOCUMENT HTML, SP_INTENT_FETCH},
        {"POST", "Sec-Fetch-Mode: cors\r\n" HTML FORM, SP_INTENT_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(a_second_line_of_fetch_metadata_is_no_navigation)
{
    static const struct intent_case cases[] = {
        {"GET", NAVIGATE NAVIGATE DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", NAVIGATE DOCUMENT DOCUMENT HTML, SP_INTENT_FETCH},
        {"GET", NAVIGATE "Sec-Fetch-Dest: iframe\r\nSec-Fetch-Dest: document\r\n" HTML, SP_INTENT_FETCH},
        {"POST", NAVIGATE DOCUMENT DOCUMENT HTML FORM, SP_INTENT_FETCH},
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
        const struct intent_case cases[] = {{"GET", lines, SP_INTENT_FRAME},
                                            {"POST", lines, SP_INTENT_FRAME}};
        ASSERT_INTENTS(cases);
        snprintf(lines, sizeof lines, "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: %s\r\n", destinations[i]);
        const struct intent_case plugins[] = {{"GET", lines, SP_INTENT_FETCH}};
        ASSERT_INTENTS(plugins);
    }
}
SP_TEST_END

SP_TEST(accept_stands_in_where_no_fetch_metadata_are_sent)
{
    static const struct intent_case cases[] = {
        {"GET", HTML, SP_INTENT_NAVIGATION},
        {"HEAD", HTML, SP_INTENT_NAVIGATION},
        {"GET", "Accept: */*\r\n", SP_INTENT_FETCH},
        {"GET", "", SP_INTENT_FETCH},
        {"GET", "Accept: text/html;q=0\r\n", SP_INTENT_FETCH},
        {"GET", "Accept: application/json\r\n", SP_INTENT_FETCH},
        {"GET", HTML "X-Requested-With: XMLHttpRequest\r\n", SP_INTENT_FETCH},
        {"GET", HTML "x-requested-with:\r\n", SP_INTENT_FETCH},
        {"GET", HTML HTML, SP_INTENT_FETCH},
        {"DELETE", HTML, SP_INTENT_FETCH},
        {"OPTIONS", HTML, SP_INTENT_FETCH},
        {"POST", HTML, SP_INTENT_FETCH},
        {"POST", HTML FORM, SP_INTENT_FORM},
        {"POST", HTML "Content-Type: Multipart/Form-Data; boundary=x\r\n", SP_INTENT_FORM},
        {"POST", HTML "Content-Type: text/plain;charset=utf-8\r\n", SP_INTENT_FORM},
        {"POST", HTML "Content-Type: application/json\r\n", SP_INTENT_FETCH},
        {"POST", HTML FORM FORM, SP_INTENT_FETCH},
        {"POST", HTML FORM "X-Requested-With: a\r\n", SP_INTENT_FETCH},
        {"POST", "Accept: */*\r\n" FORM, SP_INTENT_FETCH},
        {"PUT", HTML FORM, SP_INTENT_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(ac_12_a_websocket_handshake_is_told_by_its_key)
{
    static const struct intent_case cases[] = {
        {"GET", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" NAVIGATE DOCUMENT HTML,
         SP_INTENT_WEBSOCKET},
        {"GET", "sec-websocket-key:\r\n", SP_INTENT_WEBSOCKET},
        {"GET", "Sec-WebSocket-Version: 13\r\n" HTML, SP_INTENT_NAVIGATION},
        {"GET", "Upgrade: websocket\r\n" HTML, SP_INTENT_NAVIGATION},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(ac_11_a_preflight_has_its_method_its_origin_and_its_question)
{
    static const struct intent_case cases[] = {
        {"OPTIONS", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_INTENT_PREFLIGHT},
        {"OPTIONS", "Origin: null\r\nAccess-Control-Request-Method: PUT\r\nSec-Fetch-Mode: cors\r\n",
         SP_INTENT_PREFLIGHT},
        {"OPTIONS", "Origin: https://a\r\n", SP_INTENT_FETCH},
        {"OPTIONS", "Access-Control-Request-Method: PUT\r\n", SP_INTENT_FETCH},
        {"OPTIONS", "Origin:\r\nAccess-Control-Request-Method: PUT\r\n", SP_INTENT_FETCH},
        {"OPTIONS", "Origin: https://a\r\nAccess-Control-Request-Method:\r\n", SP_INTENT_FETCH},
        {"OPTIONS", "Origin: a\r\nOrigin: b\r\nAccess-Control-Request-Method: PUT\r\n", SP_INTENT_FETCH},
        {"GET", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_INTENT_FETCH},
        {"options", "Origin: https://a\r\nAccess-Control-Request-Method: PUT\r\n", SP_INTENT_FETCH},
    };
    ASSERT_INTENTS(cases);
}
SP_TEST_END

SP_TEST(grpc_is_told_by_its_content_type)
{
    static const struct intent_case cases[] = {
        {"POST", "Content-Type: application/grpc\r\n" HTML, SP_INTENT_GRPC},
        {"POST", "Content-Type: application/grpc+proto\r\n", SP_INTENT_GRPC},
        {"POST", "Content-Type: Application/gRPC-Web-Text ; a=b\r\n", SP_INTENT_GRPC},
        {"POST", "Content-Type: application/grp\r\n", SP_INTENT_FETCH},
        {"POST", "Content-Type: text/plain; application/grpc\r\n", SP_INTENT_FETCH},
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
        const struct intent_case cases[] = {{"GET", text, SP_INTENT_PREFETCH}};
        ASSERT_INTENTS(cases);
        snprintf(text, sizeof text, HTML "%s", lines[i]);
        ASSERT_INTENTS(cases);
    }
    static const struct intent_case others[] = {
        {"GET", HTML "Sec-Purpose: prefetched\r\n", SP_INTENT_NAVIGATION},
        {"GET", HTML "Purpose: preview\r\nX-Moz: x\r\nSec-Purpose:\r\n", SP_INTENT_NAVIGATION},
    };
    ASSERT_INTENTS(others);
}
SP_TEST_END

SP_TEST(only_what_a_person_sees_wants_a_page)
{
    static const struct {
        enum sp_intent intent;
        bool wants_page;
    } cases[] = {
        {SP_INTENT_FETCH, false},     {SP_INTENT_NAVIGATION, true}, {SP_INTENT_FRAME, true},
        {SP_INTENT_FORM, true},       {SP_INTENT_PREFETCH, true},   {SP_INTENT_PREFLIGHT, false},
        {SP_INTENT_WEBSOCKET, false}, {SP_INTENT_GRPC, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(sp_intent_wants_page(cases[i].intent), cases[i].wants_page);
    }
}
SP_TEST_END

SP_TEST(ac_34_an_own_navigation_is_same_origin_or_typed_and_at_the_top)
{
    static const struct {
        const char *lines;
        bool is_own;
    } cases[] = {
        {NAVIGATE DOCUMENT "Sec-Fetch-Site: same-origin\r\n", true},
        {NAVIGATE DOCUMENT "Sec-Fetch-Site: none\r\n", true},
        {NAVIGATE DOCUMENT "Sec-Fetch-Site: same-site\r\n", false},
        {NAVIGATE DOCUMENT "Sec-Fetch-Site: cross-site\r\n", false},
        {NAVIGATE DOCUMENT "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n", false},
        {NAVIGATE DOCUMENT "Sec-Fetch-Site:\r\n", false},
        {NAVIGATE DOCUMENT, false},
        {NAVIGATE "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Dest: iframe\r\n", false},
        {NAVIGATE "Sec-Fetch-Site: same-origin\r\n", false},
        {"Sec-Fetch-Mode: no-cors\r\n" DOCUMENT "Sec-Fetch-Site: same-origin\r\n", false},
        {HTML, false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_head head = head_of(cases[i].lines);
        ck_assert_msg(sp_intent_is_own_navigation(&head) == cases[i].is_own, "%s", cases[i].lines);
    }
}
SP_TEST_END

SP_SUITE("intent", fetch_metadata_decide_where_they_are_sent,
         a_second_line_of_fetch_metadata_is_no_navigation, documents_inside_other_documents_are_frames,
         accept_stands_in_where_no_fetch_metadata_are_sent, ac_12_a_websocket_handshake_is_told_by_its_key,
         ac_11_a_preflight_has_its_method_its_origin_and_its_question, grpc_is_told_by_its_content_type,
         a_prefetch_is_no_navigation_whoever_says_so, only_what_a_person_sees_wants_a_page,
         ac_34_an_own_navigation_is_same_origin_or_typed_and_at_the_top)
