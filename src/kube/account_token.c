/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/account_token.h"

#include "base/time.h"
#include "jose/jwt.h"
#include "kube/attempt.h"
#include "oidc/bearer_token.h"

#define WHAT           "the response to the TokenRequest"
#define RENEWED_AT     80 /* percent of the lifetime */
#define STATUS_CREATED 201

void sp_account_token_init(struct sp_account_token *token, const char *account, const char *secret,
                           int64_t now_ms)
{
    *token = (struct sp_account_token){.name = sp_str_from_c(account), .secret = secret, .due_ms = now_ms};
    token->namespace = sp_str_cut(&token->name, '/');
    sp_buf_init(&token->text, SP_ACCOUNT_TOKEN_MAX);
}

void sp_account_token_done(struct sp_account_token *token)
{
    sp_buf_done(&token->text);
}

const char *sp_account_token_cause_name(enum sp_account_token_cause cause)
{
    static const char *const names[] = {
#define X(code, name) [code] = (name),
        SP_ACCOUNT_TOKEN_CAUSE_TABLE(X)
#undef X
    };
    return names[cause];
}

/* ---- what to request, and when --------------------------------------------------------------------- */

int64_t sp_account_token_due_ms(const struct sp_account_token *token)
{
    int64_t ends_ms = token->text.len > 0 ? token->ends_ms : INT64_MAX;
    int64_t due_ms = token->is_asking ? INT64_MAX : token->due_ms;
    return ends_ms < due_ms ? ends_ms : due_ms;
}

enum sp_account_token_command sp_account_token_tick(struct sp_account_token *token, int64_t now_ms,
                                                    struct sp_buf *target, struct sp_buf *body)
{
    if (now_ms < sp_account_token_due_ms(token)) {
        return SP_ACCOUNT_TOKEN_WAIT;
    }
    if (token->text.len > 0 && token->ends_ms <= now_ms) {
        sp_buf_clear(&token->text);
        return SP_ACCOUNT_TOKEN_ENDED;
    }
    token->is_asking = true;
    token->asked_ms = now_ms;
    sp_buf_printf(target, "/api/v1/namespaces/%.*s/serviceaccounts/%.*s/token", SP_STR_ARGS(token->namespace),
                  SP_STR_ARGS(token->name));
    sp_buf_printf(body,
                  "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":"
                  "{\"expirationSeconds\":%d",
                  SP_ACCOUNT_TOKEN_LIFE_S);
    if (token->secret != NULL) {
        sp_buf_printf(body, ",\"boundObjectRef\":{\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"name\":\"%s\"}",
                      token->secret);
    }
    sp_buf_append_c(body, "}}");
    return SP_ACCOUNT_TOKEN_ASK;
}

void sp_account_token_hurry(struct sp_account_token *token, int64_t now_ms)
{
    token->due_ms = now_ms < token->due_ms ? now_ms : token->due_ms;
}

/* ---- refusals -------------------------------------------------------------------------------------- */

#define fail(token, why, ...)                                                                                \
    do {                                                                                                     \
        (token)->cause = (why);                                                                              \
        (void)sp_diag_set(&(token)->detail, SP_OK, __VA_ARGS__);                                             \
    } while (0)

/* The account's name in messages. */
#define NAMED           "the service account %.*s in the namespace %.*s"
#define NAMED_OF(token) SP_STR_ARGS((token)->name), SP_STR_ARGS((token)->namespace)

static void fail_by_status(struct sp_account_token *token, const struct sp_exchange_response *response)
{
    SP_JSON_SCOPED json_t *status = NULL;
    if (sp_json_parse_object(response->body, SP_ATTEMPT_REFUSAL_MAX, "the response", &status, NULL) !=
        SP_OK) {
        status = NULL;
    }
    struct sp_str message = sp_attempt_message(status);
    bool is_later = response->status == 429 || response->status >= 500;
    switch (response->status) {
    case 401:
        fail(token, SP_ACCOUNT_TOKEN_UNAUTHORIZED,
             "401 to the request for a token of " NAMED
             ": the API server does not accept the credentials; check the token or the client certificate: "
             "has it expired, or is it for another cluster? The API server says: %.*s",
             NAMED_OF(token), SP_STR_ARGS(message));
        break;
    case 403:
        fail(token, SP_ACCOUNT_TOKEN_FORBIDDEN,
             "403: no token of " NAMED ": grant this account the verb create on serviceaccounts/token, "
             "resourceNames [%.*s], in that namespace. The API server says: %.*s",
             NAMED_OF(token), SP_STR_ARGS(token->name), SP_STR_ARGS(message));
        break;
    case 404:
        fail(token, SP_ACCOUNT_TOKEN_NOT_FOUND,
             "404: no token of " NAMED ": it does not exist%s%s%s. The API server says: %.*s",
             NAMED_OF(token), token->secret != NULL ? ", or the Secret " : "",
             token->secret != NULL ? token->secret : "",
             token->secret != NULL ? " that the token is bound to does not" : "", SP_STR_ARGS(message));
        break;
    default:
        fail(token, is_later ? SP_ACCOUNT_TOKEN_UNREACHABLE : SP_ACCOUNT_TOKEN_REFUSED,
             "status %u to the request for a token of " NAMED ": %.*s", response->status, NAMED_OF(token),
             SP_STR_ARGS(message));
        break;
    }
}

/* ---- the token ------------------------------------------------------------------------------------- */

