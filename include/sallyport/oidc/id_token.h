/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_ID_TOKEN_H
#define SP_OIDC_ID_TOKEN_H

/*
 * The ID token and every rule of OpenID Connect Core 1.0, section 3.1.3.7, in that section's order: signature
 * by the issuer's one suitable key, issuer, audience, authorized party, dates, nonce, access token hash.
 *
 * Each failure has a text of its own for the operator's log; none of them quotes the token.
 */

#include "base/error.h"
#include "base/str.h"
#include "oidc/claims.h"
#include "oidc/keyset.h"

#include <stdint.h>

#define SP_ID_TOKEN_MAX       (128 * 1024) /* bytes: as many groups as claims.h accepts */
#define SP_ID_TOKEN_AGE_MAX_S 600 /* since `iat`, beside the skew: it was made for this login, just now */
#define SP_ID_TOKEN_AUD_MAX   64  /* audiences of one token */

/* What the token must be like. All borrowed for the call. */
struct sp_id_token_expectation {
    struct sp_str issuer;
    struct sp_str client_id;
    char *const *audiences; /* client ids that may stand in `aud` beside ours */
    size_t audiences_n;
    struct sp_str nonce;        /* never empty */
    struct sp_str access_token; /* that came with it; never empty */
    const char *groups_claim;
    int64_t now_s;
    int64_t skew_s;
};

/*
 * Verifies `text` and reads its claims; `out` owns them (sp_claims_done).
 *
 *   keyset  NULL: no keys yet
 *
 *   SP_ERR_KEY         no key for it; a newer set may have one, and the whole may be asked again with that
 *   SP_ERR_ALGORITHM   none, HS256 and whatever else is not in the table, or not for the key
 *   SP_ERR_SIGNATURE   not authentic
 *   SP_ERR_EXPIRED     too old, or not yet
 *   SP_ERR_MISMATCH    made for another issuer, client, login or access token, or for another purpose
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_LIMIT, SP_ERR_DUPLICATE, SP_ERR_UNSUPPORTED, SP_ERR_MEMORY
 */
enum sp_error sp_id_token_verify(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_claims *out,
                                 struct sp_diag *diag) __attribute__((warn_unused_result));

#endif
