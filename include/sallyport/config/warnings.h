/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_WARNINGS_H
#define SP_CONFIG_WARNINGS_H

/*
 * What is legal and unwise, or without effect: each warning names the setting, what comes of it, and what
 * would be better. Run on a configuration that has no error.
 */

#include "config/loading.h"

void sp_warnings_add(struct sp_loading *loading);

#endif
