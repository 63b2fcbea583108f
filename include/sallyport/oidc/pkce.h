/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_PKCE_H
#define SP_OIDC_PKCE_H

/*
 * Proof Key for Code Exchange (RFC 7636) with S256, the only method spoken here: the challenge is the
 * SHA-256 of the verifier's text. The verifier itself is made and kept by session/login.h.
 */

#include "base/error.h"
#include "base/str.h"

#define SP_PKCE_VERIFIER_MIN  43 /* characters (section 4.1), as the next */
#define SP_PKCE_VERIFIER_MAX  128
#define SP_PKCE_CHALLENGE_LEN 43

/* Writes without NUL. SP_ERR_FORMAT: not 43–128 unreserved characters (section 4.1); SP_ERR_MEMORY. */
enum sp_error sp_pkce_make_challenge(struct sp_str verifier, char out[SP_PKCE_CHALLENGE_LEN])
    __attribute__((warn_unused_result));

#endif
