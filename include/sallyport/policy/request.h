/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_REQUEST_H
#define SP_POLICY_REQUEST_H

/*
 * The original request: what the browser requested from the proxy, in the one form that all later steps read.
 * Own pages, return address, rules and log see the same URL. A prefix that the proxy stripped is restored
 * here, before anything checks the path, and only if the operator listed it.
 */

#include "http/address.h"
#include "http/forwarded.h"
#include "http/request_kind.h"

struct sp_request {
    struct sp_origin origin;
    struct sp_str method;
    struct sp_target target;
    const struct sp_head *head; /* to determine the kind when needed; NULL: `kind` is known */
    enum sp_request_kind kind;
    struct sp_str client_chain;         /* last line of X-Forwarded-For; empty if unknown */
    const struct sp_cidrs *client_hops; /* proxies in front of the immediate one; NULL: none */
};

/* The client that sent the request, for rules and log alike. */
struct sp_chain_client sp_request_client(const struct sp_request *request);

/* The kind of request. Most requests are let through without it, so it is determined only on demand. */
enum sp_request_kind sp_request_kind(const struct sp_request *request);

/* True if the browser states that a page of this same origin sent it: Sec-Fetch-Site, or an equal Origin. */
bool sp_request_is_same_origin(const struct sp_request *request, const struct sp_head *head);

/* The allowed values of X-Forwarded-Prefix. */
struct sp_prefixes {
    const char *const *items; /* each begins with `/` and does not end in one */
    size_t items_n;
};

/*
 * The ports on which browsers reach an origin, if a proxy in front removes the port from Host. Everything
 * after this sees the origin with that port: hosts, redirect URI, Location, and sealed logins.
 */
struct sp_public_ports {
    struct sp_public_port {
        struct sp_origin origin; /* as it arrives: with the scheme's default port */
        uint16_t port;           /* never the default port */
    } * items;                   /* owned */
    size_t items_n;
};

/* Which origins are served. */
struct sp_origin_rules {
    bool insecure_http;
    const struct sp_origin_pattern *hosts; /* empty: any host */
    size_t hosts_n;
};

/*
 * Checks made before any session or rule: https if it is required (SP_REASON_INSECURE_PROTO), and a listed
 * host (SP_REASON_HOST_NOT_LISTED). Otherwise SP_REASON_NONE.
 */
enum sp_reason sp_request_check_origin(const struct sp_origin *origin, const struct sp_origin_rules *rules)
    __attribute__((warn_unused_result));

/* Gives the origin its public port, if it has one. */
void sp_public_ports_apply(const struct sp_public_ports *ports, struct sp_origin *origin);

/*
 * Builds the request that `forwarded` describes.
 *
 *   prefixes  the allowed ones, if X-Forwarded-Prefix must be read (`?prefix=1`); NULL if it is not
 *   head      the request's head; must outlive `out`
 *   scratch   holds the joined target if a prefix is restored; must outlive `out`
 *
 *   SP_REASON_NONE            `out` is written only in this case
 *   SP_REASON_UNKNOWN_PREFIX  the prefix is not allowed
 *   SP_REASON_MALFORMED_URI   the joined target does not fit, or the part after the prefix has a dot segment
 *                             or begins with `//`: the application may read it as outside the prefix
 */
enum sp_reason sp_request_build(const struct sp_forwarded *forwarded, const struct sp_head *head,
                                const struct sp_prefixes *prefixes, struct sp_buf *scratch,
                                struct sp_request *out) __attribute__((warn_unused_result));

#endif
