/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Login cookies: a value opens only for its own login, with its own purpose and lifetime; if there are too
 * many, the oldest are evicted. The same for the logout token. After a selector byte, the input is a payload
 * that is sealed as a pending login (`l`), as a marker (`m`) or as a logout token (`t`), a value (`v`), the
 * name of a cookie (`n`), or bytes that each make the id of a login and its kind of cookie (`i`).
 */

#include "session/login.h"
#include "session/logout.h"

#include "../unit/session/fixture.h"
#include "fuzz.h"

static struct sp_keyring *keys;
static struct sp_cookies cookies;
static const struct sp_login_id login_id = {"0123456789abcdef01234567"};
static const struct sp_login_id another = {"0123456789abcdef01234568"};

static enum sp_error open_cookie(const struct sp_login_id *of, struct sp_str value,
                                 struct sp_login_cookie *out)
{
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    enum sp_error error = sp_login_cookie_open(at(&sealer, NOW_S, NULL), of, value, out);
    if (PLANTED(error == SP_OK && out->attempts > 100)) {
        out->kind = SP_LOGIN_COOKIE_MARKER;
    }
    return error;
}

static size_t evict(const struct sp_login_present *present, size_t n, struct sp_login_id *evicted)
{
    return sp_login_evict(present, n, evicted);
}

/* Seals the payload for `login_id`; an empty view if it is too long. */
static struct sp_str seal(enum sp_seal_purpose purpose, struct sp_str payload, char text[SP_SEAL_TEXT_MAX])
{
    static struct prng prng = {1};
    const struct sp_random random = prng_random(&prng);
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_login_cookie_name name = sp_cookies_login_name(&cookies, &login_id);
    struct sp_str cookie_name = purpose == SP_SEAL_LOGOUT_CONFIRMATION ? sp_cookies_session_name(&cookies)
                                                                       : sp_login_cookie_name_str(&name);
    struct sp_seal_context context = sp_sealer_context(&sealer, purpose, cookie_name, sealer.scope);
    struct sp_buf out;
    sp_buf_init_fixed(&out, text, SP_SEAL_TEXT_MAX);
    return sp_seal_bytes(keys, &context, NOW_S, &random, payload, &out) == SP_OK ? sp_buf_str(&out)
                                                                                 : SP_STR_NONE;
}

static void check_sealed(enum sp_seal_purpose purpose, enum sp_login_cookie_kind kind, struct sp_str payload)
{
    char text[SP_SEAL_TEXT_MAX];
    struct sp_login_cookie cookie;
    bool is_marker = kind == SP_LOGIN_COOKIE_MARKER;
    struct sp_str value = seal(purpose, payload, text);
    if (open_cookie(&login_id, value, &cookie) != SP_OK) {
        return;
    }
    ck_assert_int_eq(cookie.kind, kind);
    ck_assert_uint_eq(payload.len, is_marker ? 6 : 7 + 2 * SP_LOGIN_SECRET_LEN);
    ck_assert_int_gt(cookie.issued_s,
                     NOW_S - (is_marker ? SP_LOGIN_MARKER_LIFETIME_S : SP_LOGIN_COOKIE_LIFETIME_S));
    ck_assert_int_ne(open_cookie(&another, value, &cookie), SP_OK);
    text[value.len / 2] = (char)(text[value.len / 2] ^ 1);
    ck_assert_int_ne(open_cookie(&login_id, value, &cookie), SP_OK);
}

static void check_logout(struct sp_str payload)
{
    char text[SP_SEAL_TEXT_MAX];
    uint8_t id[SP_SESSION_ID_LEN] = "0123456789abcde";
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_str token = seal(SP_SEAL_LOGOUT_CONFIRMATION, payload, text);
    if (sp_logout_confirmation_open(at(&sealer, NOW_S, NULL), token, id) == SP_OK) {
        ck_assert_uint_eq(payload.len, 6 + SP_SESSION_ID_LEN);
        ck_assert_int_eq(memcmp(payload.ptr + 6, id, sizeof id), 0);
    }
    id[0] ^= 1;
    ck_assert(payload.len < 7 || payload.ptr[6] != '0' ||
              sp_logout_confirmation_open(at(&sealer, NOW_S, NULL), token, id) != SP_OK);
}

/* A login cookie's name identifies one login. */
static void check_name(struct sp_str name)
{
    struct sp_login_id id;
    if (sp_cookies_parse_login_name(&cookies, name, &id)) {
        struct sp_login_cookie_name written = sp_cookies_login_name(&cookies, &id);
        ck_assert_views_equal(sp_login_cookie_name_str(&written), name);
    }
}

static bool is_evicted(const struct sp_login_id *evicted, size_t n, const struct sp_login_id *id)
{
    size_t i = 0;
    while (i < n && memcmp(evicted[i].text, id->text, SP_LOGIN_ID_TEXT_LEN) != 0) {
        i++;
    }
    return i < n;
}

/*
 * Cookies that do not open are evicted; of the rest only the excess, and none that is newer than one that
 * stays.
 */
static void check_eviction(struct sp_str input)
{
    struct sp_login_present present[SP_LOGIN_COOKIES_SEEN_MAX_N] = {0};
    struct sp_login_id evicted[SP_LOGIN_COOKIES_SEEN_MAX_N];
    size_t n = input.len < SP_LOGIN_COOKIES_SEEN_MAX_N ? input.len : SP_LOGIN_COOKIES_SEEN_MAX_N;
    size_t opening_n = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)input.ptr[i];
        present[i] = (struct sp_login_present){login_id, (enum sp_login_cookie_kind)(byte % 3)};
        present[i].login_id.text[7] = "0123456789abcdef"[byte >> 4];
        present[i].login_id.text[8] = "0123456789abcdef"[i / 2];
        present[i].login_id.text[9] = "0123456789abcdef"[i % 2];
        opening_n += present[i].kind != SP_LOGIN_COOKIE_NONE;
    }
    size_t evicted_n = evict(present, n, evicted);
    size_t stay_n = opening_n < SP_LOGIN_COOKIES_MAX_N ? opening_n : SP_LOGIN_COOKIES_MAX_N - 1;
    ck_assert_uint_eq(evicted_n, n - stay_n);
    for (size_t i = 0; i < n; i++) {
        bool goes = is_evicted(evicted, evicted_n, &present[i].login_id);
        ck_assert(goes || present[i].kind != SP_LOGIN_COOKIE_NONE);
        for (size_t j = 0; j < n && goes && present[i].kind != SP_LOGIN_COOKIE_NONE; j++) {
            ck_assert(is_evicted(evicted, evicted_n, &present[j].login_id) ||
                      memcmp(present[j].login_id.text, present[i].login_id.text, SP_LOGIN_ID_TEXT_LEN) > 0);
        }
    }
}

FUZZ_TARGET(input)
{
    struct sp_login_cookie cookie;
    if (keys == NULL) {
        keys = new_ring("a " KEY_A "\n");
        cookies = host_cookies();
    }
    switch (fuzz_take_byte(&input)) {
    case 'l':
        check_sealed(SP_SEAL_LOGIN_COOKIE, SP_LOGIN_COOKIE_PENDING, input);
        break;
    case 'm':
        check_sealed(SP_SEAL_LOGIN_MARKER, SP_LOGIN_COOKIE_MARKER, input);
        break;
    case 't':
        check_logout(input);
        break;
    case 'n':
        check_name(input);
        break;
    case 'i':
        check_eviction(input);
        break;
    default:
        ck_assert_int_ne(open_cookie(&login_id, input, &cookie), SP_OK);
    }
}
