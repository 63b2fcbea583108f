/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_WATCHED_FILES_H
#define SP_IO_WATCHED_FILES_H

/*
 * Files that may be replaced while the program runs. Once a second the main thread compares what stat(2)
 * returns for the files that their names lead to, and reads all of them again if one has changed. inotify is
 * not used: it reports neither the links that the kubelet swaps (`..data`), nor what another machine writes
 * to a network file system.
 *
 * Nothing is opened here, so a FIFO, a folder or a large file delays nothing; sp_file_read reports what is
 * wrong with it. Files are read when two consecutive checks agree about all of them: files that are written
 * slowly, or one after the other, are then complete. Files that keep changing are read after
 * SP_WATCHED_FILES_RESTLESS_N checks. The times of files are coarse: two writes within a tick look like one.
 * So a file that was written in the last seconds before it was added counts as changed, and the reader
 * compares its content.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SP_WATCHED_FILES_MAX        2048
#define SP_WATCHED_FILES_MS         1000 /* between two checks */
#define SP_WATCHED_FILES_FRESH_S    2    /* how long a second write may leave the file's time unchanged */
#define SP_WATCHED_FILES_RESTLESS_N 10

struct sp_watched_files;

/* An empty set. NULL if out of memory. */
struct sp_watched_files *sp_watched_files_new(void) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_watched_files_free(struct sp_watched_files *files);

/*
 * Begins to watch `path` in its current state. Call it once for each file, before reading the file.
 *
 *   now_s  by the wall clock
 *
 *   SP_ERR_TOO_MANY  there are SP_WATCHED_FILES_MAX already
 *   SP_ERR_MEMORY
 */
enum sp_error sp_watched_files_add(struct sp_watched_files *files, const char *path, int64_t now_s)
    __attribute__((warn_unused_result));

/* True if all files must be read again: one of them was changed, removed or created, and none has changed
 * since the previous check. */
bool sp_watched_files_look(struct sp_watched_files *files) __attribute__((warn_unused_result));

#endif
