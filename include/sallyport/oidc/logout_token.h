/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_LOGOUT_TOKEN_H
#define SP_OIDC_LOGOUT_TOKEN_H

/*
 * The logout token, by which the issuer says that a session of its own has ended (OpenID Connect Back-Channel
 * Logout 1.0, section 2.4): what all tokens of the issuer have in common (oidc/signed_token.h), then the
 * rules of section 2.6 that are its own.
 *
 *   aud     has our client id. Who else stands there does not matter, since the token gives nobody anything.
 *   iat     at most SP_LOGOUT_TOKEN_AGE_MAX_S ago
 *   events  has the member SP_LOGOUT_TOKEN_EVENT, an object: an ID token, which the same key signs, has none
 *   sub, sid  one of them at least
 *   jti     is there, so that a token can be known again; whether it was taken before is the caller's to ask
 *   nonce   is not there, of whatever type
 *
 * Each failure has a text of its own; none of them quotes the token.
 */

#include "oidc/signed_token.h"

#define SP_LOGOUT_TOKEN_AGE_MAX_S 600 /* since `iat`, beside the skew */
#define SP_LOGOUT_TOKEN_EVENT     "http://schemas.openid.net/event/backchannel-logout"

/* A logout token that was verified. Owns what its views point into (sp_logout_token_done). */
struct sp_logout_token {
    struct sp_signed_token token;
    struct sp_str sub; /* empty: not said */
    struct sp_str sid; /* the same */
    struct sp_str jti;
    int64_t usable_until_s; /* from then on it is refused for its age or its end */
};

#define SP_LOGOUT_TOKEN_NONE   ((struct sp_logout_token){0})
#define SP_LOGOUT_TOKEN_SCOPED __attribute__((cleanup(sp_logout_token_done)))

void sp_logout_token_done(struct sp_logout_token *token);

/*
 * Verifies `text`. Of the expectation, `what` and `type` are ours to say, and its audiences do not count. The
 * errors are those of sp_signed_token_verify; `keyset` may be NULL: no keys yet.
 */
enum sp_error sp_logout_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_logout_token *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
