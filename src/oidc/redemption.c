/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/redemption.h"

#include "oidc/id_token.h"
#include "oidc/userinfo.h"

#include <assert.h>
#include <stdlib.h>

#define NONCE_MAX 128 /* bytes */

struct sp_redemption {
    enum sp_redemption_step step;
    enum sp_redemption_call call;
    unsigned
        keys_asked_n; /* new keys are asked for once: an issuer that signs with none of its keys stays so */
    const struct sp_provider *provider;
    const struct sp_client *client;
    const struct sp_keyset *keyset;
    struct sp_buf nonce;
    struct sp_exchange_request request;
    struct sp_token_set tokens;
    struct sp_claims claims;
    struct sp_redemption_failure failure;
};

static enum sp_error make_token_request(const struct sp_redemption_input *input,
                                        struct sp_redemption *redemption)
{
    sp_buf_init(&redemption->nonce, NONCE_MAX);
    sp_buf_append(&redemption->nonce, input->nonce);
    enum sp_error error = sp_buf_error(&redemption->nonce);
    if (error != SP_OK) {
        return error;
    }
    redemption->call = SP_REDEMPTION_CALL_TOKEN;
    redemption->step = SP_REDEMPTION_REQUEST;
    return sp_token_make_request(input->provider, input->client, &input->grant, &redemption->request);
}

enum sp_error sp_redemption_new(const struct sp_redemption_input *input, struct sp_redemption **out)
{
    if (input->nonce.len == 0) {
        return SP_ERR_MISSING;
    }
    struct sp_redemption *redemption = calloc(1, sizeof *redemption);
    if (redemption == NULL) {
        return SP_ERR_MEMORY;
    }
    redemption->provider = input->provider;
    redemption->client = input->client;
    redemption->keyset = input->keyset;
    enum sp_error error = make_token_request(input, redemption);
    if (error != SP_OK) {
        sp_redemption_free(redemption);
        return error;
    }
    *out = redemption;
    return SP_OK;
}

void sp_redemption_free(struct sp_redemption *redemption)
{
    if (redemption == NULL) {
        return;
    }
    sp_exchange_request_done(&redemption->request);
    sp_buf_done(&redemption->nonce);
    sp_token_set_done(&redemption->tokens);
    sp_claims_done(&redemption->claims);
    free(redemption);
}

enum sp_redemption_step sp_redemption_step(const struct sp_redemption *redemption)
{
    return redemption->step;
}

const struct sp_exchange_request *sp_redemption_request(const struct sp_redemption *redemption)
{
    assert(redemption->step == SP_REDEMPTION_REQUEST);
    return &redemption->request;
}

enum sp_redemption_call sp_redemption_call(const struct sp_redemption *redemption)
{
    return redemption->call;
}

/* ---- ends ---------------------------------------------------------------------------------------- */

static enum sp_redemption_step fail(struct sp_redemption *redemption, enum sp_reason reason,
                                    enum sp_error error)
{
    redemption->failure.reason = reason;
    redemption->failure.error = error;
    if (redemption->failure.diag.text[0] == '\0') {
        sp_diag_set(&redemption->failure.diag, error, "%s", sp_error_text(error));
    }
    return redemption->step = SP_REDEMPTION_FAILED;
}

/* What the answer of an endpoint was not good for. */
static enum sp_redemption_step fail_call(struct sp_redemption *redemption, enum sp_error error)
{
    if (error == SP_ERR_IO) {
        return fail(redemption, SP_REASON_ISSUER_UNAVAILABLE, error);
    }
    if (error == SP_ERR_STATUS) {
        return fail(redemption, SP_REASON_ISSUER_REFUSED, error);
    }
    return fail(redemption, error == SP_ERR_TOO_MANY ? SP_REASON_SESSION_TOO_LARGE : SP_REASON_TOKEN_INVALID,
                error);
}

static enum sp_redemption_step complete(struct sp_redemption *redemption)
{
    sp_exchange_request_done(&redemption->request);
    return redemption->step = SP_REDEMPTION_DONE;
}

/* ---- steps --------------------------------------------------------------------------------------- */

static enum sp_redemption_step ask_userinfo(struct sp_redemption *redemption)
{
    sp_exchange_request_done(&redemption->request);
    enum sp_error error =
        sp_userinfo_make_request(redemption->provider, redemption->client,
                                 sp_buf_str(&redemption->tokens.access_token), &redemption->request);
    if (error == SP_ERR_MISSING) {
        sp_diag_set(&redemption->failure.diag, error,
                    "\"userinfo\" is set, but the issuer has no userinfo_endpoint");
    }
    if (error != SP_OK) {
        return fail(redemption, SP_REASON_TOKEN_INVALID, error);
    }
    redemption->call = SP_REDEMPTION_CALL_USERINFO;
    return redemption->step = SP_REDEMPTION_REQUEST;
}

