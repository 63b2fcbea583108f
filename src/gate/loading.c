/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/loading.h"

#include "base/base64.h"
#include "base/quote.h"
#include "gate/rbac_files.h"
#include "io/api_server.h"
#include "io/certificates.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/revocations_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET_MAX       1024 /* bytes of a client secret */
#define SECRET_SHORT_MAX 15   /* bytes; secrets up to this length get a warning */
#define CA_FILE_MAX      (4 * 1024 * 1024)
#define PEM_BEGIN        "-----BEGIN CERTIFICATE-----"
#define HINT_MAX         (64 * 1024) /* bytes of the hint in a report */
#define SUBJECT_MAX      96          /* bytes of a subject, with the NUL */

#define report_at(loading, kind, place, ...) sp_reports_add(&(loading)->reports, (kind), (place), __VA_ARGS__)

/* ---- the configuration ----------------------------------------------------------------------------- */

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return sp_str_dup(SP_STR("."));
    }
    return sp_str_dup((struct sp_str){path, slash == path ? 1 : (size_t)(slash - path)});
}

struct sp_config_source sp_loading_source(const struct sp_loading *loading)
{
    return (struct sp_config_source){
        .text = sp_buf_str(&loading->text),
        .folder = loading->folder,
        .environment = (const char *const *)environ,
        .start = loading->start,
    };
}

/* Reads a file, which is watched from now on, and adds it to the digest. */
static enum sp_error read_file(struct sp_loading *loading, const char *path, struct sp_buf *out,
                               struct sp_file_info *info, struct sp_diag *diag)
{
    *info = (struct sp_file_info){0};
    if (loading->files != NULL && sp_watched_files_add(loading->files, path, sp_clock_now_s()) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "cannot watch %s: there are too many files", path);
    }
    enum sp_error error = sp_file_read(path, out, info, diag);
    uint8_t parts[3][SP_DIGEST_MAX] = {{0}};
    memcpy(parts[0], loading->digest, sizeof parts[0]);
    if (error == SP_OK &&
        (sp_digest_compute(SP_DIGEST_SHA256, sp_str_from_c(path), parts[1]) != SP_OK ||
         sp_digest_compute(SP_DIGEST_SHA256, sp_buf_str(out), parts[2]) != SP_OK ||
         sp_digest_compute(SP_DIGEST_SHA256, (struct sp_str){(const char *)parts, sizeof parts},
                           loading->digest) != SP_OK)) {
        return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
    }
    if (info->is_mount && getenv("KUBERNETES_SERVICE_HOST") != NULL) {
        struct sp_place place = {.file = path};
        report_at(loading, SP_REPORT_WARNING, &place,
                  "the file itself is a mount point (subPath): Kubernetes never updates it when its Secret "
                  "or ConfigMap changes. Mount the folder instead");
    }
    return error;
}

static enum sp_error read_config(struct sp_loading *loading, const char *path, struct sp_config **out)
{
    loading->path = path;
    loading->folder = folder_of(path);
    sp_buf_init(&loading->text, SP_CONFIG_TEXT_MAX);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_file_info info;
    if (loading->folder == NULL || read_file(loading, path, &loading->text, &info, &diag) != SP_OK) {
        report_at(loading, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "%s", diag.text);
        return SP_ERR_IO;
    }
    struct sp_config_source source = sp_loading_source(loading);
    return sp_config_load(&source, &loading->reports, out);
}

enum sp_error sp_loading_read_config(struct sp_loading *loading, const char *path, struct sp_config **out)
{
    *loading = (struct sp_loading){0};
    return read_config(loading, path, out);
}

/* ---- files named in the configuration -------------------------------------------------------------- */

struct named_file {
    const char *setting;
    const char *path;
    enum sp_file_maker maker;
    const char *variable; /* environment variable that may name it instead; NULL: none */
};

