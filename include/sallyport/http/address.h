/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_ADDRESS_H
#define SP_HTTP_ADDRESS_H

/*
 * Network addresses: those that a listener binds to, and those of the peers that it trusts. IPv4 addresses
 * are stored in mapped form (RFC 4291, section 2.5.5.2), so that one comparison serves both families, and so
 * that a peer that a dual-stack socket reports as `::ffff:10.0.0.1` equals `10.0.0.1`.
 *
 * Networks are written as in RFC 4632, and strictly: `10.1.2.3/8` is refused, because its author meant either
 * the host or the network. An address without a prefix length is that one address.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#include <stdint.h>

#define SP_CIDR_TEXT_MAX 50 /* bytes of a network or an address as a string, with the NUL */

struct sp_address {
    uint8_t bytes[16];
};

struct sp_cidr {
    struct sp_address address;
    uint8_t bits; /* prefix length, 0 to 128 */
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

/* Parses dotted IPv4, or IPv6 without brackets or a zone. False for anything else. */
bool sp_address_parse(struct sp_str text, struct sp_address *out) __attribute__((warn_unused_result));

bool sp_address_is_ipv4(const struct sp_address *address);

/* Appends the address in the form of RFC 5952; a mapped one as dotted IPv4. */
void sp_address_append(const struct sp_address *address, struct sp_buf *out);

/* Parses a network, or one address. SP_ERR_FORMAT: `diag` describes the fault. */
enum sp_error sp_cidr_parse(struct sp_str text, struct sp_diag *diag, struct sp_cidr *out)
    __attribute__((warn_unused_result));

/* Appends the network. The prefix length counts the bits of the address family in which it is written. */
void sp_cidr_append(const struct sp_cidr *cidr, struct sp_buf *out);

bool sp_cidr_contains(const struct sp_cidr *cidr, const struct sp_address *address);

/* True if the network contains all IPv4 or all IPv6 addresses. */
bool sp_cidr_is_everybody(const struct sp_cidr *cidr);

bool sp_cidrs_contain(const struct sp_cidrs *cidrs, const struct sp_address *address);

/*
 * Finds the client in X-Forwarded-For, a chain to which each proxy appends the address of its peer. It is the
 * rightmost entry that is not an address of `hops`, the proxies in front. The client could have written
 * everything to the left of it. An entry may have a port, and an IPv6 address may have brackets and a zone
 * (RFC 4007, section 11); they make no difference.
 *
 * The address is known if that entry is an address. It is unknown if the entry is anything else, because then
 * the entries before it cannot be trusted. It is also unknown if all entries are hops, because the client may
 * have written the leftmost one, or if there are more than SP_CHAIN_HOPS_MAX of them.
 */
#define SP_CHAIN_HOPS_MAX 16

struct sp_chain_client {
    struct sp_str entry; /* where the search stopped, as written; empty for an empty chain */
    bool is_known;
    struct sp_address address; /* set only if `is_known` */
};

struct sp_chain_client sp_cidrs_find_client(const struct sp_cidrs *hops, struct sp_str chain);

/*
 * Parses `[::]:4181`, `127.0.0.1:9181`, or `:4181` for all addresses of both families. `out->text` is a new
 * string.
 *
 *   SP_ERR_FORMAT  with the fault in `diag`
 *   SP_ERR_MEMORY
 */
enum sp_error sp_endpoint_parse(struct sp_str text, struct sp_diag *diag, struct sp_endpoint *out)
    __attribute__((warn_unused_result));

bool sp_endpoint_equal(const struct sp_endpoint *a, const struct sp_endpoint *b);

#endif
