/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_TLS_H
#define SP_SERVER_TLS_H

/*
 * Contexts of TLS for the auth listener: each loop makes one of the snapshot in force, and a handshake keeps the
 * one that it began with. Connections whose handshake is over keep nothing of it.
 *
 * TLS 1.2 and 1.3 with forward secrecy and authenticated ciphers only. ALPN is http/1.1: who offers protocols
 * and not this one is refused (RFC 7301, section 3.2). Nothing is resumed, since Traefik never does: there are
 * neither tickets nor a cache of sessions, and none is renegotiated. Where clients must show a certificate,
 * the handshake ends with it: no byte of a request is looked at before chain, use, time and name are found good,
 * with TLS 1.3 as well, where a client may send its request along with its certificate.
 *
 * A handshake that fails says so to its client by an alert. The library would close without sending it.
 *
 * Of one loop's thread.
 */

#include "gate/snapshot.h"
#include "io/metrics.h"

struct ssl_ctx_st;

#define SP_TLS_NAMES_SHOWN_MAX 512 /* bytes */

/* Why a handshake failed. */
struct sp_tls_failure {
    enum sp_refusal refusal;
    const char *setting; /* static; NULL: none is to blame */
    const char *detail;  /* static */
    struct sp_str
        names; /* of the certificate that the client showed; empty: it showed none that was looked at */
};

struct sp_tls_context;

/* A new one of the snapshot's identity, with a reference to its owner. NULL without memory. */
struct sp_tls_context *sp_tls_context_new(struct sp_snapshot *snapshot) __attribute__((warn_unused_result));

struct sp_tls_context *sp_tls_context_ref(struct sp_tls_context *context);

/* Accepts NULL. */
void sp_tls_context_unref(struct sp_tls_context *context);

/* True when it was made of another identity than the snapshot's. */
bool sp_tls_context_is_of_another(const struct sp_tls_context *context, const struct sp_snapshot *snapshot);

struct ssl_ctx_st *sp_tls_context_ssl(const struct sp_tls_context *context);

/*
 * Right after a handshake has failed, on its thread: what OpenSSL and the checks of the certificate left of it,
 * which is forgotten by that. `names` is good until the next handshake.
 */
struct sp_tls_failure sp_tls_context_take_failure(struct sp_tls_context *context);

#endif
