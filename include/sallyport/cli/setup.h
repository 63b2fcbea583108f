/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_CLI_SETUP_H
#define SP_CLI_SETUP_H

/*
 * What `serve`, `check` and `healthcheck` have in common: finding and reading the configuration and the files
 * it names, and telling a person on standard error what is wrong with them, all at once, each as
 * FILE:LINE:COLUMN: kind: text.
 */

#include "config/load.h"
#include "session/keyring.h"

#define SP_CONFIG_FILE_DEFAULT "/etc/sallyport/sallyport.yaml"

struct sp_setup {
    const char *path;
    char *folder;       /* of the path */
    struct sp_buf text; /* of the configuration */
    struct sp_config *config;
    struct sp_keyring *keys;
    struct sp_buf secret; /* of the client, without the line feed that ends the file; empty: public client */
    size_t errors_n;
    size_t warnings_n;
};

/* The file to read: `option` if not NULL, else SALLYPORT_CONFIG, else SP_CONFIG_FILE_DEFAULT. */
const char *sp_setup_path(const char *option);

/* Reads the configuration alone. False with errors, which are printed. sp_setup_done in any case. */
bool sp_setup_read_config(struct sp_setup *setup, const char *path);

/* Reads the files that it names: keys, client secret, certificates. False with errors, which are printed. */
bool sp_setup_read_files(struct sp_setup *setup);

/* What the configuration was read from; borrows from `setup`. */
struct sp_config_source sp_setup_source(const struct sp_setup *setup);

void sp_setup_done(struct sp_setup *setup);

#endif
