/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/cause.h"

#include "../policy/rbac_objects.h"
#include "redeem.h"

/* The page, the problem document and the log line contain `said`. */
static void assert_said(struct fixture *f, struct asked asked, enum sp_reason reason, const char *said)
{
    const char *lines_given = or_else(asked.lines, "");
    take_log(f);
    asked.lines = text(NAVIGATION "%s", lines_given);
    struct sp_transaction *t = ask(f, asked);
    ck_assert_answer(t, sp_reason_status(reason), reason);
    SP_BUF_SCOPED struct sp_buf html;
    sp_buf_init(&html, 8192);
    sp_quote_append_html(sp_str_from_c(said), &html);
    ck_assert_contains(body_of(t), text_of(sp_buf_str(&html)));
    asked.lines = text(FETCH "%s", lines_given);
    t = ask(f, asked);
    SP_BUF_SCOPED struct sp_buf json;
    sp_buf_init(&json, 8192);
    sp_quote_append_json(sp_str_from_c(said), &json);
    const char *quoted = text("%.*s", (int)json.len - 2, json.ptr + 1);
    ck_assert_contains(body_of(t), quoted);
    ck_assert_contains(take_log(f), quoted);
}

/* The log contains it. */
static void assert_logged(struct fixture *f, struct asked asked, enum sp_reason reason, const char *noted)
{
    take_log(f);
    struct sp_transaction *t = ask(f, asked);
    ck_assert_int_eq(t->reason, reason);
    const char *log = take_log(f);
    ck_assert_contains(log, noted);
}

/* Only the log contains it. */
static void assert_noted(struct fixture *f, struct asked asked, enum sp_reason reason, const char *noted)
{
    assert_logged(f, asked, reason, noted);
    ck_assert_lacks(body_of(&f->t), noted);
}

#define SAID(f, reason, said, ...)   assert_said(f, (struct asked){__VA_ARGS__}, reason, said)
#define NOTED(f, reason, noted, ...) assert_noted(f, (struct asked){__VA_ARGS__}, reason, noted)

SP_TEST(what_the_proxy_says_wrongly_is_named_with_its_value_and_without_a_query)
{
    FIXTURE f = fixture_new("forwarded_prefixes: /wiki");
    SAID(f, SP_REASON_MALFORMED_HOST, "X-Forwarded-Host is \"a b\".", .host = "a b");
    SAID(f, SP_REASON_MALFORMED_URI, "X-Forwarded-Uri is \"/a%zz\".", .uri = "/a%zz?token=s3cret");
    SAID(f, SP_REASON_MALFORMED_URI, "X-Forwarded-Uri is \"/a#\".", .uri = "/a#access_token=s3cret");
    SAID(f, SP_REASON_MALFORMED_REQUEST, "X-Forwarded-Proto is \"ftp\".", .proto = "ftp");
    SAID(f, SP_REASON_MALFORMED_REQUEST, "X-Forwarded-Method is \"G T\".", .method = "G T");
    SAID(f, SP_REASON_MISSING_HEADER, "The header X-Forwarded-Host is missing or empty.", .host = "");
    SAID(f, SP_REASON_MISSING_HEADER, "The header X-Forwarded-Proto is missing or empty.", .proto = "");
    SAID(f, SP_REASON_DUPLICATE_HEADER, "The header X-Forwarded-Uri appears twice.",
         .lines = "X-Forwarded-Uri: /b\r\n");
    SAID(f, SP_REASON_ALIAS_HEADER, "The header X_Forwarded_User could be mistaken for X-Forwarded-User.",
         .lines = "X_Forwarded_User: root\r\n");
    SAID(f, SP_REASON_UNKNOWN_PREFIX, "X-Forwarded-Prefix is \"/dkp\".", .address = "/auth/traefik?prefix=1",
         .lines = "X-Forwarded-Prefix: /dkp\r\n");
    SAID(f, SP_REASON_MALFORMED_URI, "X-Forwarded-Uri is \"/../x\".", .address = "/auth/traefik?prefix=1",
         .uri = "/../x?q", .lines = "X-Forwarded-Prefix: /wiki\r\n");
    const char *too_long = "The request target is longer than 49152 bytes.";
    SAID(f, SP_REASON_MALFORMED_URI, too_long, .uri = text("/a?%s", repeat('x', SP_TARGET_MAX - 2)));
    SAID(f, SP_REASON_MALFORMED_URI, too_long, .address = "/auth/traefik?prefix=1",
         .uri = text("/a?%s", repeat('x', SP_TARGET_MAX - strlen("/a?/wiki") + 1)),
         .lines = "X-Forwarded-Prefix: /wiki\r\n");
    SAID(f, SP_REASON_MALFORMED_URI, "Invalid: X-Forwarded-Uri.", .uri = "?token=s3cret");
    ASK(f, .uri = "/a%zz?token=s3cret", .lines = NAVIGATION);
    ck_assert_lacks(take_log(f), "s3cret");
    ck_assert_lacks(body_of(&f->t), "s3cret");
}
SP_TEST_END

