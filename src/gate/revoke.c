/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/revoke.h"

#include "io/revoked.h"
#include "session/revoke_message.h"

#define BY "operator"

static enum sp_revoked revoke(const struct sp_transaction *t, const struct sp_revoke_message *message)
{
    struct sp_revocations *table = t->context->process->revocations;
    int64_t lifetime_s = sp_config_revocation_lifetime_s(t->context->snapshot->config);
    struct sp_revocation revocation = {
        .began_by_s = message->bound_s, .until_s = message->bound_s + lifetime_s, .lifetime_s = lifetime_s};
    struct sp_revoked_line line = {.by = BY, .began_by_s = message->bound_s};
    switch (message->kind) {
    case SP_REVOKE_ALL:
        break;
    case SP_REVOKE_SUB:
        revocation.kind = SP_REVOCATION_USER;
        revocation.sub = line.subject = message->value;
        break;
    case SP_REVOKE_SID:
        revocation.kind = SP_REVOCATION_SID;
        revocation.sid = line.sid = message->value;
        break;
    case SP_REVOKE_LABEL:
        revocation.kind = SP_REVOCATION_LABEL;
        memcpy(revocation.label, message->value.ptr, sizeof revocation.label);
        line.session = message->value;
        break;
    }
    enum sp_revoked revoked = message->kind == SP_REVOKE_ALL
                                  ? sp_revocations_raise(table, message->bound_s)
                                  : sp_revocations_add(table, &revocation, t->context->now_s);
    sp_revoked_log(&line, revoked);
    return revoked;
}

static const char *text_of_fault(enum sp_error error)
{
    if (error == SP_ERR_EXPIRED) {
        return "sealed more than a minute ago, or the clocks differ by more than clock_skew";
    }
    return error == SP_ERR_FORMAT
               ? "sealed by another version"
               : "not sealed by a key of this key ring, or for another issuer, client or cookie";
}

unsigned sp_revoke_take(struct sp_transaction *t, struct sp_buf *answer)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    struct sp_sealer sealer =
        sp_snapshot_sealer(snapshot, SP_STR_NONE, t->context->now_s, &t->context->random);
    struct sp_seal_storage storage;
    struct sp_revoke_message message;
    enum sp_error error =
        sp_revoke_message_open(&sealer, t->body, snapshot->config->clock_skew_s, &storage, &message);
    if (error != SP_OK) {
        static struct sp_throttle throttle; /* anybody who reaches the listener can send such a body */
        sp_revoked_log_failure(&throttle, BY, "refused", text_of_fault(error));
        sp_buf_printf(answer, "%s\n", text_of_fault(error));
        return 403;
    }
    enum sp_revoked revoked = revoke(t, &message);
    sp_buf_printf(answer, "%s\n", sp_revoked_name(revoked));
    return 200;
}
