/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_GATE_REDEEM_H
#define SP_TEST_UNIT_GATE_REDEEM_H

/* Callbacks of a login that was begun, and the outcomes of their redemption, made by the real state machine
 * out of a token response that the test writes. */

#include "login.h"

static inline const char *came_back(const struct begun *begun, const char *parameters)
{
    return text(CALLBACK "?%s&state=%s", parameters, begun->state);
}

/* The callback of `begun` with a code, for the caller to complete. */
static inline struct sp_pending_login *pending_of(struct fixture *f, const struct begun *begun)
{
    struct sp_transaction *t = ASK(f, .uri = came_back(begun, "code=the-code"),
                                   .lines = text("%sCookie: %s\r\n", NAVIGATION, begun->pair));
    ck_assert_msg(t->pending != NULL, "%u %s", t->answer.status, sp_reason_name(t->reason));
    return t->pending;
}

static inline struct sp_redeemed *new_redeemed(enum sp_reason reason, struct sp_redemption *redemption)
{
    struct sp_redeemed *redeemed = calloc(1, sizeof *redeemed);
    ck_assert_ptr_nonnull(redeemed);
    atomic_init(&redeemed->refs, 1);
    redeemed->reason = reason;
    redeemed->redemption = redemption;
    return redeemed;
}

/* Answers with the outcome, which is taken, as `pending` is. */
static inline struct sp_transaction *complete(struct fixture *f, struct sp_pending_login *pending,
                                              struct sp_redeemed *redeemed)
{
    pending->job->redeemed = redeemed;
    sp_transaction_begin(&f->t, &f->context, pending->dialect, NULL);
    sp_callback_complete(&f->t, pending);
    finish(f);
    sp_pending_login_free(pending);
    return &f->t;
}

/* `keyset` is read before this returns. */
static inline struct sp_transaction *complete_from(struct fixture *f, struct sp_pending_login *pending,
                                                   const struct sp_keyset *keyset, unsigned status,
                                                   const char *body)
{
    const struct sp_redeem_job *job = pending->job;
    const struct sp_redemption_input input = {
        .provider = f->documents.provider,
        .client = &f->snapshot->client,
        .keyset = keyset,
        .grant.code = sp_buf_str(&job->code),
        .grant.redirect_uri = sp_buf_str(&job->redirect_uri),
        .grant.verifier = {job->verifier, sizeof job->verifier},
        .nonce = {job->nonce, sizeof job->nonce},
    };
    const struct sp_exchange_response response = {
        .status = status, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    struct sp_redemption *redemption = NULL;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_OK);
    enum sp_redemption_step step = sp_redemption_take_response(redemption, &response, NOW_S);
    bool done = step == SP_REDEMPTION_DONE;
    ck_assert(done || step == SP_REDEMPTION_FAILED);
    enum sp_reason reason = done ? SP_REASON_NONE : sp_redemption_failure(redemption)->reason;
    return complete(f, pending, new_redeemed(reason, redemption));
}

static inline struct sp_transaction *complete_response(struct fixture *f, struct sp_pending_login *pending,
                                                       unsigned status, const char *body)
{
    return complete_from(f, pending, NULL, status, body);
}

/* An ID token with the nonce of the login and these changes. */
static inline struct sp_transaction *complete_with(struct fixture *f, struct sp_pending_login *pending,
                                                   const struct signer *signer, const char *changes)
{
    ISSUER_KEYSET keyset = issuer_keyset(signer, "k");
    json_t *over = json_loads(changes, 0, NULL);
    ck_assert_ptr_nonnull(over);
    if (json_object_get(over, "nonce") == NULL) {
        json_object_set_new(over, "nonce", json_stringn(pending->job->nonce, sizeof pending->job->nonce));
    }
    SIGNER_TEXT all = json_dumps(over, 0);
    SIGNER_TEXT token = issuer_id_token(signer, "k", all);
    SIGNER_TEXT body = text_format(
        "{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS "\",\"id_token\":\"%s\"}", token);
    json_decref(over);
    return complete_from(f, pending, keyset, 200, body);
}

#endif
