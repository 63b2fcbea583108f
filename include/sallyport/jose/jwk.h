/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWK_H
#define SP_JOSE_JWK_H

/*
 * One public signature key, read from a JSON Web Key (RFC 7517; members in RFC 7518, section 6, and RFC 8037,
 * section 2): RSA of 2048–8192 bits, EC on P-256, P-384 or P-521 with its point on the curve, and OKP with
 * Ed25519. Its numbers may be base64url or padded base64. They may have leading zero bytes that the RFC
 * forbids, or lack those that it requires: issuers write all of these. Tokens are never read this leniently.
 *
 * Read-only once parsed, so threads share it. A key with private members is refused, because publishing one
 * compromises it. `x5c`, `x5u` and their thumbprints are ignored: a key is trusted because of where the set
 * came from, not because of a certificate.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/algorithm.h"

#include <jansson.h>

#define SP_JWK_KID_MAX      256 /* bytes */
#define SP_JWK_RSA_BITS_MIN 2048
#define SP_JWK_RSA_BITS_MAX 8192 /* the cost of verifying grows with the square of the length */
#define SP_JWK_RSA_E_MAX    4    /* bytes of the exponent, limited for the same reason */

struct sp_jwk {
    char *kid; /* NULL: none */
    enum sp_key_type type;
    const struct sp_algorithm *algorithm; /* the only one it may be used with; NULL: any of its key type */
    struct evp_pkey_st *key;              /* OpenSSL's EVP_PKEY */
};

/* The null state, which done() accepts. */
#define SP_JWK_NONE ((struct sp_jwk){0})

/*
 * Reads the object `value`; `out` owns its members (sp_jwk_done).
 *
 *   diag  which member makes the key unusable
 *
 *   SP_ERR_UNSUPPORTED  a kty, crv or alg that is not in the table, or a key not meant for signatures
 *   SP_ERR_KEY          private members, too short, too long, or not a point on its curve
 *   SP_ERR_MISMATCH     an `alg` that this type of key does not support
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_jwk_parse(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

void sp_jwk_done(struct sp_jwk *jwk);

/* True if this key may verify a signature made with `algorithm`. */
bool sp_jwk_serves(const struct sp_jwk *jwk, const struct sp_algorithm *algorithm);

#endif
