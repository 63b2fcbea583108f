/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_REVOCATIONS_FILE_H
#define SP_IO_REVOCATIONS_FILE_H

/*
 * The file of the setting `revocations_file`, by which the table of revocations survives a restart. One
 * process has one file. It is read at the start, and written whole and renamed when the table has changed, by
 * the main thread once a second and at the end: what was revoked in the last second before a crash is lost.
 *
 * A file that is there and cannot be read is an error at the start: to go on without it would forget whom it
 * names. One that cannot be written is told in the log, and tried again.
 */

#include "session/revocations.h"

struct sp_revocations_file {
    const char *path; /* borrowed */
    uint64_t kept;    /* sp_revocations_changes of what the file holds */
    bool is_failing;
};

/*
 * Fills a table that nobody else has yet; NULL only reads, to judge the file. A file that is not there is an
 * empty one.
 *
 *   SP_ERR_IO      it cannot be read, or its folder does not let it be written anew
 *   SP_ERR_FORMAT  it is no such file, or a part of one; `diag` has the line
 *   SP_ERR_LIMIT, SP_ERR_MEMORY
 */
enum sp_error sp_revocations_file_read(const char *path, int64_t now_s, struct sp_revocations *table,
                                       struct sp_diag *diag) __attribute__((warn_unused_result));

/* Writes it where the table has changed since. What goes wrong is logged, once until it is well again. */
void sp_revocations_file_keep(struct sp_revocations_file *file, struct sp_revocations *table);

#endif
