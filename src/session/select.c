/* SPDX-License-Identifier: Apache-2.0 */
#include "session/select.h"

static enum sp_error open_value(const struct sp_realm *realm, const struct sp_seal_context *context,
                                struct sp_str value, struct sp_selection *out)
{
    struct sp_str payload;
    if (realm->opened != NULL &&
        sp_opened_find(realm->opened, realm->keys, context, value, &out->storage, &payload)) {
        return sp_session_decode(payload, &out->session);
    }
    enum sp_error error = sp_seal_open(realm->keys, context, value, &out->storage, &payload);
    if (error == SP_OK) {
        error = sp_session_decode(payload, &out->session);
    }
    if (error == SP_OK && realm->opened != NULL) {
        sp_opened_keep(realm->opened, realm->keys, context, value, payload);
    }
    return error;
}

static bool is_repeated(const struct sp_str *values, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (sp_str_equal(values[i], values[index])) {
            return true;
        }
    }
    return false;
}

/* Whether one of `values` from `from` on is authentic too and differs from those before it. */
static bool has_rival(const struct sp_realm *realm, const struct sp_seal_context *context,
                      const struct sp_str *values, size_t from, size_t values_n)
{
    struct sp_selection rival;
    bool found = false;
    for (size_t i = from; i < values_n && !found; i++) {
        found = !is_repeated(values, i) && open_value(realm, context, values[i], &rival) == SP_OK;
    }
    sp_seal_storage_wipe(&rival.storage);
    return found;
}

static enum sp_selection_kind select_session(const struct sp_realm *realm, const struct sp_str *values,
                                             size_t values_n, int64_t now_s, struct sp_selection *out)
{
    if (values_n == 0) {
        return SP_SELECTION_NONE;
    }
    if (values_n > SP_SELECT_VALUES_MAX_N) {
        return SP_SELECTION_AMBIGUOUS;
    }

    const struct sp_seal_context context = sp_realm_session_context(realm);
    size_t i = 0;
    while (i < values_n && open_value(realm, &context, values[i], out) != SP_OK) {
        i++;
    }
    if (i == values_n) {
        return SP_SELECTION_INVALID;
    }
    if (i + 1 < values_n && has_rival(realm, &context, values, i + 1, values_n)) {
        return SP_SELECTION_AMBIGUOUS;
    }
    return sp_session_phase(&out->session, now_s) == SP_SESSION_OVER ? SP_SELECTION_EXPIRED
                                                                     : SP_SELECTION_VALID;
}

void sp_select_session(const struct sp_realm *realm, const struct sp_str *values, size_t values_n,
                       int64_t now_s, struct sp_selection *out)
{
    out->kind = select_session(realm, values, values_n, now_s, out);
}

enum sp_reason sp_select_reason(enum sp_selection_kind kind)
{
    switch (kind) {
    case SP_SELECTION_EXPIRED:
        return SP_REASON_SESSION_EXPIRED;
    case SP_SELECTION_AMBIGUOUS:
        return SP_REASON_SESSION_AMBIGUOUS;
    case SP_SELECTION_INVALID:
        return SP_REASON_SESSION_INVALID;
    case SP_SELECTION_NONE:
    case SP_SELECTION_VALID:
        return SP_REASON_NO_SESSION;
    }
    return SP_REASON_NO_SESSION;
}
