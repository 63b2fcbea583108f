/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGOUT_H
#define SP_GATE_LOGOUT_H

/*
 * The pages `logout` and `signed-out`. A session ends at once only when the browser says that the user came
 * by this site's own page or by typing the address; an image, a frame, a link of another site or a sibling
 * host get a page with a button, whose form action carries a sealed token, since a forward-auth subrequest
 * has no body to read one from.
 *
 * What ends is the session in this browser, or with `everywhere=1` all sessions of its user. It ends here
 * first. Then the browser is sent to the issuer, where that has a logout of its own (oidc/end_session.h), and
 * from there back to `signed-out` with a sealed `state`. Issuers know the address of that page to the byte,
 * so with `callback_host` it is that host's, which passes the return on to the origin in `state`, as it does
 * with a callback. Whoever comes without an authentic `state` gets the page and nothing else.
 */

#include "gate/transaction.h"

void sp_logout_page(struct sp_transaction *t);
void sp_signed_out_page(struct sp_transaction *t);

#endif
