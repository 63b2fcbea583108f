/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/healthcheck.h"

#include "cli/options.h"
#include "cli/setup.h"

#include <curl/curl.h>
#include <stdio.h>

#define TIMEOUT_MS 3000L

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

static size_t discard(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

static int ask(const char *url)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return 1;
    }
    long status = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (code != CURLE_OK || status != 200) {
        fprintf(stderr, "sallyport: %s: %s, status %ld\n", url, curl_easy_strerror(code), status);
        return 1;
    }
    return 0;
}

int sp_command_healthcheck(int argc, char **argv)
{
    const char *config = NULL;
    const struct sp_option options[] = {{"config", &config, NULL}, {NULL, NULL, NULL}};
    if (!sp_options_read(argc, argv, options, "sallyport healthcheck [--config FILE]", 0, NULL)) {
        return 2;
    }
    struct sp_setup setup;
    int status = 1;
    if (sp_setup_read_config(&setup, sp_setup_path(config))) {
        SP_BUF_ON_STACK(url, 128);
        append_url(&setup.config->admin_listen.items[0], &url);
        status = ask(sp_buf_c_str(&url));
    }
    sp_setup_done(&setup);
    return status;
}
