/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session_cookie.h"

/* ---- out of the request ----------------------------------------------------------------------------- */

static enum sp_error open_value(const struct sp_realm *realm, const struct sp_seal_context *context,
                                struct sp_str value, struct sp_session_slot *slot)
{
    struct sp_str payload;
    enum sp_error error = sp_seal_open(realm->keys, context, value, &slot->storage, &payload);
    return error == SP_OK ? sp_session_decode(payload, &slot->session) : error;
}

static bool is_repeated(const struct sp_str *values, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (sp_str_equal(values[i], values[index]))
            return true;
    }
    return false;
}

/* Whether one of `values` from `from` on is authentic too and differs from the one before it. */
static bool has_rival(const struct sp_realm *realm, const struct sp_seal_context *context,
                      const struct sp_str *values, size_t from, size_t values_n)
{
    struct sp_session_slot rival;
    bool found = false;
    for (size_t i = from; i < values_n && !found; i++)
        found = !is_repeated(values, i) && open_value(realm, context, values[i], &rival) == SP_OK;
    sp_seal_storage_wipe(&rival.storage);
    return found;
}

enum sp_session_found sp_session_cookie_select(const struct sp_realm *realm, const struct sp_str *values,
                                               size_t values_n, int64_t now_s, struct sp_session_slot *slot)
{
    if (values_n == 0)
        return SP_SESSION_NONE;
    if (values_n > SP_SESSION_COOKIES_MAX_N)
        return SP_SESSION_AMBIGUOUS;

    const struct sp_seal_context context = sp_realm_session_context(realm);
    size_t i = 0;
    while (i < values_n && open_value(realm, &context, values[i], slot) != SP_OK)
        i++;
    if (i == values_n)
        return SP_SESSION_INVALID;
    if (i + 1 < values_n && has_rival(realm, &context, values, i + 1, values_n))
        return SP_SESSION_AMBIGUOUS;
    return sp_session_phase(&slot->session, now_s) == SP_SESSION_OVER ? SP_SESSION_EXPIRED : SP_SESSION_VALID;
}

/* ---- into the answer -------------------------------------------------------------------------------- */

/* Count, octets and the cure, since the user cannot do anything about it and the operator can. */
static enum sp_error explain_size(const struct sp_realm *realm, const struct sp_session *session,
                                  struct sp_diag *diag)
{
    struct sp_session_size size = sp_session_measure(session);
    size_t cookie_len = realm->cookies->name_len + 1u + SP_SEAL_TEXT_LEN(size.payload_len);
    return sp_diag_set(
        diag, SP_ERR_LIMIT,
        "the session would be a cookie of %zu octets, and browsers drop what is above %d; its %zu "
        "groups take %zu of them: name those worth keeping in groups_keep",
        cookie_len, SP_COOKIE_SESSION_MAX, session->groups_n, size.groups_len * 4 / 3);
}

/* Seals `session` and appends its value. */
static enum sp_error seal_session(const struct sp_realm *realm, const struct sp_session *session,
                                  int64_t now_s, const struct sp_random *random, struct sp_buf *out)
{
    char storage[SP_SEAL_PLAIN_MAX];
    SP_BUF_SCOPED struct sp_buf payload;
    sp_buf_init_fixed(&payload, storage, sizeof storage);
    enum sp_error error = sp_session_encode(session, &payload);
    if (error != SP_OK)
        return error;
    const struct sp_seal_context context = sp_realm_session_context(realm);
    return sp_realm_seal(realm, &context, now_s, random, &payload, out);
}

enum sp_error sp_session_cookie_write(const struct sp_realm *realm, const struct sp_session *session,
                                      int64_t now_s, const struct sp_random *random, struct sp_diag *diag,
                                      struct sp_buf *out)
{
    if (sp_session_phase(session, now_s) == SP_SESSION_OVER)
        return SP_ERR_EXPIRED;

    char text[SP_SEAL_TEXT_MAX];
    struct sp_buf value;
    sp_buf_init_fixed(&value, text, sizeof text);
    enum sp_error error = seal_session(realm, session, now_s, random, &value);
    if (error == SP_OK)
        error = sp_cookies_write_session(realm->cookies, sp_buf_str(&value), session->expires_s - now_s, out);
    return error == SP_ERR_LIMIT ? explain_size(realm, session, diag) : error;
}
