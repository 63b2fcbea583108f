/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_FIXED_SETTINGS_H
#define SP_CONFIG_FIXED_SETTINGS_H

/*
 * The settings that only a start can change: listeners, threads, the names of cookies, the issuer, the client,
 * and others that are used once, at the start. A reload keeps the values from the start, and warns of each one
 * that has changed in the file, so that nobody expects it to be in force.
 */

#include "config/mapping.h"

/*
 * Puts the values of `start` into the fields of `reading`; both are of sp_settings and have been read, but not
 * checked. What is replaced goes into the object of `start`, which frees it.
 */
void sp_fixed_settings_keep(struct sp_reading *reading, struct sp_reading *start);

/* Appends them as a table of the reference page. */
void sp_fixed_settings_document(struct sp_buf *out);

#endif
