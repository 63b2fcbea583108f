/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CONFIG_ISSUER_SETTINGS_H
#define SP_CONFIG_ISSUER_SETTINGS_H

/*
 * The settings of the issuer: the types of their values, and the rules between them.
 *
 * Three settings determine where the issuer is. `issuer` is its name, and the URL for browsers.
 * `issuer_address` is the address to which connections to that host and port are made instead.
 * `discovery_url` is the URL from which the discovery document is read instead; with `insecure_issuer_http`,
 * sallyport's own requests to that origin may use http.
 */

#include "config/mapping.h"

extern const struct sp_value_type sp_type_issuer;
extern const struct sp_value_type sp_type_optional_issuer;          /* char * */
extern const struct sp_value_type sp_type_server_address;           /* char *, `host:port`, or NULL */
extern const struct sp_value_type sp_type_discovery_url;            /* char *, or NULL */
extern const struct sp_value_type sp_type_authorization_parameters; /* struct sp_authorization_parameters */
extern const struct sp_value_type sp_type_scopes; /* char *, separated by spaces; also from one string */

/* True if the string of sp_type_scopes contains the scope. */
bool sp_scopes_hold(const char *scopes, struct sp_str scope);

/* Like sp_checks_run and sp_checks_warn, for these settings. Completes `client_auth`, and whether `scopes` is
 * set. */
void sp_issuer_settings_check(struct sp_reading *reading);
void sp_issuer_settings_warn(struct sp_reading *reading);

#endif
