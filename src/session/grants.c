/* SPDX-License-Identifier: Apache-2.0 */
#include "session/grants.h"

#include "session/packed_token.h"

#include <sodium.h>

#include <stdlib.h>

#define BUCKETS_N (2 * SP_GRANTS_MAX_N)

/* One user, in a list by last use: `newest` was used last, and `oldest` is evicted first. */
struct entry {
    struct entry *in_bucket; /* the next entry in the same bucket */
    struct entry *newer;
    struct entry *older;
    uint8_t name[SP_GRANTS_NAME_LEN];
    uint8_t nonce_hash[SP_NONCE_HASH_LEN];
    int64_t auth_time_s;
    int64_t issued_s;
    uint32_t sid_len;
    uint32_t token_len; /* bytes of the packed form */
    enum sp_packed_token_form form;
    bool is_refused;
    bool is_second; /* it replaced a refused one of the same age */
    char bytes[];   /* `sid`, then the token */
};

struct sp_grants {
    uint8_t key[crypto_generichash_KEYBYTES]; /* secret, so that nobody outside can choose a bucket */
    struct entry *newest;
    struct entry *oldest;
    size_t n;
    size_t bytes_len;
    struct sp_refresh_grant given; /* returned by sp_grants_newest; its token is in `text` */
    struct sp_buf text;
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

static void wipe_entry(struct entry *entry)
{
    sodium_memzero(entry, sizeof *entry + entry->sid_len + entry->token_len);
    free(entry);
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
    grants->bytes_len -= entry->sid_len + entry->token_len;
    wipe_entry(entry);
}

void sp_grants_free(struct sp_grants *grants)
{
    if (grants != NULL) {
        while (grants->oldest != NULL) {
            drop(grants, grants->oldest);
        }
        sp_buf_done(&grants->text);
        sodium_memzero(grants->key, sizeof grants->key);
        free(grants);
    }
}

size_t sp_grants_count(const struct sp_grants *grants)
{
    return grants->n;
}

/* ---- users ----------------------------------------------------------------------------------------- */

/* The NUL between the strings separates them unambiguously, since no subject contains one. */
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

/* NULL if out of memory, or if the strings exceed the limit for all entries. */
static struct entry *new_entry(const uint8_t name[SP_GRANTS_NAME_LEN], const struct sp_refresh_grant *grant)
{
    SP_BUF_SCOPED struct sp_buf token;
    sp_buf_init(&token, grant->token.len + 1);
    enum sp_packed_token_form form = sp_packed_token_shorten(grant->token, &token);
    size_t len = grant->sid.len + token.len;
    struct entry *entry = NULL;
    if (sp_buf_error(&token) == SP_OK && len <= SP_GRANTS_BYTES_MAX) {
        entry = calloc(1, sizeof *entry + len);
    }
    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry->name, name, SP_GRANTS_NAME_LEN);
    memcpy(entry->nonce_hash, grant->nonce_hash, SP_NONCE_HASH_LEN);
    entry->auth_time_s = grant->auth_time_s;
    entry->issued_s = grant->issued_s;
    entry->sid_len = (uint32_t)grant->sid.len;
    entry->token_len = (uint32_t)token.len;
    entry->form = form;
    if (grant->sid.len > 0) {
        memcpy(entry->bytes, grant->sid.ptr, grant->sid.len);
    }
    if (token.len > 0) {
        memcpy(entry->bytes + grant->sid.len, token.ptr, token.len);
    }
    return entry;
}

/* NULL if out of memory, or if its strings are too long. */
static struct entry *keep(struct sp_grants *grants, const uint8_t name[SP_GRANTS_NAME_LEN],
                          const struct sp_refresh_grant *grant)
{
    /* Copy first, since `grant` may point into an entry that is dropped below. */
    struct entry *entry = new_entry(name, grant);
    struct entry *former = find(grants, name);
    if (former != NULL) {
        drop(grants, former);
    }
    if (entry == NULL) {
        return NULL;
    }
    size_t len = entry->sid_len + entry->token_len;
    while (grants->n == SP_GRANTS_MAX_N || grants->bytes_len + len > SP_GRANTS_BYTES_MAX) {
        drop(grants, grants->oldest);
    }
    struct entry **bucket = bucket_of(grants, name);
    entry->in_bucket = *bucket;
    *bucket = entry;
    link_newest(grants, entry);
    grants->n++;
    grants->bytes_len += len;
    return entry;
}

/* Unpacks the entry into `grants->given`. NULL if out of memory. */
static const struct sp_refresh_grant *give(struct sp_grants *grants, const struct entry *entry)
{
    sp_buf_done(&grants->text);
    sp_buf_init(&grants->text, SP_PACKED_TOKEN_TEXT_MAX + entry->token_len);
    struct sp_str packed = {entry->bytes + entry->sid_len, entry->token_len};
    if (sp_packed_token_restore(entry->form, packed, &grants->text) != SP_OK) {
        return NULL;
    }
    grants->given = (struct sp_refresh_grant){
        .token = sp_buf_str(&grants->text),
        .sid = {entry->bytes, entry->sid_len},
        .auth_time_s = entry->auth_time_s,
        .issued_s = entry->issued_s,
    };
    memcpy(grants->given.nonce_hash, entry->nonce_hash, SP_NONCE_HASH_LEN);
    return &grants->given;
}

void sp_grants_keep(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, sub, grant->sid, name);
    (void)keep(grants, name, grant);
}

/* True if `grant` is the stored one. */
static bool is_it(struct sp_grants *grants, const struct entry *entry, const struct sp_refresh_grant *grant)
{
    const struct sp_refresh_grant *kept = entry->issued_s == grant->issued_s ? give(grants, entry) : NULL;
    return kept != NULL && sp_str_equal(kept->token, grant->token);
}

void sp_grants_refuse(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, sub, grant->sid, name);
    struct entry *entry = find(grants, name);
    if (entry != NULL && is_it(grants, entry, grant)) {
        entry->is_refused = true;
    }
}

const struct sp_refresh_grant *sp_grants_newest(struct sp_grants *grants, struct sp_str sub,
                                                const struct sp_refresh_grant *own)
{
    uint8_t name[SP_GRANTS_NAME_LEN];
    sp_grants_name(grants, sub, own->sid, name);
    struct entry *entry = find(grants, name);
    bool is_second = entry != NULL && entry->issued_s == own->issued_s && entry->is_refused &&
                     !entry->is_second && !is_it(grants, entry, own);
    if (entry == NULL || own->issued_s > entry->issued_s || is_second) {
        entry = keep(grants, name, own);
        if (entry != NULL) {
            entry->is_second = is_second;
        }
        return own;
    }
    unlink_entry(grants, entry);
    link_newest(grants, entry);
    const struct sp_refresh_grant *newest = give(grants, entry);
    return newest != NULL ? newest : own;
}
