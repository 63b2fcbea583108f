/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/id_token.h"

#include "base/base64.h"
#include "jose/jws.h"
#include "jose/jwt.h"

#define CLAIMS_MAX SP_ID_TOKEN_MAX /* bytes; the token is longer than what it decodes to */

/* ---- signature ----------------------------------------------------------------------------------- */

/*
 * An access token (at+jwt) or a logout token (logout+jwt) of the same issuer is signed by the same key; `typ`
 * is what tells them apart (RFC 8725, section 3.11). ID tokens have none, or JWT.
 */
static enum sp_error check_type(const struct sp_jws *jws, struct sp_diag *diag)
{
    if (jws->typ.ptr == NULL || sp_str_equal_ci(jws->typ, SP_STR("JWT"))) {
        return SP_OK;
    }
    return sp_diag_set(diag, SP_ERR_MISMATCH,
                       "the ID token's \"typ\" is not JWT: it is a token of another kind");
}

static enum sp_error explain_key(enum sp_error error, struct sp_diag *diag)
{
    if (error == SP_ERR_KEY) {
        return sp_diag_set(diag, error, "the issuer's key set has no key for the ID token");
    }
    if (error == SP_ERR_DUPLICATE) {
        return sp_diag_set(diag, error, "the issuer's key set has more than one key for the ID token");
    }
    return sp_diag_set(diag, error,
                       "the issuer's key of that id does not serve the algorithm of the ID token");
}

static enum sp_error verify_signature(const struct sp_jws *jws, const struct sp_keyset *keyset,
                                      struct sp_str *payload, struct sp_diag *diag)
{
    const struct sp_jwk *key = NULL;
    if (keyset == NULL) {
        return explain_key(SP_ERR_KEY, diag);
    }
    enum sp_error error = sp_keyset_find(keyset, jws->kid, jws->algorithm, &key);
    if (error != SP_OK) {
        return explain_key(error, diag);
    }
    error = sp_jws_verify(jws, key, payload);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the signature of the ID token is not that of the issuer's key");
    }
    return SP_OK;
}

/* ---- claims -------------------------------------------------------------------------------------- */

static enum sp_error check_issuer(const json_t *claims, struct sp_str issuer, struct sp_diag *diag)
{
    struct sp_str iss;
    enum sp_error error = sp_json_get_string(claims, "iss", &iss);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token has no text \"iss\"");
    }
    if (!sp_str_equal(iss, issuer)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "the ID token's \"iss\" is not the issuer");
    }
    return SP_OK;
}

static bool audience_trusted(struct sp_str audience, const struct sp_id_token_expectation *expectation)
{
    if (sp_str_equal(audience, expectation->client_id)) {
        return true;
    }
    for (size_t i = 0; i < expectation->audiences_n; i++) {
        if (sp_str_equal(audience, sp_str_from_c(expectation->audiences[i]))) {
            return true;
        }
    }
    return false;
}

/* `azp` must be there when there are several audiences, and be us when it is there (rules 4 and 5). */
static enum sp_error check_authorized_party(const json_t *claims, size_t audiences_n, struct sp_str client_id,
                                            struct sp_diag *diag)
{
    struct sp_str azp;
    enum sp_error error = sp_json_get_string(claims, "azp", &azp);
    if (error == SP_ERR_MISSING && audiences_n == 1) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token has several audiences or an \"azp\", which is no text");
    }
    if (!sp_str_equal(azp, client_id)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "the ID token's \"azp\" is another client");
    }
    return SP_OK;
}

static enum sp_error check_audience(const json_t *claims, const struct sp_id_token_expectation *expectation,
                                    struct sp_diag *diag)
{
    struct sp_json_string_list aud;
    enum sp_error error = sp_json_get_string_list(claims, "aud", SP_ID_TOKEN_AUD_MAX, &aud);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token's \"aud\" is no text and no list of at most %d texts",
                           SP_ID_TOKEN_AUD_MAX);
    }
    if (!sp_json_string_list_contains(&aud, expectation->client_id)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "the ID token's \"aud\" is without our client id");
    }
    for (size_t i = 0; i < aud.n; i++) {
        if (!audience_trusted(sp_json_string_list_at(&aud, i), expectation)) {
            return sp_diag_set(
                diag, SP_ERR_MISMATCH,
                "the ID token's \"aud\" has a client that the setting \"audiences\" does not list");
        }
    }
    return check_authorized_party(claims, aud.n, expectation->client_id, diag);
}

static enum sp_error get_date(const json_t *claims, const char *name, int64_t *out_s, struct sp_diag *diag)
{
    enum sp_error error = sp_jwt_get_time(claims, name, out_s);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token's \"%s\" is missing or no date", name);
    }
    return SP_OK;
}

static enum sp_error check_not_before(const json_t *claims, int64_t latest_s, struct sp_diag *diag)
{
    int64_t nbf_s = 0;
    enum sp_error error = sp_jwt_get_time(claims, "nbf", &nbf_s);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token's \"nbf\" is no date");
    }
    if (nbf_s > latest_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "the ID token is not valid yet: are the clocks apart?");
    }
    return SP_OK;
}

