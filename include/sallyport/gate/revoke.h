/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_REVOKE_H
#define SP_GATE_REVOKE_H

/*
 * An operator ends sessions: the sealed body of `POST /revoke` (session/revoke_message.h) becomes an entry in
 * the table of revocations, and a line in the log (io/revoked.h). Refused bodies are logged too.
 */

#include "gate/transaction.h"

/* Executes the body of `t`, appends the result to `answer`, and returns the status. */
unsigned sp_revoke_take(struct sp_transaction *t, struct sp_buf *answer) __attribute__((warn_unused_result));

#endif
