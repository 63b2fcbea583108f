/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/signed_token.h"

#include "jose/jws.h"
#include "jose/jwt.h"

void sp_signed_token_done(struct sp_signed_token *token)
{
    json_decref(token->claims);
    *token = SP_SIGNED_TOKEN_NONE;
}

/* ---- signature ----------------------------------------------------------------------------------- */

/* Compares media types. `application/` may be omitted if no other slash follows (RFC 7515, section 4.1.9). */
static bool is_type(struct sp_str typ, struct sp_str expected)
{
    struct sp_str prefix = SP_STR("application/");
    return sp_str_equal_ci(sp_str_starts_with_ci(typ, prefix) ? sp_str_skip(typ, prefix.len) : typ, expected);
}

/*
 * The same key signs several kinds of token, such as access tokens (at+jwt) and logout tokens (logout+jwt);
 * `typ` distinguishes them.
 */
static enum sp_error verify_signature(const struct sp_jws *jws, const struct sp_keyset *keyset,
                                      const struct sp_signed_token_expectation *expectation,
                                      struct sp_str *payload, struct sp_diag *diag)
{
    const char *what = expectation->what;
    if (jws->typ.ptr != NULL && !is_type(jws->typ, expectation->type)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "%s: \"typ\" is not %.*s: it is a token of another kind",
                           what, (int)expectation->type.len, expectation->type.ptr);
    }
    if (keyset == NULL) {
        return sp_diag_set(diag, SP_ERR_KEY, "%s: the issuer's keys are not available yet", what);
    }
    return sp_keyset_verify(keyset, jws, what, payload, diag);
}

/* ---- claims -------------------------------------------------------------------------------------- */

static enum sp_error check_issuer(const json_t *claims, const struct sp_signed_token_expectation *expectation,
                                  struct sp_diag *diag)
{
    struct sp_str iss;
    enum sp_error error = sp_json_require_string(claims, "iss", expectation->what, &iss, diag);
    if (error != SP_OK) {
        return error;
    }
    if (!sp_str_equal(iss, expectation->issuer)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "%s: \"iss\" is not the issuer", expectation->what);
    }
    return SP_OK;
}

static bool is_listed_audience(struct sp_str audience, const struct sp_signed_token_expectation *expectation)
{
    for (size_t i = 0; i < expectation->audiences_n; i++) {
        if (sp_str_equal(audience, sp_str_from_c(expectation->audiences[i]))) {
            return true;
        }
    }
    return false;
}

/* One listed audience is enough, as for the Kubernetes API server. */
static enum sp_error check_one_audience(const struct sp_json_string_list *aud,
                                        const struct sp_signed_token_expectation *expectation,
                                        struct sp_diag *diag)
{
    for (size_t i = 0; i < aud->n; i++) {
        if (is_listed_audience(sp_json_string_list_at(aud, i), expectation)) {
            return SP_OK;
        }
    }
    return sp_diag_set(diag, SP_ERR_MISMATCH, "%s: \"aud\" has none of the accepted audiences",
                       expectation->what);
}

static enum sp_error check_audience(const json_t *claims,
                                    const struct sp_signed_token_expectation *expectation, bool *has_stranger,
                                    struct sp_diag *diag)
{
    struct sp_json_string_list aud;
    enum sp_error error = sp_json_get_string_list(claims, "aud", SP_SIGNED_TOKEN_AUD_MAX, &aud);
    if (error != SP_OK) {
        return sp_diag_set(diag, error,
                           "%s: \"aud\" is missing, or neither a string nor a list of at most %d strings",
                           expectation->what, SP_SIGNED_TOKEN_AUD_MAX);
    }
    if (expectation->one_audience) {
        return check_one_audience(&aud, expectation, diag);
    }
    if (!sp_json_string_list_contains(&aud, expectation->client_id)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, "%s: \"aud\" lacks our client id", expectation->what);
    }
    bool is_stranger = false;
    for (size_t i = 0; i < aud.n && !is_stranger; i++) {
        struct sp_str audience = sp_json_string_list_at(&aud, i);
        is_stranger =
            !sp_str_equal(audience, expectation->client_id) && !is_listed_audience(audience, expectation);
    }
    if (is_stranger && !expectation->any_audience) {
        return sp_diag_set(diag, SP_ERR_MISMATCH,
                           "%s: \"aud\" has a client that the setting \"audiences\" does not list",
                           expectation->what);
    }
    *has_stranger = is_stranger;
    return SP_OK;
}

/* Reads a required date, a NumericDate (RFC 7519, section 2). */
static enum sp_error get_date(const json_t *claims, const char *name, const char *what, int64_t *out_s,
                              struct sp_diag *diag)
{
    enum sp_error error = sp_jwt_get_time(claims, name, out_s);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "%s: \"%s\" is missing or not a date", what, name);
    }
    return SP_OK;
}

static enum sp_error check_dates(const json_t *claims, const struct sp_signed_token_expectation *expectation,
                                 int64_t *issued_s, struct sp_diag *diag)
{
    const char *what = expectation->what;
    int64_t now_s = expectation->now_s;
    int64_t latest_s = now_s + expectation->skew_s;
    int64_t exp_s = 0;
    enum sp_error error = get_date(claims, "exp", what, &exp_s, diag);
    if (error != SP_OK) {
        return error;
    }
    if (exp_s <= now_s - expectation->skew_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "%s: expired %lld s ago: do the clocks differ?", what,
                           (long long)(now_s - exp_s));
    }

    int64_t iat_s = 0;
    error = get_date(claims, "iat", what, &iat_s, diag);
    if (error != SP_OK) {
        return error;
    }
    if (iat_s > latest_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "%s: issued %lld s in the future: do the clocks differ?",
                           what, (long long)(iat_s - now_s));
    }

    int64_t nbf_s = 0;
    error = sp_jwt_get_time(claims, "nbf", &nbf_s);
    if (error != SP_OK && error != SP_ERR_MISSING) {
        return sp_diag_set(diag, error, "%s: \"nbf\" is not a date", what);
    }
    if (error == SP_OK && nbf_s > latest_s) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, "%s: not valid yet: do the clocks differ?", what);
    }
    *issued_s = iat_s;
    return SP_OK;
}

enum sp_error sp_signed_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_signed_token *out, struct sp_diag *diag)
{
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_diag fault = {0};
    enum sp_error error = sp_jws_parse(text, SP_SIGNED_TOKEN_MAX, &jws, &fault);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "%s: %s", expectation->what,
                           fault.text[0] != '\0' ? fault.text : sp_error_text(error));
    }
    struct sp_str payload = SP_STR_NONE;
    error = verify_signature(&jws, keyset, expectation, &payload, diag);
    if (error != SP_OK) {
        return error;
    }
    SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = {.algorithm = jws.algorithm};
    error = sp_json_parse_object(payload, SP_SIGNED_TOKEN_MAX, expectation->what, &token.claims, diag);
    if (error != SP_OK) {
        return error;
    }
    error = check_issuer(token.claims, expectation, diag);
    if (error == SP_OK) {
        error = check_audience(token.claims, expectation, &token.has_stranger, diag);
    }
    if (error == SP_OK) {
        error = check_dates(token.claims, expectation, &token.issued_s, diag);
    }
    if (error == SP_OK) {
        *out = token;
        token = SP_SIGNED_TOKEN_NONE; /* now owned by `out` */
    }
    return error;
}
