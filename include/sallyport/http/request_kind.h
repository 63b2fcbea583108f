/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_REQUEST_KIND_H
#define SP_HTTP_REQUEST_KIND_H

/*
 * What kind of request the browser made, which decides what an anonymous one is answered: a login can only
 * begin where a person sees the page that comes of it. Fetch Metadata says it where it is sent (W3C Fetch
 * Metadata Request Headers); Chrome sends none to plain http origins, and programs never do, so Accept stands
 * in, with X-Requested-With: XMLHttpRequest as the mark of a script. (WebViews of Android send that header
 * with the name of their package, for whatever they fetch.)
 *
 * A service worker stands between browser and server, and what it sends is what is seen here:
 *
 *   fetch(event.request)
 *       mode `navigate`, destination `empty`: still a navigation, since no script can make that mode. So is
 *       `<a download>`. A frame behind such a worker cannot be told from a page; `embed` and `object` go past
 *       workers.
 *   fetch(event.request.url, {headers: event.request.headers}), fetch(new Request(event.request, …))
 *       mode `cors` or `same-origin`, and the Accept of a page. It may be a page or a script that fetches a
 *       piece of one, and a redirect to another origin would fail, so it is UNCLEAR: somebody may look at the
 *       answer, and no login begins.
 *   fetch(event.request.url)
 *       mode `cors`, and Accept takes everything: a fetch
 *
 * UNCLEAR is also what contradicts itself or is said twice, where Accept takes text/html. Its answer is a
 * page whose link opens in the whole window; a program reads the status and X-Sallyport-Reason.
 *
 * The zero value is the one that begins nothing.
 */

#include "http/head.h"

enum sp_request_kind {
    SP_REQUEST_KIND_FETCH,      /* XHR, fetch, sub-resources, API clients */
    SP_REQUEST_KIND_NAVIGATION, /* GET or HEAD of a document at the top, or of a download */
    SP_REQUEST_KIND_FRAME,      /* a document inside a frame, embed or object */
    SP_REQUEST_KIND_FORM,       /* one that sends a form (POST) */
    SP_REQUEST_KIND_UNCLEAR,    /* GET or HEAD that a person may look at, or not */
    SP_REQUEST_KIND_PREFETCH,   /* speculative: Sec-Purpose, Purpose or X-Moz */
    SP_REQUEST_KIND_PREFLIGHT,  /* OPTIONS with Origin and Access-Control-Request-Method */
    SP_REQUEST_KIND_WEBSOCKET,
    SP_REQUEST_KIND_GRPC,
};

/* `method` is that of the original request. A handshake is told by its headers; a scheme of ws or wss, which
 * the head does not show, is for the caller to know. */
enum sp_request_kind sp_request_kind_of(const struct sp_head *head, struct sp_str method);

/* True when the answer should be a page for people rather than a problem document. */
bool sp_request_kind_wants_page(enum sp_request_kind kind);

/* True when it may be a frame whose answer is shown: the link on it opens in the whole window. */
bool sp_request_kind_may_be_framed(enum sp_request_kind kind);

/* True when some line of Fetch Metadata is there: a browser sent it, and no program. */
bool sp_request_kind_has_metadata(const struct sp_head *head);

/*
 * True when the browser says that the user came by this site's own page or by typing, never by somebody
 * else's page: Sec-Fetch-Site `same-origin` or `none`. A service worker that passes a navigation on keeps the
 * word `cross-site`; one that makes it anew loses it, and what it makes is no navigation.
 */
bool sp_request_kind_is_from_own_site(const struct sp_head *head);

#endif
