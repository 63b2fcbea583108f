/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/gate.h"

#include "fixture.h"

/* ---- the verdict table of the design --------------------------------------------------------------- */

SP_TEST(a_valid_session_is_allowed_with_identity)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .uri = "/x?y", .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    ck_assert_str_eq(field_of(t, "X-Forwarded-Email"), "ada@example.com");
    ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), "ops,sre");
    ck_assert_str_eq(field_of(t, "X-Forwarded-Preferred-Username"), "ada");
    ck_assert_uint_eq(t->answer.fields_n, 4);
    ck_assert_str_eq(take_log(f), "");
}
SP_TEST_END

SP_TEST(a_session_that_the_policy_refuses_is_403_by_what_the_request_shows)
{
    FIXTURE f = fixture_new("policies: {default: [{action: allow, group: nobody}]}");
    const char *cookie = usual_cookie(f);
    struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, cookie));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_contains(body_of(t), "<bdi>ada@example.com</bdi>");
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/logout\"");
    t = ASK(f, .lines = lines(FETCH, cookie));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_str_eq(field_of(t, "Content-Type"), "application/problem+json");
    ck_assert_int_eq(t->verdict, SP_VERDICT_DENY);
}
SP_TEST_END

SP_TEST(an_anonymous_navigation_is_sent_to_the_issuer)
{
    static const char *const kinds[] = {NAVIGATION, OWN_LINK, STRANGER, OLD};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = "/x?y=z", .lines = kinds[i]);
        ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
        ck_assert_int_eq(t->verdict, SP_VERDICT_LOGIN);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 1);
        ck_assert_int_eq(strncmp(field_of(t, "Location"), ISSUER "/auth?", strlen(ISSUER "/auth?")), 0);
    }
    ck_assert_answer(ASK(f, .method = "HEAD", .lines = NAVIGATION), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(an_anonymous_frame_gets_a_page_whose_link_opens_at_the_top)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .uri = "/x?y", .lines = FRAME);
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_contains(body_of(t), "href=\"" ORIGIN "/_sallyport/login?rd=%2Fx%3Fy\" target=\"_top\"");
    ck_assert_lacks(field_of(t, "Content-Security-Policy"), "frame-ancestors");
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(an_anonymous_form_is_told_that_it_was_not_sent)
{
    FIXTURE f = fixture_new("");
    const char *const cookies[] = {"", expired_cookie(f), "Cookie: __Host-sallyport=nonsense\r\n"};
    for (size_t i = 0; i < sizeof cookies / sizeof cookies[0]; i++) {
        struct sp_transaction *t = ASK(f, .method = "POST", .lines = lines(OWN_LINK, cookies[i]));
        ck_assert_uint_eq(t->answer.status, 401);
        ck_assert_contains(body_of(t), "Your form was not sent");
        ck_assert_contains(body_of(t), "target=\"_blank\" rel=\"noopener noreferrer\"");
        ck_assert_contains(field_of(t, "Content-Security-Policy"), "frame-ancestors 'none'");
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
}
SP_TEST_END

SP_TEST(ac_12_what_is_anonymous_and_no_navigation_gets_a_problem)
{
    static const char *const kinds[] = {FETCH, IMAGE, WEBSOCKET, GRPC, XHR, "", "Accept: */*\r\n"};
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .uri = "/x", .lines = kinds[i]);
        ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
        ck_assert_int_eq(t->verdict, SP_VERDICT_LOGIN);
        ck_assert_str_eq(field_of(t, "Content-Type"), "application/problem+json");
        ck_assert_contains(body_of(t), "\"login\":\"" ORIGIN "/_sallyport/login?rd=%2Fx\"");
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    }
    ck_assert_answer(ASK(f, .proto = "wss"), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .method = "PUT", .lines = NAVIGATION), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(a_prefetch_begins_no_login)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .lines = PREFETCH);
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
}
SP_TEST_END

