/* SPDX-License-Identifier: Apache-2.0 */

/* What is refused if a binding matches, and in which form (policy/session_guard.h, gate/respond.h). */

#include "bound.h"

#include "base/utf8.h"

#define ADDRESS "/auth/traefik?headers=kubernetes"
#define POLICY                                                                                               \
    "policies: {default: [{action: public, path_prefix: /k/p}, {action: allow, method: [GET, HEAD, "         \
    "POST]}]}\n"
#define BINDING(set, path, rest)                                                                             \
    "  - {set: " set ", host: " HOST ", path_prefix: " path ", proxy_key_file: key" rest "}\n"
#define BOUND                                                                                                \
    "strip_session_cookie: true\nbearer_audiences: cluster-a\n" POLICY                                       \
    "credentials:\n" BINDING("kubernetes", "/k", ", token_file: token, sessions: true")                      \
        BINDING("kubernetes", "/open", ", token_file: token, sessions: true, proxy: true")                   \
            BINDING("bearer", "/b", ", sessions: true")                                                      \
                BINDING("kubernetes", "/programs", ", token_file: token")

#define OF_SITE(site) "Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: " site "\r\n"
#define EVIL          "Origin: https://evil.example\r\n"
#define OWN           "Origin: " ORIGIN "\r\n"
#define POD           "/k/api/v1/namespaces/a/pods/box/proxy/"

/* Through the proxy chain that has the key, with a session. */
static struct sp_transaction *ask_bound(struct fixture *f, const char *method, const char *uri,
                                        const char *more)
{
    const char *address = uri[1] == 'b' ? "/auth/traefik?headers=bearer" : ADDRESS;
    return ASK(f, .address = address, .method = method, .uri = uri,
               .lines = text("%s%sCookie: theirs=1\r\n%s", WITH_A, more, usual_cookie(f)));
}

static void assert_carries_token(struct sp_transaction *t)
{
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Authorization"), "Bearer t0ken");
    ck_assert_str_eq(field_of(t, "Cookie"), "theirs=1");
}

/* ---- sessions ------------------------------------------------------------------------------------------ */

SP_TEST(ac_51_a_session_changes_nothing_from_another_origin)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    static const char *const foreign[] = {"",
                                          EVIL,
                                          OF_SITE("cross-site") EVIL,
                                          OF_SITE("same-site") EVIL,
                                          OF_SITE("none"),
                                          "Origin: null\r\n",
                                          OWN OWN};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_carries_token(ask_bound(f, "GET", "/k/api/v1/pods", foreign[i]));
        take_log(f);
        struct sp_transaction *t = ask_bound(f, "POST", "/k/api/v1/pods", foreign[i]);
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_contains(body_of(t), "\"reason\":\"Forbidden\"");
        ck_assert_contains(
            body_of(t),
            "With a session, POST requires Sec-Fetch-Site same-origin, or the Origin of this site.");
        const char *log = take_log(f);
        ck_assert_contains(log, "\"reason\":\"cross_site\"");
        ck_assert_contains(log, "\"user\":\"ada@example.com\"");
    }
    assert_carries_token(ask_bound(f, "POST", "/k/api/v1/pods", OF_SITE("same-origin")));
    assert_carries_token(ask_bound(f, "POST", "/k/api/v1/pods", OWN));
    ck_assert_answer(ask_bound(f, "POST", "/b/x", EVIL), 403, SP_REASON_CROSS_SITE);
    ck_assert_answer(ask_bound(f, "DELETE", "/k/api", EVIL), 403, SP_REASON_POLICY_DENIED);

    /* Without a credential it is up to the application to prevent it. */
    ck_assert_answer(ask_bound(f, "POST", "/elsewhere", EVIL), 200, SP_REASON_NONE);
    ck_assert_answer(ask_bound(f, "POST", "/k/p", EVIL), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_60_no_handshake_of_another_origin_opens_a_stream)
{
    static const struct {
        const char *proto;
        const char *lines;
    } handshakes[] = {{"wss", ""}, {"https", WEBSOCKET}, {"https", "Sec-Fetch-Mode: websocket\r\n"}};
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
        for (size_t is_own = 0; is_own < 2; is_own++) {
            struct sp_transaction *t =
                ASK(f, .address = ADDRESS, .proto = handshakes[i].proto, .uri = "/k/api/v1/watch",
                    .lines = text("%s%s%s%s", WITH_A, handshakes[i].lines, is_own != 0 ? OWN : EVIL,
                                  usual_cookie(f)));
            if (is_own != 0) {
                ck_assert_answer(t, 200, SP_REASON_NONE);
            } else {
                ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
                ck_assert_contains(
                    body_of(t),
                    "Origin is \\\"https://evil.example\\\". With a session, a WebSocket handshake");
            }
        }
    }
}
SP_TEST_END

