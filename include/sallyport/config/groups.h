/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_GROUPS_H
#define SP_CONFIG_GROUPS_H

/*
 * Which groups sessions keep. `groups_keep` selects all, some or none. If they do not fit into a session, it
 * keeps only those that `kubeconfig` clusters and the rules of all policies name, because a session does not
 * know with which policy it will be used. The session is sealed with a mark that identifies that set
 * (session/profile.h).
 */

#include "config/mapping.h"

/*
 * Fills in config->ruled_groups, and also config->groups_mark unless a session that lacks groups is unusable
 * (sp_config_needs_all_groups).
 */
void sp_groups_derive(struct sp_reading *reading);

/* Checks `groups_keep`: `none` must be the only value, and nothing may depend on groups then. */
void sp_groups_check(struct sp_reading *reading);

/* Warns, at the place of a rule or cluster, about groups that no user can be in. */
void sp_groups_warn_of_named(struct sp_reading *reading, struct sp_place *place, char *const *groups,
                             size_t groups_n);

#endif
