/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_RBAC_SETTINGS_H
#define SP_CONFIG_RBAC_SETTINGS_H

/* The settings of `rbac` rules: where the objects come from, and how they are read. */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type sp_type_rbac_source; /* char *, a folder; NULL: `cluster` */

/* Refuses settings that contradict each other. */
void sp_rbac_settings_check(struct sp_reading *reading);

/* Warns about settings without effect. */
void sp_rbac_settings_warn(struct sp_reading *reading);

#endif
