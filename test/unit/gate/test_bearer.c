/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/bearer.h"

#include "bearer_rig.h"

#define ME "/_sallyport/me"

static void check_challenge(const struct sp_transaction *t, const char *part)
{
    const char *challenge = field_of(t, "WWW-Authenticate");
    ck_assert_contains(challenge,
                       "Bearer realm=\"sallyport\", error=\"invalid_token\", error_description=\"");
    ck_assert_contains(challenge, part);
    ck_assert_contains(challenge, "kubectl oidc-login clean makes it get another.\"");
    ck_assert_lacks(challenge, "Cookie realm");
}

/* ---- a good token ------------------------------------------------------------------------------------- */

SP_TEST(a_good_token_is_its_user_to_rules_headers_log_and_metrics)
{
    RIG rig = rig_new(SETTINGS "log_access: true\npolicies:\n  default: [{action: allow, group: ops}]\n");
    const char *line = header(&rig, "");
    for (int i = 0; i < 3; i++) {
        const struct sp_transaction *t = ASK(rig.f, .method = "POST", .lines = line);
        ck_assert_answer(t, 200, SP_REASON_NONE);
        ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
        ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), "ops,sre");
        ck_assert_uint_eq(count_fields(&t->answer, "Set-Cookie"), 0);
        const char *log = take_log(rig.f);
        ck_assert_contains(log, "\"user\":\"ada@example.com\",\"bearer\":\"");
        ck_assert_lacks(log, "session");
    }
    ck_assert_uint_eq(counted(&rig, SP_BEARER_ACCEPTED), 3);
    ck_assert_uint_eq(sp_bearers_count(rig.f->context.bearers), 1);
    const struct sp_transaction *t = ASK(rig.f, .lines = header(&rig, ",\"groups\":[\"dev\"]"));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_contains(body_of(t), "You are in \\\"dev\\\".");
}
SP_TEST_END

SP_TEST(the_identity_is_made_by_the_settings_that_a_login_goes_by)
{
    RIG rig = rig_new(SETTINGS "username_claim: /who/name\nusername_prefix: 'dex:'\ngroups_prefix: 'g:'\n"
                               "groups_keep: [team-*]\npolicies:\n  default:\n"
                               "  - {action: allow, group: 'g:team-a', claim: {tier: gold}}\n");
    const char *members =
        ",\"who\":{\"name\":\"ada\"},\"tier\":\"gold\",\"groups\":[\"team-a\",\"x\",\"system:masters\"]";
    const struct sp_transaction *t = ASK(rig.f, .lines = header(&rig, members));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "dex:ada");
    ck_assert_str_eq(field_of(t, "X-Forwarded-Groups"), "g:team-a");
    t = ASK(rig.f,
            .lines = header(&rig, ",\"who\":{\"name\":\"ada\"},\"tier\":\"tin\",\"groups\":[\"team-a\"]"));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
}
SP_TEST_END

SP_TEST(a_name_that_no_session_could_have_is_refused)
{
    static const struct {
        const char *members;
        enum sp_reason reason;
    } cases[] = {
        {",\"email_verified\":false", SP_REASON_EMAIL_UNVERIFIED},
        {",\"email\":\"-\"", SP_REASON_USER_NOT_REPRESENTABLE},
        {",\"email\":\"a\\u0001b\"", SP_REASON_USER_NOT_REPRESENTABLE},
        {",\"email\":\"system:admin\"", SP_REASON_RESERVED_NAME},
    };
    RIG rig = rig_new(SETTINGS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *line = header(&rig, cases[i].members);
        ck_assert_answer(ASK(rig.f, .lines = line), 403, cases[i].reason);
        ck_assert_answer(ASK(rig.f, .lines = line), 403, cases[i].reason);
    }
}
SP_TEST_END