SP_TEST(ac_42_without_the_issuer_sessions_are_served_and_all_others_503)
{
    static const char *const kinds[] = {NAVIGATION, FETCH, FRAME, WEBSOCKET, PREFETCH};
    FIXTURE f = fixture_new("");
    f->snapshot->documents = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sp_transaction *t = ASK(f, .lines = kinds[i]);
        ck_assert_answer(t, 503, SP_REASON_ISSUER_UNAVAILABLE);
        ck_assert_int_eq(t->verdict, SP_VERDICT_UNAVAILABLE);
        ck_assert_str_eq(field_of(t, "Retry-After"), "5");
    }
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, usual_cookie(f))), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(plain_http_is_refused_with_its_cause_and_begins_no_login)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .proto = "http", .lines = NAVIGATION);
    ck_assert_answer(t, 403, SP_REASON_INSECURE_PROTO);
    ck_assert_contains(body_of(t), "forwardedHeaders.trustedIPs");
    ck_assert_answer(ASK(f, .proto = "http", .lines = usual_cookie(f)), 403, SP_REASON_INSECURE_PROTO);
    ck_assert_answer(ASK(f, .proto = "ws", .lines = WEBSOCKET), 403, SP_REASON_INSECURE_PROTO);
    ck_assert_answer(ASK(f, .proto = "http", .uri = "/_sallyport/login"), 403, SP_REASON_INSECURE_PROTO);
    FIXTURE insecure = fixture_new("insecure_http: true");
    t = ASK(insecure, .proto = "http", .lines = NAVIGATION);
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_int_eq(strncmp(field_of(t, "Set-Cookie"), "sallyport-", 10), 0);
    ck_assert_lacks(field_of(t, "Set-Cookie"), "Secure");
}
SP_TEST_END

SP_TEST(why_there_is_no_session_is_said)
{
    FIXTURE f = fixture_new("");
    struct sp_session other = usual_session();
    other.id[0] ^= 1;
    const char *both = text("Cookie: %s; %s\r\n", session_pair(f, HOST, &other),
                            session_pair(f, HOST, &(struct sp_session[]){usual_session()}[0]));
    ck_assert_answer(ASK(f, .lines = expired_cookie(f)), 401, SP_REASON_SESSION_EXPIRED);
    ck_assert_answer(ASK(f, .lines = "Cookie: __Host-sallyport=x\r\n"), 401, SP_REASON_SESSION_INVALID);
    ck_assert_answer(ASK(f, .lines = both), 401, SP_REASON_SESSION_AMBIGUOUS);
    ck_assert_answer(ASK(f, .lines = lines(NAVIGATION, expired_cookie(f))), 302, SP_REASON_SESSION_EXPIRED);
    /* A login would only add a third cookie. */
    struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, both));
    ck_assert_answer(t, 401, SP_REASON_SESSION_AMBIGUOUS);
    ck_assert_contains(body_of(t), "Delete the cookies");
}
SP_TEST_END

SP_TEST(an_unverified_or_reserved_name_is_403)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    ck_assert_answer(ASK(f, .lines = cookie_of(f, &session)), 403, SP_REASON_EMAIL_UNVERIFIED);
    session.profile.email_verified = SP_EMAIL_VERIFIED_YES;
    session.profile.email = SP_STR("system:admin");
    ck_assert_answer(ASK(f, .lines = cookie_of(f, &session)), 403, SP_REASON_RESERVED_NAME);
    session.profile.email = SP_STR("a\x01@b");
    struct sp_transaction *t = ASK(f, .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_answer(t, 403, SP_REASON_USER_NOT_REPRESENTABLE);
    session.profile.email = SP_STR_NONE;
    ck_assert_answer(ASK(f, .lines = cookie_of(f, &session)), 403, SP_REASON_USER_NOT_REPRESENTABLE);
}
SP_TEST_END

/* ---- the request ----------------------------------------------------------------------------------- */

#define PROTO  "X-Forwarded-Proto: https\r\n"
#define HOSTED "X-Forwarded-Host: " HOST "\r\n"
#define URI    "X-Forwarded-Uri: /x\r\n"
#define METHOD "X-Forwarded-Method: GET\r\n"

