/* SPDX-License-Identifier: Apache-2.0 */
#include "session/login.h"

#include "base/base64.h"
#include "base/hex.h"
#include "session/wire.h"

#define STATE_VERSION  1
#define COOKIE_VERSION 1
#define MARKER_VERSION 1

#define STATE_PAYLOAD_MAX  (22 + SP_LOGIN_ORIGIN_MAX + SP_LOGIN_TARGET_MAX)
#define COOKIE_PAYLOAD_LEN (7 + 2 * SP_LOGIN_SECRET_LEN)
#define MARKER_PAYLOAD_LEN (1 + SP_WIRE_TIME_LEN)

_Static_assert(SP_LOGIN_MARKER_TEXT_LEN == SP_SEAL_TEXT_LEN(MARKER_PAYLOAD_LEN),
               "a marker is recognized by its length");
_Static_assert(STATE_PAYLOAD_MAX <= SP_SEAL_PLAIN_MAX, "every state can be sealed");

void sp_login_started_wipe(struct sp_login_started *started)
{
    explicit_bzero(started, sizeof *started);
}

void sp_login_cookie_wipe(struct sp_login_cookie *cookie)
{
    explicit_bzero(cookie, sizeof *cookie);
}

/* ---- the requested page ------------------------------------------------------------------------------ */

/* True for characters that browsers follow unchanged in a Location: printable ASCII, but no space and no
 * backslash, which browsers read as a slash. */
static bool is_location_text(struct sp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '\\') {
            return false;
        }
    }
    return true;
}

/* Allows only scheme://authority: a `/`, `?`, `#` or `@` in it would change path and host. */
static enum sp_error check_origin(struct sp_str origin)
{
    if (origin.len > SP_LOGIN_ORIGIN_MAX) {
        return SP_ERR_LIMIT;
    }
    struct sp_str authority = SP_STR_NONE;
    if (sp_str_starts_with(origin, SP_STR("https://"))) {
        authority = sp_str_skip(origin, sizeof "https://" - 1);
    } else if (sp_str_starts_with(origin, SP_STR("http://"))) {
        authority = sp_str_skip(origin, sizeof "http://" - 1);
    }
    bool sound = authority.len > 0 && is_location_text(authority) && !sp_str_contains(authority, '/') &&
                 !sp_str_contains(authority, '?') && !sp_str_contains(authority, '#') &&
                 !sp_str_contains(authority, '@');
    return sound ? SP_OK : SP_ERR_FORMAT;
}

static struct sp_str fit_path(struct sp_str path)
{
    if (path.len > SP_LOGIN_TARGET_MAX) {
        path.len = sp_str_find(path, '?');
    }
    bool sound = path.len <= SP_LOGIN_TARGET_MAX && sp_str_starts_with(path, SP_STR("/")) &&
                 is_location_text(path) && !sp_str_contains(path, '#');
    return sound ? path : SP_STR("/");
}

/* ---- state ----------------------------------------------------------------------------------------- */

static struct sp_seal_context state_context(const struct sp_sealer *sealer, struct sp_str redirect_uri)
{
    return sp_sealer_context(sealer, SP_SEAL_LOGIN_STATE, sp_cookies_session_name(sealer->cookies),
                             redirect_uri);
}

static void write_long_str(struct sp_buf *out, struct sp_str s)
{
    sp_wire_write_u16(out, (uint16_t)s.len);
    sp_buf_append(out, s);
}

static enum sp_error seal_state(const struct sp_sealer *sealer, struct sp_str redirect_uri,
                                const struct sp_login_target *target, struct sp_login_started *out)
{
    SP_BUF_ON_STACK(payload, STATE_PAYLOAD_MAX);
    uint8_t login_id[SP_LOGIN_ID_LEN] = {0};
    if (sp_hex_decode(sp_login_id_str(&out->login_id), login_id, sizeof login_id) != SP_OK) {
        payload.failed = true;
    }
    sp_wire_write_u8(&payload, STATE_VERSION);
    sp_wire_write_bytes(&payload, login_id, sizeof login_id);
    sp_wire_write_time(&payload, sealer->now_s);
    write_long_str(&payload, target->origin);
    write_long_str(&payload, fit_path(target->path));

    struct sp_buf text = SP_BUF_ON(out->state);
    struct sp_seal_context context = state_context(sealer, redirect_uri);
    enum sp_error error = sp_sealer_seal(sealer, &context, &payload, &text);
    out->state_len = text.len;
    return error;
}

