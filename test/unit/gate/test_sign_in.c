/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/sign_in.h"

#include "login.h"
#include "oidc/authorization.h"

#define USUAL_URI ORIGIN CALLBACK

/* ---- one login ------------------------------------------------------------------------------------- */

SP_TEST(a_login_is_one_redirect_and_one_cookie_that_fit_together)
{
    FIXTURE f = fixture_new("scopes: openid email");
    struct sp_transaction *t = ASK(f, .uri = "/x?y=%2F&z", .lines = NAVIGATION);
    const char *location = field_of(t, "Location");
    struct begun begun = begun_by(f, t);
    struct sp_login_cookie cookie = opened_cookie(f, &begun);
    ck_assert_int_eq(cookie.kind, SP_LOGIN_COOKIE_PENDING);
    ck_assert_uint_eq(cookie.attempts, 0);
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x?y=%2F&z");
    ck_assert_str_eq(parameter(location, "redirect_uri"), USUAL_URI);
    ck_assert_str_eq(parameter(location, "client_id"), "sallyport");
    ck_assert_str_eq(parameter(location, "scope"), "openid email");
    ck_assert_str_eq(parameter(location, "response_type"), "code");
    ck_assert_str_eq(parameter(location, "code_challenge_method"), "S256");
    ck_assert_int_eq(strncmp(parameter(location, "nonce"), cookie.nonce, sizeof cookie.nonce), 0);
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_STARTED]), 1);
}
SP_TEST_END

SP_TEST(every_login_asks_with_the_parameters_of_the_configuration)
{
    FIXTURE f = fixture_new("authorization_parameters: {connector_id: corp, acr_values: a b}");
    const char *location = field_of(ASK(f, .lines = NAVIGATION), "Location");
    ck_assert_contains(location, "&connector_id=corp&acr_values=a%20b");
    location = field_of(ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = NAVIGATION), "Location");
    ck_assert_contains(location, "&connector_id=corp&acr_values=a%20b");
}
SP_TEST_END

SP_TEST(the_longest_parameters_and_the_longest_page_fit)
{
    const char *value = repeat('v', 508);
    FIXTURE f = fixture_new(
        text("authorization_parameters: {p1: %s, p2: %s, p3: %s, p4: %s}", value, value, value, value));
    const char *longest = text("/%s", repeat('x', SP_LOGIN_TARGET_MAX - 1));
    struct begun begun = begun_by(f, ASK(f, .uri = longest, .lines = NAVIGATION));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), text(ORIGIN "%s", longest));
}
SP_TEST_END

SP_TEST(the_login_cookie_has_the_shape_that_keeps_it_safe)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .lines = NAVIGATION);
    const char *line = field_of(t, "Set-Cookie");
    ck_assert_int_eq(strncmp(line, "__Host-sallyport-", 17), 0);
    ck_assert_str_eq(strchr(line, ';'), "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax");
    ck_assert_uint_le(strcspn(line, ";"), SP_COOKIE_LOGIN_MAX);
    FIXTURE domain = fixture_new("cookie_domain: example.com\nhosts: [" ORIGIN "]");
    line = field_of(ASK(domain, .lines = NAVIGATION), "Set-Cookie");
    ck_assert_int_eq(strncmp(line, "__Secure-sallyport-", 19), 0);
    ck_assert_contains(line, "; Domain=example.com; ");
    FIXTURE stem = fixture_new("cookie_name: other");
    line = field_of(ASK(stem, .lines = NAVIGATION), "Set-Cookie");
    ck_assert_int_eq(strncmp(line, "__Host-other-", 13), 0);
}
SP_TEST_END

SP_TEST(two_logins_share_nothing)
{
    FIXTURE f = fixture_new("");
    struct begun first = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_login_cookie one = opened_cookie(f, &first);
    struct begun second = begun_by(f, ASK(f, .uri = "/x", .lines = NAVIGATION));
    struct sp_login_cookie two = opened_cookie(f, &second);
    ck_assert_str_ne(first.state, second.state);
    ck_assert_mem_ne(one.verifier, two.verifier, sizeof one.verifier);
    ck_assert_mem_ne(one.nonce, two.nonce, sizeof one.nonce);
    ck_assert_mem_ne(first.login_id.text, second.login_id.text, sizeof first.login_id.text);
}
SP_TEST_END

