/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_NAMED_CLAIMS_H
#define SP_CONFIG_NAMED_CLAIMS_H

/*
 * The claims that settings name, by name or JSON pointer (oidc/claims.h). A pointer of one step is kept as
 * the name that it is, so that `/email` is looked at as `email` is; one that leads into `email` is refused,
 * since an address that is not verified must not name anybody by another way.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_claim; /* char *, never NULL nor empty */

/* Reads such a text. The same errors as a type's. */
enum sp_error sp_named_claim_parse(struct sp_str text, struct sp_diag *diag, char **out)
    __attribute__((warn_unused_result));

/*
 * Fills config->claims: what `username_claim`, `groups_claim`, the header sets of the operator and the rules
 * name, each once. More than SP_EXTRA_CLAIMS_MAX that a session does not hold anyway are an error.
 */
void sp_named_claims_derive(struct sp_reading *reading);

/* A name with dots or slashes inside was probably meant as a pointer. */
void sp_named_claims_warn(struct sp_reading *reading);

#endif
