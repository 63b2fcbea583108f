/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/serve.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "io/cpu.h"
#include "server/serve.h"

#include <stdio.h>

static void choose_threads(struct sp_config *config)
{
    if (config->threads == 0) {
        unsigned n = sp_cpu_count();
        config->threads = n < SP_THREADS_MAX ? n : SP_THREADS_MAX;
    }
}

/* The server lives to the end of the process: its threads may look at it until then. */
static int run(struct sp_setup *setup)
{
    static struct sp_server server;
    struct sp_diag diag = {0};
    choose_threads(setup->config);
    enum sp_error error =
        sp_server_init(&server, setup->config, setup->keys, sp_buf_str(&setup->secret), &diag);
    setup->config = NULL;
    setup->keys = NULL;
    if (error == SP_OK) {
        error = sp_serve(&server, &diag);
    }
    if (error != SP_OK) {
        fprintf(stderr, "sallyport: %s\n", diag.text);
        return 1;
    }
    sp_server_done(&server);
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
