/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CREDENTIALS_SECTION_H
#define SP_CONFIG_CREDENTIALS_SECTION_H

/*
 * The section `credentials`: a list of bindings (policy/bindings.h). Anything that would expose a token more
 * widely than the operator intended is an error: a binding without a proxy key, unless a setting named
 * `unsafe_…` allows that, two equal bindings, or sessions where an application could see the session cookie.
 */

#include "config/mapping.h"
#include "policy/bindings.h"

extern const struct sp_value_type sp_type_credentials; /* the bindings of struct sp_config */

/* The keys of a binding, for code that must know which of them are files. */
extern const struct sp_mapping sp_binding_mapping;

/* Checks bindings against each other and the settings. */
void sp_credentials_check(struct sp_reading *reading);

/* Warns about what is legal but unwise. */
void sp_credentials_warn(struct sp_reading *reading);

/* Appends the table of a binding's keys. */
void sp_credentials_document(struct sp_buf *out);

#endif
