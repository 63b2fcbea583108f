/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SELECT_H
#define SP_SESSION_SELECT_H

/*
 * The session, out of the cookies that a request has.
 *
 * A request may carry the name several times: a sibling host can set a cookie of a shared domain, or one of a
 * longer path that browsers then send first. Up to four values are opened. Exactly one authentic one counts;
 * values that are the same byte for byte count once; what does not open is as if it were not there. Two
 * authentic ones that differ are ambiguous, also when one of them is over: somebody planted one, and which
 * one is not for us to guess. More than four values are ambiguous at once, none of them opened, so that a
 * request costs at most four openings whatever it carries. What is remembered of earlier requests makes this
 * faster and never different.
 */

#include "base/reason.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

#define SP_SELECT_VALUES_MAX_N 4

/* Zero is no session. */
enum sp_selection_kind {
    SP_SELECTION_NONE = 0,  /* no cookie of the name */
    SP_SELECTION_INVALID,   /* none that is authentic here and can be read */
    SP_SELECTION_EXPIRED,   /* authentic, and over; the session is filled in, for the log */
    SP_SELECTION_AMBIGUOUS, /* two authentic ones that differ, or more than SP_SELECT_VALUES_MAX_N values */
    SP_SELECTION_REVOKED,   /* authentic, and ended before its time: by who asks the table of revocations */
    SP_SELECTION_OVERDUE,   /* authentic, and not valid until it is renewed */
    SP_SELECTION_VALID,
};

/*
 * About 38 KiB, for the stack or the request's pool; it needs no initial value. Views of the session point
 * into the cache, or into `storage`, which is to be wiped (sp_seal_storage_wipe) when the session holds
 * tokens.
 */
struct sp_selection {
    enum sp_selection_kind kind;
    const struct sp_session *session; /* where one was authentic and could be read */
    struct sp_cached *cached;         /* where that is remembered; NULL: it is `own` */
    struct sp_session own;
    struct sp_seal_storage storage;
};

/* Why there is no session to work with; SP_REASON_NO_SESSION also for a valid one. */
enum sp_reason sp_select_reason(enum sp_selection_kind kind);

/*
 * Picks the session out of the values of the session cookie's name, in the order of the request.
 *
 *   values    the first min(values_n, SP_SELECT_VALUES_MAX_N) are read
 *   values_n  how many the request had, as sp_cookie_collect tells
 *
 * A session that is revoked is still valid here: revocations are asked by the caller.
 */
void sp_select_session(const struct sp_sealer *sealer, const struct sp_str *values, size_t values_n,
                       struct sp_selection *out);

#endif
