/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_FORWARDED_H
#define SP_HTTP_FORWARDED_H

/*
 * What Traefik reports about the original request in X-Forwarded-Proto, -Host, -Uri, -Method, -For and, if it
 * is configured, -Prefix. The first four must be present exactly once, and Prefix at most once. A client can
 * remove a header by naming it in Connection (CVE-2024-45410), and a guessed replacement might describe a
 * different request. X-Forwarded-For is a list and may span several lines; nothing here depends on it. No
 * other header is read: clients control `Forwarded`, X-Original-URL and the like.
 *
 * Behind chained load balancers, Proto and Host may be lists (RFC 9110, section 5.6.1), to which each
 * balancer has appended. Elements that are equal ignoring case count as one. An empty or different element
 * means that the hops disagree, and it is unknown which one is right.
 */

#include "http/head.h"
#include "http/host.h"
#include "http/target.h"

#define SP_FORWARDED_HOPS_MAX 8 /* elements allowed in Proto and in Host */

struct sp_forwarded {
    struct sp_origin origin; /* scheme and host as the browser sees them */
    bool is_websocket;       /* the scheme was ws or wss */
    struct sp_str method;    /* upper case, at most SP_METHOD_MAX bytes */
    struct sp_target target;
    struct sp_str prefix;       /* raw X-Forwarded-Prefix; empty if absent */
    struct sp_str client_chain; /* last line of X-Forwarded-For; empty if absent */
    struct sp_fault fault;      /* only if refused: the header at fault, and its value without a query */
};

/*
 *   SP_REASON_NONE              `out` is filled; otherwise only its `fault` is set
 *   SP_REASON_MISSING_HEADER    Proto, Host, Uri or Method is missing or empty
 *   SP_REASON_DUPLICATE_HEADER  one of those or Prefix appears twice
 *   SP_REASON_MALFORMED_HOST    no canonical host, or conflicting ones
 *   SP_REASON_MALFORMED_URI     the target is not in origin-form
 *   SP_REASON_MALFORMED_REQUEST an unknown scheme, conflicting ones, or an invalid method
 */
enum sp_reason sp_forwarded_read(const struct sp_head *head, struct sp_forwarded *out)
    __attribute__((warn_unused_result));

/*
 * Like sp_forwarded_read, but for a request that the proxy routed here instead of sending a forward-auth
 * request. Method and target are its own, the host is X-Forwarded-Host or else Host, and the scheme is
 * X-Forwarded-Proto. It has no prefix.
 */
enum sp_reason sp_forwarded_read_routed(const struct sp_head *head, struct sp_forwarded *out)
    __attribute__((warn_unused_result));

#endif
