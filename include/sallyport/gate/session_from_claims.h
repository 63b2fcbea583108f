/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SESSION_FROM_CLAIMS_H
#define SP_GATE_SESSION_FROM_CLAIMS_H

/*
 * Makes the profile of the user from verified claims, and the session that is sealed from that profile.
 * Groups that no header can carry exactly (because of a control character, or white space at either end), or
 * that `groups_keep` does not name, are left out and counted for the log.
 *
 * If the remaining groups do not fit, they are reduced to those that rules name (session/profile.h). So every
 * rule still finds its groups, and no number of groups locks a user out. The whole list is searched; the size
 * limit of the token bounds it. If something needs all groups (sp_config_needs_all_groups), a login is
 * refused instead, because the session would be useless for its whole lifetime. With a bearer token, only
 * requests that need all groups are refused.
 */

#include "base/random.h"
#include "config/config.h"
#include "oidc/claims.h"
#include "session/session_cookie.h"

struct sp_group_counts {
    size_t all_n;        /* groups that the issuer listed */
    size_t unusable_n;   /* groups that no header could carry */
    size_t unkept_n;     /* groups that groups_keep leaves out */
    size_t kept_n;       /* all other groups, or only those that rules name */
    size_t with_comma_n; /* kept groups that no comma-separated list can carry */
};

/* How many groups a profile may have, and its mark if some had to be left out; 0: the login is refused
 * instead. */
struct sp_groups_room {
    size_t max_n; /* up to SP_PROFILE_GROUPS_MAX_N */
    uint64_t mark;
};

/*
 * Fills `out`, whose views borrow from `claims` and `config`.
 *
 *   SP_ERR_LIMIT   more groups than fit, and all are needed or rules name too many
 *   SP_ERR_MEMORY
 */
enum sp_error sp_profile_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     struct sp_groups_room room, struct sp_profile *out,
                                     struct sp_group_counts *counts) __attribute__((warn_unused_result));

/*
 * Fills `out`, whose views borrow from `claims` and `config`.
 *
 *   diag  for SP_ERR_LIMIT: the number of groups, and how to fix it; may be NULL
 *
 *   SP_ERR_LIMIT   more groups than a session holds, and all are needed or rules name too many
 *   SP_ERR_MEMORY
 */
enum sp_error sp_session_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     int64_t now_s, const struct sp_random *random, struct sp_diag *diag,
                                     struct sp_session *out, struct sp_group_counts *counts)
    __attribute__((warn_unused_result));

/*
 * Reduces the groups in a result of sp_session_from_claims to those that rules name, and sets its mark.
 *
 *   SP_ERR_LIMIT  already marked, all groups are needed, or the reduced ones do not fit; nothing has changed
 */
enum sp_error sp_session_reduce_groups(const struct sp_claims *claims, const struct sp_config *config,
                                       struct sp_session *session, struct sp_group_counts *counts)
    __attribute__((warn_unused_result));

/*
 * Appends the Set-Cookie field of a session that sp_session_from_claims made. It has all groups or, if they
 * do not fit and rules allow it, only those that rules name. `diag` and errors as for
 * sp_session_cookie_write.
 *
 *   id_token_packed  included if it fits, otherwise emptied: it never makes a login fail
 */
enum sp_error sp_session_write_reduced(const struct sp_sealer *sealer, const struct sp_claims *claims,
                                       const struct sp_config *config, struct sp_diag *diag,
                                       struct sp_session *session, struct sp_group_counts *counts,
                                       struct sp_str *id_token_packed, struct sp_buf *out)
    __attribute__((warn_unused_result));

#endif
