/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/loading.h"

#include "base/quote.h"
#include "io/clock.h"
#include "io/file.h"

#include <stdlib.h>
#include <unistd.h>

#define SECRET_MAX       1024 /* bytes */
#define SECRET_SHORT_MAX 15   /* bytes; up to here a warning */
#define CA_FILE_MAX      (4 * 1024 * 1024)
#define HINT_MAX         (64 * 1024) /* bytes */

#define report_at(loading, kind, place, ...) sp_reports_add(&(loading)->reports, (kind), (place), __VA_ARGS__)
#define refuse(loading, path, ...)                                                                           \
    report_at(loading, SP_REPORT_ERROR, &(struct sp_place){.file = (path)}, __VA_ARGS__)
#define warn(loading, path, ...)                                                                             \
    report_at(loading, SP_REPORT_WARNING, &(struct sp_place){.file = (path)}, __VA_ARGS__)

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
    return (struct sp_config_source){sp_buf_str(&loading->text), loading->folder,
                                     (const char *const *)environ};
}

enum sp_error sp_loading_read_config(struct sp_loading *loading, const char *path, struct sp_config **out)
{
    *loading = (struct sp_loading){.path = path, .folder = folder_of(path)};
    sp_buf_init(&loading->text, SP_CONFIG_TEXT_MAX);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_file_info info;
    if (loading->folder == NULL || sp_file_read(path, &loading->text, &info, &diag) != SP_OK) {
        refuse(loading, NULL, "%s", diag.text);
        return SP_ERR_IO;
    }
    struct sp_config_source source = sp_loading_source(loading);
    return sp_config_load(&source, &loading->reports, out);
}

/* ---- the files that it names ----------------------------------------------------------------------- */

/* `more` is what else to try; NULL: nothing. */
static bool read_named_file(struct sp_loading *loading, const char *setting, const char *path,
                            const char *more, struct sp_buf *out, struct sp_file_info *info)
{
    struct sp_diag diag = {0};
    if (sp_file_read(path, out, info, &diag) == SP_OK) {
        return true;
    }
    SP_BUF_SCOPED struct sp_buf hint;
    sp_buf_init(&hint, HINT_MAX);
    sp_buf_printf(&hint, "named by the setting %s; a relative name begins at the configuration's folder%s%s",
                  setting, more != NULL ? "\n" : "", more != NULL ? more : "");
    report_at(loading, SP_REPORT_ERROR, (&(struct sp_place){.file = path, .hint = sp_buf_c_str(&hint)}), "%s",
              diag.text);
    return false;
}

/* Whoever has the keys can make sessions, so a key file that everybody on the machine can read is refused; a
 * mounted volume often looks like that, and there the pod is the border. */
static void check_key_file_mode(struct sp_loading *loading, const char *path, const struct sp_file_info *info)
{
    if (info->readable_by_all && info->is_regular) {
        refuse(loading, path, "everybody can read these keys; run chmod 600 on the file");
    } else if (info->readable_by_all) {
        warn(loading, path, "everybody in this container can read these keys; set defaultMode: 0400");
    }
}

static void read_keys(struct sp_loading *loading, const char *path, struct sp_keyring **out)
{
    struct sp_diag diag = {0};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    SP_BUF_SCOPED struct sp_buf hint;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    sp_buf_init(&hint, HINT_MAX);
    sp_buf_printf(&hint, "to make one: sallyport keygen %s", path);
    if (!read_named_file(loading, "keys_file", path, sp_buf_c_str(&hint), &text, &info)) {
        return;
    }
    check_key_file_mode(loading, path, &info);
    if (sp_keyring_parse(sp_buf_str(&text), sp_clock_now_s(), &diag, out) != SP_OK) {
        report_at(loading, SP_REPORT_ERROR,
                  (&(struct sp_place){.file = path, .line = diag.line, .column = diag.column}), "%s",
                  diag.text);
    }
}

