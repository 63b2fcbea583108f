/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_REQUEST_H
#define SP_POLICY_REQUEST_H

/*
 * The original request: what the browser asked the proxy for, in the one form that everything after reads:
 * overlay, return address, rules and log see the same URL. A prefix that the proxy stripped is put back here,
 * before anything looks at the path, and only when it is one of those the operator listed.
 */

#include "http/address.h"
#include "http/forwarded.h"
#include "http/request_kind.h"

struct sp_request {
    struct sp_origin origin;
    struct sp_str method;
    struct sp_target target;
    const struct sp_head *head; /* tells the kind, when somebody asks; NULL: `kind` is known */
    enum sp_request_kind kind;
    struct sp_str client_chain;         /* X-Forwarded-For, its last line; empty when unknown */
    const struct sp_cidrs *client_hops; /* proxies in front of the one that asks; NULL: there are none */
};

/* Who sent it, for rules and log alike. */
struct sp_chain_client sp_request_client(const struct sp_request *request);

/* What kind of request it is. Most are let through without anybody asking, hence read when it is. */
enum sp_request_kind sp_request_kind(const struct sp_request *request);

/* Whether the browser says that a page of this very origin sends it: Sec-Fetch-Site, or an equal Origin.
 */
bool sp_request_is_same_origin(const struct sp_request *request, const struct sp_head *head);

/* What X-Forwarded-Prefix may be. */
struct sp_prefixes {
    const char *const *items; /* each begins with `/` and does not end in one */
    size_t items_n;
};

/*
 * The ports that browsers reach an origin at, where a proxy in front drops the port from Host. Everything
 * after sees the origin with it: hosts, redirect URI, Location, what a login seals.
 */
struct sp_public_ports {
    struct sp_public_port {
        struct sp_origin origin; /* as it arrives: with the scheme's own port */
        uint16_t port;           /* never that one */
    } * items;                   /* owned */
    size_t items_n;
};

/* Which origins are answered for. */
struct sp_origin_rules {
    bool insecure_http;
    const struct sp_origin_pattern *hosts; /* empty: any host */
    size_t hosts_n;
};

/*
 * What must hold before a session or a rule is looked at: https where it is expected
 * (SP_REASON_INSECURE_PROTO) and a host that is listed (SP_REASON_HOST_NOT_LISTED). SP_REASON_NONE when it
 * does.
 */
enum sp_reason sp_request_check_origin(const struct sp_origin *origin, const struct sp_origin_rules *rules)
    __attribute__((warn_unused_result));

/* Gives the origin its public port; as it is when it has none. */
void sp_public_ports_apply(const struct sp_public_ports *ports, struct sp_origin *origin);

/*
 * Builds the request that `forwarded` speaks of.
 *
 *   prefixes  those allowed, when X-Forwarded-Prefix is to be read (`?prefix=1`); NULL when it is not
 *   head      what the request came with; must outlive `out`
 *   scratch   holds the joined target when a prefix is put back; must outlive `out`
 *
 *   SP_REASON_NONE            `out` is written, with no other
 *   SP_REASON_UNKNOWN_PREFIX  a prefix that is not among those allowed
 *   SP_REASON_MALFORMED_URI   the whole does not fit, or what is left behind the prefix has a dot segment or
 *                             begins with `//`: the application may read it as no part of the prefix
 */
enum sp_reason sp_request_build(const struct sp_forwarded *forwarded, const struct sp_head *head,
                                const struct sp_prefixes *prefixes, struct sp_buf *scratch,
                                struct sp_request *out) __attribute__((warn_unused_result));

#endif
