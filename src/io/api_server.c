/* SPDX-License-Identifier: Apache-2.0 */
#include "io/api_server.h"

#include "config/kubeconfig.h"
#include "http/url.h"
#include "io/certificates.h"
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>

#define SETTING       SP_STR("kubernetes_kubeconfig")
#define ADDRESS_MAX   (SP_HOST_MAX + 8)
#define BEARER_PREFIX "Bearer "

struct reader {
    struct sp_watched_files *files;
    int64_t now_s;
    struct sp_reports *reports;
    const char *kubeconfig; /* NULL: the service account of a pod */
};

/* `path` may be NULL, for an error that is not in a file. */
#define refuse(reader, path, ...)                                                                            \
    sp_reports_add((reader)->reports, SP_REPORT_ERROR, &(struct sp_place){.file = (path), .key = SETTING},   \
                   __VA_ARGS__)

/* ---- files ----------------------------------------------------------------------------------------- */

/* `place` is for the report that the file cannot be read. */
static bool read_file(struct reader *reader, const char *path, struct sp_place place, struct sp_buf *out,
                      struct sp_file_info *info)
{
    struct sp_diag diag = {.text = "too many files are watched"};
    bool is_read =
        (reader->files == NULL || sp_watched_files_add(reader->files, path, reader->now_s) == SP_OK) &&
        sp_file_read(path, out, info, &diag) == SP_OK;
    if (!is_read) {
        sp_buf_clear(out);
        place.key = SETTING;
        sp_reports_add(reader->reports, SP_REPORT_ERROR, &place, "%s", diag.text);
    }
    return is_read;
}

/* Warns of a secret file that everybody can read: at startup and in `check`, not whenever it is read
 * again. */
static void warn_if_open(struct reader *reader, const char *path, const struct sp_file_info *info)
{
    struct sp_place place = {.file = path, .key = SETTING};
    if (reader->files == NULL) {
        sp_file_report_open(info, SP_FILE_BY_OTHERS, SP_REPORT_WARNING, &place, reader->reports);
    }
}

/*
 * False if a file cannot be read, which is reported at its place in the kubeconfig.
 *
 *   info  of the file; unchanged if there is none
 */
static bool read_item(struct reader *reader, const struct sp_kubeconfig_item *item, size_t max,
                      struct sp_buf *out, struct sp_file_info *info)
{
    struct sp_place place = {.file = item->file};
    sp_buf_init(out, max);
    if (item->file == NULL) {
        sp_buf_append(out, sp_buf_str(&item->text));
        return true;
    }
    if (reader->kubeconfig != NULL) {
        place = (struct sp_place){.file = reader->kubeconfig,
                                  .line = item->line,
                                  .hint = "a relative path starts at the kubeconfig's folder"};
    }
    return read_file(reader, item->file, place, out, info);
}

/* ---- the members of an access ----------------------------------------------------------------------- */

static void read_ca(struct reader *reader, const struct sp_kubeconfig_item *item, struct sp_buf *out)
{
    struct sp_file_info info = {0};
    if (!read_item(reader, item, SP_API_PEM_MAX, out, &info)) {
        return;
    }
    if (out->len > 0 && !sp_certificates_are_whole(sp_buf_str(out))) {
        refuse(reader, item->file, "the certificate-authority does not consist of complete PEM certificates");
    } else if (out->len == 0 && item->file != NULL) {
        refuse(reader, item->file, "the certificate-authority is empty");
    }
}

static void read_client_certificate(struct reader *reader, const struct sp_kubeconfig *kubeconfig,
                                    struct sp_api_access *access)
{
    struct sp_file_info of_certificate = {0};
    struct sp_file_info of_key = {0};
    bool has_certificate =
        read_item(reader, &kubeconfig->certificate, SP_API_PEM_MAX, &access->certificate, &of_certificate);
    bool has_key = read_item(reader, &kubeconfig->key, SP_API_PEM_MAX, &access->key, &of_key);
    warn_if_open(reader, kubeconfig->key.file, &of_key);
    if (!has_certificate || !has_key || access->certificate.len == 0) {
        return;
    }
    if (!sp_certificates_are_whole(sp_buf_str(&access->certificate))) {
        refuse(reader, kubeconfig->certificate.file,
               "the client-certificate is not a complete PEM certificate");
    } else if (!sp_certificates_match_key(sp_buf_str(&access->certificate), sp_buf_str(&access->key))) {
        refuse(reader, kubeconfig->key.file,
               "the client-key is not the unencrypted PEM key of the client-certificate");
    }
}

