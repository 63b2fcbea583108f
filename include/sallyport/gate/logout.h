/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGOUT_H
#define SP_GATE_LOGOUT_H

/*
 * The pages `logout` and `signed-out`. A session ends at once only when the browser says that the user came
 * by this site's own page or by typing the address; an image, a frame, a link of another site or a sibling
 * host get a page with a button, whose form action carries a sealed token, since a forward-auth subrequest
 * has no body to read one from.
 *
 * What ends is the session in this browser. The issuer's own is not touched, and the page says so.
 */

#include "gate/transaction.h"

void sp_logout_page(struct sp_transaction *t);
void sp_signed_out_page(struct sp_transaction *t);

#endif
