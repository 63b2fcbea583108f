/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_JWS_H
#define SP_JOSE_JWS_H

/*
 * A JSON Web Signature in compact form (RFC 7515, section 7.1):
 *
 *   BASE64URL(header) . BASE64URL(payload) . BASE64URL(signature)
 *
 * Parsing is strict. Only verifying with a key gives access to the payload. The header's algorithm must be in
 * the table, must belong to the key's type, and must be the key's own if the key names one (RFC 8725,
 * sections 3.1 and 3.2).
 *
 * These header parameters are refused, because each would let the token choose how it is verified: `crit` and
 * `b64` (RFC 7797), `zip`, and `jwk`, `jku`, `x5u` (the token would bring its own key). `x5c`, `x5t`,
 * `x5t#S256` and `cty` are ignored. A JWE has five parts and is therefore not a JWS.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "jose/algorithm.h"
#include "jose/jwk.h"

#include <jansson.h>

#define SP_JWS_HEADER_MAX    2048 /* bytes, decoded */
#define SP_JWS_SIGNATURE_MAX 1024 /* bytes, decoded: RSA of 8192 bits */

struct sp_jws {
    const struct sp_algorithm *algorithm;
    struct sp_str kid;   /* null pointer if absent; borrows the header */
    struct sp_str typ;   /* null pointer if absent; borrows the header */
    struct sp_str input; /* the encoded header and payload that are signed; borrows the text */
    json_t *header;
    struct sp_buf payload; /* unverified; only sp_jws_verify gives access to it */
    struct sp_buf signature;
};

/* The null state, which done() accepts. */
#define SP_JWS_NONE   ((struct sp_jws){0})
#define SP_JWS_SCOPED __attribute__((cleanup(sp_jws_done)))

/*
 * Splits and decodes `text`. `out` owns its parts (sp_jws_done) and borrows `text`.
 *
 *   max_len  limit for the complete token in bytes, a named constant of the caller
 *   diag     which part or header parameter is wrong, to be appended to the token's name and a colon
 *
 *   SP_ERR_LIMIT        longer than `max_len`, or the header or the signature above its maximum
 *   SP_ERR_FORMAT       not three parts of strict base64url, an empty part, or a header that is not a JSON
 *                       object
 *   SP_ERR_DUPLICATE    a duplicate header parameter
 *   SP_ERR_MISSING      no `alg`
 *   SP_ERR_ALGORITHM    an `alg` that is not in the table
 *   SP_ERR_UNSUPPORTED  a header parameter that is refused
 *   SP_ERR_MEMORY
 */
enum sp_error sp_jws_parse(struct sp_str text, size_t max_len, struct sp_jws *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

void sp_jws_done(struct sp_jws *jws);

/*
 * Returns the payload, borrowed from `jws`, if `jwk` signed it.
 *
 *   SP_ERR_ALGORITHM  the key may not be used with the header's algorithm
 *   SP_ERR_SIGNATURE  not authentic, or not in the length or form that the algorithm requires
 */
enum sp_error sp_jws_verify(const struct sp_jws *jws, const struct sp_jwk *jwk, struct sp_str *payload)
    __attribute__((warn_unused_result));

#endif
