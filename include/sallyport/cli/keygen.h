/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_KEYGEN_H
#define SP_CLI_KEYGEN_H

/*
 * `sallyport keygen [--add] [--if-missing] FILE`: makes a key file, or appends a key that seals in ten
 * minutes, so that replicas that get the file a minute apart never disagree. Never overwrites. 0 or 1; with
 * `--if-missing` a file that is there is 0 too, whatever is in it, for containers that start twice.
 */

#define SP_KEYGEN_DELAY_S 600

int sp_command_keygen(int argc, char **argv);

#endif
