/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/backchannel_logout.h"

#include "base/quote.h"
#include "gate/respond.h"
#include "http/form.h"

#include <stdlib.h>

/* A request that waits for the issuer's keys. */
struct logout_continuation {
    struct sp_continuation base; /* must be first */
    struct sp_buf token;
};

/* ---- answers --------------------------------------------------------------------------------------- */

static void answer_error(struct sp_transaction *t, enum sp_reason reason, const char *error)
{
    bool is_refused = sp_reason_status(reason) == 400;
    sp_respond_begin(t, is_refused ? SP_VERDICT_DENY : SP_VERDICT_UNAVAILABLE, reason,
                     sp_reason_status(reason));
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_buf_printf(&t->answer.text, "{\"error\":\"%s\",\"error_description\":", error);
    sp_quote_append_json(t->detail, &t->answer.text);
    sp_buf_append_c(&t->answer.text, "}");
    sp_respond_end_json(t, "application/json", begin);
}

static void refuse(struct sp_transaction *t, const char *why)
{
    sp_transaction_explain(t, "%s", why);
    answer_error(t, SP_REASON_BAD_LOGOUT_TOKEN, "invalid_request");
}

static void answer_result(struct sp_transaction *t, enum sp_logout_result result, const char *why)
{
    if (result == SP_LOGOUT_ACCEPTED) {
        sp_respond_begin(t, SP_VERDICT_PAGE, SP_REASON_NONE, 200);
    } else if (result == SP_LOGOUT_REFUSED) {
        refuse(t, why);
    } else {
        sp_transaction_explain(t, "%s", why);
        answer_error(t, SP_REASON_ISSUER_UNAVAILABLE, "temporarily_unavailable");
    }
}

/* ---- waiting --------------------------------------------------------------------------------------- */

static const char *begin_verification(struct sp_continuation *self, const struct sp_process *process)
{
    const struct logout_continuation *logout = (const struct logout_continuation *)self;
    return sp_logout_tokens_begin(process->logout_tokens, sp_buf_str(&logout->token), &self->wait);
}

static void resume(struct sp_continuation *self, struct sp_transaction *t)
{
    const struct sp_logout_outcome *outcome = self->wait.outcome;
    if (outcome != NULL) {
        answer_result(t, outcome->result, outcome->diag.text);
    } else {
        bool is_refused = self->end == SP_WAIT_END_REFUSED;
        answer_result(t, SP_LOGOUT_UNVERIFIED, is_refused ? self->refusal : "the wait has ended early");
    }
}

static void free_logout(struct sp_continuation *self)
{
    struct logout_continuation *logout = (struct logout_continuation *)self;
    free(self->wait.outcome);
    sp_buf_done(&logout->token);
    free(logout);
}

static void wait_for_keys(struct sp_transaction *t, struct sp_str token)
{
    struct logout_continuation *logout = calloc(1, sizeof *logout);
    if (logout == NULL) {
        answer_result(t, SP_LOGOUT_UNVERIFIED, "out of memory");
        return;
    }
    logout->base =
        (struct sp_continuation){.begin = begin_verification, .resume = resume, .free = free_logout};
    sp_buf_init(&logout->token, SP_LOGOUT_TOKENS_TEXT_MAX);
    sp_buf_append(&logout->token, token);
    if (sp_buf_error(&logout->token) != SP_OK) {
        free_logout(&logout->base);
        answer_result(t, SP_LOGOUT_UNVERIFIED, "out of memory");
        return;
    }
    t->continuation = &logout->base;
}

/* ---- the page -------------------------------------------------------------------------------------- */

void sp_backchannel_logout_page(struct sp_transaction *t)
{
    char storage[SP_LOGOUT_TOKENS_TEXT_MAX];
    struct sp_buf token = SP_BUF_ON(storage);
    struct sp_str raw;
    if (sp_form_find(t->body, SP_STR("logout_token"), &raw) != 1 || sp_form_decode(raw, &token) != SP_OK) {
        refuse(t, "The body is not a form with exactly one logout_token.");
        sp_metrics_count(&t->context->metrics->logout_tokens[SP_LOGOUT_REFUSED]);
        return;
    }
    const struct sp_issuer_documents *documents = t->context->snapshot->documents;
    struct sp_diag diag = {0};
    enum sp_logout_result result =
        sp_logout_tokens_take(t->context->process->logout_tokens, sp_buf_str(&token),
                              documents != NULL ? documents->keyset : NULL, t->context->metrics, &diag);
    if (result == SP_LOGOUT_UNVERIFIED) {
        wait_for_keys(t, sp_buf_str(&token));
    } else {
        answer_result(t, result, diag.text);
    }
}
