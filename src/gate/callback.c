/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/callback.h"

#include "gate/cause.h"
#include "gate/dialect.h"
#include "gate/kept_session.h"
#include "gate/login_cookies.h"
#include "gate/lost_claims.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "http/url.h"
#include "io/log.h"
#include "oidc/callback.h"

#include <stdlib.h>

#define RETURN_URL_MAX 4096 /* bytes of the origin and the encoded path of a state */
#define CODE_MAX       4096 /* bytes of a code, and of a redirect URI */

/* The contents of a callback. */
struct arrival {
    struct sp_callback query;
    struct sp_login_state state; /* views into `storage` */
    struct sp_seal_storage storage;
    struct sp_origin origin; /* where the login began */
    char redirect_uri_text[SP_ORIGIN_MAX + 1024];
    struct sp_buf redirect_uri;
};

/* ---- answers --------------------------------------------------------------------------------------- */

/* Ends the login with a refusal; `detail` is for the log. */
static void fail(struct sp_transaction *t, const struct sp_login_id *login_id, enum sp_reason reason,
                 const char *detail)
{
    sp_respond_refusal(t, reason);
    sp_metrics_count(&t->context->metrics->logins[SP_LOGIN_FAILED]);
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_WARN, "login_failed")) {
        sp_transaction_log_request(t, &line);
        if (login_id != NULL) {
            sp_log_text(&line, "login_id", sp_login_id_str(login_id));
        }
        sp_log_text(&line, "reason", sp_str_from_c(sp_reason_name(t->reason)));
        sp_log_text(&line, "detail", sp_str_from_c(detail));
        sp_log_end(&line);
    }
}

/* The same for a parameter of the query, named by `part`. */
static void fail_by_part(struct sp_transaction *t, const struct sp_login_id *login_id, const char *part,
                         enum sp_error error)
{
    SP_BUF_ON_STACK(detail, 128);
    sp_buf_printf(&detail, "%s: %s", part, sp_error_text(error));
    fail(t, login_id, SP_REASON_BAD_CALLBACK, sp_buf_c_str(&detail));
}

static void append_return_url(const struct arrival *arrival, struct sp_buf *out)
{
    sp_buf_append(out, arrival->state.origin);
    sp_target_append_encoded(arrival->state.path, out);
}

/* With `callback_host`: redirects to the callback of the host where the login began, with the query
 * unchanged. */
static void relay(struct sp_transaction *t, const struct sp_origin *origin)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    struct sp_buf *text = &t->answer.text;
    sp_origin_append(origin, text);
    sp_buf_append_c(text, t->context->snapshot->config->callback_path);
    sp_buf_append_char(text, '?');
    sp_target_append_encoded(t->request.target.query, text);
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_RELAYED, 302, begin);
}

/* ---- waiting for the tokens ------------------------------------------------------------------------ */

static const char *begin_exchange(struct sp_continuation *self, const struct sp_process *process)
{
    const struct sp_login_continuation *login = (const struct sp_login_continuation *)self;
    const struct sp_code code = {
        .login_id = login->login_id,
        .code = sp_buf_str(&login->code),
        .redirect_uri = sp_buf_str(&login->redirect_uri),
        .verifier = {login->verifier, sizeof login->verifier},
        .nonce = {login->nonce, sizeof login->nonce},
    };
    return sp_code_exchanges_begin(process->code_exchanges, &code, &self->wait);
}

static void free_login(struct sp_continuation *self)
{
    struct sp_login_continuation *login = (struct sp_login_continuation *)self;
    sp_code_outcome_unref(self->wait.outcome);
    sp_buf_done(&login->return_url);
    sp_buf_done(&login->code);
    sp_buf_done(&login->redirect_uri);
    explicit_bzero(login->verifier, sizeof login->verifier);
    explicit_bzero(login->nonce, sizeof login->nonce);
    free(login);
}

static void complete(struct sp_continuation *self, struct sp_transaction *t);

