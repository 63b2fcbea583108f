/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_GRANTS_H
#define SP_SESSION_GRANTS_H

/*
 * The newest refresh token of each user, by subject and the issuer's session (`sid`).
 *
 * A user has a session at each host and in each browser, and each one has the token it started with. Some
 * issuers keep one token per user and client, so the token of a later login invalidates the others. Others
 * replace a token each time it is used, and revoke all of them when an old one is used again. So all sessions
 * of one user are renewed with the newest token that this process has seen, from any of their sessions. The
 * `iat` of the ID token that came with a refresh token shows its age.
 *
 * Bounded: SP_GRANTS_MAX_N users and SP_GRANTS_BYTES_MAX of their strings, with tokens stored in their
 * shortest form (session/packed_token.h). The least recently used entry is evicted; its sessions are then
 * renewed with their own tokens. Strings are secrets and are wiped. No I/O, no clock, no lock.
 */

#include "base/random.h"
#include "oidc/refresh_grant.h"

#define SP_GRANTS_MAX_N     16384
#define SP_GRANTS_NAME_LEN  16
#define SP_GRANTS_BYTES_MAX (SP_GRANTS_MAX_N * (669 + 36)) /* a long token and a `sid` per user */

struct sp_grants;

/* Returns a new, empty table (sp_grants_free); NULL if out of memory. */
struct sp_grants *sp_grants_new(const struct sp_random *random) __attribute__((warn_unused_result));

/* Wipes and frees. Accepts NULL. */
void sp_grants_free(struct sp_grants *grants);

/* Returns the newer of `own` and the stored grant of this user, and stores it. If both have the same age, the
 * stored one wins, unless the issuer refused it and it has not itself replaced a refused one of the same age.
 * Borrowed until the next call; it may be `own` itself. */
const struct sp_refresh_grant *sp_grants_newest(struct sp_grants *grants, struct sp_str sub,
                                                const struct sp_refresh_grant *own);

/* Stores `grant` in place of any grant of this user. */
void sp_grants_keep(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant);

/* Records that the issuer refused `grant`, if it is the stored one. Another one of the same age may then
 * replace it. */
void sp_grants_refuse(struct sp_grants *grants, struct sp_str sub, const struct sp_refresh_grant *grant);

/* The name that identifies a user: a keyed hash of `sub` and `sid`, so that nobody outside can choose it. */
void sp_grants_name(const struct sp_grants *grants, struct sp_str sub, struct sp_str sid,
                    uint8_t out[SP_GRANTS_NAME_LEN]);

/* Number of users stored. */
size_t sp_grants_count(const struct sp_grants *grants);

#endif
