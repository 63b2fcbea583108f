/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/healthcheck.h"

#include "cli/options.h"
#include "cli/setup.h"
#include "io/http_client.h"

#include <stdio.h>

/* An address that stands for all of them is asked at loopback. */
static void append_url(const struct sp_endpoint *endpoint, struct sp_buf *out)
{
    static const struct sp_address all = {{0}};
    static const struct sp_address all_ipv4 = {{[10] = 0xff, [11] = 0xff}};
    sp_buf_append_c(out, "http://");
    if (memcmp(&endpoint->address, &all, sizeof all) == 0 ||
        memcmp(&endpoint->address, &all_ipv4, sizeof all_ipv4) == 0) {
        sp_buf_append_c(out, "127.0.0.1");
    } else if (sp_address_is_ipv4(&endpoint->address)) {
        sp_address_append(&endpoint->address, out);
    } else {
        sp_buf_append_char(out, '[');
        sp_address_append(&endpoint->address, out);
        sp_buf_append_char(out, ']');
    }
    sp_buf_printf(out, ":%u/healthz", endpoint->port);
}

int sp_command_healthcheck(int argc, char **argv)
{
    const char *config = NULL;
    const struct sp_option options[] = {{.name = "config", .value = &config}, {.name = NULL}};
    if (!sp_options_read(argc, argv, options, "sallyport healthcheck [--config FILE]", 0, NULL)) {
        return 2;
    }
    struct sp_loading loading;
    struct sp_config *read = NULL;
    int status = 1;
    enum sp_error error = sp_loading_read_config(&loading, sp_setup_path(config), &read);
    if (error != SP_OK) { /* what is unwise is not for every probe to say */
        (void)sp_setup_print_reports(&loading, error);
    } else {
        SP_BUF_ON_STACK(text, 128);
        append_url(&read->admin_listen.items[0], &text);
        const char *url = sp_buf_c_str(&text);
        struct sp_diag diag = {0};
        if (sp_http_client_probe(url, &diag) == SP_OK) {
            status = 0;
        } else {
            fprintf(stderr, "sallyport: %s: %s\n", url, diag.text);
        }
    }
    sp_config_free(read);
    sp_loading_done(&loading);
    return status;
}
