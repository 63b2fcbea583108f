/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/revoke.h"

#include "base/throttle.h"
#include "base/time.h"
#include "io/clock.h"
#include "io/log.h"
#include "session/revoke_message.h"

#define REFUSED_EVERY_MS 60000

static enum sp_revoked revoke(const struct sp_transaction *t, const struct sp_revoke_message *message)
{
    struct sp_revocations *table = t->context->process->revocations;
    int64_t lifetime_s = sp_config_revocation_lifetime_s(t->context->snapshot->config);
    struct sp_revocation revocation = {
        .began_by_s = message->bound_s, .until_s = message->bound_s + lifetime_s, .lifetime_s = lifetime_s};
    switch (message->kind) {
    case SP_REVOKE_ALL:
        sp_revocations_raise(table, message->bound_s);
        return SP_REVOKED_ADDED;
    case SP_REVOKE_SUB:
        revocation.kind = SP_REVOCATION_USER;
        revocation.sub = message->value;
        break;
    case SP_REVOKE_SID:
        revocation.kind = SP_REVOCATION_SID;
        revocation.sid = message->value;
        break;
    case SP_REVOKE_SESSION:
        revocation.kind = SP_REVOCATION_LABEL;
        memcpy(revocation.label, message->value.ptr, sizeof revocation.label);
        break;
    }
    return sp_revocations_add(table, &revocation, t->context->now_s);
}

static void log_revoked(const struct sp_revoke_message *message, enum sp_revoked revoked)
{
    struct sp_log_line line;
    char bound[SP_TIME_TEXT_LEN + 1];
    sp_time_format(message->bound_s, bound);
    if (sp_log_begin(&line, SP_LOG_INFO, "revoked")) {
        sp_log_text(&line, "by", SP_STR("operator"));
        sp_log_text(&line, "kind", sp_str_from_c(sp_revoke_kind_name(message->kind)));
        if (message->value.len > 0) {
            sp_log_text(&line, "value", message->value);
        }
        sp_log_text(&line, "began_by", sp_str_from_c(bound));
        sp_log_text(&line, "result", sp_str_from_c(sp_revoked_name(revoked)));
        sp_log_end(&line);
    }
}

/* Anybody who reaches the listener can send such a body. */
static void log_refused(const char *detail)
{
    static struct sp_throttle throttle;
    struct sp_log_line line;
    uint64_t others;
    if (sp_throttle_pass(&throttle, sp_clock_monotonic_ns() / 1000000, REFUSED_EVERY_MS, &others) &&
        sp_log_begin(&line, SP_LOG_WARN, "revoked")) {
        sp_log_text(&line, "result", SP_STR("refused"));
        sp_log_text(&line, "detail", sp_str_from_c(detail));
        sp_log_number(&line, "others", others);
        sp_log_end(&line);
    }
}

static const char *text_of_fault(enum sp_error error)
{
    if (error == SP_ERR_EXPIRED) {
        return "sealed more than a minute ago, or the clocks differ by more than clock_skew";
    }
    return error == SP_ERR_FORMAT
               ? "sealed by another version"
               : "not sealed by a key of this key ring, or for another issuer, client or cookie name";
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
        log_refused(text_of_fault(error));
        sp_buf_printf(answer, "%s\n", text_of_fault(error));
        return 403;
    }
    enum sp_revoked revoked = revoke(t, &message);
    log_revoked(&message, revoked);
    sp_buf_printf(answer, "%s\n", sp_revoked_name(revoked));
    return 200;
}
