/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_ADDRESS_H
#define SP_HTTP_ADDRESS_H

/*
 * Addresses of peers: what a listener is bound to, and whom it believes. IPv4 is kept in its mapped form
 * (RFC 4291, section 2.5.5.2), so that one comparison serves both families, and so that a peer that a
 * dual-stack socket reports as `::ffff:10.0.0.1` is the same one as `10.0.0.1`.
 *
 * A network is written as RFC 4632 has it, and strictly: `10.1.2.3/8` is refused, since whoever wrote it
 * meant either the host or the network. An address without a length is that one address.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define SP_CIDR_TEXT_MAX 50 /* bytes of a network as text, or of an address, with the NUL */

struct sp_address {
    uint8_t bytes[16];
};

struct sp_cidr {
    struct sp_address address;
    uint8_t bits; /* of 128 */
};

struct sp_cidrs {
    struct sp_cidr *items; /* owned */
    size_t items_n;
};

struct sp_endpoint {
    struct sp_address address;
    uint16_t port;
    char *text; /* owned; as written */
};

struct sp_endpoints {
    struct sp_endpoint *items; /* owned */
    size_t items_n;
};

/* Dotted IPv4 or IPv6 without brackets and zone. False for anything else. */
bool sp_address_parse(struct sp_str text, struct sp_address *out) __attribute__((warn_unused_result));

bool sp_address_is_ipv4(const struct sp_address *address);

/* As RFC 5952 writes it; a mapped one as dotted IPv4. */
void sp_address_append(const struct sp_address *address, struct sp_buf *out);

/* SP_ERR_FORMAT with what is wrong in `diag`. */
enum sp_error sp_cidr_parse(struct sp_str text, struct sp_diag *diag, struct sp_cidr *out)
    __attribute__((warn_unused_result));

/* With the length counted in the family it is written in. */
void sp_cidr_append(const struct sp_cidr *cidr, struct sp_buf *out);

bool sp_cidr_contains(const struct sp_cidr *cidr, const struct sp_address *address);

/* True when all of IPv4, or all of IPv6, is inside. */
bool sp_cidr_is_everybody(const struct sp_cidr *cidr);

bool sp_cidrs_contain(const struct sp_cidrs *cidrs, const struct sp_address *address);

/*
 * The client in a chain, X-Forwarded-For, to which each proxy appends whom it was asked by: the rightmost
 * entry that is no address of `hops`, the proxies in front. What stands to the left of it the client could
 * have written itself. An entry may have a port, an IPv6 address brackets and a zone (RFC 4007, section 11);
 * they make no difference.
 *
 * The address is known where that entry is one. It is not where the entry is anything else, since then nobody
 * vouches for what stands before it; where all entries are hops, since the leftmost may be the client's own
 * word; and where there are more than SP_CHAIN_HOPS_MAX of them.
 */
#define SP_CHAIN_HOPS_MAX 16

struct sp_chain_client {
    struct sp_str entry; /* where the search ended, as it is written; empty for an empty chain */
    bool is_known;
    struct sp_address address; /* when known */
};

struct sp_chain_client sp_cidrs_find_client(const struct sp_cidrs *hops, struct sp_str chain);

/*
 * `[::]:4181`, `127.0.0.1:9181`, or `:4181` for all addresses of both families. `out->text` is a new string.
 *
 *   SP_ERR_FORMAT  with what is wrong in `diag`
 *   SP_ERR_MEMORY
 */
enum sp_error sp_endpoint_parse(struct sp_str text, struct sp_diag *diag, struct sp_endpoint *out)
    __attribute__((warn_unused_result));

bool sp_endpoint_equal(const struct sp_endpoint *a, const struct sp_endpoint *b);

#endif
