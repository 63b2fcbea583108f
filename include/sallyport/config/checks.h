/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CHECKS_H
#define SP_CONFIG_CHECKS_H

/*
 * Rules between settings that are each valid by themselves: what is required, and what contradicts what. Each
 * check reports at the setting that has to change, and states the value to use. A check is skipped if a
 * setting it needs was refused already. Warnings are for what is legal but unwise or without effect: each
 * names the setting, the consequence, and the better choice.
 */

#include "config/mapping.h"

/* Call after file and environment have been read. Some checks complete the configuration: the defaults of
 * `callback_path` and `client_auth` depend on other settings. */
void sp_checks_run(struct sp_reading *reading);

/* Call for a configuration without errors. */
void sp_checks_warn(struct sp_reading *reading);

#endif
