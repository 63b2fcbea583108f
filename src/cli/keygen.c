/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keygen.h"

#include "base/hex.h"
#include "cli/options.h"
#include "io/clock.h"
#include "io/file.h"
#include "session/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define USAGE             "sallyport keygen [--add] [--if-missing] [--client-secret FILE] FILE"
#define CLIENT_SECRET_LEN 32 /* bytes, before hexadecimal encoding */

static enum sp_error create(const char *path, struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    sp_buf_append_c(&text,
                    "# Keys of sallyport: ID KEY [FROM]. All open, the newest whose time has come seals.\n");
    enum sp_error error =
        sp_keyring_generate_line(NULL, sp_clock_now_s(), SP_KEY_FROM_ALWAYS_S, &sp_random_system, &text);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "%s", sp_error_text(error));
    }
    return sp_file_create_secret(path, sp_buf_str(&text), diag);
}

/* Creates a secret for the client; the issuer gets a copy of it. */
static enum sp_error create_client_secret(const char *path, struct sp_diag *diag)
{
    uint8_t bytes[CLIENT_SECRET_LEN];
    char text[2 * sizeof bytes + 1];
    sp_random_fill(&sp_random_system, bytes, sizeof bytes);
    sp_hex_encode(bytes, sizeof bytes, text);
    text[sizeof text - 1] = '\n';
    return sp_file_create_secret(path, (struct sp_str){text, sizeof text}, diag);
}

static enum sp_error add(const char *path, struct sp_diag *diag)
{
    int64_t now_s = sp_clock_now_s();
    struct sp_file_info info;
    SP_KEYRING_SCOPED struct sp_keyring *ring = NULL;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYRING_TEXT_MAX);
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error == SP_OK) {
        error = sp_keyring_parse(sp_buf_str(&text), now_s, diag, &ring);
    }
    if (error != SP_OK) {
        return error;
    }
    if (text.len > 0 && text.ptr[text.len - 1] != '\n') {
        sp_buf_append_char(&text, '\n');
    }
    error = sp_keyring_generate_line(ring, now_s, now_s + SP_KEYGEN_DELAY_S, &sp_random_system, &text);
    if (error == SP_ERR_LIMIT) {
        return sp_diag_set(diag, error,
                           "the file is full: delete keys that are older than the longest session");
    }
    return error == SP_OK ? sp_file_replace_secret(path, sp_buf_str(&text), diag)
                          : sp_diag_set(diag, error, "%s", sp_error_text(error));
}

static void report(const char *path, const struct sp_diag *diag)
{
    if (diag->line > 0) {
        fprintf(stderr, "%s:%u:%u: error: %s\n", path, diag->line, diag->column, diag->text);
    } else {
        fprintf(stderr, "sallyport: %s\n", diag->text);
    }
}

static int add_key(const char *path)
{
    struct sp_diag diag = {0};
    if (add(path, &diag) == SP_OK) {
        return 0;
    }
    report(path, &diag);
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        fprintf(stderr, "  to make it: sallyport keygen %s\n", path);
    }
    return 1;
}

/* A kind of file that the command creates; `holds` names its contents. */
struct product {
    const char *holds;
    enum sp_error (*create)(const char *path, struct sp_diag *diag);
    const char *hint; /* shown before the path if the file exists; or NULL */
};

static int make(const struct product *product, const char *path, bool if_missing)
{
    struct sp_diag diag = {0};
    enum sp_error error = product->create(path, &diag);
    if (error == SP_OK) {
        return 0;
    }
    if (error == SP_ERR_DUPLICATE && if_missing) {
        struct stat status;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
            return 0;
        }
        fprintf(stderr, "sallyport: %s exists, but is not a file with %s: remove it, or name another\n", path,
                product->holds);
        return 1;
    }
    report(path, &diag);
    if (error == SP_ERR_DUPLICATE && product->hint != NULL) {
        fprintf(stderr, "%s%s\n", product->hint, path);
    }
    return 1;
}

int sp_command_keygen(int argc, char **argv)
{
    bool is_addition = false;
    bool if_missing = false;
    const char *path = NULL;
    const char *client_secret = NULL;
    const struct sp_option options[] = {
        {.name = "add", .given = &is_addition, .help = "adds a key that seals in ten minutes"},
        {.name = "if-missing", .given = &if_missing, .help = "leaves an existing file as it is"},
        {.name = "client-secret",
         .value = &client_secret,
         .help = "FILE also makes a client secret, in the file that client_secret_file names"},
        {.name = NULL},
    };
    static const struct sp_usage usage = {
        .line = USAGE,
        .summary = "Makes the key file that keys_file names. It never overwrites a file.",
        .statuses = {"each file exists", "one cannot be written, or exists already", "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 1, &path);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    if (is_addition && (if_missing || client_secret != NULL)) {
        fprintf(stderr, "sallyport: --add and %s cannot be combined\nusage: " USAGE "\n",
                if_missing ? "--if-missing" : "--client-secret");
        return 2;
    }
    if (is_addition) {
        return add_key(path);
    }
    static const struct product keys = {"keys", create, "  to add a key to it: sallyport keygen --add "};
    static const struct product secret = {"a client secret", create_client_secret, NULL};
    int status = client_secret == NULL ? 0 : make(&secret, client_secret, if_missing);
    return make(&keys, path, if_missing) == 0 ? status : 1;
}
