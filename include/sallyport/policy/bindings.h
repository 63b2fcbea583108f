/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_BINDINGS_H
#define SP_POLICY_BINDINGS_H

/*
 * Bindings: where the header sets with a credential carry it. This is set in the configuration and not in the
 * middleware's address, because anyone who may create a Middleware can write an address. Host and path alone
 * are not enough either: anyone who may create a Middleware and a route on the same Traefik can route a path
 * of that host to a program of their own, which would then receive the token. So a binding also requires its
 * proxy key, a header that the operator's own middleware sets, replacing any value that the client sent. The
 * forward-auth middleware lists the header, so that no application sees it.
 *
 * A binding applies to its host and a prefix of the path as the user sees it. It matches like an `allow` rule
 * (policy/path_pattern.h): if programs interpret a path differently, no binding applies. The longest matching
 * prefix wins.
 *
 * Pure. Comparing keys takes the same time wherever they differ.
 */

#include "policy/headers.h"
#include "policy/path_pattern.h"
#include "policy/request.h"

#define SP_BINDINGS_MAX       32 /* each may name two files, which are all watched (io/credentials.h) */
#define SP_PROXY_KEYS_MAX_N   2  /* the key in use, and the next or the previous one */
#define SP_PROXY_KEY_LEN_MIN  43 /* characters of base64url: 256 bits */
#define SP_PROXY_KEY_LEN_MAX  256
#define SP_PROXY_KEY_FILE_MAX 1024 /* bytes */

struct sp_binding {
    enum sp_header_credential credential;
    char *host; /* canonical, without port */
    struct sp_path_pattern path_prefix;
    char *service_account; /* NAMESPACE/NAME; NULL: none */
    char *token_file;      /* NULL: none */
    char *bound_secret;    /* NULL: none */
    char *proxy_key_file;  /* NULL: none */
    bool unsafe_without_proxy_key;
    bool sessions; /* browser sessions may use it too; otherwise only bearer tokens identify the caller */
    bool proxy;    /* sessions may use the API server's proxy to pods, services and nodes */
    uint32_t line; /* line in the configuration file, for messages */
};

/* The binding of the credential that applies to the request, ignoring its proxy key; NULL if there is
 * none. */
const struct sp_binding *sp_bindings_find(const struct sp_binding *bindings, size_t bindings_n,
                                          enum sp_header_credential credential,
                                          const struct sp_request *request);

struct sp_proxy_keys {
    size_t items_n;
    struct {
        size_t len;
        char text[SP_PROXY_KEY_LEN_MAX];
    } items[SP_PROXY_KEYS_MAX_N];
};

/*
 * Reads a file with one key per line.
 *
 *   SP_ERR_FORMAT  a line is not a key of SP_PROXY_KEY_LEN_MIN to SP_PROXY_KEY_LEN_MAX characters, or there
 *                  is no key; `diag` has the line number, and never the key
 *   SP_ERR_LIMIT   more than SP_PROXY_KEYS_MAX_N
 */
enum sp_error sp_proxy_keys_parse(struct sp_str text, struct sp_diag *diag, struct sp_proxy_keys *out)
    __attribute__((warn_unused_result));

/* True if `key` is one of `keys`. */
bool sp_proxy_keys_hold(const struct sp_proxy_keys *keys, struct sp_str key);

#endif