static bool read_named_file(struct sp_loading *loading, const struct named_file *file, struct sp_buf *out,
                            struct sp_file_info *info)
{
    struct sp_diag diag = {0};
    if (read_file(loading, file->path, out, info, &diag) == SP_OK) {
        return true;
    }
    SP_BUF_SCOPED struct sp_buf hint;
    sp_buf_init(&hint, HINT_MAX);
    sp_buf_printf(
        &hint, "named by the setting %s%s%s; a relative path starts at the folder of the configuration file",
        file->setting, file->variable != NULL ? " or the variable " : "",
        file->variable != NULL ? file->variable : "");
    if (info->is_missing && file->maker == SP_FILE_BY_KEYGEN) {
        sp_buf_printf(&hint, "\nto make one: sallyport keygen %s", file->path);
    } else if (info->is_forbidden) {
        sp_buf_printf(&hint, "\nso that user %u can read it: ", geteuid());
        sp_file_append_remedy(file->maker, &hint);
    }
    struct sp_place place = {
        .file = file->path, .key = sp_str_from_c(file->setting), .hint = sp_buf_c_str(&hint)};
    report_at(loading, SP_REPORT_ERROR, &place, "%s", diag.text);
    return false;
}

/* ---- keys ------------------------------------------------------------------------------------------ */

static void read_keys(struct sp_loading *loading, const char *path, struct sp_keyring **out)
{
    const struct named_file file = {"keys_file", path, .maker = SP_FILE_BY_KEYGEN};
    struct sp_diag diag = {0};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    if (!read_named_file(loading, &file, &text, &info)) {
        return;
    }
    struct sp_place place = {.file = path, .key = SP_STR("keys_file")};
    /* Anybody who has the keys can make sessions. */
    sp_file_report_open(&info, file.maker, SP_REPORT_ERROR, &place, &loading->reports);
    if (sp_keyring_parse(sp_buf_str(&text), sp_clock_now_s(), &diag, out) != SP_OK) {
        place.line = diag.line;
        place.column = diag.column;
        report_at(loading, SP_REPORT_ERROR, &place, "%s", diag.text);
    }
}

/* ---- the client secret ----------------------------------------------------------------------------- */

/* Placeholders of documentation that have been found in production; only letters and digits are compared. */
static const char *const placeholders[] = {
    "changeme",      "changeit",    "clientsecret",     "mysecret",
    "password",      "placeholder", "replaceme",        "example",
    "examplesecret", "yoursecret",  "yourclientsecret", "todo",
    "none",          "null",        "dummysecret",      "zxhhbxbszs1hchatc2vjcmv0", /* from Dex's example */
};

static bool is_placeholder(struct sp_str secret)
{
    char letters[SECRET_MAX + 1];
    size_t len = 0;
    for (size_t i = 0; i < secret.len; i++) {
        if (sp_ascii_is_alnum(secret.ptr[i])) {
            letters[len++] = sp_ascii_lower(secret.ptr[i]);
        }
    }
    for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
        if (sp_str_equal((struct sp_str){letters, len}, sp_str_from_c(placeholders[i]))) {
            return true;
        }
    }
    return false;
}

static const char *fault_of(struct sp_str secret)
{
    if (secret.len == 0) {
        return "the file is empty; write the secret that Dex has for this client, or omit client_secret_file "
               "for a public client";
    }
    if (sp_str_trim(secret).len != secret.len) {
        return "the secret begins or ends with white space; write only the secret, on one line";
    }
    if (!sp_str_is_printable(secret)) {
        return "the secret contains a control character or a character outside ASCII; write only the secret, "
               "on one line";
    }
    return is_placeholder(secret) ? "this is a placeholder from an example; generate your own secret, for "
                                    "example with openssl rand -hex 32"
                                  : NULL;
}

/* A line feed at the end belongs to the file, not to the secret. */
static struct sp_str without_line_end(struct sp_str text)
{
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\n';
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\r';
    return text;
}

