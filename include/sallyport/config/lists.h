/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_LISTS_H
#define SP_CONFIG_LISTS_H

/*
 * Types of settings that have several values (config/values.h). Each value is checked by itself and appended;
 * what stands there twice is refused, since one of the two was meant to be something else.
 */

#include "config/values.h"

#define SP_LIST_MAX 256 /* elements, where the setting names no smaller maximum */

extern const struct sp_value_type sp_type_endpoints;    /* struct sp_endpoints */
extern const struct sp_value_type sp_type_cidrs;        /* struct sp_cidrs */
extern const struct sp_value_type sp_type_hosts;        /* struct sp_origin_patterns */
extern const struct sp_value_type sp_type_public_ports; /* struct sp_public_ports, a mapping */
extern const struct sp_value_type sp_type_dialects;     /* struct sp_texts, as the three below */
extern const struct sp_value_type sp_type_paths;
extern const struct sp_value_type sp_type_client_ids;
extern const struct sp_value_type sp_type_groups;
extern const struct sp_value_type sp_type_scopes; /* char *: also several in one text, separated by spaces */

#endif
