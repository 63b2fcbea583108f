/* SPDX-License-Identifier: Apache-2.0 */
#include "session/redirects.h"

#include <sodium.h>

#include <stdlib.h>

#define NAME_LEN 16

struct place {
    uint8_t name[NAME_LEN];
    int64_t at_s;
    unsigned count;
};

struct sp_redirects {
    uint8_t key[crypto_generichash_KEYBYTES];
    struct place places[SP_REDIRECTS_N];
};

struct sp_redirects *sp_redirects_new(const struct sp_random *random)
{
    struct sp_redirects *redirects = calloc(1, sizeof *redirects);
    if (redirects != NULL) {
        sp_random_fill(random, redirects->key, sizeof redirects->key);
    }
    return redirects;
}

/* Computes the slot, and the name that it contains if it belongs to this session and address. The old cookie
 * is identified by its issue time. A target begins with a slash, which no host contains. */
static size_t find_place(const struct sp_redirects *redirects, const struct sp_session *session,
                         struct sp_str host, struct sp_str target, uint8_t name[NAME_LEN])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, redirects->key, sizeof redirects->key, NAME_LEN);
    crypto_generichash_update(&state, session->id, sizeof session->id);
    crypto_generichash_update(&state, (const uint8_t *)&session->issued_s, sizeof session->issued_s);
    crypto_generichash_update(&state, (const uint8_t *)host.ptr, host.len);
    crypto_generichash_update(&state, (const uint8_t *)target.ptr, target.len);
    crypto_generichash_final(&state, name, NAME_LEN);
    uint32_t at;
    memcpy(&at, name, sizeof at);
    return at % SP_REDIRECTS_N;
}

/* If the clock was set back, entries must not be remembered longer. */
static unsigned count_of(const struct place *place, const uint8_t name[NAME_LEN], int64_t now_s)
{
    int64_t age_s = now_s - place->at_s;
    bool is_fresh = age_s >= 0 && age_s < SP_REDIRECT_REMEMBERED_S;
    return is_fresh && memcmp(place->name, name, NAME_LEN) == 0 ? place->count : 0;
}

void sp_redirects_note(struct sp_redirects *redirects, const struct sp_session *session, struct sp_str host,
                       struct sp_str target, bool is_further, int64_t now_s)
{
    uint8_t name[NAME_LEN];
    struct place *place = &redirects->places[find_place(redirects, session, host, target, name)];
    unsigned count = count_of(place, name, now_s);
    memcpy(place->name, name, NAME_LEN);
    place->at_s = now_s;
    place->count = count + (is_further || count == 0);
}

unsigned sp_redirects_count(const struct sp_redirects *redirects, const struct sp_session *session,
                            struct sp_str host, struct sp_str target, int64_t now_s)
{
    uint8_t name[NAME_LEN];
    const struct place *place = &redirects->places[find_place(redirects, session, host, target, name)];
    return count_of(place, name, now_s);
}
