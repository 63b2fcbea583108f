/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/direct.h"

#include "fixture.h"

static struct sp_transaction *ask_raw(struct fixture *f, const char *head)
{
    int len = snprintf(f->head_text, sizeof f->head_text, "%s\r\n", head);
    begin_head(f, SP_DIALECT_PAGES, len);
    sp_direct_answer(&f->t);
    return finish(f);
}

SP_TEST(the_pages_listener_serves_pages_and_nothing_else)
{
    FIXTURE f = fixture_new("policies: {default: [{action: public}]}");
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_sallyport/signed-out"), 401, SP_REASON_SIGNED_OUT);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_sallyport/me"), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = usual_cookie(f)), 200, SP_REASON_NONE);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_sallyport/login", .lines = NAVIGATION), 302,
                     SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/auth/traefik", .lines = usual_cookie(f)), 404,
                     SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_sallyport/..%2fauth/traefik", .lines = NAVIGATION), 404,
                     SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

SP_TEST(the_host_is_the_forwarded_one_or_else_the_requests_own)
{
    FIXTURE f = fixture_new("hosts: [" ORIGIN "]");
    const char *page = "GET /_sallyport/signed-out HTTP/1.1\r\n";
    ck_assert_answer(ask_raw(f, lines(page, "Host: " HOST "\r\nX-Forwarded-Proto: https\r\n")), 401,
                     SP_REASON_SIGNED_OUT);
    ck_assert_answer(
        ask_raw(f, lines(page, "Host: x\r\nX-Forwarded-Host: " HOST "\r\nX-Forwarded-Proto: https\r\n")), 401,
        SP_REASON_SIGNED_OUT);
    ck_assert_answer(ask_raw(f, lines(page, "Host: " HOST "\r\nX-Forwarded-Host: x.example\r\n"
                                            "X-Forwarded-Proto: https\r\n")),
                     421, SP_REASON_HOST_NOT_LISTED);
    ck_assert_answer(ask_raw(f, lines(page, "Host: " HOST "\r\nX-Forwarded-Proto: http\r\n")), 403,
                     SP_REASON_INSECURE_PROTO);
}
SP_TEST_END

SP_TEST(what_is_ambiguous_is_400_here_too)
{
    static const struct {
        const char *lines;
        enum sp_reason reason;
    } cases[] = {
        {"Host: a\r\n", SP_REASON_MISSING_HEADER},
        {"Host: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Proto: https\r\n", SP_REASON_DUPLICATE_HEADER},
        {"Host: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Forwarded-Host: a\r\n",
         SP_REASON_DUPLICATE_HEADER},
        {"Host: a b\r\nX-Forwarded-Proto: https\r\n", SP_REASON_MALFORMED_HOST},
        {"Host: \r\nX-Forwarded-Proto: https\r\n", SP_REASON_MALFORMED_HOST},
        {"Host: a\r\nX-Forwarded-Proto: gopher\r\n", SP_REASON_MALFORMED_REQUEST},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_transaction *t =
            ask_raw(f, text("GET /_sallyport/me HTTP/1.1\r\n%s%s", cases[i].lines, OLD));
        ck_assert_answer(t, 400, cases[i].reason);
        ck_assert(t->answer.close);
    }
}
SP_TEST_END

SP_SUITE("gate/direct", the_pages_listener_serves_pages_and_nothing_else,
         the_host_is_the_forwarded_one_or_else_the_requests_own, what_is_ambiguous_is_400_here_too)
