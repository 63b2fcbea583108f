/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include "base/quote.h"
#include "io/clock.h"
#include "io/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET_MAX       1024 /* bytes */
#define SECRET_SHORT_MAX 15   /* bytes; up to here a warning */
#define CA_FILE_MAX      (4 * 1024 * 1024)
#define LINE_MAX_LEN     (64 * 1024) /* bytes of a line that is printed */

const char *sp_setup_path(const char *option)
{
    if (option != NULL) {
        return option;
    }
    const char *variable = getenv("SALLYPORT_CONFIG");
    return variable != NULL && variable[0] != '\0' ? variable : SP_CONFIG_FILE_DEFAULT;
}

/* ---- telling --------------------------------------------------------------------------------------- */

/* Names of files and texts from them reach a terminal. */
static void print(const char *file, uint32_t line, uint32_t column, const char *kind, const char *text)
{
    SP_BUF_SCOPED struct sp_buf out;
    sp_buf_init(&out, LINE_MAX_LEN);
    sp_quote_append_line(sp_str_from_c(file), &out);
    if (line > 0) {
        sp_buf_printf(&out, ":%u", line);
    }
    if (line > 0 && column > 0) {
        sp_buf_printf(&out, ":%u", column);
    }
    sp_buf_printf(&out, ": %s: ", kind);
    sp_quote_append_line(sp_str_from_c(text), &out);
    fprintf(stderr, "%.*s\n", SP_STR_ARGS(sp_buf_str(&out)));
}

static void report_error(struct sp_setup *setup, const char *file, const struct sp_diag *diag)
{
    print(file, diag->line, diag->column, "error", diag->text);
    setup->errors_n++;
}

__attribute__((format(printf, 3, 4))) static void report_warning(struct sp_setup *setup, const char *file,
                                                                 const char *format, ...)
{
    char text[SP_DIAG_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print(file, 0, 0, "warning", text);
    setup->warnings_n++;
}

static void print_reports(struct sp_setup *setup, const struct sp_reports *reports)
{
    for (size_t i = 0; i < reports->items_n; i++) {
        const struct sp_report *report = &reports->items[i];
        const char *kind = report->kind == SP_REPORT_ERROR ? "error" : "warning";
        print(setup->path, report->line, report->column, kind, report->text);
        setup->warnings_n += report->kind == SP_REPORT_WARNING;
    }
    setup->errors_n += reports->errors_n;
}

/* ---- the configuration ----------------------------------------------------------------------------- */

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return sp_str_dup(SP_STR("."));
    }
    return sp_str_dup((struct sp_str){path, slash == path ? 1 : (size_t)(slash - path)});
}

struct sp_config_source sp_setup_source(const struct sp_setup *setup)
{
    return (struct sp_config_source){sp_buf_str(&setup->text), setup->folder, (const char *const *)environ};
}

bool sp_setup_read_config(struct sp_setup *setup, const char *path)
{
    *setup = (struct sp_setup){.path = path, .folder = folder_of(path)};
    sp_buf_init(&setup->secret, SECRET_MAX);
    sp_buf_init(&setup->text, SP_CONFIG_TEXT_MAX);
    struct sp_diag diag = {.text = "out of memory"};
    struct sp_file_info info;
    if (setup->folder == NULL || sp_file_read(path, &setup->text, &info, &diag) != SP_OK) {
        report_error(setup, path, &diag);
        fprintf(stderr, "  another one is named by --config FILE, or by SALLYPORT_CONFIG\n");
        return false;
    }
    struct sp_reports reports = {0};
    struct sp_config_source source = sp_setup_source(setup);
    enum sp_error error = sp_config_load(&source, &reports, &setup->config);
    print_reports(setup, &reports);
    if (error != SP_OK && setup->errors_n == 0) {
        setup->errors_n++;
    }
    sp_reports_done(&reports);
    return setup->errors_n == 0;
}

/* ---- secrets --------------------------------------------------------------------------------------- */

