/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_SERVE_H
#define SP_CLI_SERVE_H

/*
 * `sallyport [serve] [--config FILE]`: runs until SIGTERM; ready when the line `start` is logged. 0 after
 * SIGTERM, 1 for a bad configuration or an address that is taken, 2 for usage.
 */

int sp_command_serve(int argc, char **argv);

#endif
