/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/login_page.h"

#include "login.h"

#include "../http/return_urls.h"

#define USUAL_URI ORIGIN CALLBACK
#define LOGIN     "/_sallyport/login"
#define FORM      "Content-Type: application/x-www-form-urlencoded\r\n"
#define ISS       "iss=https%3A%2F%2Fissuer.example%2Fdex"

/* ---- where to end ------------------------------------------------------------------------------------ */

static const char *login_uri(struct sp_str rd)
{
    SP_BUF_SCOPED struct sp_buf encoded;
    sp_buf_init(&encoded, SP_TARGET_MAX);
    sp_form_append_encoded(rd, &encoded);
    return text("/_sallyport/login?rd=%.*s", SP_STR_ARGS(sp_buf_str(&encoded)));
}

SP_TEST(the_login_page_begins_a_login_to_rd)
{
    static const char *const cases[][2] = {
        {"/_sallyport/login", ORIGIN "/"},
        {"/_sallyport/login?", ORIGIN "/"},
        {"/_sallyport/login?rd=%2Fa%3Fb%3Dc", ORIGIN "/a?b=c"},
        {"/_sallyport/login?rd=/a&x=y", ORIGIN "/a"},
        {"/_sallyport/login?rd=https://app.example.com/a", ORIGIN "/a"},
        {"/_sallyport/login?rd=https://APP.example.com.:443/a", ORIGIN "/a"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .uri = cases[i][0], .lines = NAVIGATION));
        ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), cases[i][1]);
        struct sp_transaction *t = ASK(f, .uri = cases[i][0], .lines = lines(NAVIGATION, usual_cookie(f)));
        ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
        ck_assert_str_eq(field_of(t, "Location"), cases[i][1]);
    }
}
SP_TEST_END

SP_TEST(an_address_elsewhere_is_400)
{
    static const char *const cases[] = {
        "rd=https://evil.test/",
        "rd=//evil.test/",
        "rd=/%5Cevil.test",
        "rd=http://app.example.com/",
        "rd=",
        "rd=%0a/",
        "rd=/%0d%0aSet-Cookie",
        "rd=/a&rd=/b",
        "rd=https://b.example.com/",
        "rd=javascript:alert(1)",
        "rd=/a&%72d=/b",
        "rd=%zz",
        "rd=https://app.example.com:444/",
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *uri = text("/_sallyport/login?%s", cases[i]);
        ck_assert_answer(ASK(f, .uri = uri, .lines = NAVIGATION), 400, SP_REASON_BAD_RETURN_URL);
        ck_assert_answer(ASK(f, .uri = uri, .lines = usual_cookie(f)), 400, SP_REASON_BAD_RETURN_URL);
        ck_assert_lacks(take_log(f), "evil");
    }
}
SP_TEST_END

