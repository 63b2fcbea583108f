/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_REFRESH_GRANT_H
#define SP_OIDC_REFRESH_GRANT_H

/*
 * A refresh token (RFC 6749, section 6), together with the values that ID tokens from a refresh must agree
 * with (OpenID Connect Core 1.0, section 12.2). These values belong to the login that the token came from,
 * and stay the same when the issuer replaces the token: issuers repeat the nonce of that login or omit it.
 *
 * Only a part of the nonce's digest is kept: enough to recognize the nonce, and useless otherwise. Pure.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/claims.h"

#include <stdint.h>

#define SP_NONCE_HASH_LEN 16

/* Consists of views and owns nothing. */
struct sp_refresh_grant {
    struct sp_str token; /* a secret */
    uint8_t nonce_hash[SP_NONCE_HASH_LEN];
    struct sp_str sid;   /* `sid` of the login that it came from; empty: none */
    int64_t auth_time_s; /* of the same login; 0: absent */
    int64_t issued_s;    /* `iat` of the ID token that came with it, which shows its age; 0: no grant */
};

/* Writes the left part of the SHA-256 digest of `nonce`. SP_ERR_MEMORY if OpenSSL fails. */
enum sp_error sp_nonce_hash(struct sp_str nonce, uint8_t out[SP_NONCE_HASH_LEN])
    __attribute__((warn_unused_result));

/* True if both have the same token and the same age. */
bool sp_refresh_grant_is_same(const struct sp_refresh_grant *a, const struct sp_refresh_grant *b);

/* Copies the strings into `bytes`, which must be empty and stay in place; `out` points into it.
 * SP_ERR_LIMIT. */
enum sp_error sp_refresh_grant_copy(const struct sp_refresh_grant *grant, struct sp_buf *bytes,
                                    struct sp_refresh_grant *out) __attribute__((warn_unused_result));

/*
 * Checks that the claims of a refreshed ID token agree: nonce, `sid` and `auth_time` are absent or equal to
 * those of the login, and the token is not older than the previous one.
 *
 *   SP_ERR_MISMATCH  they disagree; `diag` names the value
 *   SP_ERR_MEMORY
 */
enum sp_error sp_refresh_grant_check(const struct sp_refresh_grant *grant, const struct sp_claims *claims,
                                     struct sp_diag *diag) __attribute__((warn_unused_result));

#endif
