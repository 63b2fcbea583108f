/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/renewal.h"

#include "base/throttle.h"
#include "gate/gate.h"
#include "gate/kept_session.h"
#include "gate/respond.h"
#include "io/clock.h"
#include "io/log.h"
#include "policy/renewal.h"
#include "session/redirects.h"

#include <stdlib.h>

#define TOLD_MS     60000 /* between two log lines for one session that stays unchanged */
#define THROTTLES_N 64    /* shared by the sessions, whose ids are random */

/* A request that waits for the issuer's response. */
struct renewal_continuation {
    struct sp_continuation base; /* must be first */
    struct sp_buf sub;
    struct sp_refresh_grant grant; /* of the session; its strings are in `bytes` */
    struct sp_buf bytes;
    bool is_further; /* the browser was redirected to this address before */
};

static const struct sp_html_texts silent_texts = {
    .title = "Your session cannot be confirmed now",
    .text =
        "The identity provider must confirm this session, but is not responding at the moment. The session "
        "has not ended.",
    .advice = "Reload the page in a minute.",
};

/* ---- waiting --------------------------------------------------------------------------------------- */

static const char *begin_renewal(struct sp_continuation *self, const struct sp_process *process)
{
    struct renewal_continuation *renewal = (struct renewal_continuation *)self;
    self->wait.owner = sp_buf_str(&renewal->sub);
    return sp_renewals_begin(process->renewals, self->wait.owner, &renewal->grant, &self->wait);
}

static void free_renewal(struct sp_continuation *self)
{
    struct renewal_continuation *renewal = (struct renewal_continuation *)self;
    sp_renewal_outcome_unref(self->wait.outcome);
    sp_buf_done(&renewal->sub);
    sp_buf_done(&renewal->bytes);
    free(renewal);
}

static void resume(struct sp_continuation *self, struct sp_transaction *t);

static bool wait_for_issuer(struct sp_transaction *t, const struct sp_session *session, bool is_further,
                            int64_t max_ms)
{
    struct renewal_continuation *renewal = calloc(1, sizeof *renewal);
    if (renewal == NULL) {
        return false;
    }
    renewal->base = (struct sp_continuation){
        .begin = begin_renewal, .resume = resume, .free = free_renewal, .max_ms = max_ms};
    renewal->is_further = is_further;
    sp_buf_init(&renewal->sub, SP_CLAIMS_SUB_MAX + 1);
    sp_buf_init(&renewal->bytes, SP_SESSION_PAYLOAD_MAX + 1);
    sp_buf_append(&renewal->sub, session->profile.sub);
    if (sp_buf_error(&renewal->sub) != SP_OK ||
        sp_refresh_grant_copy(&session->grant, &renewal->bytes, &renewal->grant) != SP_OK) {
        free_renewal(&renewal->base);
        return false;
    }
    t->continuation = &renewal->base;
    return true;
}

/* How often this session was redirected to the requested address within the last minute. */
static unsigned sent_n_of(const struct sp_transaction *t)
{
    return sp_renewals_sent_n(t->context->process->renewals, t->selection.session,
                              sp_host_str(&t->request.origin.host), t->request.target.raw, t->context->now_s);
}

/* Whether the target still fits when the browser requests it again: encoding may turn one byte into three. */
static __attribute__((noinline)) bool fits_redirect(struct sp_str target)
{
    SP_BUF_ON_STACK(encoded, SP_TARGET_MAX);
    sp_target_append_encoded(target, &encoded);
    return sp_buf_error(&encoded) == SP_OK;
}

bool sp_renewal_begin(struct sp_transaction *t)
{
    const struct sp_session *session = t->selection.session;
    bool is_overdue = t->selection.kind == SP_SELECTION_OVERDUE;
    if (!t->may_wait || session->grant.issued_s == 0 ||
        !sp_renewal_suits(&t->request, is_overdue ? SP_RENEWAL_NEED_OVERDUE : SP_RENEWAL_NEED_DUE) ||
        !fits_redirect(t->request.target.raw)) {
        return false;
    }
    unsigned sent_n = sent_n_of(t);
    if (sent_n >= (is_overdue ? SP_REDIRECTS_MAX : 1)) {
        return false;
    }
    return wait_for_issuer(t, session, sent_n > 0, is_overdue ? SP_CONTINUATION_MAX_MS : SP_RENEWAL_WAIT_MS);
}

