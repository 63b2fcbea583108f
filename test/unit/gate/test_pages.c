/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/pages.h"

#include "fixture.h"

SP_TEST(what_is_under_the_prefix_and_no_page_is_404)
{
    static const char *const paths[] = {
        "/_sallyport",         "/_sallyport/",           "/_sallyport/nope",
        "/_sallyport/login/",  "/_sallyport/Login",      "/_sallyport/%6cogin",
        "/_sallyport//login",  "/_sallyport/login;x",    "/_sallyport/login/x",
        "/_sallyport/./login", "/_sallyport/x/../login", "/_sallyport/callback/",
        "/_sallyport/me",      "/_sallyport/kubeconfig", "/_sallyport/..%2fauth/traefik",
    };
    FIXTURE f = fixture_new("policies: {default: [{action: public}]}");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert(sp_config_owns_path(f->snapshot->config, sp_str_from_c(paths[i])));
        ck_assert_answer(ASK(f, .uri = paths[i], .lines = NAVIGATION), 404, SP_REASON_NO_SUCH_PAGE);
        ck_assert_answer(ASK(f, .uri = paths[i]), 404, SP_REASON_NO_SUCH_PAGE);
    }
}
SP_TEST_END

SP_TEST(who_went_astray_is_led_to_the_start_of_the_site)
{
    static const char *const link = "<a class=\"b\" href=\"" ORIGIN "/\">Go to the start page</a>";
    FIXTURE f = fixture_new("");
    ck_assert_contains(body_of(ASK(f, .uri = "/_sallyport/nope", .lines = NAVIGATION)), link);
    ck_assert_contains(
        body_of(ASK(f, .method = "POST", .uri = "/_sallyport/signed-out", .lines = NAVIGATION)), link);
    ck_assert_contains(
        body_of(ASK(f, .uri = "/_sallyport/login?rd=https://elsewhere.example/", .lines = NAVIGATION)), link);
}
SP_TEST_END

SP_TEST(what_only_looks_like_the_prefix_is_the_applications)
{
    static const char *const paths[] = {"/_sallyportx", "/x/_sallyport/login", "/_SALLYPORT/login",
                                        "/%5fsallyport/login", "//_sallyport/login"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert(!sp_config_owns_path(f->snapshot->config, sp_str_from_c(paths[i])));
        ck_assert_answer(ASK(f, .uri = paths[i], .lines = FETCH), 401, SP_REASON_NO_SESSION);
    }
}
SP_TEST_END

SP_TEST(ac_40_a_page_has_its_methods)
{
    static const struct {
        const char *page;
        const char *method;
        const char *allow;
    } cases[] = {
        {"login", "PUT", "GET, HEAD, POST"},  {"login", "OPTIONS", "GET, HEAD, POST"},
        {"callback", "POST", "GET"},          {"callback", "HEAD", "GET"},
        {"callback", "PUT", "GET"},           {"logout", "DELETE", "GET, HEAD, POST"},
        {"signed-out", "POST", "GET, HEAD"},  {"logout", "PROPFIND", "GET, HEAD, POST"},
        {"signed-out", "TRACE", "GET, HEAD"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *uri = text("/_sallyport/%s?code=1&state=2&rd=/", cases[i].page);
        struct sp_transaction *t = ASK(f, .method = cases[i].method, .uri = uri, .lines = NAVIGATION);
        ck_assert_answer(t, 405, SP_REASON_METHOD_NOT_ALLOWED);
        ck_assert_str_eq(field_of(t, "Allow"), cases[i].allow);
    }
    struct sp_transaction *t = ASK_DIRECT(f, .method = "POST", .uri = "/_sallyport/me");
    ck_assert_answer(t, 405, SP_REASON_METHOD_NOT_ALLOWED);
}
SP_TEST_END

SP_TEST(the_callback_is_where_callback_path_puts_it)
{
    FIXTURE f = fixture_new("callback_path: /_oauth");
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = NAVIGATION);
    ck_assert_contains(field_of(t, "Location"), "redirect_uri=https%3A%2F%2Fapp.example.com%2F_oauth&");
    ck_assert_answer(ASK(f, .uri = "/_oauth?x", .lines = NAVIGATION), 400, SP_REASON_BAD_CALLBACK);
    ck_assert_answer(ASK(f, .uri = "/_sallyport/callback?x"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .uri = "/_oauth/", .lines = FETCH), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .uri = "/_oauthx", .lines = FETCH), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = "/_oauth?x"), 400, SP_REASON_BAD_CALLBACK);
}
SP_TEST_END

