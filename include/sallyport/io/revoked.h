/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REVOKED_H
#define SP_IO_REVOKED_H

/*
 * The line `revoked` of the log: that sessions were ended, or were not, by somebody else than their user.
 * Whoever did it, a member means the same:
 *
 *   by                     `issuer`: a logout token; `operator`: `POST /revoke`
 *   subject, sid, session  whose: the sessions for which all of these hold that are there; none: everybody's
 *   began_by               of these, those with a login at or before it
 *   result                 what became of it (sp_revoked_name), or why nothing did: `refused`, `unverified`
 *   detail, others         where nothing did: the cause, and how many more there were since the last line
 */

#include "base/throttle.h"
#include "session/revocations.h"

struct sp_revoked_line {
    const char *by;
    struct sp_str subject; /* this and the following: empty where it is not said */
    struct sp_str sid;
    struct sp_str session; /* the label */
    int64_t began_by_s;
};

void sp_revoked_log(const struct sp_revoked_line *what, enum sp_revoked revoked);

/* That it came to nothing, once a minute at most, since strangers can send what is refused. */
void sp_revoked_log_failure(struct sp_throttle *throttle, const char *by, const char *result,
                            const char *detail);

#endif
