/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_KUBECONFIG_TEXT_H
#define SP_KUBE_KUBECONFIG_TEXT_H

/*
 * The kubeconfig that users get, and the commands for it. (config/kubeconfig.h reads the kubeconfig with
 * which this program itself reaches an API server.)
 *
 * A file has an entry for each cluster, a context of the same name, and the users of those contexts. A user
 * is a login: the exec plugin kubelogin with an issuer and a client, which is public and has no secret.
 * Clusters with the same issuer and client share a user, so one login opens all of them. `current-context` is
 * that of the first cluster. The other variant has the user's ID token instead of the plugin. Its contexts
 * and its user have names of their own, so that an expired token never replaces the plugin in a merged file.
 *
 * The threat is names and URLs with a special meaning in YAML, sh or PowerShell. A cluster's name is a label
 * of lower-case letters, digits and hyphens, since it is used as a file name and in commands. Every value is
 * a double-quoted ASCII string, and every line begins with a key or a hyphen, so that no value can end the
 * here-document of a command.
 *
 * kubectl-oidc_login is the name of the program that krew, Homebrew and Chocolatey install. With `kubectl`
 * itself as the command, users would get no hint if the plugin is missing, and Azure has a different program
 * called `kubelogin`. v1 of the API needs kubelogin 1.31.
 *
 * Pure. Sources: "kubeconfig (v1)" and "client authentication (v1)" of the Kubernetes documentation;
 * kubelogin 1.36; about_Here-Strings of PowerShell.
 */

#include "base/buf.h"

#include <stdint.h>

#define SP_KUBE_CLUSTERS_MAX    64
#define SP_KUBE_GROUPS_MAX      64          /* groups per cluster */
#define SP_KUBE_LABEL_MAX       63          /* bytes of a cluster's name, and of a namespace (RFC 1123) */
#define SP_KUBE_SERVER_MAX      1024        /* bytes */
#define SP_KUBE_DESCRIPTION_MAX 256         /* bytes */
#define SP_KUBE_CA_MAX          (16 * 1024) /* bytes of PEM; Windows limits arguments to 32 KiB */

#define SP_KUBECONFIG_TEXT_MAX    (256 * 1024) /* bytes of a file with all clusters, in either variant */
#define SP_KUBECONFIG_TOKEN_MAX   (8 * 1024)   /* bytes of an ID token */
#define SP_KUBECONFIG_COMMAND_MAX 1024         /* bytes of a command, not counting the file it may contain */

/* The name of the file with all clusters; no cluster may have it. */
#define SP_KUBECONFIG_ALL "all"

/* A cluster in the setting `kubeconfig`. The configuration owns all strings. */
struct sp_kube_cluster {
    char *name;           /* a label that is not a Windows device name */
    char *server;         /* https URL without a query */
    char *ca_data;        /* base64 of PEM; NULL: the system's CAs */
    char *ca_file;        /* the file with `ca_data`; NULL: none, or `ca_data` was given inline */
    char *issuer;         /* never NULL: defaults to the configuration's own */
    char *issuer_ca_data; /* base64 of PEM; NULL: the system's CAs */
    char *issuer_ca_file; /* the file with `issuer_ca_data`; NULL as above */
    char *client_id;
    char *namespace;   /* default namespace of the context; NULL: none */
    char *description; /* shown on the page, not part of the file; NULL: none */
    char **groups;     /* named as in rules; one is enough to see the cluster; empty: everybody sees it */
    size_t groups_n;
    uint32_t line; /* line in the configuration file, for messages */
    uint32_t column;
};

/* True for a valid label in Kubernetes (RFC 1123). */
bool sp_kube_is_label(struct sp_str text);

/* True for a label that is also a valid file name on every system, and not SP_KUBECONFIG_ALL. */
bool sp_kube_is_cluster_name(struct sp_str text);

/* True if one login is valid for both clusters. */
bool sp_kube_cluster_shares_login(const struct sp_kube_cluster *a, const struct sp_kube_cluster *b);

/* The credential in place of the plugin: a token of this client and issuer, which are part of the entry's
 * name. */
struct sp_kubeconfig_token {
    struct sp_str id_token; /* secret: at most SP_KUBECONFIG_TOKEN_MAX bytes of visible ASCII */
    struct sp_str client_id;
    struct sp_str issuer;
};

/*
 * Appends the file for 1 to SP_KUBE_CLUSTERS_MAX clusters with different names. If sp_kubeconfig_text_fits
 * accepts all clusters, the file for any of them is no longer than SP_KUBECONFIG_TEXT_MAX.
 *
 *   token  NULL: the file uses the plugin. Otherwise all clusters must accept such tokens, and the caller
 *          wipes `out`
 */
void sp_kubeconfig_text_append(const struct sp_kube_cluster *const *clusters, size_t clusters_n,
                               const struct sp_kubeconfig_token *token, struct sp_buf *out);

/* True if every file for some of the clusters fits into SP_KUBECONFIG_TEXT_MAX, with the plugin or with the
 * longest token of this client and issuer. */
bool sp_kubeconfig_text_fits(const struct sp_kube_cluster *clusters, size_t clusters_n,
                             struct sp_str client_id, struct sp_str issuer);

/* ---- commands -------------------------------------------------------------------------------------- */

enum sp_shell {
    SP_SHELL_POSIX,      /* on Linux and macOS */
    SP_SHELL_POWERSHELL, /* on Windows, 5.1 and later */
};

/* Each command can be pasted as a whole. Lines end with a line feed, except the last. `name` is a cluster's
 * name, or SP_KUBECONFIG_ALL. */

/* Writes `text`, the file with the plugin, to .kube/sallyport/NAME.yaml in the user's home; other files in
 * .kube are not changed. Not for a file with a token, which a shell would keep in its history. */
void sp_kubeconfig_text_append_save(enum sp_shell shell, struct sp_str name, struct sp_str text,
                                    struct sp_buf *out);

/* Merges the saved file into .kube/config in the user's home. Existing entries stay as they are, and win over
 * new ones of the same name. */
void sp_kubeconfig_text_append_merge(enum sp_shell shell, struct sp_str name, struct sp_buf *out);

/* Uses a file with a token, NAME.token.yaml, from the browser's download folder, in this shell only, and
 * makes it unreadable to other users. */
void sp_kubeconfig_text_append_use(enum sp_shell shell, struct sp_str name, struct sp_buf *out);

/* The commands that install the plugin, one line per package manager. A literal. */
const char *sp_kubeconfig_text_install(enum sp_shell shell);

#endif
