/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_PEER_H
#define SP_SERVER_PEER_H

/*
 * Peers that are turned away before they could ask anything, and the lines of the log about them: a proxy that
 * nobody let in is the commonest mistake of the first day, and its users see an empty 500. Strangers may come as
 * often as they like, hence one line a minute for each kind of refusal.
 */

#include "http/address.h"
#include "server/tls.h"

#include <h2o.h>

/* False when the peer has gone already. */
bool sp_peer_address(h2o_socket_t *socket, struct sp_address *out) __attribute__((warn_unused_result));

/* It is in no network of `trusted_proxies`. */
void sp_peer_tell_untrusted(enum sp_listener listener, const struct sp_address *address);

/* Its handshake failed. */
void sp_peer_tell_handshake(h2o_socket_t *socket, const struct sp_tls_failure *failure);

#endif
