/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_OIDC_KEYSET_H
#define SP_OIDC_KEYSET_H

/*
 * The issuer's public keys: a JWK Set (RFC 7517, section 5), immutable once read. Keys that are unusable here
 * (encryption, unknown types, too short) are skipped, as the RFC recommends, so that an issuer may publish
 * more than we support; the set records why. A set without any usable key is an error, and the caller keeps
 * the old set.
 *
 * A token is verified with the keys that may have signed it: those with its `kid` and those without any, or
 * all keys if the token has no `kid`; in each case, only keys of the algorithm's type. An issuer may give
 * several keys the same name, or none. At most SP_KEYSET_TRIED_MAX are tried, which limits what one token can
 * cost.
 */

#include "base/error.h"
#include "base/str.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#define SP_KEYSET_DOCUMENT_MAX (256 * 1024) /* bytes */
#define SP_KEYSET_KEYS_MAX     64           /* keys in the document, usable or not */
#define SP_KEYSET_TRIED_MAX    8            /* keys tried for one token */

/* Immutable; owns its keys. */
struct sp_keyset {
    struct sp_jwk *keys;
    size_t keys_n;
    size_t skipped_n;
    struct sp_diag skipped; /* which keys were skipped, and why; empty if none */
};

/*
 * Parses the document into a new set (sp_keyset_free).
 *
 *   SP_ERR_KEY    none of its keys is usable
 *   SP_ERR_LIMIT  the document is too long, or has too many keys
 *   SP_ERR_MISSING, SP_ERR_FORMAT, SP_ERR_DUPLICATE, SP_ERR_MEMORY
 */
enum sp_error sp_keyset_parse(struct sp_str document, struct sp_keyset **out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_keyset_free(struct sp_keyset *keyset);

/*
 * Returns the payload, borrowed from `jws`, if one of the keys signed it.
 *
 *   what  the token's name in messages: "the ID token"
 *
 *   SP_ERR_KEY        no key matches the token; a newer set may have one
 *   SP_ERR_SIGNATURE  none of the matching keys signed it; a newer key may have
 */
enum sp_error sp_keyset_verify(const struct sp_keyset *keyset, const struct sp_jws *jws, const char *what,
                               struct sp_str *payload, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
