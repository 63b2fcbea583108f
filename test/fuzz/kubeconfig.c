/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Kubeconfigs: an accepted one leads to an https server, or to loopback without a token, with a complete
 * credential, and names files only in its own folder or by an absolute path. A refusal states the position.
 */

#include "config/kubeconfig.h"

#include "fuzz.h"

#define FOLDER "/etc/sallyport/"

static bool is_given(const struct sp_kubeconfig_item *item)
{
    ck_assert(item->file == NULL || item->text.len == 0);
    ck_assert(item->file == NULL || item->file[0] == '/');
    return item->file != NULL || item->text.len > 0;
}

static void check_read(const struct sp_kubeconfig *it)
{
    struct sp_str server = sp_str_from_c(it->server);
    bool is_https = it->origin.scheme == SP_SCHEME_HTTPS;
    ck_assert(is_https || sp_host_is_loopback(&it->origin.host));
    struct sp_str rest = server;
    (void)sp_str_cut(&rest, '/'); /* the scheme */
    (void)sp_str_cut(&rest, '/');
    ck_assert(sp_str_is_visible(server) && !sp_str_contains(server, '?'));
    ck_assert(!sp_str_contains(sp_str_cut(&rest, '/'), '@')); /* a path may contain one */
    ck_assert_uint_gt(it->name.len, 0);
    ck_assert_int_eq(is_given(&it->certificate), is_given(&it->key));
    ck_assert(is_https || !is_given(&it->token));
    ck_assert(!is_https || is_given(&it->token) || is_given(&it->certificate));
    ck_assert(sp_str_is_visible(sp_buf_str(&it->token.text)));
    (void)is_given(&it->ca);
}

FUZZ_TARGET(input)
{
    struct sp_reports reports = {0};
    struct sp_kubeconfig it;
    enum sp_error error = sp_kubeconfig_read(input, FOLDER "kubeconfig", &reports, &it);
    if (PLANTED(error == SP_OK && it.token.file != NULL && strlen(it.token.file) > strlen("/run/token"))) {
        it.token.file[0] = '.';
    }
    ck_assert_int_eq(error == SP_OK, reports.errors_n == 0);
    if (error == SP_OK) {
        check_read(&it);
    }
    for (size_t i = 0; i < reports.items_n; i++) {
        ck_assert_str_eq(reports.items[i].file, FOLDER "kubeconfig");
        ck_assert(reports.items[i].text[0] != '\0');
    }
    sp_kubeconfig_done(&it);
    sp_reports_done(&reports);
}
