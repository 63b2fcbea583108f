/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SESSION_FROM_CLAIMS_H
#define SP_GATE_SESSION_FROM_CLAIMS_H

/*
 * From verified claims to the profile of the person, and to the session that is sealed. Groups that no header
 * can carry exactly (a control, white space at an end), or that `groups_keep` does not name, are left out and
 * counted for the log.
 *
 * Where those that are left are more than there is room for, they are reduced to those that rules name
 * (session/profile.h): so no rule is missed, and no number of groups keeps anybody out. The whole list is
 * looked through, which the token's ceiling in bytes bounds. Where something needs all groups
 * (sp_config_needs_all_groups), a login is refused instead, since a session would be of no use for as long as
 * it lives; of a bearer token, what needs them is refused.
 */

#include "base/random.h"
#include "config/config.h"
#include "oidc/claims.h"
#include "session/session_cookie.h"

struct sp_group_counts {
    size_t all_n;        /* that the issuer named */
    size_t unusable_n;   /* that no header could carry */
    size_t unkept_n;     /* that groups_keep leaves out */
    size_t kept_n;       /* the others, or as many of them as rules name */
    size_t with_comma_n; /* of those kept, that no list with commas between can carry */
};

/* How many groups a profile may have, and its mark where they are fewer than there are; 0: then there is
 * none. */
struct sp_groups_room {
    size_t max_n; /* up to SP_PROFILE_GROUPS_MAX_N */
    uint64_t mark;
};

/*
 * Fills `out`, whose views borrow from `claims` and `config`.
 *
 *   SP_ERR_LIMIT   more groups than there is room for, and all are needed or too many are named by rules
 *   SP_ERR_MEMORY
 */
enum sp_error sp_profile_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     struct sp_groups_room room, struct sp_profile *out,
                                     struct sp_group_counts *counts) __attribute__((warn_unused_result));

/*
 * Fills `out`, whose views borrow from `claims` and `config`.
 *
 *   diag  for SP_ERR_LIMIT: how many groups, and the cure; may be null
 *
 *   SP_ERR_LIMIT   more groups than a session holds, and all are needed or too many are named by rules
 *   SP_ERR_MEMORY
 */
enum sp_error sp_session_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     int64_t now_s, const struct sp_random *random, struct sp_diag *diag,
                                     struct sp_session *out, struct sp_group_counts *counts)
    __attribute__((warn_unused_result));

/*
 * Reduces the groups of a session that sp_session_from_claims made to those that rules name, and marks it.
 *
 *   SP_ERR_LIMIT  it is marked already, all groups are needed, or it does not hold those; it has not changed
 */
enum sp_error sp_session_reduce_groups(const struct sp_claims *claims, const struct sp_config *config,
                                       struct sp_session *session, struct sp_group_counts *counts)
    __attribute__((warn_unused_result));

/*
 * Appends the Set-Cookie line of a session that sp_session_from_claims made: of all its groups, or where
 * rules do without the others, of those that they name. The same `diag` and errors as
 * sp_session_cookie_write.
 *
 *   id_token_packed  kept with it where there is room, and emptied where there is none: no login fails for it
 */
enum sp_error sp_session_write_reduced(const struct sp_sealer *sealer, const struct sp_claims *claims,
                                       const struct sp_config *config, struct sp_diag *diag,
                                       struct sp_session *session, struct sp_group_counts *counts,
                                       struct sp_str *id_token_packed, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif
