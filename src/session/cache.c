/* SPDX-License-Identifier: Apache-2.0 */
#include "session/cache.h"

#include "base/block.h"

#include <sodium.h>

#include <stdlib.h>

#define TAIL_NONE 0 /* marks an empty entry; no sealed value ends like this */

_Static_assert(SP_CACHE_BYTES_MAX <= UINT16_MAX, "the lengths of an entry are stored in 16 bits");
_Static_assert(SP_SEAL_TEXT_LEN(0) >= sizeof(uint64_t), "every text has an end to be found by");

/* The parts that identify a payload, in addition to the purpose and the key ring. */
enum part {
    PART_SEALED,
    PART_SCOPE,
    PART_COOKIE_NAME,
    PART_ISSUER,
    PART_CLIENT_ID,
    PARTS_N,
};

struct lookup {
    enum sp_seal_purpose purpose;
    uint64_t tail;
    struct sp_str parts[PARTS_N];
};

struct entry {
    enum sp_seal_purpose purpose;
    uint16_t lens[PARTS_N];
    bool used; /* used since the last search for room or the last sp_cache_age */
    struct sp_cached cached;
    char bytes[SP_CACHE_BYTES_MAX]; /* the parts, then the payload */
};

struct sp_cache {
    uint64_t keys_serial;           /* serial of the key ring that opened all payloads */
    size_t next;                    /* where the search for an entry to evict continues */
    uint64_t tails[SP_CACHE_MAX_N]; /* the last bytes of each text; TAIL_NONE: an empty entry */
    struct entry entries[SP_CACHE_MAX_N];
};

/* ---- the cache as a whole -------------------------------------------------------------------------- */

struct sp_cache *sp_cache_new(void)
{
    return calloc(1, sizeof(struct sp_cache));
}

void sp_cache_free(struct sp_cache *cache)
{
    if (cache != NULL) {
        sp_cache_clear(cache);
        free(cache);
    }
}

/* Wipes only the bytes that were filled, so that pages never touched stay untouched. */
static void forget(struct sp_cache *cache, size_t index)
{
    struct entry *entry = &cache->entries[index];
    struct sp_cached *cached = &entry->cached;
    size_t len = cached->payload.len;
    for (enum part part = 0; part < PARTS_N; part++) {
        len += entry->lens[part];
    }
    sodium_memzero(entry->bytes, len);
    if (cached->note.subject != 0) {
        sodium_memzero(&cached->note, sizeof cached->note);
    }
    if (cached->is_decoded) {
        size_t groups_len = cached->session.profile.groups_n * sizeof(struct sp_str);
        sodium_memzero(cached->session.texts, cached->session.texts_len);
        sodium_memzero(&cached->session, offsetof(struct sp_session, profile.groups) + groups_len);
        cached->is_decoded = false;
    }
    cached->payload = SP_STR_NONE;
    memset(entry->lens, 0, sizeof entry->lens);
    entry->used = false;
    cache->tails[index] = TAIL_NONE;
}

void sp_cache_clear(struct sp_cache *cache)
{
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        if (cache->tails[i] != TAIL_NONE) {
            forget(cache, i);
        }
    }
}

void sp_cache_age(struct sp_cache *cache)
{
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        if (cache->tails[i] == TAIL_NONE) {
            continue;
        }
        if (!cache->entries[i].used) {
            forget(cache, i);
        }
        cache->entries[i].used = false;
    }
}

size_t sp_cache_count(const struct sp_cache *cache)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        n += cache->tails[i] != TAIL_NONE;
    }
    return n;
}

/* ---- finding --------------------------------------------------------------------------------------- */

/* False for a text that is too short to be a sealed value. */
static bool make_lookup(const struct sp_seal_context *context, struct sp_str sealed, struct lookup *out)
{
    if (sealed.len < SP_SEAL_TEXT_LEN(0)) {
        return false;
    }
    out->purpose = context->purpose;
    out->parts[PART_SEALED] = sealed;
    out->parts[PART_SCOPE] = context->scope;
    out->parts[PART_COOKIE_NAME] = context->cookie_name;
    out->parts[PART_ISSUER] = context->issuer;
    out->parts[PART_CLIENT_ID] = context->client_id;
    memcpy(&out->tail, sealed.ptr + sealed.len - sizeof out->tail, sizeof out->tail);
    return out->tail != TAIL_NONE;
}

static bool is_for(const struct entry *entry, const struct lookup *lookup)
{
    if (entry->purpose != lookup->purpose) {
        return false;
    }
    const char *own = entry->bytes;
    for (enum part part = 0; part < PARTS_N; part++) {
        struct sp_str asked = lookup->parts[part];
        if (entry->lens[part] != asked.len || !sp_block_same(own, asked.ptr, asked.len)) {
            return false;
        }
        own += asked.len;
    }
    return true;
}

static void see_keys(struct sp_cache *cache, const struct sp_keyring *keys)
{
    uint64_t serial = sp_keyring_serial(keys);
    if (cache->keys_serial != serial) {
        sp_cache_clear(cache);
        cache->keys_serial = serial;
    }
}

struct sp_cached *sp_cache_find(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed)
{
    see_keys(cache, keys);
    struct lookup lookup;
    if (!make_lookup(context, sealed, &lookup)) {
        return NULL;
    }
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        struct entry *entry = &cache->entries[i];
        if (cache->tails[i] == lookup.tail && is_for(entry, &lookup)) {
            entry->used = true;
            return &entry->cached;
        }
    }
    return NULL;
}

/* ---- keeping --------------------------------------------------------------------------------------- */

/* Evicts by second chance: an entry that was used since the last search stays for another round. */
static size_t make_room(struct sp_cache *cache)
{
    while (cache->entries[cache->next].used) {
        cache->entries[cache->next].used = false;
        cache->next = (cache->next + 1) % SP_CACHE_MAX_N;
    }
    size_t index = cache->next;
    forget(cache, index);
    cache->next = (index + 1) % SP_CACHE_MAX_N;
    return index;
}

static char *append(char *to, struct sp_str bytes)
{
    if (bytes.len > 0) {
        memcpy(to, bytes.ptr, bytes.len);
    }
    return to + bytes.len;
}

struct sp_cached *sp_cache_keep(struct sp_cache *cache, const struct sp_keyring *keys,
                                const struct sp_seal_context *context, struct sp_str sealed,
                                struct sp_str plain)
{
    see_keys(cache, keys);
    struct lookup lookup;
    if (!make_lookup(context, sealed, &lookup)) {
        return NULL;
    }
    size_t room = SP_CACHE_BYTES_MAX;
    for (enum part part = 0; part < PARTS_N; part++) {
        if (lookup.parts[part].len > room) {
            return NULL;
        }
        room -= lookup.parts[part].len;
    }
    if (plain.len > room) {
        return NULL;
    }

    size_t index = make_room(cache);
    struct entry *entry = &cache->entries[index];
    char *to = entry->bytes;
    for (enum part part = 0; part < PARTS_N; part++) {
        entry->lens[part] = (uint16_t)lookup.parts[part].len;
        to = append(to, lookup.parts[part]);
    }
    append(to, plain);
    entry->cached.payload = (struct sp_str){to, plain.len};
    entry->purpose = lookup.purpose;
    entry->used = true;
    cache->tails[index] = lookup.tail;
    return &entry->cached;
}
