/* SPDX-License-Identifier: Apache-2.0 */
#include "session/realm.h"

struct sp_seal_context sp_realm_context(const struct sp_realm *realm, enum sp_seal_purpose purpose,
                                        struct sp_str cookie_name, struct sp_str scope)
{
    return (struct sp_seal_context){
        .purpose = purpose,
        .cookie_name = cookie_name,
        .issuer = realm->issuer,
        .client_id = realm->client_id,
        .scope = scope,
    };
}

struct sp_seal_context sp_realm_session_context(const struct sp_realm *realm)
{
    return (struct sp_seal_context){
        .purpose = SP_SEAL_SESSION,
        .cookie_name = {realm->cookies->name, realm->cookies->name_len},
        .issuer = realm->issuer,
        .client_id = realm->client_id,
        .scope = realm->scope,
    };
}

enum sp_error sp_realm_seal(const struct sp_realm *realm, const struct sp_seal_context *context,
                            int64_t now_s, const struct sp_random *random, const struct sp_buf *payload,
                            struct sp_buf *out)
{
    enum sp_error error = sp_buf_error(payload);
    if (error != SP_OK) {
        return error;
    }
    return sp_seal_bytes(realm->keys, context, now_s, random, sp_buf_str(payload), out);
}
