/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check.h"

#include "base/quote.h"
#include "base/time.h"
#include "cli/check_issuer.h"
#include "cli/options.h"
#include "cli/setup.h"
#include "config/settings.h"

#include <stdio.h>

#define USAGE                                                                                                \
    "sallyport check [--config FILE] [--issuer] [--dex-client [--with-secret]] [--print] [--document]"
#define CERTIFICATE_NAMES_MAX 2048         /* bytes of a certificate's names */
#define DEX_CLIENTS_MAX       (512 * 1024) /* bytes, for all hosts with the longest path, and all clusters */

/* False, after a message, if not everything could be written. */
static bool write_out(const struct sp_buf *text)
{
    struct sp_str all = sp_buf_str(text);
    if (all.len > 0) {
        fwrite(all.ptr, 1, all.len, stdout);
    }
    return sp_setup_end_output();
}

/* ---- Dex clients ----------------------------------------------------------------------------------- */

static void append_redirect_uri(struct sp_str origin, const struct sp_config *config, struct sp_buf *out)
{
    sp_buf_append_c(out, "    - ");
    sp_buf_append(out, origin);
    sp_buf_append_c(out, config->callback_path);
    sp_buf_append_char(out, '\n');
}

static void append_origin(const struct sp_origin *origin, const struct sp_config *config, struct sp_buf *out)
{
    SP_BUF_ON_STACK(text, SP_ORIGIN_MAX + 1);
    sp_origin_append(origin, &text);
    append_redirect_uri(sp_buf_str(&text), config, out);
}

/* Dex compares redirect URIs byte for byte and has no wildcards. Without `hosts` the URIs are unknown. */
static void append_redirect_uris(const struct sp_config *config, struct sp_buf *out)
{
    const struct sp_origin *kubeconfig = &config->kubeconfig.origin;
    bool has_kubeconfig = kubeconfig->scheme == SP_SCHEME_NONE; /* not set, so nothing is missing */
    size_t n = 0;
    sp_buf_append_c(out, "  redirectURIs:\n");
    if (config->has_callback_host) {
        append_origin(&config->callback_host, config, out);
        return;
    }
    for (size_t i = 0; i < config->hosts.items_n; i++) {
        if (!config->hosts.items[i].wildcard) {
            append_origin(&config->hosts.items[i].origin, config, out);
            has_kubeconfig = has_kubeconfig || sp_origin_equal(&config->hosts.items[i].origin, kubeconfig);
            n++;
        }
    }
    if (!has_kubeconfig) { /* its host is not listed, or only matches a wildcard */
        append_origin(kubeconfig, config, out);
    }
    for (size_t i = 0; i < config->public_ports.items_n && config->hosts.items_n == 0; i++) {
        struct sp_origin origin = config->public_ports.items[i].origin;
        origin.port = config->public_ports.items[i].port;
        append_origin(&origin, config, out);
    }
    if (n == 0 || n < config->hosts.items_n) {
        sp_buf_append_c(out,
                        "    # one line for each protected host; or set callback_host, and one is enough\n");
        append_redirect_uri(SP_STR("https://HOST"), config, out);
    }
}

/* The environment variable with the client's secret for Dex: `WEST_CLIENT_SECRET` for `west`. */
static void append_variable(const char *client_id, struct sp_buf *out)
{
    for (const char *c = client_id; *c != '\0'; c++) {
        bool is_small = *c >= 'a' && *c <= 'z';
        sp_buf_append_char(out, is_small ? (char)(*c - ('a' - 'A')) : sp_ascii_is_alnum(*c) ? *c : '_');
    }
    sp_buf_append_c(out, "_CLIENT_SECRET\n");
}

