/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_CHECK_ISSUER_H
#define SP_CLI_CHECK_ISSUER_H

/*
 * `sallyport check --issuer`: fetches discovery and keys once, as `serve` would, and says all that
 * contradicts the configuration before the first user comes. What makes a document unusable is an error; what
 * may go wrong later, and each key that is skipped, is a warning.
 */

#include "config/reports.h"
#include "oidc/client.h"

/* Adds to `reports`; where the documents can be used, prints what will be asked for on standard error. */
void sp_check_issuer(const char *issuer, const struct sp_client *client, struct sp_reports *reports);

#endif