static bool read_named_file(struct sp_setup *setup, const char *setting, const char *path, struct sp_buf *out,
                            struct sp_file_info *info)
{
    struct sp_diag diag = {0};
    if (sp_file_read(path, out, info, &diag) != SP_OK) {
        report_error(setup, path, &diag);
        fprintf(stderr, "  named by the setting %s; a relative name begins at the configuration's folder\n",
                setting);
        return false;
    }
    return true;
}

/* Whoever has the keys can make sessions, so a key file that everybody on the machine can read is refused; a
 * mounted volume often looks like that, and there the pod is the border. */
static void check_key_file_mode(struct sp_setup *setup, const char *path, const struct sp_file_info *info)
{
    if (info->readable_by_all && info->is_regular) {
        struct sp_diag diag = {0};
        sp_diag_set(&diag, SP_ERR_CONFIG, "everybody can read these keys; run chmod 600 on the file");
        report_error(setup, path, &diag);
    } else if (info->readable_by_all) {
        report_warning(setup, path, "everybody in this container can read these keys; set defaultMode: 0400");
    }
}

static void read_keys(struct sp_setup *setup)
{
    const char *path = setup->config->keys_file;
    struct sp_diag diag = {0};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    if (!read_named_file(setup, "keys_file", path, &text, &info)) {
        SP_BUF_SCOPED struct sp_buf name;
        sp_buf_init(&name, LINE_MAX_LEN);
        sp_quote_append_line(sp_str_from_c(path), &name);
        fprintf(stderr, "  to make one: sallyport keygen %.*s\n", SP_STR_ARGS(sp_buf_str(&name)));
        return;
    }
    check_key_file_mode(setup, path, &info);
    if (sp_keyring_parse(sp_buf_str(&text), sp_clock_now_s(), &diag, &setup->keys) != SP_OK) {
        report_error(setup, path, &diag);
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
static void warn_of_client_secret(struct sp_setup *setup, const char *path, struct sp_str secret,
                                  const struct sp_file_info *info)
{
    if (secret.len <= SECRET_SHORT_MAX) {
        report_warning(setup, path, "the secret has only %zu bytes; make one with openssl rand -hex 32",
                       secret.len);
    }
    if (info->readable_by_all) {
        report_warning(setup, path,
                       "everybody can read this secret; run chmod 600 on it, or set defaultMode: 0400");
    }
}

static void read_client_secret(struct sp_setup *setup)
{
    const char *path = setup->config->client_secret_file;
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SECRET_MAX);
    if (path == NULL || !read_named_file(setup, "client_secret_file", path, &text, &info)) {
        return;
    }
    struct sp_str secret = without_line_end(sp_buf_str(&text));
    const char *fault = fault_of(secret);
    if (fault != NULL) {
        struct sp_diag diag = {0};
        sp_diag_set(&diag, SP_ERR_CONFIG, "%s", fault);
        report_error(setup, path, &diag);
        return;
    }
    warn_of_client_secret(setup, path, secret, &info);
    sp_buf_append(&setup->secret, secret);
}

static void read_ca_file(struct sp_setup *setup)
{
    const char *path = setup->config->issuer_ca_file;
    struct sp_diag diag = {0};
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, CA_FILE_MAX);
    if (path == NULL || !read_named_file(setup, "issuer_ca_file", path, &text, &info)) {
        return;
    }
    if (strstr(sp_buf_c_str(&text), "-----BEGIN CERTIFICATE-----") == NULL) {
        sp_diag_set(&diag, SP_ERR_CONFIG,
                    "no certificate in PEM form is in it: write the authority's, or leave issuer_ca_file "
                    "out for the system's");
        report_error(setup, path, &diag);
    }
}

bool sp_setup_read_files(struct sp_setup *setup)
{
    read_keys(setup);
    read_client_secret(setup);
    read_ca_file(setup);
    return setup->errors_n == 0;
}

void sp_setup_done(struct sp_setup *setup)
{
    sp_config_free(setup->config);
    sp_keyring_free(setup->keys);
    sp_buf_done(&setup->secret);
    sp_buf_done(&setup->text);
    free(setup->folder);
    *setup = (struct sp_setup){0};
}
