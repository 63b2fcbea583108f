/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/code_exchange.h"

#include "oidc/id_token.h"
#include "oidc/userinfo.h"

#include <assert.h>
#include <stdlib.h>

#define NONCE_MAX 128            /* bytes */
#define GRANT_MAX (8 * 1024 + 1) /* bytes of a refresh token with its sid: more than fits into a cookie */

struct sp_code_exchange {
    enum sp_code_exchange_step step;
    enum sp_code_exchange_call call;
    unsigned keys_asked_n; /* at most 1, or a signing key that is never published would cause endless
                              requests */
    const struct sp_issuer_metadata *metadata;
    const struct sp_client *client;
    const struct sp_keyset *keyset;
    struct sp_buf nonce;
    struct sp_refresh_grant grant; /* for a refresh by the user `sub` */
    struct sp_buf grant_bytes;
    struct sp_buf sub; /* the user of a refresh; empty for a login */
    struct sp_exchange_request request;
    struct sp_token_set tokens;
    struct sp_claims claims;
    struct sp_code_exchange_failure failure;
};

static enum sp_error make_token_request(const struct sp_code_exchange_input *input,
                                        struct sp_code_exchange *code_exchange)
{
    struct sp_token_grant grant = input->grant;
    sp_buf_init(&code_exchange->nonce, NONCE_MAX);
    sp_buf_append(&code_exchange->nonce, input->nonce);
    sp_buf_init(&code_exchange->grant_bytes, GRANT_MAX);
    sp_buf_init(&code_exchange->sub, SP_CLAIMS_SUB_MAX + 1);
    sp_buf_append(&code_exchange->sub, input->sub);
    enum sp_error error = sp_buf_error(&code_exchange->nonce);
    if (error == SP_OK && input->refresh != NULL) {
        error = sp_refresh_grant_copy(input->refresh, &code_exchange->grant_bytes, &code_exchange->grant);
        grant = (struct sp_token_grant){.refresh_token = input->refresh->token};
    }
    if (error == SP_OK) {
        error = sp_buf_error(&code_exchange->sub);
    }
    if (error != SP_OK) {
        return error;
    }
    code_exchange->call = SP_CODE_EXCHANGE_CALL_TOKEN;
    code_exchange->step = SP_CODE_EXCHANGE_REQUEST;
    return sp_token_make_request(input->metadata, input->client, &grant, &code_exchange->request);
}

enum sp_error sp_code_exchange_new(const struct sp_code_exchange_input *input, struct sp_code_exchange **out)
{
    bool is_refresh = input->refresh != NULL;
    if (is_refresh ? input->refresh->token.len == 0 || input->sub.len == 0 : input->nonce.len == 0) {
        return SP_ERR_MISSING;
    }
    struct sp_code_exchange *code_exchange = calloc(1, sizeof *code_exchange);
    if (code_exchange == NULL) {
        return SP_ERR_MEMORY;
    }
    code_exchange->metadata = input->metadata;
    code_exchange->client = sp_client_ref(input->client);
    code_exchange->keyset = input->keyset;
    enum sp_error error = make_token_request(input, code_exchange);
    if (error != SP_OK) {
        sp_code_exchange_free(code_exchange);
        return error;
    }
    *out = code_exchange;
    return SP_OK;
}

void sp_code_exchange_free(struct sp_code_exchange *code_exchange)
{
    if (code_exchange == NULL) {
        return;
    }
    sp_exchange_request_done(&code_exchange->request);
    sp_buf_done(&code_exchange->nonce);
    sp_buf_done(&code_exchange->grant_bytes);
    sp_buf_done(&code_exchange->sub);
    sp_token_set_done(&code_exchange->tokens);
    sp_claims_done(&code_exchange->claims);
    sp_client_unref(code_exchange->client);
    free(code_exchange);
}

enum sp_code_exchange_step sp_code_exchange_step(const struct sp_code_exchange *code_exchange)
{
    return code_exchange->step;
}

const struct sp_exchange_request *sp_code_exchange_request(const struct sp_code_exchange *code_exchange)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_REQUEST);
    return &code_exchange->request;
}

enum sp_code_exchange_call sp_code_exchange_call(const struct sp_code_exchange *code_exchange)
{
    return code_exchange->call;
}

/* ---- final steps --------------------------------------------------------------------------------- */

