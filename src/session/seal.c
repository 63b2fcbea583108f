/* SPDX-License-Identifier: Apache-2.0 */
#include "session/seal.h"

#include "base/base64.h"

#include <sodium.h>

#include <assert.h>

_Static_assert(SP_SEAL_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
               "nonce of the construction");
_Static_assert(SP_SEAL_MAC_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "its authenticator");
_Static_assert(SP_KEY_SECRET_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "its key");
_Static_assert(SP_BASE64URL_LEN(SP_SEAL_BYTES_MAX) == SP_SEAL_TEXT_MAX, "the largest value has one length");

struct associated_data {
    size_t len;
    uint8_t bytes[SP_SEAL_CONTEXT_MAX];
};

void sp_seal_storage_wipe(struct sp_seal_storage *storage)
{
    sodium_memzero(storage, sizeof *storage);
}

/* Writes the length first: "ab" + "c" and "a" + "bc" must not be the same context. */
static void write_part(struct associated_data *ad, struct sp_str part)
{
    uint8_t *to = ad->bytes + ad->len;
    to[0] = (uint8_t)(part.len >> 24);
    to[1] = (uint8_t)(part.len >> 16);
    to[2] = (uint8_t)(part.len >> 8);
    to[3] = (uint8_t)part.len;
    if (part.len > 0) {
        memcpy(to + 4, part.ptr, part.len);
    }
    ad->len += 4 + part.len;
}

static enum sp_error write_associated_data(const struct sp_seal_context *context, const struct sp_key *key,
                                           struct associated_data *ad)
{
    if (context->purpose == SP_SEAL_NOTHING) {
        return SP_ERR_MISMATCH;
    }

    const char purpose = (char)context->purpose;
    const char version = SP_SEAL_VERSION;
    const struct sp_str parts[] = {
        {&purpose, 1},   {&version, 1},      sp_key_id(key), context->cookie_name,
        context->issuer, context->client_id, context->scope,
    };
    const size_t parts_n = sizeof parts / sizeof parts[0];

    size_t room = SP_SEAL_CONTEXT_MAX - 4 * parts_n;
    ad->len = 0;
    for (size_t i = 0; i < parts_n; i++) {
        if (parts[i].len > room) {
            return SP_ERR_LIMIT;
        }
        room -= parts[i].len;
        write_part(ad, parts[i]);
    }
    return SP_OK;
}

static void encrypt(const struct sp_key *key, const struct associated_data *ad,
                    const struct sp_random *random, struct sp_str plain, uint8_t *sealed)
{
    uint8_t *tag = sealed + 1;
    uint8_t *nonce = tag + SP_KEY_TAG_LEN;
    uint8_t *ciphertext = sealed + SP_SEAL_HEADER_LEN;
    uint8_t *mac = ciphertext + plain.len;

    sealed[0] = SP_SEAL_VERSION;
    memcpy(tag, key->tag, SP_KEY_TAG_LEN);
    sp_random_fill(random, nonce, SP_SEAL_NONCE_LEN);
    if (plain.len > 0) {
        memcpy(ciphertext, plain.ptr, plain.len);
    }
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        ciphertext, mac, NULL, ciphertext, plain.len, ad->bytes, ad->len, NULL, nonce, key->secret);
    assert(failed == 0); /* cannot fail at these lengths */
}

enum sp_error sp_seal_bytes(const struct sp_keyring *keys, const struct sp_seal_context *context,
                            int64_t now_s, const struct sp_random *random, struct sp_str plain,
                            struct sp_buf *out)
{
    const struct sp_key *key = sp_keyring_sealing_key(keys, now_s);
    if (key == NULL) {
        return SP_ERR_KEY;
    }
    if (plain.len > SP_SEAL_PLAIN_MAX) {
        return SP_ERR_LIMIT;
    }

    struct associated_data ad;
    enum sp_error error = write_associated_data(context, key, &ad);
    if (error != SP_OK) {
        return error;
    }

    uint8_t sealed[SP_SEAL_BYTES_MAX];
    char text[SP_SEAL_TEXT_MAX];
    encrypt(key, &ad, random, plain, sealed);
    size_t text_len = sp_base64url_encode(sealed, plain.len + SP_SEAL_OVERHEAD_LEN, text);
    sp_buf_append(out, (struct sp_str){text, text_len});
    return sp_buf_error(out);
}

/* Decrypts in place. A forgery is detected before any of it is decrypted. */
static enum sp_error decrypt(const struct sp_key *key, const struct associated_data *ad, uint8_t *sealed,
                             size_t plain_len)
{
    const uint8_t *nonce = sealed + 1 + SP_KEY_TAG_LEN;
    uint8_t *ciphertext = sealed + SP_SEAL_HEADER_LEN;
    const uint8_t *mac = ciphertext + plain_len;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
        ciphertext, NULL, ciphertext, plain_len, mac, ad->bytes, ad->len, nonce, key->secret);
    return failed == 0 ? SP_OK : SP_ERR_SIGNATURE;
}

enum sp_error sp_seal_open(const struct sp_keyring *keys, const struct sp_seal_context *context,
                           struct sp_str sealed, struct sp_seal_storage *storage, struct sp_str *plain)
{
    size_t len = 0;
    if (sealed.len > SP_SEAL_TEXT_MAX || sealed.len < SP_SEAL_TEXT_LEN(0) ||
        sp_base64url_decode(sealed, storage->bytes, sizeof storage->bytes, &len) != SP_OK) {
        return SP_ERR_FORMAT;
    }

    const struct sp_key *key = sp_keyring_find(keys, storage->bytes + 1);
    if (storage->bytes[0] != SP_SEAL_VERSION || key == NULL) {
        return SP_ERR_SIGNATURE;
    }

    struct associated_data ad;
    size_t plain_len = len - SP_SEAL_OVERHEAD_LEN;
    if (write_associated_data(context, key, &ad) != SP_OK ||
        decrypt(key, &ad, storage->bytes, plain_len) != SP_OK) {
        return SP_ERR_SIGNATURE;
    }
    *plain = (struct sp_str){(const char *)storage->bytes + SP_SEAL_HEADER_LEN, plain_len};
    return SP_OK;
}

enum sp_seal_look sp_seal_look_at(const struct sp_keyring *keys, struct sp_str sealed,
                                  uint8_t tag[SP_KEY_TAG_LEN])
{
    uint8_t bytes[SP_SEAL_BYTES_MAX];
    size_t len = 0;
    if (sealed.len > SP_SEAL_TEXT_MAX || sealed.len < SP_SEAL_TEXT_LEN(0) ||
        sp_base64url_decode(sealed, bytes, sizeof bytes, &len) != SP_OK || bytes[0] != SP_SEAL_VERSION) {
        return SP_SEAL_LOOK_NONE;
    }
    memcpy(tag, bytes + 1, SP_KEY_TAG_LEN);
    return sp_keyring_find(keys, tag) != NULL ? SP_SEAL_LOOK_KNOWN_KEY : SP_SEAL_LOOK_UNKNOWN_KEY;
}
