/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_POLICIES_SECTION_H
#define SP_CONFIG_POLICIES_SECTION_H

/*
 * The section `policies`: policies by name, each a list of rules or one keyword. Anything that would silently
 * open or close something is an error: a misspelt key, an empty list (which one reader takes for "no
 * condition" and another for "nobody"), or the same condition twice.
 */

#include "config/mapping.h"
#include "policy/rules.h"

extern const struct sp_value_type sp_type_policies; /* the policies of struct sp_config */

/* Types of conditions that other sections use with a single value. */
extern const struct sp_value_type sp_type_host;        /* char *, canonical, without port */
extern const struct sp_value_type sp_type_path_prefix; /* struct sp_path_pattern */

/* Warns about rules that are legal but unwise or without effect, given the other settings. */
void sp_policies_warn(struct sp_reading *reading);

/* Appends the tables of actions and conditions. */
void sp_policies_document(struct sp_buf *out);

/* True if the rule has no condition. It then matches every request by everybody. */
bool sp_rule_is_unconditional(const struct sp_rule *rule);

#endif
