/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_SESSION_COOKIE_H
#define SP_SESSION_SESSION_COOKIE_H

/*
 * The session on its way into the cookie and out of the cookies that a request has.
 *
 * A request may carry the name several times: a sibling host can set a cookie of a shared domain, or one of a
 * longer path that browsers then send first. Up to four values are opened. Exactly one authentic one counts;
 * values that are the same octet for octet count once; what does not open is as if it were not there. Two
 * authentic ones that differ are ambiguous, also when one of them is over: somebody planted one, and which
 * one is not for us to guess. More than four values are ambiguous at once, none of them opened, so that a
 * request costs at most four openings whatever it carries.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/random.h"
#include "session/realm.h"
#include "session/session.h"

#include <stdint.h>

#define SP_SESSION_COOKIES_MAX_N 4

/* Zero is no session. */
enum sp_session_found {
    SP_SESSION_NONE = 0,  /* no cookie of the name */
    SP_SESSION_INVALID,   /* none that is authentic here and can be read */
    SP_SESSION_EXPIRED,   /* authentic, and over; the session is filled in, for the log */
    SP_SESSION_AMBIGUOUS, /* two authentic ones that differ, or more than SP_SESSION_COOKIES_MAX_N values */
    SP_SESSION_VALID,
};

/* About 8 KiB, for the stack or the request's pool. The views of `session` point into `storage`,
 * which the caller wipes (sp_seal_storage_wipe) when the session holds tokens. */
struct sp_session_slot {
    struct sp_session session; /* to be read only for SP_SESSION_VALID and SP_SESSION_EXPIRED */
    struct sp_seal_storage storage;
};

/*
 * Picks the session out of the values of the session cookie's name, in the order of the request.
 *
 *   values    the first min(values_n, SP_SESSION_COOKIES_MAX_N) are read
 *   values_n  how many the request had
 *
 * A session that is revoked is still valid here: revocations are asked by the caller.
 */
enum sp_session_found sp_session_cookie_select(const struct sp_realm *realm, const struct sp_str *values,
                                               size_t values_n, int64_t now_s, struct sp_session_slot *slot);

/*
 * Appends the Set-Cookie line that gives `session` to the browser until it expires.
 *
 *   diag  for SP_ERR_LIMIT: octets, groups and the cure; may be null
 *
 *   SP_ERR_LIMIT    does not fit a cookie
 *   SP_ERR_EXPIRED  over already
 *   errors of sp_session_encode and sp_seal_octets
 */
enum sp_error sp_session_cookie_write(const struct sp_realm *realm, const struct sp_session *session,
                                      int64_t now_s, const struct sp_random *random, struct sp_diag *diag,
                                      struct sp_buf *out) __attribute__((warn_unused_result));

#endif