SP_TEST(a_middlewares_address_that_is_wrong_is_quoted)
{
    FIXTURE f = fixture_new("");
    SAID(f, SP_REASON_UNKNOWN_POLICY,
         "The middleware's address has policy=opss, but the configuration has no such policy.",
         .address = "/auth/traefik?policy=opss");
    SAID(f, SP_REASON_UNKNOWN_HEADERS, "has headers=grafana: there is no header set \"grafana\".",
         .address = "/auth/traefik?headers=grafana");
    SAID(f, SP_REASON_UNKNOWN_HEADERS,
         "has headers=identity,remot: there is no header set \"remot\": did you mean \"remote\"?",
         .address = "/auth/traefik?headers=identity,remot");
    SAID(f, SP_REASON_UNKNOWN_HEADERS, "\"kubernetes\" emits Impersonate-User, as another one does: take one",
         .address = "/auth/traefik?headers=impersonate,identity,kubernetes");
    SAID(f, SP_REASON_UNKNOWN_PARAMETER, "has an unknown parameter: did you mean \"policy\"?",
         .address = "/auth/traefik?polcy=ops");
    SAID(f, SP_REASON_UNKNOWN_PARAMETER, "has an unknown parameter.", .address = "/auth/traefik?s3cret=x");
    SAID(f, SP_REASON_UNKNOWN_PARAMETER, "\"prefix\" in the middleware's address appears twice, is empty",
         .address = "/auth/traefik?prefix=2");
}
SP_TEST_END

SP_TEST(a_host_is_named_with_scheme_and_port)
{
    FIXTURE f = fixture_new("hosts: https://app.example.com");
    SAID(f, SP_REASON_HOST_NOT_LISTED, "The request is for https://app.example.com:8443.",
         .host = "app.example.com:8443");
    SAID(f, SP_REASON_HOST_NOT_LISTED, "The request is for https://b.example.com.", .host = "B.example.com");
    SAID(f, SP_REASON_INSECURE_PROTO,
         "According to X-Forwarded-Proto, the request is for http://app.example.com.", .proto = "http");
}
SP_TEST_END

SP_TEST(a_page_that_is_none_is_named_with_its_method)
{
    FIXTURE f = fixture_new("");
    SAID(f, SP_REASON_NO_SUCH_PAGE, "The request is GET \"/_sallyport/nothing\".",
         .uri = "/_sallyport/nothing?x=s3cret");
    assert_logged(f, (struct asked){.method = "PUT", .uri = "/_sallyport/login"},
                  SP_REASON_METHOD_NOT_ALLOWED, "The request is PUT \\\"/_sallyport/login\\\".");
    ck_assert_contains(body_of(ASK_DIRECT(f, .uri = "/elsewhere?s3cret", .lines = NAVIGATION)),
                       "The request is GET &quot;/elsewhere&quot;.");
    ck_assert_contains(body_of(&f->t), "This site is misconfigured");
    ck_assert_contains(take_log(f), "\"level\":\"warn\",\"event\":\"decision\"");
}
SP_TEST_END