/* A weak secret is only a warning: it works, and the issuer chose it. */
static void read_client_secret(struct sp_loading *loading, const char *path, struct sp_buf *out)
{
    const struct named_file file = {"client_secret_file", path, .maker = SP_FILE_BY_OTHERS};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SECRET_MAX);
    if (path == NULL || !read_named_file(loading, &file, &text, &info)) {
        return;
    }
    struct sp_place place = {.file = path, .key = sp_str_from_c(file.setting)};
    struct sp_str secret = without_line_end(sp_buf_str(&text));
    const char *fault = fault_of(secret);
    if (fault != NULL) {
        report_at(loading, SP_REPORT_ERROR, &place, "%s", fault);
        return;
    }
    if (secret.len <= SECRET_SHORT_MAX) {
        report_at(loading, SP_REPORT_WARNING, &place,
                  "the secret has only %zu bytes; generate one with openssl rand -hex 32", secret.len);
    }
    sp_file_report_open(&info, file.maker, SP_REPORT_WARNING, &place, &loading->reports);
    sp_buf_append(out, secret);
    if (sp_buf_error(out) != SP_OK) { /* an empty secret would mean a public client */
        report_at(loading, SP_REPORT_ERROR, &place, "out of memory");
    }
}

/* ---- RBAC objects ---------------------------------------------------------------------------------- */

static bool is_name_of_objects(struct sp_str name)
{
    return sp_str_ends_with(name, SP_STR(".yaml")) || sp_str_ends_with(name, SP_STR(".yml")) ||
           sp_str_ends_with(name, SP_STR(".json"));
}

static void read_objects(struct sp_loading *loading, const char *folder, const char *name,
                         struct sp_rbac_files *files)
{
    char *path = NULL;
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_RBAC_FILE_MAX);
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        report_at(loading, SP_REPORT_ERROR, SP_PLACE("rbac_source", 0, 0), "out of memory");
        return;
    }
    const struct named_file file = {.setting = "rbac_source", .path = path};
    if (read_named_file(loading, &file, &text, &info)) {
        sp_rbac_files_add(files, path, sp_buf_str(&text), &loading->reports);
    }
    free(path);
}

struct sp_rbac_index *sp_loading_read_rbac(struct sp_loading *loading, const char *folder, const char *hint,
                                           const struct sp_rbac_settings *settings)
{
    struct sp_file_names names = {0};
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_place place = {.file = folder, .key = SP_STR("rbac_source")};
    struct sp_rbac_index *index = NULL;
    struct sp_rbac_files *files = sp_rbac_files_new(settings);
    bool is_looked_at =
        loading->files == NULL || sp_watched_files_add(loading->files, folder, sp_clock_now_s()) == SP_OK;
    if (files == NULL || !is_looked_at || sp_file_list(folder, SP_RBAC_FILES_MAX, &names, &diag) != SP_OK) {
        place.hint = hint;
        report_at(loading, SP_REPORT_ERROR, &place, "%s", diag.text);
    } else {
        for (size_t i = 0; i < names.items_n; i++) {
            if (is_name_of_objects(sp_str_from_c(names.items[i]))) {
                read_objects(loading, folder, names.items[i], files);
            }
        }
        index = sp_rbac_files_finish(files, folder, &loading->reports);
    }
    sp_file_names_done(&names);
    sp_rbac_files_free(files);
    return index;
}

/* ---- CA certificates of the clusters ----------------------------------------------------------------- */

/* Users receive the whole string, so it must contain only certificates. */
static const char *fault_of_certificates(struct sp_str pem)
{
    if (pem.len > SP_KUBE_CA_MAX) {
        return "it has more than 16 KiB, and every kubeconfig would contain it: use a file with only the CA "
               "certificate. If the setting issuer_ca_file is a bundle, give the cluster its own "
               "issuer_ca_file";
    }
    if (sp_certificates_have_key_inside(pem)) {
        return "it contains a private key, which every user would get: use a file with only the certificate";
    }
    return sp_certificates_are_whole(pem) ? NULL
                                          : "it does not consist of complete PEM certificates: use the CA "
                                            "certificate, or omit the setting to use the system's";
}

_Static_assert(SP_KUBE_CA_MAX == 16 * 1024, "as the message says");