static void read_token(struct reader *reader, const struct sp_kubeconfig_item *item, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf token;
    struct sp_file_info info = {0};
    bool is_read = read_item(reader, item, SP_API_TOKEN_MAX, &token, &info);
    warn_if_open(reader, item->file, &info);
    struct sp_str text = sp_buf_str(&token);
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    sp_buf_init(out, sizeof BEARER_PREFIX + SP_API_TOKEN_MAX);
    if (text.len > 0 && sp_str_is_visible(text)) {
        sp_buf_append_c(out, BEARER_PREFIX);
        sp_buf_append(out, text);
    } else if (item->file != NULL && is_read) {
        refuse(reader, item->file,
               "the token contains white space or a character that is not printable ASCII");
    }
}

/* The URL has the name that the certificate must have. The address is where the server is reached. */
static bool make_route(const struct sp_kubeconfig *kubeconfig, struct sp_api_access *access)
{
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, SP_API_TOKEN_MAX);
    struct sp_origin named = kubeconfig->origin;
    named.host = kubeconfig->name;
    SP_BUF_ON_STACK(address, ADDRESS_MAX);
    sp_buf_append(&address, sp_host_str(&kubeconfig->origin.host));
    sp_buf_printf(&address, ":%u", kubeconfig->origin.port);
    struct sp_url server;
    bool is_url = sp_url_parse(sp_str_from_c(kubeconfig->server), &server);
    sp_origin_append(&named, &url);
    if (is_url && server.target.path.len > 1) {
        sp_buf_append(&url, server.target.path);
    }
    access->server = is_url ? sp_str_dup(sp_buf_str(&url)) : NULL;
    access->address = sp_str_dup(sp_buf_str(&address));
    access->route = (struct sp_exchange_route){
        .ca = sp_buf_str(&access->ca),
        .certificate = sp_buf_str(&access->certificate),
        .key = sp_buf_str(&access->key),
        .origin = named,
        .address = access->address,
        .is_direct = true,
    };
    return access->server != NULL && access->address != NULL;
}

/* ---- an access --------------------------------------------------------------------------------------- */

struct sp_api_access *sp_api_access_ref(struct sp_api_access *access)
{
    atomic_fetch_add(&access->refs, 1);
    return access;
}

void sp_api_access_unref(struct sp_api_access *access)
{
    if (access != NULL && atomic_fetch_sub(&access->refs, 1) == 1) {
        free(access->server);
        free(access->address);
        sp_buf_done(&access->ca);
        sp_buf_done(&access->certificate);
        sp_buf_done(&access->key);
        sp_buf_done(&access->authorization);
        free(access);
    }
}

struct sp_api_source sp_api_source_of(const char *kubeconfig)
{
    return (struct sp_api_source){
        .kubeconfig = kubeconfig,
        .folder = SP_API_ACCOUNT_FOLDER,
        .host = getenv("KUBERNETES_SERVICE_HOST"),
        .port = getenv("KUBERNETES_SERVICE_PORT"),
    };
}

