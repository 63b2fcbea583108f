/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/select.h"
#include "session/session_cookie.h"

#define LIFETIME_S 43200

/* A host with its keys, the values of some cookies made for it, and what is selected from them. */
struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    struct prng prng;
    struct sp_selection selection;
};

static struct scene *new_scene(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    ck_assert_ptr_nonnull(scene);
    scene->ring = new_ring("a " KEY_A "\n");
    scene->cookies = host_cookies();
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    scene->prng = (struct prng){47};
    return scene;
}

static void free_scene(struct scene *scene)
{
    sp_keyring_free(scene->ring);
    free(scene);
}

static struct sp_str make_value(struct scene *scene, const struct sp_sealer *sealer, const char *sub,
                                int64_t expires_s, char storage[SP_COOKIES_LINE_MAX])
{
    return session_value(sealer, &scene->prng, sub, expires_s - 1, expires_s, storage);
}

static enum sp_selection_kind select_at(struct scene *scene, const struct sp_str *values, size_t values_n,
                                        int64_t now_s)
{
    memset(&scene->selection, 0x5a, sizeof scene->selection);
    sp_select_session(at(&scene->sealer, now_s, NULL), values, values_n, &scene->selection);
    return scene->selection.kind;
}

SP_TEST(without_a_cookie_there_is_no_session)
{
    struct scene *scene = new_scene();
    ck_assert_int_eq(select_at(scene, NULL, 0, NOW_S), SP_SELECTION_NONE);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(one_authentic_value_is_the_session)
{
    struct scene *scene = new_scene();
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str value = make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage);
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S), SP_SELECTION_VALID);
    ck_assert_str_view(scene->selection.session->profile.sub, "ada");
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S + LIFETIME_S - 1), SP_SELECTION_VALID);
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S + LIFETIME_S), SP_SELECTION_EXPIRED);
    ck_assert_str_view(scene->selection.session->profile.sub, "ada");
    free_scene(scene);
}
SP_TEST_END

SP_TEST(values_that_do_not_open_are_as_if_not_there)
{
    struct scene *scene = new_scene();
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str good = make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage);
    struct sp_str cut = {good.ptr, good.len - 1};
    for (size_t at = 0; at < SP_SELECT_VALUES_MAX_N; at++) {
        struct sp_str values[] = {SP_STR("junk"), cut, SP_STR(""), SP_STR("junk")};
        ck_assert_int_eq(select_at(scene, values, 4, NOW_S), SP_SELECTION_INVALID);
        values[at] = good;
        ck_assert_int_eq(select_at(scene, values, 4, NOW_S), SP_SELECTION_VALID);
        ck_assert_str_view(scene->selection.session->profile.sub, "ada");
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(one_value_several_times_counts_once)
{
    struct scene *scene = new_scene();
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str good = make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage);
    struct sp_str values[] = {good, good, SP_STR("junk"), good};
    ck_assert_int_eq(select_at(scene, values, 4, NOW_S), SP_SELECTION_VALID);
    ck_assert_str_view(scene->selection.session->profile.sub, "ada");
    free_scene(scene);
}
SP_TEST_END

