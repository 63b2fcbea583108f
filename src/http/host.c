/* SPDX-License-Identifier: Apache-2.0 */
#include "http/host.h"

#include "base/number.h"

#include <arpa/inet.h>

#define PORT_MAX   65535
#define PORT_HTTP  80
#define PORT_HTTPS 443

/* Writes the labels in lower case without the root's dot. Returns the length, or 0 if it is not a name. */
static size_t write_name(struct sp_str text, char out[SP_HOST_MAX])
{
    size_t len = text.len > 0 && text.ptr[text.len - 1] == '.' ? text.len - 1 : text.len;
    if (len > SP_HOST_MAX) {
        return 0;
    }
    size_t label_len = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];
        out[i] = sp_ascii_lower(c);
        if (c == '.') {
            if (label_len == 0) {
                return 0;
            }
            label_len = 0;
            continue;
        }
        if ((!sp_ascii_is_alnum(c) && c != '-' && c != '_') || ++label_len > SP_LABEL_MAX) {
            return 0;
        }
    }
    return label_len > 0 ? len : 0;
}

/* True for anything that URL parsers may read as an IPv4 address (WHATWG URL, "ends in a number"). */
static bool ends_in_number(struct sp_str name)
{
    size_t start = name.len;
    bool digits = true;
    while (start > 0 && name.ptr[start - 1] != '.') {
        start--;
        digits = digits && sp_ascii_is_digit(name.ptr[start]);
    }
    struct sp_str label = sp_str_skip(name, start);
    bool hex = label.len >= 2 && label.ptr[0] == '0' && label.ptr[1] == 'x';
    for (size_t i = 2; i < label.len && hex; i++) {
        hex = sp_ascii_hex_value(label.ptr[i]) >= 0;
    }
    return digits || hex;
}

static bool is_dotted_ipv4(struct sp_str name)
{
    uint64_t part;
    size_t n = 0;
    while (name.ptr != NULL) {
        if (++n > 4 || !sp_number_parse_u64(sp_str_cut(&name, '.'), 255, &part)) {
            return false;
        }
    }
    return n == 4;
}

/* Writes the address `inner` with the brackets around it. Returns the length, or 0 if it is not an
 * address. */
static size_t write_ipv6(struct sp_str inner, char out[SP_HOST_MAX])
{
    char text[INET6_ADDRSTRLEN] = {0};
    struct in6_addr address;
    if (inner.len >= sizeof text || sp_str_contains(inner, '\0')) {
        return 0;
    }
    memcpy(text, inner.ptr, inner.len);
    if (inet_pton(AF_INET6, text, &address) != 1 ||
        inet_ntop(AF_INET6, &address, out + 1, INET6_ADDRSTRLEN) == NULL) {
        return 0;
    }
    size_t len = 1 + strlen(out + 1);
    out[0] = '[';
    out[len] = ']';
    return len + 1;
}

bool sp_host_parse(struct sp_str text, struct sp_host *out)
{
    char bytes[SP_HOST_MAX];
    bool is_literal = text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    struct sp_str name = {bytes, is_literal ? write_ipv6((struct sp_str){text.ptr + 1, text.len - 2}, bytes)
                                            : write_name(text, bytes)};
    if (name.len == 0 || (!is_literal && ends_in_number(name) && !is_dotted_ipv4(name))) {
        return false;
    }
    memcpy(out->name, name.ptr, name.len);
    out->name[name.len] = '\0';
    out->len = (uint16_t)name.len;
    return true;
}

enum sp_scheme sp_scheme_parse(struct sp_str text)
{
    if (sp_str_equal_ci(text, SP_STR("https")) || sp_str_equal_ci(text, SP_STR("wss"))) {
        return SP_SCHEME_HTTPS;
    }
    if (sp_str_equal_ci(text, SP_STR("http")) || sp_str_equal_ci(text, SP_STR("ws"))) {
        return SP_SCHEME_HTTP;
    }
    return SP_SCHEME_NONE;
}

struct sp_str sp_scheme_str(enum sp_scheme scheme)
{
    switch (scheme) {
    case SP_SCHEME_HTTP:
        return SP_STR("http");
    case SP_SCHEME_HTTPS:
        return SP_STR("https");
    case SP_SCHEME_NONE:
    default:
        return SP_STR_NONE;
    }
}

uint16_t sp_scheme_port(enum sp_scheme scheme)
{
    return scheme == SP_SCHEME_HTTPS ? PORT_HTTPS : PORT_HTTP;
}

