/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_CHECK_H
#define SP_CLI_CHECK_H

/*
 * `sallyport check [--config FILE] [--issuer] [--dex-client [--with-secret]] [--print] [--document]`: prints
 * all errors and warnings at once; with `--issuer` also those about the issuer (cli/check_issuer.h). With
 * `--dex-client` it also prints the static client entries that Dex needs for this configuration (the secret
 * only on request, because output ends up in tickets). With `--print` it prints all settings in effect, each
 * with its source. With `--document` it prints only the tables of all settings, without reading any file.
 * Exits with 0, 1 if there are errors, 2 for wrong usage.
 */

int sp_command_check(int argc, char **argv);

#endif
