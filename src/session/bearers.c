/* SPDX-License-Identifier: Apache-2.0 */
#include "session/bearers.h"

#include "base/block.h"
#include "base/hex.h"

#include <sodium.h>

#include <stdlib.h>

/* `texts` is the token followed by the strings of the profile; NULL: an empty entry. */
struct entry {
    size_t token_len;
    int64_t found_until_s;
    bool used; /* used since the last search for room or the last sp_bearers_age */
    char *texts;
    size_t texts_len;
    struct sp_bearer bearer;
};

struct sp_bearers {
    size_t next; /* where the search for an entry to evict continues */
    size_t texts_len;
    uint64_t tails[SP_BEARERS_MAX_N]; /* the last bytes of each token */
    struct entry entries[SP_BEARERS_MAX_N];
};

_Static_assert(SP_BEARERS_TEXTS_MAX >= 128 * 1024, "room for a token and its texts");

struct sp_bearers *sp_bearers_new(void)
{
    return calloc(1, sizeof(struct sp_bearers));
}

void sp_bearers_free(struct sp_bearers *bearers)
{
    if (bearers != NULL) {
        sp_bearers_clear(bearers);
        free(bearers);
    }
}

/* ---- forgetting ------------------------------------------------------------------------------------ */

/* Does not write to an empty entry, so that its memory is never touched if no tokens arrive. */
static void forget(struct sp_bearers *bearers, struct entry *entry)
{
    if (entry->texts == NULL) {
        return;
    }
    bearers->texts_len -= entry->texts_len;
    sodium_memzero(entry->texts, entry->texts_len);
    free(entry->texts);
    entry->texts = NULL;
    entry->texts_len = 0;
    entry->used = false;
}

void sp_bearers_clear(struct sp_bearers *bearers)
{
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        forget(bearers, &bearers->entries[i]);
    }
}

void sp_bearers_age(struct sp_bearers *bearers)
{
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        struct entry *entry = &bearers->entries[i];
        if (!entry->used) {
            forget(bearers, entry);
        } else {
            entry->used = false;
        }
    }
}

size_t sp_bearers_count(const struct sp_bearers *bearers)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        n += bearers->entries[i].texts != NULL;
    }
    return n;
}

/* ---- finding --------------------------------------------------------------------------------------- */

/* The last eight bytes of a token. A shorter one, which cannot be a verified token, has fewer. */
static uint64_t tail_of(struct sp_str token)
{
    uint64_t tail = 0;
    size_t len = token.len < sizeof tail ? token.len : sizeof tail;
    if (len > 0) {
        memcpy(&tail, token.ptr + token.len - len, len);
    }
    return tail;
}

struct sp_bearer *sp_bearers_find(struct sp_bearers *bearers, struct sp_str token, int64_t now_s)
{
    uint64_t tail = tail_of(token);
    for (size_t i = 0; i < SP_BEARERS_MAX_N; i++) {
        struct entry *entry = &bearers->entries[i];
        if (bearers->tails[i] != tail || entry->texts == NULL || entry->token_len != token.len ||
            !sp_block_same(entry->texts, token.ptr, token.len)) {
            continue;
        }
        if (entry->found_until_s <= now_s) {
            forget(bearers, entry);
            return NULL;
        }
        entry->used = true;
        return &entry->bearer;
    }
    return NULL;
}

/* ---- keeping --------------------------------------------------------------------------------------- */

/* Called for every string of the profile, to measure or to move it. */
typedef void text_fn(void *context, struct sp_str *text);

static void walk_texts(struct sp_profile *profile, text_fn *take, void *context)
{
#define TAKE(claim, member) take(context, &profile->member);
    SP_PROFILE_TEXTS(TAKE)
#undef TAKE
    for (size_t i = 0; i < profile->claims_n; i++) {
        take(context, &profile->claims[i].name);
        take(context, &profile->claims[i].value);
    }
    for (size_t i = 0; i < profile->groups_n; i++) {
        take(context, &profile->groups[i]);
    }
}

static void measure(void *context, struct sp_str *text)
{
    *(size_t *)context += text->len;
}

static void move(void *context, struct sp_str *text)
{
    char **to = context;
    if (text->len > 0) {
        memcpy(*to, text->ptr, text->len);
    }
    text->ptr = *to;
    *to += text->len;
}

/* Evicts by second chance: an entry that was used since the last search stays for another round. */
static struct entry *make_room(struct sp_bearers *bearers)
{
    while (bearers->entries[bearers->next].used) {
        bearers->entries[bearers->next].used = false;
        bearers->next = (bearers->next + 1) % SP_BEARERS_MAX_N;
    }
    struct entry *entry = &bearers->entries[bearers->next];
    forget(bearers, entry);
    bearers->next = (bearers->next + 1) % SP_BEARERS_MAX_N;
    return entry;
}

void sp_bearer_label(struct sp_str token, char out[SP_BEARER_LABEL_LEN])
{
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)token.ptr, token.len, NULL, 0);
    sp_hex_encode(hash, SP_BEARER_LABEL_LEN / 2, out);
}

struct sp_bearer *sp_bearers_keep(struct sp_bearers *bearers, struct sp_str token,
                                  const struct sp_profile *profile, int64_t issued_s, int64_t expires_s,
                                  int64_t found_until_s)
{
    struct entry *entry = make_room(bearers);
    struct sp_profile *own = &entry->bearer.profile;
    memcpy(own, profile, offsetof(struct sp_profile, groups) + profile->groups_n * sizeof profile->groups[0]);
    size_t texts_len = token.len;
    walk_texts(own, measure, &texts_len);
    char *texts = texts_len <= SP_BEARERS_TEXTS_MAX ? malloc(texts_len + 1) : NULL;
    if (texts == NULL) {
        return NULL;
    }
    while (bearers->texts_len + texts_len > SP_BEARERS_TEXTS_MAX) {
        (void)make_room(bearers);
    }
    if (token.len > 0) {
        memcpy(texts, token.ptr, token.len);
    }
    char *to = texts + token.len;
    walk_texts(own, move, &to);
    entry->texts = texts;
    entry->texts_len = texts_len;
    bearers->texts_len += texts_len;
    bearers->tails[entry - bearers->entries] = tail_of(token);
    entry->token_len = token.len;
    entry->used = true;
    entry->found_until_s = found_until_s;
    entry->bearer.issued_s = issued_s;
    entry->bearer.expires_s = expires_s;
    entry->bearer.note.subject = 0;
    sp_bearer_label(token, entry->bearer.label);
    return &entry->bearer;
}