SP_TEST(ac_55_no_window_opens_the_api_and_none_begins_a_sign_in_for_it)
{
    static const char *const windows[] = {NAVIGATION, OWN_LINK OLD, STRANGER OLD, FRAME,
                                          PASSED_ON,  MADE_ANEW,    OLD};
    static const char *const programs[] = {FETCH, "Accept: application/json\r\n", XHR};
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct sp_transaction *t = ask_bound(f, "GET", "/k/api/v1/namespaces/a/pods/box/log", windows[i]);
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_contains(body_of(t), "A browser window cannot open the API itself");
        t = ASK(f, .address = ADDRESS, .uri = "/k/apis", .lines = lines(WITH_A, windows[i]));
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        assert_carries_token(ask_bound(f, "GET", "/k/ui", windows[i]));
    }
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        assert_carries_token(ask_bound(f, "GET", "/k/api/v1/namespaces/a/pods/box/log", programs[i]));
    }
    struct sp_transaction *t = ASK(f, .address = ADDRESS, .uri = "/k/apis", .lines = lines(WITH_A, FETCH));
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    t = ASK(f, .address = ADDRESS, .uri = "/k/ui", .lines = lines(WITH_A, NAVIGATION));
    ck_assert_uint_eq(t->answer.status, 302);
}
SP_TEST_END

SP_TEST(ac_55_a_session_reaches_no_pod_unless_the_binding_says_so)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    struct sp_transaction *t = ask_bound(f, "GET", POD, FETCH);
    ck_assert_answer(t, 403, SP_REASON_SUBRESOURCE_DENIED);
    ck_assert_contains(body_of(t), "The request is GET \\\"" POD "\\\".");
    ck_assert_answer(ask_bound(f, "GET", POD, NAVIGATION), 403, SP_REASON_SUBRESOURCE_DENIED);
    ck_assert_answer(ask_bound(f, "POST", POD, EVIL), 403, SP_REASON_SUBRESOURCE_DENIED);
    ck_assert_answer(ask_bound(f, "GET", "/b/pods/x%2fproxy", FETCH), 403, SP_REASON_SUBRESOURCE_DENIED);
    ck_assert_answer(ask_bound(f, "GET", "/k/p/nodes/n/proxy", FETCH), 403, SP_REASON_SUBRESOURCE_DENIED);
    assert_carries_token(ask_bound(f, "GET", "/open/api/v1/namespaces/a/pods/box/proxy/", FETCH));
    ck_assert_answer(ask_bound(f, "POST", "/open/api/v1/namespaces/a/pods/box/proxy/", EVIL), 403,
                     SP_REASON_CROSS_SITE);
    t = ASK(f, .address = ADDRESS, .uri = POD, .lines = lines(WITH_A, FETCH));
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(ac_55_the_own_cookie_leaves_no_bound_address)
{
    static const char *const paths[] = {"/k/api/v1", "/k/p", "/programs", "/elsewhere"};
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct sp_transaction *t = ask_bound(f, "GET", paths[i], FETCH);
        if (t->answer.status == 200) {
            ck_assert_str_eq(field_of(t, "Cookie"), "theirs=1");
        } else {
            ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
        }
    }
}
SP_TEST_END

