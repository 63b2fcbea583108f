/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_TOKEN_REVOCATIONS_H
#define SP_IO_TOKEN_REVOCATIONS_H

/*
 * Revokes refresh tokens at the issuer (RFC 7009) once their sessions were signed out of. Nobody waits for it: the answer to whoever signs out is on its
 * way before the call begins. It is made once, since the session has ended here whatever comes of it; one that
 * fails is in the log.
 *
 * Whoever has a session can begin one, and each holds memory: at most SP_TOKEN_REVOCATIONS_MAX are under way,
 * and what is more is not revoked, and is in the log, too.
 */

#include "io/issuer.h"
#include "session/session.h"

#define SP_TOKEN_REVOCATIONS_MAX 32

struct sp_token_revocations;

/* `worker` and `issuer` are borrowed for good, of the client it has a reference. NULL without memory. */
struct sp_token_revocations *sp_token_revocations_new(struct sp_worker *worker, struct sp_issuer *issuer,
                                                      const struct sp_client *client)
    __attribute__((warn_unused_result));

/* On the worker: the client from now on. */
void sp_token_revocations_use_client(struct sp_token_revocations *revocations,
                                     const struct sp_client *client);

/* After the worker and the loops have ended. Accepts NULL. */
void sp_token_revocations_free(struct sp_token_revocations *revocations);

/* From a loop. The token is copied; the id is of the session, for the log. */
void sp_token_revocations_begin(struct sp_token_revocations *revocations, struct sp_str token,
                                const uint8_t session_id[SP_SESSION_ID_LEN]);

#endif
