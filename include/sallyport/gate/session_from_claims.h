/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SESSION_FROM_CLAIMS_H
#define SP_GATE_SESSION_FROM_CLAIMS_H

/*
 * From verified claims to the session that is sealed. Groups that no header can carry exactly (a comma, a
 * control, white space at an end), or that `groups_keep` does not name, are left out and counted for the log.
 */

#include "base/random.h"
#include "config/config.h"
#include "oidc/claims.h"
#include "session/session.h"

struct sp_group_counts {
    size_t kept_n;
    size_t unusable_n; /* that no header could carry */
    size_t unkept_n;   /* that groups_keep leaves out */
};

/*
 * Fills `out`, whose views borrow from `claims` and `config`.
 *
 *   SP_ERR_LIMIT  more groups than a session holds
 */
enum sp_error sp_session_from_claims(const struct sp_claims *claims, const struct sp_config *config,
                                     int64_t now_s, const struct sp_random *random, struct sp_session *out,
                                     struct sp_group_counts *counts) __attribute__((warn_unused_result));

#endif
