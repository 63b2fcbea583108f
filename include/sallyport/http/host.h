/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_HOST_H
#define SP_HTTP_HOST_H

/*
 * Host and port in one canonical form, and origins built from them. A host with two spellings can match two
 * rules, or none: access rules of other programs were bypassed by writing the host in capitals. So every host
 * is canonicalized before anything compares it: letters become lower-case, one trailing dot and the scheme's
 * default port are dropped, and an IPv6 literal is written as in RFC 5952.
 *
 * It accepts DNS names of letters, digits, `-` and `_` (international names as A-labels; RFC 5890), dotted
 * IPv4, and bracketed IPv6 without a zone. It refuses everything else: user information, an empty host,
 * lists, and names whose last label is a number unless they are dotted IPv4 addresses (URL parsers read
 * `127.1` as an address).
 */

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

#define SP_HOST_MAX   253 /* bytes of a canonical host (RFC 1035, 2.3.4) */
#define SP_LABEL_MAX  63
#define SP_ORIGIN_MAX (8 + SP_HOST_MAX + 6) /* https:// host :65535 */

enum sp_scheme {
    SP_SCHEME_NONE, /* the null origin, which equals no origin, not even itself */
    SP_SCHEME_HTTP,
    SP_SCHEME_HTTPS,
};

struct sp_host {
    char name[SP_HOST_MAX + 1]; /* canonical, with brackets for IPv6, NUL-terminated */
    uint16_t len;
};

struct sp_origin {
    enum sp_scheme scheme;
    struct sp_host host;
    uint16_t port; /* always set; 80 or 443 by default */
};

static inline struct sp_str sp_host_str(const struct sp_host *host)
{
    return (struct sp_str){host->name, host->len};
}

/* Parses `http`, `https`, `ws` or `wss` in any case, the last two as http and https; otherwise
 * SP_SCHEME_NONE. */
enum sp_scheme sp_scheme_parse(struct sp_str text);
struct sp_str sp_scheme_str(enum sp_scheme scheme);

/* The default port of a scheme. */
uint16_t sp_scheme_port(enum sp_scheme scheme);

/* Parses a host without a port. False if it has no canonical form. */
bool sp_host_parse(struct sp_str text, struct sp_host *out) __attribute__((warn_unused_result));

/* Parses `host[:port]`, as in Host, X-Forwarded-Host and the authority of a URL. */
bool sp_origin_parse_authority(enum sp_scheme scheme, struct sp_str authority, struct sp_origin *out)
    __attribute__((warn_unused_result));

/* Parses exactly `https://host[:port]` or `http://host[:port]`, without a path, not even `/`. */
bool sp_origin_parse(struct sp_str text, struct sp_origin *out) __attribute__((warn_unused_result));

/* True if both are the same origin; false if either is the null origin. */
bool sp_origin_equal(const struct sp_origin *a, const struct sp_origin *b);

/* Appends `scheme://host[:port]`, with the port only if it is not the scheme's default. */
void sp_origin_append(const struct sp_origin *origin, struct sp_buf *out);
void sp_origin_append_authority(const struct sp_origin *origin, struct sp_buf *out);

/* True for 127.0.0.0/8, [::1], `localhost` and names under it (RFC 6761, 6.3). */
bool sp_host_is_loopback(const struct sp_host *host);

/*
 * An origin in the setting `hosts`: exact, or with a wildcard, such as `https://_.example.com` with `*` in
 * place of `_`. The `*` matches exactly one label.
 */
struct sp_origin_pattern {
    struct sp_origin origin; /* with a wildcard, its host is the part after `*.` */
    bool wildcard;
};

bool sp_origin_pattern_parse(struct sp_str text, struct sp_origin_pattern *out)
    __attribute__((warn_unused_result));
bool sp_origin_pattern_match(const struct sp_origin_pattern *pattern, const struct sp_origin *origin);

/* True if one of the `n` patterns matches. */
bool sp_origin_is_listed(const struct sp_origin_pattern *patterns, size_t n, const struct sp_origin *origin);

/* True if `host` is `domain` or ends in a dot and `domain` (canonical, without a leading dot). */
bool sp_host_in_domain(const struct sp_host *host, struct sp_str domain);

#endif
