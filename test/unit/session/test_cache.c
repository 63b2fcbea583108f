/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/cache.h"
#include "session/select.h"
#include "session/session_cookie.h"

#include <malloc.h>

#define VALUES_N (SP_CACHE_MAX_N + 40)

/* A host with its keys, and many values that are authentic there: "payload 0", "payload 1" and so on. */
struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    struct sp_seal_context context;
    struct sp_cache *cache;
    struct prng prng;
    char texts[VALUES_N][SP_SEAL_TEXT_LEN(32)];
    struct sp_str values[VALUES_N];
    char plains[VALUES_N][32];
};

static struct sp_str plain_of(const struct scene *scene, size_t i)
{
    return sp_str_from_c(scene->plains[i]);
}

static struct scene *new_scene(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    ck_assert_ptr_nonnull(scene);
    scene->ring = new_ring("a " KEY_A "\n");
    scene->cookies = host_cookies();
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    scene->context = sp_sealer_session_context(&scene->sealer);
    scene->cache = sp_cache_new();
    ck_assert_ptr_nonnull(scene->cache);
    scene->prng = (struct prng){11};
    struct sp_random random = prng_random(&scene->prng);
    for (size_t i = 0; i < VALUES_N; i++) {
        struct sp_buf out;
        sp_buf_init_fixed(&out, scene->texts[i], sizeof scene->texts[i]);
        snprintf(scene->plains[i], sizeof scene->plains[i], "payload %zu", i);
        ck_assert_int_eq(
            sp_seal_bytes(scene->ring, &scene->context, NOW_S, &random, plain_of(scene, i), &out), SP_OK);
        scene->values[i] = sp_buf_str(&out);
    }
    return scene;
}

static void free_scene(struct scene *scene)
{
    sp_cache_free(scene->cache);
    sp_keyring_free(scene->ring);
    free(scene);
}

static bool finds_at(struct scene *scene, const struct sp_keyring *ring,
                     const struct sp_seal_context *context, struct sp_str value, struct sp_str *plain)
{
    const struct sp_cached *cached = sp_cache_find(scene->cache, ring, context, value);
    if (cached != NULL) {
        *plain = cached->payload;
    }
    return cached != NULL;
}

/* Whether value `i` is remembered; if so, it must have its own payload. */
static bool finds(struct scene *scene, size_t i)
{
    struct sp_str plain;
    if (!finds_at(scene, scene->ring, &scene->context, scene->values[i], &plain)) {
        return false;
    }
    ck_assert(sp_str_equal(plain, plain_of(scene, i)));
    return true;
}

static void keep(struct scene *scene, size_t i)
{
    sp_cache_keep(scene->cache, scene->ring, &scene->context, scene->values[i], plain_of(scene, i));
}

/* Does what a request does: searches, opens what is missing, and keeps what opened. */
static bool ask(struct scene *scene, size_t i)
{
    bool found = finds(scene, i);
    if (!found) {
        keep(scene, i);
    }
    return found;
}

/* Whether these bytes are anywhere in the memory of the cache. */
static bool holds(const struct scene *scene, struct sp_str bytes)
{
    return memmem(scene->cache, malloc_usable_size(scene->cache), bytes.ptr, bytes.len) != NULL;
}

/* ---- finding --------------------------------------------------------------------------------------- */

