/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keygen.h"

#include "cli/options.h"
#include "io/clock.h"
#include "io/file.h"
#include "session/keyring.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define USAGE "sallyport keygen [--add] [--if-missing] FILE"

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

static void report(const char *path, bool is_addition, enum sp_error error, const struct sp_diag *diag)
{
    if (diag->line > 0) {
        fprintf(stderr, "%s:%u:%u: error: %s\n", path, diag->line, diag->column, diag->text);
    } else {
        fprintf(stderr, "sallyport: %s\n", diag->text);
    }
    if (error == SP_ERR_DUPLICATE && !is_addition) {
        fprintf(stderr, "  to add a key to it: sallyport keygen --add %s\n", path);
    } else if (is_addition && access(path, F_OK) != 0 && errno == ENOENT) {
        fprintf(stderr, "  to make it: sallyport keygen %s\n", path);
    }
}

int sp_command_keygen(int argc, char **argv)
{
    bool is_addition = false;
    bool if_missing = false;
    const char *path = NULL;
    const struct sp_option options[] = {
        {.name = "add", .given = &is_addition, .help = "adds a key that seals in ten minutes"},
        {.name = "if-missing", .given = &if_missing, .help = "leaves a key file that is there as it is"},
        {.name = NULL},
    };
    static const struct sp_usage usage = {
        .line = USAGE,
        .summary = "Makes the file of keys that keys_file names. It never overwrites one.",
        .statuses = {"the file has its key", "it cannot be written, or is there already", "wrong usage"},
    };
    int read = sp_options_read(argc, argv, options, &usage, 1, &path);
    if (read != SP_OPTIONS_READ) {
        return read;
    }
    if (is_addition && if_missing) {
        fputs("sallyport: --add and --if-missing exclude each other\nusage: " USAGE "\n", stderr);
        return 2;
    }
    struct sp_diag diag = {0};
    enum sp_error error = is_addition ? add(path, &diag) : create(path, &diag);
    if (error == SP_OK) {
        return 0;
    }
    if (error == SP_ERR_DUPLICATE && if_missing) {
        struct stat status;
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
            return 0;
        }
        fprintf(stderr, "sallyport: %s is there and is no file with keys: remove it, or name another\n",
                path);
        return 1;
    }
    report(path, is_addition, error, &diag);
    return 1;
}
