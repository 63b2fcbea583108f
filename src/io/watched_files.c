/* SPDX-License-Identifier: Apache-2.0 */
#include "io/watched_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct watched_file {
    char *path;
    bool is_there;
    bool is_fresh; /* it was written not long before it was last looked at */
    struct stat status;
};

struct sp_watched_files {
    struct watched_file items[SP_WATCHED_FILES_MAX];
    size_t items_n;
};

struct sp_watched_files *sp_watched_files_new(void)
{
    return calloc(1, sizeof(struct sp_watched_files));
}

void sp_watched_files_free(struct sp_watched_files *files)
{
    for (size_t i = 0; files != NULL && i < files->items_n; i++) {
        free(files->items[i].path);
    }
    free(files);
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mode == b->st_mode && is_same_time(&a->st_mtim, &b->st_mtim) &&
           is_same_time(&a->st_ctim, &b->st_ctim);
}

/* Notes what the file is now. True when it is to be read anew. */
static bool look(struct watched_file *file, int64_t now_s)
{
    struct stat status = {0};
    bool is_there = stat(file->path, &status) == 0;
    bool is_changed = is_there != file->is_there || (is_there && !is_same(&status, &file->status));
    bool was_fresh = file->is_fresh;
    file->is_there = is_there;
    file->status = status;
    file->is_fresh = is_there && now_s - (int64_t)status.st_ctim.tv_sec < SP_WATCHED_FILES_FRESH_S;
    return is_changed || was_fresh;
}

enum sp_error sp_watched_files_add(struct sp_watched_files *files, const char *path, int64_t now_s)
{
    if (files->items_n == SP_WATCHED_FILES_MAX) {
        return SP_ERR_TOO_MANY;
    }
    struct watched_file *file = &files->items[files->items_n];
    *file = (struct watched_file){.path = strdup(path)};
    if (file->path == NULL) {
        return SP_ERR_MEMORY;
    }
    files->items_n++;
    (void)look(file, now_s);
    return SP_OK;
}

bool sp_watched_files_look(struct sp_watched_files *files, int64_t now_s)
{
    bool is_changed = false;
    for (size_t i = 0; i < files->items_n; i++) {
        is_changed |= look(&files->items[i], now_s);
    }
    return is_changed;
}
