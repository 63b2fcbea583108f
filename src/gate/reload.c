/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/reload.h"

#include "base/hex.h"

#include <stdlib.h>

struct sp_reload {
    struct sp_process *process;
    const struct sp_loading *start;
    uint8_t digest[SP_DIGEST_MAX];   /* of the current files */
    struct sp_watched_files *files;  /* the current files; NULL: not checked yet */
    struct sp_watched_files *faulty; /* the files of the last attempt if it failed, otherwise NULL */
    uint8_t faulty_digest[SP_DIGEST_MAX];
};

struct sp_reload *sp_reload_new(struct sp_process *process, const struct sp_loading *start)
{
    struct sp_reload *reload = calloc(1, sizeof *reload);
    if (reload != NULL) {
        reload->process = process;
        reload->start = start;
        memcpy(reload->digest, start->digest, sizeof reload->digest);
    }
    return reload;
}

void sp_reload_free(struct sp_reload *reload)
{
    if (reload != NULL) {
        sp_watched_files_free(reload->files);
        sp_watched_files_free(reload->faulty);
        free(reload);
    }
}

/* ---- log lines --------------------------------------------------------------------------------------- */

void sp_reload_log_key_ids(struct sp_log_line *line, const struct sp_keyring *keys)
{
    SP_BUF_ON_STACK(text, SP_KEYRING_KEYS_MAX_N * 2 * SP_KEY_ID_MAX);
    for (size_t i = 0; i < sp_keyring_count(keys); i++) {
        const struct sp_key *key = sp_keyring_at(keys, i);
        char tag[2 * SP_KEY_TAG_LEN + 1] = "";
        sp_hex_encode(key->tag, SP_KEY_TAG_LEN, tag);
        sp_buf_append_c(&text, i > 0 ? ", " : "");
        sp_buf_append(&text, sp_key_id(key));
        sp_buf_printf(&text, "(%s)", tag);
    }
    sp_log_text(line, "key_ids", sp_buf_str(&text));
}

static void end_line(struct sp_log_line *line, const struct sp_report *report, const char *path)
{
    sp_log_text(line, "file", sp_str_from_c(report->file != NULL ? report->file : path));
    if (report->line > 0) {
        sp_log_number(line, "line", report->line);
    }
    sp_log_text(line, "setting", sp_str_from_c(report->setting));
    sp_log_text(line, "detail", sp_str_from_c(sp_report_detail(report)));
    sp_log_end(line);
}

void sp_reload_log_warnings(const struct sp_loading *loading)
{
    for (size_t i = 0; i < loading->reports.items_n; i++) {
        const struct sp_report *report = &loading->reports.items[i];
        struct sp_log_line line;
        if (report->kind == SP_REPORT_WARNING && sp_log_begin(&line, SP_LOG_WARN, "warning")) {
            end_line(&line, report, loading->path);
        }
    }
}

static void log_errors(const struct sp_loading *loading)
{
    size_t told_n = 0;
    for (size_t i = 0; i < loading->reports.items_n && told_n < SP_RELOAD_ERRORS_TOLD; i++) {
        const struct sp_report *report = &loading->reports.items[i];
        struct sp_log_line line;
        if (report->kind != SP_REPORT_ERROR || !sp_log_begin(&line, SP_LOG_ERROR, "config_reloaded")) {
            continue;
        }
        told_n++;
        sp_log_text(&line, "result", SP_STR("failed"));
        if (told_n == SP_RELOAD_ERRORS_TOLD && loading->reports.errors_n > told_n) {
            sp_log_number(&line, "others", loading->reports.errors_n - told_n);
        }
        end_line(&line, report, loading->path);
    }
}

static void log_result(struct sp_str result, const struct sp_keyring *keys)
{
    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "config_reloaded")) {
        sp_log_text(&line, "result", result);
        sp_log_number(&line, "keys", sp_keyring_count(keys));
        sp_reload_log_key_ids(&line, keys);
        sp_log_end(&line);
    }
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static bool is_due(struct sp_reload *reload, enum sp_reload_when when)
{
    bool is_due = when == SP_RELOAD_NOW || reload->files == NULL;
    is_due |= reload->files != NULL && sp_watched_files_look(reload->files);
    is_due |= reload->faulty != NULL && sp_watched_files_look(reload->faulty);
    return is_due;
}

/* Takes `files`. The current files are still watched, because restoring them may fix the error. */
static void fail(struct sp_reload *reload, const struct sp_loading *loading, struct sp_watched_files *files,
                 enum sp_reload_when when)
{
    bool is_told = reload->faulty != NULL &&
                   memcmp(loading->digest, reload->faulty_digest, sizeof reload->faulty_digest) == 0;
    sp_watched_files_free(reload->faulty);
    reload->faulty = files;
    memcpy(reload->faulty_digest, loading->digest, sizeof reload->faulty_digest);
    atomic_store(&reload->process->reload_failed, 1);
    if (when == SP_RELOAD_NOW || !is_told) {
        atomic_fetch_add(&reload->process->reloads_failed_n, 1); /* counted first, as in `succeed` */
        log_errors(loading);
    }
}

/* Takes `files` and `snapshot`; returns the snapshot if it differs from the current one. */
static struct sp_snapshot *succeed(struct sp_reload *reload, const struct sp_loading *loading,
                                   struct sp_watched_files *files, struct sp_snapshot *snapshot,
                                   enum sp_reload_when when)
{
    bool is_same = memcmp(loading->digest, reload->digest, sizeof reload->digest) == 0;
    bool is_told = when == SP_RELOAD_NOW || !is_same || reload->faulty != NULL;
    sp_watched_files_free(reload->files);
    sp_watched_files_free(reload->faulty);
    reload->files = files;
    reload->faulty = NULL;
    memcpy(reload->digest, loading->digest, sizeof reload->digest);
    atomic_store(&reload->process->reload_failed, 0);
    if (is_told) { /* counted first, because a reader of the line may read the metric next */
        atomic_fetch_add(&reload->process->reloads_n, 1);
        log_result(is_same ? SP_STR("unchanged") : SP_STR("ok"), snapshot->keys);
        sp_reload_log_warnings(loading);
    }
    if (is_same) {
        sp_snapshot_unref(snapshot);
        return NULL;
    }
    return snapshot;
}

struct sp_snapshot *sp_reload_look(struct sp_reload *reload, enum sp_reload_when when)
{
    if (!is_due(reload, when)) {
        return NULL;
    }
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    struct sp_watched_files *files = sp_watched_files_new();
    if (files == NULL) {
        return NULL;
    }
    if (sp_loading_read_again(&loading, reload->start->path, sp_buf_str(&reload->start->text), files,
                              &snapshot) == SP_OK) {
        snapshot = succeed(reload, &loading, files, snapshot, when);
    } else {
        fail(reload, &loading, files, when);
    }
    sp_loading_done(&loading);
    return snapshot;
}
