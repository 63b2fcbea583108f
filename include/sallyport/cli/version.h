/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_VERSION_H
#define SP_CLI_VERSION_H

/* `sallyport version`: prints this version and those of the libraries in use. */

int sp_command_version(int argc, char **argv);

#endif
