/* SPDX-License-Identifier: Apache-2.0 */
#include "session/pseudonym.h"

#include "base/hex.h"

#include <sodium.h>

#define PURPOSE "sallyport log_user"

_Static_assert(SP_PSEUDONYM_KEY_LEN == crypto_generichash_KEYBYTES, "it is a key of BLAKE2b");

static const struct sp_key *oldest_key(const struct sp_keyring *ring)
{
    const struct sp_key *oldest = sp_keyring_at(ring, 0);
    for (size_t i = 1; i < sp_keyring_count(ring); i++) {
        const struct sp_key *key = sp_keyring_at(ring, i);
        oldest = key->from_s < oldest->from_s ? key : oldest;
    }
    return oldest;
}

void sp_pseudonym_derive_key(const struct sp_keyring *ring, uint8_t out[SP_PSEUDONYM_KEY_LEN])
{
    crypto_generichash(out, SP_PSEUDONYM_KEY_LEN, (const uint8_t *)PURPOSE, sizeof PURPOSE - 1,
                       oldest_key(ring)->secret, SP_KEY_SECRET_LEN);
}

void sp_pseudonym(const uint8_t key[SP_PSEUDONYM_KEY_LEN], struct sp_str name, char out[SP_PSEUDONYM_LEN])
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)name.ptr, name.len, key, SP_PSEUDONYM_KEY_LEN);
    sp_hex_encode(hash, SP_PSEUDONYM_LEN / 2, out);
}
