/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_BEARER_TOKEN_H
#define SP_OIDC_BEARER_TOKEN_H

/*
 * An ID token from the issuer that a program such as kubectl sends with a request (RFC 6750, section 2.1).
 * The rules for all of the issuer's tokens apply (oidc/signed_token.h), and then those below. The token was
 * made for another client's login and is sent many times. So, as in the Kubernetes API server, nothing that
 * binds an ID token to a login is checked (nonce, at_hash, azp). The rules are:
 *
 *   aud     contains one of the accepted audiences; other audiences do not matter
 *   typ     JWT, or absent: an access token (at+jwt) or a logout token (logout+jwt) is not an identity
 *   events  must be absent, because a logout token without `typ` is not an identity either (OpenID Connect
 *           Back-Channel Logout 1.0, section 2.4)
 *   iat     at most SP_BEARER_TOKEN_AGE_MAX_S ago, because a revocation of a user's sessions covers their
 *           tokens too, and is kept no longer than that
 *
 * The token itself names its issuer, unverified. That name only decides who is responsible for it: a token of
 * another issuer, or one that is not a JWT, is left to the application without further checks.
 *
 * Each failure has its own message, and none of them quotes the token.
 */

#include "oidc/claims.h"
#include "oidc/signed_token.h"

#define SP_BEARER_TOKEN_MAX       (48 * 1024)     /* bytes */
#define SP_BEARER_TOKEN_AGE_MAX_S (7 * 24 * 3600) /* since `iat`, not counting the clock skew */

/*
 * A new object (json_decref): the unverified claims of what may be a JWT. NULL if they cannot be read, or the
 * token is longer than SP_BEARER_TOKEN_MAX. Header and signature are not checked.
 */
json_t *sp_bearer_token_peek(struct sp_str text) __attribute__((warn_unused_result));

/* True if it has the form of a JWT: three parts of base64url, the first two of which are JSON objects. */
bool sp_bearer_token_is_jwt(struct sp_str text);

/* True if these claims name this issuer. */
bool sp_bearer_token_is_of(const json_t *claims, struct sp_str issuer);

/*
 * Verifies `text` and reads its claims, which `out` owns (sp_claims_done). This function sets `what`, `type`
 * and the audience rule of the expectation. The errors are those of sp_signed_token_verify. `keyset` may be
 * NULL: no keys yet.
 */
enum sp_error sp_bearer_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     const char *groups_claim, struct sp_claims *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
