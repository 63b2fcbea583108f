/* SPDX-License-Identifier: Apache-2.0 */
#include "session/logout.h"

#include "session/wire.h"

#define TOKEN_VERSION     1
#define TOKEN_PAYLOAD_LEN (1 + SP_WIRE_TIME_LEN + SP_SESSION_ID_LEN)

static struct sp_seal_context token_context(const struct sp_sealer *sealer)
{
    return sp_sealer_context(sealer, SP_SEAL_LOGOUT_TOKEN, sp_cookies_session_name(sealer->cookies),
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