static enum sp_error check_issued(const json_t *claims, int64_t now_s, int64_t skew_s, struct sp_diag *diag)
{
    int64_t iat_s = 0;
    enum sp_error error = get_date(claims, "iat", &iat_s, diag);
    if (error != SP_OK) {
        return error;
    }
    if (iat_s > now_s + skew_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED,
                           "the ID token was issued %lld s in the future: are the clocks apart?",
                           (long long)(iat_s - now_s));
    }
    if (iat_s < now_s - skew_s - SP_ID_TOKEN_AGE_MAX_S) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "the ID token was issued %lld s ago: are the clocks apart?",
                           (long long)(now_s - iat_s));
    }
    return SP_OK;
}

static enum sp_error check_dates(const json_t *claims, int64_t now_s, int64_t skew_s, struct sp_diag *diag)
{
    int64_t exp_s = 0;
    enum sp_error error = get_date(claims, "exp", &exp_s, diag);
    if (error != SP_OK) {
        return error;
    }
    if (exp_s <= now_s - skew_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "the ID token expired %lld s ago: are the clocks apart?",
                           (long long)(now_s - exp_s));
    }
    error = check_issued(claims, now_s, skew_s, diag);
    if (error != SP_OK) {
        return error;
    }
    return check_not_before(claims, now_s + skew_s, diag);
}

static enum sp_error check_nonce(const json_t *claims, struct sp_str expected, struct sp_diag *diag)
{
    struct sp_str nonce;
    enum sp_error error = sp_json_get_string(claims, "nonce", &nonce);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token has no text \"nonce\"");
    }
    if (expected.len == 0 || !sp_digest_equal(nonce, expected)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "the ID token's \"nonce\" is that of another login");
    }
    return SP_OK;
}

/*
 * The left half of the access token's digest (section 3.1.3.6). Dex's access tokens are themselves ID tokens;
 * one that is passed off as the other has another at_hash.
 */
static enum sp_error check_access_token(const json_t *claims, const struct sp_algorithm *algorithm,
                                        struct sp_str access_token, struct sp_diag *diag)
{
    struct sp_str at_hash;
    enum sp_error error = sp_json_get_string(claims, "at_hash", &at_hash);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token's \"at_hash\" is no text");
    }
    uint8_t digest[SP_DIGEST_MAX];
    char expected[SP_BASE64URL_LEN(SP_DIGEST_MAX / 2)];
    error = sp_digest_compute(algorithm->digest, access_token, digest);
    if (error != SP_OK) {
        return error;
    }
    size_t len = sp_base64url_encode(digest, sp_digest_len(algorithm->digest) / 2, expected);
    if (!sp_digest_equal(at_hash, (struct sp_str){expected, len})) {
        return sp_diag_set(diag, SP_ERR_MISMATCH,
                           "the ID token's \"at_hash\" is not that of the access token");
    }
    return SP_OK;
}

static enum sp_error check_claims(const json_t *claims, const struct sp_algorithm *algorithm,
                                  const struct sp_id_token_expectation *expectation, struct sp_diag *diag)
{
    enum sp_error error = check_issuer(claims, expectation->issuer, diag);
    if (error == SP_OK) {
        error = check_audience(claims, expectation, diag);
    }
    if (error == SP_OK) {
        error = check_dates(claims, expectation->now_s, expectation->skew_s, diag);
    }
    if (error == SP_OK) {
        error = check_nonce(claims, expectation->nonce, diag);
    }
    if (error == SP_OK) {
        error = check_access_token(claims, algorithm, expectation->access_token, diag);
    }
    return error;
}

static enum sp_error read_payload(struct sp_str payload, const struct sp_algorithm *algorithm,
                                  const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                  struct sp_diag *diag)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    enum sp_error error = sp_jwt_parse_claims(payload, CLAIMS_MAX, &claims);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token's claims are no JSON object that is accepted: %s",
                           sp_error_text(error));
    }
    error = check_claims(claims, algorithm, expectation, diag);
    if (error != SP_OK) {
        return error;
    }
    error = sp_claims_read(claims, expectation->groups_claim, out, diag);
    if (error == SP_OK) {
        claims = NULL; /* `out` has it */
    }
    return error;
}

enum sp_error sp_id_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                 struct sp_diag *diag)
{
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload = SP_STR_NONE;
    enum sp_error error = sp_jws_parse(text, SP_ID_TOKEN_MAX, &jws);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "the ID token is no JWS that is accepted: %s", sp_error_text(error));
    }
    error = check_type(&jws, diag);
    if (error == SP_OK) {
        error = verify_signature(&jws, keyset, &payload, diag);
    }
    if (error == SP_OK) {
        error = read_payload(payload, jws.algorithm, expectation, out, diag);
    }
    return error;
}
