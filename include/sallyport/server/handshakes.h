/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_HANDSHAKES_H
#define SP_SERVER_HANDSHAKES_H

/*
 * Decides what happens when a loop has as many TLS handshakes as are allowed (server/connection.h).
 *
 * A proxy may open hundreds of connections at once, and none of them may fail: they have to wait until there
 * is processor time for all of them. Untrusted clients whose handshakes stall must not keep the proxy out. So
 * the oldest handshake from an address that has not completed one yet is closed. If there is none, the loop
 * accepts nothing until a handshake is over, or the oldest has taken SP_HANDSHAKES_PROVEN_MS. Until a client
 * has completed one, a handshake is closed only after SP_HANDSHAKES_FIRST_MS: the first client must be able
 * to get through many others. New connections wait in the system meanwhile.
 */

#include "server/connection.h"

#define SP_HANDSHAKES_PROVEN_MS 1000
#define SP_HANDSHAKES_FIRST_MS  50

/* Call it for the socket of each completed handshake. */
void sp_handshakes_note(h2o_socket_t *socket);

/* The handshake to close for the next connection; NULL: that connection must wait. */
struct sp_connection *sp_handshakes_next_to_go(const struct sp_service *service, int64_t now_ms);

/* True if the next connection must wait in the system; the loop then checks again later. */
bool sp_handshakes_are_full(struct sp_service *service);

#endif