#define GROUPS                                                                                               \
    "policies:\n  default:\n  - {action: deny, path_prefix: /closed}\n"                                      \
    "  - {action: allow, group: [admin, owner], path_prefix: /a}\n"                                          \
    "  - {action: allow, email: bob@example.com, path_prefix: /b}\n"                                         \
    "  - {action: allow, group: admin, email_domain: other.example, path_prefix: /c}\n"                      \
    "  - {action: deny, group: root, path_prefix: /a}\n"

SP_TEST(a_denial_names_the_groups_that_are_wanted_and_those_that_the_user_has)
{
    FIXTURE f = fixture_new(GROUPS);
    const char *cookie = usual_cookie(f);
    SAID(f, SP_REASON_POLICY_DENIED,
         "It is open to members of \"admin\", \"owner\". You are in \"ops\", \"sre\".", .uri = "/a",
         .lines = cookie);
    SAID(f, SP_REASON_POLICY_DENIED, "It is open to some e-mail addresses. You are in \"ops\", \"sre\".",
         .uri = "/b", .lines = cookie);
    SAID(f, SP_REASON_POLICY_DENIED, "It is open to members of \"admin\", and some e-mail addresses.",
         .uri = "/c", .lines = cookie);
    NOTED(f, SP_REASON_POLICY_DENIED,
          "No rule matches. Groups of the user: \\\"ops\\\", \\\"sre\\\"; email_verified is true.",
          .uri = "/d", .lines = cookie);
    NOTED(f, SP_REASON_POLICY_DENIED, "Rule 1 denies the request. Groups of the user:", .uri = "/closed/x",
          .lines = cookie);
    NOTED(f, SP_REASON_POLICY_DENIED, "Rule 1 denies the request, for any user.", .uri = "/closed/x");
    ck_assert_lacks(body_of(ASK(f, .uri = "/b", .lines = lines(NAVIGATION, cookie))), "bob@");
}
SP_TEST_END

SP_TEST(ac_26_of_groups_that_are_not_all_there_a_denial_claims_no_more_than_it_knows)
{
    FIXTURE f = fixture_new(GROUPS);
    struct sp_session session = usual_session();
    session.profile.groups_mark = f->snapshot->config->groups_mark;
    SAID(f, SP_REASON_POLICY_DENIED,
         "\"owner\". Of the groups that the rules name, you are in \"ops\", \"sre\".", .uri = "/a",
         .lines = cookie_of(f, &session));
    session.profile.groups_n = 0;
    SAID(f, SP_REASON_POLICY_DENIED, "\"owner\". Of the groups that the rules name, you are in none.",
         .uri = "/a", .lines = cookie_of(f, &session));
    NOTED(f, SP_REASON_POLICY_DENIED, "No rule matches. Groups of the user that rules name: none; email",
          .uri = "/d", .lines = cookie_of(f, &session));
}
SP_TEST_END

SP_TEST(ac_26_a_session_that_lacks_groups_ends_when_rules_name_others)
{
    FIXTURE f = fixture_new(GROUPS);
    struct sp_session session = usual_session();
    session.profile.groups_mark = f->snapshot->config->groups_mark + 1;
    NOTED(f, SP_REASON_SESSION_EXPIRED,
          "It has only the groups that the rules named when it began, and the rules now name others.",
          .uri = "/a", .lines = cookie_of(f, &session));
    ck_assert_answer(ASK(f, .uri = "/a", .lines = lines(NAVIGATION, cookie_of(f, &session))), 302,
                     SP_REASON_SESSION_EXPIRED);
}
SP_TEST_END

#define RBAC_RULE "policies: {default: [{action: deny, path: /closed}, {action: rbac}]}\n"

