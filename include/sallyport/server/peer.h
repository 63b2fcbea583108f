/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_PEER_H
#define SP_SERVER_PEER_H

/*
 * Peers that are refused before they can send a request, and the log lines about them. A proxy that is not in
 * trusted_proxies is the most common mistake in a first installation, and its users see an empty 500.
 * Untrusted clients may connect as often as they like, so each kind of refusal is logged once a minute.
 */

#include "http/address.h"
#include "server/tls.h"

#include <h2o.h>

/* False if the peer has already disconnected. */
bool sp_peer_address(h2o_socket_t *socket, struct sp_address *out) __attribute__((warn_unused_result));

/* Logs a peer that is in no network of `trusted_proxies`. */
void sp_peer_tell_untrusted(enum sp_listener listener, const struct sp_address *address);

/* Logs a peer whose handshake failed. */
void sp_peer_tell_handshake(h2o_socket_t *socket, const struct sp_tls_failure *failure);

#endif