SP_TEST(two_authentic_values_that_differ_are_nobody)
{
    struct scene *scene = new_scene();
    char storage_a[SP_COOKIES_LINE_MAX];
    char storage_b[SP_COOKIES_LINE_MAX];
    struct sp_str a = make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage_a);
    struct sp_str b = make_value(scene, &scene->sealer, "mallory", NOW_S + LIFETIME_S, storage_b);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            struct sp_str values[] = {SP_STR("j"), SP_STR("j"), SP_STR("j"), SP_STR("j")};
            values[i] = a;
            values[k] = b;
            ck_assert_int_eq(select_at(scene, values, 4, NOW_S),
                             i == k ? SP_SELECTION_VALID : SP_SELECTION_AMBIGUOUS);
        }
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(one_session_sealed_twice_is_two_values)
{
    struct scene *scene = new_scene();
    char storage_a[SP_COOKIES_LINE_MAX];
    char storage_b[SP_COOKIES_LINE_MAX];
    struct sp_str values[] = {make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage_a),
                              make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage_b)};
    ck_assert_int_eq(select_at(scene, values, 2, NOW_S), SP_SELECTION_AMBIGUOUS);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(one_that_is_over_beside_one_that_holds_is_ambiguous)
{
    struct scene *scene = new_scene();
    char storage_a[SP_COOKIES_LINE_MAX];
    char storage_b[SP_COOKIES_LINE_MAX];
    struct sp_str over = make_value(scene, &scene->sealer, "ada", NOW_S - 1, storage_a);
    struct sp_str holds = make_value(scene, &scene->sealer, "ada", NOW_S + 1, storage_b);
    ck_assert_int_eq(select_at(scene, (struct sp_str[]){over, holds}, 2, NOW_S), SP_SELECTION_AMBIGUOUS);
    ck_assert_int_eq(select_at(scene, (struct sp_str[]){holds, over}, 2, NOW_S), SP_SELECTION_AMBIGUOUS);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(four_values_are_opened_and_five_are_ambiguous_unread)
{
    struct scene *scene = new_scene();
    char storage[SP_COOKIES_LINE_MAX];
    struct sp_str good = make_value(scene, &scene->sealer, "ada", NOW_S + LIFETIME_S, storage);
    struct sp_str values[] = {SP_STR("j"), SP_STR("j"), SP_STR("j"), good};
    ck_assert_int_eq(select_at(scene, values, SP_SELECT_VALUES_MAX_N, NOW_S), SP_SELECTION_VALID);
    ck_assert_int_eq(select_at(scene, values, SP_SELECT_VALUES_MAX_N + 1, NOW_S), SP_SELECTION_AMBIGUOUS);
    ck_assert_int_eq(select_at(scene, NULL, 100000, NOW_S), SP_SELECTION_AMBIGUOUS);
    free_scene(scene);
}
SP_TEST_END

SP_TEST(a_session_of_another_host_client_or_issuer_is_invalid)
{
    struct scene *scene = new_scene();
    struct sp_sealer others[] = {scene->sealer, scene->sealer, scene->sealer, scene->sealer};
    others[0].scope = SP_STR("b.example.com");
    others[1].client_id = SP_STR("other");
    others[2].issuer = SP_STR("https://dex.staging.example.com/dex");
    struct sp_cookies plain;
    ck_assert_int_eq(sp_cookies_init(&plain, SP_COOKIES_PLAIN_HTTP, SP_STR("sallyport"), SP_STR_NONE), SP_OK);
    others[3].cookies = &plain;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char storage[SP_COOKIES_LINE_MAX];
        struct sp_str value = make_value(scene, &others[i], "ada", NOW_S + LIFETIME_S, storage);
        ck_assert_int_eq(select_at(scene, &value, 1, NOW_S), SP_SELECTION_INVALID);
    }
    free_scene(scene);
}
SP_TEST_END

SP_TEST(something_authentic_that_is_no_session_is_invalid)
{
    struct scene *scene = new_scene();
    struct sp_seal_context context = sp_sealer_session_context(&scene->sealer);
    struct sp_random random = prng_random(&scene->prng);
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_seal_bytes(scene->ring, &context, NOW_S, &random, SP_STR("\x02later"), &out), SP_OK);
    struct sp_str value = sp_buf_str(&out);
    ck_assert_int_eq(select_at(scene, &value, 1, NOW_S), SP_SELECTION_INVALID);
    free_scene(scene);
}
SP_TEST_END

SP_SUITE("session/select", without_a_cookie_there_is_no_session, one_authentic_value_is_the_session,
         values_that_do_not_open_are_as_if_not_there, one_value_several_times_counts_once,
         two_authentic_values_that_differ_are_nobody, one_session_sealed_twice_is_two_values,
         one_that_is_over_beside_one_that_holds_is_ambiguous,
         four_values_are_opened_and_five_are_ambiguous_unread,
         a_session_of_another_host_client_or_issuer_is_invalid,
         something_authentic_that_is_no_session_is_invalid)
