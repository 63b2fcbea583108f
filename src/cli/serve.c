/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/serve.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "server/serve.h"

#include <stdio.h>

int sp_command_serve(int argc, char **argv)
{
    const char *path = NULL;
    const struct sp_option options[] = {{.name = "config", .value = &path, .help = SP_SETUP_CONFIG_HELP},
                                        {.name = NULL}};
    static const struct sp_usage usage = {
        .line = "sallyport [serve] [--config FILE]",
        .summary = "Runs until SIGTERM or SIGINT. It is ready when it logs the event start.",
        .statuses = {"it was told to stop", "the configuration or a file that it names cannot be used",
                     "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    enum sp_error error = sp_loading_read(&loading, sp_setup_path(path), &snapshot);
    if (error == SP_OK) {
        error = sp_loading_judge_revocations_file(&loading, snapshot->config->revocations_file);
    }
    if (error != SP_OK) {
        (void)sp_setup_print_reports(&loading, error);
        sp_snapshot_unref(snapshot);
    } else {
        struct sp_diag diag = {0};
        error = sp_serve(snapshot, &loading, &diag);
        if (error == SP_OK) {
            sp_snapshot_unref(snapshot);
        } else { /* running threads may still use the snapshot, so it is not freed */
            fprintf(stderr, "sallyport: %s\n", diag.text);
        }
    }
    sp_loading_done(&loading);
    return error == SP_OK ? 0 : 1;
}
