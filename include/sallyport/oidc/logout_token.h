/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_LOGOUT_TOKEN_H
#define SP_OIDC_LOGOUT_TOKEN_H

/*
 * The logout token, with which the issuer reports that one of its sessions has ended (OpenID Connect
 * Back-Channel Logout 1.0, section 2.4). The rules for all of the issuer's tokens apply
 * (oidc/signed_token.h), and then those of section 2.6.
 *
 *   aud     contains our client id. Other audiences do not matter, because the token grants nothing.
 *   iat     at most SP_LOGOUT_TOKEN_AGE_MAX_S ago
 *   events  has the member SP_LOGOUT_TOKEN_EVENT, an object; an ID token, signed with the same key, has no
 *           such member
 *   sub, sid  at least one of them
 *   jti     is present, so that a token can be recognized; the caller checks whether it was used before
 *   nonce   must be absent; even null is refused
 *
 * Each failure has its own message, and none of them quotes the token.
 */

#include "oidc/signed_token.h"

#define SP_LOGOUT_TOKEN_AGE_MAX_S 600 /* since `iat`, not counting the clock skew */
#define SP_LOGOUT_TOKEN_EVENT     "http://schemas.openid.net/event/backchannel-logout"

/* A verified logout token. Owns the bytes of its views (sp_logout_token_done). */
struct sp_logout_token {
    struct sp_signed_token token;
    struct sp_str sub; /* empty: absent */
    struct sp_str sid; /* empty: absent */
    struct sp_str jti;
    int64_t usable_until_s; /* from then on it is refused because of its age or `exp` */
};

#define SP_LOGOUT_TOKEN_NONE   ((struct sp_logout_token){0})
#define SP_LOGOUT_TOKEN_SCOPED __attribute__((cleanup(sp_logout_token_done)))

void sp_logout_token_done(struct sp_logout_token *token);

/*
 * Verifies `text`. This function sets `what` and `type` of the expectation and ignores its audiences. The
 * errors are those of sp_signed_token_verify. `keyset` may be NULL: no keys yet.
 */
enum sp_error sp_logout_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                     const struct sp_signed_token_expectation *expectation,
                                     struct sp_logout_token *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
