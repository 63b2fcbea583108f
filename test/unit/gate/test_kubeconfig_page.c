/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/kubeconfig_page.h"

#include "bearer_rig.h"
#include "login.h"
#include "session/packed_token.h"

#define KUBE        "kube.example.com"
#define KUBE_ORIGIN "https://" KUBE
#define PAGE        "/_sallyport/kubeconfig"
#define PROD        PAGE "/prod.yaml"
#define PROD_TOKEN  PAGE "/prod.token.yaml"
#define OWN_SCRIPT  "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\nSec-Fetch-Site: same-origin\r\n"

#define CLUSTERS_OF(more)                                                                                    \
    "kubeconfig:\n"                                                                                          \
    "  origin: " KUBE_ORIGIN "\n"                                                                            \
    "  clusters:\n"                                                                                          \
    "  - {name: prod, server: 'https://api.prod.example.com', client_id: kube-prod}\n"                       \
    "  - {name: dev, server: 'https://api.dev.example.com', client_id: kube-dev, group: [devs, sre]}\n"      \
    "  - {name: lab, server: 'https://api.lab.example.com', client_id: kube-lab, group: lab}\n" more
#define CLUSTERS CLUSTERS_OF("")

/* ---- rig ------------------------------------------------------------------------------------------- */

/* A session at KUBE whose ID token has `left_s` seconds left, and had `lifetime_s` at the sign-in. */
static const char *cookie_with(struct fixture *f, int64_t left_s, int64_t lifetime_s)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_TEXT token = issuer_id_token(&signer, "k", text("{\"exp\":%lld}", (long long)(NOW_S + left_s)));
    struct sp_session session = usual_session();
    SP_BUF_ON_STACK(packed, 4096);
    ck_assert_int_eq(sp_packed_token_encode(sp_str_from_c(token), &packed), SP_OK);
    session.id_token_packed = sp_buf_str(&packed);
    session.login_at_s = session.issued_s = NOW_S + left_s - lifetime_s;
    return text("Cookie: %s\r\n", session_pair(f, KUBE, &session));
}

static const char *good_cookie(struct fixture *f)
{
    return cookie_with(f, 3600, 7200);
}

#define ASK_KUBE(f, ...) ask_direct(f, (struct asked){.host = KUBE, __VA_ARGS__})

/* The ID token in the session of the last answer. */
static const char *token_of_session(const struct sp_transaction *t)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_PACKED_TOKEN_TEXT_MAX);
    ck_assert_int_eq(sp_packed_token_decode(t->selection.session->id_token_packed, &out), SP_OK);
    return text_of(sp_buf_str(&out));
}

/* ---- who may have which ---------------------------------------------------------------------------- */

SP_TEST(the_page_has_the_clusters_of_the_users_groups_and_leads_to_their_files)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const char *body = body_of(ASK_DIRECT(f, .uri = PAGE, .lines = lines(NAVIGATION, usual_cookie(f))));
    ck_assert_answer(&f->t, 200, SP_REASON_NONE);
    ck_assert_contains(body, "<h2>prod</h2>");
    ck_assert_contains(body, "<h2>dev</h2>");
    ck_assert_contains(body, "<h2>All 2 in one file</h2>");
    ck_assert_contains(body, "href=\"" ORIGIN PROD "\"");
    ck_assert_contains(body, "href=\"" ORIGIN PAGE "/dev.yaml\"");
    ck_assert_contains(body, "href=\"" ORIGIN PAGE "/all.yaml\"");
    ck_assert_contains(body, "kubectl config view --flatten");
    ck_assert_contains(body, "krew install oidc-login");
    ck_assert_lacks(body, "api.lab");
    ck_assert_lacks(body, ".token.yaml");
    ck_assert_contains(take_log(f),
                       "\"status\":200,\"reason\":\"none\",\"method\":\"GET\",\"path\":\"" PAGE "\"");
}
SP_TEST_END

