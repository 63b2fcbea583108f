/* SPDX-License-Identifier: Apache-2.0 */
#include "io/process_usage.h"

#include "base/buf.h"
#include "base/number.h"
#include "io/file.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

/* Fields of /proc/self/stat, counted from the state, which is field 3 and follows the program's name. */
enum stat_field {
    STAT_THREADS = 20 - 3,
    STAT_VIRTUAL_BYTES = 23 - 3,
    STAT_RESIDENT_PAGES = 24 - 3,
};

#define STAT_LEN_MAX 1024 /* bytes; enough for 52 numbers and a name of 16 characters */

void sp_process_usage_parse_stat(struct sp_str text, int64_t page_bytes, struct sp_process_usage *out)
{
    size_t name_end = text.len;
    while (name_end > 0 && text.ptr[name_end - 1] != ')') { /* the name may contain parentheses */
        name_end--;
    }
    struct sp_str rest = sp_str_trim(sp_str_skip(text, name_end));
    uint64_t values[STAT_RESIDENT_PAGES + 1] = {0};
    for (size_t i = 0; i <= STAT_RESIDENT_PAGES; i++) {
        struct sp_str field = sp_str_cut(&rest, ' ');
        bool is_wanted = i == STAT_THREADS || i == STAT_VIRTUAL_BYTES || i == STAT_RESIDENT_PAGES;
        if (is_wanted && !sp_number_parse_u64(field, INT64_MAX / (uint64_t)page_bytes, &values[i])) {
            return;
        }
    }
    out->threads_n = (int64_t)values[STAT_THREADS];
    out->virtual_bytes = (int64_t)values[STAT_VIRTUAL_BYTES];
    out->resident_bytes = (int64_t)values[STAT_RESIDENT_PAGES] * page_bytes;
}

/* Excludes the descriptor that is used to count them. */
static int64_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return -1;
    }
    int64_t n = -1;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        n += entry->d_name[0] != '.';
    }
    closedir(folder);
    return n;
}

static int64_t spent_us(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

struct sp_process_usage sp_process_usage_read(void)
{
    struct sp_process_usage usage = {
        .cpu_us = -1,
        .resident_bytes = -1,
        .virtual_bytes = -1,
        .threads_n = -1,
        .open_fds_n = count_fds(),
        .max_fds_n = -1,
    };
    struct rusage spent;
    struct rlimit fds;
    struct sp_file_info info;
    SP_BUF_ON_STACK(stat, STAT_LEN_MAX);
    if (getrusage(RUSAGE_SELF, &spent) == 0) {
        usage.cpu_us = spent_us(&spent.ru_utime) + spent_us(&spent.ru_stime);
    }
    if (getrlimit(RLIMIT_NOFILE, &fds) == 0) {
        usage.max_fds_n = fds.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)fds.rlim_cur;
    }
    if (sp_file_read("/proc/self/stat", &stat, &info, NULL) == SP_OK) {
        sp_process_usage_parse_stat(sp_buf_str(&stat), sysconf(_SC_PAGESIZE), &usage);
    }
    return usage;
}
