/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/serve.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "server/serve.h"

#include <stdio.h>

static int run(struct sp_setup *setup)
{
    struct sp_snapshot *snapshot = NULL;
    struct sp_diag diag = {0};
    enum sp_error error =
        sp_snapshot_new(setup->config, setup->keys, sp_buf_str(&setup->secret), &diag, &snapshot);
    setup->config = NULL;
    setup->keys = NULL;
    if (error == SP_OK) {
        error = sp_serve(snapshot, &diag);
    }
    if (error != SP_OK) {
        fprintf(stderr, "sallyport: %s\n", diag.text);
        return 1; /* threads may be running and look at the snapshot */
    }
    sp_snapshot_unref(snapshot);
    return 0;
}

int sp_command_serve(int argc, char **argv)
{
    const char *config = NULL;
    const struct sp_option options[] = {{"config", &config, NULL}, {NULL, NULL, NULL}};
    if (!sp_options_read(argc, argv, options, "sallyport [serve] [--config FILE]", 0, NULL)) {
        return 2;
    }
    struct sp_setup setup;
    int status = 1;
    if (sp_setup_read_config(&setup, sp_setup_path(config)) && sp_setup_read_files(&setup)) {
        status = run(&setup);
    }
    sp_setup_done(&setup);
    return status;
}
