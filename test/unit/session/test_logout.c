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
    const struct sp_seal_context context = sp_sealer_context(
        &scene.sealer, SP_SEAL_LOGOUT_TOKEN, sp_cookies_session_name(&scene.cookies), scene.sealer.scope);
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

SP_SUITE("session/logout", a_token_ends_its_own_session_for_ten_minutes,
         a_token_of_another_session_ends_nothing, a_token_of_another_host_ends_nothing,
         a_truncated_token_ends_nothing, another_payload_under_the_purpose_ends_nothing)
