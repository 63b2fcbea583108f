/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_ALGORITHM_H
#define SP_JOSE_ALGORITHM_H

/*
 * The signature algorithms this program knows, one row each: RS256/384/512, PS256/384/512 and ES256/384/512
 * (RFC 7518, section 3.1) and EdDSA with Ed25519 (RFC 8037, section 3.1).
 *
 * `none` and HS256/384/512 are not in the table, so there is no code that could be talked into them: with
 * HS256 a public key would serve as the secret of whoever signs. An algorithm belongs to one type of key, and
 * ES* to one curve, so that the key decides and the header of a token can only agree.
 */

#include "base/str.h"
#include "jose/digest.h"

enum sp_key_type {
    SP_KEY_TYPE_RSA = 1,
    SP_KEY_TYPE_P256,
    SP_KEY_TYPE_P384,
    SP_KEY_TYPE_P521,
    SP_KEY_TYPE_ED25519,
};

enum sp_signature_scheme {
    SP_SIGNATURE_RSA_PKCS1 = 1, /* RSASSA-PKCS1-v1_5 */
    SP_SIGNATURE_RSA_PSS,       /* RSASSA-PSS, salt as long as the digest, MGF1 with the same digest */
    SP_SIGNATURE_ECDSA,         /* r and s in full length, one after the other */
    SP_SIGNATURE_EDDSA,
};

struct sp_algorithm {
    const char *name;
    enum sp_key_type key_type;
    enum sp_signature_scheme scheme;
    enum sp_digest digest; /* of the signature; with EdDSA, which brings its own, that of at_hash */
};

/* The row of exactly this name, in the same case, or NULL. Lives for ever. */
const struct sp_algorithm *sp_algorithm_find(struct sp_str name);

#endif
