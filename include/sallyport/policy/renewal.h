/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RENEWAL_H
#define SP_POLICY_RENEWAL_H

/*
 * Which requests renew a session. The response to such a request is a 307 to the same URL with the new
 * cookie. So the request must be one that follows a redirect, and that no other site's page can cause just to
 * trigger a renewal:
 *
 *   while the session is valid   navigations by GET and HEAD, from anywhere (a link in an e-mail), and
 *                                fetches and frames by GET from a page of this origin. All other requests are
 *                                served as usual.
 *   once it is overdue           the same, and anything else from a page of this origin: forms, uploads and
 *                                images too, since browsers send the body again. All other requests are
 *                                refused.
 *
 * Sec-Fetch-Site, or an Origin, shows that a page of this origin sent the request. A prefetch is not a user's
 * request, and a WebSocket handshake does not follow redirects. Pure.
 */

#include "policy/request.h"

enum sp_renewal_need {
    SP_RENEWAL_NEED_DUE,     /* the session is valid */
    SP_RENEWAL_NEED_OVERDUE, /* the session is not valid until it is renewed */
};

bool sp_renewal_suits(const struct sp_request *request, enum sp_renewal_need need);

#endif
