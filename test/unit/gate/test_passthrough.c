/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/passthrough.h"

#include "gate/bearer.h"

#include "fixture.h"

#define CLUSTER "https://kubernetes.default.svc.cluster.local"
#define SETTINGS                                                                                             \
    "passthrough_issuers: [" CLUSTER ", https://kubernetes.default.svc]\n"                                   \
    "policies:\n  default: [{action: passthrough, path_prefix: /api}, {action: allow}]\n"

/* A token that claims to be from this issuer, and that is not signed. */
static const char *token_of(const char *issuer)
{
    SIGNER_TEXT payload = text_format("{\"iss\":\"%s\",\"sub\":\"system:serviceaccount:a:b\"}", issuer);
    SIGNER_TEXT header = text_base64url("{\"alg\":\"RS256\"}", 15);
    SIGNER_TEXT claims = text_base64url(payload, strlen(payload));
    return text("%s.%s.c2lnbmVk", header, claims);
}

static const char *line_of(const char *token)
{
    return text("Authorization: Bearer %s\r\n", token);
}

static const struct sp_transaction *ask_api(struct fixture *f, const char *lines)
{
    return ASK(f, .uri = "/api/v1/pods", .lines = lines);
}

static void check_refused(const struct sp_transaction *t, enum sp_reason reason)
{
    ck_assert_answer(t, 401, reason);
    ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), 0);
    ck_assert_lacks(field_of(t, "WWW-Authenticate"), "Cookie");
    ck_assert_lacks(body_of(t), "/login");
}

SP_TEST(ac_63_a_token_of_a_listed_issuer_passes_as_it_came_and_nobody_is_identified)
{
    FIXTURE f = fixture_new(SETTINGS);
    const char *const issuers[] = {CLUSTER, "https://kubernetes.default.svc"};
    for (size_t i = 0; i < 4; i++) {
        const char *token = token_of(issuers[i % 2]);
        const char *lines = text("%sauthorization:  bearer   %s \r\n", usual_cookie(f), token);
        const struct sp_transaction *t = ask_api(f, lines);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "Authorization"), text("bearer   %s", token));
        ck_assert_uint_eq(t->answer.fields_n, 1);
        ck_assert(!t->looked_for_session);
        ck_assert_uint_eq(t->rule, 1);
        ck_assert_uint_eq(sp_bearers_count(f->context.passed), i < 1 ? 1 : 2);
    }
    ck_assert_uint_eq(sp_bearers_count(f->context.bearers), 0);
}
SP_TEST_END

SP_TEST(ac_63_no_token_and_any_other_token_is_401_and_never_a_sign_in)
{
    static const struct {
        const char *line;
        enum sp_reason reason;
    } cases[] = {
        {"", SP_REASON_NO_SESSION},
        {"Authorization: Basic YTpi\r\n", SP_REASON_NO_SESSION},
        {"Authorization: Bearer glsa_abc\r\n", SP_REASON_NO_SESSION},
        {"Authorization: Bearer a.b.c\r\n", SP_REASON_NO_SESSION},
    };
    FIXTURE f = fixture_new(SETTINGS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_refused(ask_api(f, lines(FETCH, cases[i].line)), cases[i].reason);
        check_refused(ask_api(f, lines(NAVIGATION, cases[i].line)), cases[i].reason);
        check_refused(ask_api(f, lines(usual_cookie(f), cases[i].line)), cases[i].reason);
    }
    const char *const foreign[] = {token_of("https://another.example"), token_of(CLUSTER "/"), token_of(""),
                                   token_of("HTTPS://kubernetes.default.svc")};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        check_refused(ask_api(f, line_of(foreign[i])), SP_REASON_NO_SESSION);
    }
    const struct sp_transaction *t = ask_api(f, line_of(token_of(ISSUER)));
    check_refused(t, SP_REASON_BEARER_INVALID);
    ck_assert_contains(field_of(t, "WWW-Authenticate"), "error=\"invalid_token\"");
    ck_assert_uint_eq(sp_bearers_count(f->context.passed), 0);
}
SP_TEST_END

