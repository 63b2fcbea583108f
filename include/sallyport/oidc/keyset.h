/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_KEYSET_H
#define SP_OIDC_KEYSET_H

/*
 * The issuer's public keys: a JWK Set (RFC 7517, section 5), immutable once read. Keys that are of no use
 * here (encryption, unknown types, too short) are skipped, as the RFC wants, so that an issuer may publish
 * more than we understand; a set without one usable key is an error, and the caller keeps the old one.
 *
 * A token is checked with exactly one key, never with each in turn.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/jwk.h"

#define SP_KEYSET_DOCUMENT_MAX (256 * 1024) /* bytes */
#define SP_KEYSET_KEYS_MAX     64           /* keys in the document, usable or not */

/* Immutable; owns its keys. */
struct sp_keyset {
    struct sp_jwk *keys;
    size_t keys_n;
    size_t skipped_n;
};

/*
 * A new set (sp_keyset_free).
 *
 *   SP_ERR_KEY    no key in it can be used
 *   SP_ERR_LIMIT  the document or the number of its keys
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_DUPLICATE, SP_ERR_MEMORY
 */
enum sp_error sp_keyset_parse(struct sp_str document, struct sp_keyset **out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_keyset_free(struct sp_keyset *keyset);

/*
 * The one key for a token: the one of this `kid` that serves `algorithm`; without a `kid` (null pointer) the
 * only one that serves it.
 *
 *   SP_ERR_KEY        no key has this kid, or none serves the algorithm of a token without one: a newer set
 *                     may know it
 *   SP_ERR_MISMATCH   a key has this kid, but does not serve the algorithm
 *   SP_ERR_DUPLICATE  more than one would do
 */
enum sp_error sp_keyset_find(const struct sp_keyset *keyset, struct sp_str kid,
                             const struct sp_algorithm *algorithm, const struct sp_jwk **out)
    __attribute__((warn_unused_result));

#endif
