/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_PROCESS_USAGE_H
#define SP_IO_PROCESS_USAGE_H

/*
 * What the process uses of the machine, as the kernel tells it, for the metrics `process_*` that every client
 * library of Prometheus exposes under the same names (instrumentation guide "Writing client libraries", process
 * metrics).
 *
 * Read at a scrape, on a loop thread. The files of /proc/self are written by the kernel as they are read and wait
 * for no disk; counting 4,000 descriptors takes less than a millisecond.
 */

#include "base/str.h"

#include <stdint.h>

/* Below 0: the kernel does not tell (no /proc). */
struct sp_process_usage {
    int64_t cpu_us; /* of all threads since the start, in user and kernel mode */
    int64_t resident_bytes;
    int64_t virtual_bytes;
    int64_t threads_n;
    int64_t open_fds_n;
    int64_t max_fds_n; /* the soft limit */
};

struct sp_process_usage sp_process_usage_read(void);

/* Takes threads, virtual and resident memory out of the text of /proc/self/stat (proc(5)); leaves `out` as it was
 * when it is not of that form. */
void sp_process_usage_parse_stat(struct sp_str text, int64_t page_bytes, struct sp_process_usage *out);

#endif
