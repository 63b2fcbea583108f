/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revocations.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CAPACITY_MIN  64 /* slots of the smallest table */
#define PURGE_EVERY_S 60

/* Keys of empty slots. */
#define SLOT_EMPTY 0 /* never used, or swept; a search stops here */
#define SLOT_LEFT  1 /* emptied; a search continues past it */
#define KEY_MIN    2

/* All threads read the first two members; the others are for writers. */
struct slot {
    _Atomic uint64_t key;
    _Atomic int64_t began_by_s;
    int64_t until_s;
    uint64_t user; /* the key of its user's USER entry; 0: not known */
    enum sp_revocation_kind kind;
};

struct slots {
    struct slots *smaller; /* the table before it grew */
    size_t capacity;       /* a power of two, at least twice the entries */
    struct slot items[];
};

struct sp_revocations {
    _Atomic(struct slots *) slots;
    _Atomic int64_t not_before_s;
    atomic_size_t kinds_n[SP_REVOCATION_KIND_COUNT];
    uint8_t keys[SP_REVOCATION_KIND_COUNT][crypto_shorthash_KEYBYTES];
    size_t max_n;
    atomic_uint_fast64_t changes_n;
    pthread_mutex_t writing; /* protects everything below */
    size_t n;
    int64_t purged_s;
};

static struct slots *new_slots(size_t capacity)
{
    struct slots *slots = calloc(1, sizeof *slots + capacity * sizeof slots->items[0]);
    if (slots != NULL) {
        slots->capacity = capacity;
    }
    return slots;
}

struct sp_revocations *sp_revocations_new(size_t max_n, const struct sp_random *random)
{
    assert(max_n > 0 && max_n <= SP_REVOCATIONS_MAX_N);
    struct sp_revocations *table = calloc(1, sizeof *table);
    struct slots *slots = new_slots(CAPACITY_MIN);
    if (table == NULL || slots == NULL) {
        free(slots);
        free(table);
        return NULL;
    }
    atomic_init(&table->slots, slots);
    table->max_n = max_n;
    pthread_mutex_init(&table->writing, NULL);
    sp_random_fill(random, table->keys[0], sizeof table->keys);
    return table;
}

void sp_revocations_free(struct sp_revocations *table)
{
    if (table == NULL) {
        return;
    }
    for (struct slots *slots = atomic_load(&table->slots); slots != NULL;) {
        struct slots *smaller = slots->smaller;
        free(slots);
        slots = smaller;
    }
    pthread_mutex_destroy(&table->writing);
    sodium_memzero(table->keys, sizeof table->keys);
    free(table);
}

/* ---- keys ------------------------------------------------------------------------------------------ */

/* Hashes with SipHash-2-4, under a separate key for each kind. */
static uint64_t hash(const struct sp_revocations *table, enum sp_revocation_kind kind, struct sp_str bytes)
{
    uint64_t out;
    _Static_assert(sizeof out == crypto_shorthash_BYTES, "a hash is a key");
    crypto_shorthash((uint8_t *)&out, (const uint8_t *)bytes.ptr, bytes.len, table->keys[kind]);
    return out < KEY_MIN ? out + KEY_MIN : out;
}

static uint64_t hash_of_user_sid(const struct sp_revocations *table, struct sp_str sid, uint64_t user)
{
    const uint64_t both[] = {hash(table, SP_REVOCATION_SID, sid), user};
    return hash(table, SP_REVOCATION_USER_SID, (struct sp_str){(const char *)both, sizeof both});
}

static uint64_t key_of(const struct sp_revocations *table, const struct sp_revocation *revocation,
                       uint64_t user)
{
    switch (revocation->kind) {
    case SP_REVOCATION_SESSION:
        return hash(table, SP_REVOCATION_SESSION,
                    (struct sp_str){(const char *)revocation->id, sizeof revocation->id});
    case SP_REVOCATION_LABEL:
        return hash(table, SP_REVOCATION_LABEL, (struct sp_str){revocation->label, sizeof revocation->label});
    case SP_REVOCATION_SID:
        return hash(table, SP_REVOCATION_SID, revocation->sid);
    case SP_REVOCATION_USER_SID:
        return hash_of_user_sid(table, revocation->sid, user);
    case SP_REVOCATION_USER:
    case SP_REVOCATION_KIND_COUNT:
        break;
    }
    return user;
}

