/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_TRAEFIK_H
#define SP_GATE_TRAEFIK_H

/*
 * The dialect of Traefik's ForwardAuth: a GET of the middleware's address with the browser's headers and
 * X-Forwarded-* of Traefik's own. 200 lets the request through, with identity headers for those that the
 * middleware lists; every other answer goes to the browser as it is.
 *
 * The query is that of the middleware's address, the operator's word: `policy`, `headers` and `prefix=1`. A
 * name that is not known is the operator's mistake and denies with 500: falling back to a default would
 * answer another question.
 */

#include "gate/transaction.h"

void sp_traefik_answer(struct sp_transaction *t);

/* True when the raw target is this dialect's: `/auth/traefik`, and `/` where the configuration says so. */
bool sp_traefik_takes(const struct sp_config *config, struct sp_str target);

#endif
