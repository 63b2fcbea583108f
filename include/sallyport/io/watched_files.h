/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_WATCHED_FILES_H
#define SP_IO_WATCHED_FILES_H

/*
 * Files that somebody may replace while the program runs, looked at once a second by what stat(2) says of
 * what their names lead to: the main thread asks, and reads them anew when one of them is another. There is no
 * inotify: it sees neither the links that the kubelet turns (`..data`), nor what another machine writes on a
 * network file system.
 *
 * Nothing is opened here, so a FIFO, a folder or a file of any size holds nobody up; sp_file_read tells what
 * is wrong with it. Files are read when two looks in a row agree about all of them: what is written slowly, or
 * one file after the other, is then whole. Files that never rest are read after SP_WATCHED_FILES_RESTLESS_N
 * looks. The times of a file are coarse: two writes within them look like one. So a file that was written in
 * the last seconds before it was added counts as changed; who reads it compares what is in it.
 */

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define SP_WATCHED_FILES_MAX        2048
#define SP_WATCHED_FILES_MS         1000 /* between two looks */
#define SP_WATCHED_FILES_FRESH_S    2    /* for so long a file may be written again without another time */
#define SP_WATCHED_FILES_RESTLESS_N 10

struct sp_watched_files;

/* None. NULL without memory. */
struct sp_watched_files *sp_watched_files_new(void) __attribute__((warn_unused_result));

/* Accepts NULL. */
void sp_watched_files_free(struct sp_watched_files *files);

/*
 * Begins to look at `path`, as it is now: called before it is read. Once for each file.
 *
 *   now_s  by the clock on the wall
 *
 *   SP_ERR_TOO_MANY  there are SP_WATCHED_FILES_MAX
 *   SP_ERR_MEMORY
 */
enum sp_error sp_watched_files_add(struct sp_watched_files *files, const char *path, int64_t now_s)
    __attribute__((warn_unused_result));

/* True when all are to be read anew: one of them was another file, gone, or there at last, and none has changed
 * since the look before. */
bool sp_watched_files_look(struct sp_watched_files *files) __attribute__((warn_unused_result));

#endif
