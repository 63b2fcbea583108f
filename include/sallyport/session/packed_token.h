/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PACKED_TOKEN_H
#define SP_SESSION_PACKED_TOKEN_H

/*
 * A JWT in compact form (RFC 7519, section 3; RFC 7515, section 7.1) is three base64url strings joined by
 * dots. Sealed and encoded again, it would take 16/9 of its raw bytes in the cookie. Its decoded bytes take
 * only as much as the JWT itself. The packed form is the lengths of header and payload (two bytes each,
 * big-endian), followed by the bytes of header, payload and signature.
 *
 * Unpacking is exact: packing refuses every string that strict base64url would not reproduce.
 *
 * The issuer chooses the format of a refresh token: often a JWT, or base64url of some bytes, or any other
 * string. So it is stored in the shortest of three forms from which it can be restored.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define SP_PACKED_TOKEN_TEXT_MAX 8192 /* characters of a JWT that is packed */

/*
 * Appends the packed form of the JWT `text`.
 *
 *   SP_ERR_FORMAT  not three parts in strict base64url, or an empty header or payload
 *   SP_ERR_LIMIT   longer than SP_PACKED_TOKEN_TEXT_MAX, or the ceiling of `out` was reached
 */
enum sp_error sp_packed_token_encode(struct sp_str text, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* Appends the JWT to `out`. SP_ERR_FORMAT: not a packed token. SP_ERR_LIMIT: the ceiling of `out` was
 * reached. */
enum sp_error sp_packed_token_decode(struct sp_str packed, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* True if decoding would restore a JWT. */
bool sp_packed_token_valid(struct sp_str packed);

enum sp_packed_token_form {
    SP_PACKED_TOKEN_TEXT,  /* unchanged */
    SP_PACKED_TOKEN_BYTES, /* the decoded bytes of a strict base64url string */
    SP_PACKED_TOKEN_JWT,
    SP_PACKED_TOKEN_FORM_COUNT,
};

/* Appends the shortest form of `text` and returns which one it is. `out` needs room for the text. */
enum sp_packed_token_form sp_packed_token_shorten(struct sp_str text, struct sp_buf *out);

/* Appends the text. SP_ERR_FORMAT: sp_packed_token_shorten would not have written this. SP_ERR_LIMIT: the
 * ceiling of `out` was reached. */
enum sp_error sp_packed_token_restore(enum sp_packed_token_form form, struct sp_str packed,
                                      struct sp_buf *out) __attribute__((warn_unused_result));

/* The claims as JSON, a view into `packed`; empty if it is not a packed token. */
struct sp_str sp_packed_token_claims(struct sp_str packed);

#endif
