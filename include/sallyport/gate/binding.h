/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BINDING_H
#define SP_GATE_BINDING_H

/*
 * The credential of an answer: the header set `kubernetes` carries the token of an account, `bearer` that of
 * the user, and each only where a binding of the configuration holds for host and path, and the request came
 * through the chain that has its proxy key (policy/bindings.h). Elsewhere the same address is answered
 * without the credential: so one middleware stands before many applications, and no address, host or path
 * gets a token that is not bound.
 *
 * It is left out rather than refused, and told: `credentials_withheld_total` and a line
 * `credential_withheld`, each cause once a minute. Only where a binding holds and there is no token to be had
 * it is 503: without the token the application would not know what was meant.
 */

#include "gate/transaction.h"

/* Finds the binding of the request, once its address is known. Where it takes no sessions, `bearer_alone` is
 * set: no cookie counts, and nobody is sent to sign in. */
void sp_binding_find(struct sp_transaction *t);

/*
 * Adds Authorization to the answer, after the headers that tell who it is: never without them.
 *
 *   SP_REASON_NONE                    added, or withheld, or the address asks for none
 *   SP_REASON_CREDENTIAL_UNAVAILABLE  it is bound, and there is none
 */
enum sp_reason sp_binding_add_credential(struct sp_transaction *t) __attribute__((warn_unused_result));

#endif