SP_TEST(ac_01_ac_02_ambiguous_input_is_400_and_ends_the_connection)
{
    static const struct {
        const char *lines;
        enum sp_reason reason;
    } cases[] = {
        {HOSTED URI METHOD, SP_REASON_MISSING_HEADER},
        {PROTO URI METHOD, SP_REASON_MISSING_HEADER},
        {PROTO HOSTED METHOD, SP_REASON_MISSING_HEADER},
        {PROTO HOSTED URI, SP_REASON_MISSING_HEADER},
        {PROTO HOSTED URI METHOD URI, SP_REASON_DUPLICATE_HEADER},
        {PROTO HOSTED URI METHOD "x-forwarded-host: b\r\n", SP_REASON_DUPLICATE_HEADER},
        {PROTO "X-Forwarded-Host: a, b\r\n" URI METHOD, SP_REASON_MALFORMED_HOST},
        {PROTO "X-Forwarded-Host: u@a\r\n" URI METHOD, SP_REASON_MALFORMED_HOST},
        {PROTO HOSTED "X-Forwarded-Uri: x\r\n" METHOD, SP_REASON_MALFORMED_URI},
        {PROTO HOSTED "X-Forwarded-Uri: /x#y\r\n" METHOD, SP_REASON_MALFORMED_URI},
        {PROTO HOSTED URI "X-Forwarded-Method: get\r\n", SP_REASON_MALFORMED_REQUEST},
        {"X-Forwarded-Proto: ftp\r\n" HOSTED URI METHOD, SP_REASON_MALFORMED_REQUEST},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_transaction *t = ask_plainly(f, "/auth/traefik", cases[i].lines);
        ck_assert_answer(t, 400, cases[i].reason);
        ck_assert(t->answer.close);
        t = ask_plainly(f, "/auth/traefik", lines(cases[i].lines, lines(OLD, usual_cookie(f))));
        ck_assert_answer(t, 400, cases[i].reason);
        ck_assert_str_eq(field_of(t, "Content-Type"), "text/html; charset=utf-8");
    }
    ck_assert_answer(ask_plainly(f, "/auth/traefik", PROTO HOSTED URI METHOD), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

/* True if the name contains a hyphen; then each spelling with `_` or `.` instead is refused. */
static bool assert_aliases_refused(struct fixture *f, struct sp_str name)
{
    size_t spelled_n = 0;
    for (size_t at = 0; at < name.len; at++) {
        for (const char *byte = "_."; name.ptr[at] == '-' && *byte != '\0'; byte++, spelled_n++) {
            struct sp_str rest = sp_str_skip(name, at + 1);
            const char *line = text("%.*s%c%.*s: x\r\n", (int)at, name.ptr, *byte, SP_STR_ARGS(rest));
            struct sp_transaction *t = ASK(f, .lines = lines(line, usual_cookie(f)));
            ck_assert_answer(t, 400, SP_REASON_ALIAS_HEADER);
            ck_assert_contains(body_of(t), text("could be mistaken for %.*s.", SP_STR_ARGS(name)));
        }
    }
    return spelled_n > 0;
}

SP_TEST(ac_03_an_alias_of_any_name_that_is_read_or_emitted_is_refused)
{
    FIXTURE f = fixture_new("headers:\n  mine:\n    X-My-Claim: department\n    Remote-Thing: email");
    const struct sp_config *config = f->snapshot->config;
    size_t names_n = 0;
    for (enum sp_header_id id = SP_HEADER_OTHER + 1; id < SP_HEADER_ID_COUNT; id++) {
        if ((sp_header_roles(id) & SP_HEADER_ROLES_READ) != 0) {
            names_n += assert_aliases_refused(f, sp_header_name(id));
        }
    }
    ck_assert_uint_gt(names_n, 15);
    for (size_t i = 0; i < config->header_sets_n; i++) {
        for (size_t j = 0; j < config->header_sets[i].rules_n && !config->header_sets[i].impersonates; j++) {
            names_n += assert_aliases_refused(f, sp_str_from_c(config->header_sets[i].rules[j].name));
        }
    }
    ck_assert_uint_gt(names_n, 25);
    ck_assert_answer(ASK(f, .lines = "X_Other_Thing: x\r\n"), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .lines = lines("X-Forwarded-User: root\r\n", usual_cookie(f))), 200,
                     SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_05_headers_of_the_client_choose_nothing)
{
    FIXTURE f = fixture_new("forwarded_prefixes: [/app]");
    struct sp_transaction *t =
        ASK(f, .uri = "/x",
            .lines = NAVIGATION "X-Auth-Request-Redirect: https://evil.test/\r\n"
                                "X-Original-URL: https://evil.test/\r\nX-Forwarded-Port: 99\r\n"
                                "Forwarded: host=evil.test\r\nX-Forwarded-Prefix: /app\r\n");
    ck_assert_answer(t, 302, SP_REASON_NO_SESSION);
    ck_assert_lacks(field_of(t, "Location"), "evil");
    ck_assert_contains(field_of(t, "Location"), "redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport");
    ck_assert_str_view(t->request.target.raw, "/x");
}
SP_TEST_END

#define BY_PATH   "policies: {default: [{action: public, path: /open}, {action: allow}]}"
#define BY_METHOD "policies: {default: [{action: deny, method: DELETE}, {action: allow}]}"

SP_TEST(ac_90_a_header_that_overrides_what_the_policy_decides_by_is_refused)
{
    static const struct {
        const char *settings;
        const char *refused;
        const char *passes;
    } cases[] = {
        {BY_PATH, "X-Original-URL: /admin\r\n", "X-HTTP-Method-Override: DELETE\r\n"},
        {BY_PATH, "X_Rewrite_Url: /admin\r\n", "X_HTTP_Method: DELETE\r\n"},
        {BY_METHOD, "X-HTTP-Method-Override: DELETE\r\n", "X-Original-URI: /admin\r\n"},
        {BY_METHOD, "x.method.override: DELETE\r\n", "X.Original.Url: /admin\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FIXTURE f = fixture_new(cases[i].settings);
        const char *cookie = usual_cookie(f);
        ck_assert_answer(ASK(f, .lines = lines(cases[i].passes, cookie)), 200, SP_REASON_NONE);
        const char *const targets[] = {"/open", "/x", "/_sallyport/me", "/_sallyport/login"};
        for (size_t j = 0; j < sizeof targets / sizeof targets[0]; j++) {
            struct sp_transaction *t =
                ASK(f, .uri = targets[j], .lines = lines(cases[i].refused, lines(NAVIGATION, cookie)));
            ck_assert_answer(t, 400, SP_REASON_OVERRIDE_HEADER);
            ck_assert(t->answer.close);
            ck_assert_str_eq(field_of(t, "X-Sallyport-Reason"), "override_header");
        }
    }
}
SP_TEST_END

SP_TEST(ac_90_the_page_and_the_log_name_the_header_and_not_its_value)
{
    FIXTURE f = fixture_new(BY_PATH);
    struct sp_transaction *t = ASK(f, .lines = NAVIGATION "X_original_url: /s3cret\r\n");
    ck_assert_contains(body_of(t), "The header is X-Original-URL.");
    ck_assert_lacks(body_of(t), "s3cret");
    ck_assert_contains(body_of(ASK(f, .lines = FETCH "X_original_url: /\r\n")),
                       "path or method. The header is X-Original-URL.\"");
    const char *log = take_log(f);
    ck_assert_contains(log, "\"reason\":\"override_header\"");
    ck_assert_contains(log, "\"policy\":\"default\"");
    ck_assert_contains(log, "\"detail\":\"The header is X-Original-URL.\"");
    ck_assert_lacks(log, "s3cret");
}
SP_TEST_END

SP_TEST(ac_90_only_the_rules_of_the_policy_in_force_count)
{
    FIXTURE f = fixture_new("policies:\n  default: authenticated\n"
                            "  path: [{action: allow, host: " HOST "}, {action: deny, path_prefix: /admin}]\n"
                            "  preflight: [{action: public, cors_preflight: true}, {action: allow}]\n"
                            "  glob: [{action: allow, path_glob: /a/**}]");
    const char *both = lines(lines("X-Original-URL: /\r\nX-HTTP-Method: PUT\r\n", OLD), usual_cookie(f));
    ck_assert_answer(ASK(f, .lines = both), 200, SP_REASON_NONE);
    struct sp_transaction *t = ASK(f, .address = "/auth/traefik?policy=path", .lines = both);
    ck_assert_answer(t, 400, SP_REASON_OVERRIDE_HEADER);
    ck_assert_contains(body_of(t), "X-Original-URL");
    t = ASK(f, .address = "/auth/traefik?policy=preflight", .lines = both);
    ck_assert_answer(t, 400, SP_REASON_OVERRIDE_HEADER);
    ck_assert_contains(body_of(t), "X-HTTP-Method.");
    t = ASK(f, .address = "/auth/traefik?policy=glob", .uri = "/a/b", .lines = both);
    ck_assert_answer(t, 400, SP_REASON_OVERRIDE_HEADER);
}
SP_TEST_END

SP_TEST(a_prefix_is_put_back_where_the_address_says_so)
{
    FIXTURE f =
        fixture_new("forwarded_prefixes: [/app]\npolicies: {default: [{action: public, path: /app/x}]}");
    const char *at = "/auth/traefik?prefix=1";
    ck_assert_answer(ASK(f, .address = at, .uri = "/x", .lines = "X-Forwarded-Prefix: /app\r\n"), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK(f, .uri = "/x", .lines = "X-Forwarded-Prefix: /app\r\n"), 403,
                     SP_REASON_POLICY_DENIED);
    ck_assert_answer(ASK(f, .address = at, .uri = "/x"), 403, SP_REASON_POLICY_DENIED);
    ck_assert_answer(ASK(f, .address = at, .uri = "/x", .lines = "X-Forwarded-Prefix: /evil\r\n"), 400,
                     SP_REASON_UNKNOWN_PREFIX);
}
SP_TEST_END

/* ---- the middleware's address ---------------------------------------------------------------------- */

#define POLICIES                                                                                             \
    "policies:\n  default: authenticated\n  ops: [{action: allow, group: nobody}]\n"                         \
    "headers:\n  mine: {X-Who: email}\n"

SP_TEST(ac_28_the_address_picks_policy_and_headers)
{
    FIXTURE f = fixture_new(POLICIES);
    const char *cookie = usual_cookie(f);
    ck_assert_answer(ASK(f, .address = "/auth/traefik?policy=ops", .lines = cookie), 403,
                     SP_REASON_POLICY_DENIED);
    struct sp_transaction *t =
        ASK(f, .address = "/auth/traefik?headers=mine&policy=d%65fault", .lines = cookie);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Who"), "ada@example.com");
    ck_assert_uint_eq(t->answer.fields_n, 1);
    for (size_t i = 0; i < 3; i++) { /* the second time from the cache */
        t = ASK(f, .address = "/auth/traefik?headers=mine,identity,impersonate", .lines = cookie);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "X-Who"), "ada@example.com");
        ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), "ops,sre");
        ck_assert_str_eq(field_of(t, "Impersonate-User"), "ada@example.com");
        ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-Group"), 3);
        ck_assert_uint_eq(t->answer.fields_n, 9);
    }
    /* The query of the user's request has no options for the operator. */
    ck_assert_answer(ASK(f, .uri = "/?policy=ops", .lines = cookie), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(ac_28_what_the_address_gets_wrong_is_500)
{
    static const struct {
        const char *query;
        enum sp_reason reason;
    } cases[] = {
        {"policy=nope", SP_REASON_UNKNOWN_POLICY},
        {"policy=DEFAULT", SP_REASON_UNKNOWN_POLICY},
        {"headers=nope", SP_REASON_UNKNOWN_HEADERS},
        {"headers=identity,mine,nope", SP_REASON_UNKNOWN_HEADERS},
        {"headers=kubernetes,bearer", SP_REASON_UNKNOWN_HEADERS},
        {"headers=mine%2cmine", SP_REASON_UNKNOWN_HEADERS},
        {"polcy=ops", SP_REASON_UNKNOWN_PARAMETER},
        {"policy=ops&policy=ops", SP_REASON_UNKNOWN_PARAMETER},
        {"headers=mine&headers=mine", SP_REASON_UNKNOWN_PARAMETER},
        {"prefix=1&prefix=1", SP_REASON_UNKNOWN_PARAMETER},
        {"prefix=0", SP_REASON_UNKNOWN_PARAMETER},
        {"prefix", SP_REASON_UNKNOWN_PARAMETER},
        {"policy", SP_REASON_UNKNOWN_PARAMETER},
        {"policy=", SP_REASON_UNKNOWN_PARAMETER},
        {"policy=%zz", SP_REASON_UNKNOWN_PARAMETER},
        {"policy=ops%00", SP_REASON_UNKNOWN_PARAMETER},
        {"%70olicy=ops", SP_REASON_UNKNOWN_PARAMETER},
        {"Policy=ops", SP_REASON_UNKNOWN_PARAMETER},
        {"=", SP_REASON_UNKNOWN_PARAMETER},
    };
    FIXTURE f = fixture_new(POLICIES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *address = text("/auth/traefik?%s", cases[i].query);
        struct sp_transaction *t = ASK(f, .address = address, .lines = lines(NAVIGATION, usual_cookie(f)));
        ck_assert_answer(t, 500, cases[i].reason);
        ck_assert_contains(take_log(f), text("\"reason\":\"%s\"", sp_reason_name(cases[i].reason)));
        t = ASK(f, .address = address, .uri = "/_sallyport/login", .lines = NAVIGATION);
        ck_assert_answer(t, 500, cases[i].reason);
    }
}
SP_TEST_END

SP_TEST(a_bare_root_says_what_root_query_says)
{
    FIXTURE f = fixture_new(POLICIES "root_query: policy=ops\n");
    const char *cookie = usual_cookie(f);
    ck_assert_answer(ASK(f, .address = "/", .lines = cookie), 403, SP_REASON_POLICY_DENIED);
    ck_assert_answer(ASK(f, .address = "/?policy=default", .lines = cookie), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .address = "/auth/traefik", .lines = cookie), 200, SP_REASON_NONE);
}
SP_TEST_END

