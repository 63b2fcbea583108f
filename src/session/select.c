/* SPDX-License-Identifier: Apache-2.0 */
#include "session/select.h"

static enum sp_error open_value(const struct sp_sealer *sealer, const struct sp_seal_context *context,
                                struct sp_str value, struct sp_selection *out)
{
    struct sp_cached *cached =
        sealer->cache != NULL ? sp_cache_find(sealer->cache, sealer->keys, context, value) : NULL;
    if (cached != NULL && cached->is_decoded) {
        out->cached = cached;
        out->session = &cached->session;
        return SP_OK;
    }
    struct sp_str payload;
    enum sp_error error = sp_seal_open(sealer->keys, context, value, &out->storage, &payload);
    if (error == SP_OK) {
        error = sp_session_decode(payload, &out->own);
    }
    out->cached = NULL;
    out->session = &out->own;
    if (error != SP_OK || sealer->cache == NULL) {
        return error;
    }

    /* Remembers it for later requests. */
    cached = sp_cache_keep(sealer->cache, sealer->keys, context, value, payload);
    if (cached != NULL && sp_session_decode(cached->payload, &cached->session) == SP_OK) {
        cached->is_decoded = true;
        out->cached = cached;
        out->session = &cached->session;
    }
    return SP_OK;
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

/* True if one of `values`, starting at `from`, is authentic too and differs from those before it. */
static bool has_rival(const struct sp_sealer *sealer, const struct sp_seal_context *context,
                      const struct sp_str *values, size_t from, size_t values_n)
{
    struct sp_selection rival;
    struct sp_sealer without_cache = *sealer; /* adding to the cache could evict the first one */
    without_cache.cache = NULL;
    bool found = false;
    for (size_t i = from; i < values_n && !found; i++) {
        found = !is_repeated(values, i) && open_value(&without_cache, context, values[i], &rival) == SP_OK;
    }
    sp_seal_storage_wipe(&rival.storage);
    return found;
}

static enum sp_selection_kind kind_of(enum sp_session_phase phase)
{
    switch (phase) {
    case SP_SESSION_CURRENT:
    case SP_SESSION_DUE:
        return SP_SELECTION_VALID;
    case SP_SESSION_OVERDUE:
        return SP_SELECTION_OVERDUE;
    case SP_SESSION_OVER:
        break;
    }
    return SP_SELECTION_EXPIRED;
}

void sp_select_session(const struct sp_sealer *sealer, const struct sp_str *values, size_t values_n,
                       struct sp_selection *out)
{
    if (values_n == 0 || values_n > SP_SELECT_VALUES_MAX_N) {
        out->kind = values_n == 0 ? SP_SELECTION_NONE : SP_SELECTION_AMBIGUOUS;
        return;
    }

    const struct sp_seal_context context = sp_sealer_session_context(sealer);
    size_t i = 0;
    while (i < values_n && open_value(sealer, &context, values[i], out) != SP_OK) {
        i++;
    }
    if (i == values_n) {
        out->kind = SP_SELECTION_INVALID;
    } else if (i + 1 < values_n && has_rival(sealer, &context, values, i + 1, values_n)) {
        out->kind = SP_SELECTION_AMBIGUOUS;
    } else {
        out->kind = kind_of(sp_session_phase(out->session, sealer->now_s));
    }
}

enum sp_reason sp_select_reason(enum sp_selection_kind kind)
{
    switch (kind) {
    case SP_SELECTION_EXPIRED:
        return SP_REASON_SESSION_EXPIRED;
    case SP_SELECTION_OVERDUE:
        return SP_REASON_SESSION_UNCONFIRMED;
    case SP_SELECTION_REVOKED:
        return SP_REASON_SESSION_REVOKED;
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