SP_TEST(me_tells_of_a_token_and_of_no_session)
{
    RIG rig = rig_new(SETTINGS);
    const char *line = header(&rig, "");
    const struct sp_transaction *t = ASK_DIRECT(rig.f, .uri = ME, .lines = line);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_contains(body_of(t), "\"user\":\"ada@example.com\"");
    ck_assert_contains(body_of(t), "\"session\":null,\"bearer\":{\"id\":\"");
    ck_assert_contains(body_of(t),
                       "\"issued_at\":\"2023-11-14T22:13:20Z\",\"expires_at\":\"2023-11-15T22:13:20Z\"}}");
    t = ASK_DIRECT(rig.f, .uri = ME, .lines = lines(NAVIGATION, line));
    ck_assert_contains(body_of(t), "<dt>Token issued</dt><dd><bdi>2023-11-14 22:13 UTC</bdi></dd>");
    ck_assert_lacks(body_of(t), "/logout");
    t = ASK_DIRECT(rig.f, .uri = ME, .lines = header(&rig, ",\"exp\":1"));
    ck_assert_answer(t, 401, SP_REASON_BEARER_INVALID);
    check_challenge(t, "expired");
    ck_assert_answer(ASK_DIRECT(rig.f, .uri = ME), 401, SP_REASON_NO_SESSION);
}
SP_TEST_END

/* ---- which of the two counts: a slow, obvious model ---------------------------------------------------- */

enum cookie { NO_COOKIE, VALID_COOKIE, EXPIRED_COOKIE, FOREIGN_COOKIE, COOKIES_N };
enum bearer { NO_BEARER, FOREIGN_BEARER, GOOD_BEARER, BAD_BEARER, BEARERS_N };

static unsigned expected_status(bool is_on, enum cookie cookie, enum bearer bearer, bool is_navigation)
{
    if (cookie == VALID_COOKIE) {
        return 200;
    }
    if (is_on && bearer == GOOD_BEARER) {
        return 200;
    }
    if (is_on && bearer == BAD_BEARER) {
        return 401;
    }
    return is_navigation ? 302 : 401;
}

static const char *expected_user(bool is_on, enum cookie cookie, enum bearer bearer)
{
    return cookie == VALID_COOKIE           ? "ada@example.com"
           : is_on && bearer == GOOD_BEARER ? "ben@example.com"
                                            : "";
}

SP_TEST(a_valid_cookie_wins_and_else_the_token_counts)
{
    for (int is_on = 0; is_on < 2; is_on++) {
        RIG rig = rig_new(is_on ? SETTINGS : "");
        struct sp_session elsewhere = usual_session();
        const char *const cookies[] = {
            "", usual_cookie(rig.f), expired_cookie(rig.f),
            text("Cookie: %s\r\n", session_pair(rig.f, "other.example.com", &elsewhere))};
        const char *const bearers[] = {"", header(&rig, ",\"iss\":\"https://another.example\""),
                                       header(&rig, ",\"email\":\"ben@example.com\""),
                                       header(&rig, ",\"aud\":\"cluster-b\"")};
        for (unsigned i = 0; i < COOKIES_N * BEARERS_N * 2; i++) {
            enum cookie cookie = i % COOKIES_N;
            enum bearer bearer = i / COOKIES_N % BEARERS_N;
            bool is_navigation = i / COOKIES_N / BEARERS_N != 0;
            const struct sp_transaction *t =
                ASK(rig.f, .lines = text("%s%s%s", is_navigation ? NAVIGATION : FETCH, cookies[cookie],
                                         bearers[bearer]));
            unsigned status = expected_status(is_on, cookie, bearer, is_navigation);
            ck_assert_msg(t->answer.status == status, "%d %u: %u is not %u", is_on, i, t->answer.status,
                          status);
            const char *user = expected_user(is_on, cookie, bearer);
            ck_assert_msg(sp_str_equal(nth_field(&t->answer, "X-Forwarded-User", 0), sp_str_from_c(user)),
                          "%d %u", is_on, i);
            bool is_refused = is_on && bearer == BAD_BEARER && cookie != VALID_COOKIE;
            ck_assert((t->reason == SP_REASON_BEARER_INVALID) == is_refused);
            bool has_error = memmem(t->answer.storage, t->answer.text.len, "error=", 6) != NULL;
            ck_assert_msg(has_error == is_refused, "%d %u", is_on, i);
        }
    }
}
SP_TEST_END

#define BOUND                                                                                                \
    SETTINGS "credentials: [{set: bearer, host: " HOST ", path_prefix: /b, unsafe_without_proxy_key: "       \
             "true}]\n"

