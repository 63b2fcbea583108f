/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/refresh_grant.h"

#include "jose/digest.h"

#define WHAT "the refreshed ID token" /* the name in messages */

enum sp_error sp_nonce_hash(struct sp_str nonce, uint8_t out[SP_NONCE_HASH_LEN])
{
    uint8_t digest[SP_DIGEST_MAX];
    enum sp_error error = sp_digest_compute(SP_DIGEST_SHA256, nonce, digest);
    if (error == SP_OK) {
        memcpy(out, digest, SP_NONCE_HASH_LEN);
    }
    return error;
}

bool sp_refresh_grant_is_same(const struct sp_refresh_grant *a, const struct sp_refresh_grant *b)
{
    return sp_str_equal(a->token, b->token) && a->issued_s == b->issued_s;
}

enum sp_error sp_refresh_grant_copy(const struct sp_refresh_grant *grant, struct sp_buf *bytes,
                                    struct sp_refresh_grant *out)
{
    sp_buf_append(bytes, grant->token);
    sp_buf_append(bytes, grant->sid);
    if (sp_buf_error(bytes) != SP_OK) {
        return sp_buf_error(bytes);
    }
    struct sp_str all = sp_buf_str(bytes);
    *out = *grant;
    out->token = (struct sp_str){all.ptr, grant->token.len};
    out->sid = (struct sp_str){all.ptr + grant->token.len, grant->sid.len};
    return SP_OK;
}

static enum sp_error check_nonce(const struct sp_refresh_grant *grant, const struct sp_claims *claims,
                                 struct sp_diag *diag)
{
    struct sp_str nonce;
    enum sp_error error = sp_json_get_string(claims->all, "nonce", &nonce);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    uint8_t hash[SP_NONCE_HASH_LEN];
    if (error == SP_OK) {
        error = sp_nonce_hash(nonce, hash);
    }
    if (error == SP_ERR_MEMORY) {
        return error;
    }
    if (error != SP_OK || !sp_digest_equal((struct sp_str){(const char *)hash, sizeof hash},
                                           (struct sp_str){(const char *)grant->nonce_hash, sizeof hash})) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"nonce\" is that of another login");
    }
    return SP_OK;
}

enum sp_error sp_refresh_grant_check(const struct sp_refresh_grant *grant, const struct sp_claims *claims,
                                     struct sp_diag *diag)
{
    if (claims->issued_s < grant->issued_s) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"iat\" is older than that of the previous token");
    }
    if (claims->sid.len > 0 && !sp_str_equal(claims->sid, grant->sid)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"sid\" is that of another login");
    }
    if (claims->auth_time_s != 0 && claims->auth_time_s != grant->auth_time_s) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"auth_time\" is that of another login");
    }
    return check_nonce(grant, claims, diag);
}
