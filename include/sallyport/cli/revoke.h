/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_REVOKE_H
#define SP_CLI_REVOKE_H

/*
 * `sallyport revoke --sub S | --sid S | --session LABEL | --all-before TIME [--to NAME:PORT]
 *                   [--config FILE]`
 *
 * Revokes sessions with `POST /revoke` to the admin listener at each address that the name resolves to.
 * Without `--to` it uses the name in `revoke_to` or, if that is not set, the admin listener in the
 * configuration. The body is sealed with the key ring of the configuration. It prints which processes
 * accepted it. Exits with 0 if all did, 1 if one did not or there are none, 2 for wrong usage.
 */

int sp_command_revoke(int argc, char **argv);

#endif
