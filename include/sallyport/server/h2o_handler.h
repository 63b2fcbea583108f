/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_H2O_HANDLER_H
#define SP_SERVER_H2O_HANDLER_H

/*
 * Between the HTTP library and a transaction: the raw head of a request goes in, a whole answer comes out, at
 * once or when what the request waits for is there (gate/continuation.h). Everything that the library
 * understood of a request is ignored; the head is read again from its bytes by the strict parser.
 *
 * The library answers by itself what it refuses of a request's framing. Those answers get their reason,
 * request id and line in the log by a filter here. Bytes that are no HTTP at all it ends with a fixed 400
 * that no filter sees.
 *
 * A long body (gate/answer.h) is held until its client has taken it, however slowly. All of them together may
 * have SP_LONG_BODIES_MAX bytes; what finds no room is answered 503.
 */

#include "server/connection.h"

#define SP_LONG_BODIES_MAX ((size_t)16 * 1024 * 1024) /* bytes, of all loops together */

/* The settings of the library for one listener, which all loops share, with its one catch-all handler. */
void sp_h2o_handler_configure(h2o_globalconf_t *global, enum sp_listener listener);

/* Ends the wait of the request that is being answered later on this connection, when its peer has hung up or
 * the wait is overdue. The library would not see the former before it wrote: it does not read while a request
 * is answered. */
void sp_h2o_handler_end_wait(struct sp_connection *connection, int64_t now_ns);

/* Nobody will answer the request that waits on this connection, if one does. */
void sp_h2o_handler_abandon(struct sp_connection *connection);

#endif