SP_TEST(ac_55_where_a_binding_takes_no_sessions_the_token_alone_counts_and_is_carried)
{
    RIG rig = rig_new(BOUND);
    const char *address = "/auth/traefik?headers=identity,bearer";
    const char *token = token_of(&rig, ",\"email\":\"bob@example.com\"");
    const char *both = lines(usual_cookie(rig.f), line_of(token));
    struct sp_transaction *t = ASK(rig.f, .address = address, .uri = "/b/x", .lines = both);
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "bob@example.com");
    ck_assert_str_eq(field_of(t, "Authorization"), text("Bearer %s", token));
    ck_assert(!t->looked_for_session);
    t = ASK(rig.f, .address = address, .uri = "/other", .lines = both);
    ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
    ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), 0);

    t = ASK(rig.f, .address = address, .uri = "/b", .lines = lines(usual_cookie(rig.f), NAVIGATION));
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_str_eq(field_of(t, "WWW-Authenticate"), "Bearer realm=\"sallyport\"");
    ck_assert_answer(ASK(rig.f, .address = address, .uri = "/b",
                         .lines = lines(usual_cookie(rig.f), header(&rig, ",\"aud\":\"x\""))),
                     401, SP_REASON_BEARER_INVALID);

    /* Within clock_skew it identifies the user, but applications no longer get it. */
    token = token_of(&rig, text(",\"exp\":%lld", (long long)NOW_S - 1));
    t = ASK(rig.f, .address = address, .uri = "/b", .lines = line_of(token));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "Authorization"), 0);
    ck_assert_uint_eq(atomic_load(&rig.f->context.metrics->withheld[SP_WITHHELD_EXPIRED]), 1);
}
SP_TEST_END

SP_TEST(who_is_anonymous_is_told_of_both_ways_in)
{
    RIG rig = rig_new(SETTINGS);
    const struct sp_transaction *t = ASK(rig.f, .lines = FETCH);
    ck_assert_answer(t, 401, SP_REASON_NO_SESSION);
    ck_assert_str_eq(field_of(t, "WWW-Authenticate"),
                     "Cookie realm=\"sallyport\", Bearer realm=\"sallyport\"");
    FIXTURE off = fixture_new("");
    ck_assert_str_eq(field_of(ASK(off, .lines = FETCH), "WWW-Authenticate"), "Cookie realm=\"sallyport\"");
}
SP_TEST_END

SP_TEST(what_is_no_jwt_is_for_the_application)
{
    RIG rig = rig_new(SETTINGS);
    const char *const lines[] = {"Authorization: Basic YWRhOnNlY3JldA==\r\n", "Authorization: Bearer\r\n",
                                 "Authorization: Bearer glsa_abc\r\n", "Authorization: Bearer a.b.c\r\n",
                                 text("Authorization: Bearer %s\r\n", repeat('a', 19000))};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_answer(ASK(rig.f, .lines = lines[i]), 401, SP_REASON_NO_SESSION);
        ck_assert_answer(ASK(rig.f, .lines = text("%s%s", NAVIGATION, lines[i])), 302, SP_REASON_NO_SESSION);
    }
    ck_assert_uint_eq(counted(&rig, SP_BEARER_FOREIGN), 6);
    ck_assert_uint_eq(sp_bearers_count(rig.f->context.bearers), 0);
}
SP_TEST_END

/* ---- a bad token -------------------------------------------------------------------------------------- */

SP_TEST(ac_56_a_refused_token_says_why_and_what_helps)
{
    static const struct {
        const char *members;
        const char *why;
    } cases[] = {
        {",\"aud\":\"cluster-b\"", "'aud' has none of the accepted audiences"},
        {",\"exp\":1699999940", "expired 60 s ago"},
        {",\"iat\":1700000061", "issued 61 s in the future"},
        {",\"nbf\":1700000061", "not valid yet"},
        {",\"sub\":\"-\"", "'sub'"},
        {",\"events\":{}", "'events' is present"},
    };
    RIG rig = rig_new(SETTINGS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *line = header(&rig, cases[i].members);
        const struct sp_transaction *t = ASK(rig.f, .lines = line);
        ck_assert_answer(t, 401, SP_REASON_BEARER_INVALID);
        check_challenge(t, cases[i].why);
        ck_assert_contains(body_of(t), "kubectl oidc-login clean");
        const char *log = take_log(rig.f);
        ck_assert_contains(log, "\"reason\":\"bearer_invalid\"");
        ck_assert_lacks(log, "eyJ");
        t = ASK(rig.f, .lines = lines(NAVIGATION, line));
        ck_assert_answer(t, 401, SP_REASON_BEARER_INVALID);
        ck_assert_contains(field_of(t, "Content-Type"), "text/html");
        ck_assert_contains(body_of(t), ">Sign in</a>");
        take_log(rig.f);
    }
    ck_assert_uint_eq(counted(&rig, SP_BEARER_REFUSED), 2 * sizeof cases / sizeof cases[0]);
    ck_assert_uint_eq(sp_bearers_count(rig.f->context.bearers), 0);
}
SP_TEST_END

