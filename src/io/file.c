/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static enum sp_error read_all(int fd, const char *path, struct sp_buf *out, struct sp_diag *diag)
{
    char step[READ_STEP];
    for (;;) {
        ssize_t n = read(fd, step, sizeof step);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return report_errno(diag, "read", path);
        }
        if (n == 0) {
            break;
        }
        sp_buf_append(out, (struct sp_str){step, (size_t)n});
    }
    explicit_bzero(step, sizeof step);
    if (sp_buf_error(out) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "%s is larger than %zu bytes", path, out->max);
    }
    return SP_OK;
}

enum sp_error sp_file_read(const char *path, struct sp_buf *out, struct sp_file_info *info,
                           struct sp_diag *diag)
{
    FD_SCOPED int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return report_errno(diag, "open", path);
    }
    struct stat status;
    struct stat link_status;
    if (fstat(fd, &status) != 0 || lstat(path, &link_status) != 0) {
        return report_errno(diag, "look at", path);
    }
    if (!S_ISREG(status.st_mode)) {
        return sp_diag_set(diag, SP_ERR_IO, "%s is not a regular file", path);
    }
    *info = (struct sp_file_info){
        .is_regular = S_ISREG(link_status.st_mode),
        .readable_by_all = (status.st_mode & S_IROTH) != 0,
    };
    return read_all(fd, path, out, diag);
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

/* The new file is for whom the old one was, but never for everybody. */
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

/* `old` is NULL where there is none to take the owner from. */
static enum sp_error write_new(const char *path, const struct stat *old, struct sp_str text,
                               struct sp_diag *diag)
{
    FD_SCOPED int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST) {
        return sp_diag_set(diag, SP_ERR_DUPLICATE, "%s exists already and is never replaced", path);
    }
    if (fd < 0) {
        return report_errno(diag, "create", path);
    }
    if (old != NULL && take_over_readers(fd, old) != 0) {
        return report_errno(diag, "keep the owner of the old file for", path);
    }
    return write_all(fd, text, path, diag);
}

enum sp_error sp_file_create_secret(const char *path, struct sp_str text, struct sp_diag *diag)
{
    return write_new(path, NULL, text, diag);
}

enum sp_error sp_file_replace_secret(const char *path, struct sp_str text, struct sp_diag *diag)
{
    char target[PATH_MAX];
    char temporary[PATH_MAX];
    struct stat old;
    if (realpath(path, target) != NULL) {
        path = target; /* a link stays one: others may lead to the file too */
    }
    int n = snprintf(temporary, sizeof temporary, "%s.new-%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "the file name is too long");
    }
    enum sp_error error = write_new(temporary, stat(path, &old) == 0 ? &old : NULL, text, diag);
    if (error == SP_OK && rename(temporary, path) != 0) {
        error = report_errno(diag, "replace", path);
    }
    if (error != SP_OK && error != SP_ERR_DUPLICATE) {
        unlink(temporary);
    }
    return error;
}
