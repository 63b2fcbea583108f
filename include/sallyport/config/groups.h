/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_GROUPS_H
#define SP_CONFIG_GROUPS_H

/*
 * Which groups sessions keep. By `groups_keep` it is all, some or none. Where those do not fit into a session
 * it is those that rules and clusters of `kubeconfig` name, of all policies together: a session does not know
 * which policy it will be asked about. It is sealed with a mark that stands for them (session/profile.h).
 */

#include "config/mapping.h"

/*
 * Fills config->ruled_groups, and config->groups_mark but where a session that lacks groups is of no use
 * (sp_config_needs_all_groups).
 */
void sp_groups_derive(struct sp_reading *reading);

/* What `groups_keep` cannot be: `none` beside names, or where something goes by the groups. */
void sp_groups_check(struct sp_reading *reading);

/* Warns, at the place of a rule or cluster, of groups there that nobody can be in. */
void sp_groups_warn_of_named(struct sp_reading *reading, struct sp_place *place, char *const *groups,
                             size_t groups_n);

#endif