SP_TEST(of_two_authorization_lines_none_is_believed)
{
    RIG rig = rig_new(SETTINGS "policies:\n  default: [{action: public}]\n");
    const char *good = header(&rig, "");
    const struct sp_transaction *t = ASK(rig.f, .lines = lines(good, good));
    ck_assert_answer(t, 400, SP_REASON_DUPLICATE_HEADER);
    ck_assert_contains(body_of(t), "The header Authorization appears twice.");
    ck_assert_lacks(body_of(t), "eyJ");
    ck_assert(t->answer.close);
    ck_assert_answer(ASK_DIRECT(rig.f, .uri = ME, .lines = lines(good, "Authorization: Basic x\r\n")), 400,
                     SP_REASON_DUPLICATE_HEADER);
    FIXTURE off = fixture_new("policies:\n  default: [{action: public}]\n");
    ck_assert_answer(ASK(off, .lines = lines(good, good)), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(what_is_open_to_all_looks_at_no_token)
{
    RIG rig = rig_new(SETTINGS "policies:\n  default: [{action: public, path: /open}, {action: deny}]\n");
    const struct sp_transaction *t = ASK(rig.f, .uri = "/open", .lines = header(&rig, ",\"exp\":1"));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(count_fields(&t->answer, "X-Forwarded-User"), 0);
    ck_assert_answer(ASK(rig.f, .lines = header(&rig, ",\"exp\":1")), 403, SP_REASON_POLICY_DENIED);
}
SP_TEST_END

/* ---- the cache ---------------------------------------------------------------------------------------- */

SP_TEST(ac_65_a_token_is_remembered_until_it_expires_and_the_skew_adds_nothing)
{
    RIG rig = rig_new(SETTINGS);
    const char *line = header(&rig, ",\"exp\":1700000010");
    ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE);
    rig.f->documents.keyset = NULL; /* any further verification fails */
    rig.f->context.now_s = NOW_S + 9;
    ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE);
    rig.f->context.now_s = NOW_S + 10;
    ASK(rig.f, .lines = line);
    ck_assert_ptr_nonnull(rig.f->t.continuation);
    rig.f->t.continuation->free(rig.f->t.continuation);
    rig.f->documents.keyset = rig.keyset;
    ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE); /* within the skew, verified again */
    rig.f->context.now_s = NOW_S + 10 + ISSUER_SKEW_S;
    ck_assert_answer(ASK(rig.f, .lines = line), 401, SP_REASON_BEARER_INVALID);
}
SP_TEST_END

SP_TEST(ac_65_a_token_like_one_that_is_remembered_is_verified)
{
    RIG rig = rig_new(SETTINGS);
    const char *token = token_of(&rig, "");
    ck_assert_answer(ASK(rig.f, .lines = line_of(token)), 200, SP_REASON_NONE);
    const char *dot = strrchr(token, '.');
    const char *altered[] = {
        text("%.*s.%s", (int)(dot - token), token, strchr(token, '.') + 1), /* another signature */
        text("%.*s", (int)(strlen(token) - 1), token), text("%sA", token),
        text("eyJhbGciOiJub25lIn0%s", strchr(token, '.')), /* alg none */
    };
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        const struct sp_transaction *t = ASK(rig.f, .lines = line_of(altered[i]));
        if (t->continuation != NULL) {
            t->continuation->free(t->continuation);
        } else {
            ck_assert_msg(t->answer.status == 401, "%zu: %u", i, t->answer.status);
        }
    }
    ck_assert_uint_eq(sp_bearers_count(rig.f->context.bearers), 1);
}
SP_TEST_END

