/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_OVERDUE_H
#define SP_SESSION_OVERDUE_H

/*
 * Which sessions are past `renew_by` and could not be confirmed: the issuer has said neither yes nor no.
 * How many there are is what an operator wants to know of an issuer that is silent.
 *
 * A session is one of them from the request that was answered so until it is renewed, or nobody has come
 * with it for SP_OVERDUE_REMEMBERED_S. A table of SP_OVERDUE_N places, where a later one may take an
 * earlier one's, so the count is never too high. Session ids are random, and nobody chooses one. No I/O, no
 * clock, no lock.
 */

#include "session/session.h"

#define SP_OVERDUE_N            4096
#define SP_OVERDUE_REMEMBERED_S 300

struct sp_overdue;

/* A new one, for free(); NULL without memory. */
struct sp_overdue *sp_overdue_new(void) __attribute__((warn_unused_result));

/* `session` could not be confirmed. */
void sp_overdue_note(struct sp_overdue *overdue, const struct sp_session *session, int64_t now_s);

/* It was. */
void sp_overdue_forget(struct sp_overdue *overdue, const struct sp_session *session);

size_t sp_overdue_count(const struct sp_overdue *overdue, int64_t now_s);

#endif
