/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define REMEDY_MAX 1024 /* bytes of the advice */

#define READ_STEP 4096

static void close_descriptor(const int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

#define FD_SCOPED __attribute__((cleanup(close_descriptor)))

static enum sp_error report_errno(struct sp_diag *diag, const char *verb, const char *path)
{
    return sp_diag_set(diag, SP_ERR_IO, "cannot %s %s: %s", verb, path, strerror(errno));
}

static bool is_utf16(struct sp_str text)
{
    return sp_str_starts_with(text, SP_STR("\xff\xfe")) || sp_str_starts_with(text, SP_STR("\xfe\xff"));
}

static enum sp_error read_all(int fd, const char *path, struct sp_buf *out, struct sp_diag *diag)
{
    char step[READ_STEP];
    bool is_first = true;
    enum sp_error error = SP_OK;
    while (error == SP_OK && sp_buf_error(out) == SP_OK) {
        ssize_t n = read(fd, step, sizeof step);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n == 0) {
            break;
        }
        struct sp_str text = {step, n > 0 ? (size_t)n : 0};
        if (n < 0) {
            error = report_errno(diag, "read", path);
        } else if (is_first && is_utf16(text)) {
            error = sp_diag_set(diag, SP_ERR_FORMAT, "%s is in UTF-16: save it as UTF-8", path);
        }
        sp_buf_append(out, is_first ? sp_utf8_skip_mark(text) : text);
        is_first = false;
    }
    explicit_bzero(step, sizeof step);
    if (error == SP_OK && sp_buf_error(out) != SP_OK) {
        error = sp_diag_set(diag, SP_ERR_LIMIT, "%s is larger than %zu bytes", path, out->max);
    }
    return error;
}

static enum sp_error report_open(const char *path, struct sp_file_info *info, struct sp_diag *diag)
{
    int why = errno;
    struct stat status;
    bool is_there = lstat(path, &status) == 0;
    info->is_missing = !is_there && errno == ENOENT;
    info->is_forbidden = why == EACCES || why == EPERM;
    if (info->is_forbidden && stat(path, &status) == 0) {
        return sp_diag_set(diag, SP_ERR_IO,
                           "cannot open %s: %s: it belongs to user %u and group %u with mode %04o, and "
                           "this process is user %u",
                           path, strerror(why), status.st_uid, status.st_gid, status.st_mode & 07777,
                           geteuid());
    }
    errno = why;
    return report_errno(diag, "open", path);
}

/* True if the user of this process can change the mode: the user owns the file, its mount is not read-only,
 * and the user may write to its folder. Even the owner cannot change a file on a read-only volume, and should
 * not change one that is part of an image. */
static bool can_change(int fd, const char *path, const struct stat *status)
{
    struct statvfs mount;
    char real[PATH_MAX];
    if (status->st_uid != geteuid() || fstatvfs(fd, &mount) != 0 || (mount.f_flag & ST_RDONLY) != 0 ||
        realpath(path, real) == NULL) {
        return false;
    }
    return faccessat(AT_FDCWD, dirname(real), W_OK, AT_EACCESS) == 0;
}

enum sp_error sp_file_read(const char *path, struct sp_buf *out, struct sp_file_info *info,
                           struct sp_diag *diag)
{
    *info = (struct sp_file_info){0};
    FD_SCOPED int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return report_open(path, info, diag);
    }
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return report_errno(diag, "read the attributes of", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return sp_diag_set(diag, SP_ERR_IO, "%s is not a regular file", path);
    }
    struct statx mount;
    info->is_mount =
        statx(fd, "", AT_EMPTY_PATH, 0, &mount) == 0 && (mount.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    info->readable_by_all = (status.st_mode & S_IROTH) != 0;
    info->can_be_closed = info->readable_by_all && can_change(fd, path, &status);
    return read_all(fd, path, out, diag);
}

void sp_file_names_done(struct sp_file_names *names)
{
    for (size_t i = 0; i < names->items_n; i++) {
        free(names->items[i]);
    }
    free(names->items);
    *names = (struct sp_file_names){0};
}

void sp_file_append_remedy(enum sp_file_maker maker, struct sp_buf *out)
{
    unsigned user = geteuid();
    sp_buf_printf(out,
                  "in Kubernetes, mount it with defaultMode: 0440 and fsGroup, and without subPath; in "
                  "Docker Swarm, set uid: \"%u\" and mode: 0400 for the secret; for a file mounted from the "
                  "host, run chown %u and chmod 400 on it there%s",
                  user, user,
                  maker == SP_FILE_BY_KEYGEN
                      ? "; or use a named volume that `sallyport keygen --if-missing` fills"
                      : "");
}

