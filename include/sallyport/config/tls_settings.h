/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_TLS_SETTINGS_H
#define SP_CONFIG_TLS_SETTINGS_H

/*
 * The settings of TLS on the auth listener. A CA for clients requires a list of client names, because a
 * cluster's CA signs certificates for everybody in the cluster.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type sp_type_tls_names; /* struct sp_texts: exact DNS names and URIs */

/* Refuses settings that contradict each other. */
void sp_tls_settings_check(struct sp_reading *reading);

/* Warns about unwise settings. */
void sp_tls_settings_warn(struct sp_reading *reading);

#endif