static void wait_for_tokens(struct sp_transaction *t, const struct arrival *arrival,
                            const struct sp_login_cookie *cookie)
{
    struct sp_login_continuation *login = calloc(1, sizeof *login);
    if (login == NULL) {
        fail(t, &arrival->state.login_id, SP_REASON_OVERLOADED, "out of memory");
        return;
    }
    login->base = (struct sp_continuation){.begin = begin_exchange, .resume = complete, .free = free_login};
    login->base.wait.owner = sp_login_id_str(&login->login_id);
    login->login_id = arrival->state.login_id;
    login->began_s = cookie->issued_s < t->context->now_s ? cookie->issued_s : t->context->now_s;
    memcpy(login->verifier, cookie->verifier, sizeof login->verifier);
    memcpy(login->nonce, cookie->nonce, sizeof login->nonce);
    sp_buf_init(&login->return_url, RETURN_URL_MAX);
    sp_buf_init(&login->code, CODE_MAX);
    sp_buf_init(&login->redirect_uri, CODE_MAX);
    append_return_url(arrival, &login->return_url);
    sp_buf_append(&login->code, arrival->query.code);
    sp_buf_append(&login->redirect_uri, sp_buf_str(&arrival->redirect_uri));
    if (sp_buf_error(&login->return_url) != SP_OK || sp_buf_error(&login->code) != SP_OK ||
        sp_buf_error(&login->redirect_uri) != SP_OK) {
        free_login(&login->base);
        fail(t, &arrival->state.login_id, SP_REASON_OVERLOADED, "out of memory");
        return;
    }
    t->continuation = &login->base;
}

static void complete_login(struct sp_transaction *t, const struct arrival *arrival,
                           const struct sp_login_cookie *cookie)
{
    if (arrival->query.kind == SP_CALLBACK_NONE) {
        fail_by_part(t, &arrival->state.login_id, "code, error or iss", arrival->query.fault);
    } else if (t->context->snapshot->documents == NULL) {
        fail(t, &arrival->state.login_id, sp_cause_explain_no_issuer(t),
             "the issuer's documents are not available");
    } else if (sp_callback_check_issuer(&arrival->query, t->context->snapshot->documents->metadata) !=
               SP_OK) {
        fail(t, &arrival->state.login_id, SP_REASON_BAD_CALLBACK,
             "iss is missing or names another issuer (RFC 9207)");
    } else if (cookie->kind != SP_LOGIN_COOKIE_PENDING) {
        /* Restarts the login the first time, and otherwise explains why its cookie may be missing. */
        const struct sp_login_state *state = &arrival->state;
        if (sp_login_id_try(&state->login_id) == SP_LOGIN_FIRST_TRY) {
            sp_sign_in_again(t, state->path);
            return;
        }
        bool is_late = t->context->now_s - state->issued_s >= SP_LOGIN_COOKIE_LIFETIME_S;
        t->detail =
            is_late
                ? SP_STR("According to the clock of this server, this sign-in took more than ten minutes.")
                : SP_STR("The browser did not return the cookie that this sign-in set a moment ago.");
        fail(t, &state->login_id, SP_REASON_COOKIES_REFUSED, t->detail.ptr);
    } else if (arrival->query.kind == SP_CALLBACK_ERROR) {
        sp_login_cookies_forget(t, &arrival->state.login_id);
        t->detail = sp_str_from_c(sp_issuer_error_text(arrival->query.error));
        t->mender = sp_issuer_error_mender(arrival->query.error);
        fail(t, &arrival->state.login_id, SP_REASON_ISSUER_REFUSED,
             sp_issuer_error_name(arrival->query.error));
    } else {
        wait_for_tokens(t, arrival, cookie);
    }
}

/* A user who is already signed in needs neither the code nor the login cookie. */
static void answer_own(struct sp_transaction *t, const struct arrival *arrival)
{
    struct sp_login_cookie cookie;
    sp_login_cookies_find(t, &arrival->state.login_id, &cookie);
    if (sp_transaction_session(t) == NULL) {
        complete_login(t, arrival, &cookie);
    } else {
        if (cookie.kind == SP_LOGIN_COOKIE_PENDING) {
            sp_login_cookies_forget(t, &arrival->state.login_id);
        }
        size_t begin = sp_answer_begin_value(&t->answer);
        append_return_url(arrival, &t->answer.text);
        t->verdict = SP_VERDICT_PAGE;
        sp_respond_redirect(t, SP_REASON_SIGNED_IN, 302, begin);
    }
    sp_login_cookie_wipe(&cookie);
}

