/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_JOSE_DIGEST_H
#define SP_JOSE_DIGEST_H

/*
 * The SHA-2 digests (FIPS 180-4) of JSON Web Algorithms (RFC 7518, section 3.1), for signatures, for the PKCE
 * challenge (RFC 7636, section 4.2) and for `at_hash` (OpenID Connect Core 1.0, section 3.1.3.6), and a
 * constant-time comparison.
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
#define SP_DIGEST_MAX        64 /* bytes of the longest digest */

/* Length of the digest in bytes. */
size_t sp_digest_len(enum sp_digest digest);

/* OpenSSL's name of the digest, a literal. */
const char *sp_digest_name(enum sp_digest digest);

/* Writes sp_digest_len(digest) bytes. SP_ERR_MEMORY if OpenSSL fails. */
enum sp_error sp_digest_compute(enum sp_digest digest, struct sp_str bytes, uint8_t out[SP_DIGEST_MAX])
    __attribute__((warn_unused_result));

/* True if the bytes are equal. The time depends only on their lengths. */
bool sp_digest_equal(struct sp_str a, struct sp_str b);

#endif