/* Texts of documentation that have ended up in production before; compared by their letters and digits. */
static const char *const placeholders[] = {
    "changeme",      "changeit",    "clientsecret",     "mysecret",
    "password",      "placeholder", "replaceme",        "example",
    "examplesecret", "yoursecret",  "yourclientsecret", "todo",
    "none",          "null",        "dummysecret",      "zxhhbxbszs1hchatc2vjcmv0", /* of Dex's example */
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
        return "the file is empty; write the secret that Dex has for this client, or leave "
               "client_secret_file out for a public client";
    }
    if (sp_str_trim(secret).len != secret.len) {
        return "the secret begins or ends with white space; write it alone on one line";
    }
    if (!sp_str_is_printable(secret)) {
        return "the secret has a control or a character outside ASCII; write it alone on one line";
    }
    return is_placeholder(secret) ? "this is the placeholder of an example; make a secret of your own, such "
                                    "as with openssl rand -hex 32"
                                  : NULL;
}

/* One line feed at the end belongs to the file, not to the secret. */
static struct sp_str without_line_end(struct sp_str text)
{
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\n';
    text.len -= text.len > 0 && text.ptr[text.len - 1] == '\r';
    return text;
}

/* What is unwise about a secret that works: the issuer chose it, so it is not refused. */
static void warn_of_client_secret(struct sp_loading *loading, const char *path, struct sp_str secret,
                                  const struct sp_file_info *info)
{
    if (secret.len <= SECRET_SHORT_MAX) {
        warn(loading, path, "the secret has only %zu bytes; make one with openssl rand -hex 32", secret.len);
    }
    if (info->readable_by_all) {
        warn(loading, path, "everybody can read this secret; run chmod 600 on it, or set defaultMode: 0400");
    }
}

static void read_client_secret(struct sp_loading *loading, const char *path, struct sp_buf *out)
{
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SECRET_MAX);
    if (path == NULL || !read_named_file(loading, "client_secret_file", path, NULL, &text, &info)) {
        return;
    }
    struct sp_str secret = without_line_end(sp_buf_str(&text));
    const char *fault = fault_of(secret);
    if (fault != NULL) {
        refuse(loading, path, "%s", fault);
        return;
    }
    warn_of_client_secret(loading, path, secret, &info);
    sp_buf_append(out, secret);
}

static void read_ca_file(struct sp_loading *loading, const char *path)
{
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, CA_FILE_MAX);
    if (path == NULL || !read_named_file(loading, "issuer_ca_file", path, NULL, &text, &info)) {
        return;
    }
    if (strstr(sp_buf_c_str(&text), "-----BEGIN CERTIFICATE-----") == NULL) {
        refuse(loading, path,
               "no certificate in PEM form is in it: write the authority's, or leave issuer_ca_file "
               "out for the system's");
    }
}

/* Takes `config`. */
static enum sp_error read_files(struct sp_loading *loading, struct sp_config *config,
                                struct sp_snapshot **out)
{
    struct sp_keyring *keys = NULL;
    SP_BUF_SCOPED struct sp_buf secret;
    sp_buf_init(&secret, SECRET_MAX);
    read_keys(loading, config->keys_file, &keys);
    read_client_secret(loading, config->client_secret_file, &secret);
    read_ca_file(loading, config->issuer_ca_file);
    if (loading->reports.errors_n > 0) {
        sp_keyring_free(keys);
        sp_config_free(config);
        return SP_ERR_CONFIG;
    }
    struct sp_diag diag = {0};
    if (sp_snapshot_new(config, keys, sp_buf_str(&secret), &diag, out) != SP_OK) {
        refuse(loading, NULL, "%s", diag.text);
        return SP_ERR_CONFIG;
    }
    return SP_OK;
}

enum sp_error sp_loading_read(struct sp_loading *loading, const char *path, struct sp_snapshot **out)
{
    struct sp_config *config = NULL;
    enum sp_error error = sp_loading_read_config(loading, path, &config);
    return error == SP_OK ? read_files(loading, config, out) : error;
}

void sp_loading_done(struct sp_loading *loading)
{
    sp_reports_done(&loading->reports);
    sp_buf_done(&loading->text);
    free(loading->folder);
    *loading = (struct sp_loading){0};
}
