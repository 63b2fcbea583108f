/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_TLS_H
#define SP_SERVER_TLS_H

/*
 * TLS contexts for the auth listener. Each loop makes one from the current snapshot, and a handshake keeps
 * the one that it began with. Connections keep no part of it once their handshake is over.
 *
 * Only TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers. ALPN is http/1.1; a client that
 * offers only other protocols is refused (RFC 7301, section 3.2). Sessions are never resumed, because Traefik
 * does not: there are no tickets, no session cache and no renegotiation. If clients must have a certificate,
 * it is verified in the handshake: no byte of a request is read before chain, purpose, time and name are
 * valid. This also applies to TLS 1.3, where a client may send its request along with its certificate.
 *
 * A failed handshake sends an alert to its client. The library alone would close without sending it.
 *
 * For use on one loop's thread.
 */

#include "gate/snapshot.h"
#include "io/metrics.h"

struct ssl_ctx_st;

#define SP_TLS_NAMES_SHOWN_MAX 512 /* bytes of names in a log line */

/* Why a handshake failed. */
struct sp_tls_failure {
    enum sp_refusal refusal;
    const char *setting; /* static; NULL: no setting is the cause */
    const char *detail;  /* static */
    struct sp_str names; /* of the client's certificate if that was refused; otherwise empty */
};

struct sp_tls_context;

/* A new context from the snapshot's identity, with a reference to its owner. NULL if out of memory. */
struct sp_tls_context *sp_tls_context_new(struct sp_snapshot *snapshot) __attribute__((warn_unused_result));

struct sp_tls_context *sp_tls_context_ref(struct sp_tls_context *context);

/* Accepts NULL. */
void sp_tls_context_unref(struct sp_tls_context *context);

/* True if it was made from an identity other than the snapshot's. */
bool sp_tls_context_is_of_another(const struct sp_tls_context *context, const struct sp_snapshot *snapshot);

struct ssl_ctx_st *sp_tls_context_ssl(const struct sp_tls_context *context);

/*
 * Right after a handshake has failed, on its thread: returns what OpenSSL and the checks of the certificate
 * recorded, and clears it. `names` is valid until the next handshake.
 */
struct sp_tls_failure sp_tls_context_take_failure(struct sp_tls_context *context);

#endif
