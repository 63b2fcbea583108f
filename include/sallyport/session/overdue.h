/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_OVERDUE_H
#define SP_SESSION_OVERDUE_H

/*
 * The sessions that are past `renew_by` and that the issuer has neither confirmed nor refused. Their number
 * shows an operator how many sessions an unresponsive issuer affects.
 *
 * A session is counted from the first request that could not be confirmed until it is renewed, or until no
 * request has carried it for SP_OVERDUE_REMEMBERED_S. The table has SP_OVERDUE_N slots, and a later session
 * may take the slot of an earlier one, so the count is never too high. Session ids are random, so nobody can
 * choose a slot. No I/O, no clock, no lock.
 */

#include "session/session.h"

#define SP_OVERDUE_N            4096
#define SP_OVERDUE_REMEMBERED_S 300

struct sp_overdue;

/* Returns a new, empty table, to be freed with free(); NULL if out of memory. */
struct sp_overdue *sp_overdue_new(void) __attribute__((warn_unused_result));

/* Records that `session` could not be confirmed. */
void sp_overdue_note(struct sp_overdue *overdue, const struct sp_session *session, int64_t now_s);

/* Records that it was confirmed. */
void sp_overdue_forget(struct sp_overdue *overdue, const struct sp_session *session);

size_t sp_overdue_count(const struct sp_overdue *overdue, int64_t now_s);

#endif