/* ---- impersonation --------------------------------------------------------------------------------- */

SP_TEST(whoever_says_who_is_impersonated_is_refused_before_any_rule)
{
    static const char *const names[] = {"Impersonate-User", "impersonate_group", "Impersonate.Uid",
                                        "Impersonate-Extra-x"};
    static const char *const addresses[] = {"?headers=impersonate", "?headers=identity,kubernetes"};
    FIXTURE f = fixture_new("policies: {default: [{action: public, path: /p}, {action: allow}]}");
    for (size_t i = 0; i < 8; i++) {
        const char *line = text("%s: root\r\n", names[i % 4]);
        const char *address = text("/auth/traefik%s", addresses[i / 4]);
        struct sp_transaction *t = ASK(f, .address = address, .lines = lines(line, usual_cookie(f)));
        ck_assert_answer(t, 403, SP_REASON_IMPERSONATION_HEADER);
        ck_assert_contains(body_of(t), text("The header is %s. kubectl --as sends", names[i % 4]));
        ck_assert_contains(take_log(f), "impersonation_header");
        ck_assert_answer(ASK(f, .address = address, .uri = "/p", .lines = line), 403,
                         SP_REASON_IMPERSONATION_HEADER);
        ck_assert_answer(ASK(f, .address = "/auth/traefik?headers=bearer", .uri = "/p", .lines = line), 200,
                         SP_REASON_NONE);
    }
}
SP_TEST_END

