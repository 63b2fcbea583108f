/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_HEALTHCHECK_H
#define SP_CLI_HEALTHCHECK_H

/*
 * `sallyport healthcheck [--config FILE]`: sends a request to the admin listener of the running process.
 * Exits with 0 if the process responds, 1 if not, 2 for wrong usage.
 */

int sp_command_healthcheck(int argc, char **argv);

#endif