SP_TEST(a_long_page_is_remembered_by_its_path_or_as_the_root)
{
    FIXTURE f = fixture_new("");
    const char *longest = text("/%s", repeat('x', SP_LOGIN_TARGET_MAX - 1));
    struct begun begun = begun_by(f, ASK(f, .uri = longest, .lines = NAVIGATION));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), text(ORIGIN "%s", longest));
    begun = begun_by(f, ASK(f, .uri = text("%sx", longest), .lines = NAVIGATION));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/");
    begun = begun_by(f, ASK(f, .uri = text("/a?%s", repeat('x', 15000)), .lines = NAVIGATION));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/a");
}
SP_TEST_END

SP_TEST(bytes_that_no_location_carries_plain_are_remembered_encoded)
{
    static const char *const cases[][2] = {
        {"/a?b=C:\\d", "/a?b=C:%5Cd"},
        {"/a?b=\xc3\xa9", "/a?b=%C3%A9"},
        {"/a?b=<|>&c=%zz", "/a?b=%3C%7C%3E&c=%zz"},
        {"/\xc3\xa9", "/%C3%A9"},
        {"/a?b=%2F%5c", "/a?b=%2F%5c"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .uri = cases[i][0], .lines = NAVIGATION));
        ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), text(ORIGIN "%s", cases[i][1]));
    }
    struct begun begun = begun_by(f, ASK(f, .uri = text("/a?%s", repeat('"', 400)), .lines = NAVIGATION));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/a");
}
SP_TEST_END

