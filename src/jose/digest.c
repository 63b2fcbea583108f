/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/digest.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

size_t sp_digest_len(enum sp_digest digest)
{
    switch (digest) {
    case SP_DIGEST_SHA256:
        return SP_DIGEST_SHA256_LEN;
    case SP_DIGEST_SHA384:
        return 48;
    case SP_DIGEST_SHA512:
        return 64;
    }
    return 0;
}

const char *sp_digest_name(enum sp_digest digest)
{
    switch (digest) {
    case SP_DIGEST_SHA256:
        return "SHA2-256";
    case SP_DIGEST_SHA384:
        return "SHA2-384";
    case SP_DIGEST_SHA512:
        return "SHA2-512";
    }
    return "";
}

enum sp_error sp_digest_compute(enum sp_digest digest, struct sp_str bytes, uint8_t out[SP_DIGEST_MAX])
{
    size_t len = 0;
    const void *from = bytes.ptr != NULL ? bytes.ptr : "";
    if (EVP_Q_digest(NULL, sp_digest_name(digest), NULL, from, bytes.len, out, &len) != 1) {
        ERR_clear_error();
        return SP_ERR_MEMORY;
    }
    return SP_OK;
}

bool sp_digest_equal(struct sp_str a, struct sp_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}
