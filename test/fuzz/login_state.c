/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The state of a login: it leads back to the requested page, or to `/`, and never to a target that a Location
 * cannot carry; a changed one, or one from elsewhere, does not open. After a selector byte, the input is the
 * requested path (`p`), an origin (`o`), a payload that is sealed unchanged (`s`), a state (`r`) or edits of
 * one (`e`).
 */

#include "session/login.h"

#include "../unit/session/fixture.h"
#include "fuzz.h"

#define REDIRECT_URI SP_STR("https://app.example.com/_sallyport/callback")
#define ORIGIN       SP_STR("https://app.example.com")

static struct sp_keyring *keys;
static struct sp_cookies cookies;
static struct prng prng = {1};

static enum sp_error open_state(struct sp_str state, struct sp_seal_storage *storage,
                                struct sp_login_state *out)
{
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    enum sp_error error = sp_login_state_open(at(&sealer, NOW_S, NULL), REDIRECT_URI, state, storage, out);
    if (PLANTED(error == SP_OK && fuzz_has(out->path, SP_STR("//")))) {
        out->path = sp_str_skip(out->path, 1);
    }
    return error;
}

static bool fits(struct sp_str path)
{
    if (path.len == 0 || path.len > SP_LOGIN_TARGET_MAX || path.ptr[0] != '/') {
        return false;
    }
    for (size_t i = 0; i < path.len; i++) {
        unsigned char byte = (unsigned char)path.ptr[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '\\' || byte == '#') {
            return false;
        }
    }
    return true;
}

static enum sp_error begin(struct sp_str origin, struct sp_str path, struct sp_login_started *started)
{
    const struct sp_random random = prng_random(&prng);
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_login_target target = {.origin = origin, .path = path};
    return sp_login_begin(at(&sealer, NOW_S, &random), REDIRECT_URI, &target, started);
}

static void check_path(struct sp_str path)
{
    struct sp_seal_storage storage;
    struct sp_login_started started;
    struct sp_login_state state;
    struct sp_login_cookie cookie;
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    ck_assert_int_eq(begin(ORIGIN, path, &started), SP_OK);
    ck_assert_int_eq(open_state(sp_login_started_state(&started), &storage, &state), SP_OK);
    struct sp_str without_query = {path.ptr, sp_str_find(path, '?')};
    struct sp_str expected = path.len <= SP_LOGIN_TARGET_MAX ? path : without_query;
    ck_assert_views_equal(state.path, fits(expected) ? expected : SP_STR("/"));
    ck_assert_views_equal(state.origin, ORIGIN);
    ck_assert_views_equal(sp_login_id_str(&state.login_id), sp_login_id_str(&started.login_id));
    ck_assert_int_eq(sp_login_cookie_open(at(&sealer, NOW_S, NULL), &state.login_id,
                                          sp_login_started_cookie(&started), &cookie),
                     SP_OK);
    ck_assert_int_eq(cookie.kind, SP_LOGIN_COOKIE_PENDING);
    /* One is not accepted as the other. */
    ck_assert_int_ne(open_state(sp_login_started_cookie(&started), &storage, &state), SP_OK);
    ck_assert_int_ne(sp_login_cookie_open(at(&sealer, NOW_S, NULL), &started.login_id,
                                          sp_login_started_state(&started), &cookie),
                     SP_OK);
}

static void check_origin(struct sp_str origin)
{
    struct sp_seal_storage storage;
    struct sp_login_started started;
    struct sp_login_state state;
    if (begin(origin, SP_STR("/"), &started) != SP_OK) {
        return;
    }
    ck_assert_int_eq(open_state(sp_login_started_state(&started), &storage, &state), SP_OK);
    ck_assert_views_equal(state.origin, origin);
    ck_assert(sp_str_starts_with(origin, SP_STR("https://")) ||
              sp_str_starts_with(origin, SP_STR("http://")));
    ck_assert(!sp_str_contains(origin, '@') && !sp_str_contains(origin, '\\') && !fuzz_has_control(origin));
    ck_assert(!fuzz_has(sp_str_skip(origin, 8), SP_STR("/")));
}

/* Even an authentic payload is parsed strictly. */
static void check_sealed(struct sp_str payload)
{
    char text[SP_SEAL_TEXT_MAX];
    struct sp_buf out;
    struct sp_seal_storage storage;
    struct sp_login_state state;
    const struct sp_random random = prng_random(&prng);
    struct sp_sealer sealer = sealer_of(keys, &cookies);
    struct sp_seal_context context =
        sp_sealer_context(&sealer, SP_SEAL_LOGIN_STATE, sp_cookies_session_name(&cookies), REDIRECT_URI);
    out = SP_BUF_ON(text);
    if (sp_seal_bytes(keys, &context, NOW_S, &random, payload, &out) != SP_OK) {
        return;
    }
    if (open_state(sp_buf_str(&out), &storage, &state) == SP_OK) {
        ck_assert_int_eq(state.path.ptr[0], '/');
        ck_assert_int_gt(state.issued_s, NOW_S - SP_LOGIN_STATE_LIFETIME_S);
        ck_assert_uint_eq(payload.len, 22 + state.origin.len + state.path.len);
        ck_assert_uint_le(state.origin.len, SP_LOGIN_ORIGIN_MAX);
    }
}

/* Two bytes for each edit: the position, and the bits to flip. */
static void check_edits(struct sp_str edits)
{
    char text[SP_LOGIN_STATE_TEXT_MAX];
    struct sp_seal_storage storage;
    struct sp_login_started started;
    struct sp_login_state state;
    ck_assert_int_eq(begin(ORIGIN, SP_STR("/a?b=c"), &started), SP_OK);
    struct sp_str edited = {text, started.state_len};
    memcpy(text, started.state, edited.len);
    for (; edits.len >= 2; edits = sp_str_skip(edits, 2)) {
        size_t at = (unsigned char)edits.ptr[0] % edited.len;
        text[at] = (char)(text[at] ^ edits.ptr[1]);
    }
    bool unchanged = sp_str_equal(edited, sp_login_started_state(&started));
    ck_assert_int_eq(open_state(edited, &storage, &state) == SP_OK, unchanged);
}

FUZZ_TARGET(input)
{
    struct sp_seal_storage storage;
    struct sp_login_state state;
    if (keys == NULL) {
        keys = new_ring("a " KEY_A "\n");
        cookies = host_cookies();
    }
    switch (fuzz_take_byte(&input)) {
    case 'p':
        check_path(input);
        break;
    case 'o':
        check_origin(input);
        break;
    case 's':
        check_sealed(input);
        break;
    case 'e':
        check_edits(input);
        break;
    default:
        ck_assert_int_ne(open_state(input, &storage, &state), SP_OK);
    }
}
