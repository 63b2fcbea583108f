/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/logout_token.h"

#include "jose/jwt.h"

#define WHAT "the logout token" /* the name in messages */

void sp_logout_token_done(struct sp_logout_token *token)
{
    sp_signed_token_done(&token->token);
    *token = SP_LOGOUT_TOKEN_NONE;
}

static enum sp_error check_age(const struct sp_signed_token *token,
                               const struct sp_signed_token_expectation *expectation, int64_t *usable_until_s,
                               struct sp_diag *diag)
{
    int64_t exp_s = 0;
    enum sp_error error = sp_jwt_get_time(token->claims, "exp", &exp_s);
    if (error != SP_OK) {
        return error;
    }
    int64_t aged_s = token->issued_s + SP_LOGOUT_TOKEN_AGE_MAX_S + 1;
    int64_t last_s = (exp_s < aged_s ? exp_s : aged_s) + expectation->skew_s;
    if (last_s <= expectation->now_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, WHAT ": issued %lld s ago: do the clocks differ?",
                           (long long)(expectation->now_s - token->issued_s));
    }
    *usable_until_s = last_s;
    return SP_OK;
}

static enum sp_error check_event(const json_t *claims, struct sp_diag *diag)
{
    const json_t *events = json_object_get(claims, "events");
    if (!json_is_object(events)) {
        return sp_diag_set(diag, events == NULL ? SP_ERR_MISSING : SP_ERR_FORMAT,
                           WHAT ": \"events\" is missing or not an object");
    }
    if (!json_is_object(json_object_get(events, SP_LOGOUT_TOKEN_EVENT))) {
        return sp_diag_set(diag, SP_ERR_MISMATCH,
                           WHAT ": \"events\" has no object \"" SP_LOGOUT_TOKEN_EVENT "\"");
    }
    return SP_OK;
}

/* Reads a string that may be absent, but not empty. */
static enum sp_error get_text(const json_t *claims, const char *name, struct sp_str *out,
                              struct sp_diag *diag)
{
    if (json_object_get(claims, name) == NULL) {
        *out = SP_STR_NONE;
        return SP_OK;
    }
    struct sp_str value;
    enum sp_error error = sp_json_require_string(claims, name, WHAT, &value, diag);
    if (error == SP_OK && value.len == 0) {
        error = sp_diag_set(diag, SP_ERR_FORMAT, WHAT ": \"%s\" is empty", name);
    }
    if (error == SP_OK) {
        *out = value;
    }
    return error;
}

static enum sp_error read_claims(const json_t *claims, struct sp_logout_token *out, struct sp_diag *diag)
{
    enum sp_error error = check_event(claims, diag);
    if (error == SP_OK) {
        error = get_text(claims, "sub", &out->sub, diag);
    }
    if (error == SP_OK) {
        error = get_text(claims, "sid", &out->sid, diag);
    }
    if (error == SP_OK) {
        error = get_text(claims, "jti", &out->jti, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    if (out->sub.len == 0 && out->sid.len == 0) {
        return sp_diag_set(diag, SP_ERR_MISSING, WHAT ": neither \"sub\" nor \"sid\" is present");
    }
    if (out->jti.len == 0) {
        return sp_diag_set(diag, SP_ERR_MISSING, WHAT ": \"jti\" is missing");
    }
    if (json_object_get(claims, "nonce") != NULL) { /* present: an ID token is passed off as a logout token */
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"nonce\" is present, as in an ID token");
    }
    return SP_OK;
}

enum sp_error sp_logout_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_logout_token *out, struct sp_diag *diag)
{
    struct sp_signed_token_expectation common = *expectation;
    common.what = WHAT;
    common.type = SP_STR("logout+jwt");
    common.any_audience = true;
    SP_LOGOUT_TOKEN_SCOPED struct sp_logout_token token = SP_LOGOUT_TOKEN_NONE;
    enum sp_error error = sp_signed_token_verify(text, keyset, &common, &token.token, diag);
    if (error == SP_OK) {
        error = check_age(&token.token, &common, &token.usable_until_s, diag);
    }
    if (error == SP_OK) {
        error = read_claims(token.token.claims, &token, diag);
    }
    if (error == SP_OK) {
        *out = token;
        token = SP_LOGOUT_TOKEN_NONE; /* now owned by `out` */
    }
    return error;
}
