/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_SETTINGS_H
#define SP_CONFIG_SETTINGS_H

/*
 * The table of settings: one row each (config/mapping.h). The purpose of each setting is described in one
 * place, the reference page doc/configuration.md, whose tables are generated from this one and the others.
 */

#include "config/mapping.h"

#define SP_ENVIRONMENT_PREFIX   "SALLYPORT_"
#define SP_ENVIRONMENT_NAME_MAX 64 /* bytes with the NUL */

#define SP_CONFIG_DOCUMENT_MAX (64 * 1024) /* enough bytes for all tables */

/* The settings; the object is a struct sp_config. */
extern const struct sp_mapping sp_settings;

/* Writes the name of the variable: `SALLYPORT_CLIENT_ID` for `client_id`. */
void sp_setting_environment_name(const struct sp_row *setting, char out[SP_ENVIRONMENT_NAME_MAX]);

/* Appends all tables of the reference page as Markdown. */
void sp_settings_document(struct sp_buf *out);

#endif
