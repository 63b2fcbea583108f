/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_PSEUDONYM_H
#define SP_CLI_PSEUDONYM_H

/*
 * `sallyport pseudonym [--config FILE] NAME`: what lines of the log say in place of a user's name, subject or address
 * with `log_user: hash` (session/pseudonym.h), for who looks for one person's lines. 0, or 1 when configuration or key
 * file cannot be read.
 */

int sp_command_pseudonym(int argc, char **argv);

#endif
