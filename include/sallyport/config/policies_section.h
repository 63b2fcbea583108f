/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_POLICIES_SECTION_H
#define SP_CONFIG_POLICIES_SECTION_H

/*
 * The section `policies`: policies by name, each a list of rules or one word. What would quietly open or
 * close something is an error: a misspelt key, an empty list (which reads as "no condition" to one person and
 * as "nobody" to the next), the same condition twice.
 */

#include "config/mapping.h"
#include "policy/rules.h"

extern const struct sp_value_type sp_type_policies; /* the policies of struct sp_config */

/* Conditions that have one value elsewhere. */
extern const struct sp_value_type sp_type_host;        /* char *, canonical, without port */
extern const struct sp_value_type sp_type_path_prefix; /* struct sp_path_pattern */

/* What is legal in rules and unwise, or without effect, beside the settings that were read. */
void sp_policies_warn(struct sp_reading *reading);

/* Appends the tables of actions and conditions. */
void sp_policies_document(struct sp_buf *out);

/* True when nothing is asked: the rule holds for every request, of everybody. */
bool sp_rule_is_unconditional(const struct sp_rule *rule);

#endif
