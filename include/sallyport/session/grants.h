/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_GRANTS_H
#define SP_SESSION_GRANTS_H

/*
 * The newest refresh token of each user, by subject and the issuer's session (`sid`).
 *
 * A user has a session at each host and in each browser, and every one has the token that it began with. Some
 * issuers keep one token a user and client: what a later login brought makes the others fail. Others replace
 * a token each time it is used, and end all of them when an old one is used again. So all sessions of one
 * user are renewed with the newest token that this process has seen, wherever it came from. Its age is what
 * the issuer says, the `iat` of the ID token that came with it.
 *
 * Bounded: SP_GRANTS_MAX_N users and SP_GRANTS_BYTES_MAX of their texts, of which tokens are kept in their
 * shortest form (session/packed_token.h); the one that was unused longest goes, and its sessions are renewed
 * with their own. Texts are secrets and wiped. No I/O, no clock, no
 * lock.
 */

#include "base/random.h"
#include "oidc/refresh_grant.h"

#define SP_GRANTS_MAX_N     16384
#define SP_GRANTS_NAME_LEN  16
#define SP_GRANTS_BYTES_MAX (9 * 1024 * 1024) /* of all with tokens of 669 bytes, JWTs, and a `sid` of 36 */

struct sp_grants;

/* A new one that holds nothing, for sp_grants_free; NULL without memory. */
struct sp_grants *sp_grants_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* Wipes. Accepts NULL. */
void sp_grants_free(struct sp_grants *grants);

/* The newest of this user, of `own` and what is kept; it is kept from now on. Borrowed until the next call;
 * it may be `own` itself. Of two of the same age the one that is kept. */
const struct sp_refresh_grant *sp_grants_newest(struct sp_grants *grants, struct sp_str sub,
                                                const struct sp_refresh_grant *own);

/* Keeps `grant` in place of whatever there is of this user. */
void sp_grants_keep(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant);

/* What a user is known by among all: made of `sub` and `sid` with a key, so that no stranger chooses it. */
void sp_grants_name(const struct sp_grants *grants, struct sp_str sub, struct sp_str sid,
                    uint8_t out[SP_GRANTS_NAME_LEN]);

/* How many users are kept. */
size_t sp_grants_count(const struct sp_grants *grants);

#endif