static enum sp_code_exchange_step fail(struct sp_code_exchange *code_exchange, enum sp_reason reason,
                                       enum sp_error error)
{
    code_exchange->failure.reason = reason;
    code_exchange->failure.error = error;
    if (code_exchange->failure.diag.text[0] == '\0') {
        sp_diag_set(&code_exchange->failure.diag, error, "%s", sp_error_text(error));
    }
    return code_exchange->step = SP_CODE_EXCHANGE_FAILED;
}

/* Fails because an endpoint's response was unusable. */
static enum sp_code_exchange_step fail_call(struct sp_code_exchange *code_exchange, enum sp_error error)
{
    /* A malformed response to a refresh is no reason to end the session. */
    bool is_broken = error == SP_ERR_FORMAT && code_exchange->sub.len > 0;
    if (error == SP_ERR_IO || is_broken) {
        return fail(code_exchange, SP_REASON_ISSUER_UNAVAILABLE, error);
    }
    if (error == SP_ERR_STATUS) {
        return fail(code_exchange, SP_REASON_ISSUER_REFUSED, error);
    }
    return fail(code_exchange, SP_REASON_TOKEN_INVALID, error);
}

static enum sp_code_exchange_step complete(struct sp_code_exchange *code_exchange)
{
    sp_exchange_request_done(&code_exchange->request);
    return code_exchange->step = SP_CODE_EXCHANGE_DONE;
}

/* ---- steps --------------------------------------------------------------------------------------- */

static enum sp_code_exchange_step ask_userinfo(struct sp_code_exchange *code_exchange)
{
    sp_exchange_request_done(&code_exchange->request);
    enum sp_error error =
        sp_userinfo_make_request(code_exchange->metadata, code_exchange->client,
                                 sp_buf_str(&code_exchange->tokens.access_token), &code_exchange->request);
    if (error == SP_ERR_MISSING) {
        sp_diag_set(&code_exchange->failure.diag, error,
                    "\"userinfo\" is set, but the issuer has no userinfo_endpoint");
    }
    if (error != SP_OK) {
        return fail(code_exchange, SP_REASON_TOKEN_INVALID, error);
    }
    code_exchange->call = SP_CODE_EXCHANGE_CALL_USERINFO;
    return code_exchange->step = SP_CODE_EXCHANGE_REQUEST;
}

static enum sp_error verify_id_token(struct sp_code_exchange *code_exchange, int64_t now_s)
{
    const struct sp_client *client = code_exchange->client;
    const struct sp_id_token_expectation expectation = {
        .common =
            {
                .issuer = sp_str_from_c(code_exchange->metadata->issuer),
                .client_id = client->id,
                .audiences = client->audiences,
                .audiences_n = client->audiences_n,
                .any_audience = client->any_audience,
                .now_s = now_s,
                .skew_s = client->skew_s,
            },
        .nonce = sp_buf_str(&code_exchange->nonce),
        .refreshed = code_exchange->sub.len > 0 ? &code_exchange->grant : NULL,
        .sub = sp_buf_str(&code_exchange->sub),
        .access_token = sp_buf_str(&code_exchange->tokens.access_token),
        .groups_claim = client->groups_claim,
    };
    return sp_id_token_verify(sp_buf_str(&code_exchange->tokens.id_token), code_exchange->keyset,
                              &expectation, &code_exchange->claims, &code_exchange->failure.diag);
}

static enum sp_code_exchange_step verify(struct sp_code_exchange *code_exchange, int64_t now_s)
{
    enum sp_error error = verify_id_token(code_exchange, now_s);
    bool wants_keys = error == SP_ERR_KEY || error == SP_ERR_SIGNATURE;
    if (wants_keys && code_exchange->keys_asked_n == 0) {
        code_exchange->keys_asked_n++;
        code_exchange->failure.diag = (struct sp_diag){0};
        return code_exchange->step = SP_CODE_EXCHANGE_WANT_KEYS;
    }
    if (error != SP_OK) {
        return fail(code_exchange, SP_REASON_TOKEN_INVALID, error);
    }
    if (code_exchange->client->userinfo == SP_USERINFO_REQUIRED) {
        return ask_userinfo(code_exchange);
    }
    return complete(code_exchange);
}