SP_TEST(a_denial_by_rbac_names_what_a_role_and_a_binding_would_have_to)
{
    FIXTURE f = fixture_new(RBAC_RULE);
    const char *cookie = usual_cookie(f);
    f->snapshot->rbac = index_of(ROLE_OF("r", "get", "/x/*") BINDING_OF("b", "r", "Group", "sre"));
    ck_assert_answer(ASK(f, .uri = "/x/1", .lines = cookie), 200, SP_REASON_NONE);
    SAID(f, SP_REASON_RBAC_DENIED, "No ClusterRoleBinding grants you \"post\" on \"/x/a b\".",
         .method = "POST", .uri = "/x/a%20b?s3cret", .lines = cookie);
    NOTED(
        f, SP_REASON_RBAC_DENIED,
        "Rule 2 consults RBAC for the user \\\"ada@example.com\\\", the groups \\\"ops\\\", \\\"sre\\\", and "
        "system:authenticated.\"",
        .uri = "/y", .lines = cookie);
    NOTED(f, SP_REASON_RBAC_DENIED, "Programs read this path differently", .uri = "/x%2fy", .lines = cookie);
}
SP_TEST_END

SP_TEST(ac_61_without_anything_to_go_by_only_rules_rbac_are_unavailable)
{
    FIXTURE f = fixture_new(RBAC_RULE);
    const char *cookie = usual_cookie(f);
    NOTED(f, SP_REASON_RBAC_UNAVAILABLE, "longer than rbac_max_age: see rbac_failed", .uri = "/x",
          .lines = cookie);
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = lines(NAVIGATION, cookie));
    ck_assert_answer(t, 503, SP_REASON_RBAC_UNAVAILABLE);
    ck_assert_answer(ASK(f, .uri = "/x"), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ASK(f, .uri = "/closed", .lines = cookie), 403, SP_REASON_POLICY_DENIED);
}
SP_TEST_END

SP_TEST(the_rules_behind_the_one_that_decided_are_not_promised)
{
    FIXTURE f = fixture_new("policies:\n  default:\n  - {action: deny, path_prefix: /x}\n"
                            "  - {action: allow, group: admin}\n");
    struct sp_transaction *t = ASK(f, .uri = "/x", .lines = lines(NAVIGATION, usual_cookie(f)));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_lacks(body_of(t), "admin");
}
SP_TEST_END

/* As many groups as a session holds, with names as long as a cookie allows, and a rule with as many. */
SP_TEST(lists_of_groups_are_bounded_in_page_and_log)
{
    SP_BUF_SCOPED struct sp_buf settings;
    sp_buf_init(&settings, 65536);
    sp_buf_append_c(&settings, "policies:\n  default:\n  - action: allow\n    group: [");
    for (int i = 0; i < SP_RULE_VALUES_MAX; i++) {
        sp_buf_printf(&settings, "%s\"wanted-&&&&&&&&&&&&&&&&&&&&&&&&-%d\"", i > 0 ? ", " : "", i);
    }
    sp_buf_append_c(&settings, "]\n");
    FIXTURE f = fixture_new(sp_buf_c_str(&settings));
    struct sp_session session = usual_session();
    session.profile.groups_n = 0;
    char names[60][32];
    for (int i = 0; i < 60; i++) {
        snprintf(names[i], sizeof names[i], "'<&>&&&&&&&&&&&&&&&&-%d", i);
        ck_assert_int_eq(sp_profile_add_group(&session.profile, sp_str_from_c(names[i])), SP_OK);
    }
    struct sp_transaction *t = ASK(f, .uri = "/a", .lines = lines(NAVIGATION, cookie_of(f, &session)));
    ck_assert_answer(t, 403,
                     SP_REASON_POLICY_DENIED); /* check_answer has also checked the size of the page */
    ck_assert_contains(body_of(t), "and 60 more. You are in ");
    const char *log = take_log(f);
    ck_assert_contains(log, "more; email_verified");
    ck_assert_lacks(log, "\"cut\"");
}
SP_TEST_END

