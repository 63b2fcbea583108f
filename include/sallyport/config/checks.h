/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CHECKS_H
#define SP_CONFIG_CHECKS_H

/*
 * What must hold between settings, each legal by itself: what is required, and what contradicts what. Each
 * check reports at the setting that is to be changed, and says so to what; none speaks where a setting that
 * it needs was refused already. And what is legal and unwise, or without effect: each warning names the
 * setting, what comes of it, and what would be better.
 */

#include "config/mapping.h"

/* Run when file and environment have been read. Some complete the configuration: `callback_path` and
 * `client_auth` depend on others where nothing is said. */
void sp_checks_run(struct sp_reading *reading);

/* For a configuration that has no error. */
void sp_checks_warn(struct sp_reading *reading);

#endif
