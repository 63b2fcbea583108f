/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_SETUP_H
#define SP_CLI_SETUP_H

/*
 * What `serve`, `check` and `healthcheck` share: finding the configuration, and reporting on standard error
 * everything that is wrong with it and the files that it names, each fault as FILE:LINE:COLUMN: kind: text.
 */

#include "gate/loading.h"

#define SP_CONFIG_FILE_DEFAULT "/etc/sallyport/sallyport.yaml"
#define SP_SETUP_CONFIG_HELP   "FILE the configuration; else SALLYPORT_CONFIG, else " SP_CONFIG_FILE_DEFAULT

/* The file to read: `option` if not NULL, else SALLYPORT_CONFIG, else SP_CONFIG_FILE_DEFAULT. */
const char *sp_setup_path(const char *option);

/* Prints all reports of a loading that returned `error`, and how to choose another configuration if this one
 * could not be read. Returns the number of warnings. */
size_t sp_setup_print_reports(const struct sp_loading *loading, enum sp_error error);

/* Prints a fault that is not in a configuration. `text` may quote files and the command line. */
void sp_setup_print_error(const char *text);

/* Flushes standard output. False, after a message, if not everything could be written. */
bool sp_setup_end_output(void) __attribute__((warn_unused_result));

/* Appends the URL of a page of the admin listener at `endpoint`. A wildcard address is replaced by
 * loopback. */
void sp_setup_append_admin_url(const struct sp_endpoint *endpoint, const char *path, struct sp_buf *out);

#endif
