/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SELECT_H
#define SP_SESSION_SELECT_H

/*
 * Selects the session from the cookies of a request.
 *
 * A request may carry the name several times: a sibling host can set a cookie of a shared domain, or one with
 * a longer path that browsers then send first. Up to four values are opened. There must be exactly one
 * authentic value. Values that are equal byte for byte count once, and values that do not open are ignored.
 * Two different authentic ones are ambiguous, even if one of them has expired: somebody planted one, and we
 * cannot know which. More than four values are ambiguous without opening any, so that no request costs more
 * than four openings. The cache makes this faster, but never changes the result.
 */

#include "base/reason.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

#define SP_SELECT_VALUES_MAX_N 4

/* Zero means no session. */
enum sp_selection_kind {
    SP_SELECTION_NONE = 0,  /* no cookie has the name */
    SP_SELECTION_INVALID,   /* no value is both authentic here and readable */
    SP_SELECTION_EXPIRED,   /* authentic, but expired; the session is filled in, for the log */
    SP_SELECTION_AMBIGUOUS, /* two different authentic ones, or more than SP_SELECT_VALUES_MAX_N values */
    SP_SELECTION_REVOKED,   /* authentic, but revoked; set by the caller that checks the revocations */
    SP_SELECTION_OVERDUE,   /* authentic, but not valid until it is renewed */
    SP_SELECTION_VALID,
};

/*
 * About 44 KiB, for the stack or the request's pool; it needs no initialization. Views of the session point
 * into the cache, or into `storage`, which must be wiped (sp_seal_storage_wipe) if the session holds tokens.
 */
struct sp_selection {
    enum sp_selection_kind kind;
    const struct sp_session *session; /* set if an authentic, readable session was found */
    struct sp_cached *cached;         /* the session's cache entry; NULL: the session is `own` */
    struct sp_session own;
    struct sp_seal_storage storage;
};

/* Why there is no usable session; SP_REASON_NO_SESSION also for SP_SELECTION_VALID. */
enum sp_reason sp_select_reason(enum sp_selection_kind kind);

/*
 * Selects the session from the values of the session cookie, in the order of the request.
 *
 *   values    the first min(values_n, SP_SELECT_VALUES_MAX_N) are read
 *   values_n  how many the request had, as returned by sp_cookie_collect
 *
 * A revoked session is still valid here, because the caller checks the revocations.
 */
void sp_select_session(const struct sp_sealer *sealer, const struct sp_str *values, size_t values_n,
                       struct sp_selection *out);

#endif
