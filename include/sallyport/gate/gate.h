/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_GATE_H
#define SP_GATE_GATE_H

/*
 * The order of a request. What a proxy asks is read by its dialect (gate/dialect.h); then, for every proxy
 * alike: the original request, the names in the middleware's address, the origin, the product's own pages,
 * the rules with the identity that they need, and the answer.
 *
 * A name in the address that is not known is the operator's mistake and denies with 500: falling back to a
 * default would answer another question.
 */

#include "gate/continuation.h"
#include "gate/dialect.h"

/*
 * Answers the request whose head `t` has: one to the pages listener when its dialect is sp_dialect_pages,
 * else one to the auth listener, whose dialect is looked for among `dialects`. Where it leaves a continuation
 * in `t` there is no answer yet (gate/continuation.h).
 */
void sp_gate_answer(struct sp_transaction *t, const struct sp_dialect *dialects);

/* The same for a request that has waited: `t` has begun anew with the same head and the continuation's
 * snapshot. The continuation stays the caller's. */
void sp_gate_resume(struct sp_transaction *t, const struct sp_dialect *dialects,
                    struct sp_continuation *continuation);

/* Answers it again from who asks on, after it has waited to find that out (gate/bearer.h). */
void sp_gate_answer_again(struct sp_transaction *t);

/*
 * The end of either: NULL, and `t` has a whole answer that the proxy can carry; or the continuation that
 * waits, which the transport keeps while it lets go of `t`. An answer that did not fit its room is replaced
 * by one that does: never half of it, never an allow.
 */
struct sp_continuation *sp_gate_finish(struct sp_transaction *t) __attribute__((warn_unused_result));

#endif