void sp_callback_page(struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct arrival arrival;
    arrival.query = SP_CALLBACK_NULL;
    arrival.redirect_uri = SP_BUF_ON(arrival.redirect_uri_text);
    sp_sign_in_append_redirect_uri(t, &arrival.redirect_uri);
    enum sp_error error = sp_callback_parse(t->request.target.query, &arrival.query);
    if (error == SP_OK) {
        error = sp_login_state_open(&t->sealer, sp_buf_str(&arrival.redirect_uri), arrival.query.state,
                                    &arrival.storage, &arrival.state);
    }
    if (error == SP_OK && !sp_origin_parse(arrival.state.origin, &arrival.origin)) {
        error = SP_ERR_FORMAT;
    }
    if (error == SP_OK) {
        t->return_target = arrival.state.path;
    }
    if (error != SP_OK) {
        fail_by_part(t, NULL, "state", error);
    } else if (sp_origin_equal(&arrival.origin, &t->request.origin)) {
        answer_own(t, &arrival);
    } else if (config->has_callback_host && sp_origin_equal(&t->request.origin, &config->callback_host) &&
               sp_sign_in_may_return_to(t, &arrival.origin)) {
        relay(t, &arrival.origin);
    } else {
        fail(t, &arrival.state.login_id, SP_REASON_BAD_CALLBACK, "the login began at another origin");
    }
    t->return_target = SP_STR_NONE;
    sp_callback_done(&arrival.query);
}

/* ---- completing ------------------------------------------------------------------------------------ */

static void log_completed(const struct sp_transaction *t, const struct sp_login_continuation *login,
                          const struct sp_claims *claims, const struct sp_session *session,
                          const struct sp_identity *identity, const struct sp_group_counts *counts,
                          enum sp_id_token_fate id_token)
{
    static const char *const fates[] = {[SP_ID_TOKEN_KEPT] = "kept", [SP_ID_TOKEN_TOO_LARGE] = "too_large"};
    const struct sp_profile *profile = &session->profile;
    bool has_email = profile->email.len > 0;
    bool is_reduced = profile->groups_mark != 0;
    struct sp_lost_claims lost;
    sp_lost_claims_find(claims, t->context->snapshot->config, &lost);
    struct sp_log_line line;
    bool lacks_refresh = t->context->snapshot->config->renew && session->renew_after_s == 0;
    bool is_warning = is_reduced || lacks_refresh || lost.decides || id_token == SP_ID_TOKEN_TOO_LARGE;
    if (sp_log_begin(&line, is_warning ? SP_LOG_WARN : SP_LOG_INFO, "login_completed")) {
        sp_transaction_log_request(t, &line);
        sp_log_text(&line, "login_id", sp_login_id_str(&login->login_id));
        sp_transaction_log_session(&line, session, has_email ? profile->email : profile->sub);
        sp_log_person(&line, "subject", profile->sub);
        if (has_email && sp_identity_email(identity).len == 0) {
            sp_log_text(&line, "email", SP_STR("unverified")); /* no header or rule uses the address */
        }
        sp_lost_claims_log_groups(counts, &line);
        if (id_token != SP_ID_TOKEN_UNWANTED) {
            sp_log_text(&line, "id_token", sp_str_from_c(fates[id_token]));
        }
        if (is_reduced) {
            SP_BUF_ON_STACK(detail, SP_DETAIL_MAX);
            sp_buf_printf(&detail,
                          "The session has %zu of %zu groups, those that rules name, because it cannot hold "
                          "all; no header lists them. Name the groups to keep in groups_keep.",
                          counts->kept_n, counts->all_n);
            sp_log_number(&line, "groups_of_token", counts->all_n);
            sp_log_text(&line, "detail", sp_buf_str(&detail));
        }
        if (lacks_refresh) {
            sp_log_text(&line, "renewal",
                        SP_STR("none: the issuer returned no refresh token. Most issuers return one if the "
                               "setting scopes contains offline_access."));
        }
        sp_lost_claims_log(&lost, &line);
        sp_log_end(&line);
    }
}

