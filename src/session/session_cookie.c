/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session_cookie.h"

/* Explains the size with counts, bytes and a remedy, because only the operator can do something about it. */
static enum sp_error explain_size(const struct sp_sealer *sealer, const struct sp_session *session,
                                  struct sp_diag *diag)
{
    struct sp_session_size size = sp_session_measure(session);
    size_t groups_len = size.groups_len * 4 / 3;
    size_t claims_len = size.claims_len * 4 / 3;
    size_t refresh_len = size.refresh_token_len * 4 / 3;
    size_t id_token_len = size.id_token_len * 4 / 3;
    size_t cookie_len = sealer->cookies->name_len + 1u + SP_SEAL_TEXT_LEN(size.payload_len);
    return sp_diag_set(
        diag, SP_ERR_LIMIT,
        "the session would be a cookie of %zu bytes, and browsers drop what is above %d; its %zu groups%s "
        "take %zu of them, claims for headers %zu, the refresh token %zu, the ID token %zu, all else %zu: "
        "name the groups worth keeping in groups_keep%s",
        cookie_len, SP_COOKIE_SESSION_MAX, session->profile.groups_n,
        session->profile.groups_mark != 0 ? " that rules name" : "", groups_len, claims_len, refresh_len,
        id_token_len, cookie_len - groups_len - claims_len - refresh_len - id_token_len,
        session->grant.token.len > 0 ? ", or have the issuer give a shorter refresh token" : "");
}

enum sp_error sp_session_cookie_write(const struct sp_sealer *sealer, const struct sp_session *session,
                                      struct sp_diag *diag, struct sp_buf *out)
{
    enum sp_session_phase phase = sp_session_phase(session, sealer->now_s);
    if (phase == SP_SESSION_OVER || phase == SP_SESSION_OVERDUE) {
        return SP_ERR_EXPIRED;
    }

    char storage[SP_SEAL_PLAIN_MAX];
    SP_BUF_SCOPED struct sp_buf payload = SP_BUF_ON(storage);
    SP_BUF_ON_STACK(value, SP_SEAL_TEXT_MAX);
    const struct sp_seal_context context = sp_sealer_session_context(sealer);
    enum sp_error error = sp_session_encode(session, &payload);
    if (error == SP_OK) {
        error = sp_sealer_seal(sealer, &context, &payload, &value);
    }
    if (error == SP_OK) {
        error = sp_cookies_write_session(sealer->cookies, sp_buf_str(&value),
                                         session->expires_s - sealer->now_s, out);
    }
    return error == SP_ERR_LIMIT ? explain_size(sealer, session, diag) : error;
}