/* ---- the outcome ----------------------------------------------------------------------------------- */

static struct sp_who nobody(enum sp_reason reason)
{
    return (struct sp_who){.reason = reason};
}

/* The issuer has stated nothing about the user, so no session is ended. */
static struct sp_who refuse_for_now(struct sp_transaction *t, enum sp_reason reason, const char *why)
{
    t->page_texts = reason == SP_REASON_ISSUER_UNAVAILABLE ? &silent_texts : NULL;
    sp_renewals_note_overdue(t->context->process->renewals, t->selection.session, t->context->now_s);
    sp_transaction_note(t, "The session could not be renewed: %s.", why);
    return nobody(reason);
}

struct sp_who sp_renewal_identify_overdue(struct sp_transaction *t)
{
    struct sp_who signs_in = {.reason = SP_REASON_SESSION_UNCONFIRMED, .may_sign_in = true};
    const struct sp_continuation *renewal = t->renewal;
    if (renewal == NULL) {
        if (sent_n_of(t) < SP_REDIRECTS_MAX) {
            return signs_in;
        }
        t->detail =
            SP_STR("The session was renewed a moment ago, but the browser did not return the new cookie.");
        return nobody(SP_REASON_COOKIES_REFUSED);
    }
    if (renewal->end == SP_WAIT_END_REFUSED) {
        return refuse_for_now(t, SP_REASON_OVERLOADED, renewal->refusal);
    }
    if (renewal->end != SP_WAIT_END_OUTCOME) {
        return refuse_for_now(t, SP_REASON_ISSUER_UNAVAILABLE, "the issuer did not answer in time");
    }
    const struct sp_renewal_outcome *outcome = renewal->wait.outcome;
    switch (outcome->result) {
    case SP_RENEWAL_UNAVAILABLE:
        return refuse_for_now(t, SP_REASON_ISSUER_UNAVAILABLE, "the issuer is not available");
    case SP_RENEWAL_MISCONFIGURED:
        return refuse_for_now(t, SP_REASON_ISSUER_UNAVAILABLE, "the issuer refuses this client");
    case SP_RENEWAL_REFUSED:
    case SP_RENEWAL_INVALID:
    case SP_RENEWAL_RENEWED: /* the cookie could not be made */
    case SP_RENEWAL_RESULT_COUNT:
        break;
    }
    sp_renewals_forget_overdue(t->context->process->renewals, t->selection.session);
    return signs_in;
}

static void log_renewed(const struct sp_transaction *t, const struct sp_session *session)
{
    const struct sp_profile *profile = &session->profile;
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "session_renewed")) {
        sp_transaction_log_request(t, &line);
        sp_transaction_log_session(&line, session, profile->email.len > 0 ? profile->email : profile->sub);
        sp_log_end(&line);
    }
}

/* Logs why a session continues unchanged, although the issuer has confirmed it. Every request of such a
 * session comes here until `renew_by`. */
static void log_unchanged(const struct sp_transaction *t, const struct sp_session *session,
                          const struct sp_diag *diag, enum sp_error error)
{
    static struct sp_throttle throttles[THROTTLES_N];
    struct sp_throttle *throttle = &throttles[session->id[0] % THROTTLES_N];
    uint64_t held_n;
    struct sp_log_line line;
    if (!sp_throttle_pass(throttle, sp_clock_monotonic_ms(), TOLD_MS, &held_n) ||
        !sp_log_begin(&line, SP_LOG_WARN, "renewal_failed")) {
        return;
    }
    sp_transaction_log_request(t, &line);
    sp_transaction_log_session(&line, session, session->profile.sub);
    sp_log_text(&line, "result", SP_STR("unchanged"));
    sp_log_text(&line, "detail", sp_str_from_c(diag->text[0] != '\0' ? diag->text : sp_error_text(error)));
    sp_log_number(&line, "held_back", held_n);
    sp_log_end(&line);
}

