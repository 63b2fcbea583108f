/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/healthcheck.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "io/http_client.h"

#include <stdio.h>

int sp_command_healthcheck(int argc, char **argv)
{
    const char *config = NULL;
    const struct sp_option options[] = {{.name = "config", .value = &config, .help = SP_SETUP_CONFIG_HELP},
                                        {.name = NULL}};
    static const struct sp_usage usage = {
        .line = "sallyport healthcheck [--config FILE]",
        .summary = "Checks through the admin listener whether the process is alive.",
        .statuses = {"it is", "it is not, or cannot be reached", "wrong usage"},
    };
    int asked = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (asked != SP_OPTIONS_READ) {
        return asked;
    }
    struct sp_loading loading;
    struct sp_config *read = NULL;
    int status = 1;
    enum sp_error error = sp_loading_read_config(&loading, sp_setup_path(config), &read);
    if (error != SP_OK) { /* warnings would only clutter every probe */
        (void)sp_setup_print_reports(&loading, error);
    } else {
        SP_BUF_ON_STACK(text, 128);
        sp_setup_append_admin_url(&read->admin_listen.items[0], "/healthz", &text);
        const char *url = sp_buf_c_str(&text);
        struct sp_diag diag = {0};
        SP_BUF_ON_STACK(answer, 8);
        if (sp_http_client_probe(url, SP_STR_NONE, &answer, &diag) == SP_OK) {
            status = 0;
        } else {
            fprintf(stderr, "sallyport: %s: %s\n", url, diag.text);
        }
    }
    sp_config_free(read);
    sp_loading_done(&loading);
    return status;
}
