/* SPDX-License-Identifier: Apache-2.0 */
#include "io/watched_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct watched_file {
    char *path;
    bool is_there;
    struct stat status;
};

struct sp_watched_files {
    struct watched_file *items;
    size_t items_n;
    unsigned changed_n; /* number of checks that found a change since the files were read */
};

struct sp_watched_files *sp_watched_files_new(void)
{
    return calloc(1, sizeof(struct sp_watched_files));
}

void sp_watched_files_free(struct sp_watched_files *files)
{
    if (files != NULL) {
        for (size_t i = 0; i < files->items_n; i++) {
            free(files->items[i].path);
        }
        free(files->items);
        free(files);
    }
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

/* Stores the current state of the file. True if it has changed. */
static bool look(struct watched_file *file)
{
    struct stat status = {0};
    bool is_there = stat(file->path, &status) == 0;
    bool is_changed = is_there != file->is_there || (is_there && !is_same(&status, &file->status));
    file->is_there = is_there;
    file->status = status;
    return is_changed;
}

enum sp_error sp_watched_files_add(struct sp_watched_files *files, const char *path, int64_t now_s)
{
    if (files->items_n == SP_WATCHED_FILES_MAX) {
        return SP_ERR_TOO_MANY;
    }
    struct watched_file *items = reallocarray(files->items, files->items_n + 1, sizeof *items);
    if (items == NULL) {
        return SP_ERR_MEMORY;
    }
    files->items = items;
    struct watched_file *file = &items[files->items_n];
    *file = (struct watched_file){.path = strdup(path)};
    if (file->path == NULL) {
        return SP_ERR_MEMORY;
    }
    files->items_n++;
    (void)look(file);
    if (file->is_there && now_s - (int64_t)file->status.st_ctim.tv_sec < SP_WATCHED_FILES_FRESH_S) {
        files->changed_n = 1;
    }
    return SP_OK;
}

bool sp_watched_files_look(struct sp_watched_files *files)
{
    bool is_changed = false;
    for (size_t i = 0; i < files->items_n; i++) {
        is_changed |= look(&files->items[i]);
    }
    files->changed_n += is_changed;
    if (files->changed_n == 0 || (is_changed && files->changed_n < SP_WATCHED_FILES_RESTLESS_N)) {
        return false;
    }
    files->changed_n = 0;
    return true;
}
