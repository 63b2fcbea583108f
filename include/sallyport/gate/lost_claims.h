/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOST_CLAIMS_H
#define SP_GATE_LOST_CLAIMS_H

/*
 * Claims that settings name but that a login or a bearer token did not contain in the expected form: missing,
 * of another type, or stored elsewhere by the issuer. The log line of a login lists their names, and so does
 * that of a verified token, because nothing else explains why a user is in no group or why a header is
 * missing. The line is a warning if a rule depends on one of them. It also counts the groups that were left
 * out.
 */

#include "config/config.h"
#include "gate/session_from_claims.h"
#include "io/log.h"
#include "oidc/claims.h"

struct sp_lost_claims {
    const char *names[SP_CLAIM_ELSEWHERE + 1][SP_NAMED_CLAIMS_MAX]; /* by kind of loss; borrowed */
    size_t names_n[SP_CLAIM_ELSEWHERE + 1];
    bool decides; /* a rule depends on one of them */
};

void sp_lost_claims_find(const struct sp_claims *claims, const struct sp_config *config,
                         struct sp_lost_claims *out);

/* Writes `claims_missing`, `claims_malformed` and `claims_elsewhere`, each only if there are any. */
void sp_lost_claims_log(const struct sp_lost_claims *lost, struct sp_log_line *line);

/* True if any claim is lost. */
bool sp_lost_claims_some(const struct sp_lost_claims *lost);

/* Writes how many groups there are, and how many were left out for each reason. */
void sp_lost_claims_log_groups(const struct sp_group_counts *counts, struct sp_log_line *line);

#endif
