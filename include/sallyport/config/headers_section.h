/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_HEADERS_SECTION_H
#define SP_CONFIG_HEADERS_SECTION_H

/*
 * The section `headers`: header sets of the operator's own beside the built-in ones. A set may not carry what
 * frames the message, what the proxy itself tells, or a credential; and no two names that an application
 * behind CGI or WSGI reads as one.
 */

#include "config/loading.h"

/* Puts the built-in sets first. SP_ERR_MEMORY. */
enum sp_error sp_headers_add_built_in(struct sp_config *config) __attribute__((warn_unused_result));

/* Appends to config->header_sets; what is wrong is reported. */
void sp_headers_read(struct sp_loading *loading, const struct sp_yaml_node *node);

/*
 * Fills config->extra_claims: what `username_claim` and the sets name that a session does not hold anyway.
 * More than SP_EXTRA_CLAIMS_MAX is an error.
 */
void sp_headers_derive_claims(struct sp_loading *loading);

/* Appends the sets that are not built in as YAML; nothing when there are none. */
void sp_headers_dump(const struct sp_config *config, struct sp_buf *out);

/* Appends the built-in sets as a Markdown table. */
void sp_headers_document(struct sp_buf *out);

#endif
