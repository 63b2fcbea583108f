/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_FORWARDED_H
#define SP_HTTP_FORWARDED_H

/*
 * What Traefik says of the original request, in X-Forwarded-Proto, -Host, -Uri, -Method, -For and, where it
 * is asked for, -Prefix. Each must be there exactly once: a client can remove one by naming it in Connection
 * (CVE-2024-45410), and a guess in its place would be an answer about another request. X-Forwarded-For is a
 * list and may come in several lines; nothing is decided by it here. No other header is read: `Forwarded`,
 * X-Original-URL and the like are the client's own.
 *
 * Where balancers are chained, Proto and Host may be lists (RFC 9110, section 5.6.1), to which each has
 * added. Elements that are equal without regard to case are one; an empty or another one says that the hops
 * do not agree, and then nobody knows which is right.
 */

#include "http/head.h"
#include "http/host.h"
#include "http/target.h"

#define SP_FORWARDED_HOPS_MAX 8 /* elements of Proto and of Host */

struct sp_forwarded {
    struct sp_origin origin; /* scheme and host as the browser sees them */
    bool is_websocket;       /* the scheme came as ws or wss */
    struct sp_str method;    /* upper-case token, at most SP_METHOD_MAX */
    struct sp_target target;
    struct sp_str prefix;       /* raw X-Forwarded-Prefix; empty when absent */
    struct sp_str client_chain; /* X-Forwarded-For, its last line; empty when absent */
    struct sp_fault fault;      /* only when refused: the header at fault, and its value without a query */
};

/*
 *   SP_REASON_NONE              `out` is filled; with any other only its `fault` is
 *   SP_REASON_MISSING_HEADER    Proto, Host, Uri or Method is not there, or empty
 *   SP_REASON_DUPLICATE_HEADER  one of those or Prefix appears twice
 *   SP_REASON_MALFORMED_HOST    no canonical host, or different ones
 *   SP_REASON_MALFORMED_URI     no origin-form target
 *   SP_REASON_MALFORMED_REQUEST an unknown scheme, different ones, or a method that is no token
 */
enum sp_reason sp_forwarded_read(const struct sp_head *head, struct sp_forwarded *out)
    __attribute__((warn_unused_result));

/*
 * The same of a request that the proxy routed here instead of asking about it: method and target are its own,
 * the host is X-Forwarded-Host or else Host, the scheme X-Forwarded-Proto. No prefix.
 */
enum sp_reason sp_forwarded_read_routed(const struct sp_head *head, struct sp_forwarded *out)
    __attribute__((warn_unused_result));

#endif