static enum sp_error read_state(struct sp_str payload, struct sp_login_state *state)
{
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    struct sp_str login_id = sp_wire_read_bytes(&reader, SP_LOGIN_ID_LEN);
    state->issued_s = sp_wire_read_time(&reader);
    state->origin = sp_wire_read_bytes(&reader, sp_wire_read_number(&reader, 2));
    state->path = sp_wire_read_bytes(&reader, sp_wire_read_number(&reader, 2));
    if (!sp_wire_done(&reader) || version != STATE_VERSION || check_origin(state->origin) != SP_OK ||
        !sp_str_starts_with(state->path, SP_STR("/"))) {
        return SP_ERR_SIGNATURE;
    }
    sp_hex_encode((const uint8_t *)login_id.ptr, SP_LOGIN_ID_LEN, state->login_id.text);
    return SP_OK;
}

enum sp_error sp_login_state_open(const struct sp_sealer *sealer, struct sp_str redirect_uri,
                                  struct sp_str state, struct sp_seal_storage *storage,
                                  struct sp_login_state *out)
{
    struct sp_seal_context context = state_context(sealer, redirect_uri);
    struct sp_str payload;
    struct sp_login_state opened;
    enum sp_error error = sp_seal_open(sealer->keys, &context, state, storage, &payload);
    if (error == SP_OK) {
        error = read_state(payload, &opened);
    }
    if (error == SP_OK && sealer->now_s - opened.issued_s >= SP_LOGIN_STATE_LIFETIME_S) {
        error = SP_ERR_EXPIRED;
    }
    if (error == SP_OK) {
        *out = opened;
    }
    return error;
}

/* ---- the login cookie ------------------------------------------------------------------------------- */

struct secrets {
    uint8_t verifier[SP_LOGIN_SECRET_LEN];
    uint8_t nonce[SP_LOGIN_SECRET_LEN];
};

static struct sp_seal_context cookie_context(const struct sp_sealer *sealer, enum sp_seal_purpose purpose,
                                             const struct sp_login_cookie_name *name)
{
    return sp_sealer_context(sealer, purpose, sp_login_cookie_name_str(name), sealer->scope);
}

static enum sp_error seal_cookie(const struct sp_sealer *sealer, const struct secrets *secrets,
                                 unsigned attempts, struct sp_login_started *out)
{
    char storage[COOKIE_PAYLOAD_LEN];
    SP_BUF_SCOPED struct sp_buf payload = SP_BUF_ON(storage);
    sp_wire_write_u8(&payload, COOKIE_VERSION);
    sp_wire_write_time(&payload, sealer->now_s);
    sp_wire_write_u8(&payload, (uint8_t)attempts);
    sp_wire_write_bytes(&payload, secrets->verifier, sizeof secrets->verifier);
    sp_wire_write_bytes(&payload, secrets->nonce, sizeof secrets->nonce);

    struct sp_buf text = SP_BUF_ON(out->cookie);
    struct sp_login_cookie_name name = sp_cookies_login_name(sealer->cookies, &out->login_id);
    struct sp_seal_context context = cookie_context(sealer, SP_SEAL_LOGIN_COOKIE, &name);
    enum sp_error error = sp_sealer_seal(sealer, &context, &payload, &text);
    out->cookie_len = text.len;
    return error;
}

enum sp_error sp_login_begin(const struct sp_sealer *sealer, struct sp_str redirect_uri,
                             const struct sp_login_target *target, struct sp_login_started *out)
{
    if (target->attempts > SP_LOGIN_ATTEMPTS_MAX) {
        return SP_ERR_LIMIT;
    }
    enum sp_error error = check_origin(target->origin);
    if (error != SP_OK) {
        return error;
    }

    struct sp_login_started started;
    struct secrets secrets;
    sp_random_fill(&sealer->random, secrets.verifier, sizeof secrets.verifier);
    sp_random_fill(&sealer->random, secrets.nonce, sizeof secrets.nonce);
    sp_base64url_encode(secrets.verifier, sizeof secrets.verifier, started.verifier);
    sp_base64url_encode(secrets.nonce, sizeof secrets.nonce, started.nonce);
    started.login_id = sp_login_id_new(target->which_try, sealer->now_s, &sealer->random);
    error = seal_state(sealer, redirect_uri, target, &started);
    if (error == SP_OK) {
        error = seal_cookie(sealer, &secrets, target->attempts, &started);
    }
    if (error == SP_OK) {
        *out = started;
    }
    explicit_bzero(&secrets, sizeof secrets);
    sp_login_started_wipe(&started);
    return error;
}

