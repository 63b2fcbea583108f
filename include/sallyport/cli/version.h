/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_VERSION_H
#define SP_CLI_VERSION_H

/*
 * `sallyport version`: this version and those of the libraries it runs with.
 */

int sp_command_version(int argc, char **argv);

#endif
