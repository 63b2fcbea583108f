/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_KUBECONFIG_H
#define SP_CONFIG_KUBECONFIG_H

/*
 * A kubeconfig, as far as it determines how this program reaches the API server: the cluster and the user of
 * its current context. Its other entries may be of any kind. For the user, a token, a tokenFile or a client
 * certificate is accepted, with the same precedence as in kubectl: inline data wins over a file name, except
 * that a tokenFile wins over a token. Everything else (exec, auth-provider, password, impersonation), and a
 * cluster without verification or behind a proxy, is an error with its own message: silently ignoring a
 * credential would use another user's rights.
 *
 * Pure; no file that it names is opened here. Source: "kubeconfig (v1)" of the Kubernetes documentation.
 */

#include "base/buf.h"
#include "config/reports.h"
#include "http/host.h"

#define SP_KUBECONFIG_MAX (1024 * 1024) /* bytes of the file */

/* Inline data, or the file that contains it. If both are empty, it was not given. */
struct sp_kubeconfig_item {
    struct sp_buf text; /* the inline data, decoded */
    char *file;         /* absolute, or relative to the working directory */
    uint32_t line;      /* the line that names the file; 0: none */
};

struct sp_kubeconfig {
    char *server;                 /* `https://host[:port][/path]`, without a trailing slash */
    struct sp_origin origin;      /* the origin of `server` */
    struct sp_host name;          /* the name required in its certificate: the server's host, or
                                     tls-server-name */
    struct sp_kubeconfig_item ca; /* trusted CAs; if not given, the system's */
    struct sp_kubeconfig_item token;
    struct sp_kubeconfig_item certificate; /* the user's client certificate; only together with its key */
    struct sp_kubeconfig_item key;
};

/*
 * Parses the text. Always release `out` with sp_kubeconfig_done.
 *
 *   path  the file's name, from the setting kubernetes_kubeconfig, for reports and relative file names
 *
 *   SP_ERR_CONFIG  the reports say why
 */
enum sp_error sp_kubeconfig_read(struct sp_str text, const char *path, struct sp_reports *reports,
                                 struct sp_kubeconfig *out) __attribute__((warn_unused_result));

/* Wipes and frees. Accepts the zero value, and resets to it. */
void sp_kubeconfig_done(struct sp_kubeconfig *kubeconfig);

#endif