static enum sp_error verify_id_token(struct sp_redemption *redemption, int64_t now_s)
{
    const struct sp_client *client = redemption->client;
    const struct sp_id_token_expectation expectation = {
        .common =
            {
                .issuer = sp_str_from_c(redemption->provider->issuer),
                .client_id = client->id,
                .audiences = client->audiences,
                .audiences_n = client->audiences_n,
                .any_audience = client->any_audience,
                .now_s = now_s,
                .skew_s = client->skew_s,
            },
        .nonce = sp_buf_str(&redemption->nonce),
        .access_token = sp_buf_str(&redemption->tokens.access_token),
        .groups_claim = client->groups_claim,
    };
    return sp_id_token_verify(sp_buf_str(&redemption->tokens.id_token), redemption->keyset, &expectation,
                              &redemption->claims, &redemption->failure.diag);
}

static enum sp_redemption_step verify(struct sp_redemption *redemption, int64_t now_s)
{
    enum sp_error error = verify_id_token(redemption, now_s);
    bool wants_keys = error == SP_ERR_KEY || error == SP_ERR_SIGNATURE;
    if (wants_keys && redemption->keys_asked_n == 0) {
        redemption->keys_asked_n++;
        redemption->failure.diag = (struct sp_diag){0};
        return redemption->step = SP_REDEMPTION_WANT_KEYS;
    }
    if (error == SP_ERR_TOO_MANY) {
        return fail(redemption, SP_REASON_SESSION_TOO_LARGE, error);
    }
    if (error != SP_OK) {
        return fail(redemption, SP_REASON_TOKEN_INVALID, error);
    }
    if (redemption->client->userinfo == SP_USERINFO_REQUIRED) {
        return ask_userinfo(redemption);
    }
    return complete(redemption);
}

static enum sp_redemption_step take_tokens(struct sp_redemption *redemption,
                                           const struct sp_exchange_response *response, int64_t now_s)
{
    enum sp_error error = sp_token_parse_response(response, redemption->client->userinfo, &redemption->tokens,
                                                  &redemption->failure.refusal, &redemption->failure.diag);
    sp_exchange_request_done(&redemption->request); /* the code has been spent */
    if (error != SP_OK) {
        return fail_call(redemption, error);
    }
    return verify(redemption, now_s);
}

static enum sp_redemption_step take_userinfo(struct sp_redemption *redemption,
                                             const struct sp_exchange_response *response)
{
    enum sp_error error =
        sp_userinfo_merge(response, redemption->client, &redemption->claims, &redemption->failure.diag);
    if (error != SP_OK) {
        return fail_call(redemption, error);
    }
    return complete(redemption);
}

enum sp_redemption_step sp_redemption_take_response(struct sp_redemption *redemption,
                                                    const struct sp_exchange_response *response,
                                                    int64_t now_s)
{
    assert(redemption->step == SP_REDEMPTION_REQUEST);
    switch (redemption->call) {
    case SP_REDEMPTION_CALL_TOKEN:
        return take_tokens(redemption, response, now_s);
    case SP_REDEMPTION_CALL_USERINFO:
        return take_userinfo(redemption, response);
    }
    return fail(redemption, SP_REASON_TOKEN_INVALID, SP_ERR_UNSUPPORTED);
}

void sp_redemption_use_keys(struct sp_redemption *redemption, const struct sp_keyset *keyset)
{
    redemption->keyset = keyset;
}

enum sp_redemption_step sp_redemption_take_keys(struct sp_redemption *redemption,
                                                const struct sp_keyset *keyset, int64_t now_s)
{
    assert(redemption->step == SP_REDEMPTION_WANT_KEYS);
    if (keyset == NULL) {
        sp_diag_set(&redemption->failure.diag, SP_ERR_IO,
                    "the ID token: no known key has signed it, and no newer key set can be had now");
        return fail(redemption, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
    }
    redemption->keyset = keyset;
    return verify(redemption, now_s);
}

/* ---- results ------------------------------------------------------------------------------------- */

const struct sp_claims *sp_redemption_claims(const struct sp_redemption *redemption)
{
    assert(redemption->step == SP_REDEMPTION_DONE);
    return &redemption->claims;
}

const struct sp_redemption_failure *sp_redemption_failure(const struct sp_redemption *redemption)
{
    assert(redemption->step == SP_REDEMPTION_FAILED);
    return &redemption->failure;
}
