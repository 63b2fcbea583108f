/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BEARER_H
#define SP_GATE_BEARER_H

/*
 * Who asks, by the ID token that a program sends (`bearer_audiences`; oidc/bearer_token.h). What the token
 * says of the person becomes a profile in the same way as at a login, and from there on rules, headers and
 * pages know no difference; there is only no session that could end, and more groups have room.
 *
 *   of another issuer, or no JWT   none of our business: whoever sends it is anonymous
 *   longer than is read            401 `bearer_invalid`: nobody can say whose it is, and it is said
 *   of ours, and it verifies       its user
 *   of ours, and it does not       401 `bearer_invalid`; where its key may be new, after the keys were
 *                                  fetched, for which the request waits (io/bearer_keys.h)
 *   of ours, without any keys      503: nobody can say
 *
 * Verified tokens are remembered on each loop (session/bearers.h). That a token was revoked is looked up at
 * every request, as for sessions.
 */

#include "gate/session_from_claims.h"
#include "gate/transaction.h"
#include "oidc/bearer_token.h"

/* Why a token of more than SP_BEARER_TOKEN_MAX counts for nothing. */
#define SP_BEARER_TOO_LONG                                                                                   \
    "The bearer token in Authorization is longer than 49152 bytes and was not read. A token with fewer "     \
    "groups is shorter."

/* How many groups a profile of a token holds. Any mark will do for one that lacks some: it lives no longer
 * than the settings that it was made by. */
#define SP_BEARER_GROUPS_ROOM ((struct sp_groups_room){SP_PROFILE_GROUPS_MAX_N, 1})

/*
 * Looks at the token of the request. False: there is none that is of our business. True: `who` says who it
 * is, or why nobody; where `t->continuation` is set the request has to wait, and is asked again afterwards.
 */
bool sp_bearer_identify(struct sp_transaction *t, struct sp_who *who);

/* Appends the challenge of RFC 6750, section 3, for a request that is answered with `reason`. */
void sp_bearer_append_challenge(const struct sp_transaction *t, enum sp_reason reason, struct sp_buf *out);

#endif
