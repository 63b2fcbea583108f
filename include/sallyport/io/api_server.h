/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_API_SERVER_H
#define SP_IO_API_SERVER_H

/*
 * How to reach the cluster's API server, according to the current files: a kubeconfig (config/kubeconfig.h),
 * or the service account that every pod has. All files are read and validated before any of them takes
 * effect. The result is one immutable object, so that a call never combines an old token with a new CA.
 *
 * The main thread watches the files (io/watched_files.h). When one of them changes, all are read again. If
 * they cannot be used, the current access remains. A new access is used from the next call on.
 */

#include "config/reports.h"
#include "http/exchange.h"
#include "io/watched_files.h"

#include <stdatomic.h>

#define SP_API_TOKEN_MAX 65536         /* bytes of a token file */
#define SP_API_PEM_MAX   (1024 * 1024) /* bytes of a certificate or key file */

#define SP_API_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* Where the files are. All borrowed. */
struct sp_api_source {
    const char *kubeconfig; /* NULL: use the service account of the pod, as described below */
    const char *folder;     /* contains `token` and `ca.crt` */
    const char *host;       /* of the API server; NULL or empty: not in a pod */
    const char *port;
};

/* From the setting kubernetes_kubeconfig; without it from the environment that the kubelet sets. */
struct sp_api_source sp_api_source_of(const char *kubeconfig);

/* Shared and immutable. */
struct sp_api_access {
    atomic_uint refs;
    char *server;                   /* a URL without a trailing slash; paths are appended */
    struct sp_exchange_route route; /* borrows from the other members */
    char *address;
    struct sp_buf ca;
    struct sp_buf certificate;
    struct sp_buf key;
    struct sp_buf authorization; /* value of the header field; empty: not sent */
};

/* From any thread. */
struct sp_api_access *sp_api_access_ref(struct sp_api_access *access);

/* From any thread. Accepts NULL. Releasing the last reference wipes it. */
void sp_api_access_unref(struct sp_api_access *access);

/*
 * Reads all files.
 *
 *   files  gets each of them, to watch it. NULL: they are not watched, and a secret that everybody can read
 *          is a warning
 *
 *   SP_ERR_CONFIG  the reports state why
 */
enum sp_error sp_api_access_read(const struct sp_api_source *source, struct sp_watched_files *files,
                                 int64_t now_s, struct sp_reports *reports, struct sp_api_access **out)
    __attribute__((warn_unused_result));

/* ---- while the program runs: for one thread -------------------------------------------------------- */

struct sp_api_server;

/* Nothing is read before the first check. `source` must outlive it. NULL if out of memory. */
struct sp_api_server *sp_api_server_new(const struct sp_api_source *source)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_api_server_free(struct sp_api_server *server);

/*
 * A new reference to the access if it has changed. Otherwise NULL: either nothing has changed, or `reports`,
 * which must be empty, states why the changed files cannot be used.
 */
struct sp_api_access *sp_api_server_look(struct sp_api_server *server, int64_t now_s,
                                         struct sp_reports *reports) __attribute__((warn_unused_result));

#endif