static enum sp_error read_pending(struct sp_str payload, int64_t now_s, struct sp_login_cookie *out)
{
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    int64_t issued_s = sp_wire_read_time(&reader);
    uint8_t attempts = sp_wire_read_u8(&reader);
    struct sp_str verifier = sp_wire_read_bytes(&reader, SP_LOGIN_SECRET_LEN);
    struct sp_str nonce = sp_wire_read_bytes(&reader, SP_LOGIN_SECRET_LEN);
    if (!sp_wire_done(&reader) || version != COOKIE_VERSION) {
        return SP_ERR_SIGNATURE;
    }
    if (now_s - issued_s >= SP_LOGIN_COOKIE_LIFETIME_S) {
        return SP_ERR_EXPIRED;
    }

    *out = (struct sp_login_cookie){SP_LOGIN_COOKIE_PENDING, issued_s, attempts, {0}, {0}};
    sp_base64url_encode((const uint8_t *)verifier.ptr, verifier.len, out->verifier);
    sp_base64url_encode((const uint8_t *)nonce.ptr, nonce.len, out->nonce);
    return SP_OK;
}

static enum sp_error read_marker(struct sp_str payload, int64_t now_s, struct sp_login_cookie *out)
{
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    int64_t issued_s = sp_wire_read_time(&reader);
    if (!sp_wire_done(&reader) || version != MARKER_VERSION) {
        return SP_ERR_SIGNATURE;
    }
    if (now_s - issued_s >= SP_LOGIN_MARKER_LIFETIME_S) {
        return SP_ERR_EXPIRED;
    }
    *out = (struct sp_login_cookie){SP_LOGIN_COOKIE_MARKER, issued_s, 0, {0}, {0}};
    return SP_OK;
}

enum sp_error sp_login_cookie_open(const struct sp_sealer *sealer, const struct sp_login_id *login_id,
                                   struct sp_str value, struct sp_login_cookie *out)
{
    struct sp_login_cookie_name name = sp_cookies_login_name(sealer->cookies, login_id);
    bool is_marker = value.len == SP_LOGIN_MARKER_TEXT_LEN;
    struct sp_seal_context context =
        cookie_context(sealer, is_marker ? SP_SEAL_LOGIN_MARKER : SP_SEAL_LOGIN_COOKIE, &name);
    struct sp_seal_storage storage;
    struct sp_str payload;
    enum sp_error error = sp_seal_open(sealer->keys, &context, value, &storage, &payload);
    if (error == SP_OK) {
        error =
            is_marker ? read_marker(payload, sealer->now_s, out) : read_pending(payload, sealer->now_s, out);
        sp_seal_storage_wipe(&storage);
    }
    return error;
}

enum sp_error sp_login_marker_seal(const struct sp_sealer *sealer, const struct sp_login_id *login_id,
                                   struct sp_buf *out)
{
    SP_BUF_ON_STACK(payload, MARKER_PAYLOAD_LEN);
    sp_wire_write_u8(&payload, MARKER_VERSION);
    sp_wire_write_time(&payload, sealer->now_s);
    struct sp_login_cookie_name name = sp_cookies_login_name(sealer->cookies, login_id);
    struct sp_seal_context context = cookie_context(sealer, SP_SEAL_LOGIN_MARKER, &name);
    return sp_sealer_seal(sealer, &context, &payload, out);
}

/* ---- too many logins -------------------------------------------------------------------------------- */

size_t sp_login_evict(const struct sp_login_present *present, size_t present_n, struct sp_login_id *evicted)
{
    size_t evicted_n = 0;
    for (size_t i = 0; i < present_n; i++) {
        size_t newer_n = 0; /* logins whose cookies open and that are newer than this one */
        for (size_t k = 0; k < present_n; k++) {
            newer_n += present[k].kind != SP_LOGIN_COOKIE_NONE &&
                       memcmp(present[k].login_id.text, present[i].login_id.text, SP_LOGIN_ID_TEXT_LEN) > 0;
        }
        if (present[i].kind == SP_LOGIN_COOKIE_NONE || newer_n >= SP_LOGIN_COOKIES_MAX_N - 1) {
            evicted[evicted_n++] = present[i].login_id;
        }
    }
    return evicted_n;
}
