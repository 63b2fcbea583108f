/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_CACHE_H
#define SP_SESSION_CACHE_H

/*
 * The sessions that one thread opened lately: browsers send the same cookie with every request, and to decode
 * and decrypt it is most of what an allowed one costs.
 *
 * A payload is remembered under everything that decided that it opens: the key ring, the context it was
 * sealed for and the whole text, and is found only when all of it is the same, byte for byte. So it is found
 * exactly where it would open again, and a cookie of one host opens at no other. Only what opened is
 * remembered; whether it still holds is asked anew of every request, by whoever opens. With it stay the
 * session that was decoded from it, and a note of what an upper layer derived from that.
 *
 * Looking up costs the same wherever two texts differ. The end of the text, which is the authenticator's,
 * says which entry could be meant; nobody can choose one without the key.
 *
 * Bounded: SP_CACHE_MAX_N payloads, in memory that is allocated once and used only as far as it is filled. A
 * further one replaces one that was not asked for lately. Payloads may hold secrets: they are wiped when they
 * are replaced, when the key ring is another, when nobody asked for them between two calls of sp_cache_age,
 * and at the end. No I/O, no clock. One thread has one; nothing is shared.
 */

#include "session/seal.h"
#include "session/session.h"

#define SP_CACHE_MAX_N     128  /* payloads */
#define SP_CACHE_BYTES_MAX 8128 /* of a context, its text and its payload; what is longer is not remembered */
#define SP_CACHE_NOTE_MAX  2048

struct sp_cache;

/* Of whoever derived something from what is remembered: out of what, told by two values, and the bytes. */
struct sp_cache_note {
    uint64_t serial;
    uint64_t subject; /* 0: there is none */
    _Alignas(max_align_t) unsigned char bytes[SP_CACHE_NOTE_MAX];
};

/* What is remembered of a payload. It stays where it is until the cache is asked for something of another key
 * ring, to keep something else, or to forget. */
struct sp_cached {
    struct sp_str payload;
    bool is_decoded;
    struct sp_session session; /* when `is_decoded`; its views point into the payload */
    struct sp_cache_note note;
};

/* Returns a new one that holds nothing, for sp_cache_free; NULL without memory. */
struct sp_cache *sp_cache_new(void) __attribute__((warn_unused_result));

/* Wipes. Accepts null. */
void sp_cache_free(struct sp_cache *cache);

/* What is remembered when `sealed` was opened under these keys and this context; else NULL. Another key ring
 * than in the last call empties first. */
struct sp_cached *sp_cache_find(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed)
    __attribute__((warn_unused_result));

/* Remembers that `sealed`, which sp_cache_find does not know, opened as `plain`; NULL: it is too long. */
struct sp_cached *sp_cache_keep(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed,
                                struct sp_str plain);

/* Forgets what was neither found nor kept since the last call; to be called now and then. */
void sp_cache_age(struct sp_cache *cache);

/* Forgets everything. */
void sp_cache_clear(struct sp_cache *cache);

/* How many payloads are remembered: what was forgotten shows nowhere else. */
size_t sp_cache_count(const struct sp_cache *cache);

#endif