SP_TEST(a_bearer_token_is_sent_by_a_program_that_means_it)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    f->documents.keyset = keyset;
    SIGNER_TEXT token = issuer_id_token(&signer, "k", "{\"aud\":\"cluster-a\"}");
    const char *head = text("%sAuthorization: Bearer %s\r\n", WITH_A, token);
    static const char *const paths[] = {"/k/api/v1/pods", POD, "/programs/api", "/programs/pods/x/proxy"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct sp_transaction *t =
            ASK(f, .address = ADDRESS, .method = "POST", .uri = paths[i], .lines = head);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "Authorization"), "Bearer t0ken");
        t = ASK(f, .address = ADDRESS, .uri = paths[i], .lines = lines(head, WEBSOCKET));
        ck_assert_answer(t, 200, SP_REASON_NONE);
    }
}
SP_TEST_END

/* ---- the form ------------------------------------------------------------------------------------------ */

/* Answers a request again, in another way. */
static struct sp_transaction *refuse(struct fixture *f, const char *address, const char *uri,
                                     const char *more, enum sp_reason reason)
{
    struct sp_transaction *t = ASK(f, .address = address, .uri = uri, .lines = lines(more, usual_cookie(f)));
    sp_answer_init(&t->answer);
    t->detail = SP_STR("The cause.");
    t->page_texts = NULL;
    sp_respond_refusal(t, reason);
    check_answer(t);
    ck_assert_answer(t, sp_reason_status(reason), reason);
    return t;
}

SP_TEST(where_the_account_is_bound_a_refusal_is_a_status_of_the_api_server)
{
    static const struct {
        unsigned status;
        const char *reason;
    } names[] = {
        {400, "BadRequest"}, {401, "Unauthorized"},     {403, "Forbidden"},          {404, "NotFound"},
        {421, ""},           {405, "MethodNotAllowed"}, {503, "ServiceUnavailable"}, {500, "InternalError"}};
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (enum sp_reason reason = SP_REASON_MALFORMED_REQUEST; reason < SP_REASON_COUNT; reason++) {
        unsigned status = sp_reason_status(reason);
        size_t i = 0;
        if (status / 100 == 3) {
            continue;
        }
        while (i < 7 && names[i].status != status) {
            i++;
        }
        struct sp_transaction *t = refuse(f, ADDRESS, "/k/api/v1/pods", WITH_A, reason);
        ck_assert(has_type(&t->answer, "application/json"));
        ck_assert_contains(body_of(t),
                           text("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},"
                                "\"status\":\"Failure\",\"message\":\"%s The cause.\",\"reason\":\"%s\","
                                "\"code\":%u,",
                                sp_html_text(reason), names[i].reason, status));
        ck_assert(has_type(&refuse(f, ADDRESS, "/k/api", lines(WITH_A, NAVIGATION), reason)->answer,
                           "text/html; charset=utf-8"));
    }
}
SP_TEST_END

SP_TEST(everywhere_else_a_refusal_is_a_problem_as_ever)
{
    static const struct {
        const char *address;
        const char *uri;
        const char *more;
    } cases[] = {
        {ADDRESS, "/elsewhere", WITH_A},
        {ADDRESS, "/k/api", ""},
        {ADDRESS, "/k/api", "X-Sallyport-Proxy-Key: " KEY_B "\r\n"},
        {ADDRESS, "/b", WITH_A},
        {"/auth/traefik?headers=bearer", "/b", WITH_A},
        {"/auth/traefik?headers=impersonate", "/k/api", WITH_A},
        {"/auth/traefik", "/k/api", WITH_A},
    };
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_transaction *t =
            refuse(f, cases[i].address, cases[i].uri, cases[i].more, SP_REASON_RBAC_UNAVAILABLE);
        ck_assert_msg(has_type(&t->answer, "application/problem+json"), "%zu", i);
        ck_assert_str_eq(field_of(t, "Retry-After"), "5");
    }
}
SP_TEST_END

