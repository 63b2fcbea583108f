/* SPDX-License-Identifier: Apache-2.0 */
#include "session/revoke_message.h"

#include "session/wire.h"

#define MESSAGE_VERSION 1
#define PAYLOAD_MAX     (SP_REVOKE_VALUE_MAX + 32)

_Static_assert(SP_SEAL_TEXT_LEN(PAYLOAD_MAX) <= SP_REVOKE_MESSAGE_MAX, "every message fits");

static struct sp_seal_context context_of(const struct sp_sealer *sealer)
{
    return sp_sealer_context(sealer, SP_SEAL_REVOKE_MESSAGE, sp_cookies_session_name(sealer->cookies),
                             SP_STR_NONE);
}

static bool is_label(struct sp_str value)
{
    bool is_hex = value.len == SP_SESSION_ID_LABEL_LEN;
    for (size_t i = 0; i < value.len; i++) {
        is_hex = is_hex && memchr("0123456789abcdef", value.ptr[i], 16) != NULL;
    }
    return is_hex;
}

static bool is_sound(const struct sp_revoke_message *message, int64_t sealed_s)
{
    switch (message->kind) {
    case SP_REVOKE_SUB:
    case SP_REVOKE_SID:
        return message->value.len > 0 && message->value.len <= SP_REVOKE_VALUE_MAX;
    case SP_REVOKE_LABEL:
        return is_label(message->value);
    case SP_REVOKE_ALL:
        return message->value.len == 0 && message->bound_s >= 0 && message->bound_s <= sealed_s;
    }
    return false;
}

enum sp_error sp_revoke_message_seal(const struct sp_sealer *sealer, const struct sp_revoke_message *message,
                                     struct sp_buf *out)
{
    if (!is_sound(message, sealer->now_s)) {
        return SP_ERR_FORMAT;
    }
    SP_BUF_ON_STACK(payload, PAYLOAD_MAX);
    sp_wire_write_u8(&payload, MESSAGE_VERSION);
    sp_wire_write_time(&payload, sealer->now_s);
    sp_wire_write_u8(&payload, (uint8_t)message->kind);
    sp_wire_write_time(&payload, message->kind == SP_REVOKE_ALL ? message->bound_s : sealer->now_s);
    sp_wire_write_str(&payload, message->value);
    struct sp_seal_context context = context_of(sealer);
    return sp_sealer_seal(sealer, &context, &payload, out);
}

enum sp_error sp_revoke_message_open(const struct sp_sealer *sealer, struct sp_str text, int64_t skew_s,
                                     struct sp_seal_storage *storage, struct sp_revoke_message *out)
{
    struct sp_seal_context context = context_of(sealer);
    struct sp_str payload;
    if (text.len > SP_REVOKE_MESSAGE_MAX ||
        sp_seal_open(sealer->keys, &context, text, storage, &payload) != SP_OK) {
        return SP_ERR_SIGNATURE;
    }
    struct sp_wire_reader reader = sp_wire_reader_of(payload);
    uint8_t version = sp_wire_read_u8(&reader);
    int64_t sealed_s = sp_wire_read_time(&reader);
    struct sp_revoke_message message = {.kind = (enum sp_revoke_kind)sp_wire_read_u8(&reader)};
    message.bound_s = sp_wire_read_time(&reader);
    message.value = sp_wire_read_str(&reader);
    if (!sp_wire_done(&reader) || version != MESSAGE_VERSION || !is_sound(&message, sealed_s) ||
        message.bound_s > sealed_s) {
        return SP_ERR_FORMAT;
    }
    if (sealer->now_s - sealed_s >= SP_REVOKE_MESSAGE_LIFETIME_S + skew_s ||
        sealed_s - sealer->now_s > skew_s) {
        return SP_ERR_EXPIRED;
    }
    *out = message;
    return SP_OK;
}
