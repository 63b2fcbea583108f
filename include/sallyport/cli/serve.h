/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_SERVE_H
#define SP_CLI_SERVE_H

/*
 * `sallyport [serve] [--config FILE]`: runs until SIGTERM. It is ready when the line `start` is logged. Exits
 * with 0 after SIGTERM, 1 for an invalid configuration or an address in use, 2 for wrong usage.
 */

int sp_command_serve(int argc, char **argv);

#endif
