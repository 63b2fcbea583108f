/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "session/logout.h"

static const uint8_t session_id[SP_SESSION_ID_LEN] = "0123456789abcde";

struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    char token[SP_LOGOUT_CONFIRMATION_TEXT_MAX];
    size_t token_len;
};

static struct sp_str token_of(const struct scene *scene)
{
    return (struct sp_str){scene->token, scene->token_len};
}

static void set_up(struct scene *scene)
{
    *scene = (struct scene){.ring = new_ring("a " KEY_A "\n"), .cookies = host_cookies()};
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    struct prng prng = {59};
    struct sp_random random = prng_random(&prng);
    struct sp_buf token = SP_BUF_ON(scene->token);
    ck_assert_int_eq(sp_logout_confirmation_seal(at(&scene->sealer, NOW_S, &random), session_id, &token),
                     SP_OK);
    scene->token_len = token.len;
}

static void tear_down(struct scene *scene)
{
    sp_keyring_free(scene->ring);
}

SP_TEST(a_token_ends_its_own_session_for_ten_minutes)
{
    struct scene scene;
    set_up(&scene);
    ck_assert_uint_eq(scene.token_len, SP_LOGOUT_CONFIRMATION_TEXT_MAX);
    ck_assert_int_eq(
        sp_logout_confirmation_open(at(&scene.sealer, NOW_S, NULL), token_of(&scene), session_id), SP_OK);
    ck_assert_int_eq(
        sp_logout_confirmation_open(at(&scene.sealer, NOW_S + 599, NULL), token_of(&scene), session_id),
        SP_OK);
    ck_assert_int_eq(
        sp_logout_confirmation_open(at(&scene.sealer, NOW_S + 600, NULL), token_of(&scene), session_id),
        SP_ERR_EXPIRED);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_token_of_another_session_ends_nothing)
{
    struct scene scene;
    set_up(&scene);
    for (size_t bit = 0; bit < 8 * SP_SESSION_ID_LEN; bit++) {
        uint8_t other[SP_SESSION_ID_LEN];
        memcpy(other, session_id, sizeof other);
        other[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_eq(sp_logout_confirmation_open(at(&scene.sealer, NOW_S, NULL), token_of(&scene), other),
                         SP_ERR_MISMATCH);
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_token_of_another_host_ends_nothing)
{
    struct scene scene;
    set_up(&scene);
    scene.sealer.scope = SP_STR("b.example.com");
    ck_assert_int_eq(
        sp_logout_confirmation_open(at(&scene.sealer, NOW_S, NULL), token_of(&scene), session_id),
        SP_ERR_SIGNATURE);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_truncated_token_ends_nothing)
{
    struct scene scene;
    set_up(&scene);
    for (size_t len = 0; len < scene.token_len; len++) {
        struct sp_str cut = {scene.token, len};
        ck_assert_int_ne(sp_logout_confirmation_open(at(&scene.sealer, NOW_S, NULL), cut, session_id), SP_OK);
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(another_payload_under_the_purpose_ends_nothing)
{
    struct scene scene;
    set_up(&scene);
    struct prng prng = {61};
    struct sp_random random = prng_random(&prng);
    const struct sp_seal_context context =
        sp_sealer_context(&scene.sealer, SP_SEAL_LOGOUT_CONFIRMATION, sp_cookies_session_name(&scene.cookies),
                          scene.sealer.scope);
    const struct sp_str payloads[] = {SP_STR_NONE, SP_STR("\x01"),
                                      SP_STR("\x02\x00\x6b\x05\x6e\x30"
                                             "0123456789abcde\0"),
                                      SP_STR("\x01\x00\x6b\x05\x6e\x30"
                                             "0123456789abcde\0\0")};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        SP_BUF_SCOPED struct sp_buf token;
        sp_buf_init(&token, SP_SEAL_TEXT_MAX);
        ck_assert_int_eq(sp_seal_bytes(scene.ring, &context, NOW_S, &random, payloads[i], &token), SP_OK);
        ck_assert_int_eq(
            sp_logout_confirmation_open(at(&scene.sealer, NOW_S, NULL), sp_buf_str(&token), session_id),
            SP_ERR_SIGNATURE);
    }
    tear_down(&scene);
}
SP_TEST_END

/* ---- the state of a sign-out ------------------------------------------------------------------------- */

#define RETURN_URI SP_STR("https://auth.example.com/_sallyport/signed-out")

static size_t seal_state(struct scene *scene, struct sp_str origin, unsigned ended, char *out, size_t max)
{
    struct prng prng = {60};
    struct sp_random random = prng_random(&prng);
    const struct sp_logout_state state = {.origin = origin, .ended = ended};
    struct sp_buf text;
    sp_buf_init_fixed(&text, out, max);
    ck_assert_int_eq(sp_logout_state_seal(at(&scene->sealer, NOW_S, &random), RETURN_URI, &state, &text),
                     SP_OK);
    return text.len;
}

SP_TEST(ac_73_a_state_opens_for_ten_minutes_at_its_own_return_address)
{
    struct scene scene;
    set_up(&scene);
    char text[SP_LOGOUT_STATE_TEXT_MAX];
    struct sp_seal_storage storage;
    for (unsigned ended = 0; ended <= SP_LOGOUT_ALL; ended++) {
        size_t len = seal_state(&scene, SP_STR("https://app.example.com"), ended, text, sizeof text);
        struct sp_str sealed = {text, len};
        struct sp_logout_state state;
        ck_assert_int_eq(
            sp_logout_state_open(at(&scene.sealer, NOW_S + 599, NULL), RETURN_URI, sealed, &storage, &state),
            SP_OK);
        ck_assert_str_view(state.origin, "https://app.example.com");
        ck_assert_uint_eq(state.ended, ended);
        ck_assert_int_eq(
            sp_logout_state_open(at(&scene.sealer, NOW_S + 600, NULL), RETURN_URI, sealed, &storage, &state),
            SP_ERR_EXPIRED);
        ck_assert_int_eq(sp_logout_state_open(at(&scene.sealer, NOW_S, NULL),
                                              SP_STR("https://b.example.com/_sallyport/signed-out"), sealed,
                                              &storage, &state),
                         SP_ERR_SIGNATURE);
        for (size_t cut = 0; cut < len; cut++) {
            ck_assert_int_ne(sp_logout_state_open(at(&scene.sealer, NOW_S, NULL), RETURN_URI,
                                                  (struct sp_str){text, cut}, &storage, &state),
                             SP_OK);
        }
    }
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(a_state_holds_an_origin_of_so_many_bytes)
{
    struct scene scene;
    set_up(&scene);
    char origin[SP_LOGOUT_ORIGIN_MAX + 1];
    memset(origin, 'a', sizeof origin);
    char text[SP_LOGOUT_STATE_TEXT_MAX];
    ck_assert_uint_eq(
        seal_state(&scene, (struct sp_str){origin, SP_LOGOUT_ORIGIN_MAX}, SP_LOGOUT_ALL, text, sizeof text),
        SP_LOGOUT_STATE_TEXT_MAX);
    const struct sp_logout_state state = {.origin = {origin, sizeof origin}};
    struct sp_buf out = SP_BUF_ON(text);
    ck_assert_int_eq(sp_logout_state_seal(&scene.sealer, RETURN_URI, &state, &out), SP_ERR_LIMIT);
    tear_down(&scene);
}
SP_TEST_END

SP_SUITE("session/logout", a_token_ends_its_own_session_for_ten_minutes,
         a_token_of_another_session_ends_nothing, a_token_of_another_host_ends_nothing,
         a_truncated_token_ends_nothing, another_payload_under_the_purpose_ends_nothing,
         ac_73_a_state_opens_for_ten_minutes_at_its_own_return_address,
         a_state_holds_an_origin_of_so_many_bytes)