/* Discards the partial answer, so that no cookies of a failed login reach the browser. */
static void fail_to_write(struct sp_transaction *t, const struct sp_login_continuation *login,
                          enum sp_error error, struct sp_diag *diag)
{
    sp_answer_init(&t->answer);
    if (diag->text[0] == '\0') {
        sp_diag_set(diag, error, "%s", sp_error_text(error));
    }
    sp_transaction_explain(t, "What failed: %s.", diag->text);
    bool too_large = error == SP_ERR_LIMIT;
    fail(t, &login->login_id, too_large ? SP_REASON_SESSION_TOO_LARGE : SP_REASON_OVERLOADED, diag->text);
}

/* The user has signed in, but the configuration yields no user name. There is no session, because every page
 * would show this error until it expired. */
static void fail_to_name(struct sp_transaction *t, const struct sp_login_continuation *login,
                         const struct sp_claims *claims, const struct sp_identity *identity,
                         enum sp_reason reason)
{
    sp_cause_explain_name(t, identity->profile, reason);
    if (reason == SP_REASON_EMAIL_UNVERIFIED && claims->email_verified_odd) {
        sp_transaction_explain(t, "email_verified is not a boolean.");
        t->note = SP_STR_NONE;
    }
    sp_login_cookies_forget(t, &login->login_id);
    fail(t, &login->login_id, reason, t->detail.len > 0 ? t->detail.ptr : t->note.ptr);
}

/* Sessions were ended while the user signed in, including this one. */
static void fail_as_ended(struct sp_transaction *t, const struct sp_login_continuation *login)
{
    t->detail = SP_STR("This sign-in began before that.");
    sp_login_cookies_forget(t, &login->login_id);
    fail(t, &login->login_id, SP_REASON_SESSION_REVOKED, "the sign-in began before sessions were ended");
}

/* Writes the session cookie, the cookie with the name for scripts and, in place of the login cookie, the
 * marker that this login was completed. */
static enum sp_error write_cookies(struct sp_transaction *t, const struct sp_login_continuation *login,
                                   const struct sp_code_exchange *code_exchange,
                                   struct sp_group_counts *counts, enum sp_id_token_fate *fate,
                                   struct sp_diag *diag)
{
    struct sp_answer *answer = &t->answer;
    struct sp_session *session = &t->selection.own;
    enum sp_error error =
        sp_kept_session_write(t, sp_code_exchange_claims(code_exchange),
                              sp_code_exchange_id_token(code_exchange), session, counts, fate, diag);
    SP_BUF_ON_STACK(marker, SP_LOGIN_COOKIE_TEXT_MAX);
    if (error == SP_OK) {
        error = sp_login_marker_seal(&t->sealer, &login->login_id, &marker);
    }
    size_t begin = sp_answer_begin_value(answer);
    if (error == SP_OK) {
        error = sp_cookies_write_login(t->sealer.cookies, &login->login_id, sp_buf_str(&marker),
                                       SP_LOGIN_MARKER_LIFETIME_S, &answer->text);
    }
    return sp_answer_end_cookie(answer, begin, error);
}