SP_TEST(an_address_at_a_listed_host_begins_its_login_there)
{
    FIXTURE f = fixture_new("hosts: [" ORIGIN ", https://*.example.org]");
    struct sp_transaction *t =
        ASK(f, .uri = login_uri(SP_STR("https://b.example.org/a?b=c&d")), .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    ck_assert_str_eq(field_of(t, "Location"),
                     "https://b.example.org/_sallyport/login?rd=https%3A%2F%2Fb.example.org%2Fa%3Fb%3Dc%26d");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    ck_assert_answer(ASK(f, .uri = login_uri(SP_STR("https://a.b.example.org/")), .lines = NAVIGATION), 400,
                     SP_REASON_BAD_RETURN_URL);
    ck_assert_answer(ASK(f, .uri = login_uri(SP_STR("https://example.org/")), .lines = NAVIGATION), 400,
                     SP_REASON_BAD_RETURN_URL);
}
SP_TEST_END

/* The login page with this address leads to an allowed origin, or is refused. */
static size_t check_return(struct fixture *f, struct sp_str rd, const char *cookie)
{
    const char *uri = login_uri(rd);
    struct sp_transaction *t = ASK(f, .host = "good.test", .uri = uri, .lines = lines(NAVIGATION, cookie));
    if (t->answer.status == 400) {
        ck_assert_int_eq(t->reason, SP_REASON_BAD_RETURN_URL);
        return 0;
    }
    ck_assert_uint_eq(t->answer.status, 302);
    struct sp_str location = nth_field(&t->answer, "Location", 0);
    if (t->reason == SP_REASON_NO_SESSION) {
        struct begun begun = begun_by(f, t);
        struct sp_seal_storage storage;
        struct sp_login_state state;
        struct sp_sealer sealer = sealer_of(f, "good.test");
        ck_assert_int_eq(sp_login_state_open(at(&sealer, NOW_S, NULL), SP_STR("https://good.test" CALLBACK),
                                             sp_str_from_c(begun.state), &storage, &state),
                         SP_OK);
        ck_assert_str_view(state.origin, "https://good.test");
        ck_assert_msg(state.path.ptr[0] == '/' && (state.path.len < 2 || state.path.ptr[1] != '\\'), "%.*s",
                      SP_STR_ARGS(state.path));
    } else {
        ck_assert_msg(sp_str_starts_with(location, SP_STR("https://good.test/")), "%.*s sent to %.*s",
                      SP_STR_ARGS(rd), SP_STR_ARGS(location));
    }
    return 1;
}

/* The family with one choice of its parts. */
static struct sp_str expand(const char *family, size_t choice, char out[512])
{
    size_t len = 0;
    for (const char *at = family; *at != '\0'; at++) {
        const char *part = NULL;
        if (*at == '%' && strchr("EGSWB", at[1]) != NULL && at[1] != '\0') {
            const char *const parts[] = {return_url_evil[choice % 8], return_url_good[choice % 2],
                                         return_url_schemes[choice / 2 % 2], return_url_dropped[choice % 12],
                                         return_url_slashes[choice / 3 % 8]};
            part = parts[strchr("EGSWB", at[1]) - "EGSWB"];
        }
        size_t part_len = part != NULL ? strlen(part) : 1;
        memcpy(out + len, part != NULL ? part : at, part_len);
        len += part_len;
        at += part != NULL;
    }
    return (struct sp_str){out, len};
}

SP_TEST(ac_15_no_return_address_leads_out_of_the_allowed_origins)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    char cookie[SP_COOKIES_LINE_MAX];
    snprintf(cookie, sizeof cookie, "Cookie: %s\r\n", session_pair(f, "good.test", &session));
    size_t followed_n = 0;
    size_t families_n = sizeof return_url_families / sizeof return_url_families[0];
    for (size_t i = 0; i < families_n; i++) {
        for (size_t choice = 0; choice < 24; choice++) {
            char address[512];
            struct sp_str rd = expand(return_url_families[i], choice, address);
            followed_n += check_return(f, rd, cookie);
            followed_n += check_return(f, rd, "");
        }
    }
    ck_assert_uint_gt(followed_n, 500);
    ck_assert_uint_gt(families_n * 48 - followed_n, 1000);
}
SP_TEST_END

SP_TEST(ac_15_with_listed_hosts_an_address_leads_to_one_of_them_or_nowhere)
{
    FIXTURE f = fixture_new("hosts: [" ORIGIN ", https://good.test]");
    size_t relayed_n = 0;
    for (size_t i = 0; i < sizeof return_url_families / sizeof return_url_families[0]; i++) {
        for (size_t choice = 0; choice < 24; choice++) {
            char address[512];
            struct sp_str rd = expand(return_url_families[i], choice, address);
            struct sp_transaction *t = ASK(f, .uri = login_uri(rd), .lines = NAVIGATION);
            if (t->reason == SP_REASON_RELAYED) {
                const char *relay = "https://good.test/_sallyport/login?rd=https%3A%2F%2Fgood.test%2F";
                ck_assert_msg(strncmp(field_of(t, "Location"), relay, strlen(relay)) == 0, "%s sent to %s",
                              text_of(rd), field_of(t, "Location"));
                relayed_n++;
            } else if (t->answer.status != 400) {
                struct begun begun = begun_by(f, t);
                const char *wanted = wanted_by(f, USUAL_URI, begun.state);
                ck_assert_int_eq(strncmp(wanted, ORIGIN "/", strlen(ORIGIN "/")), 0);
            }
        }
    }
    ck_assert_uint_gt(relayed_n, 50);
}
SP_TEST_END

SP_TEST(a_fetch_or_frame_begins_no_login_at_the_login_page)
{
    static const char *const kinds[] = {FETCH, FRAME, IMAGE, PREFETCH, WEBSOCKET, GRPC};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = kinds[i]);
        ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
    /* a program that follows redirects itself may */
    ck_assert_answer(ASK(f, .uri = "/_sallyport/login?rd=/x"), 302, SP_REASON_NO_SESSION);
    f->snapshot->documents = NULL;
    ck_assert_answer(ASK(f, .uri = "/_sallyport/login?rd=/x", .lines = NAVIGATION), 503,
                     SP_REASON_ISSUER_UNAVAILABLE);
}
SP_TEST_END

/* ---- on the issuer's word ---------------------------------------------------------------------------- */

