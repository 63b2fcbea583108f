/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_DIRECT_H
#define SP_GATE_DIRECT_H

/*
 * Requests to the pages listener: a router of the proxy leads the prefix here. The request is the browser's
 * own; its host and scheme are X-Forwarded-Host (or Host, which Traefik passes on) and X-Forwarded-Proto.
 */

#include "gate/transaction.h"

void sp_direct_answer(struct sp_transaction *t);

#endif