bool sp_origin_parse_authority(enum sp_scheme scheme, struct sp_str authority, struct sp_origin *out)
{
    /* The host ends after the closing bracket of a literal, or else before the colon. */
    bool is_literal = authority.len > 0 && authority.ptr[0] == '[';
    size_t len = sp_str_find(authority, is_literal ? ']' : ':');
    len += is_literal && len < authority.len ? 1 : 0;

    /* A colon and digits, or nothing. RFC 3986 allows an empty port, but no browser sends one. */
    struct sp_str suffix = sp_str_skip(authority, len);
    uint64_t port = sp_scheme_port(scheme);
    if (suffix.len > 0 && (suffix.ptr[0] != ':' ||
                           !sp_number_parse_u64(sp_str_skip(suffix, 1), PORT_MAX, &port) || port == 0)) {
        return false;
    }
    if (scheme == SP_SCHEME_NONE || !sp_host_parse((struct sp_str){authority.ptr, len}, &out->host)) {
        return false;
    }
    out->scheme = scheme;
    out->port = (uint16_t)port;
    return true;
}

/* Cuts off `https://` or `http://` in any case. WebSocket schemes do not form an origin. */
static enum sp_scheme cut_scheme(struct sp_str *text)
{
    static const struct sp_str starts[] = {
        [SP_SCHEME_HTTP] = SP_STR("http://"),
        [SP_SCHEME_HTTPS] = SP_STR("https://"),
    };
    for (enum sp_scheme scheme = SP_SCHEME_HTTP; scheme <= SP_SCHEME_HTTPS; scheme++) {
        if (sp_str_starts_with_ci(*text, starts[scheme])) {
            *text = sp_str_skip(*text, starts[scheme].len);
            return scheme;
        }
    }
    return SP_SCHEME_NONE;
}

bool sp_origin_parse(struct sp_str text, struct sp_origin *out)
{
    enum sp_scheme scheme = cut_scheme(&text);
    return sp_origin_parse_authority(scheme, text, out);
}

bool sp_origin_equal(const struct sp_origin *a, const struct sp_origin *b)
{
    return a->scheme != SP_SCHEME_NONE && a->scheme == b->scheme && a->port == b->port &&
           sp_str_equal(sp_host_str(&a->host), sp_host_str(&b->host));
}

void sp_origin_append_authority(const struct sp_origin *origin, struct sp_buf *out)
{
    sp_buf_append(out, sp_host_str(&origin->host));
    if (origin->port != sp_scheme_port(origin->scheme)) {
        sp_buf_append_char(out, ':');
        sp_buf_append_u64(out, origin->port);
    }
}

void sp_origin_append(const struct sp_origin *origin, struct sp_buf *out)
{
    sp_buf_append(out, sp_scheme_str(origin->scheme));
    sp_buf_append(out, SP_STR("://"));
    sp_origin_append_authority(origin, out);
}

/* Of the canonical hosts, only IPv4 addresses end in a number. */
static bool is_address(const struct sp_host *host)
{
    return host->name[0] == '[' || ends_in_number(sp_host_str(host));
}

bool sp_host_is_loopback(const struct sp_host *host)
{
    struct sp_str name = sp_host_str(host);
    if (name.len == 0) {
        return false;
    }
    if (is_address(host)) {
        return sp_str_equal(name, SP_STR("[::1]")) || sp_str_starts_with(name, SP_STR("127."));
    }
    return sp_host_in_domain(host, SP_STR("localhost"));
}

bool sp_origin_pattern_parse(struct sp_str text, struct sp_origin_pattern *out)
{
    enum sp_scheme scheme = cut_scheme(&text);
    struct sp_origin_pattern pattern = {.wildcard = sp_str_starts_with(text, SP_STR("*."))};
    if (pattern.wildcard) {
        text = sp_str_skip(text, sizeof "*." - 1);
    }
    if (!sp_origin_parse_authority(scheme, text, &pattern.origin) ||
        (pattern.wildcard && is_address(&pattern.origin.host))) {
        return false;
    }
    *out = pattern;
    return true;
}

bool sp_origin_pattern_match(const struct sp_origin_pattern *pattern, const struct sp_origin *origin)
{
    if (!pattern->wildcard) {
        return sp_origin_equal(&pattern->origin, origin);
    }
    struct sp_str rest = sp_host_str(&origin->host);
    struct sp_str label = sp_str_cut(&rest, '.');
    return pattern->origin.scheme != SP_SCHEME_NONE && pattern->origin.scheme == origin->scheme &&
           pattern->origin.port == origin->port && label.len > 0 && rest.len > 0 &&
           sp_str_equal(rest, sp_host_str(&pattern->origin.host));
}

bool sp_origin_is_listed(const struct sp_origin_pattern *patterns, size_t n, const struct sp_origin *origin)
{
    for (size_t i = 0; i < n; i++) {
        if (sp_origin_pattern_match(&patterns[i], origin)) {
            return true;
        }
    }
    return false;
}

bool sp_host_in_domain(const struct sp_host *host, struct sp_str domain)
{
    struct sp_str name = sp_host_str(host);
    if (domain.len == 0 || !sp_str_ends_with(name, domain)) {
        return false;
    }
    return name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.';
}
