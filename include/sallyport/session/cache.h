/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_CACHE_H
#define SP_SESSION_CACHE_H

/*
 * The sessions that one thread opened recently. Browsers send the same cookie with every request, and
 * decoding and decrypting it is most of the cost of an allowed request.
 *
 * A payload is stored under everything that determines whether it opens: the key ring, the context it was
 * sealed for, and the complete sealed text. It is found only if all of these are equal, byte for byte, and so
 * only where it would open again: one host's cookie opens at no other host. Only values that opened are
 * remembered; the caller checks on every request whether the session is still valid. The decoded session is
 * stored with the payload, and so is a note of what an upper layer derived from it.
 *
 * A lookup takes the same time wherever two texts differ. The end of the text, which is the authenticator,
 * selects the candidate entries; nobody can choose an authenticator without the key.
 *
 * Bounded: SP_CACHE_MAX_N payloads, in memory that is allocated once and touched only as far as it is filled.
 * Beyond that, payloads that were not used recently are evicted. Payloads may hold secrets. They are wiped
 * when they are replaced, when the key ring changes, when they were not used between two calls of
 * sp_cache_age, and at the end. No I/O, no clock. Each thread has its own; nothing is shared.
 */

#include "session/seal.h"
#include "session/session.h"

#define SP_CACHE_MAX_N     128  /* payloads */
#define SP_CACHE_BYTES_MAX 8128 /* bytes of the context, text and payload of one entry */
#define SP_CACHE_NOTE_MAX  2048

struct sp_cache;

/* The result of a computation on a remembered session: two values that identify what it was computed from,
 * and the bytes of the result. */
struct sp_cache_note {
    uint64_t serial;
    uint64_t subject; /* 0: no note */
    _Alignas(max_align_t) unsigned char bytes[SP_CACHE_NOTE_MAX];
};

/* A remembered payload. It stays in place until the cache is searched with another key ring, adds another
 * payload, or forgets this one. */
struct sp_cached {
    struct sp_str payload;
    bool is_decoded;
    struct sp_session session; /* valid if `is_decoded`; its views point into the payload */
    struct sp_cache_note note;
};

/* Returns a new, empty cache (sp_cache_free); NULL if out of memory. */
struct sp_cache *sp_cache_new(void) __attribute__((warn_unused_result));

/* Wipes and frees. Accepts NULL. */
void sp_cache_free(struct sp_cache *cache);

/* The payload remembered for `sealed` under these keys and this context; else NULL. If the key ring differs
 * from the last call, the cache is emptied first. */
struct sp_cached *sp_cache_find(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed)
    __attribute__((warn_unused_result));

/* Remembers that `sealed`, which sp_cache_find does not know, opened as `plain`. NULL if it is too long. */
struct sp_cached *sp_cache_keep(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed,
                                struct sp_str plain);

/* Forgets every payload that was neither found nor added since the last call. Call it regularly. */
void sp_cache_age(struct sp_cache *cache);

/* Forgets everything. */
void sp_cache_clear(struct sp_cache *cache);

/* Number of remembered payloads, the only way to observe what was forgotten. */
size_t sp_cache_count(const struct sp_cache *cache);

#endif
