/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_SESSION_GUARD_H
#define SP_POLICY_SESSION_GUARD_H

/*
 * What the session of a browser is good for where a binding gives a credential for it. Browsers send the
 * cookie whoever wrote the page, so there the application's own care is not enough: to the API server it is
 * all one account.
 *
 *   a page of another site, or of a sibling host, sends a form, a fetch or a WebSocket handshake
 *       What changes something, or opens a stream, must say that it comes from this origin (Sec-Fetch-Site,
 *       or an equal Origin). The API server itself takes a handshake of any Origin.
 *   a window opens the API
 *       What somebody wrote into an object or a log would be shown, or run, as a page of this origin. No
 *       window needs that; pages fetch it.
 *   `pods/NAME/proxy`, and the same of services and nodes
 *       The API server hands the request on with its cookies, and gives the browser what the pod answers,
 *       scripts, Set-Cookie and service workers included, as this origin's. It decodes the path, so any
 *       reading counts (policy/path_readings.h).
 *
 * Bearer tokens are sent by programs that mean it, so none of this is for them. Pure.
 */

#include "policy/bindings.h"

enum sp_misuse {
    SP_MISUSE_NONE,
    SP_MISUSE_SUBRESOURCE, /* on the way to a pod, service or node */
    SP_MISUSE_WINDOW,      /* the API as a page, or in a frame */
    SP_MISUSE_ORIGIN,      /* not by a page of this origin */
};

/* Whether the path may be asked for like this; never SP_MISUSE_ORIGIN. The binding holds for the request. */
enum sp_misuse sp_session_guard_judge_path(const struct sp_binding *binding,
                                           const struct sp_request *request);

/* SP_MISUSE_ORIGIN for an unsafe method or a handshake that does not come from the origin of the request. */
enum sp_misuse sp_session_guard_judge_origin(const struct sp_request *request, const struct sp_head *head);

/*
 * The part of `path` that the API server is asked for: what is below the prefix of the binding, or what
 * begins with the segment `api` or `apis` in it, where it has one: `/api` and `/apis` may well be bound by
 * themselves. Empty where the path is not below.
 */
struct sp_str sp_session_guard_api_path(const struct sp_binding *binding, struct sp_str path);

#endif