static void append_web_client(const struct sp_snapshot *snapshot, bool with_secret, struct sp_buf *out)
{
    const struct sp_config *config = snapshot->config;
    struct sp_str secret = snapshot->client.secret;
    sp_buf_append_c(out, "- id: ");
    sp_quote_append_json(sp_str_from_c(config->client_id), out);
    sp_buf_append_c(out, "\n  name: sallyport\n");
    if (secret.len == 0) {
        sp_buf_append_c(out, "  public: true\n");
    } else if (with_secret) {
        sp_buf_append_c(out, "  secret: ");
        sp_quote_append_json(secret, out);
        sp_buf_append_char(out, '\n');
    } else {
        sp_buf_append_c(out, "  secretEnv: ");
        append_variable(config->client_id, out);
    }
    append_redirect_uris(config, out);
}

/* The client of a cluster. Without redirect URIs, Dex redirects a public client to any port of localhost.
 * Appends nothing if the client was printed already or belongs to another issuer. */
static void append_cluster_client(const struct sp_config *config, size_t at, struct sp_buf *out)
{
    const struct sp_kube_cluster *clusters = config->kubeconfig.clusters;
    bool is_printed = strcmp(clusters[at].issuer, config->issuer) != 0 ||
                      strcmp(clusters[at].client_id, config->client_id) == 0;
    for (size_t i = 0; i < at && !is_printed; i++) {
        is_printed = sp_kube_cluster_shares_login(&clusters[i], &clusters[at]);
    }
    if (is_printed) {
        return;
    }
    sp_buf_append_c(out, "- id: ");
    sp_quote_append_json(sp_str_from_c(clusters[at].client_id), out);
    sp_buf_printf(out, "\n  name: kubectl %s", clusters[at].name);
    for (size_t i = at + 1; i < config->kubeconfig.clusters_n; i++) {
        if (sp_kube_cluster_shares_login(&clusters[i], &clusters[at])) {
            sp_buf_printf(out, ", %s", clusters[i].name);
        }
    }
    sp_buf_append_c(out, "\n  public: true\n");
}

static void append_dex_clients(const struct sp_snapshot *snapshot, bool with_secret, struct sp_buf *out)
{
    sp_buf_append_c(out, "# for staticClients in Dex's configuration\n");
    append_web_client(snapshot, with_secret, out);
    for (size_t i = 0; i < snapshot->config->kubeconfig.clusters_n; i++) {
        append_cluster_client(snapshot->config, i, out);
    }
}

/* ---- the command ----------------------------------------------------------------------------------- */

struct wishes {
    const char *config;
    bool dex_client;
    bool with_secret;
    bool issuer;
    bool print;
    bool document;
};

static bool print_wishes(const struct sp_loading *loading, const struct sp_snapshot *snapshot,
                         const struct wishes *wishes)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, DEX_CLIENTS_MAX + SP_CONFIG_PRINT_MAX);
    if (wishes->dex_client) {
        append_dex_clients(snapshot, wishes->with_secret, &text);
    }
    if (wishes->print) {
        struct sp_config_source source = sp_loading_source(loading);
        sp_config_print(&source, &text);
    }
    return write_out(&text);
}

static int print_document(void)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_CONFIG_DOCUMENT_MAX);
    sp_settings_document(&text);
    return write_out(&text) ? 0 : 1;
}

/* The addresses that must be registered with the issuer for its logout and ours. Printed if a host is known,
 * and always with `--issuer`. Any one host is enough for back-channel logout, because all hosts share one
 * table. Without callback_host the return address is on the same host as the sign-out, so each host has its
 * own. */
static void print_registration(const struct sp_config *config, const struct wishes *wishes)
{
    SP_BUF_ON_STACK(origin, SP_ORIGIN_MAX + 1);
    if (config->has_callback_host) {
        sp_origin_append(&config->callback_host, &origin);
    }
    for (size_t i = 0; i < config->hosts.items_n && origin.len == 0; i++) {
        if (!config->hosts.items[i].wildcard) {
            sp_origin_append(&config->hosts.items[i].origin, &origin);
        }
    }
    if (origin.len == 0 && !wishes->issuer) {
        return;
    }
    if (origin.len == 0) {
        sp_buf_append_c(&origin, "https://HOST");
    }
    fprintf(stderr,
            "%s: if the issuer has logout, register there: backchannel_logout_uri %.*s%s/backchannel-logout, "
            "and post_logout_redirect_uris %.*s%s/signed-out%s\n",
            config->issuer, SP_STR_ARGS(sp_buf_str(&origin)), config->prefix,
            SP_STR_ARGS(sp_buf_str(&origin)), config->prefix,
            config->has_callback_host ? "" : ", and that of each other host");
}

