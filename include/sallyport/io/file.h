/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_FILE_H
#define SP_IO_FILE_H

/*
 * Small files, read whole at start and written by `keygen`. A byte order mark of UTF-8 at the start of a
 * file, which editors put there unasked, is no part of what is in it.
 */

#include "base/buf.h"
#include "config/reports.h"

struct sp_file_info {
    bool is_missing;      /* nothing has that name */
    bool is_forbidden;    /* it is there, and this user may not read it */
    bool readable_by_all; /* the mode lets everybody read */
    bool can_be_closed;   /* and chmod would change that: it is this user's, where this user may write */
    bool is_mount; /* it is mounted by itself: a file that takes its place elsewhere is not seen here */
};

struct sp_file_names {
    char **items; /* owned */
    size_t items_n;
};

/*
 * Reads `path` into `out`, whose ceiling is the largest accepted file.
 *
 *   info          set on failure too
 *
 *   SP_ERR_IO     cannot be opened or read, or is no regular file; `diag` says which, and of a file that is
 *                 forbidden whose it is
 *   SP_ERR_LIMIT  larger than the ceiling
 *   SP_ERR_FORMAT UTF-16, of which nothing here could be read
 */
enum sp_error sp_file_read(const char *path, struct sp_buf *out, struct sp_file_info *info,
                           struct sp_diag *diag) __attribute__((warn_unused_result));

/* Who makes a file. */
enum sp_file_maker {
    SP_FILE_BY_OTHERS,
    SP_FILE_BY_KEYGEN, /* `sallyport keygen` */
};

/*
 * Appends what helps in a container, where the file is usually another user's or on a read-only mount: there
 * nobody can run chmod 600, or it would lock this user out.
 */
void sp_file_append_remedy(enum sp_file_maker maker, struct sp_buf *out);

/* Reports a file that everybody can read: as `kind` where chmod helps. Elsewhere a refusal would be one that
 * nobody inside can mend, and the container is the border. */
void sp_file_report_open(const struct sp_file_info *info, enum sp_file_maker maker, enum sp_report_kind kind,
                         struct sp_place *place, struct sp_reports *reports);

/*
 * Lists the names in a folder that do not begin with a dot, in the order of their bytes.
 *
 *   SP_ERR_IO     it cannot be read; `diag` says why
 *   SP_ERR_LIMIT  more than `max_n`
 *   SP_ERR_MEMORY
 */
enum sp_error sp_file_list(const char *folder, size_t max_n, struct sp_file_names *out, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/* Accepts the zero value. */
void sp_file_names_done(struct sp_file_names *names);

/*
 * Creates `path` with mode 0600 and all that is in it in one step, so that who comes second at the same time,
 * or after a crash, finds a whole file or none. Never replaces a file.
 *
 *   SP_ERR_DUPLICATE  it exists
 *   SP_ERR_IO         otherwise
 */
enum sp_error sp_file_create_secret(const char *path, struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

/*
 * Replaces `path`, or the file that it links to, by a new one in one step (write, fsync, rename). Owner,
 * group and what the group may read stay as they were; nobody else may read the new one.
 */
enum sp_error sp_file_replace_secret(const char *path, struct sp_str text, struct sp_diag *diag)
    __attribute__((warn_unused_result));

#endif
