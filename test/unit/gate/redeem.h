/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_REDEEM_H
#define SP_TEST_UNIT_GATE_REDEEM_H

/* Callbacks of a login, and the outcomes of their code exchange, which the real state machine makes from a
 * token response that the test supplies. */

#include "login.h"

static inline const char *came_back(const struct begun *begun, const char *parameters)
{
    return text(CALLBACK "?%s&state=%s", parameters, begun->state);
}

/* A callback that waits for its tokens. */
struct waiting {
    struct sp_login_continuation *login; /* NULL: none */
    const struct sp_dialect *dialect;
    char *head;
};

/* The wait of the last request. */
static inline struct waiting take_waiting(struct fixture *f)
{
    struct sp_transaction *t = &f->t;
    ck_assert_msg(t->continuation != NULL, "%u %s", t->answer.status, sp_reason_name(t->reason));
    struct waiting waiting = {.login = (struct sp_login_continuation *)t->continuation,
                              .dialect = t->dialect,
                              .head = strdup(f->head_text)};
    memcpy(waiting.login->base.request_id, t->request_id, sizeof t->request_id);
    t->continuation = NULL;
    return waiting;
}

static inline void free_waiting(struct waiting *waiting)
{
    if (waiting->login != NULL) {
        sp_continuation_free(&waiting->login->base);
        free(waiting->head);
        waiting->login = NULL;
    }
}

/* The callback of `begun` with a code, for the caller to complete. */
static inline struct waiting waiting_of(struct fixture *f, const struct begun *begun)
{
    ASK(f, .uri = came_back(begun, "code=the-code"),
        .lines = text("%sCookie: %s\r\n", NAVIGATION, begun->pair));
    return take_waiting(f);
}

static inline struct sp_code_outcome *new_outcome(enum sp_reason reason,
                                                  struct sp_code_exchange *code_exchange)
{
    struct sp_code_outcome *outcome = calloc(1, sizeof *outcome);
    ck_assert_ptr_nonnull(outcome);
    atomic_init(&outcome->refs, 1);
    outcome->reason = reason;
    outcome->code_exchange = code_exchange;
    return outcome;
}

/* Answers the request that waited, with this end of its wait; takes it. */
static inline struct sp_transaction *resume(struct fixture *f, struct waiting waiting, enum sp_wait_end end)
{
    waiting.login->base.end = end;
    memcpy(f->head_text, waiting.head, strlen(waiting.head) + 1);
    begin_head(f, waiting.dialect, (int)strlen(f->head_text));
    sp_gate_resume(&f->t, sp_dialects, &waiting.login->base);
    finish(f);
    free_waiting(&waiting);
    return &f->t;
}

/* The same with an outcome, which is taken too. */
static inline struct sp_transaction *complete(struct fixture *f, struct waiting waiting,
                                              struct sp_code_outcome *outcome)
{
    waiting.login->base.wait.outcome = outcome;
    return resume(f, waiting, SP_WAIT_END_OUTCOME);
}

/* `keyset` is read before this returns. */
static inline struct sp_transaction *complete_from(struct fixture *f, struct waiting waiting,
                                                   const struct sp_keyset *keyset, unsigned status,
                                                   const char *body)
{
    const struct sp_login_continuation *login = waiting.login;
    const struct sp_code_exchange_input input = {
        .metadata = f->documents.metadata,
        .client = &f->snapshot->client,
        .keyset = keyset,
        .grant.code = sp_buf_str(&login->code),
        .grant.redirect_uri = sp_buf_str(&login->redirect_uri),
        .grant.verifier = {login->verifier, sizeof login->verifier},
        .nonce = {login->nonce, sizeof login->nonce},
    };
    const struct sp_exchange_response response = {
        .status = status, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    struct sp_code_exchange *code_exchange = NULL;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_OK);
    enum sp_code_exchange_step step = sp_code_exchange_take_response(code_exchange, &response, NOW_S);
    bool done = step == SP_CODE_EXCHANGE_DONE;
    ck_assert(done || step == SP_CODE_EXCHANGE_FAILED);
    enum sp_reason reason = done ? SP_REASON_NONE : sp_code_exchange_failure(code_exchange)->reason;
    return complete(f, waiting, new_outcome(reason, code_exchange));
}

static inline struct sp_transaction *complete_response(struct fixture *f, struct waiting waiting,
                                                       unsigned status, const char *body)
{
    return complete_from(f, waiting, NULL, status, body);
}

/* An ID token with the nonce of the login and these changes. */
static inline struct sp_transaction *complete_with(struct fixture *f, struct waiting waiting,
                                                   const struct signer *signer, const char *changes)
{
    ISSUER_KEYSET keyset = issuer_keyset(signer, "k");
    json_t *over = json_loads(changes, 0, NULL);
    ck_assert_ptr_nonnull(over);
    if (json_object_get(over, "nonce") == NULL) {
        json_object_set_new(over, "nonce", json_stringn(waiting.login->nonce, sizeof waiting.login->nonce));
    }
    SIGNER_TEXT all = json_dumps(over, 0);
    SIGNER_TEXT token = issuer_id_token(signer, "k", all);
    SIGNER_TEXT body = text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", token);
    json_decref(over);
    return complete_from(f, waiting, keyset, 200, body);
}

#endif