void sp_file_report_open(const struct sp_file_info *info, enum sp_file_maker maker, enum sp_report_kind kind,
                         struct sp_place *place, struct sp_reports *reports)
{
    if (info->can_be_closed) {
        sp_reports_add(reports, kind, place, "everybody can read it; run chmod 600 on the file");
    } else if (info->readable_by_all) {
        SP_BUF_ON_STACK(remedy, REMEDY_MAX);
        sp_file_append_remedy(maker, &remedy);
        sp_reports_add(reports, SP_REPORT_WARNING, place,
                       "everybody in this container can read it, and user %u cannot change that: %s",
                       geteuid(), sp_buf_c_str(&remedy));
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum sp_error take_names(DIR *stream, size_t max_n, const char *folder, struct sp_file_names *names,
                                struct sp_diag *diag)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (entry == NULL) {
            return errno == 0 ? SP_OK : report_errno(diag, "read", folder);
        }
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (names->items_n == max_n) {
            return sp_diag_set(diag, SP_ERR_LIMIT, "%s has more than %zu files", folder, max_n);
        }
        char *name = sp_str_dup(sp_str_from_c(entry->d_name));
        char **items = reallocarray(names->items, names->items_n + 1, sizeof *items);
        names->items = items != NULL ? items : names->items;
        if (name == NULL || items == NULL) {
            free(name);
            return sp_diag_set(diag, SP_ERR_MEMORY, "out of memory");
        }
        items[names->items_n++] = name;
    }
}

enum sp_error sp_file_list(const char *folder, size_t max_n, struct sp_file_names *out, struct sp_diag *diag)
{
    struct sp_file_names names = {0};
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        return report_errno(diag, "open", folder);
    }
    enum sp_error error = take_names(stream, max_n, folder, &names, diag);
    closedir(stream);
    if (error != SP_OK) {
        sp_file_names_done(&names);
        return error;
    }
    if (names.items_n > 0) {
        qsort(names.items, names.items_n, sizeof *names.items, compare_names);
    }
    *out = names;
    return SP_OK;
}

static enum sp_error write_all(int fd, struct sp_str text, const char *path, struct sp_diag *diag)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return report_errno(diag, "write", path);
        }
        text = sp_str_skip(text, (size_t)n);
    }
    return fsync(fd) == 0 ? SP_OK : report_errno(diag, "write", path);
}

/* The new file keeps the owner, the group and the group's right to read. Nobody else can ever read it. */
static int take_over_readers(int fd, const struct stat *old)
{
    struct stat own;
    if (fstat(fd, &own) != 0) {
        return -1;
    }
    bool is_same = own.st_uid == old->st_uid && own.st_gid == old->st_gid;
    return is_same || fchown(fd, old->st_uid, old->st_gid) == 0 ? fchmod(fd, 0600 | (old->st_mode & 0040))
                                                                : -1;
}

/*
 * Writes the string into a new file next to `path`, whose name is then in `temporary`. Each attempt uses
 * another name, because a file left by a crash must not block the next. `old` is NULL if there is no file to
 * take the owner from.
 */
static enum sp_error write_beside(const char *path, const struct stat *old, struct sp_str text,
                                  char temporary[PATH_MAX], struct sp_diag *diag)
{
    int n = snprintf(temporary, PATH_MAX, "%s.new-XXXXXX", path);
    if (n < 0 || n >= PATH_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "the file name is too long");
    }
    FD_SCOPED int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return report_errno(diag, "create", path);
    }
    enum sp_error error = SP_OK;
    if (old != NULL && take_over_readers(fd, old) != 0) {
        error = report_errno(diag, "keep the owner of the old file for", path);
    }
    if (error == SP_OK) {
        error = write_all(fd, text, path, diag);
    }
    if (error != SP_OK) {
        unlink(temporary);
    }
    return error;
}

static enum sp_error refuse_existing(const char *path, struct sp_diag *diag)
{
    return sp_diag_set(diag, SP_ERR_DUPLICATE, "%s already exists and is never replaced", path);
}

/* Gives the file its name, unless that name exists. Some network file systems support only one of the two
 * methods below. */
static enum sp_error name_first(const char *temporary, const char *path, struct sp_diag *diag)
{
    bool is_named = renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ||
                    ((errno == EINVAL || errno == ENOSYS) && link(temporary, path) == 0);
    if (!is_named && errno == EEXIST) {
        return refuse_existing(path, diag);
    }
    return is_named ? SP_OK : report_errno(diag, "create", path);
}

enum sp_error sp_file_create_secret(const char *path, struct sp_str text, struct sp_diag *diag)
{
    struct stat there;
    char temporary[PATH_MAX];
    if (lstat(path, &there) == 0) { /* reported even if no file could be created here */
        return refuse_existing(path, diag);
    }
    enum sp_error error = write_beside(path, NULL, text, temporary, diag);
    if (error == SP_OK) {
        error = name_first(temporary, path, diag);
        unlink(temporary);
    }
    return error;
}

enum sp_error sp_file_replace_secret(const char *path, struct sp_str text, struct sp_diag *diag)
{
    char target[PATH_MAX];
    char temporary[PATH_MAX];
    struct stat old;
    if (realpath(path, target) != NULL) {
        path = target; /* keeps a symbolic link, because other links may point to the file too */
    }
    enum sp_error error = write_beside(path, stat(path, &old) == 0 ? &old : NULL, text, temporary, diag);
    if (error == SP_OK && rename(temporary, path) != 0) {
        error = report_errno(diag, "replace", path);
        unlink(temporary);
    }
    return error;
}
