/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_REFRESH_GRANT_H
#define SP_OIDC_REFRESH_GRANT_H

/*
 * A refresh token (RFC 6749, section 6), and beside it what the ID tokens that it brings must agree with
 * (OpenID Connect Core 1.0, section 12.2). These belong to the login that the token came from, and stay when
 * the issuer replaces the token: issuers repeat the nonce of that login, or leave it out.
 *
 * Of the nonce only a part of its digest is kept: enough to recognize it, and nothing to use. Pure.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "oidc/claims.h"

#include <stdint.h>

#define SP_NONCE_HASH_LEN 16

/* Only views. */
struct sp_refresh_grant {
    struct sp_str token; /* a secret */
    uint8_t nonce_hash[SP_NONCE_HASH_LEN];
    struct sp_str sid;   /* of that login; empty: none */
    int64_t auth_time_s; /* the same; 0: not said */
    int64_t issued_s;    /* `iat` of the ID token that came with the token: its age. 0: there is no grant */
};

/* Writes the left part of the SHA-256 digest of `nonce`. SP_ERR_MEMORY when OpenSSL cannot. */
enum sp_error sp_nonce_hash(struct sp_str nonce, uint8_t out[SP_NONCE_HASH_LEN])
    __attribute__((warn_unused_result));

/* Copies: the texts of `out` are in `bytes`, which must be empty and stay in place. SP_ERR_LIMIT. */
enum sp_error sp_refresh_grant_copy(const struct sp_refresh_grant *grant, struct sp_buf *bytes,
                                    struct sp_refresh_grant *out) __attribute__((warn_unused_result));

/*
 * Whether the claims of a refreshed ID token agree: nonce, `sid` and `auth_time` are absent or those of the
 * login, and it is not older than the one before.
 *
 *   SP_ERR_MISMATCH  they do not; `diag` says which
 *   SP_ERR_MEMORY
 */
enum sp_error sp_refresh_grant_check(const struct sp_refresh_grant *grant, const struct sp_claims *claims,
                                     struct sp_diag *diag) __attribute__((warn_unused_result));

#endif
