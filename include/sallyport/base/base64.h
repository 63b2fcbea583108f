/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_BASE64_H
#define SP_BASE_BASE64_H

/*
 * Base64url without padding (RFC 4648, section 5), and standard base64 for HTTP Basic and for certificates in
 * a kubeconfig. Base64url is decoded strictly: padding and white space are refused, and the unused bits of
 * the last character must be zero, so that every value has exactly one encoding. Decoding uses a table and is
 * not constant-time. Clients can only make it decode public data (ciphertext, tokens in transit); keys come
 * from files.
 */

#include "base/buf.h"

#include <stdint.h>

#define SP_BASE64URL_LEN(bytes)           (((bytes)*4 + 2) / 3)
#define SP_BASE64URL_DECODED_MAX(encoded) (((encoded) / 4) * 3 + 2)

/* Writes SP_BASE64URL_LEN(len) characters without a NUL and returns their number. */
size_t sp_base64url_encode(const uint8_t *bytes, size_t len, char *out);

/*
 * Decodes into `out`, which has room for `out_max` bytes, and sets `out_len`.
 *
 *   SP_ERR_FORMAT  a character outside the alphabet, an impossible length, or unused bits set
 *   SP_ERR_LIMIT   more than `out_max` bytes
 */
enum sp_error sp_base64url_decode(struct sp_str encoded, uint8_t *out, size_t out_max, size_t *out_len)
    __attribute__((warn_unused_result));

#define SP_BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4)

/* Encodes in the standard alphabet with padding. Writes SP_BASE64_LEN(len) characters without a NUL and
 * returns their number. */
size_t sp_base64_encode(const uint8_t *bytes, size_t len, char *out);

/* Decodes standard base64 as other programs write it, with or without padding and line breaks, and appends
 * the bytes. Nothing is appended on SP_ERR_FORMAT or SP_ERR_LIMIT. */
enum sp_error sp_base64_decode(struct sp_str encoded, struct sp_buf *out) __attribute__((warn_unused_result));

#endif
