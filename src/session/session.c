/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include "base/hex.h"
#include "session/packed_token.h"
#include "session/wire.h"

#define TIMES_N   6
#define FIXED_LEN (1 + SP_SESSION_ID_LEN + TIMES_N * SP_WIRE_TIME_LEN + 1)

static struct sp_str text_at(const struct sp_session *session, size_t i)
{
    return *sp_profile_text_at((struct sp_profile *)(uintptr_t)&session->profile, i);
}

/* ---- what a session must fulfil, written or read ----------------------------------------------------- */

static bool times_in_range(const struct sp_session *session)
{
    const int64_t times[TIMES_N] = {session->login_at_s,    session->auth_time_s, session->issued_s,
                                    session->renew_after_s, session->renew_by_s,  session->expires_s};
    for (size_t i = 0; i < TIMES_N; i++) {
        if (times[i] < 0 || times[i] > SP_TIME_MAX_S) {
            return false;
        }
    }
    return true;
}

static bool times_in_order(const struct sp_session *session)
{
    bool renewal_sound = session->renew_after_s == 0 ? session->renew_by_s == 0
                                                     : session->renew_by_s >= session->renew_after_s;
    return renewal_sound && session->issued_s <= session->expires_s &&
           session->login_at_s <= session->expires_s;
}

static bool is_verified_value(unsigned value)
{
    return value <= SP_EMAIL_VERIFIED_YES;
}

static bool id_token_sound(const struct sp_session *session)
{
    return session->id_token_packed.len == 0 || sp_packed_token_valid(session->id_token_packed);
}

static enum sp_error check(const struct sp_session *session)
{
    if (session->profile.issuer.len == 0 || session->profile.sub.len == 0) {
        return SP_ERR_MISSING;
    }
    if (!times_in_range(session) || !times_in_order(session) || !id_token_sound(session) ||
        !is_verified_value(session->profile.email_verified)) {
        return SP_ERR_FORMAT;
    }
    return SP_OK;
}

/* ---- encoding -------------------------------------------------------------------------------------- */

static size_t measure_str(struct sp_str s)
{
    return sp_wire_length_len(s.len) + s.len;
}

struct sp_session_size sp_session_measure(const struct sp_session *session)
{
    size_t groups_len = sp_wire_length_len(session->profile.groups_n);
    for (size_t i = 0; i < session->profile.groups_n; i++) {
        groups_len += measure_str(session->profile.groups[i]);
    }

    size_t claims_len = sp_wire_length_len(session->profile.claims_n);
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        claims_len +=
            measure_str(session->profile.claims[i].name) + measure_str(session->profile.claims[i].value);
    }

    size_t texts_len = measure_str(session->refresh_token) + measure_str(session->id_token_packed);
    for (size_t i = 0; i < SP_PROFILE_TEXTS_N; i++) {
        texts_len += measure_str(text_at(session, i));
    }
    return (struct sp_session_size){FIXED_LEN + texts_len + groups_len + claims_len, groups_len};
}

static void write_fixed(const struct sp_session *session, struct sp_buf *out)
{
    sp_wire_write_u8(out, SP_SESSION_VERSION);
    sp_wire_write_bytes(out, session->id, sizeof session->id);
    sp_wire_write_time(out, session->login_at_s);
    sp_wire_write_time(out, session->auth_time_s);
    sp_wire_write_time(out, session->issued_s);
    sp_wire_write_time(out, session->renew_after_s);
    sp_wire_write_time(out, session->renew_by_s);
    sp_wire_write_time(out, session->expires_s);
    sp_wire_write_u8(out, (uint8_t)session->profile.email_verified);
}

static void write_own_claims(const struct sp_session *session, struct sp_buf *out)
{
    for (size_t i = 0; i < SP_PROFILE_TEXTS_N; i++) {
        sp_wire_write_str(out, text_at(session, i));
    }
}

static void write_lists(const struct sp_session *session, struct sp_buf *out)
{
    sp_wire_write_length(out, session->profile.groups_n);
    for (size_t i = 0; i < session->profile.groups_n; i++) {
        sp_wire_write_str(out, session->profile.groups[i]);
    }
    sp_wire_write_length(out, session->profile.claims_n);
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        sp_wire_write_str(out, session->profile.claims[i].name);
        sp_wire_write_str(out, session->profile.claims[i].value);
    }
}

