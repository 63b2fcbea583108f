/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_REVOKE_H
#define SP_CLI_REVOKE_H

/*
 * `sallyport revoke --sub S | --sid S | --session LABEL | --all-before TIME [--to NAME:PORT]
 *                   [--config FILE]`
 *
 * Ends sessions, by `POST /revoke` on the admin listener of each address that the name has. Without `--to` it
 * is the name in `revoke_to`, and without that the process of the configuration itself. The body is sealed by
 * the key ring of the configuration. It prints who took it. 0 when all did, 1 when one did not or there is
 * nobody, 2 for usage.
 */

int sp_command_revoke(int argc, char **argv);

#endif
