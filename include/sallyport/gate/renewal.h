/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RENEWAL_H
#define SP_GATE_RENEWAL_H

/*
 * Sessions are renewed while they are used. From `renew_after` on, a suitable request (policy/renewal.h)
 * waits for the issuer's response (io/renewals.h), at most SP_RENEWAL_WAIT_MS while the session is still
 * valid. It is answered with a 307 to its own URL and the new cookie. Session id, login time, `sid` and
 * absolute end do not change; groups and claims are updated.
 *
 * Until `renew_by` the session is valid whether it could be renewed or not. After that it counts only once
 * the issuer has confirmed it. A user whom the issuer refuses has to sign in. While the issuer does not
 * respond, the answer is 503 and no session is ended. So nothing that a session states about its user is
 * older than `renew_by` allows.
 *
 * A browser that does not accept the new cookie gets only a few 307s to one target in a minute
 * (session/redirects.h). An allow never sets a cookie: a proxy that passed it on would add it to a response
 * of the application, which caches may store.
 */

#include "gate/continuation.h"

#define SP_RENEWAL_WAIT_MS 1000 /* the longest wait for a session that is still valid */

/*
 * For a session that is due or overdue, in a process that renews sessions: if the request is suitable, leaves
 * a continuation in `t` and returns true; there is no answer yet. False: the request is not suitable, or has
 * waited already.
 */
bool sp_renewal_begin(struct sp_transaction *t);

/* The identity for a session that is overdue and was not renewed: no user, with the reason. */
struct sp_who sp_renewal_identify_overdue(struct sp_transaction *t);

#endif
