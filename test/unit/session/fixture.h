/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_SESSION_FIXTURE_H
#define SP_TEST_UNIT_SESSION_FIXTURE_H

/* Keys, a predictable source of randomness and a sealer, for the tests of this room. */

#include "../sealer.h"
#include "../suite.h"

#include "base/random.h"
#include "session/sealer.h"
#include "session/session_cookie.h"

/* SHA-256 of "sallyport test key a" and so on. */
#define KEY_A "3LuOCHxbs7kEaBp5Gz_l8_emX_L1m_PqPXPHECTLU7Q"
#define KEY_B "0-86_Y3dhaBVUXNfkGyK8cm4Qq6FtxPE78e5uW-PVO4"
#define KEY_C "3zcOowGgBxVqTsHXg1S0LTmajHdgSxtwuJmp-gwjdh4"

#define NOW_S INT64_C(1795518000) /* 2026-11-24T11:00:00Z */

/* splitmix64 (Steele, Lea, Flood 2014): the same bytes in every run. */
struct prng {
    uint64_t state;
};

static inline uint64_t prng_next(struct prng *prng)
{
    uint64_t z = prng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline size_t prng_below(struct prng *prng, size_t bound)
{
    return (size_t)(prng_next(prng) % bound);
}

static inline void on_fill(void *context, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)prng_next(context);
}

static inline struct sp_random prng_random(struct prng *prng)
{
    return (struct sp_random){on_fill, prng};
}

static inline struct sp_keyring *new_ring(const char *text)
{
    ck_assert_int_eq(sp_random_init(), 0);
    struct sp_diag diag = {0};
    struct sp_keyring *ring = NULL;
    ck_assert_msg(sp_keyring_parse(sp_str_from_c(text), NOW_S, &diag, &ring) == SP_OK, "%s", diag.text);
    return ring;
}

static inline struct sp_cookies host_cookies(void)
{
    struct sp_cookies cookies;
    ck_assert_int_eq(sp_cookies_init(&cookies, SP_COOKIES_HTTPS, SP_STR("sallyport"), SP_STR_NONE), SP_OK);
    return cookies;
}

static inline struct sp_sealer sealer_of(const struct sp_keyring *keys, const struct sp_cookies *cookies)
{
    return (struct sp_sealer){
        .keys = keys,
        .cookies = cookies,
        .issuer = SP_STR("https://dex.example.com/dex"),
        .client_id = SP_STR("sallyport"),
        .scope = SP_STR("app.example.com"),
    };
}

/* The value of the cookie that a session of `sub` got at `now_s`; it is stored in `storage`. */
static inline struct sp_str session_value(const struct sp_sealer *sealer, struct prng *prng, const char *sub,
                                          int64_t now_s, int64_t expires_s, char storage[SP_COOKIES_LINE_MAX])
{
    const struct sp_session session = {
        .profile.issuer = sealer->issuer, .profile.sub = sp_str_from_c(sub), .expires_s = expires_s};
    struct sp_random random = prng_random(prng);
    struct sp_buf line;
    sp_buf_init_fixed(&line, storage, SP_COOKIES_LINE_MAX);
    ck_assert_int_eq(sp_session_cookie_write(at(sealer, now_s, &random), &session, NULL, &line), SP_OK);
    struct sp_str rest = sp_buf_str(&line);
    sp_str_cut(&rest, '=');
    return sp_str_cut(&rest, ';');
}

#endif
