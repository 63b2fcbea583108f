/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/id_token.h"

#include "base/base64.h"
#include "jose/digest.h"

#define WHAT "the ID token" /* the name in messages */

/*
 * `azp` must be us if it is present (rule 5). Core requires it with several audiences (rule 4), but issuers
 * omit it. If every audience is ours or listed, the token cannot have been issued to anyone else. Only if
 * `aud` contains an unknown client, which `audiences: any` allows, must `azp` state that the token was made
 * for us.
 */
static enum sp_error check_authorized_party(const struct sp_signed_token *token, struct sp_str client_id,
                                            struct sp_diag *diag)
{
    struct sp_str azp;
    enum sp_error error = sp_json_get_string(token->claims, "azp", &azp);
    if (error == SP_ERR_MISSING && !token->has_stranger) {
        return SP_OK;
    }
    if (error == SP_ERR_MISSING) {
        return sp_diag_set(
            diag, error,
            WHAT ": \"aud\" has a client that is not listed, and \"azp\" is missing or not a string");
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, error, WHAT ": \"azp\" is not a string");
    }
    if (!sp_str_equal(azp, client_id)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"azp\" is another client");
    }
    return SP_OK;
}

/* The token must have been issued recently, for this login (rule 10). */
static enum sp_error check_age(const struct sp_signed_token *token,
                               const struct sp_signed_token_expectation *expectation, struct sp_diag *diag)
{
    int64_t age_s = expectation->now_s - token->issued_s;
    if (age_s > expectation->skew_s + SP_ID_TOKEN_AGE_MAX_S) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, WHAT ": issued %lld s ago: do the clocks differ?",
                           (long long)age_s);
    }
    return SP_OK;
}

static enum sp_error check_nonce(const struct sp_signed_token *token, struct sp_str expected,
                                 struct sp_diag *diag)
{
    struct sp_str nonce;
    enum sp_error error = sp_json_require_string(token->claims, "nonce", WHAT, &nonce, diag);
    if (error != SP_OK) {
        return error;
    }
    if (expected.len == 0 || !sp_digest_equal(nonce, expected)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"nonce\" is that of another login");
    }
    return SP_OK;
}

/*
 * Compares the left half of the access token's digest (section 3.1.3.6). Dex's access tokens are themselves
 * ID tokens; a token of one kind that is passed off as the other has a different at_hash.
 */
static enum sp_error check_access_token(const struct sp_signed_token *token, struct sp_str access_token,
                                        struct sp_diag *diag)
{
    struct sp_str at_hash;
    enum sp_error error = sp_json_get_string(token->claims, "at_hash", &at_hash);
    if (error == SP_ERR_MISSING || access_token.len == 0) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, error, WHAT ": \"at_hash\" is not a string");
    }
    uint8_t digest[SP_DIGEST_MAX];
    char expected[SP_BASE64URL_LEN(SP_DIGEST_MAX / 2)];
    error = sp_digest_compute(token->algorithm->digest, access_token, digest);
    if (error != SP_OK) {
        return error;
    }
    size_t len = sp_base64url_encode(digest, sp_digest_len(token->algorithm->digest) / 2, expected);
    if (!sp_digest_equal(at_hash, (struct sp_str){expected, len})) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"at_hash\" is not that of the access token");
    }
    return SP_OK;
}

/* A refreshed token must belong to the session's user and login. */
static enum sp_error check_refreshed(const struct sp_id_token_expectation *expectation,
                                     const struct sp_claims *claims, struct sp_diag *diag)
{
    if (!sp_str_equal(claims->sub, expectation->sub)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"sub\" is not the user of the session");
    }
    return sp_refresh_grant_check(expectation->refreshed, claims, diag);
}

enum sp_error sp_id_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                 struct sp_diag *diag)
{
    struct sp_signed_token_expectation common = expectation->common;
    common.what = WHAT;
    common.type = SP_STR("JWT");
    SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = SP_SIGNED_TOKEN_NONE;
    enum sp_error error = sp_signed_token_verify(text, keyset, &common, &token, diag);
    if (error == SP_OK) {
        error = check_authorized_party(&token, common.client_id, diag);
    }
    if (error == SP_OK) {
        error = check_age(&token, &common, diag);
    }
    bool is_refreshed = expectation->refreshed != NULL;
    if (error == SP_OK && !is_refreshed) {
        error = check_nonce(&token, expectation->nonce, diag);
    }
    if (error == SP_OK) {
        error = check_access_token(&token, expectation->access_token, diag);
    }
    struct sp_claims claims = SP_CLAIMS_NONE;
    if (error == SP_OK) {
        error = sp_claims_read(token.claims, WHAT, expectation->groups_claim, &claims, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    token.claims = NULL; /* now owned by `claims` */
    error = is_refreshed ? check_refreshed(expectation, &claims, diag) : SP_OK;
    if (error != SP_OK) {
        sp_claims_done(&claims);
        return error;
    }
    *out = claims;
    return SP_OK;
}