/* Seconds between the token's creation and its expiry; 0 or less if unknown or already expired. */
static int64_t life_of(const json_t *answer, struct sp_str text, int64_t stamp_s)
{
    SP_JSON_SCOPED json_t *claims = sp_bearer_token_peek(text);
    int64_t made_s = 0;
    int64_t ends_s = 0;
    bool is_dated = sp_jwt_get_time(claims, "iat", &made_s) == SP_OK;
    bool has_end = is_dated && sp_jwt_get_time(claims, "exp", &ends_s) == SP_OK && ends_s < stamp_s;
    int64_t life_s = (has_end ? ends_s : stamp_s) - made_s;
    if (!is_dated &&
        sp_jwt_get_time(json_object_get(answer, "spec"), "expirationSeconds", &life_s) != SP_OK) {
        return 0;
    }
    return life_s < SP_ACCOUNT_TOKEN_LIFE_MAX_S ? life_s : SP_ACCOUNT_TOKEN_LIFE_MAX_S;
}

static void keep(struct sp_account_token *token, struct sp_str text, int64_t life_s, int64_t now_ms)
{
    int64_t counted_s = life_s < SP_ACCOUNT_TOKEN_LIFE_S ? life_s : SP_ACCOUNT_TOKEN_LIFE_S;
    int64_t renew_ms = token->asked_ms + counted_s * (1000 * RENEWED_AT / 100);
    int64_t soonest_ms = now_ms + SP_ATTEMPT_DELAY_MIN_MS;
    struct sp_buf fresh;
    sp_buf_init(&fresh, SP_ACCOUNT_TOKEN_MAX);
    sp_buf_append(&fresh, text);
    if (sp_buf_error(&fresh) != SP_OK) { /* the old one stays in use and is removed when it expires */
        sp_buf_done(&fresh);
        fail(token, SP_ACCOUNT_TOKEN_TOO_LARGE, "out of memory for the token of " NAMED, NAMED_OF(token));
        return;
    }
    sp_buf_done(&token->text);
    token->text = fresh;
    token->ends_ms = token->asked_ms + life_s * 1000;
    token->due_ms = renew_ms > soonest_ms ? renew_ms : soonest_ms;
    token->failures_n = 0;
}

static void take_answer(struct sp_account_token *token, struct sp_str body, int64_t now_ms)
{
    SP_JSON_SCOPED json_t *answer = NULL;
    struct sp_diag diag = {0};
    struct sp_str text = SP_STR_NONE;
    struct sp_str stamp = SP_STR_NONE;
    int64_t stamp_s = 0;
    if (sp_json_parse_object(body, SP_ACCOUNT_TOKEN_ANSWER_MAX, WHAT, &answer, &diag) != SP_OK) {
        fail(token, SP_ACCOUNT_TOKEN_MALFORMED, "for a token of " NAMED ": %s", NAMED_OF(token), diag.text);
        return;
    }
    const json_t *status = json_object_get(answer, "status");
    bool has_stamp = sp_json_get_string(status, "expirationTimestamp", &stamp) == SP_OK &&
                     sp_time_parse(stamp, &stamp_s) == SP_OK;
    if (sp_json_get_string(status, "token", &text) != SP_OK || text.len == 0 || !sp_str_is_visible(text)) {
        fail(token, SP_ACCOUNT_TOKEN_MALFORMED,
             "for a token of " NAMED ": " WHAT " has no status.token of visible ASCII", NAMED_OF(token));
    } else if (text.len > SP_ACCOUNT_TOKEN_MAX) {
        fail(token, SP_ACCOUNT_TOKEN_TOO_LARGE, "the token of " NAMED " is longer than %d bytes",
             NAMED_OF(token), SP_ACCOUNT_TOKEN_MAX);
    } else if (!has_stamp) {
        fail(token, SP_ACCOUNT_TOKEN_MALFORMED,
             "for a token of " NAMED ": " WHAT " has no status.expirationTimestamp", NAMED_OF(token));
    } else {
        int64_t life_s = life_of(answer, text, stamp_s);
        if (life_s > 0 && token->asked_ms + life_s * 1000 > now_ms) {
            keep(token, text, life_s, now_ms);
        } else {
            fail(token, SP_ACCOUNT_TOKEN_MALFORMED,
                 "for a token of " NAMED ": " WHAT " does not state its lifetime, or it has expired",
                 NAMED_OF(token));
        }
    }
}

void sp_account_token_end(struct sp_account_token *token, const struct sp_exchange_response *response,
                          int64_t now_ms, const struct sp_random *random)
{
    token->is_asking = false;
    token->cause = SP_ACCOUNT_TOKEN_NO_FAILURE;
    token->detail.text[0] = '\0';
    if (response->error == SP_ERR_LIMIT) {
        fail(token, SP_ACCOUNT_TOKEN_TOO_LARGE, "for a token of " NAMED ": " WHAT " is longer than %d bytes",
             NAMED_OF(token), SP_ACCOUNT_TOKEN_ANSWER_MAX);
    } else if (response->error != SP_OK) {
        fail(token, SP_ACCOUNT_TOKEN_UNREACHABLE, "for a token of " NAMED ": %s", NAMED_OF(token),
             response->text);
    } else if (response->status == STATUS_CREATED) {
        take_answer(token, response->body, now_ms);
    } else {
        fail_by_status(token, response);
    }
    if (token->cause != SP_ACCOUNT_TOKEN_NO_FAILURE) {
        token->due_ms = now_ms + sp_attempt_delay_ms(token->failures_n, random);
        token->failures_n++;
    }
}
