/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_CHECK_H
#define SP_CLI_CHECK_H

/*
 * `sallyport check [--config FILE] [--issuer] [--dex-client [--with-secret]] [--print] [--document]`: all
 * errors and warnings at once, with `--issuer` those of the issuer, too (cli/check_issuer.h). With
 * `--dex-client` also the static client entries that Dex needs for this configuration (the secret only where
 * it is asked for: what is printed ends up in tickets), with `--print` all settings in force, each with where
 * it was given; with `--document` nothing but the tables of all settings, without reading any file. 0, or 1
 * with errors.
 */

int sp_command_check(int argc, char **argv);

#endif
