/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/transaction.h"

#include "redeem.h"

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

/* The last line of the log as an object. */
static json_t *last_line(struct fixture *f)
{
    const char *log = take_log(f);
    size_t len = strlen(log);
    ck_assert_uint_gt(len, 0);
    size_t begin = len - 1;
    while (begin > 0 && log[begin - 1] != '\n') {
        begin--;
    }
    json_t *line = json_loadb(log + begin, len - begin, 0, NULL);
    ck_assert_ptr_nonnull(line);
    return line;
}

SP_TEST(a_refusal_leaves_the_line_that_operators_know)
{
    FIXTURE f = fixture_new("policies:\n  default: authenticated\n"
                            "  ops: [{action: allow, group: a}, {action: deny, path_prefix: /admin}]");
    const char *sent = lines("traceparent: " TRACE "\r\n", usual_cookie(f));
    struct sp_transaction *t =
        ASK(f, .address = "/auth/traefik?policy=ops", .uri = "/admin?secret", .lines = sent);
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    json_t *line = last_line(f);
    static const char *const expected[][2] = {
        {"level", "info"},
        {"event", "decision"},
        {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
        {"dialect", "traefik"},
        {"verdict", "deny"},
        {"reason", "policy_denied"},
        {"policy", "ops"},
        {"host", HOST},
        {"method", "GET"},
        {"path", "/admin"},
        {"client", "203.0.113.9"},
        {"user", "ada@example.com"},
        {"session", "7f3a2b1c"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_str_eq(member(line, expected[i][0]), expected[i][1]);
    }
    ck_assert_str_eq(member(line, "request_id"), t->request_id);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "status")), 403);
    ck_assert_int_eq(json_integer_value(json_object_get(line, "rule")), 2);
    json_decref(line);
}
SP_TEST_END

/* The client in the log's line of a request with one more line of X-Forwarded-For. */
static void assert_client(struct fixture *f, const char *forwarded_for, const char *client)
{
    char sent[128];
    snprintf(sent, sizeof sent, "X-Forwarded-For: %s\r\n", forwarded_for);
    ck_assert_answer(ASK(f, .uri = "/", .lines = sent), 403, SP_REASON_POLICY_DENIED);
    json_t *line = last_line(f);
    ck_assert_str_eq(member(line, "client"), client);
    json_decref(line);
}

SP_TEST(rules_and_log_see_the_same_client)
{
    FIXTURE f = fixture_new("client_ip_hops: 10.0.0.0/8\npolicies:\n  default: [{action: public, client_ip: "
                            "192.0.2.0/24}, {action: deny}]");
    assert_client(f, "192.0.2.7, [::ffff:198.51.100.1]:443, 10.0.0.1", "198.51.100.1");
    assert_client(f, "192.0.2.7, 2001:DB8::0:1", "2001:db8::1");
    assert_client(f, "192.0.2.7, unknown, 10.0.0.1", "unknown");
    assert_client(f, "10.0.0.2, 10.0.0.1", "10.0.0.2");
    ck_assert_answer(ASK(f, .uri = "/", .lines = "X-Forwarded-For: 192.0.2.7, 10.0.0.1\r\n"), 200,
                     SP_REASON_NONE);
    ck_assert_answer(ASK(f, .uri = "/", .lines = "X-Forwarded-For: unknown\r\n"), 403,
                     SP_REASON_POLICY_DENIED);
    json_t *line = last_line(f);
    ck_assert_ptr_nonnull(strstr(member(line, "detail"), "The client's address is unknown: \"unknown\" in"));
    json_decref(line);
}
SP_TEST_END

SP_TEST(an_allow_leaves_a_line_with_log_access_only)
{
    FIXTURE f = fixture_new("");
    struct sp_transaction *t = ASK(f, .lines = usual_cookie(f));
    ck_assert_str_eq(take_log(f), "");
    ck_assert_str_eq(t->request_id, ""); /* nobody would read it */
    FIXTURE access = fixture_new("log_access: true");
    ASK(access, .lines = usual_cookie(access));
    json_t *line = last_line(access);
    ck_assert_str_eq(member(line, "verdict"), "allow");
    ck_assert_uint_eq(strlen(member(line, "request_id")), SP_REQUEST_ID_LEN);
    ck_assert_str_eq(member(line, "reason"), "none");
    ck_assert_str_eq(member(line, "user"), "ada@example.com");
    json_decref(line);
}
SP_TEST_END

