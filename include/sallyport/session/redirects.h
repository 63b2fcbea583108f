/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REDIRECTS_H
#define SP_SESSION_REDIRECTS_H

/*
 * Where sessions were sent with a new cookie lately. Who comes to the same target with the old cookie within
 * SP_REDIRECT_REMEMBERED_S either did not take the new one, and a further redirect would be the next turn of a
 * circle; or had asked before the new one arrived, as the other tabs of a browser do, which ask for the same at
 * once. Nothing tells them apart, so a few redirects more are made where the request could not be served else.
 *
 * A table of SP_REDIRECTS_N places, where a later one may take an earlier one's: then one redirect more is
 * the worst that comes of it. Nobody chooses a place, which a key decides. No I/O, no clock, no lock.
 */

#include "base/random.h"
#include "session/session.h"

#define SP_REDIRECTS_N           4096
#define SP_REDIRECT_REMEMBERED_S 60
#define SP_REDIRECTS_MAX         8 /* to one target; browsers give up at 16 to 20 */

struct sp_redirects;

/* A new one, for free(); NULL without memory. */
struct sp_redirects *sp_redirects_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* `session` with the cookie that it had is sent to `target`; `is_further`: it asked after an earlier one was. */
void sp_redirects_note(struct sp_redirects *redirects, const struct sp_session *session, struct sp_str target,
                       bool is_further, int64_t now_s);

/* How often it was lately, one after the other: those that asked before the first one was sent are one. */
unsigned sp_redirects_count(const struct sp_redirects *redirects, const struct sp_session *session,
                            struct sp_str target, int64_t now_s);

#endif