SP_TEST(a_file_is_a_download_that_nobody_keeps)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const struct sp_transaction *t = ASK_DIRECT(f, .uri = PROD, .lines = usual_cookie(f));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Content-Type"), "application/yaml");
    ck_assert_str_eq(field_of(t, "Content-Disposition"), "attachment; filename=\"prod.yaml\"");
    ck_assert_str_eq(field_of(t, "Cross-Origin-Resource-Policy"), "same-origin");
    ck_assert_str_eq(field_of(t, "Cache-Control"), "no-store");
    ck_assert_contains(body_of(t), "server: \"https://api.prod.example.com\"");
    ck_assert_contains(body_of(t), "--oidc-client-id=kube-prod");
    ck_assert_lacks(body_of(t), "kube-dev");
    t = ASK_DIRECT(f, .uri = PAGE "/all.yaml", .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_contains(body_of(t), "kube-prod");
    ck_assert_contains(body_of(t), "kube-dev");
    ck_assert_lacks(body_of(t), "kube-lab");
    ck_assert_answer(ASK_DIRECT(f, .method = "HEAD", .uri = PROD, .lines = usual_cookie(f)), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK_DIRECT(f, .method = "POST", .uri = PROD, .lines = usual_cookie(f)), 405,
                     SP_REASON_METHOD_NOT_ALLOWED);
}
SP_TEST_END

SP_TEST(what_the_user_may_not_use_cannot_be_told_from_what_is_not_there)
{
    static const char *const names[] = {"lab.yaml",    "nothing.yaml", "prod",       "prod.yml",
                                        ".yaml",       "PROD.yaml",    "prod.yaml/", "x/prod.yaml",
                                        "%70rod.yaml", "prod.token",   "../me",      ""};
    FIXTURE f = fixture_new(CLUSTERS);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *uri = text(PAGE "/%s", names[i]);
        ck_assert_answer(ASK_DIRECT(f, .uri = uri, .lines = usual_cookie(f)), 404, SP_REASON_NO_SUCH_PAGE);
    }
    struct sp_session session = usual_session();
    session.profile.groups_n = 0;
    const char *cookie = cookie_of(f, &session);
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE "/dev.yaml", .lines = cookie), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD, .lines = cookie), 200, SP_REASON_NONE);

    FIXTURE none = fixture_new("");
    ck_assert_answer(ASK_DIRECT(none, .uri = PAGE, .lines = usual_cookie(none)), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_lacks(
        body_of(ASK_DIRECT(none, .uri = "/_sallyport/me", .lines = lines(NAVIGATION, usual_cookie(none)))),
        "kubectl");
}
SP_TEST_END

SP_TEST(who_may_use_no_cluster_reads_so)
{
    FIXTURE f = fixture_new("site_name: Lab\nsupport_url: mailto:help@example.com\n"
                            "kubeconfig: {clusters: [{name: lab, server: 'https://api.example.com', "
                            "client_id: c, group: lab}]}");
    const char *cookie = usual_cookie(f);
    const char *page = body_of(ASK_DIRECT(f, .uri = PAGE, .lines = lines(NAVIGATION, cookie)));
    ck_assert_contains(page, "do not have access to any cluster");
    ck_assert_contains(page, "<header><bdi>Lab</bdi></header><h1>Your clusters</h1>");
    ck_assert_contains(page, "<a href=\"mailto:help@example.com\">Contact support</a>");
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE "/all.yaml", .lines = cookie), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_contains(body_of(ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = lines(NAVIGATION, cookie))),
                       "href=\"" ORIGIN PAGE "\"");
}
SP_TEST_END

