/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revoke_message.h"

#include "fixture.h"
#include "session/wire.h"

#include <stdlib.h>

#define SKEW_S 60

struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    struct prng prng;
    struct sp_random random;
    struct sp_seal_storage storage;
    struct sp_revoke_message opened;
    char text[SP_REVOKE_MESSAGE_MAX];
    struct sp_buf sealed;
};

static struct scene *new_scene(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    ck_assert_ptr_nonnull(scene);
    scene->ring = new_ring("a " KEY_A "\n");
    scene->cookies = host_cookies();
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    scene->prng = (struct prng){31};
    scene->random = prng_random(&scene->prng);
    sp_buf_init_fixed(&scene->sealed, scene->text, sizeof scene->text);
    return scene;
}

static void free_scene(struct scene **scene)
{
    sp_keyring_free((*scene)->ring);
    free(*scene);
}

#define SCENE __attribute__((cleanup(free_scene))) struct scene *

static enum sp_error seal(struct scene *scene, enum sp_revoke_kind kind, struct sp_str value, int64_t bound_s)
{
    struct sp_revoke_message message = {kind, value, bound_s};
    sp_buf_clear(&scene->sealed);
    return sp_revoke_message_seal(at(&scene->sealer, NOW_S, &scene->random), &message, &scene->sealed);
}

static enum sp_error open_at(struct scene *scene, struct sp_str text, int64_t now_s)
{
    return sp_revoke_message_open(at(&scene->sealer, now_s, NULL), text, SKEW_S, &scene->storage,
                                  &scene->opened);
}

SP_TEST(what_is_sealed_is_what_opens)
{
    SCENE scene = new_scene();
    const struct {
        enum sp_revoke_kind kind;
        const char *value;
        int64_t bound_s;
    } said[] = {{SP_REVOKE_SUB, "CiQw", NOW_S},
                {SP_REVOKE_SID, "s-1", NOW_S},
                {SP_REVOKE_LABEL, "7f3a2b1c", NOW_S},
                {SP_REVOKE_ALL, "", NOW_S - 1000},
                {SP_REVOKE_ALL, "", NOW_S}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        ck_assert_int_eq(seal(scene, said[i].kind, sp_str_from_c(said[i].value), said[i].bound_s), SP_OK);
        ck_assert_uint_le(scene->sealed.len, SP_REVOKE_MESSAGE_MAX);
        ck_assert_int_eq(open_at(scene, sp_buf_str(&scene->sealed), NOW_S), SP_OK);
        ck_assert_int_eq(scene->opened.kind, said[i].kind);
        ck_assert(sp_str_equal(scene->opened.value, sp_str_from_c(said[i].value)));
        ck_assert_int_eq(scene->opened.bound_s, said[i].bound_s);
    }
}
SP_TEST_END

/* Whenever it arrives, the time of sealing counts. */
SP_TEST(a_message_says_when_it_was_sealed_and_not_what_the_caller_likes)
{
    SCENE scene = new_scene();
    ck_assert_int_eq(seal(scene, SP_REVOKE_SUB, SP_STR("ada"), NOW_S + 100000), SP_OK);
    ck_assert_int_eq(open_at(scene, sp_buf_str(&scene->sealed), NOW_S + 50), SP_OK);
    ck_assert_int_eq(scene->opened.bound_s, NOW_S);
}
SP_TEST_END

SP_TEST(a_message_is_taken_for_a_minute_beside_the_skew)
{
    SCENE scene = new_scene();
    ck_assert_int_eq(seal(scene, SP_REVOKE_SUB, SP_STR("ada"), 0), SP_OK);
    struct sp_str text = sp_buf_str(&scene->sealed);
    int64_t last_s = NOW_S + SP_REVOKE_MESSAGE_LIFETIME_S + SKEW_S - 1;
    ck_assert_int_eq(open_at(scene, text, last_s), SP_OK);
    ck_assert_int_eq(open_at(scene, text, last_s + 1), SP_ERR_EXPIRED);
    ck_assert_int_eq(open_at(scene, text, NOW_S - SKEW_S), SP_OK);
    ck_assert_int_eq(open_at(scene, text, NOW_S - SKEW_S - 1), SP_ERR_EXPIRED);
}
SP_TEST_END

