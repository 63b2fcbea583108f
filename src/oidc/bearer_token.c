/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/bearer_token.h"

#include "base/base64.h"

#define WHAT  "the bearer token" /* the name in messages */
#define DAY_S (24 * 3600)

/* Decodes one part of a token. Fails if it is empty. */
static bool decode(struct sp_str part, struct sp_buf *out)
{
    size_t room = SP_BASE64URL_DECODED_MAX(part.len);
    sp_buf_init(out, room);
    char *bytes = part.len > 0 ? sp_buf_extend(out, room) : NULL;
    size_t len = 0;
    if (bytes == NULL || sp_base64url_decode(part, (uint8_t *)bytes, room, &len) != SP_OK) {
        return false;
    }
    out->len = len;
    return true;
}

/* Returns a new object, or NULL if the part is not one. */
static json_t *read_object(struct sp_str part)
{
    SP_BUF_SCOPED struct sp_buf bytes = SP_BUF_NONE;
    json_t *object = NULL;
    bool is_read = decode(part, &bytes) && sp_json_parse_object(sp_buf_str(&bytes), SP_BEARER_TOKEN_MAX, WHAT,
                                                                &object, NULL) == SP_OK;
    return is_read ? object : NULL;
}

json_t *sp_bearer_token_peek(struct sp_str text)
{
    struct sp_str rest = text;
    (void)sp_str_cut(&rest, '.');
    bool may_be_one = rest.ptr != NULL && text.len <= SP_BEARER_TOKEN_MAX;
    return may_be_one ? read_object(sp_str_cut(&rest, '.')) : NULL;
}

bool sp_bearer_token_is_jwt(struct sp_str text)
{
    SP_JSON_SCOPED json_t *claims = sp_bearer_token_peek(text);
    struct sp_str rest = text;
    SP_JSON_SCOPED json_t *header = claims != NULL ? read_object(sp_str_cut(&rest, '.')) : NULL;
    (void)sp_str_cut(&rest, '.');
    SP_BUF_SCOPED struct sp_buf signature = SP_BUF_NONE;
    return header != NULL && decode(rest, &signature);
}

bool sp_bearer_token_is_of(const json_t *claims, struct sp_str issuer)
{
    struct sp_str iss;
    return sp_json_get_string(claims, "iss", &iss) == SP_OK && sp_str_equal(iss, issuer);
}

static enum sp_error check_kind(const struct sp_signed_token *token, struct sp_diag *diag)
{
    if (json_object_get(token->claims, "events") != NULL) { /* refused with any value, even null */
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"events\" is present, as in a logout token");
    }
    return SP_OK;
}

static enum sp_error check_age(const struct sp_signed_token *token,
                               const struct sp_signed_token_expectation *expectation, struct sp_diag *diag)
{
    if (expectation->now_s - token->issued_s > expectation->skew_s + SP_BEARER_TOKEN_AGE_MAX_S) {
        return sp_diag_set(diag, SP_ERR_EXPIRED, WHAT ": issued more than %d days ago",
                           SP_BEARER_TOKEN_AGE_MAX_S / DAY_S);
    }
    return SP_OK;
}

enum sp_error sp_bearer_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     const char *groups_claim, struct sp_claims *out, struct sp_diag *diag)
{
    struct sp_signed_token_expectation common = *expectation;
    common.what = WHAT;
    common.type = SP_STR("JWT");
    common.one_audience = true;
    SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = SP_SIGNED_TOKEN_NONE;
    enum sp_error error = sp_signed_token_verify(text, keyset, &common, &token, diag);
    if (error == SP_OK) {
        error = check_kind(&token, diag);
    }
    if (error == SP_OK) {
        error = check_age(&token, &common, diag);
    }
    if (error == SP_OK) {
        error = sp_claims_read(token.claims, WHAT, groups_claim, out, diag);
    }
    if (error == SP_OK) {
        token.claims = NULL; /* now owned by `out` */
    }
    return error;
}
