/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_SETUP_H
#define SP_CLI_SETUP_H

/*
 * What `serve`, `check` and `healthcheck` have in common: finding the configuration, and telling a person on
 * standard error what is wrong with it and the files that it names, all at once, each as
 * FILE:LINE:COLUMN: kind: text.
 */

#include "gate/loading.h"

#define SP_CONFIG_FILE_DEFAULT "/etc/sallyport/sallyport.yaml"
#define SP_SETUP_CONFIG_HELP   "FILE the configuration; else SALLYPORT_CONFIG, else " SP_CONFIG_FILE_DEFAULT

/* The file to read: `option` if not NULL, else SALLYPORT_CONFIG, else SP_CONFIG_FILE_DEFAULT. */
const char *sp_setup_path(const char *option);

/* Prints all reports of a reading that ended with `error`, and how to name another configuration where that
 * could not be read. Returns how many of them are warnings. */
size_t sp_setup_print_reports(const struct sp_loading *loading, enum sp_error error);

/* Prints what is wrong with something that no configuration holds; it may quote files and the command
 * line. */
void sp_setup_print_error(const char *text);

/* Ends what is printed on standard output. False, which is said: not all of it could be written. */
bool sp_setup_end_output(void) __attribute__((warn_unused_result));

/* Appends the URL of a page of the admin listener at `endpoint`. An address that stands for all of a machine
 * is asked at loopback. */
void sp_setup_append_admin_url(const struct sp_endpoint *endpoint, const char *path, struct sp_buf *out);

#endif
