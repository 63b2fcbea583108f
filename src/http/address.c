/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"

#include "base/number.h"
#include "base/wording.h"

#include <arpa/inet.h>
#include <stdlib.h>

#define ZONE_MAX  15 /* bytes of the longest interface name */
#define IPV4_BITS 96 /* bits before the IPv4 address in a mapped address */

static const uint8_t ipv4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool sp_address_parse(struct sp_str text, struct sp_address *out)
{
    char c_text[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof c_text || memchr(text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    memcpy(c_text, text.ptr, text.len);
    c_text[text.len] = '\0';

    struct sp_address address;
    memcpy(address.bytes, ipv4_prefix, sizeof ipv4_prefix);
    if (inet_pton(AF_INET, c_text, address.bytes + sizeof ipv4_prefix) != 1 &&
        inet_pton(AF_INET6, c_text, address.bytes) != 1) {
        return false;
    }
    *out = address;
    return true;
}

bool sp_address_is_ipv4(const struct sp_address *address)
{
    return memcmp(address->bytes, ipv4_prefix, sizeof ipv4_prefix) == 0;
}

void sp_address_append(const struct sp_address *address, struct sp_buf *out)
{
    char text[INET6_ADDRSTRLEN];
    bool is_ipv4 = sp_address_is_ipv4(address);
    const uint8_t *bytes = is_ipv4 ? address->bytes + sizeof ipv4_prefix : address->bytes;
    if (inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes, text, sizeof text) != NULL) {
        sp_buf_append_c(out, text);
    }
}

/* Clears all bits after the first `bits`. */
static void mask_address(struct sp_address *address, unsigned bits)
{
    for (unsigned i = 0; i < sizeof address->bytes; i++) {
        unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
        if (kept < 8) {
            address->bytes[i] = (uint8_t)(address->bytes[i] & (0xff00U >> kept));
        }
    }
}

enum sp_error sp_cidr_parse(struct sp_str text, struct sp_diag *diag, struct sp_cidr *out)
{
    struct sp_str length = text;
    struct sp_str address = sp_str_cut(&length, '/');
    struct sp_cidr cidr = {.bits = 128};
    if (!sp_address_parse(address, &cidr.address)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not a network such as 10.0.0.0/8 or fd00::/8, nor an address",
                           SP_QUOTE(text));
    }

    if (sp_str_contains(length, ',') || sp_str_contains(length, ' ')) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is more than one network: write a list, [10.0.0.0/8, fd00::/8]; in a "
                           "variable, use commas",
                           SP_QUOTE(text));
    }
    bool is_dotted = !sp_str_contains(address, ':');
    uint64_t bits = is_dotted ? 32 : 128;
    if (length.ptr != NULL && !sp_number_parse_u64(length, bits, &bits)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" has a prefix length that is not 0 to %d",
                           SP_QUOTE(text), is_dotted ? 32 : 128);
    }
    cidr.bits = (uint8_t)(is_dotted ? IPV4_BITS + bits : bits);

    struct sp_cidr network = cidr;
    mask_address(&network.address, network.bits);
    if (memcmp(&network.address, &cidr.address, sizeof network.address) != 0) {
        SP_BUF_ON_STACK(buf, INET6_ADDRSTRLEN + 4);
        sp_cidr_append(&network, &buf);
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" has bits set beyond its prefix length: the network is %s", SP_QUOTE(text),
                           sp_buf_c_str(&buf));
    }
    *out = cidr;
    return SP_OK;
}

void sp_cidr_append(const struct sp_cidr *cidr, struct sp_buf *out)
{
    bool is_ipv4 = cidr->bits >= IPV4_BITS && sp_address_is_ipv4(&cidr->address);
    sp_address_append(&cidr->address, out);
    sp_buf_printf(out, "/%d", is_ipv4 ? cidr->bits - IPV4_BITS : cidr->bits);
}

bool sp_cidr_contains(const struct sp_cidr *cidr, const struct sp_address *address)
{
    struct sp_address network = *address;
    mask_address(&network, cidr->bits);
    return memcmp(&network, &cidr->address, sizeof network) == 0;
}

bool sp_cidr_is_everybody(const struct sp_cidr *cidr)
{
    struct sp_address ipv4 = {{0}};
    memcpy(ipv4.bytes, ipv4_prefix, sizeof ipv4_prefix);
    return cidr->bits <= IPV4_BITS && sp_cidr_contains(cidr, &ipv4);
}