enum sp_error sp_session_encode(const struct sp_session *session, struct sp_buf *out)
{
    enum sp_error error = check(session);
    if (error != SP_OK) {
        return error;
    }
    if (sp_session_measure(session).payload_len > SP_SESSION_PAYLOAD_MAX) {
        return SP_ERR_LIMIT;
    }
    write_fixed(session, out);
    write_own_claims(session, out);
    write_lists(session, out);
    sp_wire_write_str(out, session->refresh_token);
    sp_wire_write_str(out, session->id_token_packed);
    return sp_buf_error(out);
}

/* ---- decoding -------------------------------------------------------------------------------------- */

static void read_fixed(struct sp_wire_reader *reader, struct sp_session *session)
{
    struct sp_str id = sp_wire_read_bytes(reader, SP_SESSION_ID_LEN);
    if (id.len == SP_SESSION_ID_LEN) {
        memcpy(session->id, id.ptr, SP_SESSION_ID_LEN);
    }
    session->login_at_s = sp_wire_read_time(reader);
    session->auth_time_s = sp_wire_read_time(reader);
    session->issued_s = sp_wire_read_time(reader);
    session->renew_after_s = sp_wire_read_time(reader);
    session->renew_by_s = sp_wire_read_time(reader);
    session->expires_s = sp_wire_read_time(reader);
    session->profile.email_verified = (enum sp_email_verified)sp_wire_read_u8(reader);
}

static void read_own_claims(struct sp_wire_reader *reader, struct sp_session *session)
{
    for (size_t i = 0; i < SP_PROFILE_TEXTS_N; i++) {
        *sp_profile_text_at(&session->profile, i) = sp_wire_read_str(reader);
    }
}

/* A count above `max` would write past the arrays. */
static size_t read_count(struct sp_wire_reader *reader, size_t max)
{
    size_t count = sp_wire_read_length(reader);
    if (count <= max) {
        return count;
    }
    sp_wire_fail(reader);
    return 0;
}

static void read_lists(struct sp_wire_reader *reader, struct sp_session *session)
{
    session->profile.groups_n = read_count(reader, SP_PROFILE_GROUPS_MAX_N);
    for (size_t i = 0; i < session->profile.groups_n; i++) {
        session->profile.groups[i] = sp_wire_read_str(reader);
    }
    session->profile.claims_n = read_count(reader, SP_PROFILE_CLAIMS_MAX_N);
    for (size_t i = 0; i < session->profile.claims_n; i++) {
        session->profile.claims[i].name = sp_wire_read_str(reader);
        session->profile.claims[i].value = sp_wire_read_str(reader);
    }
}

enum sp_error sp_session_decode(struct sp_str payload, struct sp_session *out)
{
    if (payload.len > SP_SESSION_PAYLOAD_MAX) {
        return SP_ERR_FORMAT;
    }
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    if (sp_wire_read_u8(&reader) != SP_SESSION_VERSION) {
        return payload.len == 0 ? SP_ERR_FORMAT : SP_ERR_UNSUPPORTED;
    }
    read_fixed(&reader, out);
    read_own_claims(&reader, out);
    read_lists(&reader, out);
    out->refresh_token = sp_wire_read_str(&reader);
    out->id_token_packed = sp_wire_read_str(&reader);
    return sp_wire_done(&reader) && check(out) == SP_OK ? SP_OK : SP_ERR_FORMAT;
}

/* ---- at a time -------------------------------------------------------------------------------------- */

enum sp_session_phase sp_session_phase(const struct sp_session *session, int64_t now_s)
{
    if (now_s >= session->expires_s) {
        return SP_SESSION_OVER;
    }
    if (session->renew_after_s == 0) {
        return SP_SESSION_CURRENT;
    }
    if (now_s >= session->renew_by_s) {
        return SP_SESSION_OVER;
    }
    return now_s >= session->renew_after_s ? SP_SESSION_DUE : SP_SESSION_CURRENT;
}

void sp_session_label(const uint8_t id[SP_SESSION_ID_LEN], char out[SP_SESSION_ID_LABEL_LEN])
{
    sp_hex_encode(id, SP_SESSION_ID_LABEL_LEN / 2, out);
}