SP_TEST(a_callback_host_is_the_redirect_uri_of_all_hosts)
{
    FIXTURE f = fixture_new("callback_host: https://auth.example.com\n"
                            "hosts: [https://auth.example.com, https://*.example.com]");
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = NAVIGATION);
    struct begun begun = begun_by(f, t);
    ck_assert_str_eq(parameter(field_of(t, "Location"), "redirect_uri"), "https://auth.example.com" CALLBACK);
    ck_assert_str_eq(wanted_by(f, "https://auth.example.com" CALLBACK, begun.state), ORIGIN "/x");
    /* AC 53: a host that is not listed gets no state */
    t = ASK(f, .host = "a.b.example.com", .lines = NAVIGATION);
    ck_assert_answer(t, 421, SP_REASON_HOST_NOT_LISTED);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(without_a_key_that_seals_nothing_is_begun)
{
    FIXTURE f = fixture_new("");
    struct sp_keyring *later = NULL;
    const char *keys = "k2 pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw 2023-11-14T22:13:21Z";
    ck_assert_int_eq(sp_keyring_parse(sp_str_from_c(keys), NOW_S + 1, NULL, &later), SP_OK);
    sp_keyring_free(f->snapshot->keys);
    f->snapshot->keys = later; /* its only key starts to seal in a second */
    struct sp_transaction *t = ASK(f, .lines = NAVIGATION);
    ck_assert_answer(t, 503, SP_REASON_OVERLOADED);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    ck_assert_uint_eq(atomic_load(&f->context.metrics->logins[SP_LOGIN_STARTED]), 0);
    ck_assert_ptr_null(strstr(take_log(f), "login_started"));
    f->context.now_s++;
    ck_assert_answer(ASK(f, .lines = NAVIGATION), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

/* ---- many logins ----------------------------------------------------------------------------------- */

/* The cookies of a browser, in a jar that obeys Set-Cookie. */
struct jar {
    size_t n;
    char pairs[64][SP_COOKIE_LOGIN_MAX + 1];
};

static const char *jar_line(const struct jar *jar)
{
    static char line[64 * (SP_COOKIE_LOGIN_MAX + 3)];
    size_t len = (size_t)snprintf(line, sizeof line, "Cookie: a=b");
    for (size_t i = 0; i < jar->n; i++) {
        len += (size_t)snprintf(line + len, sizeof line - len, "; %s", jar->pairs[i]);
    }
    snprintf(line + len, sizeof line - len, "\r\n");
    return line;
}

static void jar_take(struct jar *jar, const struct sp_transaction *t)
{
    for (size_t i = 0; i < count_fields(&t->answer, "Set-Cookie"); i++) {
        struct sp_str set = nth_field(&t->answer, "Set-Cookie", i);
        const char *pair = pair_of(set);
        size_t name_len = strcspn(pair, "=") + 1;
        size_t at = 0;
        while (at < jar->n && strncmp(jar->pairs[at], pair, name_len) != 0) {
            at++;
        }
        if (strstr(text_of(set), "Max-Age=0;") != NULL) {
            ck_assert_uint_lt(at, jar->n); /* only cookies that exist are deleted */
            memmove(jar->pairs[at], jar->pairs[at + 1], (jar->n - at - 1) * sizeof jar->pairs[0]);
            jar->n--;
        } else {
            snprintf(jar->pairs[at], sizeof jar->pairs[at], "%s", pair);
            jar->n += at == jar->n;
        }
    }
}

SP_TEST(a_browser_never_holds_more_than_twelve_login_cookies)
{
    FIXTURE f = fixture_new("");
    struct jar jar = {0};
    const char *first = NULL;
    for (size_t i = 0; i < 16; i++) {
        f->context.now_s = NOW_S + (int64_t)i;
        jar_take(&jar, ASK(f, .uri = text("/%zu", i), .lines = lines(NAVIGATION, jar_line(&jar))));
        ck_assert_uint_eq(jar.n, i < 12 ? i + 1 : 12);
        first = i == 11 ? text("%s", jar.pairs[0]) : first;
    }
    for (size_t i = 0; i < jar.n; i++) {
        ck_assert_str_ne(jar.pairs[i], first); /* the oldest was evicted */
    }
}
SP_TEST_END

SP_TEST(ac_50_a_login_that_never_ends_is_begun_ten_times)
{
    FIXTURE f = fixture_new("");
    struct jar jar = {0};
    for (size_t i = 0; i < SP_SIGN_IN_ATTEMPTS_MAX; i++) {
        f->context.now_s++;
        struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, jar_line(&jar)));
        struct begun begun = begun_by(f, t);
        ck_assert_uint_eq(opened_cookie(f, &begun).attempts, i);
        jar_take(&jar, t);
    }
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = lines(NAVIGATION, jar_line(&jar)));
    ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
    ck_assert_int_eq(t->verdict, SP_VERDICT_LOGIN);
    ck_assert_contains(body_of(t), "/_sallyport/login?rd=%2Fx");
    ck_assert_contains(body_of(t), "but none was completed");
    /* a sign-in that the user requests begins a new chain */
    t = ASK(f, .uri = "/_sallyport/login?rd=%2Fx", .lines = lines(NAVIGATION, jar_line(&jar)));
    struct begun begun = begun_by(f, t);
    ck_assert_uint_eq(opened_cookie(f, &begun).attempts, 0);
    /* and ten minutes later it has expired */
    f->context.now_s += SP_LOGIN_COOKIE_LIFETIME_S + 1;
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, jar_line(&jar))), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

/* A marker of a login that was completed at `at_s`. */
static const char *marker_line(struct fixture *f, int64_t at_s)
{
    struct sp_sealer sealer = sealer_of(f, HOST);
    struct sp_login_id login_id = sp_login_id_new(SP_LOGIN_FIRST_TRY, at_s, &f->context.random);
    struct sp_login_cookie_name name = sp_cookies_login_name(&f->snapshot->cookies, &login_id);
    SP_BUF_SCOPED struct sp_buf value;
    sp_buf_init(&value, SP_LOGIN_COOKIE_TEXT_MAX);
    ck_assert_int_eq(sp_login_marker_seal(at(&sealer, at_s, &f->context.random), &login_id, &value), SP_OK);
    return text("Cookie: %.*s=%.*s\r\n", (int)name.len, name.text, SP_STR_ARGS(sp_buf_str(&value)));
}

