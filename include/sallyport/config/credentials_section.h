/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_CREDENTIALS_SECTION_H
#define SP_CONFIG_CREDENTIALS_SECTION_H

/*
 * The section `credentials`: a list of bindings (policy/bindings.h). What would hand a token to more than the
 * operator meant is an error: a binding without a proxy key that does not say so by a setting whose name is
 * unsafe, two that are equal, and sessions where an application could see the session cookie.
 */

#include "config/mapping.h"
#include "policy/bindings.h"

extern const struct sp_value_type sp_type_credentials; /* the bindings of struct sp_config */

/* What a binding is made of, for who must know which of its keys are files. */
extern const struct sp_mapping sp_binding_mapping;

/* What must hold between bindings and the settings. */
void sp_credentials_check(struct sp_reading *reading);

/* What is legal and unwise. */
void sp_credentials_warn(struct sp_reading *reading);

/* Appends the table of a binding's keys. */
void sp_credentials_document(struct sp_buf *out);

#endif
