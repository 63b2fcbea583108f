/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/algorithm.h"

static const struct sp_algorithm algorithms[] = {
    {"RS256", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, SP_DIGEST_SHA256},
    {"RS384", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, SP_DIGEST_SHA384},
    {"RS512", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PKCS1, SP_DIGEST_SHA512},
    {"PS256", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, SP_DIGEST_SHA256},
    {"PS384", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, SP_DIGEST_SHA384},
    {"PS512", SP_KEY_TYPE_RSA, SP_SIGNATURE_RSA_PSS, SP_DIGEST_SHA512},
    {"ES256", SP_KEY_TYPE_P256, SP_SIGNATURE_ECDSA, SP_DIGEST_SHA256},
    {"ES384", SP_KEY_TYPE_P384, SP_SIGNATURE_ECDSA, SP_DIGEST_SHA384},
    {"ES512", SP_KEY_TYPE_P521, SP_SIGNATURE_ECDSA, SP_DIGEST_SHA512},
    {"EdDSA", SP_KEY_TYPE_ED25519, SP_SIGNATURE_EDDSA, SP_DIGEST_SHA512},
};

const struct sp_algorithm *sp_algorithm_find(struct sp_str name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (sp_str_equal(sp_str_from_c(algorithms[i].name), name)) {
            return &algorithms[i];
        }
    }
    return NULL;
}
