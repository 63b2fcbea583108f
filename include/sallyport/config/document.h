/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_DOCUMENT_H
#define SP_CONFIG_DOCUMENT_H

/*
 * The settings on paper: the values in force, and the reference page. Both walk the table of settings, so a
 * setting cannot be there and not be told.
 */

#include "base/buf.h"
#include "config/config.h"

#define SP_CONFIG_DOCUMENT_MAX (256 * 1024)      /* bytes that the reference fits in */
#define SP_CONFIG_DUMP_MAX     (4 * 1024 * 1024) /* bytes that any dump fits in: a loaded file, quoted */

/*
 * Appends all settings with their values in force as YAML that loads again, to an equal configuration where
 * file names are absolute or the folder is `.`. Secrets are in files, so none is in it.
 */
void sp_config_dump(const struct sp_config *config, struct sp_buf *out);

/* Appends the reference of all settings as Markdown: what stands in doc/configuration.md. */
void sp_config_document(struct sp_buf *out);

#endif
