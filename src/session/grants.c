/* SPDX-License-Identifier: Apache-2.0 */
#include "session/grants.h"

#include <sodium.h>

#include <stdlib.h>

#define BUCKETS_N (2 * SP_GRANTS_MAX_N)

/* Of the one that was used last the newest, of the one that goes first the oldest. */
struct entry {
    struct entry *in_bucket; /* the next one there */
    struct entry *newer;
    struct entry *older;
    uint8_t name[SP_GRANTS_NAME_LEN];
    struct sp_refresh_grant grant; /* its texts are in `bytes` */
    struct sp_buf bytes;
};

struct sp_grants {
    uint8_t key[crypto_generichash_KEYBYTES]; /* no stranger chooses a bucket */
    struct entry *newest;
    struct entry *oldest;
    size_t n;
    size_t bytes_len;
    struct entry *buckets[BUCKETS_N];
};

struct sp_grants *sp_grants_new(const struct sp_random *random)
{
    struct sp_grants *grants = calloc(1, sizeof *grants);
    if (grants != NULL) {
        sp_random_fill(random, grants->key, sizeof grants->key);
    }
    return grants;
}

/* ---- entries --------------------------------------------------------------------------------------- */

static struct entry **bucket_of(struct sp_grants *grants, const uint8_t name[SP_GRANTS_NAME_LEN])
{
    uint32_t at;
    memcpy(&at, name, sizeof at);
    return &grants->buckets[at % BUCKETS_N];
}

static void unlink_entry(struct sp_grants *grants, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &grants->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &grants->oldest) = entry->newer;
}

static void link_newest(struct sp_grants *grants, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = grants->newest;
    *(entry->older != NULL ? &entry->older->newer : &grants->oldest) = entry;
    grants->newest = entry;
}

static void drop(struct sp_grants *grants, struct entry *entry)
{
    struct entry **link = bucket_of(grants, entry->name);
    while (*link != entry) {
        link = &(*link)->in_bucket;
    }
    *link = entry->in_bucket;
    unlink_entry(grants, entry);
    grants->n--;
    grants->bytes_len -= entry->bytes.len;
    sp_buf_done(&entry->bytes);
    free(entry);
}

void sp_grants_free(struct sp_grants *grants)
{
    if (grants != NULL) {
        while (grants->oldest != NULL) {
            drop(grants, grants->oldest);
        }
        sodium_memzero(grants->key, sizeof grants->key);
        free(grants);
    }
}

size_t sp_grants_count(const struct sp_grants *grants)
{
    return grants->n;
}

/* ---- users ----------------------------------------------------------------------------------------- */

/* The NUL between keeps two users apart: no subject has one. */
void sp_grants_name(const struct sp_grants *grants, struct sp_str sub, struct sp_str sid,
                    uint8_t out[SP_GRANTS_NAME_LEN])
{
    static const uint8_t between = 0;
    crypto_generichash_state state;
    crypto_generichash_init(&state, grants->key, sizeof grants->key, SP_GRANTS_NAME_LEN);
    crypto_generichash_update(&state, (const uint8_t *)sub.ptr, sub.len);
    crypto_generichash_update(&state, &between, 1);
    crypto_generichash_update(&state, (const uint8_t *)sid.ptr, sid.len);
    crypto_generichash_final(&state, out, SP_GRANTS_NAME_LEN);
}

static struct entry *find(struct sp_grants *grants, const uint8_t name[SP_GRANTS_NAME_LEN])
{
    struct entry *entry = *bucket_of(grants, name);
    while (entry != NULL && memcmp(entry->name, name, SP_GRANTS_NAME_LEN) != 0) {
        entry = entry->in_bucket;
    }
    return entry;
}

/* NULL without memory, and for texts that are longer than all may be. */
static struct entry *new_entry(const uint8_t name[SP_GRANTS_NAME_LEN], const struct sp_refresh_grant *grant)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry->name, name, SP_GRANTS_NAME_LEN);
    sp_buf_init(&entry->bytes, grant->token.len + grant->sid.len + 1);
    if (sp_refresh_grant_copy(grant, &entry->bytes, &entry->grant) != SP_OK ||
        entry->bytes.len > SP_GRANTS_BYTES_MAX) {
        sp_buf_done(&entry->bytes);
        free(entry);
        return NULL;
    }
    return entry;
}

static void keep(struct sp_grants *grants, const uint8_t name[SP_GRANTS_NAME_LEN],
                 const struct sp_refresh_grant *grant)
{
    struct entry *entry = new_entry(name, grant); /* before what `grant` may point into goes */
    struct entry *former = find(grants, name);
    if (former != NULL) {
        drop(grants, former);
    }
    if (entry == NULL) {
        return;
    }
    while (grants->n == SP_GRANTS_MAX_N || grants->bytes_len + entry->bytes.len > SP_GRANTS_BYTES_MAX) {
        drop(grants, grants->oldest);
    }
    struct entry **bucket = bucket_of(grants, name);
    entry->in_bucket = *bucket;
    *bucket = entry;
    link_newest(grants, entry);
    grants->n++;
    grants->bytes_len += entry->bytes.len;
}

void sp_grants_keep(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, sub, grant->sid, name);
    keep(grants, name, grant);
}

const struct sp_refresh_grant *sp_grants_newest(struct sp_grants *grants, struct sp_str sub,
                                                const struct sp_refresh_grant *own)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, sub, own->sid, name);
    struct entry *entry = find(grants, name);
    if (entry == NULL || own->issued_s > entry->grant.issued_s) {
        keep(grants, name, own);
        return own;
    }
    unlink_entry(grants, entry);
    link_newest(grants, entry);
    return &entry->grant;
}
