/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_REVOKE_H
#define SP_GATE_REVOKE_H

/*
 * An operator ends sessions: the sealed body of `POST /revoke` (session/revoke_message.h) becomes an entry of
 * the table of revocations, and a line of the log (io/revoked.h). So does what is refused.
 */

#include "gate/transaction.h"

/* Does what the body of `t` says, appends to `answer` what became of it, and returns the status. */
unsigned sp_revoke_take(struct sp_transaction *t, struct sp_buf *answer) __attribute__((warn_unused_result));

#endif