bool sp_cidrs_contain(const struct sp_cidrs *cidrs, const struct sp_address *address)
{
    for (size_t i = 0; i < cidrs->items_n; i++) {
        if (sp_cidr_contains(&cidrs->items[i], address)) {
            return true;
        }
    }
    return false;
}

static bool is_port(struct sp_str text)
{
    uint64_t port;
    return sp_number_parse_u64(text, UINT16_MAX, &port);
}

/* Ignores the zone, which names an interface of the machine that wrote it and is not part of the address. */
static bool parse_zoned(struct sp_str text, struct sp_address *out)
{
    struct sp_str zone = text;
    struct sp_str address = sp_str_cut(&zone, '%');
    if (zone.ptr != NULL && (!sp_str_contains(address, ':') || zone.len == 0 || zone.len > ZONE_MAX ||
                             !sp_str_is_visible(zone))) {
        return false;
    }
    return sp_address_parse(address, out);
}

/* Parses an entry of a chain: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`,
 * `[2001:db8::1]:443`. */
static bool parse_entry(struct sp_str text, struct sp_address *out)
{
    struct sp_str port = text;
    if (text.len > 0 && text.ptr[0] == '[') {
        struct sp_str address = sp_str_skip(sp_str_cut(&port, ']'), 1);
        bool ends =
            port.ptr != NULL && (port.len == 0 || (port.ptr[0] == ':' && is_port(sp_str_skip(port, 1))));
        return ends && sp_str_contains(address, ':') && parse_zoned(address, out);
    }
    struct sp_str address = sp_str_cut(&port, ':');
    if (port.ptr == NULL || sp_str_contains(port, ':')) { /* no port, or IPv6 without brackets */
        return parse_zoned(text, out);
    }
    return is_port(port) && sp_address_parse(address, out);
}

struct sp_chain_client sp_cidrs_find_client(const struct sp_cidrs *hops, struct sp_str chain)
{
    struct sp_chain_client client = {.entry = SP_STR_NONE};
    for (size_t hops_n = 0; chain.ptr != NULL && hops_n <= SP_CHAIN_HOPS_MAX; hops_n++) {
        size_t begin = chain.len; /* start of the last entry */
        while (begin > 0 && chain.ptr[begin - 1] != ',') {
            begin--;
        }
        client.entry = sp_str_trim(sp_str_skip(chain, begin));
        chain = begin > 0 ? (struct sp_str){chain.ptr, begin - 1} : SP_STR_NONE;
        if (!parse_entry(client.entry, &client.address)) {
            break;
        }
        client.is_known = !sp_cidrs_contain(hops, &client.address);
        if (client.is_known) {
            break;
        }
    }
    return client;
}

/* Parses the part before the port, without `[` and `]`. False if brackets and address family do not match. */
static bool parse_endpoint_address(struct sp_str text, struct sp_address *out)
{
    if (text.len == 0) {
        *out = (struct sp_address){{0}};
        return true;
    }
    bool is_bracketed = text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    if (is_bracketed != sp_str_contains(text, ':')) {
        return false;
    }
    return sp_address_parse(is_bracketed ? (struct sp_str){text.ptr + 1, text.len - 2} : text, out);
}

enum sp_error sp_endpoint_parse(struct sp_str text, struct sp_diag *diag, struct sp_endpoint *out)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }

    struct sp_endpoint endpoint = {.port = 0};
    if (colon == 0 || !parse_endpoint_address((struct sp_str){text.ptr, colon - 1}, &endpoint.address)) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "\"%s\" is not an address with a port such as [::]:4181, 127.0.0.1:9181 or :4181",
                           SP_QUOTE(text));
    }

    uint64_t port;
    if (!sp_number_parse_u64(sp_str_skip(text, colon), UINT16_MAX, &port) || port == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" has a port that is not 1 to 65535", SP_QUOTE(text));
    }
    endpoint.port = (uint16_t)port;
    endpoint.text = sp_str_dup(text);
    if (endpoint.text == NULL) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    *out = endpoint;
    return SP_OK;
}

bool sp_endpoint_equal(const struct sp_endpoint *a, const struct sp_endpoint *b)
{
    return a->port == b->port && memcmp(&a->address, &b->address, sizeof a->address) == 0;
}
