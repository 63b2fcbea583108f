/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_PSEUDONYM_H
#define SP_CLI_PSEUDONYM_H

/*
 * `sallyport pseudonym [--config FILE] NAME`: prints what log lines contain in place of a user's name,
 * subject or address with `log_user: hash` (session/pseudonym.h), to find the lines about one user. Exits
 * with 0, 1 if the configuration or the key file cannot be read, 2 for wrong usage.
 */

int sp_command_pseudonym(int argc, char **argv);

#endif