/* The renewed session, made from the new claims. */
static enum sp_error make_session(const struct sp_transaction *t, const struct sp_session *old,
                                  const struct sp_renewal_outcome *outcome, struct sp_diag *diag,
                                  struct sp_session *out, struct sp_group_counts *counts)
{
    const struct sp_config *config = t->context->snapshot->config;
    const struct sp_code_exchange *code_exchange = outcome->exchange->code_exchange;
    const struct sp_claims *claims = sp_code_exchange_claims(code_exchange);
    enum sp_error error =
        sp_session_from_claims(claims, config, t->context->now_s, &t->context->random, diag, out, counts);
    if (error != SP_OK) {
        return error;
    }
    memcpy(out->id, old->id, sizeof out->id);
    out->login_at_s = old->login_at_s;
    out->auth_time_s = old->auth_time_s;
    out->expires_s = old->expires_s;
    out->profile.sid = old->profile.sid;
    return sp_kept_session_set_renewal(t, code_exchange, &outcome->grant, outcome->at_s, out)
               ? SP_OK
               : SP_ERR_MISSING;
}

/* False: the new cookie cannot be made, and the answer has not changed. */
static __attribute__((noinline)) bool answer_renewed(struct sp_transaction *t,
                                                     const struct sp_renewal_outcome *outcome,
                                                     bool is_further)
{
    const struct sp_session *old = t->selection.session;
    const struct sp_code_exchange *code_exchange = outcome->exchange->code_exchange;
    struct sp_session session;
    struct sp_group_counts counts;
    struct sp_diag diag = {0};
    enum sp_id_token_fate fate;
    enum sp_error error = make_session(t, old, outcome, &diag, &session, &counts);
    struct sp_identity identity;
    enum sp_reason reason = error == SP_OK
                                ? sp_identity_from_profile(&session.profile, &t->context->snapshot->identity,
                                                           &t->user_text, &identity)
                                : SP_REASON_NONE;
    if (reason != SP_REASON_NONE) {
        error = sp_diag_set(&diag, SP_ERR_FORMAT, "the new claims yield no user name: %s",
                            sp_reason_name(reason));
    }
    if (error == SP_OK) {
        error =
            sp_kept_session_write(t, sp_code_exchange_claims(code_exchange),
                                  sp_code_exchange_id_token(code_exchange), &session, &counts, &fate, &diag);
    }
    if (error != SP_OK) {
        sp_answer_init(&t->answer);
        log_unchanged(t, old, &diag, error);
        return false;
    }
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_origin_append(&t->request.origin, &t->answer.text);
    sp_target_append_encoded(t->request.target.raw, &t->answer.text);
    sp_answer_end_value(&t->answer, "Location", begin);
    sp_respond_begin(t, SP_VERDICT_RENEW, SP_REASON_RENEWED, 307);
    sp_renewals_forget_overdue(t->context->process->renewals, old);
    sp_renewals_note_sent(t->context->process->renewals, old, sp_host_str(&t->request.origin.host),
                          t->request.target.raw, is_further, t->context->now_s);
    log_renewed(t, &session);
    return true;
}

static void resume(struct sp_continuation *self, struct sp_transaction *t)
{
    const struct sp_renewal_outcome *outcome = self->wait.outcome;
    enum sp_selection_kind kind = sp_transaction_select(t)->kind;
    bool holds = kind == SP_SELECTION_VALID || kind == SP_SELECTION_OVERDUE; /* it may be revoked by now */
    if (holds && self->end == SP_WAIT_END_OUTCOME && outcome->result == SP_RENEWAL_RENEWED &&
        answer_renewed(t, outcome, ((struct renewal_continuation *)self)->is_further)) {
        return;
    }
    t->renewal = self;
    t->looked_for_identity = false;
    sp_gate_answer_again(t);
}