/* The service account of the pod, in the form of a kubeconfig. */
static void describe_account(struct reader *reader, const struct sp_api_source *source,
                             struct sp_kubeconfig *out)
{
    struct sp_url url;
    bool is_ipv6 = source->host != NULL && strchr(source->host, ':') != NULL;
    if (source->host == NULL || source->host[0] == '\0') {
        refuse(reader, NULL,
               "this process is not in a pod (KUBERNETES_SERVICE_HOST is not set): set kubernetes_kubeconfig "
               "to reach the API server, or rbac_source to a folder");
        return;
    }
    bool is_whole = asprintf(&out->server, is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", source->host,
                             source->port != NULL ? source->port : "443") > 0 &&
                    asprintf(&out->ca.file, "%s/ca.crt", source->folder) > 0 &&
                    asprintf(&out->token.file, "%s/token", source->folder) > 0;
    if (!is_whole || !sp_url_parse(sp_str_from_c(out->server), &url)) {
        refuse(reader, NULL, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a valid address");
        return;
    }
    out->origin = url.origin;
    out->name = url.origin.host;
}

static void describe(struct reader *reader, const struct sp_api_source *source, struct sp_kubeconfig *out)
{
    if (source->kubeconfig == NULL) {
        describe_account(reader, source, out);
        return;
    }
    SP_BUF_SCOPED struct sp_buf text;
    struct sp_file_info info = {0};
    sp_buf_init(&text, SP_KUBECONFIG_MAX);
    const struct sp_place place = {.file = source->kubeconfig,
                                   .hint = "named by the setting kubernetes_kubeconfig; a relative path "
                                           "starts at the folder of the configuration file"};
    if (read_file(reader, source->kubeconfig, place, &text, &info) &&
        sp_kubeconfig_read(sp_buf_str(&text), source->kubeconfig, reader->reports, out) != SP_OK &&
        reader->reports->errors_n == 0) {
        refuse(reader, source->kubeconfig, "it cannot be read");
    }
    if (out->token.text.len > 0 || out->key.text.len > 0) {
        warn_if_open(reader, source->kubeconfig, &info);
    }
}

/* Moves reports to the end of another list. */
static void append_reports(struct sp_reports *from, struct sp_reports *to)
{
    for (size_t i = 0; i < from->items_n; i++) {
        const struct sp_report *report = &from->items[i];
        sp_reports_add(to, report->kind,
                       &(struct sp_place){.file = report->file,
                                          .key = SETTING,
                                          .line = report->line,
                                          .column = report->column,
                                          .hint = report->hint},
                       "%s", sp_report_detail(report));
    }
    sp_reports_done(from);
}

enum sp_error sp_api_access_read(const struct sp_api_source *source, struct sp_watched_files *files,
                                 int64_t now_s, struct sp_reports *reports, struct sp_api_access **out)
{
    struct sp_reports own = {0};
    struct reader reader = {files, now_s, &own, source->kubeconfig};
    struct sp_kubeconfig kubeconfig = {0};
    struct sp_api_access *access = calloc(1, sizeof *access);
    if (access == NULL) {
        return SP_ERR_MEMORY;
    }
    atomic_init(&access->refs, 1);
    describe(&reader, source, &kubeconfig);
    if (own.errors_n == 0) {
        read_ca(&reader, &kubeconfig.ca, &access->ca);
        read_client_certificate(&reader, &kubeconfig, access);
        read_token(&reader, &kubeconfig.token, &access->authorization);
    }
    bool is_usable = own.errors_n == 0 && make_route(&kubeconfig, access);
    sp_kubeconfig_done(&kubeconfig);
    append_reports(&own, reports);
    if (!is_usable) {
        sp_api_access_unref(access);
        return SP_ERR_CONFIG;
    }
    *out = access;
    return SP_OK;
}

/* ---- while the program runs ------------------------------------------------------------------------- */

struct sp_api_server {
    const struct sp_api_source *source;
    struct sp_watched_files *files; /* NULL: nothing has been read yet */
    struct sp_api_access *current;
    char *told; /* the errors at the last check that found a change; NULL: none */
};

struct sp_api_server *sp_api_server_new(const struct sp_api_source *source)
{
    struct sp_api_server *server = calloc(1, sizeof *server);
    if (server != NULL) {
        server->source = source;
    }
    return server;
}

void sp_api_server_free(struct sp_api_server *server)
{
    if (server != NULL) {
        sp_watched_files_free(server->files);
        sp_api_access_unref(server->current);
        free(server->told);
        free(server);
    }
}

static bool is_same(const struct sp_api_access *a, const struct sp_api_access *b)
{
    return a != NULL && strcmp(a->server, b->server) == 0 && strcmp(a->address, b->address) == 0 &&
           sp_str_equal(sp_buf_str(&a->ca), sp_buf_str(&b->ca)) &&
           sp_str_equal(sp_buf_str(&a->certificate), sp_buf_str(&b->certificate)) &&
           sp_str_equal(sp_buf_str(&a->key), sp_buf_str(&b->key)) &&
           sp_str_equal(sp_buf_str(&a->authorization), sp_buf_str(&b->authorization));
}

struct sp_api_access *sp_api_server_look(struct sp_api_server *server, int64_t now_s,
                                         struct sp_reports *reports)
{
    if (server->files != NULL && !sp_watched_files_look(server->files)) {
        return NULL;
    }
    struct sp_watched_files *files = sp_watched_files_new();
    struct sp_api_access *access = NULL;
    if (files == NULL || sp_api_access_read(server->source, files, now_s, reports, &access) != SP_OK) {
        access = NULL;
    }
    sp_watched_files_free(server->files);
    server->files = files;
    sp_reports_drop_told(reports, &server->told);
    if (access == NULL || is_same(server->current, access)) {
        sp_api_access_unref(access);
        return NULL;
    }
    sp_api_access_unref(server->current);
    server->current = access;
    return sp_api_access_ref(access);
}
