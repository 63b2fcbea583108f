/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pseudonym.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "session/pseudonym.h"

#include <stdio.h>

int sp_command_pseudonym(int argc, char **argv)
{
    const char *config = NULL;
    const char *name = NULL;
    const struct sp_option options[] = {{.name = "config", .value = &config, .help = SP_SETUP_CONFIG_HELP},
                                        {.name = NULL}};
    static const struct sp_usage usage = {
        .line = "sallyport pseudonym [--config FILE] NAME",
        .summary =
            "Prints what the log shows in place of the user, subject or client NAME with `log_user: hash`.",
        .statuses = {"printed", "the configuration or the key file cannot be read", "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 1, &name);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    enum sp_error error = sp_loading_read(&loading, sp_setup_path(config), &snapshot);
    if (error != SP_OK) { /* `check` reports warnings */
        (void)sp_setup_print_reports(&loading, error);
    } else {
        uint8_t key[SP_PSEUDONYM_KEY_LEN];
        char pseudonym[SP_PSEUDONYM_LEN];
        sp_pseudonym_derive_key(snapshot->keys, key);
        sp_pseudonym(key, sp_str_from_c(name), pseudonym);
        printf("%.*s\n", SP_PSEUDONYM_LEN, pseudonym);
    }
    sp_snapshot_unref(snapshot);
    sp_loading_done(&loading);
    return error == SP_OK ? 0 : 1;
}
