/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BEARER_H
#define SP_GATE_BEARER_H

/*
 * Identifies the user by the ID token that a program sends (`bearer_audiences`; oidc/bearer_token.h). The
 * token's claims become a profile in the same way as at a login, and rules, headers and pages treat both
 * alike. The differences: there is no session that could end, and there is room for more groups.
 *
 *   from another issuer, or no JWT    ignored; the request is anonymous
 *   too long to read                  401 `bearer_invalid`, because its issuer cannot be determined
 *   from our issuer, and valid        its user
 *   from our issuer, but not valid    401 `bearer_invalid`; if its key may be new, the request first waits
 *                                     until the keys have been fetched (io/bearer_keys.h)
 *   from our issuer, but without keys 503: it cannot be verified
 *
 * Each loop remembers verified tokens (session/bearers.h). Every request checks whether its token was
 * revoked, as for sessions.
 */

#include "gate/session_from_claims.h"
#include "gate/transaction.h"
#include "oidc/bearer_token.h"

/* Why a token longer than SP_BEARER_TOKEN_MAX is not accepted. */
#define SP_BEARER_TOO_LONG                                                                                   \
    "The bearer token in Authorization is longer than 49152 bytes and was not read. A token with fewer "     \
    "groups is shorter."

/* The room for groups in the profile of a token. Any value serves as the mark of a profile that lacks some
 * groups, because such a profile does not outlive the settings that it was made with. */
#define SP_BEARER_GROUPS_ROOM ((struct sp_groups_room){SP_PROFILE_GROUPS_MAX_N, 1})

/*
 * Checks the token of the request. False: there is no token that concerns us. True: `who` is the user, or the
 * reason why there is none. If `t->continuation` is set, the request must wait, and this function is called
 * again afterwards.
 */
bool sp_bearer_identify(struct sp_transaction *t, struct sp_who *who);

/* Appends the challenge of RFC 6750, section 3, for a request that is answered with `reason`. */
void sp_bearer_append_challenge(const struct sp_transaction *t, enum sp_reason reason, struct sp_buf *out);

#endif
