/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_PASSTHROUGH_H
#define SP_GATE_PASSTHROUGH_H

/*
 * The rule `passthrough`: a bearer token from an issuer in `passthrough_issuers`, such as that of a service
 * account of a cluster, is passed on to the application, which verifies it. Here the signature is not
 * verified, and the issuer is the one that the token claims. So no user is identified, no cookie is opened,
 * and the application gets no identity. The answer carries `Authorization` unchanged, because a middleware
 * that lists the name would delete it otherwise. Any other request is decided by the rest of the rules; if
 * they deny it, the answer is one of these:
 *
 *   from our issuer                       401 `bearer_invalid`: such tokens are not passed on
 *   too long to read                      401 `bearer_invalid`
 *   from another issuer, no JWT, or none  401 `no_session`; no sign-in is offered, because it would not help
 *
 * Impersonate-* headers, which would turn the sender of the token into another user, were refused earlier.
 *
 * Each loop remembers the tokens that it passes on, like verified tokens (session/bearers.h) but in a
 * separate cache, so that an unverified token is never found as an identity.
 */

#include "gate/transaction.h"

/* Answers for a verdict with a rule `passthrough`. False: the token does not decide, and the rest of the
 * verdict counts. */
bool sp_passthrough_answer(struct sp_transaction *t, const struct sp_verdict *verdict);

#endif
