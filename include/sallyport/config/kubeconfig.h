/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_KUBECONFIG_H
#define SP_CONFIG_KUBECONFIG_H

/*
 * A kubeconfig, as far as it says how this program reaches the API server: the cluster and the user of its
 * current context. Others in it may be of any kind. Of the user a token, a tokenFile or a client certificate
 * is taken, with the same precedence as kubectl: what stands in the file itself before the name of a file,
 * but a tokenFile before a token. Everything else (exec, auth-provider, password, impersonation), and a
 * cluster without verification or behind a proxy, is an error that says so: a credential that is passed over
 * in silence would be another user's rights.
 *
 * Pure; nothing that it names is opened here. Source: "kubeconfig (v1)" of the Kubernetes documentation.
 */

#include "base/buf.h"
#include "config/reports.h"
#include "http/host.h"

#define SP_KUBECONFIG_MAX (1024 * 1024) /* bytes of the file */

/* A text, or the file that has it; neither: not given. */
struct sp_kubeconfig_item {
    struct sp_buf text; /* decoded */
    char *file;         /* absolute, or relative to the working directory */
    uint32_t line;      /* that names the file; 0: none does */
};

struct sp_kubeconfig {
    char *server;                 /* `https://host[:port][/path]`, no slash at its end */
    struct sp_origin origin;      /* of the server */
    struct sp_host name;          /* that its certificate must have: the server's host, or tls-server-name */
    struct sp_kubeconfig_item ca; /* whom to trust; not given: the system's */
    struct sp_kubeconfig_item token;
    struct sp_kubeconfig_item certificate; /* of the user; given with its key only */
    struct sp_kubeconfig_item key;
};

/*
 * Reads a text. `out` is to be let go by sp_kubeconfig_done in any case.
 *
 *   path  of the file, for reports and relative names; the setting kubernetes_kubeconfig names it
 *
 *   SP_ERR_CONFIG  the reports say why
 */
enum sp_error sp_kubeconfig_read(struct sp_str text, const char *path, struct sp_reports *reports,
                                 struct sp_kubeconfig *out) __attribute__((warn_unused_result));

/* Wipes. Accepts the zero value, and leaves it. */
void sp_kubeconfig_done(struct sp_kubeconfig *kubeconfig);

#endif