SP_TEST(faults_of_the_operator_are_warnings)
{
    FIXTURE f = fixture_new("");
    ASK(f, .address = "/auth/traefik?x=y");
    json_t *line = last_line(f);
    ck_assert_str_eq(member(line, "level"), "warn");
    json_decref(line);
    f->snapshot->documents = NULL;
    ASK(f);
    line = last_line(f);
    ck_assert_str_eq(member(line, "level"), "info"); /* the issuer's failure has its own line */
    json_decref(line);
}
SP_TEST_END

SP_TEST(a_trace_id_that_is_none_is_left_out)
{
    static const char *const wrong[] = {
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01",
        "00+4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "x",
        TRACE "\r\ntraceparent: " TRACE,
    };
    FIXTURE f = fixture_new("");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ASK(f, .lines = text("traceparent: %s\r\n", wrong[i]));
        json_t *line = last_line(f);
        ck_assert_ptr_null(json_object_get(line, "trace_id"));
        json_decref(line);
    }
}
SP_TEST_END

SP_TEST(every_answer_is_counted_once_by_its_labels)
{
    FIXTURE f = fixture_new("");
    ASK(f, .lines = usual_cookie(f));
    ASK(f, .lines = NAVIGATION);
    ASK(f, .lines = FETCH);
    ASK(f, .host = "a b");
    ASK_DIRECT(f, .uri = "/_sallyport/me", .lines = usual_cookie(f));
    const struct sp_metrics *m = f->context.metrics;
    ck_assert_uint_eq(atomic_load(&m->decisions[SP_DIALECT_TRAEFIK][SP_VERDICT_ALLOW][SP_REASON_NONE]), 1);
    ck_assert_uint_eq(atomic_load(&m->decisions[SP_DIALECT_TRAEFIK][SP_VERDICT_LOGIN][SP_REASON_NO_SESSION]),
                      2);
    ck_assert_uint_eq(
        atomic_load(&m->decisions[SP_DIALECT_TRAEFIK][SP_VERDICT_DENY][SP_REASON_MALFORMED_HOST]), 1);
    ck_assert_uint_eq(atomic_load(&m->decisions[SP_DIALECT_PAGES][SP_VERDICT_PAGE][SP_REASON_NONE]), 1);
    ck_assert_uint_eq(atomic_load(&m->decision_seconds[SP_WAITED_NOT].buckets[0]), 5); /* each took 1000 ns */
}
SP_TEST_END

SP_TEST(the_session_is_looked_for_once_and_not_without_a_request)
{
    FIXTURE f = fixture_new("");
    sp_transaction_begin(&f->t, &f->context, sp_dialects, NULL);
    ck_assert_int_eq(sp_transaction_select(&f->t)->kind, SP_SELECTION_NONE);
    ck_assert_ptr_null(sp_transaction_session(&f->t));
    struct sp_transaction *t = ASK(f, .lines = usual_cookie(f));
    ck_assert_ptr_nonnull(sp_transaction_session(t));
    f->context.now_s += 100000;
    ck_assert_ptr_nonnull(sp_transaction_session(t)); /* the result for one request does not change */
}
SP_TEST_END

SP_TEST(a_transaction_that_nobody_answered_denies)
{
    FIXTURE f = fixture_new("");
    sp_transaction_begin(&f->t, &f->context, sp_dialects, NULL);
    ck_assert_int_eq(f->t.verdict, SP_VERDICT_DENY);
    ck_assert(!sp_answer_is_whole(&f->t.answer));
}
SP_TEST_END

/* ---- AC 44: secrets through every field ------------------------------------------------------------ */

#define SECRET "s3cr3tvalue"

static void check_nothing_leaks(struct fixture *f, struct asked asked)
{
    static const char *const kinds[] = {NAVIGATION, FETCH, FRAME};
    const char *fields = asked.lines;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        asked.lines = text("%s%s", kinds[i], fields);
        struct sp_transaction *t = ask(f, asked);
        const char *log = take_log(f);
        ck_assert_lacks(log, SECRET);
        ck_assert_lacks(log, "s3cr3t-of-the-client");
        bool is_relay = t->reason == SP_REASON_RELAYED || t->reason == SP_REASON_SIGNED_IN;
        for (size_t j = 0; j < t->answer.fields_n && !is_relay; j++) {
            ck_assert_lacks(text_of(t->answer.fields[j].value), SECRET);
        }
    }
}

