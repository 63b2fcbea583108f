/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGIN_PAGE_H
#define SP_GATE_LOGIN_PAGE_H

/*
 * The page `login`: a sign-in on somebody's own wish, or on the issuer's word (OpenID Connect Core 1.0,
 * section 4: login that a third party initiates), such as its list of applications. With a valid session it
 * leads to the target at once.
 *
 *   rd               where to end; without it, at the start of the site
 *   target_link_uri  the same from a third party, under the same rules; not both
 *   iss              must be the issuer of this site, and there once; another one did not begin this
 *   login_hint       who is to sign in, handed on to the issuer as it is
 *
 * Anybody can make a browser come here. What that does is no more than a link to the target does: a target
 * elsewhere is refused, a frame gets a page whose link opens at the top, and who signs in is between the user
 * and the issuer.
 *
 * POST does nothing but send the browser here again by GET, with what the form said. One from another site
 * carries no cookie that is SameSite=Lax, so it would look anonymous whoever sent it; the GET carries it. The
 * form's body reaches the pages listener only: what a forward-auth proxy asks about has none, and then the
 * query alone counts.
 */

#include "gate/transaction.h"

#define SP_LOGIN_PAGE_HINT_MAX 512 /* bytes of login_hint, decoded */

void sp_login_page(struct sp_transaction *t);

#endif