SP_TEST(ac_49_nobody_is_impersonated_where_a_path_is_public)
{
    FIXTURE f = fixture_new("policies: {default: [{action: public}]}");
    struct sp_transaction *t =
        ASK(f, .address = "/auth/traefik?headers=identity,kubernetes", .lines = usual_cookie(f));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->answer.fields_n, 0);
}
SP_TEST_END

SP_TEST(an_identity_that_lacks_groups_is_refused_where_each_gets_a_line)
{
    FIXTURE f = fixture_new("policies: {default: [{action: allow, group: ops}]}");
    struct sp_session session = usual_session();
    session.profile.groups_n = 1;
    session.profile.groups_mark = f->snapshot->config->groups_mark;
    const char *cookie = cookie_of(f, &session);
    ck_assert_answer(ASK(f, .lines = cookie), 200, SP_REASON_NONE);
    struct sp_transaction *t =
        ASK(f, .address = "/auth/traefik?headers=identity,impersonate", .lines = lines(NAVIGATION, cookie));
    ck_assert_answer(t, 403, SP_REASON_USER_NOT_REPRESENTABLE);
    ck_assert_contains(body_of(t), "Only some of your groups are known");
    ck_assert_uint_eq(count_fields(&t->answer, "Impersonate-User"), 0);
    ck_assert_uint_eq(count_fields(&t->answer, "X-Forwarded-User"), 0);
    ck_assert_contains(take_log(f), "Setting: groups_keep.");
}
SP_TEST_END

