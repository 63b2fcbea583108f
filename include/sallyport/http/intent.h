/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_INTENT_H
#define SP_HTTP_INTENT_H

/*
 * What kind of request the browser made, which decides what an anonymous one is answered: a login can only
 * begin where a person sees the page that comes of it. Fetch Metadata says it where it is sent (W3C Fetch
 * Metadata Request Headers); Chrome sends none to plain http origins, and programs never do, so Accept and
 * X-Requested-With stand in.
 *
 * The zero value is the one that begins nothing.
 */

#include "http/head.h"

enum sp_intent {
    SP_INTENT_FETCH,      /* XHR, fetch, sub-resources, API clients */
    SP_INTENT_NAVIGATION, /* GET or HEAD of a top-level document */
    SP_INTENT_FRAME,      /* a document inside a frame, embed or object */
    SP_INTENT_FORM,       /* a navigation that sends a form (POST) */
    SP_INTENT_PREFETCH,   /* speculative: Sec-Purpose, Purpose or X-Moz */
    SP_INTENT_PREFLIGHT,  /* OPTIONS with Origin and Access-Control-Request-Method */
    SP_INTENT_WEBSOCKET,
    SP_INTENT_GRPC,
};

/* `method` is that of the original request. A handshake is told by its headers; a scheme of ws or wss, which
 * the head does not show, is for the caller to know. */
enum sp_intent sp_intent_of(const struct sp_head *head, struct sp_str method);

/* True when the answer should be a page for people rather than a problem document. */
bool sp_intent_wants_page(enum sp_intent intent);

/*
 * True when the browser says that the user came by this site's own page or by typing, never by somebody
 * else's page: Sec-Fetch-Mode `navigate`, Sec-Fetch-Dest `document` and Sec-Fetch-Site `same-origin` or
 * `none`.
 */
bool sp_intent_is_own_navigation(const struct sp_head *head);

#endif
