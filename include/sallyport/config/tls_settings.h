/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_TLS_SETTINGS_H
#define SP_CONFIG_TLS_SETTINGS_H

/*
 * The settings of TLS on the auth listener. Where there is an authority for clients, their names are required:
 * the authority of a cluster signs certificates of everybody in it.
 */

#include "config/config.h"
#include "config/mapping.h"

extern const struct sp_value_type sp_type_tls_names; /* struct sp_texts: exact DNS names and URIs */

/* What does not go together. */
void sp_tls_settings_check(struct sp_reading *reading);

/* What is unwise. */
void sp_tls_settings_warn(struct sp_reading *reading);

#endif
