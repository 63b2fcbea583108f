/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_PASSTHROUGH_H
#define SP_GATE_PASSTHROUGH_H

/*
 * The rule `passthrough`: a bearer token of an issuer in `passthrough_issuers`, such as that of a service
 * account of a cluster, is handed on to whatever stands behind, which checks it. Here nobody does: the
 * signature is not verified, and the issuer is the one that the token names. So nobody is identified, no
 * cookie is opened, and the application is told of no user. The answer carries `Authorization` as it came,
 * since a middleware that lists the name deletes it otherwise.
 *
 *   of an issuer that is listed   200
 *   of our issuer                 401 `bearer_invalid`: it is verified or it counts for nothing
 *   of another, no JWT, none      401 `no_session`; a sign-in would not help, so none is offered
 *
 * A line of the family Impersonate-* would make another of whoever sends the token, and was refused before.
 *
 * The issuers of tokens are remembered on each loop like verified tokens (session/bearers.h), in a place of
 * their own, so that what nobody has verified is never found as an identity.
 */

#include "gate/transaction.h"

/* Answers for a verdict with a rule `passthrough`. False: not by the token, and the rest of the verdict
 * counts. */
bool sp_passthrough_answer(struct sp_transaction *t, const struct sp_verdict *verdict);

#endif