static bool may_lack_id_token(const struct sp_code_exchange *code_exchange)
{
    return code_exchange->sub.len > 0 && code_exchange->client->userinfo == SP_USERINFO_REQUIRED;
}

/* For a refresh that returned no ID token: the user is known, and UserInfo has the rest of the claims. */
static enum sp_code_exchange_step begin_without_id_token(struct sp_code_exchange *code_exchange,
                                                         int64_t now_s)
{
    struct sp_str sub = sp_buf_str(&code_exchange->sub);
    json_t *all = json_pack("{s:s%,s:I}", "sub", sub.ptr, sub.len, "iat", (json_int_t)now_s);
    enum sp_error error = all == NULL
                              ? SP_ERR_MEMORY
                              : sp_claims_read(all, "the session", code_exchange->client->groups_claim,
                                               &code_exchange->claims, &code_exchange->failure.diag);
    if (error != SP_OK) {
        json_decref(all);
        return fail(code_exchange, SP_REASON_TOKEN_INVALID, error);
    }
    return ask_userinfo(code_exchange);
}

static enum sp_code_exchange_step take_tokens(struct sp_code_exchange *code_exchange,
                                              const struct sp_exchange_response *response, int64_t now_s)
{
    enum sp_error error = sp_token_parse_response(
        response, code_exchange->client,
        may_lack_id_token(code_exchange) ? SP_ID_TOKEN_OPTIONAL : SP_ID_TOKEN_NEEDED, &code_exchange->tokens,
        &code_exchange->failure.refusal, &code_exchange->failure.diag);
    sp_exchange_request_done(&code_exchange->request); /* the code has been used */
    code_exchange->failure.status = response->status;
    if (error != SP_OK) {
        return fail_call(code_exchange, error);
    }
    if (sp_buf_str(&code_exchange->tokens.id_token).len == 0) {
        return begin_without_id_token(code_exchange, now_s);
    }
    return verify(code_exchange, now_s);
}

static enum sp_code_exchange_step take_userinfo(struct sp_code_exchange *code_exchange,
                                                const struct sp_exchange_response *response)
{
    enum sp_error error = sp_userinfo_merge(response, code_exchange->client, &code_exchange->claims,
                                            &code_exchange->failure.diag);
    if (error != SP_OK) {
        return fail_call(code_exchange, error);
    }
    return complete(code_exchange);
}

enum sp_code_exchange_step sp_code_exchange_take_response(struct sp_code_exchange *code_exchange,
                                                          const struct sp_exchange_response *response,
                                                          int64_t now_s)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_REQUEST);
    switch (code_exchange->call) {
    case SP_CODE_EXCHANGE_CALL_TOKEN:
        return take_tokens(code_exchange, response, now_s);
    case SP_CODE_EXCHANGE_CALL_USERINFO:
        return take_userinfo(code_exchange, response);
    }
    return fail(code_exchange, SP_REASON_TOKEN_INVALID, SP_ERR_UNSUPPORTED);
}

void sp_code_exchange_use_keys(struct sp_code_exchange *code_exchange, const struct sp_keyset *keyset)
{
    code_exchange->keyset = keyset;
}

enum sp_code_exchange_step sp_code_exchange_take_keys(struct sp_code_exchange *code_exchange,
                                                      const struct sp_keyset *keyset, int64_t now_s)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_WANT_KEYS);
    if (keyset == NULL) {
        sp_diag_set(&code_exchange->failure.diag, SP_ERR_IO,
                    "the ID token: no known key signed it, and a newer key set is not available now");
        return fail(code_exchange, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
    }
    code_exchange->keyset = keyset;
    return verify(code_exchange, now_s);
}

/* ---- results ------------------------------------------------------------------------------------- */

const struct sp_claims *sp_code_exchange_claims(const struct sp_code_exchange *code_exchange)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_DONE);
    return &code_exchange->claims;
}

struct sp_str sp_code_exchange_id_token(const struct sp_code_exchange *code_exchange)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_DONE);
    return sp_buf_str(&code_exchange->tokens.id_token);
}

