/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_HTTP_HEADER_NAME_H
#define SP_HTTP_HEADER_NAME_H

/*
 * Every request header name that this program reads or refuses, in one table. sp_head_parse gives each line
 * its id; framing, the forwarded headers, request kinds, cookies and the checks below all use that id. So
 * there is no second list that could miss a name.
 *
 * A name can be spelled in other ways. CGI, WSGI and their successors fold other characters into `-`
 * (`X_Forwarded_User`, `X.Forwarded.User`), so in the application such a line replaces the real one, or joins
 * it. Such a name is called an alias. Aliases of the names that we read, and of those that a header set emits
 * (policy/headers.h), are refused. An alias of an override name counts as that name.
 *
 * Some applications trust override names instead of the request line: X-Original-URL, X-Original-URI and
 * X-Rewrite-URL for the path (IIS, Symfony, Zend), X-Original-Method, X-HTTP-Method-Override, X-HTTP-Method
 * and X-Method-Override for the method (Rails, Express, ASP.NET). Where a rule depends on path or method,
 * they make the application serve a different request from the one that was authorized. The proxy passes them
 * on, so only a refusal stops them.
 *
 * Pure. Names of configured header sets are not in the table.
 */

#include "base/str.h"

/* The purpose of a name; the values are flags. */
enum sp_header_role {
    SP_HEADER_ROLE_FRAMING = 1 << 0,   /* where a message ends, and which host it is for */
    SP_HEADER_ROLE_FORWARDED = 1 << 1, /* what the proxy reports about the original request */
    SP_HEADER_ROLE_BROWSER = 1 << 2,   /* sent by the browser; the proxy passes it on */
    SP_HEADER_ROLE_PATH = 1 << 3,      /* overrides the path */
    SP_HEADER_ROLE_METHOD = 1 << 4,    /* overrides the method */
};

#define SP_HEADER_ROLES_READ (SP_HEADER_ROLE_FRAMING | SP_HEADER_ROLE_FORWARDED | SP_HEADER_ROLE_BROWSER)

/*
 * X(id, name as usually written, its last two letters in lower case, roles)
 *
 * The letters speed up the lookup: see sp_header_id_of.
 */
