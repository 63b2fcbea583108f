/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_RENEWAL_H
#define SP_POLICY_RENEWAL_H

/*
 * Which requests renew a session. The answer to one that does is a 307 to itself with the new cookie, so it
 * must be one that follows a redirect, and that nobody else's page can make for the sake of it:
 *
 *   while the session holds      navigations by GET and HEAD, from anywhere (a link in a mail), and fetches
 *                                and frames by GET of a page of this origin. All else is served as it is.
 *   once it is past its bound    the same, and whatever else a page of this origin sends: forms, uploads and
 *                                images too, since browsers send the body again. All else is refused.
 *
 * A browser says by Sec-Fetch-Site, or by an Origin, that a page of this origin sends it. A prefetch is not
 * what a user asked for, and the handshake of a WebSocket follows no redirect. Pure.
 */

#include "policy/request.h"

enum sp_renewal_need {
    SP_RENEWAL_NEED_DUE,     /* the session holds */
    SP_RENEWAL_NEED_OVERDUE, /* it does not */
};

bool sp_renewal_suits(const struct sp_request *request, enum sp_renewal_need need);

#endif
