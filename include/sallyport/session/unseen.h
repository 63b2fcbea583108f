/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_UNSEEN_H
#define SP_SESSION_UNSEEN_H

/*
 * Which sessions were sent a new cookie that has not come back yet. The answer may have been lost with the
 * cookie, and the browser comes with the old one.
 *
 * A table of SP_UNSEEN_N places, one word each, where a later session may take an earlier one's: then the
 * earlier one's cookie is never noticed. Session ids are random, and nobody chooses one. Every allowed request
 * asks, so asking reads one word. Any thread, without a lock. No I/O, no clock.
 */

#include "session/session.h"

#define SP_UNSEEN_N 4096

struct sp_unseen;

/* A new one, for free(); NULL without memory. */
struct sp_unseen *sp_unseen_new(void) __attribute__((warn_unused_result));

/* `session`, with the cookie that it had, was sent a new one. */
void sp_unseen_note(struct sp_unseen *unseen, const struct sp_session *session);

/* Whether this is the first time that `session` comes with a cookie newer than the one it had. */
bool sp_unseen_take(struct sp_unseen *unseen, const struct sp_session *session);

#endif
