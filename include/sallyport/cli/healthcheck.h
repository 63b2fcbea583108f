/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_HEALTHCHECK_H
#define SP_CLI_HEALTHCHECK_H

/*
 * `sallyport healthcheck [--config FILE]`: asks the admin listener of the process beside it. 0 when it
 * answers, else 1.
 */

int sp_command_healthcheck(int argc, char **argv);

#endif