/* ---- looking up ------------------------------------------------------------------------------------ */

/* The slot of a key; NULL if no slot has it. */
static struct slot *find(struct slots *slots, uint64_t key)
{
    size_t mask = slots->capacity - 1;
    for (size_t n = 0; n < slots->capacity; n++) {
        struct slot *slot = &slots->items[(key + n) & mask];
        uint64_t found = atomic_load_explicit(&slot->key, memory_order_acquire);
        if (found == key || found == SLOT_EMPTY) {
            return found == key ? slot : NULL;
        }
    }
    return NULL;
}

static bool ends(const struct sp_revocations *table, uint64_t key, int64_t login_at_s)
{
    struct slot *slot = find(atomic_load_explicit(&table->slots, memory_order_acquire), key);
    if (slot == NULL) {
        return false;
    }
    /* Read the time first: if the slot was refilled before that, its key has changed by now. */
    int64_t began_by_s = atomic_load_explicit(&slot->began_by_s, memory_order_acquire);
    return atomic_load_explicit(&slot->key, memory_order_acquire) == key && began_by_s >= login_at_s;
}

static bool has_kind(const struct sp_revocations *table, enum sp_revocation_kind kind)
{
    return atomic_load_explicit(&table->kinds_n[kind], memory_order_acquire) > 0;
}

static bool table_ends_user(const struct sp_revocations *table, const struct sp_profile *profile,
                            int64_t began_s)
{
    bool has_pairs = has_kind(table, SP_REVOCATION_USER_SID) && profile->sid.len > 0;
    if (has_pairs || has_kind(table, SP_REVOCATION_USER)) {
        uint64_t user = hash(table, SP_REVOCATION_USER, profile->sub);
        /* Check the user last: the USER entry is added before the entries that it replaces are removed. */
        if ((has_pairs && ends(table, hash_of_user_sid(table, profile->sid, user), began_s)) ||
            ends(table, user, began_s)) {
            return true;
        }
    }
    return has_kind(table, SP_REVOCATION_SID) && profile->sid.len > 0 &&
           ends(table, hash(table, SP_REVOCATION_SID, profile->sid), began_s);
}

static bool table_ends(const struct sp_revocations *table, const struct sp_session *session, int64_t began_s)
{
    if (has_kind(table, SP_REVOCATION_SESSION)) {
        struct sp_str id = {(const char *)session->id, sizeof session->id};
        if (ends(table, hash(table, SP_REVOCATION_SESSION, id), began_s)) {
            return true;
        }
    }
    if (has_kind(table, SP_REVOCATION_LABEL)) {
        char label[SP_SESSION_ID_LABEL_LEN];
        sp_session_label(session->id, label);
        if (ends(table, hash(table, SP_REVOCATION_LABEL, (struct sp_str){label, sizeof label}), began_s)) {
            return true;
        }
    }
    return table_ends_user(table, &session->profile, began_s);
}

/* Read `not_before` last: if an entry was dropped in the meantime, it was raised before that. */
bool sp_revocations_end_login(const struct sp_revocations *table, const struct sp_session *session,
                              int64_t began_s)
{
    return table_ends(table, session, began_s) || began_s <= sp_revocations_not_before_s(table);
}

bool sp_revocations_end_token(const struct sp_revocations *table, const struct sp_profile *profile,
                              int64_t issued_s)
{
    return table_ends_user(table, profile, issued_s) || issued_s <= sp_revocations_not_before_s(table);
}

bool sp_revocations_end(const struct sp_revocations *table, const struct sp_session *session)
{
    return sp_revocations_end_login(table, session, session->login_at_s);
}

size_t sp_revocations_count(const struct sp_revocations *table)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_REVOCATION_KIND_COUNT; i++) {
        n += atomic_load_explicit(&table->kinds_n[i], memory_order_acquire);
    }
    return n;
}

int64_t sp_revocations_not_before_s(const struct sp_revocations *table)
{
    return atomic_load_explicit(&table->not_before_s, memory_order_acquire);
}

/* ---- writing --------------------------------------------------------------------------------------- */

