/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_GATE_H
#define SP_GATE_GATE_H

/*
 * The order in which a request is processed. Its dialect reads what the proxy sent (gate/dialect.h). The rest
 * is the same for every proxy: the original request, the names in the middleware's address, the origin, our
 * own pages, the rules with the identity that they need, and the answer.
 *
 * An unknown name in the address is a mistake of the operator and denies with 500: falling back to a default
 * would apply the wrong policy.
 */

#include "gate/continuation.h"
#include "gate/dialect.h"

/*
 * Answers the request whose head is in `t`. If its dialect is sp_dialect_pages, the request came to the pages
 * listener; otherwise it came to the auth listener, and its dialect is looked up in `dialects`. If a
 * continuation is left in `t`, there is no answer yet (gate/continuation.h).
 */
void sp_gate_answer(struct sp_transaction *t, const struct sp_dialect *dialects);

/* The same for a request that has waited: `t` was begun again with the same head and the continuation's
 * snapshot. The caller still owns the continuation. */
void sp_gate_resume(struct sp_transaction *t, const struct sp_dialect *dialects,
                    struct sp_continuation *continuation);

/* Answers a request again after a wait, starting with its identity (gate/bearer.h). */
void sp_gate_answer_again(struct sp_transaction *t);

/*
 * Completes the work of the functions above. Returns NULL if `t` has a complete answer that the proxy can
 * carry, or the continuation that waits, which the transport keeps while it releases `t`. An answer that did
 * not fit is replaced by one that does: never a partial answer, never an allow.
 */
struct sp_continuation *sp_gate_finish(struct sp_transaction *t) __attribute__((warn_unused_result));

#endif
