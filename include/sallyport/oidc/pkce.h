/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_PKCE_H
#define SP_OIDC_PKCE_H

/*
 * Proof Key for Code Exchange (RFC 7636) with S256, the only method spoken here: a verifier of 32 random
 * octets in base64url, and the SHA-256 of that text as its challenge.
 */

#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

#define SP_PKCE_VERIFIER_OCTETS 32
#define SP_PKCE_VERIFIER_LEN    43 /* characters, the least that section 4.1 allows */
#define SP_PKCE_VERIFIER_MAX    128
#define SP_PKCE_CHALLENGE_LEN   43

/* Writes without NUL. */
void sp_pkce_make_verifier(const struct sp_random *random, char out[SP_PKCE_VERIFIER_LEN]);

/* Writes without NUL. SP_ERR_FORMAT: not 43–128 unreserved characters (section 4.1); SP_ERR_MEMORY. */
enum sp_error sp_pkce_make_challenge(struct sp_str verifier, char out[SP_PKCE_CHALLENGE_LEN])
    __attribute__((warn_unused_result));

#endif
