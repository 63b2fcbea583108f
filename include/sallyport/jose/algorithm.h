/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_ALGORITHM_H
#define SP_JOSE_ALGORITHM_H

/*
 * The supported signature algorithms, one row each: RS256/384/512, PS256/384/512 and ES256/384/512 (RFC 7518,
 * section 3.1), and EdDSA with Ed25519 (RFC 8037, section 3.1).
 *
 * `none` and HS256/384/512 are not in the table, so no code exists that could be tricked into using them:
 * with HS256 an attacker could sign with the public key as the secret. Each algorithm belongs to one key
 * type, and each ES* to one curve, so the key decides and a token's header can only agree.
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
    SP_SIGNATURE_ECDSA,         /* r and s in full length, concatenated */
    SP_SIGNATURE_EDDSA,
};

struct sp_algorithm {
    const char *name;
    enum sp_key_type key_type;
    enum sp_signature_scheme scheme;
    enum sp_digest digest; /* digest for at_hash, and for signatures except EdDSA */
};

/* The row with exactly this name, case-sensitive, or NULL. Rows are static. */
const struct sp_algorithm *sp_algorithm_find(struct sp_str name);

#endif
