/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REVOKED_H
#define SP_IO_REVOKED_H

/*
 * The log line `revoked`: someone other than the user has ended sessions, or tried to. The members mean the
 * same in all cases:
 *
 *   by                     `issuer`: a logout token; `operator`: `POST /revoke`
 *   subject, sid, session  which sessions: those that match all of the members present; none: all sessions
 *   began_by               of these, the ones with a login at or before this time
 *   result                 the result (sp_revoked_name), or the failure: `refused`, `unverified`
 *   detail, others         for a failure: the cause, and how many more there were since the last line
 */

#include "base/throttle.h"
#include "session/revocations.h"

struct sp_revoked_line {
    const char *by;
    struct sp_str subject; /* empty if not specified, like the next two */
    struct sp_str sid;
    struct sp_str session; /* the label of the session */
    int64_t began_by_s;
};

void sp_revoked_log(const struct sp_revoked_line *what, enum sp_revoked revoked);

/* Logs a failure, at most once a minute, because untrusted clients can cause it. */
void sp_revoked_log_failure(struct sp_throttle *throttle, const char *by, const char *result,
                            const char *detail);

#endif
