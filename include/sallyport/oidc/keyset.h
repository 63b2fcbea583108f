/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_KEYSET_H
#define SP_OIDC_KEYSET_H

/*
 * The issuer's public keys: a JWK Set (RFC 7517, section 5), immutable once read. Keys that are of no use
 * here (encryption, unknown types, too short) are skipped, as the RFC wants, so that an issuer may publish
 * more than we understand, and the set says why; a set without one usable key is an error, and the caller
 * keeps the old one.
 *
 * A token is checked with the keys that it may be of: those of its `kid` and those without one, or all where
 * it has none; always of the algorithm's type. An issuer may give several keys one name, or none. At most
 * SP_KEYSET_TRIED_MAX are tried, so that no token costs more.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#define SP_KEYSET_DOCUMENT_MAX (256 * 1024) /* bytes */
#define SP_KEYSET_KEYS_MAX     64           /* keys in the document, usable or not */
#define SP_KEYSET_TRIED_MAX    8            /* keys that one token is checked with */

/* Immutable; owns its keys. */
struct sp_keyset {
    struct sp_jwk *keys;
    size_t keys_n;
    size_t skipped_n;
    struct sp_diag skipped; /* which, and why; empty: none */
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
 * Gives out the payload, borrowed from `jws`, when one of the keys has signed it.
 *
 *   what  the token, as texts for the operator say it: "the ID token"
 *
 *   SP_ERR_KEY        none can be the token's; a newer set may have it
 *   SP_ERR_SIGNATURE  none of those that can has signed it; one that was replaced may have
 */
enum sp_error sp_keyset_verify(const struct sp_keyset *keyset, const struct sp_jws *jws, const char *what,
                               struct sp_str *payload, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