SP_TEST(nobody_signs_in_and_comes_back_and_a_program_gets_401)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const struct sp_transaction *t = ASK_DIRECT(f, .uri = PROD, .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD), 401, SP_REASON_NO_SESSION);
    ck_assert_contains(body_of(&f->t), "/_sallyport/login?rd=%2F_sallyport%2Fkubeconfig%2Fprod.yaml\"");
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE, .lines = expired_cookie(f)), 401, SP_REASON_SESSION_EXPIRED);
    ck_assert_contains(body_of(ASK_DIRECT(f, .uri = PAGE, .lines = FRAME)),
                       "rd=%2F_sallyport%2Fkubeconfig\"");
    f->snapshot->documents = NULL;
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE, .lines = NAVIGATION), 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE, .lines = lines(NAVIGATION, usual_cookie(f))), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD, .lines = lines(NAVIGATION, usual_cookie(f))), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(NAVIGATION, good_cookie(f))), 200,
                     SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(a_user_without_a_name_gets_no_files)
{
    FIXTURE f = fixture_new(CLUSTERS);
    struct sp_session session = usual_session();
    session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    const char *cookie = cookie_of(f, &session);
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD, .lines = cookie), 403, SP_REASON_EMAIL_UNVERIFIED);
    ck_assert_answer(ASK_DIRECT(f, .uri = PAGE, .lines = lines(NAVIGATION, cookie)), 403,
                     SP_REASON_EMAIL_UNVERIFIED);
}
SP_TEST_END