static void take_certificates(struct sp_loading *loading, struct sp_str pem, struct sp_place *place,
                              char **out)
{
    const char *fault = fault_of_certificates(pem);
    if (fault != NULL) {
        report_at(loading, SP_REPORT_ERROR, place, "%s", fault);
        return;
    }
    char *encoded = malloc(SP_BASE64_LEN(pem.len) + 1);
    if (encoded == NULL) {
        report_at(loading, SP_REPORT_ERROR, place, "out of memory");
        return;
    }
    encoded[sp_base64_encode((const uint8_t *)pem.ptr, pem.len, encoded)] = '\0';
    free(*out);
    *out = encoded;
}

static void read_certificates(struct sp_loading *loading, const char *setting, const char *path, char **out)
{
    const struct named_file file = {setting, path, .maker = SP_FILE_BY_OTHERS};
    struct sp_place place = {.file = path, .key = sp_str_from_c(setting)};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf pem;
    sp_buf_init(&pem, CA_FILE_MAX);
    if (path != NULL && read_named_file(loading, &file, &pem, &info)) {
        take_certificates(loading, sp_buf_str(&pem), &place, out);
    }
}

/* Normalizes `ca_data`, which may be wrapped, to one line of base64. */
static void read_certificates_data(struct sp_loading *loading, struct sp_kube_cluster *cluster)
{
    char subject[SUBJECT_MAX];
    snprintf(subject, sizeof subject, "kubeconfig, cluster %s: ca_data", cluster->name);
    struct sp_place *place = SP_PLACE(subject, cluster->line, cluster->column);
    SP_BUF_SCOPED struct sp_buf pem;
    sp_buf_init(&pem, SP_KUBE_CA_MAX);
    if (cluster->ca_data != NULL && sp_base64_decode(sp_str_from_c(cluster->ca_data), &pem) == SP_OK) {
        take_certificates(loading, sp_buf_str(&pem), place, &cluster->ca_data);
    }
}

static void read_clusters(struct sp_loading *loading, struct sp_config *config)
{
    struct sp_kubeconfig_settings *kubeconfig = &config->kubeconfig;
    for (size_t i = 0; i < kubeconfig->clusters_n; i++) {
        struct sp_kube_cluster *cluster = &kubeconfig->clusters[i];
        read_certificates_data(loading, cluster);
        read_certificates(loading, "kubeconfig", cluster->ca_file, &cluster->ca_data);
        read_certificates(loading, "kubeconfig", cluster->issuer_ca_file, &cluster->issuer_ca_data);
    }
    if (kubeconfig->clusters_n > 0 &&
        !sp_kubeconfig_text_fits(kubeconfig->clusters, kubeconfig->clusters_n,
                                 sp_str_from_c(config->client_id), sp_str_from_c(config->issuer))) {
        report_at(loading, SP_REPORT_ERROR, SP_PLACE("kubeconfig", kubeconfig->clusters[0].line, 0),
                  "the file of all clusters would be larger than %d KiB: reduce ca_file and issuer_ca_file "
                  "to the CA certificate",
                  SP_KUBECONFIG_TEXT_MAX / 1024);
    }
}

/* ---- TLS ------------------------------------------------------------------------------------------- */

/* NULL: it is not used, or the reports state what is wrong. */
static struct sp_tls_identity *read_tls(struct sp_loading *loading, const struct sp_config *config)
{
    const struct named_file files[] = {
        {.setting = "tls_cert_file", .path = config->tls_cert_file},
        {.setting = "tls_key_file", .path = config->tls_key_file},
        {.setting = "tls_client_ca_file", .path = config->tls_client_ca_file},
    };
    SP_BUF_SCOPED struct sp_buf certificate;
    SP_BUF_SCOPED struct sp_buf key;
    SP_BUF_SCOPED struct sp_buf client_ca;
    struct sp_buf *texts[] = {&certificate, &key, &client_ca};
    bool is_read = config->tls_cert_file != NULL;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct sp_file_info info = {0};
        sp_buf_init(texts[i], SP_TLS_FILE_MAX);
        if (files[i].path != NULL && !read_named_file(loading, &files[i], texts[i], &info)) {
            is_read = false;
        }
        if (texts[i] == &key) { /* anybody who has it can impersonate this listener to every client */
            struct sp_place place = {.file = files[i].path, .key = sp_str_from_c(files[i].setting)};
            sp_file_report_open(&info, files[i].maker, SP_REPORT_ERROR, &place, &loading->reports);
        }
    }
    const struct sp_tls_files all = {
        .certificate = {config->tls_cert_file, sp_buf_str(&certificate)},
        .key = {config->tls_key_file, sp_buf_str(&key)},
        .client_ca = {config->tls_client_ca_file, sp_buf_str(&client_ca)},
    };
    return is_read ? sp_tls_identity_new(&all, sp_clock_now_s(), &loading->reports) : NULL;
}

