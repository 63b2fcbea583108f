/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_RENEWAL_H
#define SP_GATE_RENEWAL_H

/*
 * Sessions are renewed while they are used. From `renew_after` on, a request that suits (policy/renewal.h)
 * waits for what the issuer says (io/renewals.h), at most SP_RENEWAL_WAIT_MS, and is answered by a 307 to
 * itself with the new cookie. Session id, login time, `sid` and absolute end stay what they were; groups
 * and claims are those of now.
 *
 * Until `renew_by` the session is valid whether it could be renewed or not. After that it counts only once
 * the issuer has confirmed it: a user whom the issuer refuses has to sign in, and while the issuer does not
 * answer, the answer is 503 and no session is ended. So nothing that a session says about its user is older
 * than `renew_by` allows.
 *
 * A browser that does not take the new cookie gets a few 307s to one target in a minute
 * (session/redirects.h). An allow never carries a cookie: a proxy that passed it on would do so on an answer
 * of the application's own, which caches may keep.
 */

#include "gate/continuation.h"

#define SP_RENEWAL_WAIT_MS 1000 /* of a session that holds */

/*
 * For a session that is due, or overdue, in a process that renews sessions: where the request suits, leaves a continuation in `t`, and the
 * request gets no answer yet. False: it does not, or has waited already.
 */
bool sp_renewal_begin(struct sp_transaction *t);

/* Who asks with a session that is overdue and was not renewed: nobody, and why. */
struct sp_who sp_renewal_identify_overdue(struct sp_transaction *t);

#endif
