/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_LISTENER_H
#define SP_SERVER_LISTENER_H

/*
 * Listening sockets. Each loop has its own for each address (SO_REUSEPORT), so that the kernel distributes
 * new connections without a common lock. New ones are frequent, because Traefik keeps only two idle.
 * Connections inherit TCP_USER_TIMEOUT, which closes those whose client stops reading, and a small receive
 * buffer, because unread bytes in the kernel count against the container's memory too.
 */

#include "http/address.h"
#include "io/metrics.h"

/*
 * Binds and listens `n` times on `endpoint`; `fds` gets the `n` descriptors.
 *
 *   SP_ERR_IO  the address is in use, not local, or not allowed; `diag` states which, and nothing stays open
 */
enum sp_error sp_listener_open(const struct sp_endpoint *endpoint, size_t n, int *fds, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
