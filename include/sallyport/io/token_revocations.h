/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_TOKEN_REVOCATIONS_H
#define SP_IO_TOKEN_REVOCATIONS_H

/*
 * Revokes refresh tokens at the issuer (RFC 7009) after users have signed out of their sessions. Nothing
 * waits for it: the answer to the logout is sent before the call begins. There is only one attempt, because
 * the session has ended here in any case; a failure is logged.
 *
 * Every session can begin a revocation, and each holds memory. At most SP_TOKEN_REVOCATIONS_MAX are in
 * progress. Further ones are not sent to the issuer; this is logged too.
 */

#include "io/issuer.h"
#include "session/session.h"

#define SP_TOKEN_REVOCATIONS_MAX 32

struct sp_token_revocations;

/* Borrows `worker` and `issuer`, which must outlive it, and takes a reference to the client. NULL if out of
 * memory. */
struct sp_token_revocations *sp_token_revocations_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                                      const struct sp_client *client)
    __attribute__((warn_unused_result));

/* On the worker: sets the client. */
void sp_token_revocations_use_client(struct sp_token_revocations *revocations,
                                     const struct sp_client *client);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_token_revocations_free(struct sp_token_revocations *revocations);

/* From a loop. Copies the token; the id is that of the session, for the log. */
void sp_token_revocations_begin(struct sp_token_revocations *revocations, struct sp_str token,
                                const uint8_t session_id[SP_SESSION_ID_LEN]);

#endif
