/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_SESSION_GUARD_H
#define SP_POLICY_SESSION_GUARD_H

/*
 * What a browser session may do where a binding gives it a credential. Browsers send the cookie for any page,
 * whoever wrote it. The application's own protection is not enough there, because to the API server
 * everything comes from one account.
 *
 *   a page of another site, or of a sibling host, sends a form, a fetch or a WebSocket handshake
 *       A request that changes something, or opens a stream, must show that it comes from this origin
 *       (Sec-Fetch-Site, or an equal Origin). The API server itself accepts a handshake from any Origin.
 *   a window opens the API
 *       Text that someone wrote into an object or a log would be displayed, or run, as a page of this origin.
 *       No window needs this, because pages use fetch for the API.
 *   `pods/NAME/proxy`, and the same for services and nodes
 *       The API server passes the request on with its cookies, and returns the pod's response to the browser,
 *       including scripts, Set-Cookie and service workers, as this origin's. It decodes the path, so any
 *       reading counts (policy/path_readings.h).
 *
 * Programs send bearer tokens deliberately, so none of this applies to them. Pure.
 */

#include "policy/bindings.h"

enum sp_misuse {
    SP_MISUSE_NONE,
    SP_MISUSE_SUBRESOURCE, /* the API server's proxy to a pod, service or node */
    SP_MISUSE_WINDOW,      /* shows the API as a page, or in a frame */
    SP_MISUSE_ORIGIN,      /* not sent by a page of this origin */
};

/* Whether the path may be requested in this way; never returns SP_MISUSE_ORIGIN. The binding must apply to
 * the request. */
enum sp_misuse sp_session_guard_judge_path(const struct sp_binding *binding,
                                           const struct sp_request *request);

/* Returns SP_MISUSE_ORIGIN for an unsafe method or a handshake that does not come from the origin of the
 * request. */
enum sp_misuse sp_session_guard_judge_origin(const struct sp_request *request, const struct sp_head *head);

/*
 * The part of `path` that the API server receives: what is below the binding's prefix, or what begins with
 * the segment `api` or `apis` inside the prefix, since `/api` and `/apis` may be bound themselves. Empty if
 * the path is not below the prefix.
 */
struct sp_str sp_session_guard_api_path(const struct sp_binding *binding, struct sp_str path);

#endif