SP_TEST(a_program_with_a_bearer_token_gets_files_but_none_with_a_token)
{
    RIG rig = rig_new(SETTINGS CLUSTERS);
    const char *bearer = header(&rig, "");
    ck_assert_answer(ASK_KUBE(rig.f, .uri = PAGE "/dev.yaml", .lines = bearer), 200, SP_REASON_NONE);
    ck_assert_answer(ASK_KUBE(rig.f, .uri = PAGE, .lines = bearer), 200, SP_REASON_NONE);
    ck_assert_lacks(body_of(&rig.f->t), "token.yaml");
    ck_assert_answer(ASK_KUBE(rig.f, .uri = PROD_TOKEN, .lines = bearer), 404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

/* ---- the file with a token ------------------------------------------------------------------------- */

SP_TEST(the_session_of_the_origin_gives_its_token_out)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const struct sp_transaction *t = ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(OWN_LINK, good_cookie(f)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    const char *token = token_of_session(t);
    ck_assert_contains(body_of(t), text("token: \"%s\"", token));
    ck_assert_lacks(body_of(t), "exec:");
    ck_assert_str_eq(field_of(t, "Content-Disposition"), "attachment; filename=\"prod.token.yaml\"");
    ck_assert_str_eq(field_of(t, "Cache-Control"), "no-store");
    ck_assert_lacks(take_log(f), text("%.20s", token));
    const char *body = body_of(ASK_KUBE(f, .uri = PAGE, .lines = lines(OWN_LINK, good_cookie(f))));
    ck_assert_contains(body, "href=\"" KUBE_ORIGIN PROD_TOKEN "\"");
    ck_assert_contains(body, "until its token expires: 2023-11-14 23:13 UTC.");
    ck_assert_lacks(body, text("%.20s", token));
    t = ASK_KUBE(f, .uri = PAGE "/all.token.yaml", .lines = lines(OWN_LINK, good_cookie(f)));
    ck_assert_contains(body_of(t), "api.dev.example.com");
    ck_assert_lacks(body_of(t), "api.lab.example.com");
    ck_assert_answer(ASK_KUBE(f, .uri = PAGE "/lab.token.yaml", .lines = lines(OWN_LINK, good_cookie(f))),
                     404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

SP_TEST(a_cluster_of_another_issuer_takes_no_token_of_this_one)
{
    FIXTURE f = fixture_new(CLUSTERS_OF("  - {name: far, server: 'https://far.example.com', client_id: far, "
                                        "issuer: 'https://far.example/dex'}\n"));
    ck_assert_answer(ASK_KUBE(f, .uri = PAGE "/far.yaml", .lines = good_cookie(f)), 200, SP_REASON_NONE);
    ck_assert_answer(ASK_KUBE(f, .uri = PAGE "/far.token.yaml", .lines = lines(OWN_LINK, good_cookie(f))),
                     404, SP_REASON_NO_SUCH_PAGE);
    const char *body = body_of(ASK_KUBE(f, .uri = PAGE, .lines = lines(OWN_LINK, good_cookie(f))));
    ck_assert_contains(body, "far.yaml");
    ck_assert_lacks(body, "far.token.yaml");
    ck_assert_lacks(
        body_of(ASK_KUBE(f, .uri = PAGE "/all.token.yaml", .lines = lines(OWN_LINK, good_cookie(f)))),
        "far.example");
}
SP_TEST_END

SP_TEST(ac_57_at_any_other_origin_there_is_no_file_with_a_token)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const char *cookie = lines(OWN_LINK, usual_cookie(f));
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD_TOKEN, .lines = cookie), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK_DIRECT(f, .uri = PROD_TOKEN), 404, SP_REASON_NO_SUCH_PAGE);
    const char *at_kube = lines(OWN_LINK, good_cookie(f));
    ck_assert_answer(ask_direct(f, (struct asked){.host = KUBE ":8443", .uri = PROD_TOKEN, .lines = at_kube}),
                     404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK_KUBE(f, .proto = "http", .uri = PROD_TOKEN, .lines = at_kube), 403,
                     SP_REASON_INSECURE_PROTO);
    ck_assert_contains(body_of(ASK_DIRECT(f, .uri = PAGE, .lines = cookie)), "href=\"" KUBE_ORIGIN PAGE "\"");
    FIXTURE without = fixture_new("kubeconfig: {clusters: [{name: prod, server: 'https://api.example.com', "
                                  "client_id: c}]}");
    ck_assert_answer(ASK_DIRECT(without, .uri = PROD_TOKEN, .lines = lines(OWN_LINK, usual_cookie(without))),
                     404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_lacks(
        body_of(ASK_DIRECT(without, .uri = PAGE, .lines = lines(OWN_LINK, usual_cookie(without)))),
        "Without the plugin");
}
SP_TEST_END

SP_TEST(ac_57_the_token_is_given_to_its_user_and_to_no_page_of_another_site)
{
    static const char *const given[] = {NAVIGATION, OWN_LINK, PASSED_ON, "", OLD, "Accept: */*\r\n"};
    static const char *const refused[] = {FETCH,
                                          FRAME,
                                          SIBLING,
                                          STRANGER,
                                          IMAGE,
                                          MADE_ANEW,
                                          PREFETCH,
                                          OWN_SCRIPT,
                                          "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
                                          "Sec-Fetch-Site: none\r\n"};
    FIXTURE f = fixture_new(CLUSTERS);
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(given[i], good_cookie(f))), 200,
                         SP_REASON_NONE);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct sp_transaction *t =
            ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(refused[i], good_cookie(f)));
        ck_assert_answer(t, 403, SP_REASON_CROSS_SITE);
        ck_assert_lacks(body_of(t), text("%.20s", token_of_session(t)));
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
}
SP_TEST_END

SP_TEST(a_token_with_five_minutes_left_is_given_and_with_a_second_less_a_sign_in_brings_another)
{
    FIXTURE f = fixture_new(CLUSTERS "\nname_cookie: shown");
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(OWN_LINK, cookie_with(f, 300, 3600))), 200,
                     SP_REASON_NONE);
    const char *ending = cookie_with(f, 299, 3600);
    const struct sp_transaction *t = ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(OWN_LINK, ending));
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert(sp_str_starts_with(nth_field(&t->answer, "Set-Cookie", 0), SP_STR("__Host-sallyport=; ")));
    ck_assert(sp_str_starts_with(nth_field(&t->answer, "Set-Cookie", 1), SP_STR("shown=; ")));
    ck_assert_contains(body_of(ASK_KUBE(f, .uri = PAGE, .lines = lines(OWN_LINK, ending))),
                       "within five minutes");

    t = ASK_KUBE(f, .uri = PROD_TOKEN, .lines = ending);
    ck_assert_answer(t, 401, SP_REASON_SESSION_EXPIRED);
    ck_assert_contains(body_of(t), "expires within five minutes");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    f->snapshot->documents = NULL;
    t = ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(OWN_LINK, ending));
    ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0); /* the session continues */
}
SP_TEST_END

