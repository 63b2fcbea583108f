/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_TLS_IDENTITY_H
#define SP_IO_TLS_IDENTITY_H

/*
 * The TLS identity of the auth listener: its certificate with the chain and the key, and the authorities that
 * issue the clients' certificates. It is made from the content of all files, which are validated together.
 * The result works for every later connection (server/tls.h makes contexts from it). Once a reload has been
 * accepted, only a lack of memory can make it fail.
 *
 * Files that no client could work with are refused: an expired certificate, a key of another certificate,
 * keys and signatures that TLS libraries refuse, a certificate for another purpose. An identity is immutable,
 * and any thread may take and release references.
 */

#include "base/buf.h"
#include "config/reports.h"
#include "policy/texts.h"

#include <stdatomic.h>

struct x509_st;
struct evp_pkey_st;
struct stack_st_X509;

#define SP_TLS_FILE_MAX       (256 * 1024) /* bytes of a file */
#define SP_TLS_SECURITY_LEVEL 2            /* OpenSSL's level: RSA keys of at least 2048 bits, no SHA-1 */

struct sp_tls_file {
    const char *path;
    struct sp_str text;
};

struct sp_tls_files {
    struct sp_tls_file certificate; /* the listener's own first, then the intermediate ones */
    struct sp_tls_file key;
    struct sp_tls_file client_ca; /* `path` is NULL if clients need no certificate */
};

/* A validity period, since the Unix epoch. Both are 0 if there is no certificate. */
struct sp_tls_span {
    int64_t begins_s;
    int64_t ends_s;
};

struct sp_tls_identity {
    atomic_uint refs;
    struct x509_st *certificate;
    struct stack_st_X509 *chain; /* the rest of the chain */
    struct evp_pkey_st *key;
    struct stack_st_X509 *client_authorities; /* NULL: clients need no certificate */
    struct sp_tls_span span;                  /* of the first certificate in the chain to expire */
    struct sp_tls_span client_ca_span;        /* the same for the authorities that have not expired */
};

/*
 * A new identity. If NULL, the reports state what is wrong; otherwise there may be warnings.
 *
 *   now_s  by the wall clock
 */
struct sp_tls_identity *sp_tls_identity_new(const struct sp_tls_files *files, int64_t now_s,
                                            struct sp_reports *reports) __attribute__((warn_unused_result));

struct sp_tls_identity *sp_tls_identity_ref(struct sp_tls_identity *identity);

/* Accepts NULL. */
void sp_tls_identity_unref(struct sp_tls_identity *identity);

/* True if both have the same certificate; either may be NULL. */
bool sp_tls_identity_shows_same(const struct sp_tls_identity *a, const struct sp_tls_identity *b);

/*
 * True if one of the names is a subject alternative name of the certificate: a DNS name in any ASCII case, or
 * a URI byte for byte. Wildcards in the certificate match no name, and its common name is ignored.
 */
bool sp_tls_names_hold(const struct sp_texts *names, const struct x509_st *certificate);

/* Appends the subject alternative names of a certificate in readable form (`DNS:app.example.com,
 * URI:spiffe://…`), or states that it has none. */
void sp_tls_append_names(const struct x509_st *certificate, struct sp_buf *out);

#endif
