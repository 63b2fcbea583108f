/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SERVER_ADAPTER_H
#define SP_SERVER_ADAPTER_H

/*
 * Between the HTTP library and a transaction: the raw head of a request goes in, a whole answer comes out, at
 * once or, for a callback, when its code was redeemed. Everything that the library understood of a request is
 * ignored; the head is read again from its bytes by the strict parser.
 *
 * The library answers by itself what it refuses of a request's framing. Those answers get their reason,
 * request id and line in the log by a filter here. Bytes that are no HTTP at all it ends with a fixed 400
 * that no filter sees.
 */

#include "server/connection.h"

#define SP_ADAPTER_REFUSAL_MAX 2048 /* bytes */

/* What a 413 of this listener says. */
struct sp_str sp_adapter_body_detail(enum sp_door door);

struct sp_early_refusal {
    enum sp_reason reason;
    unsigned status;
    struct sp_str detail;  /* what caused it; empty: the fault says it */
    struct sp_fault fault; /* in the head; may be empty */
};

/*
 * Appends the answer to a request that has not arrived as a whole, and counts and logs it. It is a problem
 * document: whether a person will see it is not known yet. The connection ends after it.
 */
void sp_adapter_append_refusal(const struct sp_connection *connection, const struct sp_early_refusal *refusal,
                               struct sp_buf *out);

/* Registers the one catch-all handler of a listener. Its `host` matches whatever name a request has. */
void sp_adapter_register(h2o_hostconf_t *host, enum sp_door door);

/* Ends the wait of the request that is being answered later on this connection, whose peer has hung up. The
 * library would not see that before it wrote: it does not read while a request is answered. */
void sp_adapter_give_up(struct sp_connection *connection);

#endif