SP_TEST(a_token_that_no_sign_in_would_make_better_is_not_to_be_had_and_the_page_says_why)
{
    FIXTURE f = fixture_new(CLUSTERS);
    struct sp_session session = usual_session();
    const char *without = text("Cookie: %s\r\n", session_pair(f, KUBE, &session));
    const char *const cookies[] = {without, cookie_with(f, 200, 299)};
    static const char *const why[] = {"the cookie has no room for it",
                                      "expire within five minutes of a sign-in"};
    for (size_t i = 0; i < 2; i++) {
        const struct sp_transaction *t =
            ASK_KUBE(f, .uri = PROD_TOKEN, .lines = lines(NAVIGATION, cookies[i]));
        ck_assert_answer(t, 404, SP_REASON_NO_SUCH_PAGE);
        ck_assert_contains(body_of(t), why[i]);
        ck_assert_contains(body_of(t), "href=\"" KUBE_ORIGIN PAGE "\">Go to the clusters</a>");
        t = ASK_KUBE(f, .uri = PAGE, .lines = lines(NAVIGATION, cookies[i]));
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_contains(body_of(t), why[i]);
        ck_assert_lacks(body_of(t), ".token.yaml");
    }
}
SP_TEST_END

SP_TEST(a_sign_in_for_a_file_with_a_token_leads_to_the_page)
{
    FIXTURE f = fixture_new(CLUSTERS);
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN), 401, SP_REASON_NO_SESSION);
    ck_assert_contains(body_of(&f->t), "/_sallyport/login?rd=%2F_sallyport%2Fkubeconfig\"");
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = NAVIGATION), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(a_session_that_was_ended_gives_no_token)
{
    FIXTURE f = fixture_new(CLUSTERS);
    const char *cookie = lines(OWN_LINK, good_cookie(f));
    const struct sp_revocation all = {.kind = SP_REVOCATION_USER,
                                      .sub = SP_STR(ISSUER_SUB),
                                      .began_by_s = NOW_S,
                                      .until_s = NOW_S + 43200,
                                      .lifetime_s = 43200};
    ck_assert_int_eq(sp_revocations_add(f->process.revocations, &all, NOW_S), SP_REVOKED_ADDED);
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = cookie), 302, SP_REASON_SESSION_REVOKED);
    ck_assert_answer(ASK_KUBE(f, .uri = PROD_TOKEN, .lines = good_cookie(f)), 401, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

/* ---- the host -------------------------------------------------------------------------------------- */

SP_TEST(ac_57_no_application_stands_at_the_host_of_the_origin)
{
    static const char *const kinds[] = {
        NAVIGATION,
        FETCH,
        WEBSOCKET,
        GRPC,
        "Service-Worker: script\r\n",
        "Origin: https://x.example\r\nAccess-Control-Request-Method: GET\r\n"};
    static const char *const hosts[] = {KUBE, KUBE ":8443", "KUBE.example.com"};
    FIXTURE f = fixture_new(CLUSTERS "policies: {default: [{action: public}]}\ncallback_path: /_oauth\n");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (size_t k = 0; k < sizeof hosts / sizeof hosts[0]; k++) {
            const char *cookie = lines(kinds[i], good_cookie(f));
            ck_assert_answer(ASK(f, .host = hosts[k], .uri = "/sw.js", .lines = cookie), 404,
                             SP_REASON_NO_SUCH_PAGE);
        }
    }
    ck_assert_answer(ASK(f, .host = KUBE, .method = "OPTIONS", .lines = kinds[5]), 404,
                     SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = PAGE "x"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = PAGE, .lines = good_cookie(f)), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = "/_sallyport/signed-out"), 401, SP_REASON_SIGNED_OUT);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = "/_oauth?x"), 400, SP_REASON_BAD_CALLBACK);
    ck_assert_answer(ASK(f, .uri = "/sw.js"), 200, SP_REASON_NONE); /* of another host */

    const struct sp_transaction *t = ASK_KUBE(f, .uri = "/", .lines = NAVIGATION);
    ck_assert_answer(t, 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_contains(body_of(t), "href=\"" KUBE_ORIGIN PAGE "\">Go to the clusters</a>");
    ck_assert_contains(take_log(f), "serves only the pages below /_sallyport");
}
SP_TEST_END

