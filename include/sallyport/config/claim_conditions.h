/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CLAIM_CONDITIONS_H
#define SP_CONFIG_CLAIM_CONDITIONS_H

/*
 * The condition `claim` of rules: one or more claims, each with values of which one must match. The results
 * that a login has to determine are facts (policy/claim_condition.h). Equal conditions are one fact, and
 * facts are sorted by name and values, so that moving rules changes nothing. The mark of that list also
 * covers the settings that determine which groups and claims a login keeps. A session with another mark is no
 * longer valid, because it might lack a fact that a deny rule needs.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_claim_conditions; /* the claims of struct sp_rule */

/*
 * Numbers the facts of all policies and fills in config->facts and config->facts_mark. More than
 * SP_PROFILE_FACTS_MAX_N facts are an error.
 */
void sp_claim_conditions_derive(struct sp_reading *reading);

#endif
