/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_PACKED_TOKEN_H
#define SP_SESSION_PACKED_TOKEN_H

/*
 * A JWT in compact form (RFC 7519, section 3; RFC 7515, section 7.1) is three base64url texts with dots.
 * Sealed and encoded again it would cost 16/9 of its bytes in the cookie; its decoded bytes cost what it
 * did on the wire. Packed, it is the lengths of header and payload (two bytes each, big-endian), then the
 * bytes of header, payload and signature.
 *
 * The way back is exact: packing refuses every text that strict base64url would not write again.
 *
 * A refresh token is whatever its issuer likes: often a JWT, or the base64url text of bytes, and else a text of
 * its own. So it has one of three forms, the shortest that leads back to it.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define SP_PACKED_TOKEN_TEXT_MAX 8192 /* characters of a JWT that can be packed */

/*
 * Appends the packed form of the JWT `text`.
 *
 *   SP_ERR_FORMAT  not three parts in strict base64url, or an empty header or payload
 *   SP_ERR_LIMIT   longer than SP_PACKED_TOKEN_TEXT_MAX, or the ceiling of `out`
 */
enum sp_error sp_packed_token_encode(struct sp_str text, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* Appends the JWT to `out`. SP_ERR_FORMAT: not a packed token; SP_ERR_LIMIT: the ceiling of `out`. */
enum sp_error sp_packed_token_decode(struct sp_str packed, struct sp_buf *out)
    __attribute__((warn_unused_result));

/* Whether decoding would give a JWT back. */
bool sp_packed_token_valid(struct sp_str packed);

enum sp_packed_token_form {
    SP_PACKED_TOKEN_TEXT,  /* as it is */
    SP_PACKED_TOKEN_BYTES, /* those that it is the strict base64url text of */
    SP_PACKED_TOKEN_JWT,
    SP_PACKED_TOKEN_FORM_COUNT,
};

/* Appends the one form of `text`, and says which it is. `out` has room for the text. */
enum sp_packed_token_form sp_packed_token_shorten(struct sp_str text, struct sp_buf *out);

/* Appends the text. SP_ERR_FORMAT: shortening would not have written this; SP_ERR_LIMIT: the ceiling of `out`. */
enum sp_error sp_packed_token_restore(enum sp_packed_token_form form, struct sp_str packed,
                                      struct sp_buf *out) __attribute__((warn_unused_result));

/* Its claims, as JSON: a view. Of what is no packed token, nothing. */
struct sp_str sp_packed_token_claims(struct sp_str packed);

#endif