#define for_each_entry(table, slot)                                                                          \
    for (struct slot *slot = atomic_load(&(table)->slots)->items,                                            \
                     *end_ = slot + atomic_load(&(table)->slots)->capacity;                                  \
         slot < end_; slot++)                                                                                \
        if (atomic_load_explicit(&slot->key, memory_order_relaxed) >= KEY_MIN)

static int64_t began_by_of(const struct slot *slot)
{
    return atomic_load_explicit(&slot->began_by_s, memory_order_relaxed);
}

static enum sp_revoked raise_bound(struct sp_revocations *table, int64_t time_s)
{
    if (time_s <= sp_revocations_not_before_s(table)) {
        return SP_REVOKED_KNOWN;
    }
    atomic_store_explicit(&table->not_before_s, time_s, memory_order_release);
    return SP_REVOKED_ADDED;
}

static void take_out(struct sp_revocations *table, struct slot *slot)
{
    atomic_store_explicit(&slot->key, SLOT_LEFT, memory_order_release);
    atomic_fetch_sub(&table->kinds_n[slot->kind], 1);
    table->n--;
}

/* A LEFT slot before an EMPTY one becomes EMPTY too, since a search passing it would stop at the next one. */
static void sweep(struct slots *slots)
{
    size_t mask = slots->capacity - 1;
    for (size_t n = 2 * slots->capacity; n > 0; n--) { /* two rounds, since the first slot follows the last */
        struct slot *slot = &slots->items[(n - 1) & mask];
        struct slot *next = &slots->items[n & mask];
        if (atomic_load_explicit(&slot->key, memory_order_relaxed) == SLOT_LEFT &&
            atomic_load_explicit(&next->key, memory_order_relaxed) == SLOT_EMPTY) {
            atomic_store_explicit(&slot->key, SLOT_EMPTY, memory_order_release);
        }
    }
}

static void purge(struct sp_revocations *table, int64_t now_s)
{
    for_each_entry(table, slot)
    {
        if (slot->until_s <= now_s) {
            take_out(table, slot);
        }
    }
    sweep(atomic_load(&table->slots));
    table->purged_s = now_s;
}

static size_t count_up_to(const struct sp_revocations *table, int64_t time_s)
{
    size_t n = 0;
    for_each_entry(table, slot)
    {
        n += began_by_of(slot) <= time_s;
    }
    return n;
}

/* Drops the oldest entries, at least an eighth of all, so that the next calls need not do so. */
static void drop_oldest(struct sp_revocations *table)
{
    size_t wanted_n = table->n / 8 + 1;
    int64_t low = -1;
    int64_t high = 0;
    for_each_entry(table, slot)
    {
        high = began_by_of(slot) > high ? began_by_of(slot) : high;
    }
    while (high - low > 1) { /* dropping up to `low` is not enough, dropping up to `high` is */
        int64_t middle = low + (high - low) / 2;
        if (count_up_to(table, middle) >= wanted_n) {
            high = middle;
        } else {
            low = middle;
        }
    }
    (void)raise_bound(table, high);
    for_each_entry(table, slot)
    {
        if (began_by_of(slot) <= high) {
            take_out(table, slot);
        }
    }
    sweep(atomic_load(&table->slots));
}

static void fill(struct slot *slot, uint64_t key, int64_t began_by_s, const struct slot *rest)
{
    slot->until_s = rest->until_s;
    slot->kind = rest->kind;
    slot->user = rest->user;
    atomic_store_explicit(&slot->began_by_s, began_by_s, memory_order_release);
    atomic_store_explicit(&slot->key, key, memory_order_release);
}

/* The first free slot for a key that the table does not contain. */
static struct slot *find_place(struct slots *slots, uint64_t key)
{
    size_t i = key & (slots->capacity - 1);
    while (atomic_load_explicit(&slots->items[i].key, memory_order_relaxed) >= KEY_MIN) {
        i = (i + 1) & (slots->capacity - 1);
    }
    return &slots->items[i];
}