SP_TEST(what_is_no_jwt_by_its_form_does_not_pass)
{
    FIXTURE f = fixture_new(SETTINGS);
    const char *good = token_of(CLUSTER);
    const char *payload = strchr(good, '.');
    const char *const bad[] = {
        text("%.*s", (int)(strrchr(good, '.') - good), good), /* two parts */
        text("%.*s", (int)(strrchr(good, '.') + 1 - good), good),
        text("%s.x", good),
        text("%s", payload), /* no header */
        text("e%s", payload),
        text("W10%s", payload), /* [] */
        text("%s!", good),
        text("%s.%s", good, good),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct sp_transaction *t = ask_api(f, line_of(bad[i]));
        ck_assert_msg(t->answer.status == 401, "%s", bad[i]);
    }
    ck_assert_answer(ask_api(f, line_of(good)), 200, SP_REASON_NONE);

    SP_BUF_SCOPED struct sp_buf long_line;
    sp_buf_init(&long_line, SP_BEARER_TOKEN_MAX + 100);
    sp_buf_append_c(&long_line, "Authorization: Bearer ");
    for (size_t i = 0; i <= SP_BEARER_TOKEN_MAX; i++) {
        sp_buf_append_char(&long_line, 'a');
    }
    sp_buf_append_c(&long_line, "\r\n");
    const struct sp_transaction *t = ask_api(f, sp_buf_c_str(&long_line));
    check_refused(t, SP_REASON_BEARER_INVALID);
    ck_assert_contains(body_of(t), SP_BEARER_TOO_LONG);
}
SP_TEST_END

SP_TEST(ac_63_a_line_that_impersonates_is_refused_in_any_spelling)
{
    static const char *const names[] = {"Impersonate-User", "impersonate-group", "Impersonate_Uid",
                                        "Impersonate.Extra.x", "IMPERSONATE-EXTRA-Y"};
    FIXTURE f = fixture_new(SETTINGS);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *line = text("%s: x\r\n%s", names[i], line_of(token_of(CLUSTER)));
        ck_assert_answer(ask_api(f, line), 403, SP_REASON_IMPERSONATION_HEADER);
    }
}
SP_TEST_END

SP_TEST(elsewhere_such_a_token_counts_for_nothing)
{
    FIXTURE f = fixture_new("bearer_audiences: a\n" SETTINGS);
    ck_assert_answer(ASK(f, .uri = "/x", .lines = line_of(token_of(CLUSTER))), 401, SP_REASON_NO_SESSION);
    ck_assert_answer(ask_api(f, line_of(token_of(CLUSTER))), 200, SP_REASON_NONE);
    ck_assert_answer(ASK(f, .uri = "/x", .lines = line_of(token_of(CLUSTER))), 401, SP_REASON_NO_SESSION);
    const char *two = text("%s%s", line_of(token_of(CLUSTER)), line_of(token_of(CLUSTER)));
    ck_assert_answer(ask_api(f, two), 400, SP_REASON_DUPLICATE_HEADER);
}
SP_TEST_END

SP_TEST(rules_before_it_that_let_in_users_are_asked_first)
{
    FIXTURE f =
        fixture_new("passthrough_issuers: [" CLUSTER "]\npolicies:\n  default:\n"
                    "  - {action: allow, group: ops}\n  - {action: passthrough, path_prefix: /api}\n");
    const struct sp_transaction *t = ask_api(f, lines(usual_cookie(f), line_of(token_of(CLUSTER))));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), 0);
    t = ask_api(f, line_of(token_of(CLUSTER)));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->rule, 2);
    ck_assert_answer(ask_api(f, NAVIGATION), 302, SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(the_session_cookie_is_taken_out_where_that_is_configured)
{
    FIXTURE f = fixture_new("strip_session_cookie: true\n" SETTINGS);
    const char *cookie = text("Cookie: a=1; %s", usual_cookie(f) + 8);
    const struct sp_transaction *t = ask_api(f, lines(cookie, line_of(token_of(CLUSTER))));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "Cookie"), "a=1");
}
SP_TEST_END

SP_SUITE("gate/passthrough", ac_63_a_token_of_a_listed_issuer_passes_as_it_came_and_nobody_is_identified,
         ac_63_no_token_and_any_other_token_is_401_and_never_a_sign_in,
         what_is_no_jwt_by_its_form_does_not_pass, ac_63_a_line_that_impersonates_is_refused_in_any_spelling,
         elsewhere_such_a_token_counts_for_nothing, rules_before_it_that_let_in_users_are_asked_first,
         the_session_cookie_is_taken_out_where_that_is_configured)
