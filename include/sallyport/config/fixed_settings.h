/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_FIXED_SETTINGS_H
#define SP_CONFIG_FIXED_SETTINGS_H

/*
 * The settings that only a restart can change: listeners, threads, the names of cookies, the issuer, the
 * client, and others that are used once at startup. A reload keeps the values from startup, and warns about
 * each one that has changed in the file, so that nobody expects the new value to be in effect.
 */

#include "config/mapping.h"

/*
 * Moves the values of `start` into the fields of `reading`; both use sp_settings, and have been read but not
 * checked. The replaced values go into the object of `start`, which frees them.
 */
void sp_fixed_settings_keep(struct sp_reading *reading, struct sp_reading *start);

/* Appends these settings as a table of the reference page. */
void sp_fixed_settings_document(struct sp_buf *out);

#endif
