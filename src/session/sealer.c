/* SPDX-License-Identifier: Apache-2.0 */
#include "session/sealer.h"

struct sp_seal_context sp_sealer_context(const struct sp_sealer *sealer, enum sp_seal_purpose purpose,
                                         struct sp_str cookie_name, struct sp_str scope)
{
    return (struct sp_seal_context){
        .purpose = purpose,
        .cookie_name = cookie_name,
        .issuer = sealer->issuer,
        .client_id = sealer->client_id,
        .scope = scope,
    };
}

struct sp_seal_context sp_sealer_session_context(const struct sp_sealer *sealer)
{
    return (struct sp_seal_context){
        .purpose = SP_SEAL_SESSION,
        .cookie_name = {sealer->cookies->name, sealer->cookies->name_len},
        .issuer = sealer->issuer,
        .client_id = sealer->client_id,
        .scope = sealer->scope,
    };
}

enum sp_error sp_sealer_seal(const struct sp_sealer *sealer, const struct sp_seal_context *context,
                             const struct sp_buf *payload, struct sp_buf *out)
{
    enum sp_error error = sp_buf_error(payload);
    if (error != SP_OK) {
        return error;
    }
    return sp_seal_bytes(sealer->keys, context, sealer->now_s, &sealer->random, sp_buf_str(payload), out);
}
