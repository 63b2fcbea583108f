/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_KEYGEN_H
#define SP_CLI_KEYGEN_H

/*
 * `sallyport keygen [--add] [--if-missing] [--client-secret FILE] FILE`: creates a key file, or appends a key
 * that starts to seal in ten minutes, so that replicas that get the file a minute apart never disagree. With
 * `--client-secret` it also creates a file with a client secret. Never overwrites. Exits with 0 or 1, or 2
 * for wrong usage. With `--if-missing` it also exits with 0 if a file exists and is not empty, for containers
 * that start twice.
 */

#define SP_KEYGEN_DELAY_S 600

int sp_command_keygen(int argc, char **argv);

#endif
