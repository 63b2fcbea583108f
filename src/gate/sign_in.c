/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/sign_in.h"

#include "gate/cause.h"
#include "gate/continuation.h"
#include "gate/gate.h"
#include "gate/login_cookies.h"
#include "gate/respond.h"
#include "http/url.h"
#include "io/log.h"
#include "oidc/authorization.h"

#include <stdlib.h>

#define LINKED_TARGET_MAX 512 /* bytes of a target that is sealed into a link, which must fit on a page */

/* ---- the redirect ---------------------------------------------------------------------------------- */

/* The login to begin. */
struct login {
    enum sp_reason reason; /* why there is no session */
    struct sp_str target;
    struct sp_str login_hint;
    enum sp_login_try which_try;
    bool is_wished; /* requested by the user, not begun automatically */
    unsigned attempts;
};

void sp_sign_in_append_redirect_uri(const struct sp_transaction *t, struct sp_buf *out)
{
    const struct sp_config *config = t->context->snapshot->config;
    sp_origin_append(config->has_callback_host ? &config->callback_host : &t->request.origin, out);
    sp_buf_append_c(out, config->callback_path);
}

static void log_started(const struct sp_transaction *t, const struct sp_login_id *login_id)
{
    SP_BUF_ON_STACK(redirect_uri, SP_ORIGIN_MAX + 1024);
    sp_sign_in_append_redirect_uri(t, &redirect_uri);
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "login_started")) {
        sp_transaction_log_request(t, &line);
        sp_log_text(&line, "login_id", sp_login_id_str(login_id));
        sp_log_text(&line, "redirect_uri", sp_buf_str(&redirect_uri));
        if (sp_login_id_try(login_id) == SP_LOGIN_SECOND_TRY) {
            sp_log_number(&line, "try", 2);
        }
        sp_log_end(&line);
    }
}

static enum sp_error append_location(struct sp_transaction *t, const struct login *login,
                                     struct sp_str redirect_uri, const struct sp_login_started *started)
{
    const struct sp_client *client = &t->context->snapshot->client;
    const struct sp_issuer_metadata *metadata = t->context->snapshot->documents->metadata;
    const struct sp_authorization authorization = {
        .client_id = client->id,
        .redirect_uri = redirect_uri,
        .scope = sp_issuer_metadata_scopes(metadata, client),
        .state = sp_login_started_state(started),
        .nonce = sp_login_started_nonce(started),
        .verifier = sp_login_started_verifier(started),
        .login_hint = login->login_hint,
        .parameters = client->parameters,
    };
    return sp_authorization_append_url(metadata, &authorization, &t->answer.text);
}

/* The target as a Location can carry it: the first of the whole target, its path and the root that fits into
 * `state`. */
static struct sp_str encode_target(struct sp_str target, struct sp_buf *out)
{
    sp_target_append_encoded(target, out);
    if (sp_buf_error(out) != SP_OK) {
        sp_buf_clear(out);
        sp_target_append_encoded((struct sp_str){target.ptr, sp_str_find(target, '?')}, out);
    }
    return sp_buf_error(out) == SP_OK ? sp_buf_str(out) : SP_STR("/");
}

static enum sp_error redirect(struct sp_transaction *t, const struct login *login,
                              const struct sp_login_cookies *logins, struct sp_login_started *started)
{
    SP_BUF_ON_STACK(origin, SP_ORIGIN_MAX + 1);
    SP_BUF_ON_STACK(redirect_uri, SP_ORIGIN_MAX + 1024);
    char target_storage[SP_LOGIN_TARGET_MAX];
    struct sp_buf encoded;
    bool is_linked = sp_transaction_request_kind(t) == SP_REQUEST_KIND_UNCLEAR; /* see sp_respond_redirect */
    sp_buf_init_fixed(&encoded, target_storage, is_linked ? LINKED_TARGET_MAX : sizeof target_storage);
    sp_origin_append(&t->request.origin, &origin);
    sp_sign_in_append_redirect_uri(t, &redirect_uri);
    const struct sp_login_target wanted = {
        .origin = sp_buf_str(&origin),
        .path = encode_target(login->target, &encoded),
        .attempts = login->attempts,
        .which_try = login->which_try,
    };
    enum sp_error error = sp_login_begin(&t->sealer, sp_buf_str(&redirect_uri), &wanted, started);
    if (error != SP_OK) {
        return error;
    }
    size_t begin = sp_answer_begin_value(&t->answer);
    error = sp_cookies_write_login(t->sealer.cookies, &started->login_id, sp_login_started_cookie(started),
                                   SP_LOGIN_COOKIE_LIFETIME_S, &t->answer.text);
    if (sp_answer_end_cookie(&t->answer, begin, error) != SP_OK) {
        return error;
    }
    sp_login_cookies_make_room(t, logins);
    begin = sp_answer_begin_value(&t->answer);
    error = append_location(t, login, sp_buf_str(&redirect_uri), started);
    t->verdict = SP_VERDICT_LOGIN;
    sp_respond_redirect(t, login->reason, 302, begin);
    return error;
}

/* ---- waiting to learn whether the issuer can be reached -------------------------------------------- */

