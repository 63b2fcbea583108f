/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_FILE_H
#define SP_IO_FILE_H

/* Small files, read whole at start and written by `keygen`. */

#include "base/buf.h"

struct sp_file_info {
    bool is_regular;      /* false for what a symbolic link led to inside a mounted volume */
    bool readable_by_all; /* the mode lets everybody read */
};

/*
 * Reads `path` into `out`, whose ceiling is the largest accepted file.
 *
 *   SP_ERR_IO     cannot be opened or read, or is no regular file; `diag` says which
 *   SP_ERR_LIMIT  larger than the ceiling
 */
enum sp_error sp_file_read(const char *path, struct sp_buf *out, struct sp_file_info *info,
                           struct sp_diag *diag) __attribute__((warn_unused_result));

/* Creates `path` with mode 0600; never replaces a file. SP_ERR_DUPLICATE when it exists, SP_ERR_IO otherwise.
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
