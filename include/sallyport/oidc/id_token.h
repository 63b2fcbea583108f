/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ID_TOKEN_H
#define SP_OIDC_ID_TOKEN_H

/*
 * The ID token of a login. The rules for all of the issuer's tokens apply (oidc/signed_token.h), and then
 * those of OpenID Connect Core 1.0, section 3.1.3.7: authorized party, age, nonce, access token hash. An ID
 * token from a refresh obeys the same rules except for the nonce, and is compared with the login that the
 * refresh token came from (oidc/refresh_grant.h).
 *
 * Each failure has its own message for the operator's log, and none of them quotes the token.
 */

#include "oidc/claims.h"
#include "oidc/refresh_grant.h"
#include "oidc/signed_token.h"

#define SP_ID_TOKEN_AGE_MAX_S 600 /* since `iat`, plus the clock skew */

/* What the token must contain. Everything is borrowed for the call. */
struct sp_id_token_expectation {
    struct sp_signed_token_expectation common; /* this module sets `what` and `type` */
    struct sp_str nonce;                       /* for a login: the nonce, which is never empty */
    const struct sp_refresh_grant *refreshed;  /* for a refresh by the user `sub`; NULL for a login */
    struct sp_str sub;
    struct sp_str access_token; /* the access token received with it; empty if none */
    const char *groups_claim;
};

/*
 * Verifies `text` and reads its claims, which `out` owns (sp_claims_done). The errors are those of
 * sp_signed_token_verify; a token that belongs to another login, user or access token is SP_ERR_MISMATCH too.
 * `keyset` may be NULL: no keys yet.
 */
enum sp_error sp_id_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                 struct sp_diag *diag) __attribute__((warn_unused_result));

#endif
