/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_API_SERVER_H
#define SP_IO_API_SERVER_H

/*
 * How the API server of the cluster is reached, as the files say it at the moment: a kubeconfig
 * (config/kubeconfig.h), or the account that every pod has. Files are read whole and judged before any of
 * them counts; what comes of them is one immutable access, so that a call never goes with the token of one
 * moment and the authority of another.
 *
 * The main thread looks at the files (io/watched_files.h). When one of them is another, all are read anew;
 * what cannot be used leaves the access that there was. Calls take the new one from the next on.
 */

#include "config/reports.h"
#include "http/exchange.h"
#include "io/watched_files.h"

#include <stdatomic.h>

#define SP_API_TOKEN_MAX 65536         /* bytes of a file with a token */
#define SP_API_PEM_MAX   (1024 * 1024) /* bytes of a file with certificates or a key */

#define SP_API_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* Where the files are. All borrowed. */
struct sp_api_source {
    const char *kubeconfig; /* NULL: the account of the pod, by the rest */
    const char *folder;     /* with `token` and `ca.crt` */
    const char *host;       /* NULL or empty: this is no pod */
    const char *port;
};

/* By the setting kubernetes_kubeconfig; without it by the environment that the kubelet makes. */
struct sp_api_source sp_api_source_of(const char *kubeconfig);

/* Shared and immutable. */
struct sp_api_access {
    atomic_uint refs;
    char *server;                   /* a URL without a slash at its end; paths are added to it */
    struct sp_exchange_route route; /* borrows from the rest */
    char *address;
    struct sp_buf ca;
    struct sp_buf certificate;
    struct sp_buf key;
    struct sp_buf authorization; /* value of the header; empty: none */
};

/* From any thread. */
struct sp_api_access *sp_api_access_ref(struct sp_api_access *access);

/* From any thread. Accepts NULL. The last one wipes. */
void sp_api_access_unref(struct sp_api_access *access);

/*
 * Reads all files.
 *
 *   files  begins to look at each of them; NULL: nobody will, and a file with a secret that everybody can
 *          read is a warning
 *
 *   SP_ERR_CONFIG  the reports say why
 */
enum sp_error sp_api_access_read(const struct sp_api_source *source, struct sp_watched_files *files,
                                 int64_t now_s, struct sp_reports *reports, struct sp_api_access **out)
    __attribute__((warn_unused_result));

/* ---- while the program runs: of one thread --------------------------------------------------------- */

struct sp_api_server;

/* Has read nothing yet: the first look does. `source` must outlive it. NULL without memory. */
struct sp_api_server *sp_api_server_new(const struct sp_api_source *source)
    __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_api_server_free(struct sp_api_server *server);

/*
 * A new reference to an access that is another than before; NULL when there is none: nothing has changed, or
 * `reports`, empty before, says why what has changed cannot be used.
 */
struct sp_api_access *sp_api_server_look(struct sp_api_server *server, int64_t now_s,
                                         struct sp_reports *reports) __attribute__((warn_unused_result));

#endif
