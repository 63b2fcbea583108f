/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_POLICIES_SECTION_H
#define SP_CONFIG_POLICIES_SECTION_H

/*
 * The section `policies`: from the file to struct sp_policy, back, and on paper, all from one table of
 * conditions. What would quietly open or close something is an error: a misspelt key, an empty list (which
 * reads as "no condition" to one person and as "nobody" to the next), the same condition twice.
 */

#include "config/loading.h"

#define SP_POLICY_WORD_AUTHENTICATED "authenticated" /* a policy of one word: whoever is signed in */

/* Fills config->policies; what is wrong is reported. */
void sp_policies_read(struct sp_loading *loading, const struct sp_yaml_node *node);

/* Appends the section as YAML. */
void sp_policies_dump(const struct sp_config *config, struct sp_buf *out);

/* Appends the conditions and actions as Markdown tables. */
void sp_policies_document(struct sp_buf *out);

/* True when nothing is asked: the rule holds for every request, of everybody. */
bool sp_rule_is_unconditional(const struct sp_rule *rule);

#endif
