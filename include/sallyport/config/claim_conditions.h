/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CLAIM_CONDITIONS_H
#define SP_CONFIG_CLAIM_CONDITIONS_H

/*
 * The condition `claim` of rules: claims, each with the values of which one suffices. What a login has to
 * find out for them are facts (policy/rules.h): equal conditions are one fact, and their order is by name and
 * values, so that moving rules about changes nothing. The mark of that list stands for the settings, too, by
 * which a login keeps groups and claims. A session with another mark is over: it might miss a deny rule.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_claim_conditions; /* the claims of struct sp_rule */

/*
 * Numbers the facts of all policies and fills config->facts and config->facts_mark. More than
 * SP_PROFILE_FACTS_MAX_N are an error.
 */
void sp_claim_conditions_derive(struct sp_reading *reading);

#endif
