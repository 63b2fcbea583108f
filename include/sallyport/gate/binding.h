/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BINDING_H
#define SP_GATE_BINDING_H

/*
 * The credential of an answer. The header set `kubernetes` carries the token of an account, and `bearer` that
 * of the user. Both are added only if a binding of the configuration matches the host and path, and if the
 * request came through the proxy chain that has the binding's proxy key (policy/bindings.h). Otherwise the
 * same address is answered without the credential. So one middleware can serve many applications, and no
 * address, host or path gets a token that is not bound to it.
 *
 * A request whose credential is withheld is not refused for that. It is counted in
 * `credentials_withheld_total` and logged as `credential_withheld`, each cause once a minute. The answer is
 * 503 only if a binding matches and no token is available: without the token the application could not
 * interpret the request.
 */

#include "gate/transaction.h"

/* Finds the binding of the request, once its address is known. If the binding accepts no sessions,
 * `bearer_alone` is set: no cookie counts, and nobody is redirected to sign in. */
void sp_binding_find(struct sp_transaction *t);

/*
 * Adds Authorization to the answer, after the identity headers; never without them.
 *
 *   SP_REASON_NONE                    added, or withheld, or the address requests no credential
 *   SP_REASON_CREDENTIAL_UNAVAILABLE  the request is bound, but no token is available
 */
enum sp_reason sp_binding_add_credential(struct sp_transaction *t) __attribute__((warn_unused_result));

#endif
