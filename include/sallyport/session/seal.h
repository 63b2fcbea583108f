/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SEAL_H
#define SP_SESSION_SEAL_H

/*
 * Sealed values: what a browser stores for us without being able to read it, change it or use it elsewhere.
 * libsodium's XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha; the construction of RFC 8439 with a nonce of 192
 * bits, so that random nonces do not collide), in base64url without padding:
 *
 *   version 1 | tag of the key 4 | nonce 24 | ciphertext | authenticator 16
 *
 * The associated data states where the value belongs. Each part is preceded by its length in four bytes, most
 * significant first, so that no two different contexts have the same bytes:
 *
 *   purpose 1 | version 1 | key id | cookie name | issuer | client id | scope
 *
 * The scope is the host name without port (cookies ignore ports) or the cookie domain; for a login's `state`
 * it is the redirect URI. So a cookie that the backend of one application saw is worthless at another host,
 * for another client, in another environment that shares the key, or as another kind of value.
 *
 * Opening is on the path of every request whose session is not remembered (session/cache.h). It allocates
 * nothing, makes one pass over at most SP_SEAL_TEXT_MAX characters, and tries at most one key. The reason why
 * a value did not open is never revealed: an unknown key, an altered byte and a value for another place give
 * the same error.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "session/keyring.h"

#include <stdint.h>

#define SP_SEAL_VERSION      1
#define SP_SEAL_NONCE_LEN    24
#define SP_SEAL_MAC_LEN      16
#define SP_SEAL_HEADER_LEN   (1 + SP_KEY_TAG_LEN + SP_SEAL_NONCE_LEN)
#define SP_SEAL_OVERHEAD_LEN (SP_SEAL_HEADER_LEN + SP_SEAL_MAC_LEN)
#define SP_SEAL_TEXT_MAX     4096                                       /* characters */
#define SP_SEAL_BYTES_MAX    (SP_SEAL_TEXT_MAX / 4 * 3)                 /* bytes after decoding */
#define SP_SEAL_PLAIN_MAX    (SP_SEAL_BYTES_MAX - SP_SEAL_OVERHEAD_LEN) /* bytes that can be sealed */
#define SP_SEAL_CONTEXT_MAX  4096                                       /* bytes of the associated data */

/* Length of the sealed form of `len` plain bytes, in characters. */
#define SP_SEAL_TEXT_LEN(len) ((((size_t)(len) + SP_SEAL_OVERHEAD_LEN) * 4 + 2) / 3)

/* The numbers are part of the wire format. Zero seals and opens nothing. */
enum sp_seal_purpose {
    SP_SEAL_NOTHING = 0,
    SP_SEAL_SESSION = 1,
    SP_SEAL_LOGIN_STATE = 2,
    SP_SEAL_LOGIN_COOKIE = 3,
    SP_SEAL_LOGIN_MARKER = 4,
    SP_SEAL_LOGOUT_CONFIRMATION = 5,
    SP_SEAL_REVOKE_MESSAGE = 6,
    SP_SEAL_LOGOUT_STATE = 7,
};

struct sp_seal_context {
    enum sp_seal_purpose purpose;
    struct sp_str cookie_name; /* the cookie that carries the value, or the session cookie */
    struct sp_str issuer;
    struct sp_str client_id;
    struct sp_str scope;
};

/* Where a value is decoded and decrypted in place. It may contain secrets afterwards
 * (sp_seal_storage_wipe). */
struct sp_seal_storage {
    uint8_t bytes[SP_SEAL_BYTES_MAX];
};

void sp_seal_storage_wipe(struct sp_seal_storage *storage);

/*
 * Seals `plain` with the key that is in use at `now_s`, and appends the result to `out`.
 *
 *   SP_ERR_KEY       no key seals now
 *   SP_ERR_LIMIT     more than SP_SEAL_PLAIN_MAX bytes, a context of more than SP_SEAL_CONTEXT_MAX, or the
 *                    ceiling of `out` was reached
 *   SP_ERR_MISMATCH  `context` has no purpose
 */
enum sp_error sp_seal_bytes(const struct sp_keyring *keys, const struct sp_seal_context *context,
                            int64_t now_s, const struct sp_random *random, struct sp_str plain,
                            struct sp_buf *out) __attribute__((warn_unused_result));

/*
 * Opens `sealed` in `storage` and sets `plain` to a view into it.
 *
 *   SP_ERR_FORMAT     not base64url, or an impossible length
 *   SP_ERR_SIGNATURE  any other fault, without distinction; the contents of `storage` are then meaningless
 */
enum sp_error sp_seal_open(const struct sp_keyring *keys, const struct sp_seal_context *context,
                           struct sp_str sealed, struct sp_seal_storage *storage, struct sp_str *plain)
    __attribute__((warn_unused_result));

/* The likely reason why a value did not open; zero: it is not a sealed value at all. */
enum sp_seal_look {
    SP_SEAL_LOOK_NONE = 0,
    SP_SEAL_LOOK_UNKNOWN_KEY, /* sealed under a key that is not in the ring */
    SP_SEAL_LOOK_KNOWN_KEY,   /* altered, or sealed for another purpose or place */
};

/*
 * Guesses why a value did not open. The guess is for the log only, because the client that sent the value
 * must not learn it.
 *
 *   tag  the tag of the key that the value names; not written for SP_SEAL_LOOK_NONE
 */
enum sp_seal_look sp_seal_look_at(const struct sp_keyring *keys, struct sp_str sealed,
                                  uint8_t tag[SP_KEY_TAG_LEN]);

#endif
