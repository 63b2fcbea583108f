/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_LOST_CLAIMS_H
#define SP_GATE_LOST_CLAIMS_H

/*
 * The claims that settings name and that a login, or a bearer token, did not bring as the settings take them:
 * not there, of another shape, or kept at another place by the issuer. The line of the login lists their
 * names, and so does one of a token that was verified, since nothing else tells why a user is in no group or
 * a header is absent; it is a warning where a rule depends on one of them. What became of the groups stands
 * there, too.
 */

#include "config/config.h"
#include "gate/session_from_claims.h"
#include "io/log.h"
#include "oidc/claims.h"

struct sp_lost_claims {
    const char *names[SP_CLAIM_ELSEWHERE + 1][SP_NAMED_CLAIMS_MAX]; /* by what became of them; borrowed */
    size_t names_n[SP_CLAIM_ELSEWHERE + 1];
    bool decides; /* a rule depends on one */
};

void sp_lost_claims_find(const struct sp_claims *claims, const struct sp_config *config,
                         struct sp_lost_claims *out);

/* Writes `claims_missing`, `claims_malformed` and `claims_elsewhere`, each where there are any. */
void sp_lost_claims_log(const struct sp_lost_claims *lost, struct sp_log_line *line);

/* Whether any is lost. */
bool sp_lost_claims_some(const struct sp_lost_claims *lost);

/* Writes how many groups there are and how many were left out, by reason. */
void sp_lost_claims_log_groups(const struct sp_group_counts *counts, struct sp_log_line *line);

#endif
