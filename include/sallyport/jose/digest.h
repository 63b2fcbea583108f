/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_DIGEST_H
#define SP_JOSE_DIGEST_H

/*
 * The SHA-2 digests (FIPS 180-4) that JSON Web Algorithms name (RFC 7518, section 3.1), for signatures, for
 * the challenge of PKCE (RFC 7636, section 4.2) and for `at_hash` (OpenID Connect Core 1.0, section 3.1.3.6);
 * and the comparison that tells nothing by its duration.
 */

#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

enum sp_digest {
    SP_DIGEST_SHA256 = 1,
    SP_DIGEST_SHA384,
    SP_DIGEST_SHA512,
};

#define SP_DIGEST_SHA256_LEN 32
#define SP_DIGEST_MAX        64 /* bytes of the longest */

/* Bytes of its value. */
size_t sp_digest_len(enum sp_digest digest);

/* OpenSSL's name for it, a literal. */
const char *sp_digest_name(enum sp_digest digest);

/* Writes sp_digest_len(digest) bytes. SP_ERR_MEMORY when OpenSSL cannot. */
enum sp_error sp_digest_compute(enum sp_digest digest, struct sp_str bytes, uint8_t out[SP_DIGEST_MAX])
    __attribute__((warn_unused_result));

/* Whether the bytes are the same, in a time that depends on their lengths only. */
bool sp_digest_equal(struct sp_str a, struct sp_str b);

#endif