static const char *begin_waiting(struct sp_continuation *self, const struct sp_process *process)
{
    return sp_issuer_news_begin(process->issuer_news, &self->wait);
}

static void resume(struct sp_continuation *self, struct sp_transaction *t)
{
    t->news = self;
    sp_gate_answer_again(t);
}

static void free_waiting(struct sp_continuation *self)
{
    free(self);
}

/* A request waits only once, whatever the reason. */
static bool wait_for_news(struct sp_transaction *t, int64_t max_ms)
{
    bool has_waited = t->waited != NULL || t->renewal != NULL || t->news != NULL;
    if (has_waited || t->context->process->issuer_news == NULL) {
        return false;
    }
    struct sp_continuation *continuation = calloc(1, sizeof *continuation);
    if (continuation == NULL) {
        return false;
    }
    *continuation = (struct sp_continuation){
        .begin = begin_waiting, .resume = resume, .free = free_waiting, .max_ms = max_ms};
    t->continuation = continuation;
    return true;
}

bool sp_sign_in_has_issuer(struct sp_transaction *t)
{
    struct sp_issuer_reach reach = {.is_reachable = true};
    if (t->context->process->issuer != NULL) {
        reach = sp_issuer_reach(t->context->process->issuer);
    }
    bool has_documents = t->context->snapshot->documents != NULL;
    if (has_documents && reach.wait_ms > 0 && wait_for_news(t, reach.wait_ms)) {
        return false;
    }
    if (has_documents && reach.is_reachable) {
        return true;
    }
    sp_respond_refusal(t, sp_cause_explain_no_issuer(t));
    return false;
}

/* ---- answers --------------------------------------------------------------------------------------- */

bool sp_sign_in_may_begin(enum sp_request_kind kind, enum sp_reason reason)
{
    return kind == SP_REQUEST_KIND_NAVIGATION && reason != SP_REASON_SESSION_AMBIGUOUS;
}

/* Begins a login. Unless the user requested it, a login begins only if a person sees the result and it would
 * not loop. */
static void begin(struct sp_transaction *t, struct login login)
{
    bool may_begin = login.is_wished || sp_sign_in_may_begin(sp_transaction_request_kind(t), login.reason);
    if ((may_begin || t->context->snapshot->documents == NULL) && !sp_sign_in_has_issuer(t)) {
        return;
    }
    if (!may_begin) {
        sp_respond_sign_in_needed(t, login.reason);
        return;
    }
    struct sp_login_cookies logins;
    sp_login_cookies_read(t, &logins);
    if (!login.is_wished) {
        login.attempts = logins.attempts;
        if (logins.completed && login.reason == SP_REASON_SESSION_REVOKED) {
            /* The session of that sign-in was ended, or the browser kept an older cookie: a page reports it,
             * to prevent a loop. */
            sp_respond_sign_in_needed(t, login.reason);
            return;
        }
        if (logins.completed || logins.attempts >= SP_SIGN_IN_ATTEMPTS_MAX) {
            /* Another sign-in would end like the others. */
            t->detail =
                logins.completed
                    ? SP_STR("You signed in a moment ago, but the session of that sign-in is missing.")
                    : SP_STR("Many sign-ins were started in this browser, but none was completed.");
            sp_respond_sign_in_needed(t, SP_REASON_COOKIES_REFUSED);
            return;
        }
    }

    struct sp_login_started started;
    enum sp_error error = redirect(t, &login, &logins, &started);
    if (error == SP_OK) {
        sp_metrics_count(&t->context->metrics->logins[SP_LOGIN_STARTED]);
        log_started(t, &started.login_id);
    } else {
        sp_answer_init(&t->answer);
        sp_transaction_note(t, "No sign-in could be started: %s.",
                            error == SP_ERR_KEY ? "no key can seal at this time" : sp_error_text(error));
        sp_respond_refusal(t, SP_REASON_OVERLOADED);
    }
    sp_login_started_wipe(&started);
}

void sp_sign_in_answer(struct sp_transaction *t, enum sp_reason reason)
{
    struct sp_str target = t->return_target.len > 0 ? t->return_target : t->request.target.raw;
    begin(t, (struct login){.reason = reason, .target = target});
}

void sp_sign_in_again(struct sp_transaction *t, struct sp_str target)
{
    enum sp_reason reason = sp_select_reason(sp_transaction_select(t)->kind);
    begin(t, (struct login){.reason = reason, .target = target, .which_try = SP_LOGIN_SECOND_TRY});
}

bool sp_sign_in_may_return_to(const struct sp_transaction *t, const struct sp_origin *origin)
{
    const struct sp_origin_patterns *hosts = &t->context->snapshot->config->hosts;
    return sp_origin_equal(origin, &t->request.origin) ||
           sp_origin_is_listed(hosts->items, hosts->items_n, origin);
}

void sp_sign_in_wished(struct sp_transaction *t, struct sp_str target, struct sp_str login_hint)
{
    const struct login login = {
        .reason = SP_REASON_NO_SESSION,
        .target = target,
        .login_hint = login_hint,
        .is_wished = true,
    };
    begin(t, login);
}
