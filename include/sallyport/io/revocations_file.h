/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REVOCATIONS_FILE_H
#define SP_IO_REVOCATIONS_FILE_H

/*
 * The file of the setting `revocations_file`, with which the table of revocations survives a restart. Each
 * process has its own file. It is read at startup. The main thread writes a new one and renames it when the
 * table has changed, once a second and at exit. Revocations of the last second before a crash are lost.
 *
 * A file that exists but cannot be read is an error at startup: without it, the revoked sessions would be
 * valid again. A failure to write it is logged, and the write is retried.
 */

#include "session/revocations.h"

struct sp_revocations_file {
    const char *path; /* borrowed */
    uint64_t kept;    /* sp_revocations_changes when the file was written */
    bool is_failing;
};

/*
 * Fills a table that no other thread has yet. If `table` is NULL, only checks the file. A missing file counts
 * as an empty one.
 *
 *   SP_ERR_IO      it cannot be read, or its folder does not allow a new one to be written
 *   SP_ERR_FORMAT  it is not such a file, or is truncated; `diag` has the line
 *   SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_revocations_file_read(const char *path, int64_t now_s, struct sp_revocations *table,
                                       struct sp_diag *diag) __attribute__((warn_unused_result));

/* Writes the file if the table has changed since the last write. Of several failures, the first is logged. */
void sp_revocations_file_keep(struct sp_revocations_file *file, struct sp_revocations *table);

#endif