SP_TEST(ac_44_no_secret_reaches_the_log_or_a_header)
{
    static const char *const fields[] = {
        "Cookie: __Host-sallyport=" SECRET "\r\n",
        "Cookie: a=" SECRET "; __Host-sallyport-6553f1004fc21fdb030e8b32=" SECRET "\r\n",
        "Authorization: Bearer " SECRET "\r\n",
        "X-Api-Key: " SECRET "\r\nReferer: https://x/?" SECRET "\r\nUser-Agent: " SECRET "\r\n",
        "X-Forwarded-Prefix: /" SECRET "\r\nOrigin: https://" SECRET "\r\n",
        "traceparent: 00-" SECRET "-1\r\n",
    };
    static const char *const uris[] = {
        "/x",
        "/_sallyport/nope?" SECRET,
        "/_sallyport/logout?token=" SECRET,
        "/_sallyport/callback?code=" SECRET "&state=x",
        "/_sallyport/callback?code=x&state=" SECRET,
        "/_sallyport/callback?error=" SECRET "&state=" SECRET "&error_description=" SECRET,
        "/_sallyport/login?rd=https://evil.test/" SECRET,
    };
    FIXTURE f = fixture_new("strip_session_cookie: false");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (size_t j = 0; j < sizeof uris / sizeof uris[0]; j++) {
            check_nothing_leaks(f, (struct asked){.uri = uris[j], .lines = fields[i]});
            check_nothing_leaks(f, (struct asked){.uri = uris[j],
                                                  .lines = fields[i],
                                                  .address = "/auth/traefik?" SECRET "=" SECRET});
            check_nothing_leaks(f, (struct asked){.uri = uris[j], .lines = fields[i], .proto = "http"});
        }
    }
}
SP_TEST_END

SP_TEST(ac_44_a_login_leaves_no_secret_in_the_log)
{
    FIXTURE f = fixture_new("log_access: true");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct begun begun = begun_by(f, ASK(f, .uri = "/x?" SECRET, .lines = NAVIGATION));
    struct sp_login_cookie cookie = opened_cookie(f, &begun);
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), &signer, "{}");
    const char *session = pair_of(nth_field(&t->answer, "Set-Cookie", 0));
    ASK(f, .uri = "/x?" SECRET, .lines = text("Cookie: %s\r\n", session));
    const char *log = take_log(f);
    ck_assert_contains(log, "login_completed");
    ck_assert_contains(log, "\"verdict\":\"allow\"");
    const char *const secrets[] = {SECRET,
                                   "the-code",
                                   begun.state,
                                   strchr(begun.pair, '=') + 1,
                                   strchr(session, '=') + 1,
                                   text("%.43s", cookie.verifier),
                                   text("%.43s", cookie.nonce),
                                   ISSUER_ACCESS,
                                   "eyJ"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        ck_assert_lacks(log, secrets[i]);
    }
}
SP_TEST_END

SP_TEST(an_address_that_no_header_will_have_is_told_when_the_login_completes)
{
    static const struct {
        const char *settings;
        const char *claims;
        bool is_told;
    } cases[] = {
        {"username_claim: sub", "{\"email_verified\":false}", true},
        {"username_claim: sub", "{\"email_verified\":\"no\"}", true},
        {"username_claim: sub", "{\"email_verified\":true}", false},
        {"username_claim: sub\nemail_verified: unless_false", "{\"email_verified\":\"-\"}", false},
        {"username_claim: sub\nemail_verified: required", "{\"email_verified\":\"-\"}", true},
        {"username_claim: sub", "{\"email\":\"-\",\"email_verified\":false}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FIXTURE f = fixture_new(cases[i].settings);
        SIGNER_SCOPED struct signer signer = signer_new("ES256");
        struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION));
        take_log(f);
        ck_assert_answer(complete_with(f, waiting_of(f, &begun), &signer, cases[i].claims), 302,
                         SP_REASON_SIGNED_IN);
        const char *log = take_log(f);
        ck_assert_msg((strstr(log, "\"email\":\"unverified\"") != NULL) == cases[i].is_told, "%s: %s",
                      cases[i].claims, log);
    }
}
SP_TEST_END

SP_SUITE("gate/transaction", rules_and_log_see_the_same_client, a_refusal_leaves_the_line_that_operators_know,
         an_allow_leaves_a_line_with_log_access_only, faults_of_the_operator_are_warnings,
         a_trace_id_that_is_none_is_left_out, every_answer_is_counted_once_by_its_labels,
         the_session_is_looked_for_once_and_not_without_a_request, a_transaction_that_nobody_answered_denies,
         ac_44_no_secret_reaches_the_log_or_a_header, ac_44_a_login_leaves_no_secret_in_the_log,
         an_address_that_no_header_will_have_is_told_when_the_login_completes)
