/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOGIN_PAGE_H
#define SP_GATE_LOGIN_PAGE_H

/*
 * The page `login`: a sign-in that the user requests, or that the issuer initiates (OpenID Connect Core 1.0,
 * section 4: login initiated by a third party), for example from its list of applications. With a valid
 * session it redirects to the target at once.
 *
 *   rd               where to return to; the start of the site by default
 *   target_link_uri  the same from a third party, under the same rules; not together with rd
 *   iss              at most once; any value except the issuer of this site is refused
 *   login_hint       the user who should sign in; passed to the issuer unchanged
 *
 * Any site can make a browser open this page. This does no more than a link to the target would do: a foreign
 * target is refused, a frame gets a page whose link opens in the top window, and the user and the issuer
 * determine who signs in.
 *
 * POST only redirects the browser to this page by GET, with the fields of the form. A POST from another site
 * carries no SameSite=Lax cookies, so it would always look anonymous; the GET carries them. The body of the
 * form reaches only the pages listener. A subrequest of a forward-auth proxy has no body, so there only the
 * query counts.
 */

#include "gate/transaction.h"

#define SP_LOGIN_PAGE_HINT_MAX 512 /* bytes of login_hint, decoded */

void sp_login_page(struct sp_transaction *t);

#endif
