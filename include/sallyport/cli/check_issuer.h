/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_CHECK_ISSUER_H
#define SP_CLI_CHECK_ISSUER_H

/*
 * `sallyport check --issuer`: fetches the discovery document and the keys once, as `serve` would, and reports
 * everything that contradicts the configuration, before the first user arrives. Anything that makes a
 * document unusable is an error. Anything that may fail later, such as a skipped key, is a warning.
 */

#include "config/reports.h"
#include "oidc/client.h"

/* Adds to `reports`. If the documents are usable, prints to standard error what will be requested. */
void sp_check_issuer(const char *issuer, const struct sp_client *client, struct sp_reports *reports);

#endif
