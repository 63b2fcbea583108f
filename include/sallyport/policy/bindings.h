/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_BINDINGS_H
#define SP_POLICY_BINDINGS_H

/*
 * Bindings: where the header sets that carry a credential carry it. That is configuration, not the address of
 * a middleware, which anybody writes who may create one. Host and path do not suffice either: whoever may
 * create a Middleware and a route on the same Traefik leads a path of that host to a program of their own,
 * and would be given the token. So a binding also asks for its proxy key, a header that the operator's own
 * middleware sets: it replaces what a client sent, and the middleware that asks lists it, so that no
 * application sees it.
 *
 * A binding holds for its host and a prefix of the path as the user sees it, and matches as an `allow` rule
 * does (policy/path_pattern.h): where programs read a path differently none holds. Of several the longest
 * prefix counts.
 *
 * Pure. Keys are compared in a time that does not depend on where they differ.
 */

#include "policy/headers.h"
#include "policy/path_pattern.h"
#include "policy/request.h"

#define SP_BINDINGS_MAX       32 /* with two files each, as many as are looked at (io/watched_files.h) */
#define SP_PROXY_KEYS_MAX_N   2  /* one is in force, and one comes or goes */
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
    bool sessions; /* of browsers too; else bearer tokens alone say who asks */
    bool proxy;    /* what the API server proxies to pods, services and nodes is open to sessions */
    uint32_t line; /* in the configuration file, for messages */
};

/* The binding of the credential that holds for the request, its proxy key aside; NULL: none does. */
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
 * Reads a file with keys: a line each.
 *
 *   SP_ERR_FORMAT  a line is no key of SP_PROXY_KEY_LEN_MIN to SP_PROXY_KEY_LEN_MAX characters, or there is
 *                  none; `diag` has the line, and never the key
 *   SP_ERR_LIMIT   more than SP_PROXY_KEYS_MAX_N
 */
enum sp_error sp_proxy_keys_parse(struct sp_str text, struct sp_diag *diag, struct sp_proxy_keys *out)
    __attribute__((warn_unused_result));

/* True when `key` is one of them. */
bool sp_proxy_keys_hold(const struct sp_proxy_keys *keys, struct sp_str key);

#endif