SP_TEST(ac_65_what_ends_the_sessions_of_a_user_ends_their_tokens)
{
    static const struct {
        struct sp_revocation revocation;
        bool ends;
    } cases[] = {
        {{.kind = SP_REVOCATION_USER, .sub = SP_STR(ISSUER_SUB), .began_by_s = NOW_S}, true},
        {{.kind = SP_REVOCATION_USER, .sub = SP_STR(ISSUER_SUB), .began_by_s = NOW_S - 1}, false},
        {{.kind = SP_REVOCATION_USER, .sub = SP_STR("another"), .began_by_s = NOW_S}, false},
        {{.kind = SP_REVOCATION_SID, .sid = SP_STR("s1"), .began_by_s = NOW_S}, true},
        {{.kind = SP_REVOCATION_SID, .sid = SP_STR("s2"), .began_by_s = NOW_S}, false},
        {{.kind = SP_REVOCATION_USER_SID,
          .sub = SP_STR(ISSUER_SUB),
          .sid = SP_STR("s1"),
          .began_by_s = NOW_S},
         true},
        {{.kind = SP_REVOCATION_USER_SID, .sub = SP_STR("another"), .sid = SP_STR("s1"), .began_by_s = NOW_S},
         false},
        {{.kind = SP_REVOCATION_LABEL, .label = "00000000", .began_by_s = NOW_S}, false},
        {{.kind = SP_REVOCATION_SESSION, .sub = SP_STR(ISSUER_SUB), .began_by_s = NOW_S}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RIG rig = rig_new(SETTINGS);
        const char *line = header(&rig, ",\"sid\":\"s1\"");
        ck_assert_answer(ASK(rig.f, .lines = line), 200, SP_REASON_NONE);
        struct sp_revocation revocation = cases[i].revocation;
        revocation.until_s = NOW_S + 1000;
        revocation.lifetime_s = 1000;
        (void)sp_revocations_add(rig.f->process.revocations, &revocation, NOW_S);
        const struct sp_transaction *t = ASK(rig.f, .lines = line);
        ck_assert_msg((t->reason == SP_REASON_BEARER_INVALID) == cases[i].ends, "%zu", i);
        if (cases[i].ends) {
            check_challenge(t, "before the sessions of its user were ended");
            ck_assert_answer(ASK(rig.f, .lines = header(&rig, ",\"sid\":\"s1\",\"iat\":1700000001")), 200,
                             SP_REASON_NONE);
        }
    }
    RIG rig = rig_new(SETTINGS);
    (void)sp_revocations_raise(rig.f->process.revocations, NOW_S);
    ck_assert_answer(ASK(rig.f, .lines = header(&rig, "")), 401, SP_REASON_BEARER_INVALID);
}
SP_TEST_END

/* ---- waiting for keys --------------------------------------------------------------------------------- */

static struct sp_continuation *take_continuation(struct bearer_rig *rig)
{
    struct sp_continuation *continuation = rig->f->t.continuation;
    ck_assert_ptr_nonnull(continuation);
    rig->f->t.continuation = NULL;
    memcpy(continuation->request_id, "0123456789abcdef", SP_REQUEST_ID_LEN + 1);
    continuation->refusal = "no room";
    return continuation;
}

static struct sp_transaction *resume(struct bearer_rig *rig, struct sp_continuation *continuation,
                                     enum sp_wait_end end, struct sp_issuer_documents *outcome)
{
    continuation->end = end;
    continuation->wait.outcome = outcome;
    begin_head(rig->f, sp_dialects, (int)strlen(rig->f->head_text));
    sp_gate_resume(&rig->f->t, sp_dialects, continuation);
    return finish(rig->f);
}

SP_TEST(ac_65_a_token_of_an_unknown_key_waits_once_and_then_is_taken_or_refused)
{
    for (int is_new = 0; is_new < 2; is_new++) {
        RIG rig = rig_new(SETTINGS);
        SIGNER_SCOPED struct signer other = signer_new("ES256");
        ISSUER_KEYSET fresh = issuer_keyset(&other, "new");
        SIGNER_TEXT token = issuer_id_token(&other, "new", "{\"aud\":\"cluster-a\"}");
        struct sp_issuer_documents documents = {.refs = 2, .metadata = rig.f->documents.metadata};
        documents.keyset = is_new ? fresh : rig.keyset;
        ASK(rig.f, .lines = line_of(token));
        ck_assert_uint_eq(rig.f->t.answer.fields_n, 0);
        struct sp_continuation *continuation = take_continuation(&rig);
        const struct sp_transaction *t = resume(&rig, continuation, SP_WAIT_END_OUTCOME, &documents);
        ck_assert_answer(t, is_new ? 200 : 401, is_new ? SP_REASON_NONE : SP_REASON_BEARER_INVALID);
        continuation->free(continuation);
        ck_assert_uint_eq(atomic_load(&documents.refs), 1);
        if (is_new) {
            ck_assert_str_eq(field_of(t, "X-Forwarded-User"), "ada@example.com");
            ASK(rig.f, .lines = line_of(token)); /* the snapshot of this loop still lacks the key */
            continuation = take_continuation(&rig);
            continuation->free(continuation);
        } else {
            check_challenge(t, "What failed: ");
        }
    }
}
SP_TEST_END

SP_TEST(where_nobody_can_say_the_answer_is_503_and_never_a_refusal_of_the_token)
{
    static const struct {
        enum sp_wait_end end;
        enum sp_reason reason;
    } cases[] = {
        {SP_WAIT_END_OUTCOME, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_REFUSED, SP_REASON_OVERLOADED},
        {SP_WAIT_END_OVERDUE, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_GONE, SP_REASON_ISSUER_UNAVAILABLE},
    };
    RIG rig = rig_new(SETTINGS);
    SIGNER_SCOPED struct signer other = signer_new("ES256");
    SIGNER_TEXT token = issuer_id_token(&other, "new", "{\"aud\":\"cluster-a\"}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ASK(rig.f, .lines = line_of(token));
        struct sp_continuation *continuation = take_continuation(&rig);
        ck_assert_answer(resume(&rig, continuation, cases[i].end, NULL), 503, cases[i].reason);
        continuation->free(continuation);
    }
    rig.f->snapshot->documents = NULL;
    ck_assert_answer(ASK(rig.f, .lines = header(&rig, "")), 503, SP_REASON_ISSUER_UNAVAILABLE);
    ck_assert_uint_eq(counted(&rig, SP_BEARER_UNVERIFIED), 5);
    ck_assert_answer(ASK(rig.f, .lines = lines(usual_cookie(rig.f), header(&rig, ""))), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(an_answer_that_is_begun_waits_for_nothing)
{
    RIG rig = rig_new(SETTINGS "policies:\n  default: [{action: deny}]\n");
    SIGNER_SCOPED struct signer other = signer_new("ES256");
    SIGNER_TEXT token = issuer_id_token(&other, "new", "{\"aud\":\"cluster-a\"}");
    const struct sp_transaction *t = ASK(rig.f, .lines = line_of(token));
    ck_assert_ptr_null(t->continuation);
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
}
SP_TEST_END

SP_SUITE("gate/bearer", a_good_token_is_its_user_to_rules_headers_log_and_metrics,
         the_identity_is_made_by_the_settings_that_a_login_goes_by,
         a_name_that_no_session_could_have_is_refused, me_tells_of_a_token_and_of_no_session,
         a_valid_cookie_wins_and_else_the_token_counts,
         ac_55_where_a_binding_takes_no_sessions_the_token_alone_counts_and_is_carried,
         who_is_anonymous_is_told_of_both_ways_in, what_is_no_jwt_is_for_the_application,
         ac_56_a_refused_token_says_why_and_what_helps, of_two_authorization_lines_none_is_believed,
         what_is_open_to_all_looks_at_no_token,
         ac_65_a_token_is_remembered_until_it_expires_and_the_skew_adds_nothing,
         ac_65_a_token_like_one_that_is_remembered_is_verified,
         ac_65_what_ends_the_sessions_of_a_user_ends_their_tokens,
         ac_65_a_token_of_an_unknown_key_waits_once_and_then_is_taken_or_refused,
         where_nobody_can_say_the_answer_is_503_and_never_a_refusal_of_the_token,
         an_answer_that_is_begun_waits_for_nothing)
