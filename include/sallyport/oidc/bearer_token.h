/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_BEARER_TOKEN_H
#define SP_OIDC_BEARER_TOKEN_H

/*
 * An ID token of the issuer that a program sends with a request (RFC 6750, section 2.1), as kubectl does:
 * what all tokens of the issuer have in common (oidc/signed_token.h), then the rules that are its own. It was
 * made for another client's login and is sent many times, so nothing of what binds an ID token to a login is
 * looked at: nonce, at_hash, azp. As at the API server of Kubernetes:
 *
 *   aud     has one of the audiences that are taken here; who else stands there does not matter
 *   typ     JWT, or absent: an access token (at+jwt) and a logout token (logout+jwt) are no identity
 *   events  is not there: a logout token without `typ` is none either (OpenID Connect Back-Channel Logout
 *           1.0, section 2.4)
 *   iat     at most SP_BEARER_TOKEN_AGE_MAX_S ago: what ends a user's sessions ends their tokens, too, and is
 *           kept no longer
 *
 * A token says itself who made it, which is believed only to tell whose business it is. One of another issuer
 * is for the application, and not looked at any further; so is what is no JWT.
 *
 * Each failure has a text of its own; none of them quotes the token.
 */

#include "oidc/claims.h"
#include "oidc/signed_token.h"

#define SP_BEARER_TOKEN_MAX       (48 * 1024)     /* bytes */
#define SP_BEARER_TOKEN_AGE_MAX_S (7 * 24 * 3600) /* since `iat`, beside the skew */

/*
 * A new object (json_decref): the claims of what may be a JWT, which nobody has verified. NULL where they
 * cannot be read, or are longer than SP_BEARER_TOKEN_MAX. Header and signature are not looked at.
 */
json_t *sp_bearer_token_peek(struct sp_str text) __attribute__((warn_unused_result));

/* Whether it is a JWT by its form: three parts of base64url, the first two of which are JSON objects. */
bool sp_bearer_token_is_jwt(struct sp_str text);

/* Whether these claims say that this issuer made them. */
bool sp_bearer_token_is_of(const json_t *claims, struct sp_str issuer);

/*
 * Verifies `text` and reads its claims; `out` owns them (sp_claims_done). Of the expectation, `what`, `type`
 * and how audiences count are ours to say. The errors are those of sp_signed_token_verify; `keyset` may be
 * NULL: no keys yet.
 */
enum sp_error sp_bearer_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     const char *groups_claim, struct sp_claims *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
