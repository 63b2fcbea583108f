/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_REDIRECTS_H
#define SP_SESSION_REDIRECTS_H

/*
 * Where sessions were redirected recently with a new cookie. A request for the same address with the old
 * cookie, within SP_REDIRECT_REMEMBERED_S, has two possible causes. Either the browser did not accept the new
 * cookie, and another redirect would start a loop. Or the request was sent before the new cookie arrived, as
 * happens when several tabs load the same page at once. The two cannot be distinguished, so a few more
 * redirects are made if the request could not be served otherwise.
 *
 * A table of SP_REDIRECTS_N slots, where a later entry may take an earlier one's; at worst this causes one
 * more redirect. A key determines the slot, so nobody outside can choose one. No I/O, no clock, no lock.
 */

#include "base/random.h"
#include "session/session.h"

#define SP_REDIRECTS_N           4096
#define SP_REDIRECT_REMEMBERED_S 60
#define SP_REDIRECTS_MAX         8 /* redirects to one address; browsers give up after 16 to 20 */

struct sp_redirects;

/* Returns a new, empty table, to be freed with free(); NULL if out of memory. */
struct sp_redirects *sp_redirects_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* Records that `session`, with its old cookie, was redirected to `target` on `host`. With a cookie domain, a
 * session has several hosts. `is_further`: the request arrived after an earlier redirect. */
void sp_redirects_note(struct sp_redirects *redirects, const struct sp_session *session, struct sp_str host,
                       struct sp_str target, bool is_further, int64_t now_s);

/* How often the session was recently redirected to that address, one redirect after another. Requests that
 * were sent before the first redirect count as one. */
unsigned sp_redirects_count(const struct sp_redirects *redirects, const struct sp_session *session,
                            struct sp_str host, struct sp_str target, int64_t now_s);

#endif
