/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_ISSUER_SETTINGS_H
#define SP_CONFIG_ISSUER_SETTINGS_H

/*
 * The settings about the issuer: the types of their values, and what must hold between them.
 *
 * Where it is has three of them. `issuer` is its name, and where browsers reach it; `issuer_address` is where
 * connections to that host and port go instead; `discovery_url` is where its document is read instead, and
 * from whose origin on sallyport's own calls may go by http, with `insecure_issuer_http`.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_issuer;
extern const struct sp_value_type sp_type_optional_issuer;          /* char * */
extern const struct sp_value_type sp_type_server_address;           /* char *, `host:port`, or NULL */
extern const struct sp_value_type sp_type_discovery_url;            /* char *, or NULL */
extern const struct sp_value_type sp_type_authorization_parameters; /* struct sp_authorization_parameters */
extern const struct sp_value_type sp_type_scopes; /* char *, with spaces between; also of one text */

/* True when the text that sp_type_scopes makes holds the scope. */
bool sp_scopes_hold(const char *scopes, struct sp_str scope);

/* As sp_checks_run and sp_checks_warn, for these settings. Completes `client_auth` and whether `scopes` is
 * set. */
void sp_issuer_settings_check(struct sp_reading *reading);
void sp_issuer_settings_warn(struct sp_reading *reading);

#endif
