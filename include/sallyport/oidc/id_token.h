/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ID_TOKEN_H
#define SP_OIDC_ID_TOKEN_H

/*
 * The ID token of a login: what all tokens of the issuer have in common (oidc/signed_token.h), then the rules
 * of OpenID Connect Core 1.0, section 3.1.3.7, that are its own: authorized party, age, nonce, access token
 * hash. One that a refresh brought obeys the same rules, but for the nonce, and is compared with the login
 * that the refresh token came from (oidc/refresh_grant.h).
 *
 * Each failure has a text of its own for the operator's log; none of them quotes the token.
 */

#include "oidc/claims.h"
#include "oidc/refresh_grant.h"
#include "oidc/signed_token.h"

#define SP_ID_TOKEN_AGE_MAX_S 600 /* since `iat`, beside the skew: it was made for this login, just now */

/* What the token must be like. All borrowed for the call. */
struct sp_id_token_expectation {
    struct sp_signed_token_expectation common; /* `what` and `type` are ours to say */
    struct sp_str nonce;                       /* of a login; never empty there */
    const struct sp_refresh_grant *refreshed;  /* of a refresh, whose user is `sub`; NULL: of a login */
    struct sp_str sub;
    struct sp_str access_token; /* that came with it; empty: none */
    const char *groups_claim;
};

/*
 * Verifies `text` and reads its claims; `out` owns them (sp_claims_done). The errors are those of
 * sp_signed_token_verify; SP_ERR_MISMATCH is also a token of another login, user or access token. `keyset`
 * may be NULL: no keys yet.
 */
enum sp_error sp_id_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                 struct sp_diag *diag) __attribute__((warn_unused_result));

#endif