SP_TEST(ac_50_anonymous_with_the_marker_gets_a_page_instead_of_a_loop)
{
    FIXTURE f = fixture_new("");
    const char *marker = marker_line(f, NOW_S);
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = lines(NAVIGATION, marker));
    ck_assert_answer(t, 401, SP_REASON_COOKIES_REFUSED);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    ck_assert_contains(body_of(t), "You signed in a moment ago");
    ck_assert_answer(ASK(f, .lines = lines(FETCH, marker)), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .lines = text("%s%s%s", NAVIGATION, marker, usual_cookie(f))), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK(f, .uri = "/_sallyport/login", .lines = lines(NAVIGATION, marker)), 302,
                     SP_REASON_NO_SESSION);
    f->context.now_s = NOW_S + SP_LOGIN_MARKER_LIFETIME_S + 1;
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, marker)), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(a_marker_of_another_host_means_nothing)
{
    FIXTURE f = fixture_new("");
    ck_assert_answer(ASK(f, .host = "b.example.com", .lines = lines(NAVIGATION, marker_line(f, NOW_S))), 302,
                     SP_REASON_NO_SESSION);
}
SP_TEST_END

/* ---- behind a service worker ------------------------------------------------------------------------ */

SP_TEST(a_navigation_that_a_worker_passes_on_begins_a_login)
{
    static const char *const uris[] = {"/x", "/_sallyport/login?rd=/x"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .uri = uris[i], .lines = PASSED_ON));
        ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x");
    }
}
SP_TEST_END

SP_TEST(what_a_worker_makes_anew_gets_a_page_whose_link_opens_at_the_top)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .uri = "/x?y=1", .lines = MADE_ANEW);
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_str_eq(href_of(t), ORIGIN "/_sallyport/login?rd=%2Fx%3Fy%3D1");
    ck_assert_contains(body_of(t), " target=\"_top\"");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0); /* no login begins */
    /* it may be shown in a frame, because frames cannot be detected */
    ck_assert_ptr_null(strstr(field_of(t, "Content-Security-Policy"), "frame-ancestors"));
}
SP_TEST_END

/* The login that the page at `login` links to. */
static struct begun linked_by(const struct fixture *f, const struct sp_transaction *t)
{
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_int_eq(t->verdict, SP_VERDICT_LOGIN);
    const char *href = href_of(t);
    ck_assert_int_eq(strncmp(href, "https://issuer.example/", 23), 0);
    struct begun begun = {.state = parameter(href, "state")};
    struct sp_str line = nth_field(&t->answer, "Set-Cookie", 0);
    begun.pair = pair_of(line);
    ck_assert(sp_cookies_parse_login_name(
        &f->snapshot->cookies, (struct sp_str){line.ptr, sp_str_find(line, '=')}, &begun.login_id));
    return begun;
}

/* With longer parameters it is a redirect, because no page can hold the link (see gate/respond.h). */
SP_TEST(parameters_leave_room_for_the_link_that_a_worker_gets)
{
    FIXTURE f = fixture_new(text("authorization_parameters: {connector_id: %s}", repeat('c', 256)));
    struct begun begun = linked_by(f, ASK(f, .uri = "/_sallyport/login?rd=/x?y=1", .lines = MADE_ANEW));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x?y=1");
}
SP_TEST_END

