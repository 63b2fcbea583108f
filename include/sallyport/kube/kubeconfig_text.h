/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_KUBE_KUBECONFIG_TEXT_H
#define SP_KUBE_KUBECONFIG_TEXT_H

/*
 * The kubeconfig that people are given, and the commands beside it. (config/kubeconfig.h reads the one by
 * which this program itself reaches an API server.)
 *
 * A file has an entry for each cluster, a context of the same name, and the users of those contexts. A user
 * is a login: the exec plugin kubelogin with an issuer and a client, which is public and has no secret.
 * Clusters that share issuer and client share the entry, so one login opens all of them. `current-context`
 * is the first cluster's. The other variant has the user's ID token instead of the plugin; its contexts and
 * its user have names of their own, so that an expired token never replaces the plugin in a merged file.
 *
 * Attack: names and URLs that mean something to YAML, sh or PowerShell. A cluster's name is a label of small
 * letters, digits and hyphens, since it is a file's name and stands in commands. Every value is a
 * double-quoted string of ASCII, and every line begins with a key or a hyphen, so that no value ends the
 * here-document of a command.
 *
 * kubectl-oidc_login is the name of the program that krew, Homebrew and Chocolatey install. `kubectl` itself
 * as the command would show no hint where the plugin is missing, and Azure has another program that is called
 * `kubelogin`. v1 of the API needs kubelogin 1.31.
 *
 * Pure. Sources: "kubeconfig (v1)" and "client authentication (v1)" of the Kubernetes documentation;
 * kubelogin 1.36; about_Here-Strings of PowerShell.
 */

#include "base/buf.h"

#include <stdint.h>

#define SP_KUBE_CLUSTERS_MAX    64
#define SP_KUBE_GROUPS_MAX      64          /* of one cluster */
#define SP_KUBE_LABEL_MAX       63          /* bytes of a cluster's name, and of a namespace (RFC 1123) */
#define SP_KUBE_SERVER_MAX      1024        /* bytes */
#define SP_KUBE_DESCRIPTION_MAX 256         /* bytes */
#define SP_KUBE_CA_MAX          (16 * 1024) /* bytes of PEM: an argument, and Windows takes 32 KiB of them */

#define SP_KUBECONFIG_TEXT_MAX    (256 * 1024) /* bytes of a file with all clusters, in either variant */
#define SP_KUBECONFIG_TOKEN_MAX   (8 * 1024)   /* bytes of an ID token */
#define SP_KUBECONFIG_COMMAND_MAX 1024         /* bytes of a command beside the file that it may hold */

/* The file of all clusters; no cluster has this name. */
#define SP_KUBECONFIG_ALL "all"

/* A cluster of the setting `kubeconfig`. All texts are owned by the configuration. */
struct sp_kube_cluster {
    char *name;           /* a label, and no name that Windows keeps for devices */
    char *server;         /* https URL without query */
    char *ca_data;        /* base64 of PEM; NULL: the system's authorities */
    char *ca_file;        /* where that came from; NULL: from nowhere, or the configuration itself */
    char *issuer;         /* never NULL: the configuration's own where none is given */
    char *issuer_ca_data; /* base64 of PEM; NULL: the system's authorities */
    char *issuer_ca_file; /* the same */
    char *client_id;
    char *namespace;   /* NULL: none */
    char *description; /* for the page, and not in the file; NULL: none */
    char **groups;     /* as rules name them, one of which suffices; none: for everybody */
    size_t groups_n;
    uint32_t line; /* in the configuration file, for messages */
    uint32_t column;
};

/* True for a name that Kubernetes accepts as a label (RFC 1123). */
bool sp_kube_is_label(struct sp_str text);

/* True for a label that can also be a file's name on every system, and is not SP_KUBECONFIG_ALL. */
bool sp_kube_is_cluster_name(struct sp_str text);

/* True when one login opens both. */
bool sp_kube_cluster_shares_login(const struct sp_kube_cluster *a, const struct sp_kube_cluster *b);

/* What the user has in place of the plugin: a token of this client and issuer, which name the entry. */
struct sp_kubeconfig_token {
    struct sp_str id_token; /* secret: at most SP_KUBECONFIG_TOKEN_MAX bytes of visible ASCII */
    struct sp_str client_id;
    struct sp_str issuer;
};

/*
 * Appends the file for at least one cluster and at most SP_KUBE_CLUSTERS_MAX, each of another name. It is no
 * longer than SP_KUBECONFIG_TEXT_MAX for some of clusters that fit.
 *
 *   token  NULL: the plugin. Otherwise the clusters are those that take such tokens, and the caller wipes
 *          `out`
 */
void sp_kubeconfig_text_append(const struct sp_kube_cluster *const *clusters, size_t clusters_n,
                               const struct sp_kubeconfig_token *token, struct sp_buf *out);

/* Whether every file for some of the clusters, with the plugin or with the longest token of this client and
 * issuer, has room in SP_KUBECONFIG_TEXT_MAX. */
bool sp_kubeconfig_text_fits(const struct sp_kube_cluster *clusters, size_t clusters_n,
                             struct sp_str client_id, struct sp_str issuer);

/* ---- commands -------------------------------------------------------------------------------------- */

enum sp_shell {
    SP_SHELL_POSIX,      /* of Linux and macOS */
    SP_SHELL_POWERSHELL, /* of Windows, 5.1 and later */
};

/* Each may be pasted as a whole; lines end in a line feed, but for the last. `name` is a cluster's, or
 * SP_KUBECONFIG_ALL. */

/* Writes `text`, the file of the plugin's variant, to .kube/sallyport/NAME.yaml in the user's home: what
 * others put into .kube stays. Not for a token, which a shell would keep in its history. */
void sp_kubeconfig_text_append_save(enum sp_shell shell, struct sp_str name, struct sp_str text,
                                    struct sp_buf *out);

/* Merges the saved file into .kube/config of the user's home: what is there stays as it is, and of two
 * entries of one name the one that is there. */
void sp_kubeconfig_text_append_merge(enum sp_shell shell, struct sp_str name, struct sp_buf *out);

/* Uses a file with a token, NAME.token.yaml, where browsers put what they download: for this shell alone, and
 * readable by nobody else. */
void sp_kubeconfig_text_append_use(enum sp_shell shell, struct sp_str name, struct sp_buf *out);

/* Installs the plugin: a literal of lines, each by another package manager. */
const char *sp_kubeconfig_text_install(enum sp_shell shell);

#endif
