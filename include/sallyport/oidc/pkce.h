/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_PKCE_H
#define SP_OIDC_PKCE_H

/*
 * Proof Key for Code Exchange (RFC 7636) with S256, the only method used: the challenge is the SHA-256 of the
 * verifier's characters. session/login.h creates and stores the verifier.
 */

#include "base/error.h"
#include "base/str.h"

#define SP_PKCE_VERIFIER_MIN  43 /* characters (section 4.1), like the next */
#define SP_PKCE_VERIFIER_MAX  128
#define SP_PKCE_CHALLENGE_LEN 43

/* Writes the challenge without a NUL. SP_ERR_FORMAT if the verifier is not 43–128 unreserved characters
 * (section 4.1); SP_ERR_MEMORY. */
enum sp_error sp_pkce_make_challenge(struct sp_str verifier, char out[SP_PKCE_CHALLENGE_LEN])
    __attribute__((warn_unused_result));

#endif
