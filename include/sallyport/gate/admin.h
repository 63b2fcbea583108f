/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ADMIN_H
#define SP_GATE_ADMIN_H

/*
 * The admin listener: `/healthz` (alive), `/readyz` (keys loaded, listeners up), `/metrics` and `POST
 * /revoke`. The state of the issuer is a field in the body of `/readyz`, but never makes a pod unready: an
 * unready pod answers no requests, and an outage of the central issuer must not take a cluster down. With
 * `POST /revoke` an operator ends sessions. Its body is sealed with the key ring (session/revoke_message.h),
 * because not only operators may reach this address. An OPTIONS probe is answered like a GET, and one for `/`
 * like one for `/readyz`. A probe with HTTP/1.0 needs no Host.
 *
 * The listener is on loopback or on the pod's address. Users' traffic must never be routed to it.
 */

#include "gate/transaction.h"

/* The response is built in `body`, which has room for SP_ADMIN_BODY_MAX bytes, because an answer's own buffer
 * is too small for metrics. */
#define SP_ADMIN_BODY_MAX (256 * 1024)

void sp_admin_answer(struct sp_transaction *t, struct sp_buf *body);

#endif
