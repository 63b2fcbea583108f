/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/dialect.h"

#include "http/url.h"

#include "fixture.h"

/* ---- the row ------------------------------------------------------------------------------------------ */

static bool takes(const struct fixture *f, struct sp_str target)
{
    struct sp_str options;
    return sp_dialect_find(sp_dialects, f->snapshot->config, target, &options) != NULL;
}

SP_TEST(ac_52_the_dialect_is_taken_by_its_raw_target_only)
{
    static const char *const strangers[] = {"/auth/traefik/",
                                            "/auth/Traefik",
                                            "/auth//traefik",
                                            "/auth/%74raefik",
                                            "/_sallyport/..%2fauth/traefik",
                                            "/auth/nginx",
                                            "/auth/traefik;x",
                                            "//",
                                            "/x",
                                            "/auth/traefik%3fpolicy=ops"};
    FIXTURE f = fixture_new("");
    FIXTURE none = fixture_new("dialect_at_root: none");
    ck_assert(takes(f, SP_STR("/auth/traefik")));
    ck_assert(takes(f, SP_STR("/auth/traefik?policy=x")));
    ck_assert(takes(f, SP_STR("/")));
    ck_assert(takes(f, SP_STR("/?policy=x")));
    ck_assert(!takes(none, SP_STR("/")));
    ck_assert(takes(none, SP_STR("/auth/traefik")));
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        ck_assert_msg(!takes(f, sp_str_from_c(strangers[i])), "%s", strangers[i]);
    }
}
SP_TEST_END

SP_TEST(a_dialect_that_is_not_switched_on_is_not_spoken)
{
    static const struct sp_dialect rows[] = {{"other", SP_DIALECT_TRAEFIK, "/auth/other", NULL, NULL}, {0}};
    FIXTURE f = fixture_new("");
    struct sp_str options;
    ck_assert_ptr_null(sp_dialect_find(rows, f->snapshot->config, SP_STR("/auth/other"), &options));
    ck_assert_answer(ASK(f, .address = "/auth/other", .lines = usual_cookie(f)), 404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

/* ---- a proxy that exists nowhere ----------------------------------------------------------------------- */

/* It sends the whole URL in one header, and drops responses other than 200, 401 and 403. */
static enum sp_reason read_fake(const struct sp_head *head, struct sp_str options,
                                struct sp_proxy_question *out)
{
    out->policy = options;
    struct sp_url url;
    struct sp_str text = SP_STR_NONE;
    for (size_t i = 0; i < head->headers_n; i++) {
        text = sp_str_equal(head->headers[i].name, SP_STR("Asked-Url")) ? head->headers[i].value : text;
    }
    if (!sp_url_parse(text, &url)) {
        out->forwarded.fault = (struct sp_fault){.name = SP_STR("Asked-Url")};
        return SP_REASON_MALFORMED_URI;
    }
    out->forwarded =
        (struct sp_forwarded){.origin = url.origin, .target = url.target, .method = head->method};
    return SP_REASON_NONE;
}

static void write_fake(struct sp_transaction *t)
{
    t->answer.status = t->answer.status == 200 || t->answer.status == 401 ? t->answer.status : 403;
}

static const struct sp_dialect fakes[] = {
    {"traefik", SP_DIALECT_TRAEFIK, "/auth/fake", read_fake, write_fake},
    {0},
};

static const struct sp_transaction *ask_fake(struct fixture *f, const char *address, const char *lines)
{
    int len =
        snprintf(f->head_text, sizeof f->head_text, "GET %s HTTP/1.1\r\nHost: s\r\n%s\r\n", address, lines);
    begin_head(f, &sp_dialect_unread, len);
    sp_gate_answer(&f->t, fakes);
    ck_assert_ptr_null(sp_gate_finish(&f->t));
    return &f->t;
}

SP_TEST(one_more_row_is_one_more_proxy)
{
    FIXTURE f = fixture_new("policies: {default: [{action: allow, path: /x}], ops: [{action: public}]}");
    const char *url = "Asked-Url: " ORIGIN "/x?y\r\n";
    const struct sp_transaction *t = ask_fake(f, "/auth/fake", lines(url, usual_cookie(f)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    ck_assert_answer(ask_fake(f, "/auth/fake?ops", url), 200, SP_REASON_NONE);
    ck_assert_answer(ask_fake(f, "/auth/fake", url), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ask_fake(f, "/auth/fake?none", url), 403, SP_REASON_UNKNOWN_POLICY);
    ck_assert_answer(ask_fake(f, "/auth/fake", lines(url, NAVIGATION)), 403, SP_REASON_NO_SESSION);
    ck_assert_answer(ask_fake(f, "/auth/fake", "Asked-Url: x\r\n"), 403, SP_REASON_MALFORMED_URI);
    ck_assert_answer(ask_fake(f, "/auth/traefik", url), 404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

/* ---- the pages listener -------------------------------------------------------------------------------- */

static struct sp_transaction *ask_raw(struct fixture *f, const char *head)
{
    int len = snprintf(f->head_text, sizeof f->head_text, "%s\r\n", head);
    begin_head(f, &sp_dialect_pages, len);
    sp_gate_answer(&f->t, sp_dialects);
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

SP_SUITE("gate/dialect", ac_52_the_dialect_is_taken_by_its_raw_target_only,
         a_dialect_that_is_not_switched_on_is_not_spoken, one_more_row_is_one_more_proxy,
         the_pages_listener_serves_pages_and_nothing_else,
         the_host_is_the_forwarded_one_or_else_the_requests_own, what_is_ambiguous_is_400_here_too)