SP_TEST(what_cannot_be_meant_is_not_sealed)
{
    SCENE scene = new_scene();
    char longest[SP_REVOKE_VALUE_MAX + 1];
    memset(longest, 'x', sizeof longest);
    struct sp_str value = {longest, SP_REVOKE_VALUE_MAX};
    ck_assert_int_eq(seal(scene, SP_REVOKE_SUB, value, 0), SP_OK);
    ck_assert_int_eq(open_at(scene, sp_buf_str(&scene->sealed), NOW_S), SP_OK);
    value.len++;
    ck_assert_int_eq(seal(scene, SP_REVOKE_SUB, value, 0), SP_ERR_FORMAT);
    ck_assert_int_eq(seal(scene, SP_REVOKE_SID, SP_STR_NONE, 0), SP_ERR_FORMAT);
    static const char *const labels[] = {"", "7f3a2b1", "7f3a2b1c0", "7F3A2B1C", "7f3a2b1g"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        ck_assert_int_eq(seal(scene, SP_REVOKE_LABEL, sp_str_from_c(labels[i]), 0), SP_ERR_FORMAT);
    }
    ck_assert_int_eq(seal(scene, SP_REVOKE_ALL, SP_STR_NONE, NOW_S + 1), SP_ERR_FORMAT);
    ck_assert_int_eq(seal(scene, SP_REVOKE_ALL, SP_STR_NONE, -1), SP_ERR_FORMAT);
    ck_assert_int_eq(seal(scene, SP_REVOKE_ALL, SP_STR("x"), 0), SP_ERR_FORMAT);
    ck_assert_int_eq(seal(scene, (enum sp_revoke_kind)0, SP_STR("x"), 0), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_30_a_message_of_another_environment_or_kind_of_value_says_nothing)
{
    SCENE scene = new_scene();
    ck_assert_int_eq(seal(scene, SP_REVOKE_ALL, SP_STR_NONE, NOW_S), SP_OK);
    struct sp_str text = sp_buf_str(&scene->sealed);
    struct sp_sealer own = scene->sealer;
    scene->sealer.issuer = SP_STR("https://other.example");
    ck_assert_int_eq(open_at(scene, text, NOW_S), SP_ERR_SIGNATURE);
    scene->sealer = own;
    scene->sealer.client_id = SP_STR("other");
    ck_assert_int_eq(open_at(scene, text, NOW_S), SP_ERR_SIGNATURE);
    scene->sealer = own;
    struct sp_keyring *other = new_ring("a " KEY_B "\n");
    scene->sealer.keys = other;
    ck_assert_int_eq(open_at(scene, text, NOW_S), SP_ERR_SIGNATURE);
    sp_keyring_free(other);
    scene->sealer = own;

    /* the same bytes, sealed as a logout token */
    struct sp_seal_context context = sp_sealer_context(&scene->sealer, SP_SEAL_LOGOUT_CONFIRMATION,
                                                       sp_cookies_session_name(&scene->cookies), SP_STR_NONE);
    SP_BUF_ON_STACK(payload, 64);
    sp_wire_write_u8(&payload, 1);
    sp_wire_write_time(&payload, NOW_S);
    sp_wire_write_u8(&payload, SP_REVOKE_ALL);
    sp_wire_write_time(&payload, NOW_S);
    sp_wire_write_str(&payload, SP_STR_NONE);
    sp_buf_clear(&scene->sealed);
    ck_assert_int_eq(
        sp_sealer_seal(at(&scene->sealer, NOW_S, &scene->random), &context, &payload, &scene->sealed), SP_OK);
    ck_assert_int_eq(open_at(scene, sp_buf_str(&scene->sealed), NOW_S), SP_ERR_SIGNATURE);
}
SP_TEST_END

SP_TEST(no_part_of_a_message_and_no_flipped_bit_of_one_opens)
{
    SCENE scene = new_scene();
    ck_assert_int_eq(seal(scene, SP_REVOKE_SUB, SP_STR("ada"), 0), SP_OK);
    char text[SP_REVOKE_MESSAGE_MAX + 1];
    size_t len = scene->sealed.len;
    memcpy(text, scene->text, len);
    for (size_t cut = 0; cut < len; cut++) {
        ck_assert_int_ne(open_at(scene, (struct sp_str){text, cut}, NOW_S), SP_OK);
    }
    for (size_t bit = 0; bit < 8 * len; bit++) {
        text[bit / 8] ^= (char)(1 << bit % 8);
        ck_assert_int_ne(open_at(scene, (struct sp_str){text, len}, NOW_S), SP_OK);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
    ck_assert_int_eq(open_at(scene, (struct sp_str){text, len}, NOW_S), SP_OK);
    char longest[SP_REVOKE_MESSAGE_MAX + 1];
    memset(longest, 'A', sizeof longest);
    ck_assert_int_eq(open_at(scene, (struct sp_str){longest, sizeof longest}, NOW_S), SP_ERR_SIGNATURE);
}
SP_TEST_END

SP_SUITE("revoke_message", what_is_sealed_is_what_opens,
         a_message_says_when_it_was_sealed_and_not_what_the_caller_likes,
         a_message_is_taken_for_a_minute_beside_the_skew, what_cannot_be_meant_is_not_sealed,
         ac_30_a_message_of_another_environment_or_kind_of_value_says_nothing,
         no_part_of_a_message_and_no_flipped_bit_of_one_opens)