#define SP_HEADER_NAMES(X)                                                                                   \
    X(HOST, "Host", 's', 't', SP_HEADER_ROLE_FRAMING)                                                        \
    X(CONTENT_LENGTH, "Content-Length", 't', 'h', SP_HEADER_ROLE_FRAMING)                                    \
    X(TRANSFER_ENCODING, "Transfer-Encoding", 'n', 'g', SP_HEADER_ROLE_FRAMING)                              \
    X(X_FORWARDED_PROTO, "X-Forwarded-Proto", 't', 'o', SP_HEADER_ROLE_FORWARDED)                            \
    X(X_FORWARDED_HOST, "X-Forwarded-Host", 's', 't', SP_HEADER_ROLE_FORWARDED)                              \
    X(X_FORWARDED_URI, "X-Forwarded-Uri", 'r', 'i', SP_HEADER_ROLE_FORWARDED)                                \
    X(X_FORWARDED_METHOD, "X-Forwarded-Method", 'o', 'd', SP_HEADER_ROLE_FORWARDED)                          \
    X(X_FORWARDED_PREFIX, "X-Forwarded-Prefix", 'i', 'x', SP_HEADER_ROLE_FORWARDED)                          \
    X(X_FORWARDED_FOR, "X-Forwarded-For", 'o', 'r', SP_HEADER_ROLE_FORWARDED)                                \
    X(X_SALLYPORT_PROXY_KEY, "X-Sallyport-Proxy-Key", 'e', 'y', SP_HEADER_ROLE_FORWARDED)                    \
    X(ACCEPT, "Accept", 'p', 't', SP_HEADER_ROLE_BROWSER)                                                    \
    X(ACCESS_CONTROL_REQUEST_METHOD, "Access-Control-Request-Method", 'o', 'd', SP_HEADER_ROLE_BROWSER)      \
    X(AUTHORIZATION, "Authorization", 'o', 'n', SP_HEADER_ROLE_BROWSER)                                      \
    X(CONTENT_TYPE, "Content-Type", 'p', 'e', SP_HEADER_ROLE_BROWSER)                                        \
    X(COOKIE, "Cookie", 'i', 'e', SP_HEADER_ROLE_BROWSER)                                                    \
    X(ORIGIN, "Origin", 'i', 'n', SP_HEADER_ROLE_BROWSER)                                                    \
    X(PURPOSE, "Purpose", 's', 'e', SP_HEADER_ROLE_BROWSER)                                                  \
    X(SEC_FETCH_DEST, "Sec-Fetch-Dest", 's', 't', SP_HEADER_ROLE_BROWSER)                                    \
    X(SEC_FETCH_MODE, "Sec-Fetch-Mode", 'd', 'e', SP_HEADER_ROLE_BROWSER)                                    \
    X(SEC_FETCH_SITE, "Sec-Fetch-Site", 't', 'e', SP_HEADER_ROLE_BROWSER)                                    \
    X(SEC_FETCH_STORAGE_ACCESS, "Sec-Fetch-Storage-Access", 's', 's', SP_HEADER_ROLE_BROWSER)                \
    X(SEC_FETCH_USER, "Sec-Fetch-User", 'e', 'r', SP_HEADER_ROLE_BROWSER)                                    \
    X(SEC_PURPOSE, "Sec-Purpose", 's', 'e', SP_HEADER_ROLE_BROWSER)                                          \
    X(SEC_WEBSOCKET_KEY, "Sec-WebSocket-Key", 'e', 'y', SP_HEADER_ROLE_BROWSER)                              \
    X(TRACEPARENT, "traceparent", 'n', 't', SP_HEADER_ROLE_BROWSER)                                          \
    X(X_MOZ, "X-Moz", 'o', 'z', SP_HEADER_ROLE_BROWSER)                                                      \
    X(X_REQUESTED_WITH, "X-Requested-With", 't', 'h', SP_HEADER_ROLE_BROWSER)                                \
    X(X_ORIGINAL_URL, "X-Original-URL", 'r', 'l', SP_HEADER_ROLE_PATH)                                       \
    X(X_ORIGINAL_URI, "X-Original-URI", 'r', 'i', SP_HEADER_ROLE_PATH)                                       \
    X(X_REWRITE_URL, "X-Rewrite-URL", 'r', 'l', SP_HEADER_ROLE_PATH)                                         \
    X(X_ORIGINAL_METHOD, "X-Original-Method", 'o', 'd', SP_HEADER_ROLE_METHOD)                               \
    X(X_HTTP_METHOD, "X-HTTP-Method", 'o', 'd', SP_HEADER_ROLE_METHOD)                                       \
    X(X_HTTP_METHOD_OVERRIDE, "X-HTTP-Method-Override", 'd', 'e', SP_HEADER_ROLE_METHOD)                     \
    X(X_METHOD_OVERRIDE, "X-Method-Override", 'd', 'e', SP_HEADER_ROLE_METHOD)

enum sp_header_id {
    SP_HEADER_OTHER, /* a name that is not in the table */
#define SP_HEADER_ID(id, name, before, last, role) SP_HEADER_##id,
    SP_HEADER_NAMES(SP_HEADER_ID)
#undef SP_HEADER_ID
        SP_HEADER_ID_COUNT,
};

/* The id of `name`, a token in any case; SP_HEADER_OTHER if it is not in the table. */
enum sp_header_id sp_header_id_of(struct sp_str name);

/* The id of the name that `name` is an alias of; SP_HEADER_OTHER if it is not an alias. */
enum sp_header_id sp_header_alias_of(struct sp_str name);

/* The name as usually written, NUL-terminated; the empty view for SP_HEADER_OTHER. */
struct sp_str sp_header_name(enum sp_header_id id);

/* The roles of a name, as flags; 0 for SP_HEADER_OTHER. */
unsigned sp_header_roles(enum sp_header_id id);

/*
 * True if `name`, the name of a field line, equals `other` or becomes it when its characters are folded into
 * `-`. `other` consists of letters, digits and `-`.
 */
bool sp_header_folds_into(struct sp_str name, struct sp_str other);

/*
 * True for a name that no header set may emit: names in the table and their families, connection and framing
 * names (RFC 9110, sections 7.6.1 and 8.6), names that describe the response itself or that the proxy sets,
 * and credentials, which need more care than one line of configuration.
 */
bool sp_header_is_reserved(struct sp_str name);

#endif
