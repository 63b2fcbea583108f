/* SPDX-License-Identifier: Apache-2.0 */
#include "session/logout.h"

#include "session/wire.h"

#define TOKEN_VERSION     1
#define STATE_VERSION     1
#define TOKEN_PAYLOAD_LEN (1 + SP_WIRE_TIME_LEN + SP_SESSION_ID_LEN)

static struct sp_seal_context token_context(const struct sp_sealer *sealer)
{
    return sp_sealer_context(sealer, SP_SEAL_LOGOUT_CONFIRMATION, sp_cookies_session_name(sealer->cookies),
                             sealer->scope);
}

enum sp_error sp_logout_confirmation_seal(const struct sp_sealer *sealer,
                                          const uint8_t session_id[SP_SESSION_ID_LEN], struct sp_buf *out)
{
    SP_BUF_ON_STACK(payload, TOKEN_PAYLOAD_LEN);
    sp_wire_write_u8(&payload, TOKEN_VERSION);
    sp_wire_write_time(&payload, sealer->now_s);
    sp_wire_write_bytes(&payload, session_id, SP_SESSION_ID_LEN);
    struct sp_seal_context context = token_context(sealer);
    return sp_sealer_seal(sealer, &context, &payload, out);
}

enum sp_error sp_logout_confirmation_open(const struct sp_sealer *sealer, struct sp_str token,
                                          const uint8_t session_id[SP_SESSION_ID_LEN])
{
    struct sp_seal_context context = token_context(sealer);
    struct sp_seal_storage storage;
    struct sp_str payload;
    enum sp_error error = sp_seal_open(sealer->keys, &context, token, &storage, &payload);
    if (error != SP_OK) {
        return error;
    }

    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    int64_t issued_s = sp_wire_read_time(&reader);
    struct sp_str id = sp_wire_read_bytes(&reader, SP_SESSION_ID_LEN);
    if (!sp_wire_done(&reader) || version != TOKEN_VERSION) {
        return SP_ERR_SIGNATURE;
    }
    if (sealer->now_s - issued_s >= SP_LOGOUT_CONFIRMATION_LIFETIME_S) {
        return SP_ERR_EXPIRED;
    }
    return memcmp(id.ptr, session_id, SP_SESSION_ID_LEN) == 0 ? SP_OK : SP_ERR_MISMATCH;
}

static struct sp_seal_context state_context(const struct sp_sealer *sealer, struct sp_str return_uri)
{
    return sp_sealer_context(sealer, SP_SEAL_LOGOUT_STATE, sp_cookies_session_name(sealer->cookies),
                             return_uri);
}

enum sp_error sp_logout_state_seal(const struct sp_sealer *sealer, struct sp_str return_uri,
                                   const struct sp_logout_state *state, struct sp_buf *out)
{
    if (state->origin.len > SP_LOGOUT_ORIGIN_MAX) {
        return SP_ERR_LIMIT;
    }
    SP_BUF_ON_STACK(payload, 9 + SP_LOGOUT_ORIGIN_MAX);
    sp_wire_write_u8(&payload, STATE_VERSION);
    sp_wire_write_time(&payload, sealer->now_s);
    sp_wire_write_u8(&payload, (uint8_t)state->ended);
    sp_wire_write_u16(&payload, (uint16_t)state->origin.len);
    sp_buf_append(&payload, state->origin);
    struct sp_seal_context context = state_context(sealer, return_uri);
    return sp_sealer_seal(sealer, &context, &payload, out);
}

enum sp_error sp_logout_state_open(const struct sp_sealer *sealer, struct sp_str return_uri,
                                   struct sp_str text, struct sp_seal_storage *storage,
                                   struct sp_logout_state *out)
{
    struct sp_seal_context context = state_context(sealer, return_uri);
    struct sp_str payload;
    enum sp_error error = sp_seal_open(sealer->keys, &context, text, storage, &payload);
    if (error != SP_OK) {
        return error;
    }
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    int64_t issued_s = sp_wire_read_time(&reader);
    struct sp_logout_state state = {.ended = sp_wire_read_u8(&reader)};
    state.origin = sp_wire_read_bytes(&reader, sp_wire_read_number(&reader, 2));
    if (!sp_wire_done(&reader) || version != STATE_VERSION || (state.ended & ~SP_LOGOUT_ALL) != 0) {
        return SP_ERR_SIGNATURE;
    }
    if (sealer->now_s - issued_s >= SP_LOGOUT_STATE_LIFETIME_S) {
        return SP_ERR_EXPIRED;
    }
    *out = state;
    return SP_OK;
}