/* ---- all files ------------------------------------------------------------------------------------- */

/* With a truncated file, libcurl would trust no server at all. */
static void read_ca_file(struct sp_loading *loading, const char *path, struct sp_buf *out)
{
    const struct named_file file = {"issuer_ca_file", path, .variable = "SSL_CERT_FILE"};
    struct sp_file_info info;
    if (path == NULL || !read_named_file(loading, &file, out, &info)) {
        return;
    }
    struct sp_str pem = sp_buf_str(out);
    if (sp_certificates_are_whole(pem)) {
        return;
    }
    bool has_part = pem.len > 0 && memmem(pem.ptr, pem.len, PEM_BEGIN, sizeof PEM_BEGIN - 1) != NULL;
    struct sp_place place = {.file = path, .key = sp_str_from_c(file.setting)};
    report_at(loading, SP_REPORT_ERROR, &place, "%s",
              has_part ? "a certificate in it is truncated or damaged: write the whole file again"
                       : "it contains no PEM certificate: use the issuer's CA certificate, or set neither "
                         "issuer_ca_file nor SSL_CERT_FILE to use the system's");
}

enum sp_error sp_loading_judge_revocations_file(struct sp_loading *loading, const char *path)
{
    struct sp_diag diag = {0};
    if (path != NULL && sp_revocations_file_read(path, sp_clock_now_s(), NULL, &diag) != SP_OK) {
        struct sp_place place = {.file = path, .key = SP_STR("revocations_file"), .line = diag.line};
        report_at(loading, SP_REPORT_ERROR, &place, "%s", diag.text);
        return SP_ERR_CONFIG;
    }
    return SP_OK;
}

/* The service account of a pod is not checked: `check` runs elsewhere, and a process without an account
 * reports that itself. Tokens without a kubeconfig are a warning outside a pod, because running on a machine
 * outside the cluster is just as common. */
static void read_kubeconfig(struct sp_loading *loading, const struct sp_config *config)
{
    struct sp_api_access *access = NULL;
    struct sp_api_source source = sp_api_source_of(config->kubernetes_kubeconfig);
    if (config->kubernetes_kubeconfig != NULL && sp_config_asks_cluster(config) &&
        sp_api_access_read(&source, loading->files, sp_clock_now_s(), &loading->reports, &access) == SP_OK) {
        sp_api_access_unref(access);
    }
    if (config->kubernetes_kubeconfig == NULL && sp_config_requests_tokens(config) && source.host == NULL) {
        report_at(loading, SP_REPORT_WARNING, SP_PLACE("credentials", 0, 0),
                  "the token of a service_account comes from the API server, and this is not a pod "
                  "(KUBERNETES_SERVICE_HOST is not set): if sallyport runs outside the cluster, set "
                  "kubernetes_kubeconfig");
    }
}

static bool share_key(const struct sp_proxy_keys *keys, const struct sp_proxy_keys *others)
{
    bool share = false;
    for (size_t i = 0; i < keys->items_n; i++) {
        share = sp_proxy_keys_hold(others, (struct sp_str){keys->items[i].text, keys->items[i].len}) || share;
    }
    return share;
}