SP_TEST(while_kubectl_asks_which_kinds_there_are_a_403_is_plain_text)
{
    static const char *const discovery[] = {"/programs/api",        "/programs/apis?timeout=32s",
                                            "/programs/apis/",      "/programs/version?timeout=32s",
                                            "/programs/openapi/v2", "/programs/openapi/v3/apis/apps/v1",
                                            "/programs/openapi"};
    static const char *const others[] = {
        "/programs/api/v1/pods", "/programs/apis/apps/v1", "/programs",
        "/programs/versions",    "/programs/openapix",     "/programs/x/api"};
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (size_t i = 0; i < sizeof discovery / sizeof discovery[0]; i++) {
        struct sp_transaction *t = refuse(f, ADDRESS, discovery[i], WITH_A, SP_REASON_RBAC_DENIED);
        ck_assert_str_eq(body_of(t), "You do not have access to this page. The cause.");
        t = refuse(f, ADDRESS, discovery[i], WITH_A, SP_REASON_NO_SESSION);
        ck_assert(has_type(&t->answer, "application/json"));
        t = refuse(f, ADDRESS, discovery[i], "", SP_REASON_RBAC_DENIED);
        ck_assert(has_type(&t->answer, "application/problem+json"));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sp_transaction *t = refuse(f, ADDRESS, others[i], WITH_A, SP_REASON_RBAC_DENIED);
        ck_assert(has_type(&t->answer, "application/json"));
    }
}
SP_TEST_END

SP_TEST(ac_45_no_sentence_is_longer_than_kubectl_shows)
{
    IN_FOLDER;
    FIXTURE f = bound_fixture(BOUND, "t0ken", KEY_A);
    for (enum sp_reason reason = SP_REASON_MALFORMED_REQUEST; reason < SP_REASON_COUNT; reason++) {
        static const char *const bytes[] = {"&", "\"", "\xff", "\xc3\xbc"};
        for (size_t i = 0; i < 4 && sp_reason_status(reason) / 100 != 3; i++) {
            SP_BUF_ON_STACK(detail, SP_DETAIL_MAX - 1);
            struct sp_transaction *t = refuse(f, ADDRESS, "/k/api", WITH_A, reason);
            while (detail.len + strlen(bytes[i]) < SP_DETAIL_MAX) {
                sp_buf_append_c(&detail, bytes[i]);
            }
            sp_answer_init(&t->answer);
            t->detail = sp_buf_str(&detail);
            sp_respond_refusal(t, reason);
            check_answer(t);
            bool is_text = has_type(&t->answer, "text/plain; charset=utf-8");
            ck_assert(!is_text || t->answer.body.len <= 2048);
            ck_assert(!is_text || sp_utf8_valid(t->answer.body));
            ck_assert_uint_le(strlen(sp_html_text(reason)) + 1 + detail.len, 1024);
        }
    }
}
SP_TEST_END

SP_SUITE("gate/bound", ac_51_a_session_changes_nothing_from_another_origin,
         ac_60_no_handshake_of_another_origin_opens_a_stream,
         ac_55_no_window_opens_the_api_and_none_begins_a_sign_in_for_it,
         ac_55_a_session_reaches_no_pod_unless_the_binding_says_so,
         ac_55_the_own_cookie_leaves_no_bound_address, a_bearer_token_is_sent_by_a_program_that_means_it,
         where_the_account_is_bound_a_refusal_is_a_status_of_the_api_server,
         everywhere_else_a_refusal_is_a_problem_as_ever,
         while_kubectl_asks_which_kinds_there_are_a_403_is_plain_text,
         ac_45_no_sentence_is_longer_than_kubectl_shows)
