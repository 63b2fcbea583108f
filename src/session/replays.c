/* SPDX-License-Identifier: Apache-2.0 */
#include "session/replays.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

struct item {
    uint64_t key;
    int64_t until_s; /* 0: unused */
};

struct sp_replays {
    pthread_mutex_t lock;
    uint8_t key[crypto_shorthash_KEYBYTES];
    size_t n; /* items used so far */
    struct item items[SP_REPLAYS_MAX_N];
};

struct sp_replays *sp_replays_new(const struct sp_random *random)
{
    struct sp_replays *replays = calloc(1, sizeof *replays);
    if (replays != NULL) {
        pthread_mutex_init(&replays->lock, NULL);
        sp_random_fill(random, replays->key, sizeof replays->key);
    }
    return replays;
}

void sp_replays_free(struct sp_replays *replays)
{
    if (replays != NULL) {
        pthread_mutex_destroy(&replays->lock);
        sodium_memzero(replays->key, sizeof replays->key);
        free(replays);
    }
}

/* A slot for one more item: that of an expired item, an unused one, or else that of the item that expires
 * first. */
static struct item *find_place(struct sp_replays *replays, int64_t now_s)
{
    struct item *first = NULL;
    for (size_t i = 0; i < replays->n; i++) {
        if (first == NULL || replays->items[i].until_s < first->until_s) {
            first = &replays->items[i];
        }
    }
    bool has_new = replays->n < SP_REPLAYS_MAX_N;
    return has_new && (first == NULL || first->until_s > now_s) ? &replays->items[replays->n++] : first;
}

bool sp_replays_take(struct sp_replays *replays, struct sp_str id, int64_t until_s, int64_t now_s)
{
    uint64_t key;
    _Static_assert(sizeof key == crypto_shorthash_BYTES, "a hash is a key");
    crypto_shorthash((uint8_t *)&key, (const uint8_t *)id.ptr, id.len, replays->key);
    pthread_mutex_lock(&replays->lock);
    size_t at = 0;
    while (at < replays->n && !(replays->items[at].key == key && replays->items[at].until_s > now_s)) {
        at++;
    }
    bool is_first = at == replays->n;
    if (is_first) {
        *find_place(replays, now_s) = (struct item){key, until_s};
    }
    pthread_mutex_unlock(&replays->lock);
    return is_first;
}
