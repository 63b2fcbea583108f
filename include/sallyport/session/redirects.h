/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REDIRECTS_H
#define SP_SESSION_REDIRECTS_H

/*
 * Where sessions were sent with a new cookie lately. Who comes to the same target with the old cookie within
 * SP_REDIRECT_REMEMBERED_S did not take the new one: a further redirect would be the next turn of a circle.
 *
 * A table of SP_REDIRECTS_N places, where a later one may take an earlier one's: then one redirect more is
 * the worst that comes of it. Nobody chooses a place, which a key decides. No I/O, no clock, no lock.
 */

#include "base/random.h"
#include "session/session.h"

#define SP_REDIRECTS_N           4096
#define SP_REDIRECT_REMEMBERED_S 60

struct sp_redirects;

/* A new one, for free(); NULL without memory. */
struct sp_redirects *sp_redirects_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* `session` with the cookie that it had is sent to `target`. */
void sp_redirects_note(struct sp_redirects *redirects, const struct sp_session *session, struct sp_str target,
                       int64_t now_s);

/* Whether it was lately. */
bool sp_redirects_remember(const struct sp_redirects *redirects, const struct sp_session *session,
                           struct sp_str target, int64_t now_s);

#endif
