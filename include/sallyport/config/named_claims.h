/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_NAMED_CLAIMS_H
#define SP_CONFIG_NAMED_CLAIMS_H

/*
 * The claims that settings use, by name or JSON pointer (oidc/claims.h). A pointer of one step is stored as a
 * plain name, so that `/email` is treated like `email`. A pointer that leads into `email` is refused, since
 * an unverified address must not become a user name by another path.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_claim; /* char *, never NULL nor empty */

/* Parses a claim as sp_type_claim does. Returns the errors of that type's `parse`. */
enum sp_error sp_named_claim_parse(struct sp_str text, struct sp_diag *diag, char **out)
    __attribute__((warn_unused_result));

/*
 * Fills in config->claims: the claims of `username_claim`, `groups_claim`, the operator's header sets and the
 * rules, without duplicates. More than SP_EXTRA_CLAIMS_MAX claims beyond those in every session are an error.
 */
void sp_named_claims_derive(struct sp_reading *reading);

/* Warns about a name with dots or slashes inside, which was probably meant as a pointer. */
void sp_named_claims_warn(struct sp_reading *reading);

#endif
