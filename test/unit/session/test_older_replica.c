/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Replicas of two versions run side by side during an upgrade, and each receives what the other sealed. This
 * file opens a value the way release 0.1.0 does, written again from the layouts alone: it accepts no unknown
 * byte. Values sealed now must open that way. The other direction is in gate/test_older_values.c.
 */

#include "fixture.h"

#include "session/login.h"
#include "session/logout.h"
#include "session/session_cookie.h"

#include <sodium.h>

#define REDIRECT_URI "https://app.example.com/_sallyport/callback"
#define KEY_ID       "a"

/* ---- opening as release 0.1.0 does ------------------------------------------------------------------ */

/* The plain bytes of a value, and how far they have been read. */
struct reading {
    uint8_t bytes[4096];
    size_t at;
    size_t len;
};

static void append_part(uint8_t *ad, size_t *len, struct sp_str part)
{
    const uint8_t prefix[] = {0, 0, (uint8_t)(part.len >> 8), (uint8_t)part.len};
    memcpy(ad + *len, prefix, sizeof prefix);
    memcpy(ad + *len + sizeof prefix, part.ptr, part.len);
    *len += sizeof prefix + part.len;
}

/* version 1 | tag of the key 4 | nonce 24 | ciphertext | authenticator 16 */
static struct reading open_value(const struct sp_sealer *sealer, char purpose, struct sp_str cookie_name,
                                 struct sp_str scope, struct sp_str value)
{
    uint8_t sealed[4096];
    uint8_t key[32];
    uint8_t ad[4096];
    size_t sealed_len = 0;
    size_t ad_len = 0;
    ck_assert_int_eq(sodium_base642bin(sealed, sizeof sealed, value.ptr, value.len, NULL, &sealed_len, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    ck_assert_int_eq(sodium_base642bin(key, sizeof key, KEY_A, strlen(KEY_A), NULL, NULL, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    const struct sp_str parts[] = {{&purpose, 1},  SP_STR("\x01"),    SP_STR(KEY_ID), cookie_name,
                                   sealer->issuer, sealer->client_id, scope};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        append_part(ad, &ad_len, parts[i]);
    }
    struct reading reading = {.at = 0};
    unsigned long long len = 0;
    ck_assert_uint_eq(sealed[0], 1);
    ck_assert_int_eq(crypto_aead_xchacha20poly1305_ietf_decrypt(reading.bytes, &len, NULL, sealed + 29,
                                                                sealed_len - 29, ad, ad_len, sealed + 5, key),
                     0);
    reading.len = (size_t)len;
    return reading;
}

static struct sp_str take(struct reading *reading, size_t len)
{
    ck_assert_uint_le(len, reading->len - reading->at);
    struct sp_str taken = {(const char *)reading->bytes + reading->at, len};
    reading->at += len;
    return taken;
}

static uint64_t take_number(struct reading *reading, size_t len)
{
    struct sp_str bytes = take(reading, len);
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        number = number << 8 | (uint8_t)bytes.ptr[i];
    }
    return number;
}

/* A length or a count: one byte below 128, else two. */
static size_t take_length(struct reading *reading)
{
    size_t length = take_number(reading, 1);
    if (length < 0x80) {
        return length;
    }
    length = (length & 0x7f) << 8 | take_number(reading, 1);
    ck_assert_uint_ge(length, 0x80);
    return length;
}

static struct sp_str take_text(struct reading *reading)
{
    return take(reading, take_length(reading));
}

static void assert_at_end(const struct reading *reading)
{
    ck_assert_uint_eq(reading->at, reading->len);
}

/* ---- what this version seals ------------------------------------------------------------------------ */

struct scene {
    struct sp_keyring *ring;
    struct sp_cookies cookies;
    struct sp_sealer sealer;
    struct prng prng;
    struct sp_random random;
};

static void set_up(struct scene *scene)
{
    *scene = (struct scene){.ring = new_ring(KEY_ID " " KEY_A "\n"), .cookies = host_cookies(), .prng = {83}};
    scene->sealer = sealer_of(scene->ring, &scene->cookies);
    scene->random = prng_random(&scene->prng);
}

static void tear_down(struct scene *scene)
{
    sp_keyring_free(scene->ring);
}

/* state: version 1 | login id 12 | issued 5 | length 2, origin | length 2, path and query */
static void check_state(const struct scene *scene, const struct sp_login_started *started)
{
    struct sp_str session_name = sp_cookies_session_name(&scene->cookies);
    struct reading state =
        open_value(&scene->sealer, 2, session_name, SP_STR(REDIRECT_URI), sp_login_started_state(started));
    ck_assert_uint_eq(take_number(&state, 1), 1);
    char login_id[2 * SP_LOGIN_ID_LEN + 1];
    sodium_bin2hex(login_id, sizeof login_id, (const uint8_t *)take(&state, SP_LOGIN_ID_LEN).ptr,
                   SP_LOGIN_ID_LEN);
    ck_assert_str_view(sp_login_id_str(&started->login_id), login_id);
    ck_assert_uint_eq(take_number(&state, 5), NOW_S);
    ck_assert_str_view(take(&state, take_number(&state, 2)), "https://app.example.com");
    ck_assert_str_view(take(&state, take_number(&state, 2)), "/a?b=c");
    assert_at_end(&state);
}

/* login cookie: version 1 | issued 5 | attempts 1 | verifier 32 | nonce 32 */
static void check_login_cookie(const struct scene *scene, const struct sp_login_started *started)
{
    struct sp_login_cookie_name name = sp_cookies_login_name(&scene->cookies, &started->login_id);
    struct sp_str cookie_name = sp_login_cookie_name_str(&name);
    ck_assert_uint_eq(cookie_name.len, strlen("__Host-sallyport-") + 24);
    struct reading cookie =
        open_value(&scene->sealer, 3, cookie_name, scene->sealer.scope, sp_login_started_cookie(started));
    ck_assert_uint_eq(take_number(&cookie, 1), 1);
    ck_assert_uint_eq(take_number(&cookie, 5), NOW_S);
    ck_assert_uint_eq(take_number(&cookie, 1), 3);
    take(&cookie, 64);
    assert_at_end(&cookie);
}

SP_TEST(a_login_that_begins_now_can_be_completed_there_on_either_try)
{
    static const enum sp_login_try tries[] = {SP_LOGIN_FIRST_TRY, SP_LOGIN_SECOND_TRY};
    struct scene scene;
    set_up(&scene);
    for (size_t i = 0; i < 2; i++) {
        const struct sp_login_target target = {
            .origin = SP_STR("https://app.example.com"),
            .path = SP_STR("/a?b=c"),
            .attempts = 3,
            .which_try = tries[i],
        };
        struct sp_login_started started;
        ck_assert_int_eq(
            sp_login_begin(at(&scene.sealer, NOW_S, &scene.random), SP_STR(REDIRECT_URI), &target, &started),
            SP_OK);
        ck_assert_int_eq(sp_login_id_try(&started.login_id), tries[i]);
        check_state(&scene, &started);
        check_login_cookie(&scene, &started);
    }
    tear_down(&scene);
}
SP_TEST_END

/* marker: version 1 | issued 5 */
SP_TEST(a_marker_of_now_is_one_there)
{
    struct scene scene;
    set_up(&scene);
    struct sp_login_id login_id = sp_login_id_new(SP_LOGIN_FIRST_TRY, NOW_S, &scene.random);
    struct sp_login_cookie_name name = sp_cookies_login_name(&scene.cookies, &login_id);
    SP_BUF_SCOPED struct sp_buf marker;
    sp_buf_init(&marker, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_login_marker_seal(at(&scene.sealer, NOW_S, &scene.random), &login_id, &marker),
                     SP_OK);
    struct reading reading = open_value(&scene.sealer, 4, sp_login_cookie_name_str(&name), scene.sealer.scope,
                                        sp_buf_str(&marker));
    ck_assert_uint_eq(take_number(&reading, 1), 1);
    ck_assert_uint_eq(take_number(&reading, 5), NOW_S);
    assert_at_end(&reading);
    tear_down(&scene);
}
SP_TEST_END

/* logout token: version 1 | issued 5 | session id 16 */
SP_TEST(a_form_of_now_signs_out_there)
{
    struct scene scene;
    set_up(&scene);
    const uint8_t id[SP_SESSION_ID_LEN] = "0123456789abcde";
    SP_BUF_SCOPED struct sp_buf token;
    sp_buf_init(&token, SP_SEAL_TEXT_MAX);
    ck_assert_int_eq(sp_logout_confirmation_seal(at(&scene.sealer, NOW_S, &scene.random), id, &token), SP_OK);
    struct reading reading = open_value(&scene.sealer, 5, sp_cookies_session_name(&scene.cookies),
                                        scene.sealer.scope, sp_buf_str(&token));
    ck_assert_uint_eq(take_number(&reading, 1), 1);
    ck_assert_uint_eq(take_number(&reading, 5), NOW_S);
    ck_assert_mem_eq(take(&reading, sizeof id).ptr, id, sizeof id);
    assert_at_end(&reading);
    tear_down(&scene);
}
SP_TEST_END

/*
 * version 1 | id 16 | login_at 5 | auth_time 5 | issued 5 | renew_after 5 | renew_by 5 | expires 5
 * | email_verified 1 | issuer | sub | sid | email | name | preferred_username
 * | count, groups | count, (claim name, value) | refresh token | packed ID token
 */
static void check_session(struct reading *reading, const struct sp_session *session)
{
    ck_assert_uint_eq(take_number(reading, 1), 1);
    ck_assert_mem_eq(take(reading, 16).ptr, session->id, 16);
    const int64_t times_s[] = {session->login_at_s,    session->auth_time_s, session->issued_s,
                               session->renew_after_s, session->renew_by_s,  session->expires_s};
    for (size_t i = 0; i < 6; i++) {
        ck_assert_int_eq((int64_t)take_number(reading, 5), times_s[i]);
    }
    ck_assert_uint_eq(take_number(reading, 1), session->profile.email_verified);
    const struct sp_str texts[] = {session->profile.issuer, session->profile.sub,
                                   session->profile.sid,    session->profile.email,
                                   session->profile.name,   session->profile.preferred_username};
    for (size_t i = 0; i < 6; i++) {
        ck_assert(sp_str_equal(take_text(reading), texts[i]));
    }
    ck_assert_uint_eq(take_length(reading), session->profile.groups_n);
    for (size_t i = 0; i < session->profile.groups_n; i++) {
        ck_assert(sp_str_equal(take_text(reading), session->profile.groups[i]));
    }
    ck_assert_uint_eq(take_length(reading), session->profile.claims_n);
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        ck_assert(sp_str_equal(take_text(reading), session->profile.claims[i].name));
        ck_assert(sp_str_equal(take_text(reading), session->profile.claims[i].value));
    }
    ck_assert(sp_str_equal(take_text(reading), session->grant.token));
    ck_assert(sp_str_equal(take_text(reading), session->id_token_packed));
    assert_at_end(reading);
}

static void check_session_cookie(struct scene *scene, const struct sp_session *session)
{
    SP_BUF_SCOPED struct sp_buf line;
    sp_buf_init(&line, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_session_cookie_write(at(&scene->sealer, NOW_S, &scene->random), session, NULL, &line),
                     SP_OK);
    struct sp_str value = {line.ptr, sp_str_find(sp_buf_str(&line), ';')};
    ck_assert(sp_str_starts_with(value, SP_STR("__Host-sallyport=")));
    value = sp_str_skip(value, strlen("__Host-sallyport="));
    struct reading reading =
        open_value(&scene->sealer, 1, SP_STR("__Host-sallyport"), scene->sealer.scope, value);
    check_session(&reading, session);
}

SP_TEST(a_session_of_now_is_one_there)
{
    struct scene scene;
    set_up(&scene);
    struct sp_session session = {.issued_s = NOW_S,
                                 .expires_s = NOW_S + 3600,
                                 .profile.issuer = SP_STR("i"),
                                 .profile.sub = SP_STR("s")};
    check_session_cookie(&scene, &session);
    session.login_at_s = NOW_S - 100;
    session.auth_time_s = NOW_S - 200;
    session.renew_after_s = NOW_S + 1000;
    session.renew_by_s = NOW_S + 2000;
    session.profile.email_verified = SP_EMAIL_VERIFIED_YES;
    session.profile.sid = SP_STR("issuer-session");
    session.profile.email = SP_STR("ada@example.com");
    session.profile.name = SP_STR("Ada Lovelace");
    session.profile.preferred_username = SP_STR("ada");
    session.grant.token = SP_STR("refresh");
    session.id_token_packed = SP_STR("\x00\x02\x00\x02{}{}sig");
    for (size_t i = 0; i < 200; i++) {
        ck_assert_int_eq(sp_profile_add_group(&session.profile, SP_STR("ops")), SP_OK);
    }
    ck_assert_int_eq(sp_profile_add_claim(&session.profile, SP_STR("department"), SP_STR("engines")), SP_OK);
    check_session_cookie(&scene, &session);
    tear_down(&scene);
}
SP_TEST_END

SP_TEST(facts_are_a_claim_without_a_name_there)
{
    struct scene scene;
    set_up(&scene);
    struct sp_session session = {.issued_s = NOW_S,
                                 .expires_s = NOW_S + 3600,
                                 .profile.issuer = SP_STR("i"),
                                 .profile.sub = SP_STR("s"),
                                 .profile.facts_mark = 0x01020304050607,
                                 .profile.facts = {0, 5}};
    ck_assert_int_eq(sp_profile_add_claim(&session.profile, SP_STR("department"), SP_STR("x")), SP_OK);
    SP_BUF_SCOPED struct sp_buf payload;
    sp_buf_init(&payload, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(sp_session_encode(&session, &payload), SP_OK);
    struct reading reading = {.len = payload.len};
    ck_assert_uint_le(payload.len, sizeof reading.bytes);
    memcpy(reading.bytes, payload.ptr, payload.len);
    session.profile.facts_mark = 0; /* an older replica cannot read it */
    ck_assert_int_eq(sp_profile_add_claim(&session.profile, SP_STR(""), SP_STR("\1\2\3\4\5\6\7\0\5")), SP_OK);
    check_session(&reading, &session);
    tear_down(&scene);
}
SP_TEST_END

/* It reads the version first, and knows only the first: a user with another version is anonymous there. */
SP_TEST(ac_26_a_session_that_lacks_groups_is_none_there)
{
    struct scene scene;
    set_up(&scene);
    struct sp_session session = {.issued_s = NOW_S,
                                 .expires_s = NOW_S + 3600,
                                 .profile.issuer = SP_STR("i"),
                                 .profile.sub = SP_STR("s"),
                                 .profile.groups_mark = 1};
    SP_BUF_SCOPED struct sp_buf payload;
    sp_buf_init(&payload, SP_SESSION_PAYLOAD_MAX);
    ck_assert_int_eq(sp_session_encode(&session, &payload), SP_OK);
    ck_assert_int_ne(payload.ptr[0], 1);
    tear_down(&scene);
}
SP_TEST_END

SP_SUITE("session/older_replica", a_login_that_begins_now_can_be_completed_there_on_either_try,
         a_marker_of_now_is_one_there, a_form_of_now_signs_out_there, a_session_of_now_is_one_there,
         facts_are_a_claim_without_a_name_there, ac_26_a_session_that_lacks_groups_is_none_there)
