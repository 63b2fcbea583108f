/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/backchannel_logout.h"

#include "fixture.h"
#include "io/clock.h"

#define PAGE "/_sallyport/backchannel-logout"

/* Logout tokens use the machine's clock, not that of the fixture. */
static const char *token_of(const struct signer *signer, const char *members)
{
    static unsigned jti;
    long long now_s = sp_clock_now_s();
    SIGNER_TEXT token = issuer_logout_token(
        signer, "k",
        text("{\"jti\":\"j%u\",\"iat\":%lld,\"exp\":%lld%s}", jti++, now_s, now_s + 120, members));
    return text("%s", token);
}

static struct sp_transaction *post(struct fixture *f, const char *body)
{
    return ASK_DIRECT(f, .method = "POST", .uri = PAGE, .body = body,
                      .lines = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Mode: cors\r\n");
}

static void check_refused(const struct sp_transaction *t)
{
    ck_assert_answer(t, 400, SP_REASON_BAD_LOGOUT_TOKEN);
    ck_assert_str_eq(field_of(t, "Content-Type"), "application/json");
    ck_assert_contains(body_of(t), "{\"error\":\"invalid_request\",\"error_description\":\"");
}

SP_TEST(a_logout_token_ends_the_session_that_it_names)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    f->documents.keyset = keyset;
    struct sp_session session = usual_session();
    session.profile.sid = SP_STR("s1");
    const char *cookie = lines(NAVIGATION, cookie_of(f, &session));
    ck_assert_answer(ASK(f, .lines = cookie), 200, SP_REASON_NONE);
    const struct sp_transaction *t =
        post(f, text("x=1&logout_token=%s", token_of(&signer, ",\"sid\":\"s1\"")));
    ck_assert_answer(t, 200, SP_REASON_NONE);
    ck_assert_uint_eq(t->answer.body.len, 0);
    ck_assert_str_eq(field_of(t, "Cache-Control"), "no-store");
    const char *log = take_log(f);
    ck_assert_contains(log, "\"event\":\"revoked\",\"by\":\"issuer\",\"subject\":\"" ISSUER_SUB
                            "\",\"sid\":\"s1\",\"began_by\":\"");
    ck_assert_answer(ASK(f, .lines = cookie), 302, SP_REASON_SESSION_REVOKED);
}
SP_TEST_END

SP_TEST(ac_35_what_is_no_good_logout_token_is_refused)
{
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    f->documents.keyset = keyset;
    const char *good = token_of(&signer, "");
    const char *const bodies[] = {
        "",
        "logout_token",
        "logout_token=",
        "logout_token=x",
        "logout_token=%00",
        "logout_token=%zz",
        text("logout_token=%s&logout_token=%s", good, good),
        text("Logout_token=%s", good),
        text("token=%s", good),
        text("{\"logout_token\":\"%s\"}", good),
        text("logout_token=%s", repeat('a', 16385)),
        text("logout_token=%s", token_of(&signer, ",\"nonce\":\"n\"")),
        text("logout_token=%s", token_of(&signer, ",\"aud\":\"sibling\"")),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        check_refused(post(f, bodies[i]));
    }
    ck_assert_uint_eq(sp_revocations_count(f->process.revocations), 0);
    ck_assert_answer(post(f, text("logout_token=%s", good)), 200, SP_REASON_NONE);
    check_refused(post(f, text("logout_token=%s", good)));
    ck_assert_uint_eq(sp_revocations_count(f->process.revocations), 1);
}
SP_TEST_END

static struct sp_transaction *resume(struct fixture *f, struct sp_continuation *continuation,
                                     enum sp_wait_end end, struct sp_logout_outcome *outcome)
{
    continuation->end = end;
    continuation->wait.outcome = outcome;
    begin_head(f, &sp_dialect_pages, (int)strlen(f->head_text));
    sp_gate_resume(&f->t, sp_dialects, continuation);
    return finish(f);
}

static struct sp_logout_outcome *outcome_of(enum sp_logout_result result)
{
    struct sp_logout_outcome *outcome = calloc(1, sizeof *outcome);
    outcome->result = result;
    sp_diag_set(&outcome->diag, SP_ERR_KEY, "why it is so");
    return outcome;
}

SP_TEST(a_token_of_an_unknown_key_waits_for_the_keys)
{
    static const struct {
        enum sp_wait_end end;
        bool has_outcome;
        enum sp_logout_result result;
        unsigned status;
        enum sp_reason reason;
    } cases[] = {
        {SP_WAIT_END_OUTCOME, true, SP_LOGOUT_ACCEPTED, 200, SP_REASON_NONE},
        {SP_WAIT_END_OUTCOME, true, SP_LOGOUT_REFUSED, 400, SP_REASON_BAD_LOGOUT_TOKEN},
        {SP_WAIT_END_OUTCOME, true, SP_LOGOUT_UNVERIFIED, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_OUTCOME, false, SP_LOGOUT_UNVERIFIED, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_REFUSED, false, SP_LOGOUT_UNVERIFIED, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_OVERDUE, false, SP_LOGOUT_UNVERIFIED, 503, SP_REASON_ISSUER_UNAVAILABLE},
        {SP_WAIT_END_GONE, false, SP_LOGOUT_UNVERIFIED, 503, SP_REASON_ISSUER_UNAVAILABLE},
    };
    FIXTURE f = fixture_new("");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        post(f, text("logout_token=%s", token_of(&signer, ""))); /* there are no keys at all */
        struct sp_continuation *continuation = f->t.continuation;
        ck_assert_ptr_nonnull(continuation);
        f->t.continuation = NULL;
        memcpy(continuation->request_id, "0123456789abcdef", SP_REQUEST_ID_LEN + 1);
        continuation->refusal = "no room";
        struct sp_logout_outcome *outcome = cases[i].has_outcome ? outcome_of(cases[i].result) : NULL;
        const struct sp_transaction *t = resume(f, continuation, cases[i].end, outcome);
        ck_assert_answer(t, cases[i].status, cases[i].reason);
        ck_assert_str_eq(field_of(t, "X-Request-Id"), "0123456789abcdef");
        if (cases[i].status == 503) {
            ck_assert_contains(body_of(t), "{\"error\":\"temporarily_unavailable\",");
        }
        continuation->free(continuation);
    }
}
SP_TEST_END

SP_TEST(the_page_takes_forms_on_the_pages_listener_only)
{
    FIXTURE f = fixture_new("");
    const struct sp_transaction *t = ASK_DIRECT(f, .uri = PAGE, .lines = NAVIGATION);
    ck_assert_answer(t, 405, SP_REASON_METHOD_NOT_ALLOWED);
    ck_assert_str_eq(field_of(t, "Allow"), "POST");
    ck_assert_answer(ASK(f, .method = "POST", .uri = PAGE, .lines = NAVIGATION), 404, SP_REASON_NO_SUCH_PAGE);
}
SP_TEST_END

SP_SUITE("gate/backchannel_logout", a_logout_token_ends_the_session_that_it_names,
         ac_35_what_is_no_good_logout_token_is_refused, a_token_of_an_unknown_key_waits_for_the_keys,
         the_page_takes_forms_on_the_pages_listener_only)
