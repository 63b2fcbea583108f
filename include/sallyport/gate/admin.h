/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_ADMIN_H
#define SP_GATE_ADMIN_H

/*
 * The admin listener: `/healthz` (alive), `/readyz` (keys loaded, listeners up; the issuer's state is a field
 * of the body, never a reason to be unready: an unready pod answers nobody, and a central outage must not
 * take a cluster down), `/metrics`, and `POST /revoke`, by which an operator ends sessions: its body is
 * sealed by the key ring (session/revoke_message.h), since more than operators may reach this address. The
 * method OPTIONS of a probe is answered as GET, and of `/` as `/readyz`; a probe of HTTP/1.0 needs no Host.
 * It is on loopback or the pod's address, never where users' traffic is routed.
 */

#include "gate/transaction.h"

/* Out of the common buffer: metrics are longer than an answer. `body` has room for SP_ADMIN_BODY_MAX. */
#define SP_ADMIN_BODY_MAX (256 * 1024)

void sp_admin_answer(struct sp_transaction *t, struct sp_buf *body);

#endif
