/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_REQUEST_KIND_H
#define SP_HTTP_REQUEST_KIND_H

/*
 * What kind of request the browser made. It decides the response to an anonymous request, because a login can
 * only start where a person sees the resulting page. Fetch Metadata states the kind if it is sent (W3C Fetch
 * Metadata Request Headers). Chrome sends none to plain http origins, and programs never send any. Without
 * it, Accept is used, and X-Requested-With: XMLHttpRequest marks a script. (Android WebViews send that header
 * with their package name for every request.)
 *
 * A service worker sits between browser and server. These are the requests it sends:
 *
 *   fetch(event.request)
 *       mode `navigate`, destination `empty`: still a navigation, since no script can set that mode. So is
 *       `<a download>`. A frame behind such a worker is indistinguishable from a page; `embed` and `object`
 *       bypass workers.
 *   fetch(event.request.url, {headers: event.request.headers}), fetch(new Request(event.request, …))
 *       mode `cors` or `same-origin`, and the Accept of a page. It may be a page, or a script that fetches a
 *       piece of one, and a redirect to another origin would fail. So it is UNCLEAR: a person may see the
 *       response, and no login starts.
 *   fetch(event.request.url)
 *       mode `cors`, and an Accept that allows any type: a fetch
 *
 * Requests that contradict themselves or repeat a header are UNCLEAR too, if Accept names text/html. The
 * response is a page whose link opens in the whole window; a program reads the status and X-Sallyport-Reason.
 *
 * The zero value starts no login.
 */

#include "http/head.h"

enum sp_request_kind {
    SP_REQUEST_KIND_FETCH,      /* XHR, fetch, sub-resources, API clients */
    SP_REQUEST_KIND_NAVIGATION, /* GET or HEAD of a top-level document, or of a download */
    SP_REQUEST_KIND_FRAME,      /* a document inside a frame, embed or object */
    SP_REQUEST_KIND_FORM,       /* form submission (POST) */
    SP_REQUEST_KIND_UNCLEAR,    /* GET or HEAD whose response a person may or may not see */
    SP_REQUEST_KIND_PREFETCH,   /* speculative: Sec-Purpose, Purpose or X-Moz */
    SP_REQUEST_KIND_PREFLIGHT,  /* OPTIONS with Origin and Access-Control-Request-Method */
    SP_REQUEST_KIND_WEBSOCKET,
    SP_REQUEST_KIND_GRPC,
};

/* `method` is that of the original request. A WebSocket handshake is recognized by its headers. The head does
 * not show a scheme of ws or wss; the caller has to check that. */
enum sp_request_kind sp_request_kind_of(const struct sp_head *head, struct sp_str method);

/* True if the response should be a page for people rather than a problem document. */
bool sp_request_kind_wants_page(enum sp_request_kind kind);

/* True if the response may be displayed in a frame. The link on its page must then open in the whole
 * window. */
bool sp_request_kind_may_be_framed(enum sp_request_kind kind);

/* True if any Fetch Metadata header is present: a browser sent the request, not a program. */
bool sp_request_kind_has_metadata(const struct sp_head *head);

/*
 * True if the browser states that the user came from this site's own pages or typed the address, and did not
 * come from another site: Sec-Fetch-Site is `same-origin` or `none`. A service worker that passes a
 * navigation on keeps `cross-site`. One that creates a new request loses it, but then the request is not a
 * navigation.
 */
bool sp_request_kind_is_from_own_site(const struct sp_head *head);

#endif
