/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_H2O_HANDLER_H
#define SP_SERVER_H2O_HANDLER_H

/*
 * Connects the HTTP library to a transaction. The raw head of a request goes in; a complete answer comes out,
 * at once or when the wait of the request is over (gate/continuation.h). The library's own parse of the
 * request is ignored; the strict parser reads the head again from its bytes.
 *
 * The library itself answers requests whose framing it refuses. A filter here adds the reason, the request id
 * and the log line to those answers. Bytes that are not HTTP at all get a fixed 400, which no filter sees.
 *
 * A long body (gate/answer.h) is held until its client has received it, however slowly. All long bodies
 * together are limited to SP_LONG_BODIES_MAX bytes; an answer that does not fit is replaced by a 503.
 */

#include "server/connection.h"

#define SP_LONG_BODIES_MAX ((size_t)16 * 1024 * 1024) /* bytes, in all loops together */

/* The library's settings for one listener, with its only handler, which handles all paths. Shared by all
 * loops. */
void sp_h2o_handler_configure(h2o_globalconf_t *global, enum sp_listener listener);

/* If a request waits on this connection, ends its wait if the peer has disconnected or the wait is overdue.
 * The library would not notice a disconnect before it writes, because it does not read while a request is
 * answered. */
void sp_h2o_handler_end_wait(struct sp_connection *connection, int64_t now_ns);

/* The request that waits on this connection, if any, will not be answered. */
void sp_h2o_handler_abandon(struct sp_connection *connection);

#endif
