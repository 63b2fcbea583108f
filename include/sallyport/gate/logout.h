/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGOUT_H
#define SP_GATE_LOGOUT_H

/*
 * The pages `logout` and `signed-out`. A session ends at once only if the browser reports that the user came
 * from this site's own page or typed the address. An image, a frame, or a link from another site or a sibling
 * host gets a page with a button. The form action of the button carries a sealed token, because a
 * forward-auth subrequest has no body to read one from.
 *
 * The logout ends the session in this browser or, with `everywhere=1`, all sessions of its user. The local
 * session ends first. Then, if the issuer has its own logout (oidc/end_session.h), the browser is redirected
 * to the issuer, and from there back to `signed-out` with a sealed `state`. Issuers require the exact address
 * of that page. So with `callback_host` the address is at that host, which redirects to the origin in
 * `state`, as it does for a callback. A request without an authentic `state` only gets the page.
 */

#include "gate/transaction.h"

void sp_logout_page(struct sp_transaction *t);
void sp_signed_out_page(struct sp_transaction *t);

#endif
