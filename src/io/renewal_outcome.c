/* SPDX-License-Identifier: Apache-2.0 */
#include "io/renewal_outcome.h"

#include "io/clock.h"
#include "io/log.h"

#include <stdlib.h>

#define SAVED_MAX (1024 * 1024) /* bytes of claims and ID token */

/* ---- outcomes -------------------------------------------------------------------------------------- */

static enum sp_renewal_result result_of(const struct sp_code_outcome *exchange)
{
    if (exchange->reason == SP_REASON_NONE) {
        return SP_RENEWAL_RENEWED;
    }
    if (exchange->reason == SP_REASON_TOKEN_INVALID) {
        return SP_RENEWAL_INVALID;
    }
    if (exchange->reason != SP_REASON_ISSUER_REFUSED) {
        return SP_RENEWAL_UNAVAILABLE;
    }
    const struct sp_code_exchange_failure *failure = sp_code_exchange_failure(exchange->code_exchange);
    bool is_refusal = failure->refusal == SP_ISSUER_ERROR_INVALID_GRANT ||
                      failure->refusal == SP_ISSUER_ERROR_INVALID_REQUEST;
    return failure->status == 400 && is_refusal ? SP_RENEWAL_REFUSED : SP_RENEWAL_MISCONFIGURED;
}

struct sp_renewal_outcome *sp_renewal_outcome_new(struct sp_code_outcome *exchange)
{
    struct sp_renewal_outcome *outcome = calloc(1, sizeof *outcome);
    if (outcome != NULL) {
        atomic_init(&outcome->refs, 1);
        outcome->result = result_of(exchange);
        outcome->exchange = exchange;
        outcome->at_s = sp_clock_now_s();
        sp_buf_init(&outcome->bytes, SP_RENEWAL_GRANT_MAX);
    }
    return outcome;
}

void sp_renewal_outcome_unref(struct sp_renewal_outcome *outcome)
{
    if (outcome != NULL && atomic_fetch_sub(&outcome->refs, 1) == 1) {
        sp_code_outcome_unref(outcome->exchange);
        sp_buf_done(&outcome->bytes);
        free(outcome);
    }
}

void sp_renewal_outcome_log(const struct sp_renewal_outcome *outcome, struct sp_str sub)
{
    const struct sp_code_exchange *code_exchange = outcome->exchange->code_exchange;
    bool is_said = code_exchange != NULL && sp_code_exchange_step(code_exchange) == SP_CODE_EXCHANGE_FAILED;
    bool is_too_long = outcome->exchange->reason == SP_REASON_NONE;
    const char *other = is_too_long ? "the new refresh token does not fit into a cookie"
                                    : sp_reason_title(outcome->exchange->reason);
    bool is_fault = outcome->result == SP_RENEWAL_MISCONFIGURED;
    struct sp_log_line line;
    if (sp_log_begin(&line, is_fault ? SP_LOG_ERROR : SP_LOG_WARN, "renewal_failed")) {
        sp_log_person(&line, "subject", sub);
        sp_log_text(&line, "result", sp_str_from_c(sp_renewal_result_name(outcome->result)));
        sp_log_text(&line, "detail",
                    sp_str_from_c(is_said ? sp_code_exchange_failure(code_exchange)->diag.text : other));
        sp_log_end(&line);
    }
}

/* ---- saved ----------------------------------------------------------------------------------------- */

void sp_saved_renewal_done(struct sp_saved_renewal *saved)
{
    sp_buf_done(&saved->bytes);
    sp_buf_done(&saved->text);
    *saved = (struct sp_saved_renewal){.at_s = 0};
}

size_t sp_saved_renewal_memory(const struct sp_saved_renewal *saved)
{
    return saved->bytes.cap + saved->text.cap;
}

bool sp_saved_renewal_make(struct sp_saved_renewal *saved, const struct sp_renewal_outcome *outcome)
{
    const struct sp_code_exchange *code_exchange = outcome->exchange->code_exchange;
    const struct sp_claims *claims = sp_code_exchange_claims(code_exchange);
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SAVED_MAX);
    sp_code_exchange_save(code_exchange, &text);
    sp_saved_renewal_done(saved);
    *saved = (struct sp_saved_renewal){
        .at_s = outcome->at_s,
        .claims_issued_s = claims->issued_s,
        .claims_expires_s = claims->expires_s,
        .grant_lifetime_s = sp_code_exchange_grant_lifetime_s(code_exchange),
    };
    sp_buf_init(&saved->text, text.len); /* the exact size */
    sp_buf_append(&saved->text, sp_buf_str(&text));
    sp_buf_init(&saved->bytes, outcome->grant.token.len + outcome->grant.sid.len);
    if (sp_refresh_grant_copy(&outcome->grant, &saved->bytes, &saved->grant) != SP_OK ||
        sp_buf_error(&text) != SP_OK || sp_buf_error(&saved->text) != SP_OK) {
        sp_saved_renewal_done(saved);
        return false;
    }
    return true;
}

struct sp_renewal_outcome *sp_saved_renewal_restore(const struct sp_saved_renewal *saved,
                                                    const struct sp_client *client)
{
    struct sp_code_outcome *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        return NULL;
    }
    atomic_init(&exchange->refs, 1);
    exchange->reason = SP_REASON_NONE;
    struct sp_renewal_outcome *outcome = NULL;
    if (sp_code_exchange_restore(sp_buf_str(&saved->text), saved->grant_lifetime_s, client,
                                 &exchange->code_exchange) == SP_OK) {
        outcome = sp_renewal_outcome_new(exchange);
    }
    if (outcome == NULL) {
        sp_code_outcome_unref(exchange);
        return NULL;
    }
    outcome->at_s = saved->at_s;
    if (sp_refresh_grant_copy(&saved->grant, &outcome->bytes, &outcome->grant) != SP_OK) {
        sp_renewal_outcome_unref(outcome);
        return NULL;
    }
    return outcome;
}