/* Makes room for one more entry. False if out of memory. */
static bool make_room(struct sp_revocations *table)
{
    struct slots *old = atomic_load(&table->slots);
    if ((table->n + 1) * 2 <= old->capacity) {
        return true;
    }
    struct slots *slots = new_slots(old->capacity * 2);
    if (slots == NULL) {
        return false;
    }
    for_each_entry(table, slot)
    {
        uint64_t key = atomic_load_explicit(&slot->key, memory_order_relaxed);
        fill(find_place(slots, key), key, began_by_of(slot), slot);
    }
    slots->smaller = old;
    atomic_store_explicit(&table->slots, slots, memory_order_release);
    return true;
}

/* The entries of a user that are not USER entries. */
struct of_user {
    size_t n;
    int64_t newest_s;
    int64_t until_s;
};

static struct of_user look_at_user(const struct sp_revocations *table, uint64_t user, int64_t now_s)
{
    struct of_user out = {0};
    for_each_entry(table, slot)
    {
        if (slot->user == user && slot->kind != SP_REVOCATION_USER && slot->until_s > now_s) {
            out.n++;
            out.newest_s = began_by_of(slot) > out.newest_s ? began_by_of(slot) : out.newest_s;
            out.until_s = slot->until_s > out.until_s ? slot->until_s : out.until_s;
        }
    }
    return out;
}

/* Removes the entries of the user up to `time_s`, which an entry for all sessions of the user has made
 * redundant. */
static void take_out_of_user(struct sp_revocations *table, uint64_t user, int64_t time_s)
{
    for_each_entry(table, slot)
    {
        if (slot->user == user && slot->kind != SP_REVOCATION_USER && began_by_of(slot) <= time_s) {
            take_out(table, slot);
        }
    }
    sweep(atomic_load(&table->slots));
}

static struct slot *find_entry(struct sp_revocations *table, uint64_t key)
{
    return find(atomic_load(&table->slots), key);
}

static enum sp_revoked put(struct sp_revocations *table, uint64_t key, int64_t began_by_s,
                           const struct slot *rest, int64_t now_s)
{
    /* Updates an existing entry. */
    struct slot *slot = find_entry(table, key);
    if (slot != NULL) {
        enum sp_revoked revoked = began_by_of(slot) >= began_by_s ? SP_REVOKED_KNOWN : SP_REVOKED_ADDED;
        slot->until_s = rest->until_s > slot->until_s ? rest->until_s : slot->until_s;
        if (revoked == SP_REVOKED_ADDED) {
            atomic_store_explicit(&slot->began_by_s, began_by_s, memory_order_release);
        }
        return revoked;
    }

    /* Adds an entry, for which there must be room. */
    if (now_s - table->purged_s >= PURGE_EVERY_S || table->n == table->max_n) {
        purge(table, now_s);
    }
    enum sp_revoked revoked = SP_REVOKED_ADDED;
    if (table->n == table->max_n || !make_room(table)) {
        drop_oldest(table);
        revoked = SP_REVOKED_FULL;
    }
    fill(find_place(atomic_load(&table->slots), key), key, began_by_s, rest);
    atomic_fetch_add(&table->kinds_n[rest->kind], 1);
    table->n++;
    return revoked;
}

static enum sp_revoked add(struct sp_revocations *table, const struct sp_revocation *revocation,
                           int64_t now_s)
{
    bool is_anybodys = revocation->kind == SP_REVOCATION_LABEL || revocation->kind == SP_REVOCATION_SID;
    bool has_user = !is_anybodys && revocation->sub.len > 0;
    uint64_t user = has_user ? hash(table, SP_REVOCATION_USER, revocation->sub) : 0;
    struct slot rest = {.until_s = revocation->until_s, .kind = revocation->kind, .user = user};
    if (revocation->kind == SP_REVOCATION_USER) {
        enum sp_revoked revoked = put(table, user, revocation->began_by_s, &rest, now_s);
        take_out_of_user(table, user, revocation->began_by_s);
        return revoked;
    }
    struct slot *all = has_user ? find_entry(table, user) : NULL;
    if (all != NULL && began_by_of(all) >= revocation->began_by_s) {
        all->until_s = rest.until_s > all->until_s ? rest.until_s : all->until_s;
        return SP_REVOKED_KNOWN;
    }
    uint64_t key = key_of(table, revocation, user);
    struct of_user others = has_user ? look_at_user(table, user, now_s) : (struct of_user){0};
    if (others.n < SP_REVOCATIONS_USER_MAX || find_entry(table, key) != NULL) {
        return put(table, key, revocation->began_by_s, &rest, now_s);
    }

    /* One entry replaces all of them. */
    int64_t began_by_s = others.newest_s > revocation->began_by_s ? others.newest_s : revocation->began_by_s;
    rest.kind = SP_REVOCATION_USER;
    rest.until_s = others.until_s > rest.until_s ? others.until_s : rest.until_s;
    rest.until_s = began_by_s + revocation->lifetime_s > rest.until_s ? began_by_s + revocation->lifetime_s
                                                                      : rest.until_s;
    enum sp_revoked revoked = put(table, user, began_by_s, &rest, now_s);
    take_out_of_user(table, user, began_by_s);
    return revoked == SP_REVOKED_FULL ? SP_REVOKED_FULL : SP_REVOKED_JOINED;
}