SP_TEST(direct_pages_let_the_files_through_and_nothing_beside_them)
{
    FIXTURE f = fixture_new(CLUSTERS "direct_pages: true\n");
    ck_assert_answer(ASK(f, .uri = PAGE), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = PROD_TOKEN), 200, SP_REASON_NONE);
    ck_assert_uint_eq(f->t.answer.fields_n, 0);
    ck_assert_answer(ASK(f, .uri = PAGE "/sw.js"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .uri = PAGE "/"), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .host = KUBE, .uri = "/x"), 404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

/* ---- size and markup ------------------------------------------------------------------------------- */

/* `n` clusters with a description, a certificate of that length, and more. */
static const char *many_clusters(size_t n, const char *description, size_t certificate_len)
{
    static char settings[TEXT_LEN_MAX];
    SP_BUF_SCOPED struct sp_buf pem;
    char *encoded = malloc(certificate_len * 2 + 64);
    sp_buf_init(&pem, certificate_len + 64);
    sp_buf_append_c(&pem, "-----BEGIN CERTIFICATE-----\n");
    sp_buf_append(&pem, (struct sp_str){repeat('A', certificate_len), certificate_len});
    encoded[sp_base64_encode((const uint8_t *)pem.ptr, pem.len, encoded)] = '\0';
    size_t len =
        (size_t)snprintf(settings, sizeof settings, "kubeconfig:\n  origin: " KUBE_ORIGIN "\n  clusters:\n");
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(settings + len, sizeof settings - len,
                                "  - {name: c%zu%s, server: 'https://api.example.com/%s', client_id: c, "
                                "description: '%s', ca_data: %s}\n",
                                i, i < 10 ? repeat('x', 50) : "", i < 5 ? repeat('&', 900) : "", description,
                                encoded);
        ck_assert_uint_lt(len, sizeof settings);
    }
    free(encoded);
    return settings;
}

