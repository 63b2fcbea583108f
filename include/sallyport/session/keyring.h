/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_KEYRING_H
#define SP_SESSION_KEYRING_H

/*
 * The keys that seal and open everything this program gives to a browser. They come from a text with one line
 * per key (doc/, "Key file"):
 *
 *   # anything after a hash at the start of a word is a comment
 *   k20261124a  q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJqrw   2026-11-24T11:00:00Z
 *   ID          KEY: 32 bytes in base64url, 43 characters    FROM: RFC 3339, absent: always
 *
 * Every key opens values. The newest key whose FROM has been reached seals them. A new key is written with a
 * FROM some minutes ahead, so that replicas that receive the file one after another all have it before the
 * first of them uses it.
 *
 * The ring is parsed once and never changes, so threads share it without a lock. It lives in libsodium's
 * guarded memory: read-only, kept out of core dumps and swap where the system allows, and wiped when it is
 * freed.
 *
 * A key that a person typed protects nothing, and silently starting with one would be worse than refusing to
 * start. So keys of equal bytes, of consecutive bytes, of few different bytes, or that read as words are
 * errors. Each refusal names line and column, says what to do, and never shows key material.
 *
 * No I/O, no clock. Requires a successful sp_random_init (libsodium).
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"

#include <stdint.h>

#define SP_KEYRING_KEYS_MAX_N 16
#define SP_KEYRING_TEXT_MAX   65536 /* bytes of a complete key file */
#define SP_KEY_ID_MAX         16
#define SP_KEY_SECRET_LEN     32
#define SP_KEY_TAG_LEN        4
#define SP_KEY_DISTINCT_BYTES_MIN_N                                                                          \
    16                                 /* of the 32 bytes of a key; a random key has fewer only once in
                                                 10^10 */
#define SP_KEY_FROM_ALWAYS_S INT64_MIN /* stands for an absent FROM; older than any date */

struct sp_key {
    uint8_t secret[SP_KEY_SECRET_LEN];
    int64_t from_s;              /* the key seals from then on; SP_KEY_FROM_ALWAYS_S if it has no FROM */
    uint8_t tag[SP_KEY_TAG_LEN]; /* stands for the id in a sealed value; unique within a ring */
    uint8_t id_len;
    char id[SP_KEY_ID_MAX];
};

struct sp_keyring;

/*
 * Parses the text of a key file into a new ring (sp_keyring_free).
 *
 *   now_s   the time at which one of the keys must be able to seal
 *   diag    line, column and what to do; may be null
 *
 *   SP_ERR_FORMAT     a line that is not ID KEY [FROM], a key of the wrong length, an invalid character
 *   SP_ERR_DUPLICATE  an id or a key that appears twice
 *   SP_ERR_KEY        a key that is not secret, or no key that seals now
 *   SP_ERR_MISSING    no key at all
 *   SP_ERR_LIMIT      more than SP_KEYRING_KEYS_MAX_N keys or SP_KEYRING_TEXT_MAX bytes
 */
enum sp_error sp_keyring_parse(struct sp_str text, int64_t now_s, struct sp_diag *diag,
                               struct sp_keyring **out) __attribute__((warn_unused_result));

/* Wipes and frees. Accepts NULL. */
void sp_keyring_free(struct sp_keyring *ring);

static inline void sp_keyring_freep(struct sp_keyring **ring)
{
    sp_keyring_free(*ring);
}

#define SP_KEYRING_SCOPED __attribute__((cleanup(sp_keyring_freep)))

/* Identifies the ring. No two rings of a process have the same serial, even if one reuses the other's memory.
 * It is never 0. */
uint64_t sp_keyring_serial(const struct sp_keyring *ring);

size_t sp_keyring_count(const struct sp_keyring *ring);

/* The keys in the order of the file; `index` is below the count. */
const struct sp_key *sp_keyring_at(const struct sp_keyring *ring, size_t index);

/*
 * The key with the latest FROM that is not after `now_s`; if several have the same FROM, the last line. NULL
 * if no key's FROM has been reached (the clock was set back). Nothing can then be sealed, but everything
 * still opens.
 */
const struct sp_key *sp_keyring_sealing_key(const struct sp_keyring *ring, int64_t now_s);

/* The key that a sealed value names, or NULL. */
const struct sp_key *sp_keyring_find(const struct sp_keyring *ring, const uint8_t tag[SP_KEY_TAG_LEN]);

static inline struct sp_str sp_key_id(const struct sp_key *key)
{
    return (struct sp_str){key->id, key->id_len};
}

/*
 * Appends a new line with its line feed: a fresh key with an id that `ring` does not have. The id is the day
 * and four random letters, such as k20261124qhtx, so that files created independently on one day have
 * different ids.
 *
 *   ring    the keys already in the file; null for a new file
 *   from_s  SP_KEY_FROM_ALWAYS_S omits FROM
 *   out     then contains a secret, which the caller must wipe
 *
 *   SP_ERR_LIMIT  the ring is full, or `out` is too small
 *   SP_ERR_KEY    the randomness is broken: it produced a key that would be refused, or only ids that are
 *                 taken
 */
enum sp_error sp_keyring_generate_line(const struct sp_keyring *ring, int64_t now_s, int64_t from_s,
                                       const struct sp_random *random, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif
