/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/pkce.h"

#include "base/base64.h"
#include "jose/digest.h"

static bool verifier_valid(struct sp_str verifier)
{
    if (verifier.len < SP_PKCE_VERIFIER_MIN || verifier.len > SP_PKCE_VERIFIER_MAX) {
        return false;
    }
    for (size_t i = 0; i < verifier.len; i++) {
        char c = verifier.ptr[i];
        if (!sp_ascii_is_alnum(c) && !sp_str_contains(SP_STR("-._~"), c)) {
            return false;
        }
    }
    return true;
}

enum sp_error sp_pkce_make_challenge(struct sp_str verifier, char out[SP_PKCE_CHALLENGE_LEN])
{
    if (!verifier_valid(verifier)) {
        return SP_ERR_FORMAT;
    }
    uint8_t digest[SP_DIGEST_MAX];
    enum sp_error error = sp_digest_compute(SP_DIGEST_SHA256, verifier, digest);
    if (error == SP_OK) {
        sp_base64url_encode(digest, SP_DIGEST_SHA256_LEN, out);
    }
    return error;
}