SP_TEST(a_third_party_initiates_a_login_to_its_target)
{
    FIXTURE f = fixture_new("");
    const char *uri =
        LOGIN "?" ISS "&login_hint=ada%40example.com&target_link_uri=https%3A%2F%2Fapp.example.com%2Fx%3Fy";
    struct sp_transaction *t = ASK(f, .uri = uri, .lines = STRANGER);
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_str_eq(parameter(field_of(t, "Location"), "login_hint"), "ada@example.com");
    struct begun begun = begun_by(f, t);
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/x?y");
    /* without any of them it is a login to the start of the site, without a hint */
    t = ASK_DIRECT(f, .uri = LOGIN "?" ISS, .lines = STRANGER);
    ck_assert_lacks(field_of(t, "Location"), "login_hint");
    begun = begun_by(f, t);
    ck_assert_str_eq(wanted_by(f, USUAL_URI, begun.state), ORIGIN "/");
    /* a user who is signed in is redirected there at once */
    t = ASK(f, .uri = uri, .lines = lines(STRANGER, usual_cookie(f)));
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    ck_assert_str_eq(field_of(t, "Location"), ORIGIN "/x?y");
    /* in a frame nothing begins, and the link leads to the target */
    t = ASK(f, .uri = uri, .lines = FRAME);
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2Fx%3Fy\" target=\"_top\"");
}
SP_TEST_END

SP_TEST(what_no_issuer_of_ours_would_ask_is_refused_and_named)
{
    static const struct {
        const char *query;
        enum sp_reason reason;
        const char *named;
    } cases[] = {
        {"iss=https%3A%2F%2Fevil.test", SP_REASON_BAD_LOGIN_REQUEST, "iss"},
        {ISS "%2F", SP_REASON_BAD_LOGIN_REQUEST, "iss"},
        {"iss=", SP_REASON_BAD_LOGIN_REQUEST, "iss"},
        {"iss", SP_REASON_BAD_LOGIN_REQUEST, "iss"},
        {"iss=%zz", SP_REASON_BAD_LOGIN_REQUEST, "iss"},
        {ISS "&" ISS, SP_REASON_BAD_LOGIN_REQUEST, "twice"},
        {ISS "&i%73s=x", SP_REASON_BAD_LOGIN_REQUEST, "twice"},
        {ISS "&login_hint=a&login_hint=a", SP_REASON_BAD_LOGIN_REQUEST, "login_hint"},
        {ISS "&login_hint=%0d%0aX", SP_REASON_BAD_LOGIN_REQUEST, "login_hint"},
        {ISS "&login_hint=%ff", SP_REASON_BAD_LOGIN_REQUEST, "login_hint"},
        {"rd=/a&target_link_uri=/a", SP_REASON_BAD_LOGIN_REQUEST, "target_link_uri"},
        {"rd&target_link_uri=/a", SP_REASON_BAD_LOGIN_REQUEST, "target_link_uri"},
        {ISS "&target_link_uri=/a&target_link_uri=/a", SP_REASON_BAD_RETURN_URL, "target_link_uri"},
        {ISS "&target_link_uri=", SP_REASON_BAD_RETURN_URL, "target_link_uri"},
        {ISS "&target_link_uri=https://evil.test/", SP_REASON_BAD_RETURN_URL, "target_link_uri"},
        {ISS "&target_link_uri=//evil.test/", SP_REASON_BAD_RETURN_URL, "target_link_uri"},
        {ISS "&target_link_uri=javascript:alert(1)", SP_REASON_BAD_RETURN_URL, "target_link_uri"},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *uri = text(LOGIN "?%s", cases[i].query);
        const char *const cookies[] = {"", usual_cookie(f)};
        for (size_t j = 0; j < 2; j++) {
            struct sp_transaction *t = ASK(f, .uri = uri, .lines = lines(NAVIGATION, cookies[j]));
            ck_assert_answer(t, 400, cases[i].reason);
            ck_assert_contains(body_of(t), cases[i].named);
            ck_assert_contains(body_of(t), "href=\"" ORIGIN "/\"");
            ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        }
        ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = LOGIN, .lines = FORM, .body = cases[i].query),
                         400, cases[i].reason);
        ck_assert_lacks(take_log(f), "evil");
    }
}
SP_TEST_END