/* Prints what the TLS files contain, because people cannot read those files. */
static void print_certificates(const struct sp_snapshot *snapshot)
{
    const struct sp_tls_identity *tls = snapshot->tls;
    if (tls == NULL) {
        return;
    }
    char end[SP_TIME_TEXT_LEN + 1];
    SP_BUF_ON_STACK(names, CERTIFICATE_NAMES_MAX);
    sp_tls_append_names(tls->certificate, &names);
    sp_time_format(tls->span.ends_s, end);
    fprintf(stderr, "%s: the certificate is for %s, and expires at %s\n", snapshot->config->tls_cert_file,
            sp_buf_c_str(&names), end);
    if (tls->client_authorities != NULL) {
        sp_time_format(tls->client_ca_span.ends_s, end);
        fprintf(stderr, "%s: the first CA certificate expires at %s\n", snapshot->config->tls_client_ca_file,
                end);
    }
}

static int check(const struct wishes *wishes)
{
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    enum sp_error error = sp_loading_read(&loading, sp_setup_path(wishes->config), &snapshot);
    if (error == SP_OK) {
        error = sp_loading_judge_revocations_file(&loading, snapshot->config->revocations_file);
    }
    if (error == SP_OK && wishes->issuer) {
        sp_check_issuer(snapshot->config->issuer, &snapshot->client, &loading.reports);
    }
    if (error == SP_OK) {
        print_registration(snapshot->config, wishes);
        print_certificates(snapshot);
    }
    size_t warnings_n = sp_setup_print_reports(&loading, error);
    bool is_printed = error != SP_OK || print_wishes(&loading, snapshot, wishes);
    size_t errors_n = loading.reports.errors_n;
    fprintf(stderr, "%s: %zu error%s, %zu warning%s\n", loading.path, errors_n, errors_n == 1 ? "" : "s",
            warnings_n, warnings_n == 1 ? "" : "s");
    if (error == SP_OK && snapshot->config->credentials_n > 0) {
        fputs("Not checked: the settings of Traefik that the proxy keys of credentials depend on "
              "(doc/security.md)\n",
              stderr);
    }
    sp_snapshot_unref(snapshot);
    sp_loading_done(&loading);
    return error == SP_OK && errors_n == 0 && is_printed ? 0 : 1;
}

int sp_command_check(int argc, char **argv)
{
    struct wishes wishes = {0};
    const struct sp_option options[] = {
        {.name = "config", .value = &wishes.config, .help = SP_SETUP_CONFIG_HELP},
        {.name = "issuer",
         .given = &wishes.issuer,
         .help = "also reads the issuer's documents and checks them"},
        {.name = "dex-client",
         .given = &wishes.dex_client,
         .help = "prints the clients to add to Dex, without a secret"},
        {.name = "with-secret",
         .given = &wishes.with_secret,
         .help = "with --dex-client: prints the secret, too"},
        {.name = "print", .given = &wishes.print, .help = "prints every setting in effect"},
        {.name = "document",
         .given = &wishes.document,
         .help = "prints the tables of all settings, as Markdown"},
        {.name = NULL},
    };
    static const struct sp_usage usage = {
        .line = USAGE,
        .summary = "Reads the configuration and the files that it names, and prints all errors and warnings.",
        .statuses = {"no errors; there may be warnings", "there are errors", "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 0, NULL);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    if (wishes.with_secret && !wishes.dex_client) {
        fputs("sallyport: --with-secret needs --dex-client\nusage: " USAGE "\n", stderr);
        return 2;
    }
    return wishes.document ? print_document() : check(&wishes);
}