SP_TEST(why_a_user_cannot_be_named_is_said)
{
    FIXTURE f = fixture_new("username_claim: preferred_username");
    struct sp_session session = usual_session();
    session.profile.preferred_username = SP_STR_NONE;
    SAID(f, SP_REASON_USER_NOT_REPRESENTABLE, "The claim \"preferred_username\" is missing.",
         .lines = cookie_of(f, &session));
    session.profile.preferred_username = SP_STR("a\tb");
    SAID(f, SP_REASON_USER_NOT_REPRESENTABLE,
         "The claim \"preferred_username\" is not a value that a header can carry.",
         .lines = cookie_of(f, &session));
    session.profile.preferred_username = SP_STR("system:admin");
    SAID(f, SP_REASON_RESERVED_NAME, "It begins with \"system:\".", .lines = cookie_of(f, &session));
    FIXTURE by_email = fixture_new("");
    session.profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    NOTED(by_email, SP_REASON_EMAIL_UNVERIFIED,
          "email_verified is absent, and the setting email_verified is required.",
          .lines = cookie_of(by_email, &session));
    session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    NOTED(by_email, SP_REASON_EMAIL_UNVERIFIED, "email_verified is present and not true.",
          .lines = cookie_of(by_email, &session));
}
SP_TEST_END

SP_TEST(who_has_no_name_that_can_be_used_gets_no_session_and_is_told_why)
{
    static const struct {
        const char *changes;
        enum sp_reason reason;
        const char *detail;
    } cases[] = {
        {"{\"email_verified\":false}", SP_REASON_EMAIL_UNVERIFIED, "email_verified is present and not true."},
        {"{\"email_verified\":\"false\"}", SP_REASON_EMAIL_UNVERIFIED,
         "email_verified is present and not true."},
        {"{\"email_verified\":\"yes\"}", SP_REASON_EMAIL_UNVERIFIED, "email_verified is not a boolean."},
        {"{\"email_verified\":1}", SP_REASON_EMAIL_UNVERIFIED, "email_verified is not a boolean."},
        {"{\"email\":\"-\"}", SP_REASON_USER_NOT_REPRESENTABLE, "The claim \\\"email\\\" is missing."},
        {"{\"email\":[\"a@b\",\"c@d\"]}", SP_REASON_USER_NOT_REPRESENTABLE,
         "The claim \\\"email\\\" is missing."},
        {"{\"email\":\"system:ada\"}", SP_REASON_RESERVED_NAME, "It begins with \\\"system:\\\"."},
    };
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        take_log(f);
        struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, cases[i].changes);
        ck_assert_answer(t, 403, cases[i].reason);
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 1);
        ck_assert_contains(field_of(t, "Set-Cookie"), "Max-Age=0;");
        const char *log = take_log(f);
        ck_assert_contains(log, "\"event\":\"login_failed\"");
        ck_assert_contains(log, text("\"detail\":\"%s\"", cases[i].detail));
    }
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
    struct sp_transaction *t =
        complete_with(f, waiting_of(f, &begun), &signer, "{\"email_verified\":\"yes\"}");
    ck_assert_contains(body_of(t), "email_verified is not a boolean.");
}
SP_TEST_END

