/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/renewal.h"

#include "material.h"

#define ORIGIN "https://app.example.com"

struct lines {
    const char *method;
    const char *mode;
    const char *destination;
    const char *site;
    const char *more;
};

static bool suits(const struct lines *lines, enum sp_renewal_need need)
{
    char text[1024];
    struct sp_head head;
    snprintf(text, sizeof text,
             "%s /x HTTP/1.1\r\nHost: app.example.com\r\nSec-Fetch-Mode: %s\r\nSec-Fetch-Dest: %s\r\n"
             "Sec-Fetch-Site: %s\r\n%s\r\n",
             lines->method, lines->mode, lines->destination, lines->site, lines->more);
    ck_assert_int_eq(sp_head_parse(sp_str_from_c(text), &head), SP_REASON_NONE);
    struct sp_request request = make_request(lines->method, ORIGIN, "/x");
    request.head = &head;
    return sp_renewal_suits(&request, need);
}

SP_TEST(what_follows_a_redirect_and_nobody_else_can_send_renews_a_session)
{
    static const struct {
        struct lines lines;
        bool due;
        bool overdue;
    } cases[] = {
        {{"GET", "navigate", "document", "none", ""}, true, true},
        {{"GET", "navigate", "document", "cross-site", ""}, true, true}, /* a link in an e-mail */
        {{"HEAD", "navigate", "document", "none", ""}, true, true},
        {{"GET", "navigate", "iframe", "same-origin", ""}, true, true},
        {{"GET", "navigate", "iframe", "cross-site", ""}, false, false},
        {{"POST", "navigate", "document", "same-origin", ""}, false, true},
        {{"POST", "navigate", "document", "cross-site", ""}, false, false},
        {{"GET", "cors", "empty", "same-origin", ""}, true, true}, /* fetch, EventSource */
        {{"GET", "cors", "empty", "same-site", ""}, false, false},
        {{"GET", "cors", "empty", "same-site", "Origin: https://app.example.com\r\n"}, true, true},
        {{"GET", "cors", "empty", "same-site", "Origin: https://evil.example.com\r\n"}, false, false},
        {{"HEAD", "cors", "empty", "same-origin", ""}, false, true},
        {{"POST", "cors", "empty", "same-origin", ""}, false, true},
        {{"PUT", "cors", "empty", "same-origin", ""}, false, true},
        {{"POST", "cors", "empty", "cross-site", ""}, false, false},
        {{"GET", "no-cors", "image", "same-origin", ""}, false, true},
        {{"GET", "no-cors", "script", "same-origin", ""}, false, true},
        {{"GET", "no-cors", "image", "cross-site", ""}, false, false},
        {{"GET", "websocket", "empty", "same-origin", "Sec-WebSocket-Key: a\r\n"}, false, false},
        {{"GET", "navigate", "document", "none", "Sec-Purpose: prefetch\r\n"}, false, false},
        {{"POST", "cors", "empty", "same-origin", "Content-Type: application/grpc\r\n"}, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(suits(&cases[i].lines, SP_RENEWAL_NEED_DUE) == cases[i].due, "%zu, due", i);
        ck_assert_msg(suits(&cases[i].lines, SP_RENEWAL_NEED_OVERDUE) == cases[i].overdue, "%zu, overdue", i);
    }
}
SP_TEST_END

/* As some WebViews and older browsers do. */
SP_TEST(without_metadata_of_fetch_an_origin_says_that_a_page_of_this_host_asks)
{
    static const struct {
        const char *lines;
        bool due;
    } cases[] = {
        {"Accept: */*\r\nOrigin: " ORIGIN "\r\n", true},
        {"Accept: */*\r\nOrigin: https://evil.example.com\r\n", false},
        {"Accept: */*\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct sp_head head;
        snprintf(text, sizeof text, "GET /x HTTP/1.1\r\nHost: app.example.com\r\n%s\r\n", cases[i].lines);
        ck_assert_int_eq(sp_head_parse(sp_str_from_c(text), &head), SP_REASON_NONE);
        struct sp_request request = make_request("GET", ORIGIN, "/x");
        request.head = &head;
        ck_assert_msg(sp_renewal_suits(&request, SP_RENEWAL_NEED_DUE) == cases[i].due, "%zu", i);
    }
}
SP_TEST_END

SP_SUITE("policy/renewal", what_follows_a_redirect_and_nobody_else_can_send_renews_a_session,
         without_metadata_of_fetch_an_origin_says_that_a_page_of_this_host_asks)