SP_TEST(direct_pages_are_let_through_only_where_it_is_said)
{
    FIXTURE f = fixture_new("direct_pages: true");
    struct sp_transaction *t = ASK(f, .uri = "/_sallyport/me?x", .lines = NAVIGATION);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->answer.fields_n, 0);
    t = ASK(f, .uri = "/_sallyport/me", .lines = usual_cookie(f));
    ck_assert_uint_eq(t->answer.fields_n, 0); /* no fields at all, so no identity either */
    ck_assert_answer(ASK(f, .uri = "/_sallyport/me/"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .uri = "/_sallyport/signed-out"), 401, SP_REASON_SIGNED_OUT);
    ck_assert_answer(ASK(f, .proto = "http", .uri = "/_sallyport/me"), 403, SP_REASON_INSECURE_PROTO);
    ck_assert(sp_pages_is_direct(f->snapshot->config, SP_STR("/_sallyport/me")));
    ck_assert(!sp_pages_is_direct(f->snapshot->config, SP_STR("/_sallyport/login")));
    ck_assert(!sp_pages_is_direct(f->snapshot->config, SP_STR("/_sallyport/callback")));
    ck_assert(!sp_pages_is_direct(f->snapshot->config, SP_STR("/me")));
    ck_assert(!sp_pages_is_direct(f->snapshot->config, SP_STR("/xxxxxxxxxx/me")));
}
SP_TEST_END

/* Without the router of the pages, the application would serve the path in the header. */
SP_TEST(ac_90_a_direct_page_is_let_through_without_a_header_that_overrides_its_path)
{
    FIXTURE f = fixture_new("direct_pages: true");
    static const char *const overriding[] = {"X-Original-URL: /admin\r\n", "X_Rewrite_URL: /admin\r\n",
                                             "X-HTTP-Method-Override: DELETE\r\n"};
    for (size_t i = 0; i < sizeof overriding / sizeof overriding[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = "/_sallyport/me", .lines = overriding[i]);
        ck_assert_answer(t, 400, SP_REASON_OVERRIDE_HEADER);
        t = ASK(f, .uri = "/x", .lines = lines(FETCH, overriding[i]));
        ck_assert_answer(t, 401, SP_REASON_NO_SESSION); /* the policy has neither path nor method */
    }
}
SP_TEST_END

SP_TEST(a_direct_page_gets_the_cookies_that_applications_do_not)
{
    FIXTURE f = fixture_new("direct_pages: true\nstrip_session_cookie: true");
    const char *cookie = usual_cookie(f);
    struct sp_transaction *t = ASK(f, .uri = "/_sallyport/me", .lines = lines("Cookie: a=b\r\n", cookie));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->answer.fields_n, 1);
    ck_assert_str_eq(text("Cookie: %s\r\n", field_of(t, "Cookie")),
                     text("Cookie: a=b; %s", cookie + strlen("Cookie: ")));
    t = ASK(f, .uri = "/_sallyport/me");
    ck_assert_uint_eq(t->answer.fields_n, 0);
}
SP_TEST_END

SP_TEST(the_prefix_is_a_setting)
{
    FIXTURE f = fixture_new("prefix: /.auth");
    ck_assert_answer(ASK(f, .uri = "/.auth/signed-out"), 401, SP_REASON_SIGNED_OUT);
    ck_assert_answer(ASK(f, .uri = "/_sallyport/signed-out"), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_SUITE("gate/pages", who_went_astray_is_led_to_the_start_of_the_site,
         what_is_under_the_prefix_and_no_page_is_404, what_only_looks_like_the_prefix_is_the_applications,
         ac_40_a_page_has_its_methods, the_callback_is_where_callback_path_puts_it,
         direct_pages_are_let_through_only_where_it_is_said,
         ac_90_a_direct_page_is_let_through_without_a_header_that_overrides_its_path,
         a_direct_page_gets_the_cookies_that_applications_do_not, the_prefix_is_a_setting)