/* The answer is the same for all of them, or it would tell an attacker how far a forged cookie got. */
SP_TEST(why_a_session_does_not_open_is_in_the_log_only)
{
    FIXTURE f = fixture_new("");
    struct sp_session session = usual_session();
    const char *cookie = cookie_of(f, &session);
    const char *cases[][2] = {
        {"__Host-sallyport=x", "The session cookie is not a sealed value, or is truncated."},
        {NULL,
         "is sealed with a key of the id k1, but it was altered, belongs to another host, issuer, client or "
         "cookie name, or was sealed with another key of this id."},
        {NULL, "is sealed with a key that is not in the key file: its tag is "},
    };
    char altered[8192];
    snprintf(altered, sizeof altered, "%s", cookie);
    altered[strlen(altered) - 9] = altered[strlen(altered) - 9] == 'A' ? 'B' : 'A';
    char foreign[8192];
    snprintf(foreign, sizeof foreign, "%s", cookie);
    strchr(foreign, '=')[3] = strchr(foreign, '=')[3] == 'A' ? 'B' : 'A'; /* within the tag */
    NOTED(f, SP_REASON_SESSION_INVALID, cases[0][1], .lines = text(FETCH "Cookie: %s\r\n", cases[0][0]));
    const char *body = body_of(&f->t);
    size_t body_len = strlen(body);
    NOTED(f, SP_REASON_SESSION_INVALID, cases[1][1], .lines = text(FETCH "%s", altered));
    ck_assert_uint_eq(strlen(body_of(&f->t)), body_len);
    NOTED(f, SP_REASON_SESSION_INVALID, cases[1][1], .host = "other.example.com",
          .lines = text(FETCH "%s", cookie));
    NOTED(f, SP_REASON_SESSION_INVALID, cases[2][1], .lines = text(FETCH "%s", foreign));
    ck_assert_uint_eq(strlen(body_of(&f->t)), body_len);
    take_log(f);
    ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = text(FETCH "%s", altered));
    ck_assert_contains(take_log(f), "is sealed with a key of the id k1, but it was altered");
    NOTED(f, SP_REASON_SESSION_EXPIRED, "It ended at 2", .lines = text(FETCH "%s", expired_cookie(f)));
}
SP_TEST_END

SP_TEST(a_head_that_is_no_request_names_its_line)
{
    static const struct {
        const char *head;
        const char *said;
    } cases[] = {
        {"get / HTTP/1.1\r\nHost: h\r\n\r\n", "Invalid: request line."},
        {"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
         "Transfer-Encoding is \"chunked\"."},
        {"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", "Content-Length is \"+1\"."},
        {"GET / HTTP/1.1\r\nHost: h\r\nX-Odd : a\r\n\r\n", "Invalid: X-Odd."},
        {"GET / HTTP/1.1\r\nHost: h\r\nCookie: s3cret\x01\r\n\r\n", "Invalid: Cookie."},
        {"GET / HTTP/1.1\r\nHost: h\r\nhost: g\r\n\r\n", "The header host appears twice."},
        {"GET / HTTP/1.1\r\n\r\n", "The header Host is missing or empty."},
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_head head;
        enum sp_reason reason = sp_head_parse(sp_str_from_c(cases[i].head), &head);
        ck_assert_int_ne(reason, SP_REASON_NONE);
        sp_transaction_begin(&f->t, &f->context, sp_dialects, NULL);
        sp_cause_explain_fault(&f->t, reason, &head.fault);
        sp_respond_malformed(&f->t, reason);
        finish(f);
        ck_assert_msg(sp_str_equal(f->t.detail, sp_str_from_c(cases[i].said)), "%.*s instead of %s",
                      SP_STR_ARGS(f->t.detail), cases[i].said);
    }
}
SP_TEST_END

SP_SUITE("cause", what_the_proxy_says_wrongly_is_named_with_its_value_and_without_a_query,
         a_middlewares_address_that_is_wrong_is_quoted, a_host_is_named_with_scheme_and_port,
         a_page_that_is_none_is_named_with_its_method,
         a_denial_names_the_groups_that_are_wanted_and_those_that_the_user_has,
         ac_26_of_groups_that_are_not_all_there_a_denial_claims_no_more_than_it_knows,
         ac_26_a_session_that_lacks_groups_ends_when_rules_name_others,
         a_denial_by_rbac_names_what_a_role_and_a_binding_would_have_to,
         ac_61_without_anything_to_go_by_only_rules_rbac_are_unavailable,
         the_rules_behind_the_one_that_decided_are_not_promised, lists_of_groups_are_bounded_in_page_and_log,
         why_a_user_cannot_be_named_is_said, who_has_no_name_that_can_be_used_gets_no_session_and_is_told_why,
         why_a_session_does_not_open_is_in_the_log_only, a_head_that_is_no_request_names_its_line)