SP_TEST(what_was_kept_is_found_and_nothing_else)
{
    struct scene *scene = new_scene();
    ck_assert(!finds(scene, 0));
    keep(scene, 0);
    ck_assert(finds(scene, 0));
    ck_assert(finds(scene, 0));
    ck_assert(!finds(scene, 1));
    ck_assert_uint_eq(sp_cache_count(scene->cache), 1);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(what_is_found_stays_until_something_else_is_kept)
{
    struct scene *scene = new_scene();
    struct sp_str plain;
    keep(scene, 0);
    keep(scene, 1);
    ck_assert(finds_at(scene, scene->ring, &scene->context, scene->values[0], &plain));
    ck_assert(finds(scene, 1));
    ck_assert(!finds(scene, 2));
    ck_assert(sp_str_equal(plain, plain_of(scene, 0)));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(a_note_is_forgotten_and_wiped_with_its_payload)
{
    struct scene *scene = new_scene();
    keep(scene, 0);
    struct sp_cached *cached = sp_cache_find(scene->cache, scene->ring, &scene->context, scene->values[0]);
    ck_assert_ptr_nonnull(cached);
    ck_assert_uint_eq(cached->note.subject, 0);
    cached->note.subject = 1;
    memset(cached->note.bytes, 'n', sizeof cached->note.bytes);
    sp_cache_clear(scene->cache);
    ck_assert(!holds(scene, SP_STR("nnnnnnnn")));
    keep(scene, 0);
    cached = sp_cache_find(scene->cache, scene->ring, &scene->context, scene->values[0]);
    ck_assert_uint_eq(cached->note.subject, 0);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(no_flipped_bit_is_found)
{
    struct scene *scene = new_scene();
    keep(scene, 0);
    struct sp_str value = scene->values[0];
    for (size_t bit = 0; bit < value.len * 8; bit++) {
        char text[SP_SEAL_TEXT_LEN(32)];
        struct sp_str plain;
        memcpy(text, value.ptr, value.len);
        text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
        ck_assert(!finds_at(scene, scene->ring, &scene->context, (struct sp_str){text, value.len}, &plain));
    }
    ck_assert(finds(scene, 0));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(no_shorter_or_longer_text_is_found)
{
    struct scene *scene = new_scene();
    char text[SP_SEAL_TEXT_LEN(32) + 1];
    struct sp_str plain;
    keep(scene, 0);
    struct sp_str value = scene->values[0];
    for (size_t len = 0; len < value.len; len++) {
        struct sp_str begin = {value.ptr, len};
        ck_assert(!finds_at(scene, scene->ring, &scene->context, begin, &plain));
        ck_assert(
            !finds_at(scene, scene->ring, &scene->context, sp_str_skip(value, value.len - len), &plain));
    }
    text[0] = 'A';
    memcpy(text + 1, value.ptr, value.len);
    ck_assert(!finds_at(scene, scene->ring, &scene->context, (struct sp_str){text, value.len + 1}, &plain));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(nothing_is_found_in_another_context)
{
    struct scene *scene = new_scene();
    struct sp_seal_context others[5];
    for (size_t i = 0; i < 5; i++) {
        others[i] = scene->context;
    }
    others[0].purpose = SP_SEAL_LOGIN_COOKIE;
    others[1].cookie_name = SP_STR("__Host-sallyporT");
    others[2].issuer = SP_STR("https://dex.example.com/dey");
    others[3].client_id = SP_STR("sallyporu");
    others[4].scope = SP_STR("bpp.example.com");
    keep(scene, 0);
    for (size_t i = 0; i < 5; i++) {
        struct sp_str plain;
        ck_assert(!finds_at(scene, scene->ring, &others[i], scene->values[0], &plain));
    }
    ck_assert(finds(scene, 0));
    free_scene(scene);
}
SP_TEST_END

/* The parts are stored one after the other: their borders count too. */
SP_TEST(nothing_is_found_where_the_parts_only_join_to_the_same)
{
    struct scene *scene = new_scene();
    struct sp_str plain;
    struct sp_seal_context moved = scene->context;
    scene->context.issuer = SP_STR("https://a");
    scene->context.client_id = SP_STR("bc");
    moved.issuer = SP_STR("https://ab");
    moved.client_id = SP_STR("c");
    keep(scene, 0);
    ck_assert(!finds_at(scene, scene->ring, &moved, scene->values[0], &plain));
    ck_assert(finds(scene, 0));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(another_key_ring_empties_it_also_one_of_the_same_keys)
{
    struct scene *scene = new_scene();
    struct sp_str plain;
    struct sp_keyring *same = new_ring("a " KEY_A "\n");
    ck_assert_uint_ne(sp_keyring_serial(scene->ring), sp_keyring_serial(same));
    ck_assert(!finds(scene, 0));
    keep(scene, 0);
    ck_assert(!finds_at(scene, same, &scene->context, scene->values[0], &plain));
    ck_assert_uint_eq(sp_cache_count(scene->cache), 0);
    ck_assert(!finds(scene, 0));
    ck_assert(!holds(scene, plain_of(scene, 0)));
    sp_keyring_free(same);
    free_scene(scene);
}
SP_TEST_END

/* ---- limits ---------------------------------------------------------------------------------------- */

SP_TEST(as_many_as_the_maximum_are_found_and_one_more_replaces_the_first)
{
    struct scene *scene = new_scene();
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        keep(scene, i);
    }
    ck_assert_uint_eq(sp_cache_count(scene->cache), SP_CACHE_MAX_N);
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        ck_assert(finds(scene, i));
    }
    keep(scene, SP_CACHE_MAX_N);
    ck_assert_uint_eq(sp_cache_count(scene->cache), SP_CACHE_MAX_N);
    ck_assert(!finds(scene, 0));
    for (size_t i = 1; i <= SP_CACHE_MAX_N; i++) {
        ck_assert(finds(scene, i));
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(what_is_asked_for_all_the_time_stays_while_others_pass)
{
    struct scene *scene = new_scene();
    ck_assert(!ask(scene, 0));
    for (size_t i = 1; i < VALUES_N; i++) {
        ask(scene, i);
        /* The first round of replacement evicts the first one: all of them were used. */
        bool found = ask(scene, 0);
        ck_assert(found || i == SP_CACHE_MAX_N);
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(up_to_the_ceiling_of_bytes_is_remembered_and_one_more_is_not)
{
    struct scene *scene = new_scene();
    static char bytes[SP_CACHE_BYTES_MAX];
    memset(bytes, 'o', sizeof bytes);
    size_t others_len = scene->values[0].len + scene->context.cookie_name.len + scene->context.client_id.len +
                        scene->context.scope.len + strlen(scene->plains[0]);
    scene->context.issuer = (struct sp_str){bytes, SP_CACHE_BYTES_MAX - others_len};
    ck_assert(!finds(scene, 0));
    keep(scene, 0);
    ck_assert(finds(scene, 0));
    sp_cache_clear(scene->cache);
    scene->context.issuer.len++;
    keep(scene, 0);
    ck_assert(!finds(scene, 0));
    scene->context.issuer.len = SP_CACHE_BYTES_MAX;
    keep(scene, 0);
    scene->context.issuer.len = SIZE_MAX;
    keep(scene, 0);
    ck_assert_uint_eq(sp_cache_count(scene->cache), 0);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(the_largest_cookie_at_a_usual_place_fits)
{
    ck_assert_uint_le(SP_SEAL_TEXT_MAX + SP_SEAL_PLAIN_MAX + SP_COOKIES_NAME_MAX + SP_COOKIES_DOMAIN_MAX +
                          512,
                      SP_CACHE_BYTES_MAX);
}
SP_TEST_END

/* ---- forgetting ------------------------------------------------------------------------------------ */

SP_TEST(what_nobody_asks_for_is_forgotten_and_wiped)
{
    struct scene *scene = new_scene();
    keep(scene, 0);
    keep(scene, 1);
    sp_cache_age(scene->cache);
    ck_assert(holds(scene, plain_of(scene, 1)));
    ck_assert(finds(scene, 0));
    sp_cache_age(scene->cache);
    ck_assert_uint_eq(sp_cache_count(scene->cache), 1);
    ck_assert(!holds(scene, plain_of(scene, 1)));
    ck_assert(!holds(scene, scene->values[1]));
    ck_assert(finds(scene, 0));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(what_is_replaced_is_wiped)
{
    struct scene *scene = new_scene();
    ck_assert(!finds(scene, 0));
    struct sp_str secret = SP_STR("a secret that is longer than all payloads here");
    sp_cache_keep(scene->cache, scene->ring, &scene->context, scene->values[0], secret);
    ck_assert(holds(scene, secret));
    for (size_t i = 1; i <= SP_CACHE_MAX_N; i++) {
        keep(scene, i);
    }
    ck_assert(!holds(scene, sp_str_skip(secret, secret.len - 8)));
    free_scene(scene);
}
SP_TEST_END

SP_TEST(clearing_leaves_nothing)
{
    struct scene *scene = new_scene();
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        keep(scene, i);
    }
    sp_cache_clear(scene->cache);
    ck_assert_uint_eq(sp_cache_count(scene->cache), 0);
    ck_assert(!holds(scene, SP_STR("payload")));
    ck_assert(!holds(scene, scene->context.issuer));
    ck_assert(!finds(scene, 0));
    free_scene(scene);
}
SP_TEST_END

/* ---- a slow, obvious model ------------------------------------------------------------------------- */

struct slot {
    bool taken;
    bool used;
    size_t value;
};

struct model {
    struct slot slots[SP_CACHE_MAX_N];
    size_t hand;
};

static struct slot *model_find(struct model *model, size_t value)
{
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        if (model->slots[i].taken && model->slots[i].value == value) {
            return &model->slots[i];
        }
    }
    return NULL;
}

static bool model_ask(struct model *model, size_t value)
{
    struct slot *slot = model_find(model, value);
    if (slot != NULL) {
        slot->used = true;
        return true;
    }
    for (;;) {
        slot = &model->slots[model->hand++ % SP_CACHE_MAX_N];
        if (!slot->taken || !slot->used) {
            *slot = (struct slot){.taken = true, .used = true, .value = value};
            return false;
        }
        slot->used = false;
    }
}

static void model_age(struct model *model)
{
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        model->slots[i].taken = model->slots[i].taken && model->slots[i].used;
        model->slots[i].used = false;
    }
}

static size_t model_count(const struct model *model)
{
    size_t n = 0;
    for (size_t i = 0; i < SP_CACHE_MAX_N; i++) {
        n += model->slots[i].taken;
    }
    return n;
}

SP_TEST(random_operations_end_as_those_of_a_slow_model)
{
    struct scene *scene = new_scene();
    struct model model = {0};
    struct prng prng = {5};
    size_t found_n = 0;
    for (size_t step = 0; step < 40000; step++) {
        size_t what = prng_below(&prng, 500);
        /* Half of the time only a few are used, half of the time all. */
        size_t value = prng_below(&prng, step / 1000 % 2 == 0 ? 20 : VALUES_N);
        if (what == 0) {
            sp_cache_age(scene->cache);
            model_age(&model);
        } else if (what == 1 && step % 8 == 0) {
            sp_cache_clear(scene->cache);
            size_t hand = model.hand;
            model = (struct model){.hand = hand};
        } else {
            bool found = ask(scene, value);
            ck_assert_int_eq(found, model_ask(&model, value));
            found_n += found;
        }
        ck_assert_uint_eq(sp_cache_count(scene->cache), model_count(&model));
    }
    ck_assert_uint_gt(found_n, 20000);
    ck_assert_uint_lt(found_n, 39000);
    free_scene(scene);
}
SP_TEST_END

/* ---- sessions ------------------------------------------------------------------------------------- */

static struct sp_str make_session(struct scene *scene, const char *sub, int64_t expires_s,
                                  char storage[SP_COOKIES_LINE_MAX])
{
    return session_value(&scene->sealer, &scene->prng, sub, NOW_S - 9, expires_s, storage);
}

static enum sp_selection_kind select_at(struct scene *scene, const struct sp_str *values, size_t values_n,
                                        int64_t now_s, struct sp_selection *out)
{
    memset(out, 0x5a, sizeof *out);
    scene->sealer.cache = scene->cache;
    sp_select_session(at(&scene->sealer, now_s, NULL), values, values_n, out);
    return out->kind;
}

SP_TEST(a_remembered_session_is_the_same_and_is_over_in_time)
{
    struct scene *scene = new_scene();
    static struct sp_selection selection;
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str value = make_session(scene, "ada", NOW_S + 100, storage);
    for (int64_t now_s = NOW_S + 98; now_s < NOW_S + 102; now_s++) {
        enum sp_selection_kind expected = now_s < NOW_S + 100 ? SP_SELECTION_VALID : SP_SELECTION_EXPIRED;
        ck_assert_int_eq(select_at(scene, &value, 1, now_s, &selection), expected);
        ck_assert_str_view(selection.session->profile.sub, "ada");
        ck_assert_int_eq(selection.session->expires_s, NOW_S + 100);
        ck_assert_uint_eq(sp_cache_count(scene->cache), 1);
    }
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S + 99, &selection), SP_SELECTION_VALID);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(two_remembered_sessions_that_differ_are_nobody)
{
    struct scene *scene = new_scene();
    static struct sp_selection selection;
    char storages[2][SP_COOKIES_LINE_MAX];
    struct sp_str values[] = {make_session(scene, "ada", NOW_S + 100, storages[0]),
                              make_session(scene, "eve", NOW_S + 100, storages[1])};
    for (size_t round = 0; round < 3; round++) {
        ck_assert_int_eq(select_at(scene, &values[0], 1, NOW_S, &selection), SP_SELECTION_VALID);
        ck_assert_str_view(selection.session->profile.sub, "ada");
        ck_assert_int_eq(select_at(scene, &values[1], 1, NOW_S, &selection), SP_SELECTION_VALID);
        ck_assert_str_view(selection.session->profile.sub, "eve");
        ck_assert_int_eq(select_at(scene, values, 2, NOW_S, &selection), SP_SELECTION_AMBIGUOUS);
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(a_session_is_remembered_at_its_own_host_only)
{
    struct scene *scene = new_scene();
    static struct sp_selection selection;
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str value = make_session(scene, "ada", NOW_S + 100, storage);
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S, &selection), SP_SELECTION_VALID);
    scene->sealer.scope = SP_STR("other.example.com");
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S, &selection), SP_SELECTION_INVALID);
    ck_assert_uint_eq(sp_cache_count(scene->cache), 1);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(what_does_not_open_or_is_no_session_is_not_remembered)
{
    struct scene *scene = new_scene();
    static struct sp_selection selection;
    struct sp_str values[] = {SP_STR("junk"), scene->values[0]};
    ck_assert_int_eq(select_at(scene, values, 2, NOW_S, &selection), SP_SELECTION_INVALID);
    ck_assert_uint_eq(sp_cache_count(scene->cache), 0);
    free_scene(scene);
}
SP_TEST_END

SP_SUITE("session/cache", what_was_kept_is_found_and_nothing_else,
         what_is_found_stays_until_something_else_is_kept, a_note_is_forgotten_and_wiped_with_its_payload,
         no_flipped_bit_is_found, no_shorter_or_longer_text_is_found, nothing_is_found_in_another_context,
         nothing_is_found_where_the_parts_only_join_to_the_same,
         another_key_ring_empties_it_also_one_of_the_same_keys,
         as_many_as_the_maximum_are_found_and_one_more_replaces_the_first,
         what_is_asked_for_all_the_time_stays_while_others_pass,
         up_to_the_ceiling_of_bytes_is_remembered_and_one_more_is_not,
         the_largest_cookie_at_a_usual_place_fits, what_nobody_asks_for_is_forgotten_and_wiped,
         what_is_replaced_is_wiped, clearing_leaves_nothing, random_operations_end_as_those_of_a_slow_model,
         a_remembered_session_is_the_same_and_is_over_in_time, two_remembered_sessions_that_differ_are_nobody,
         a_session_is_remembered_at_its_own_host_only, what_does_not_open_or_is_no_session_is_not_remembered)