/* The page of a configuration that is longer than the limit of `text`. */
static struct sp_str page_of_many(struct fixture *f)
{
    const struct sp_transaction *t = ASK_KUBE(f, .uri = PAGE, .lines = lines(NAVIGATION, good_cookie(f)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    return sp_buf_str(&t->answer.long_body);
}

static size_t count_in(struct sp_str whole, const char *part)
{
    const char *end = whole.ptr + whole.len;
    size_t n = 0;
    while ((whole.ptr = memmem(whole.ptr, whole.len, part, strlen(part))) != NULL) {
        n++;
        whole = (struct sp_str){whole.ptr + 1, (size_t)(end - whole.ptr) - 1};
    }
    return n;
}

/* Extends the certificate of each by `len` bytes, which is more than the settings allow here. */
static void lengthen(struct fixture *f, size_t len)
{
    const struct sp_kubeconfig_settings *settings = &f->snapshot->config->kubeconfig;
    for (size_t i = 0; i < settings->clusters_n; i++) {
        free(settings->clusters[i].ca_data);
        settings->clusters[i].ca_data = strdup(repeat('A', len));
        ck_assert_ptr_nonnull(settings->clusters[i].ca_data);
    }
}

SP_TEST(the_page_holds_as_many_clusters_as_there_can_be)
{
    const char *description = text("%s", repeat('&', SP_KUBE_DESCRIPTION_MAX));
    FIXTURE f = fixture_new(many_clusters(SP_KUBE_CLUSTERS_MAX, description, 64));
    ck_assert_uint_eq(count_in(page_of_many(f), "END_OF_KUBECONFIG"), 2 * SP_KUBE_CLUSTERS_MAX);
    lengthen(f, 5000);
    struct sp_str page = page_of_many(f);
    size_t saves_n = count_in(page, "END_OF_KUBECONFIG");
    ck_assert(saves_n > SP_KUBE_CLUSTERS_MAX && saves_n < 2 * SP_KUBE_CLUSTERS_MAX);
    ck_assert_uint_eq(count_in(page, "config.merged &amp;&amp;"), SP_KUBE_CLUSTERS_MAX + 1);
    ck_assert_uint_le(page.len, SP_KUBECONFIG_PAGE_MAX);
    ck_assert_uint_gt(page.len, SP_KUBECONFIG_PAGE_SAVES_MAX);
}
SP_TEST_END

SP_TEST(a_file_that_is_too_long_to_paste_is_downloaded)
{
    FIXTURE f = fixture_new(many_clusters(1, "it", 4000));
    struct sp_str pasted = page_of_many(f);
    ck_assert_uint_eq(count_in(pasted, "END_OF_KUBECONFIG"), 2);
    ck_assert_uint_eq(count_in(pasted, "Or move the downloaded file to <code>.kube"), 2);
    FIXTURE longer = fixture_new(many_clusters(1, "it", 8000));
    struct sp_str page = page_of_many(longer);
    ck_assert_uint_eq(count_in(page, "END_OF_KUBECONFIG"), 0);
    ck_assert_uint_eq(count_in(page, "Move the downloaded file to <code>.kube"), 2);
}
SP_TEST_END

SP_TEST(ac_64_what_describes_a_cluster_is_text)
{
    static const char *const hostile[] = {"<script>alert(1)</script>", "\"><img src=x onerror=y>",
                                          "&lt;b&gt;", "</pre></details><h1>x"};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        FIXTURE f = fixture_new(many_clusters(1, hostile[i], 100));
        const char *body = body_of(ASK_KUBE(f, .uri = PAGE, .lines = lines(NAVIGATION, good_cookie(f))));
        ck_assert_lacks(body, hostile[i]);
        SP_BUF_ON_STACK(quoted, 1024);
        sp_quote_append_html(sp_str_from_c(hostile[i]), &quoted);
        ck_assert_contains(body, text("<bdi>%s</bdi>", text_of(sp_buf_str(&quoted))));
    }
}
SP_TEST_END

SP_SUITE("gate/kubeconfig_page", the_page_has_the_clusters_of_the_users_groups_and_leads_to_their_files,
         a_file_is_a_download_that_nobody_keeps,
         what_the_user_may_not_use_cannot_be_told_from_what_is_not_there, who_may_use_no_cluster_reads_so,
         nobody_signs_in_and_comes_back_and_a_program_gets_401, a_user_without_a_name_gets_no_files,
         a_program_with_a_bearer_token_gets_files_but_none_with_a_token,
         the_session_of_the_origin_gives_its_token_out,
         a_cluster_of_another_issuer_takes_no_token_of_this_one,
         ac_57_at_any_other_origin_there_is_no_file_with_a_token,
         ac_57_the_token_is_given_to_its_user_and_to_no_page_of_another_site,
         a_token_with_five_minutes_left_is_given_and_with_a_second_less_a_sign_in_brings_another,
         a_token_that_no_sign_in_would_make_better_is_not_to_be_had_and_the_page_says_why,
         a_sign_in_for_a_file_with_a_token_leads_to_the_page, a_session_that_was_ended_gives_no_token,
         ac_57_no_application_stands_at_the_host_of_the_origin,
         direct_pages_let_the_files_through_and_nothing_beside_them,
         the_page_holds_as_many_clusters_as_there_can_be, a_file_that_is_too_long_to_paste_is_downloaded,
         ac_64_what_describes_a_cluster_is_text)