SP_TEST(at_the_login_page_what_a_worker_makes_anew_is_linked_to_the_issuer)
{
    FIXTURE f = fixture_new("");
    struct begun begun = linked_by(f, ASK(f, .uri = "/_sallyport/login?rd=/x?y=1", .lines = MADE_ANEW));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x?y=1");
    ck_assert_int_eq(opened_cookie(f, &begun).kind, SP_LOGIN_COOKIE_PENDING);
    static const char *const foreign[] = {"Sec-Fetch-Site: same-site\r\n", "Sec-Fetch-Site: cross-site\r\n"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const char *kind = lines("Sec-Fetch-Mode: no-cors\r\nAccept: text/html\r\n", foreign[i]);
        struct sp_transaction *t = ASK(f, .uri = "/_sallyport/login", .lines = kind);
        ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
    /* a page keeps within its limit, which check_answer checks: a long address is reduced to its path */
    char longer[2000];
    snprintf(longer, sizeof longer, "/_sallyport/login?rd=/x?%0*d", 900, 1);
    begun = linked_by(f, ASK(f, .uri = longer, .lines = MADE_ANEW));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x");
    snprintf(longer, sizeof longer, "/_sallyport/login?rd=/%0*d", 900, 1);
    begun = linked_by(f, ASK(f, .uri = longer, .lines = MADE_ANEW));
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/");
}
SP_TEST_END

SP_TEST(a_redirect_is_a_link_for_what_a_worker_made_anew_where_a_page_holds_it)
{
    FIXTURE f = fixture_new("");
    const char *signed_in = lines(MADE_ANEW, usual_cookie(f));
    struct sp_transaction *t = ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = signed_in);
    ck_assert_answer(t, 300, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(href_of(t), ORIGIN "/x");
    ck_assert_uint_eq(count_fields(&t->answer, "Location"), 0);
    char longer[4000];
    snprintf(longer, sizeof longer, "/_sallyport/login?rd=/%0*d", 1536 - (int)strlen(ORIGIN "/"), 1);
    ck_assert_answer(ASK(f, .uri = longer, .lines = signed_in), 300, SP_REASON_SIGNED_IN);
    snprintf(longer, sizeof longer, "/_sallyport/login?rd=/%0*d", 1537 - (int)strlen(ORIGIN "/"), 1);
    ck_assert_answer(ASK(f, .uri = longer, .lines = signed_in), 302, SP_REASON_SIGNED_IN);
}
SP_TEST_END

SP_TEST(the_public_port_is_in_every_address_that_a_browser_gets)
{
    FIXTURE f = fixture_new("public_ports: {https://" HOST ": 8443}\nhosts: [\"https://" HOST ":8443\"]");
    struct sp_transaction *t = ASK(f, .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_contains(field_of(t, "Location"),
                       "redirect_uri=https%3A%2F%2Fapp.example.com%3A8443%2F_sallyport");
    ck_assert_contains(body_of(ASK(f, .uri = "/x", .lines = FETCH)),
                       "\"login\":\"https://app.example.com:8443/_sallyport/login?rd=%2Fx\"");
    t = ASK(f, .uri = "/_sallyport/login?rd=https://app.example.com:8443/y", .lines = usual_cookie(f));
    ck_assert_str_eq(field_of(t, "Location"), "https://app.example.com:8443/y");
    t = ASK(f, .uri = "/_sallyport/login?rd=https://app.example.com/y", .lines = usual_cookie(f));
    ck_assert_answer(t, 400, SP_REASON_BAD_RETURN_URL); /* a different server */
    ck_assert_answer(ASK(f, .host = HOST ":8443", .lines = usual_cookie(f)), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .host = HOST ":444", .lines = usual_cookie(f)), 421, SP_REASON_HOST_NOT_LISTED);
    ck_assert_answer(ASK(f, .host = "b.example.com", .lines = usual_cookie(f)), 421,
                     SP_REASON_HOST_NOT_LISTED);
    t = ASK_DIRECT(f, .uri = "/_sallyport/login?rd=/y", .lines = usual_cookie(f));
    ck_assert_str_eq(field_of(t, "Location"), "https://app.example.com:8443/y");
}
SP_TEST_END

SP_SUITE("gate/sign_in", the_public_port_is_in_every_address_that_a_browser_gets,
         a_login_is_one_redirect_and_one_cookie_that_fit_together,
         every_login_asks_with_the_parameters_of_the_configuration,
         the_longest_parameters_and_the_longest_page_fit, the_login_cookie_has_the_shape_that_keeps_it_safe,
         two_logins_share_nothing, a_long_page_is_remembered_by_its_path_or_as_the_root,
         bytes_that_no_location_carries_plain_are_remembered_encoded,
         a_callback_host_is_the_redirect_uri_of_all_hosts, without_a_key_that_seals_nothing_is_begun,
         a_browser_never_holds_more_than_twelve_login_cookies,
         ac_50_a_login_that_never_ends_is_begun_ten_times,
         ac_50_anonymous_with_the_marker_gets_a_page_instead_of_a_loop,
         a_marker_of_another_host_means_nothing, a_navigation_that_a_worker_passes_on_begins_a_login,
         what_a_worker_makes_anew_gets_a_page_whose_link_opens_at_the_top,
         parameters_leave_room_for_the_link_that_a_worker_gets,
         at_the_login_page_what_a_worker_makes_anew_is_linked_to_the_issuer,
         a_redirect_is_a_link_for_what_a_worker_made_anew_where_a_page_holds_it)