static void succeed(struct sp_transaction *t, const struct sp_login_continuation *login,
                    const struct sp_code_exchange *code_exchange)
{
    const struct sp_claims *claims = sp_code_exchange_claims(code_exchange);
    const struct sp_config *config = t->context->snapshot->config;
    const struct sp_random *random = &t->context->random;
    int64_t now_s = t->context->now_s;
    struct sp_diag diag = {0};
    struct sp_group_counts counts;
    struct sp_session *session = &t->selection.own;
    t->selection.session = session;
    enum sp_error error = sp_session_from_claims(claims, config, now_s, random, &diag, session, &counts);
    if (error != SP_OK) {
        fail_to_write(t, login, error, &diag);
        return;
    }
    struct sp_identity identity;
    enum sp_reason reason = sp_identity_from_profile(&session->profile, &t->context->snapshot->identity,
                                                     &t->user_text, &identity);
    if (reason != SP_REASON_NONE) {
        fail_to_name(t, login, claims, &identity, reason);
        return;
    }

    if (sp_revocations_end_login(t->context->process->revocations, session, login->began_s)) {
        fail_as_ended(t, login);
        return;
    }

    struct sp_refresh_grant grant;
    bool is_renewed = sp_kept_session_set_renewal(
        t, code_exchange, sp_code_exchange_grant(code_exchange, &grant) ? &grant : NULL, now_s, session);

    enum sp_id_token_fate fate;
    error = write_cookies(t, login, code_exchange, &counts, &fate, &diag);
    if (error != SP_OK) {
        fail_to_write(t, login, error, &diag);
        return;
    }

    size_t begin = sp_answer_begin_value(&t->answer);
    sp_buf_append(&t->answer.text, sp_buf_str(&login->return_url));
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_SIGNED_IN, 302, begin);
    sp_metrics_count(&t->context->metrics->logins[SP_LOGIN_COMPLETED]);
    log_completed(t, login, claims, session, &identity, &counts, fate);
    if (is_renewed) {
        sp_renewals_note_login(t->context->process->renewals, session->profile.sub, &grant);
    }
}

static void fail_to_complete(struct sp_transaction *t, const struct sp_login_continuation *login,
                             const struct sp_code_outcome *outcome)
{
    enum sp_reason reason = outcome->reason;
    if (outcome->code_exchange == NULL) {
        fail(t, &login->login_id, reason, sp_reason_title(reason));
        return;
    }
    const struct sp_code_exchange_failure *failure = sp_code_exchange_failure(outcome->code_exchange);
    if (reason == SP_REASON_ISSUER_REFUSED) {
        t->detail = sp_str_from_c(sp_issuer_error_text(failure->refusal));
        t->mender = sp_issuer_error_mender(failure->refusal);
    } else if (reason == SP_REASON_TOKEN_INVALID) {
        sp_transaction_explain(t, "What failed: %s.", failure->diag.text);
        /* If something has expired, the user can sign in again; any other error is in the client's settings
         * at the issuer. */
        t->mender = failure->error == SP_ERR_EXPIRED ? SP_MENDER_USER : SP_MENDER_OPERATOR;
    }
    if (reason != SP_REASON_ISSUER_UNAVAILABLE) {
        sp_login_cookies_forget(t, &login->login_id);
    }
    fail(t, &login->login_id, reason, failure->diag.text);
}

static void complete(struct sp_continuation *self, struct sp_transaction *t)
{
    const struct sp_login_continuation *login = (const struct sp_login_continuation *)self;
    const struct sp_code_outcome *outcome = self->wait.outcome;
    struct sp_url wanted;
    if (sp_url_parse(sp_buf_str(&login->return_url), &wanted)) {
        t->return_target = wanted.target.raw;
    }
    switch (self->end) {
    case SP_WAIT_END_OUTCOME:
        if (outcome->reason == SP_REASON_NONE) {
            succeed(t, login, outcome->code_exchange);
        } else {
            fail_to_complete(t, login, outcome);
        }
        break;
    case SP_WAIT_END_REFUSED:
        fail(t, &login->login_id, SP_REASON_OVERLOADED, self->refusal);
        break;
    case SP_WAIT_END_GONE:
        fail(t, &login->login_id, SP_REASON_ISSUER_UNAVAILABLE,
             "the request was gone before the issuer answered");
        break;
    case SP_WAIT_END_OVERDUE:
        fail(t, &login->login_id, SP_REASON_ISSUER_UNAVAILABLE, "the issuer did not answer in time");
        break;
    }
    t->return_target = SP_STR_NONE;
}
