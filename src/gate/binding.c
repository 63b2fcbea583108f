/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/binding.h"

#include "base/throttle.h"
#include "io/clock.h"
#include "io/log.h"
#include "jose/jwt.h"
#include "session/packed_token.h"

#define SCHEME  "Bearer "
#define TOLD_MS 60000 /* between two log lines for one cause */

/* ---- the binding --------------------------------------------------------------------------------------- */

static const struct sp_credential *credential_of(const struct sp_transaction *t)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    return &snapshot->credentials->items[t->binding - snapshot->config->credentials];
}

/* Whether the request came through the operator's proxy chain. A repeated header proves nothing. */
static enum sp_withheld judge_proxy_key(const struct sp_transaction *t)
{
    if (t->binding->unsafe_without_proxy_key) {
        return SP_WITHHELD_NOT;
    }
    if (sp_head_count(t->head, SP_HEADER_X_SALLYPORT_PROXY_KEY) == 0) {
        return SP_WITHHELD_KEY_MISSING;
    }
    struct sp_str key = sp_head_single(t->head, SP_HEADER_X_SALLYPORT_PROXY_KEY);
    return sp_proxy_keys_hold(&credential_of(t)->keys, key) ? SP_WITHHELD_NOT : SP_WITHHELD_KEY_WRONG;
}

void sp_binding_find(struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    if (!t->headers.carries_account && !t->headers.carries_user) {
        return;
    }
    enum sp_header_credential credential =
        t->headers.carries_account ? SP_HEADER_CREDENTIAL_ACCOUNT : SP_HEADER_CREDENTIAL_USER;
    t->binding = sp_bindings_find(config->credentials, config->credentials_n, credential, &t->request);
    t->withheld = t->binding != NULL ? judge_proxy_key(t) : SP_WITHHELD_UNBOUND;
    if (t->withheld != SP_WITHHELD_NOT) {
        t->binding = NULL;
    }
    t->bearer_alone = t->binding != NULL && !t->binding->sessions;
}

/* ---- the credential ------------------------------------------------------------------------------------ */

static void withhold(struct sp_transaction *t, enum sp_withheld cause)
{
    static struct sp_throttle throttles[SP_WITHHELD_COUNT];
    uint64_t held_n;
    struct sp_log_line line;
    sp_metrics_count(&t->context->metrics->withheld[cause]);
    if (!sp_throttle_pass(&throttles[cause], sp_clock_monotonic_ms(), TOLD_MS, &held_n) ||
        !sp_log_begin(&line, SP_LOG_WARN, "credential_withheld")) {
        return;
    }
    sp_transaction_set_id(t);
    sp_transaction_log_request(t, &line);
    sp_log_text(&line, "set", t->headers.carries_account ? SP_STR("kubernetes") : SP_STR("bearer"));
    sp_log_text(&line, "reason", sp_str_from_c(sp_withheld_name(cause)));
    sp_log_text(&line, "path", t->request.target.path);
    sp_log_person(&line, "user", t->identity.user);
    sp_log_number(&line, "held_back", held_n);
    sp_log_end(&line);
}

static enum sp_reason add_account(struct sp_transaction *t)
{
    const struct sp_credential *credential = credential_of(t);
    bool has_ended =
        !credential->is_asked_for && credential->expires_s != 0 && credential->expires_s <= t->context->now_s;
    if (credential->authorization.len == 0 || has_ended) {
        sp_transaction_note(t, "The token of binding %zu %s: see credential_failed.",
                            (size_t)(t->binding - t->context->snapshot->config->credentials) + 1,
                            has_ended ? "has ended" : "is not there");
        return SP_REASON_CREDENTIAL_UNAVAILABLE;
    }
    sp_answer_add(&t->answer, "Authorization", sp_buf_str(&credential->authorization));
    return SP_REASON_NONE;
}

/* The user's own token: that of the request, or the one stored in the session. An expired one is useless to
 * an application. */
static void add_user(struct sp_transaction *t)
{
    if (t->bearer != NULL && t->bearer->expires_s > t->context->now_s) {
        sp_answer_add(&t->answer, "Authorization", sp_head_single(t->head, SP_HEADER_AUTHORIZATION));
        return;
    }
    if (t->bearer != NULL) { /* expired, but accepted within clock_skew */
        withhold(t, SP_WITHHELD_EXPIRED);
        return;
    }
    SP_JSON_SCOPED json_t *claims = NULL;
    SP_BUF_ON_STACK(token, sizeof SCHEME + SP_PACKED_TOKEN_TEXT_MAX);
    const struct sp_session *session = sp_transaction_session(t);
    struct sp_str packed = session != NULL ? session->id_token_packed : SP_STR_NONE;
    struct sp_str text = sp_packed_token_claims(packed);
    int64_t expires_s = 0;
    sp_buf_append_c(&token, SCHEME);
    if (text.len == 0 || sp_json_parse_object(text, text.len, "the ID token", &claims, NULL) != SP_OK ||
        sp_jwt_get_time(claims, "exp", &expires_s) != SP_OK ||
        sp_packed_token_decode(packed, &token) != SP_OK) {
        withhold(t, SP_WITHHELD_NO_TOKEN);
    } else if (expires_s <= t->context->now_s) {
        withhold(t, SP_WITHHELD_EXPIRED);
    } else {
        sp_answer_add(&t->answer, "Authorization", sp_buf_str(&token));
    }
}

enum sp_reason sp_binding_add_credential(struct sp_transaction *t)
{
    if (t->withheld != SP_WITHHELD_NOT) {
        withhold(t, t->withheld);
    } else if (t->binding != NULL && t->headers.carries_account) {
        return add_account(t);
    } else if (t->binding != NULL) {
        add_user(t);
    }
    return SP_REASON_NONE;
}