SP_TEST(a_hint_has_a_ceiling_and_is_carried_as_it_is)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t =
        ASK(f, .uri = text(LOGIN "?login_hint=%s", repeat('x', SP_LOGIN_PAGE_HINT_MAX)), .lines = NAVIGATION);
    ck_assert_str_eq(parameter(field_of(t, "Location"), "login_hint"), repeat('x', SP_LOGIN_PAGE_HINT_MAX));
    t = ASK(f, .uri = text(LOGIN "?login_hint=%s", repeat('x', SP_LOGIN_PAGE_HINT_MAX + 1)),
            .lines = NAVIGATION);
    ck_assert_answer(t, 400, SP_REASON_BAD_LOGIN_REQUEST);
    ck_assert_contains(body_of(t), "512 bytes");
    t = ASK(f, .uri = LOGIN "?login_hint=Zo%c3%ab+%26scope%3dx%23", .lines = NAVIGATION);
    ck_assert_str_eq(parameter(field_of(t, "Location"), "login_hint"), "Zo\xc3\xab &scope=x#");
    ck_assert_str_eq(parameter(field_of(t, "Location"), "scope"), "openid email profile groups");
    ck_assert_lacks(take_log(f), "Zo");
}
SP_TEST_END

SP_TEST(a_hint_goes_along_to_another_listed_host)
{
    FIXTURE f = fixture_new("hosts: [" ORIGIN ", https://b.example.com]");
    struct sp_transaction *t =
        ASK(f, .uri = LOGIN "?target_link_uri=https://b.example.com/x&login_hint=a%26b", .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_RELAYED);
    ck_assert_str_eq(
        field_of(t, "Location"),
        "https://b.example.com/_sallyport/login?rd=https%3A%2F%2Fb.example.com%2Fx&login_hint=a%26b");
}
SP_TEST_END

/* A POST is redirected to the same page by GET, because a POST from another site carries no cookie. */
SP_TEST(a_post_is_sent_here_again_by_get_with_what_it_said)
{
    static const char *const forms[] = {ISS "&target_link_uri=%2Fx&login_hint=ada", "", ISS};
    static const char *const ends[] = {"%2Fx&login_hint=ada", "%2F", "%2F"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *const cookies[] = {"", usual_cookie(f)};
        for (size_t j = 0; j < 2; j++) {
            struct sp_transaction *t = ASK_DIRECT(f, .method = "POST", .uri = LOGIN, .body = forms[i],
                                                  .lines = lines(FORM, cookies[j]));
            ck_assert_answer(t, 303, SP_REASON_RELAYED);
            ck_assert_str_eq(field_of(t, "Location"),
                             text(ORIGIN LOGIN "?rd=https%%3A%%2F%%2Fapp.example.com%s", ends[i]));
            ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        }
        /* through the middleware only the query exists */
        struct sp_transaction *t = ASK(f, .method = "POST", .uri = text(LOGIN "?%s", forms[i]));
        ck_assert_answer(t, 303, SP_REASON_RELAYED);
        ck_assert_str_eq(field_of(t, "Location"),
                         text(ORIGIN LOGIN "?rd=https%%3A%%2F%%2Fapp.example.com%s", ends[i]));
    }
}
SP_TEST_END

SP_TEST(a_form_is_one_and_says_nothing_that_the_query_says)
{
    FIXTURE f = fixture_new("");
    static const char *const types[] = {"", "Content-Type: multipart/form-data; boundary=x\r\n",
                                        "Content-Type: application/json\r\n", FORM FORM};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = LOGIN, .lines = types[i], .body = "rd=/x"),
                         400, SP_REASON_BAD_LOGIN_REQUEST);
    }
    const char *charset = "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8\r\n";
    ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = LOGIN, .lines = charset, .body = "rd=/x"), 303,
                     SP_REASON_RELAYED);
    /* once in the query and once in the form is twice */
    ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = LOGIN "?" ISS, .lines = FORM, .body = ISS), 400,
                     SP_REASON_BAD_LOGIN_REQUEST);
    ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = LOGIN "?rd=/x", .lines = FORM, .body = "rd=/x"),
                     400, SP_REASON_BAD_RETURN_URL);
    /* the body of a GET is ignored */
    ck_assert_answer(ASK_DIRECT(f, .uri = LOGIN, .lines = NAVIGATION, .body = "iss=x"), 302,
                     SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_SUITE("gate/login_page", the_login_page_begins_a_login_to_rd, an_address_elsewhere_is_400,
         an_address_at_a_listed_host_begins_its_login_there,
         ac_15_no_return_address_leads_out_of_the_allowed_origins,
         ac_15_with_listed_hosts_an_address_leads_to_one_of_them_or_nowhere,
         a_fetch_or_frame_begins_no_login_at_the_login_page, a_third_party_initiates_a_login_to_its_target,
         what_no_issuer_of_ours_would_ask_is_refused_and_named, a_hint_has_a_ceiling_and_is_carried_as_it_is,
         a_hint_goes_along_to_another_listed_host, a_post_is_sent_here_again_by_get_with_what_it_said,
         a_form_is_one_and_says_nothing_that_the_query_says)