/* Compares the content of the files, because a copy of a file also shares its key. */
static void warn_of_shared_keys(struct sp_loading *loading, const struct sp_config *config,
                                const struct sp_credentials *credentials)
{
    for (size_t i = 0; i < credentials->items_n; i++) {
        for (size_t k = 0; k < i; k++) {
            if (share_key(&credentials->items[i].keys, &credentials->items[k].keys)) {
                report_at(loading, SP_REPORT_WARNING, SP_PLACE("credentials", config->credentials[i].line, 0),
                          "binding %zu has the same proxy key as binding %zu, so a middleware chain with "
                          "this key gets the tokens of both: use a different key for each",
                          i + 1, k + 1);
            }
        }
    }
}

/* NULL: there are no bindings, or the reports state what is wrong. */
static struct sp_credentials *read_credentials(struct sp_loading *loading, const struct sp_config *config)
{
    struct sp_credentials *credentials = NULL;
    if (config->credentials_n > 0 &&
        sp_credentials_read(config->credentials, config->credentials_n, NULL, loading->files,
                            sp_clock_now_s(), &loading->reports, &credentials) == SP_ERR_MEMORY) {
        report_at(loading, SP_REPORT_ERROR, SP_PLACE("credentials", 0, 0), "out of memory");
    }
    if (credentials != NULL) {
        warn_of_shared_keys(loading, config, credentials);
    }
    return credentials;
}

/* Takes `config`. */
static enum sp_error read_files(struct sp_loading *loading, struct sp_config *config,
                                struct sp_snapshot **out)
{
    struct sp_keyring *keys = NULL;
    SP_BUF_SCOPED struct sp_buf secret;
    SP_BUF_SCOPED struct sp_buf ca;
    sp_buf_init(&secret, SECRET_MAX);
    sp_buf_init(&ca, CA_FILE_MAX);
    read_keys(loading, config->keys_file, &keys);
    read_client_secret(loading, config->client_secret_file, &secret);
    read_ca_file(loading, config->issuer_ca_file, &ca);
    read_kubeconfig(loading, config);
    read_clusters(loading, config);
    struct sp_tls_identity *tls = read_tls(loading, config);
    struct sp_credentials *credentials = read_credentials(loading, config);
    struct sp_rbac_index *rbac = NULL;
    if (config->rbac_folder != NULL) {
        struct sp_rbac_settings settings = sp_config_rbac_settings(config);
        rbac = sp_loading_read_rbac(loading, config->rbac_folder, SP_LOADING_RBAC_HINT, &settings);
    }
    if (loading->reports.errors_n > 0) {
        sp_tls_identity_unref(tls);
        sp_credentials_unref(credentials);
        sp_rbac_index_unref(rbac);
        sp_keyring_free(keys);
        sp_config_free(config);
        return SP_ERR_CONFIG;
    }
    struct sp_diag diag = {0};
    const struct sp_snapshot_files files = {keys, sp_buf_str(&secret), sp_buf_str(&ca)};
    if (sp_snapshot_new(config, &files, &diag, out) != SP_OK) {
        sp_tls_identity_unref(tls);
        sp_credentials_unref(credentials);
        sp_rbac_index_unref(rbac);
        report_at(loading, SP_REPORT_ERROR, SP_PLACE(NULL, 0, 0), "%s", diag.text);
        return SP_ERR_CONFIG;
    }
    (*out)->rbac = rbac; /* no other thread has the snapshot yet */
    (*out)->credentials = credentials;
    (*out)->tls = tls;
    return SP_OK;
}

enum sp_error sp_loading_read(struct sp_loading *loading, const char *path, struct sp_snapshot **out)
{
    return sp_loading_read_again(loading, path, SP_STR_NONE, NULL, out);
}

enum sp_error sp_loading_read_again(struct sp_loading *loading, const char *path, struct sp_str start,
                                    struct sp_watched_files *files, struct sp_snapshot **out)
{
    *loading = (struct sp_loading){.start = start, .files = files};
    struct sp_config *config = NULL;
    enum sp_error error = read_config(loading, path, &config);
    return error == SP_OK ? read_files(loading, config, out) : error;
}

void sp_loading_done(struct sp_loading *loading)
{
    sp_reports_done(&loading->reports);
    sp_buf_done(&loading->text);
    free(loading->folder);
    *loading = (struct sp_loading){0};
}
