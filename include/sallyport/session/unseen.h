/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_UNSEEN_H
#define SP_SESSION_UNSEEN_H

/*
 * The sessions that were sent a new cookie that has not come back yet. The response may have been lost
 * together with the cookie, and the browser then sends the old one.
 *
 * A table of SP_UNSEEN_N slots of one word each. A later session may take an earlier one's slot; the return
 * of the earlier one's cookie is then not noticed. Session ids are random, so nobody can choose a slot. Every
 * allowed request checks the table, so checking reads only one word. Threads share the table without a lock.
 * No I/O, no clock.
 */

#include "session/session.h"

#define SP_UNSEEN_N 4096

struct sp_unseen;

/* Returns a new, empty table, to be freed with free(); NULL if out of memory. */
struct sp_unseen *sp_unseen_new(void) __attribute__((warn_unused_result));

/* Records that `session`, with its old cookie, was sent a new one. */
void sp_unseen_note(struct sp_unseen *unseen, const struct sp_session *session);

/* True if this is the first request of `session` with a cookie newer than the old one. */
bool sp_unseen_take(struct sp_unseen *unseen, const struct sp_session *session);

#endif