/* ---- the order of checks --------------------------------------------------------------------------- */

SP_TEST(checks_come_in_their_order)
{
    FIXTURE f = fixture_new("hosts: [" ORIGIN "]");
    const char *bad = "/auth/traefik?nope=1";
    /* the request before the address, the address before the origin, https before the host */
    ck_assert_answer(ASK(f, .address = bad, .host = "a b"), 400, SP_REASON_MALFORMED_HOST);
    ck_assert_answer(ASK(f, .address = bad, .lines = "X_Forwarded_Uri: /\r\n"), 400, SP_REASON_ALIAS_HEADER);
    ck_assert_answer(ASK(f, .address = bad, .proto = "http"), 500, SP_REASON_UNKNOWN_PARAMETER);
    ck_assert_answer(ASK(f, .proto = "http", .host = "other.example"), 403, SP_REASON_INSECURE_PROTO);
    /* the host before our own pages and the policy */
    ck_assert_answer(ASK(f, .host = "other.example", .uri = "/_sallyport/login", .lines = NAVIGATION), 421,
                     SP_REASON_HOST_NOT_LISTED);
    struct sp_transaction *t = ASK(f, .host = "other.example", .lines = NAVIGATION);
    ck_assert_answer(t, 421, SP_REASON_HOST_NOT_LISTED);
    ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
    ck_assert_answer(ASK(f, .host = HOST ":444", .lines = NAVIGATION), 421, SP_REASON_HOST_NOT_LISTED);
    ck_assert_answer(ASK(f, .host = "APP.example.com.:443", .lines = NAVIGATION), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(own_pages_come_before_the_policy)
{
    FIXTURE f = fixture_new("policies: {default: [{action: public}]}");
    ck_assert_answer(ASK(f, .uri = "/_sallyport/nope", .lines = NAVIGATION), 404, SP_REASON_NO_SUCH_PAGE);
    ck_assert_answer(ASK(f, .uri = "/_sallyportx"), 200, SP_REASON_NONE);
}
SP_TEST_END

/* ---- allow ----------------------------------------------------------------------------------------- */

SP_TEST(ac_49_public_opens_no_cookie_and_names_nobody)
{
    FIXTURE f = fixture_new("policies: {default: [{action: public, path: /healthz}, {action: allow}]}");
    struct sp_transaction *t = ASK(f, .uri = "/healthz", .lines = usual_cookie(f));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->answer.fields_n, 0);
    ck_assert(!t->looked_for_session);
    ck_assert_answer(ASK(f, .uri = "/healthz/.."), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(ac_30_chunks_of_cookies_mean_nothing)
{
    FIXTURE f = fixture_new("");
    const char *pair = session_pair(f, HOST, &(struct sp_session[]){usual_session()}[0]);
    const char *value = strchr(pair, '=') + 1;
    ck_assert_answer(ASK(f, .lines = text("Cookie: __Host-sallyport-0=%s\r\n", value)), 401,
                     SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .lines = text("Cookie: sallyport=%s\r\n", value)), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(ac_31_a_session_of_one_host_is_worth_nothing_at_another)
{
    FIXTURE f = fixture_new("");
    ck_assert_answer(ASK(f, .host = "other.example.com", .lines = usual_cookie(f)), 401,
                     SP_REASON_SESSION_INVALID);
    ck_assert_answer(ASK(f, .host = HOST ":8443", .lines = usual_cookie(f)), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_SUITE("gate/gate", a_valid_session_is_allowed_with_identity,
         a_session_that_the_policy_refuses_is_403_by_what_the_request_shows,
         an_anonymous_navigation_is_sent_to_the_issuer,
         an_anonymous_frame_gets_a_page_whose_link_opens_at_the_top,
         an_anonymous_form_is_told_that_it_was_not_sent,
         ac_12_what_is_anonymous_and_no_navigation_gets_a_problem, a_prefetch_begins_no_login,
         ac_42_without_the_issuer_sessions_are_served_and_all_others_503,
         plain_http_is_refused_with_its_cause_and_begins_no_login, why_there_is_no_session_is_said,
         an_unverified_or_reserved_name_is_403, ac_01_ac_02_ambiguous_input_is_400_and_ends_the_connection,
         ac_03_an_alias_of_any_name_that_is_read_or_emitted_is_refused,
         ac_05_headers_of_the_client_choose_nothing,
         ac_90_a_header_that_overrides_what_the_policy_decides_by_is_refused,
         ac_90_the_page_and_the_log_name_the_header_and_not_its_value,
         ac_90_only_the_rules_of_the_policy_in_force_count, a_prefix_is_put_back_where_the_address_says_so,
         ac_28_the_address_picks_policy_and_headers, ac_28_what_the_address_gets_wrong_is_500,
         whoever_says_who_is_impersonated_is_refused_before_any_rule,
         ac_49_nobody_is_impersonated_where_a_path_is_public,
         an_identity_that_lacks_groups_is_refused_where_each_gets_a_line,
         a_bare_root_says_what_root_query_says, checks_come_in_their_order, own_pages_come_before_the_policy,
         ac_49_public_opens_no_cookie_and_names_nobody, ac_30_chunks_of_cookies_mean_nothing,
         ac_31_a_session_of_one_host_is_worth_nothing_at_another)