const char *sp_revoked_name(enum sp_revoked revoked)
{
    static const char *const names[] = {
        [SP_REVOKED_ADDED] = "added",
        [SP_REVOKED_KNOWN] = "known",
        [SP_REVOKED_JOINED] = "joined",
        [SP_REVOKED_FULL] = "full",
    };
    return names[revoked];
}

enum sp_revoked sp_revocations_add(struct sp_revocations *table, const struct sp_revocation *revocation,
                                   int64_t now_s)
{
    pthread_mutex_lock(&table->writing);
    enum sp_revoked revoked = add(table, revocation, now_s);
    atomic_fetch_add(&table->changes_n, 1);
    pthread_mutex_unlock(&table->writing);
    return revoked;
}

enum sp_revoked sp_revocations_raise(struct sp_revocations *table, int64_t time_s)
{
    pthread_mutex_lock(&table->writing);
    enum sp_revoked revoked = raise_bound(table, time_s);
    atomic_fetch_add(&table->changes_n, 1);
    pthread_mutex_unlock(&table->writing);
    return revoked;
}

/* ---- saving and restoring -------------------------------------------------------------------------- */

_Static_assert(SP_REVOCATIONS_SECRET_LEN == SP_REVOCATION_KIND_COUNT * crypto_shorthash_KEYBYTES,
               "a key for each kind");

uint64_t sp_revocations_changes(const struct sp_revocations *table)
{
    return atomic_load(&table->changes_n);
}

enum sp_error sp_revocations_save(struct sp_revocations *table, struct sp_revocations_state *out)
{
    pthread_mutex_lock(&table->writing);
    struct sp_revocations_state state = {.not_before_s = sp_revocations_not_before_s(table)};
    state.entries = calloc(table->n + 1, sizeof state.entries[0]);
    if (state.entries != NULL) {
        memcpy(state.secret, table->keys, sizeof state.secret);
        for_each_entry(table, slot)
        {
            state.entries[state.entries_n++] = (struct sp_revocations_entry){
                .kind = slot->kind,
                .key = atomic_load_explicit(&slot->key, memory_order_relaxed),
                .user = slot->user,
                .began_by_s = began_by_of(slot),
                .until_s = slot->until_s,
            };
        }
    }
    pthread_mutex_unlock(&table->writing);
    if (state.entries == NULL) {
        return SP_ERR_MEMORY;
    }
    *out = state;
    return SP_OK;
}

enum sp_error sp_revocations_restore(struct sp_revocations *table, const struct sp_revocations_state *state,
                                     int64_t now_s)
{
    assert(table->n == 0);
    if (state->entries_n > table->max_n) {
        return SP_ERR_LIMIT;
    }
    memcpy(table->keys, state->secret, sizeof table->keys);
    (void)raise_bound(table, state->not_before_s);
    for (size_t i = 0; i < state->entries_n; i++) {
        const struct sp_revocations_entry *entry = &state->entries[i];
        const struct slot rest = {.until_s = entry->until_s, .user = entry->user, .kind = entry->kind};
        if (entry->until_s > now_s) {
            (void)put(table, entry->key, entry->began_by_s, &rest, now_s);
        }
    }
    return SP_OK;
}

void sp_revocations_state_done(struct sp_revocations_state *state)
{
    sodium_memzero(state->secret, sizeof state->secret);
    free(state->entries);
    *state = (struct sp_revocations_state){0};
}
