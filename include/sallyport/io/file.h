/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_FILE_H
#define SP_IO_FILE_H

/*
 * Small files, which are read and written as a whole. A UTF-8 byte order mark at the start of a file, which
 * some editors add, is skipped.
 */

#include "base/buf.h"
#include "config/reports.h"

struct sp_file_info {
    bool is_missing;      /* no file has that name */
    bool is_forbidden;    /* it exists, but this user may not read it */
    bool readable_by_all; /* its mode lets everybody read it */
    bool can_be_closed;   /* chmod can change its mode: this user owns it and may write to its folder */
    bool is_mount;        /* it is a mount point, so its replacement outside the container is not visible */
};

struct sp_file_names {
    char **items; /* owned */
    size_t items_n;
};

/*
 * Reads `path` into `out`, whose limit is the largest accepted file.
 *
 *   info          set on failure too
 *
 *   SP_ERR_IO     cannot be opened or read, or is not a regular file; `diag` states which, and the owner of a
 *                 file that may not be read
 *   SP_ERR_LIMIT  larger than the limit
 *   SP_ERR_FORMAT UTF-16, which cannot be read here
 */
enum sp_error sp_file_read(const char *path, struct sp_buf *out, struct sp_file_info *info,
                           struct sp_diag *diag) __attribute__((warn_unused_result));

/* Who creates a file. */
enum sp_file_maker {
    SP_FILE_BY_OTHERS,
    SP_FILE_BY_KEYGEN, /* `sallyport keygen` */
};

/*
 * Appends advice for a container, where the file usually belongs to another user or is on a read-only mount.
 * There, chmod 600 is impossible, or would lock this user out.
 */
void sp_file_append_remedy(enum sp_file_maker maker, struct sp_buf *out);

/* Reports a file that everybody can read. If chmod can change that, the report is of `kind`. Otherwise it
 * is a warning, because nobody in the container could fix an error, and the container is the security
 * boundary. */
void sp_file_report_open(const struct sp_file_info *info, enum sp_file_maker maker, enum sp_report_kind kind,
                         struct sp_place *place, struct sp_reports *reports);

/*
 * Lists the names in a folder that do not begin with a dot, in byte order.
 *
 *   SP_ERR_IO     it cannot be read; `diag` states why
 *   SP_ERR_LIMIT  more than `max_n`
 *   SP_ERR_MEMORY
 */
enum sp_error sp_file_list(const char *folder, size_t max_n, struct sp_file_names *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* Accepts the zero value. */
void sp_file_names_done(struct sp_file_names *names);

/*
 * Creates `path` with mode 0600 and its whole content in one step. So a concurrent process, or the next one
 * after a crash, finds a complete file or none. Never replaces a file.
 *
 *   SP_ERR_DUPLICATE  it exists
 *   SP_ERR_IO         otherwise
 */
enum sp_error sp_file_create_secret(const char *path, struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * Replaces `path`, or the file that it links to, with a new one in one step (write, fsync, rename). Owner,
 * group and the group's permissions do not change; nobody else may read the new file.
 */
enum sp_error sp_file_replace_secret(const char *path, struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
