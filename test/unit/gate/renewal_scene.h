/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_RENEWAL_SCENE_H
#define SP_TEST_UNIT_GATE_RENEWAL_SCENE_H

/* Sessions that are renewed, with an issuer that responds as the test specifies. */

#include "gate/renewal.h"

#include "fixture.h"

/* A process that renews sessions, whose calls the test answers. */
struct scene {
    struct fixture *f;
    struct signer signer;
    struct sp_renewals *renewals;
};

static inline struct scene *scene_new(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->f = fixture_new("renew: true\nrenew_after: 1h\nrenew_grace: 15m\nname_cookie: shown");
    scene->signer = signer_new("ES256");
    const struct sp_renewals_use use = {.connections_max = 4096};
    scene->renewals = sp_renewals_new(&use);
    ck_assert_ptr_nonnull(scene->renewals);
    scene->f->process.renewals = scene->renewals;
    return scene;
}

static inline void scene_free(struct scene **given)
{
    struct scene *scene = *given;
    fixture_free(&scene->f);
    sp_renewals_free(scene->renewals);
    signer_done(&scene->signer);
    free(scene);
}

#define SCENE __attribute__((cleanup(scene_free))) struct scene *

/* It became due this long ago. */
static inline struct sp_session session_due(int64_t since_s)
{
    struct sp_session session = usual_session();
    session.login_at_s = NOW_S - 5000;
    session.issued_s = NOW_S - 4000;
    session.renew_after_s = NOW_S - since_s;
    session.renew_by_s = session.renew_after_s + 900;
    session.profile.sid = SP_STR("its-own");
    session.grant = (struct sp_refresh_grant){.token = SP_STR("first"), .issued_s = NOW_S - 3600};
    ck_assert_int_eq(sp_nonce_hash(SP_STR(ISSUER_NONCE), session.grant.nonce_hash), SP_OK);
    return session;
}

#define DUE_S     10
#define OVERDUE_S 1000

/* Sends a request, and takes the continuation that waits. */
static inline struct sp_continuation *wait_of(struct fixture *f, const char *request_lines)
{
    struct sp_transaction *t = ASK(f, .uri = "/x?q=1", .lines = request_lines);
    ck_assert_msg(t->continuation != NULL, "%u %s", t->answer.status, sp_reason_name(t->reason));
    struct sp_continuation *continuation = t->continuation;
    memcpy(continuation->request_id, t->request_id, sizeof t->request_id);
    t->continuation = NULL;
    return continuation;
}

/* The issuer's response: an ID token with these changes; NULL: none. */
static inline struct sp_renewal_outcome *outcome_of(struct scene *scene, enum sp_renewal_result result,
                                                    const char *changes)
{
    struct sp_renewal_outcome *outcome = calloc(1, sizeof *outcome);
    atomic_init(&outcome->refs, 1);
    outcome->result = result;
    outcome->at_s = NOW_S;
    outcome->exchange = calloc(1, sizeof *outcome->exchange);
    atomic_init(&outcome->exchange->refs, 1);
    sp_buf_init(&outcome->bytes, 4096);
    if (changes == NULL) {
        return outcome;
    }
    ISSUER_KEYSET keyset = issuer_keyset(&scene->signer, "k");
    struct sp_session session = session_due(DUE_S);
    const struct sp_code_exchange_input input = {
        .metadata = scene->f->documents.metadata,
        .client = &scene->f->snapshot->client,
        .keyset = keyset,
        .refresh = &session.grant,
        .sub = SP_STR(ISSUER_SUB),
    };
    struct sp_code_exchange **code_exchange = &outcome->exchange->code_exchange;
    ck_assert_int_eq(sp_code_exchange_new(&input, code_exchange), SP_OK);
    SIGNER_TEXT token = issuer_id_token(&scene->signer, "k", changes);
    SIGNER_TEXT body = text_format("{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS
                                   "\",\"refresh_token\":\"second\",\"id_token\":\"%s\"}",
                                   token);
    const struct sp_exchange_response response = {
        .status = 200, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    ck_assert_int_eq(sp_code_exchange_take_response(*code_exchange, &response, NOW_S), SP_CODE_EXCHANGE_DONE);
    struct sp_refresh_grant grant;
    ck_assert(sp_code_exchange_grant(*code_exchange, &grant));
    ck_assert_int_eq(sp_refresh_grant_copy(&grant, &outcome->bytes, &outcome->grant), SP_OK);
    return outcome;
}

static inline struct sp_transaction *resume(struct fixture *f, struct sp_continuation *continuation,
                                            enum sp_wait_end end, struct sp_renewal_outcome *outcome)
{
    continuation->end = end;
    continuation->wait.outcome = outcome;
    begin_head(f, f->t.dialect, (int)strlen(f->head_text));
    sp_gate_resume(&f->t, sp_dialects, continuation);
    finish(f);
    sp_continuation_free(continuation);
    return &f->t;
}

/* The session that the answer gives the browser. */
static inline void open_cookie(struct fixture *f, const struct sp_transaction *t, struct sp_selection *out)
{
    const char *pair = pair_of(nth_field(&t->answer, "Set-Cookie", 0));
    struct sp_str value = sp_str_from_c(strchr(pair, '=') + 1);
    struct sp_sealer sealer = sealer_of(f, HOST);
    sp_select_session(&sealer, &value, 1, out);
    ck_assert_int_eq(out->kind, SP_SELECTION_VALID);
}

#endif