bool sp_code_exchange_grant(const struct sp_code_exchange *code_exchange, struct sp_refresh_grant *out)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_DONE);
    bool is_refresh = code_exchange->sub.len > 0;
    struct sp_str token = sp_buf_str(&code_exchange->tokens.refresh_token);
    *out = code_exchange->grant;
    if (!is_refresh) {
        if (sp_nonce_hash(sp_buf_str(&code_exchange->nonce), out->nonce_hash) != SP_OK) {
            return false;
        }
        out->sid = code_exchange->claims.sid;
        out->auth_time_s = code_exchange->claims.auth_time_s;
    }
    out->token = token.len > 0 || !is_refresh ? token : code_exchange->grant.token;
    out->issued_s = code_exchange->claims.issued_s;
    return out->token.len > 0;
}

bool sp_code_exchange_brought(const struct sp_code_exchange *code_exchange, struct sp_refresh_grant *out)
{
    if (code_exchange == NULL || code_exchange->step != SP_CODE_EXCHANGE_FAILED ||
        code_exchange->failure.reason == SP_REASON_TOKEN_INVALID) {
        return false;
    }
    struct sp_str token = sp_buf_str(&code_exchange->tokens.refresh_token);
    if (code_exchange->sub.len == 0 || token.len == 0) {
        return false;
    }
    *out = code_exchange->grant;
    out->token = token;
    if (code_exchange->claims.issued_s > 0) {
        out->issued_s = code_exchange->claims.issued_s;
    }
    return true;
}

int64_t sp_code_exchange_grant_lifetime_s(const struct sp_code_exchange *code_exchange)
{
    return code_exchange->tokens.refresh_expires_in_s;
}

/* Writes the claims, the UserInfo claims and the ID token, one on each line. */
void sp_code_exchange_save(const struct sp_code_exchange *code_exchange, struct sp_buf *out)
{
    const struct sp_claims *claims = sp_code_exchange_claims(code_exchange);
    sp_json_append(claims->all, out);
    sp_buf_append_char(out, '\n');
    if (claims->userinfo != NULL) {
        sp_json_append(claims->userinfo, out);
    }
    sp_buf_append_char(out, '\n');
    if (code_exchange->client->keeps_id_token) {
        sp_buf_append(out, sp_buf_str(&code_exchange->tokens.id_token));
    }
}

static enum sp_error restore_claims(struct sp_str *rest, const char *groups_claim, struct sp_claims *out)
{
    static const char what[] = "what was saved";
    json_t *all = NULL;
    json_t *userinfo = NULL;
    struct sp_str text = sp_str_cut(rest, '\n');
    enum sp_error error = sp_json_parse_object(text, text.len, what, &all, NULL);
    if (error == SP_OK) {
        error = sp_claims_read(all, what, groups_claim, out, NULL);
    }
    if (error != SP_OK) {
        json_decref(all);
        return error;
    }
    text = sp_str_cut(rest, '\n');
    if (text.len > 0) {
        error = sp_json_parse_object(text, text.len, what, &userinfo, NULL);
    }
    if (error == SP_OK && userinfo != NULL) {
        error = sp_claims_add_userinfo(userinfo, groups_claim, out);
    }
    if (error != SP_OK) {
        json_decref(userinfo);
        sp_claims_done(out);
    }
    return error;
}

enum sp_error sp_code_exchange_restore(struct sp_str text, int64_t grant_lifetime_s,
                                       const struct sp_client *client, struct sp_code_exchange **out)
{
    struct sp_code_exchange *code_exchange = calloc(1, sizeof *code_exchange);
    if (code_exchange == NULL) {
        return SP_ERR_MEMORY;
    }
    code_exchange->client = sp_client_ref(client);
    code_exchange->step = SP_CODE_EXCHANGE_DONE;
    code_exchange->tokens.refresh_expires_in_s = grant_lifetime_s;
    struct sp_str rest = text;
    enum sp_error error = restore_claims(&rest, client->groups_claim, &code_exchange->claims);
    if (error == SP_OK && rest.len > 0) {
        sp_buf_init(&code_exchange->tokens.id_token, rest.len + 1);
        sp_buf_append(&code_exchange->tokens.id_token, rest);
        error = sp_buf_error(&code_exchange->tokens.id_token);
    }
    if (error != SP_OK) {
        sp_code_exchange_free(code_exchange);
        return error;
    }
    *out = code_exchange;
    return SP_OK;
}

const struct sp_code_exchange_failure *sp_code_exchange_failure(const struct sp_code_exchange *code_exchange)
{
    assert(code_exchange->step == SP_CODE_EXCHANGE_FAILED);
    return &code_exchange->failure;
}
