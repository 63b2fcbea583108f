/* SPDX-License-Identifier: Apache-2.0 */
#include "io/revocations_file.h"

#include "io/file.h"
#include "io/log.h"
#include "session/revocations_text.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Checks that a file can be created there. Otherwise the problem would only show when the first session is
 * ended. */
static enum sp_error judge_folder(const char *path, struct sp_diag *diag)
{
    char copy[PATH_MAX];
    if (realpath(path, copy) == NULL) { /* keeps a symbolic link, and writes the file that it points to */
        snprintf(copy, sizeof copy, "%s", path);
    }
    const char *folder = dirname(copy);
    if (access(folder, W_OK | X_OK) == 0) {
        return SP_OK;
    }
    return sp_diag_set(diag, SP_ERR_IO, "no file can be written in the folder %s: %s", folder,
                       strerror(errno));
}

enum sp_error sp_revocations_file_read(const char *path, int64_t now_s, struct sp_revocations *table,
                                       struct sp_diag *diag)
{
    struct sp_revocations_state state;
    struct sp_file_info info;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX);
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error != SP_OK) {
        return info.is_missing ? judge_folder(path, diag) : error;
    }
    if (judge_folder(path, diag) != SP_OK) {
        return SP_ERR_IO;
    }
    error = sp_revocations_text_parse(sp_buf_str(&text), &state, diag);
    if (error == SP_OK) {
        error = table != NULL ? sp_revocations_restore(table, &state, now_s) : SP_OK;
        sp_revocations_state_done(&state);
    }
    return error;
}

static enum sp_error write_file(const char *path, struct sp_revocations *table, struct sp_diag *diag)
{
    struct sp_revocations_state state;
    enum sp_error error = sp_revocations_save(table, &state);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "out of memory");
    }
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_REVOCATIONS_TEXT_MAX);
    sp_revocations_text_append(&state, &text);
    sp_revocations_state_done(&state);
    error = sp_buf_error(&text);
    return error == SP_OK ? sp_file_replace_secret(path, sp_buf_str(&text), diag)
                          : sp_diag_set(diag, error, "out of memory");
}

void sp_revocations_file_keep(struct sp_revocations_file *file, struct sp_revocations *table)
{
    uint64_t changes = sp_revocations_changes(table);
    struct sp_diag diag = {0};
    struct sp_log_line line;
    if (changes == file->kept) {
        return;
    }
    if (write_file(file->path, table, &diag) == SP_OK) {
        file->kept = changes;
        file->is_failing = false;
        return;
    }
    if (!file->is_failing && sp_log_begin(&line, SP_LOG_WARN, "warning")) {
        sp_log_text(&line, "setting", SP_STR("revocations_file"));
        sp_log_text(&line, "detail", sp_str_from_c(diag.text));
        sp_log_end(&line);
    }
    file->is_failing = true;
}
