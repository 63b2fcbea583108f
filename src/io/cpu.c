/* SPDX-License-Identifier: Apache-2.0 */
#include "io/cpu.h"

#include "base/buf.h"
#include "base/number.h"
#include "io/file.h"

#include <sched.h>

/* Reads the content of a small control file; false if it does not exist. */
static bool read_control(const char *path, struct sp_buf *out)
{
    struct sp_file_info info;
    sp_buf_clear(out);
    return sp_file_read(path, out, &info, NULL) == SP_OK;
}

static uint64_t round_up_quota(struct sp_str quota, struct sp_str period)
{
    uint64_t quota_us;
    uint64_t period_us;
    if (!sp_number_parse_u64(quota, UINT32_MAX, &quota_us) ||
        !sp_number_parse_u64(period, UINT32_MAX, &period_us) || quota_us == 0 || period_us == 0) {
        return 0;
    }
    return (quota_us + period_us - 1) / period_us;
}

/* The quota in CPUs, or 0 for none: `max 100000` or `150000 100000` in version 2, two files in version 1. */
static uint64_t read_quota(void)
{
    SP_BUF_ON_STACK(text, 64);
    if (read_control("/sys/fs/cgroup/cpu.max", &text)) {
        struct sp_str rest = sp_str_trim(sp_buf_str(&text));
        struct sp_str period = rest;
        struct sp_str quota = sp_str_cut(&period, ' ');
        period.len = sp_str_find(period, '\n');
        return round_up_quota(quota, period);
    }
    SP_BUF_ON_STACK(period, 64);
    if (read_control("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", &text) &&
        read_control("/sys/fs/cgroup/cpu/cpu.cfs_period_us", &period)) {
        struct sp_str quota = sp_buf_str(&text);
        struct sp_str length = sp_buf_str(&period);
        return round_up_quota(sp_str_cut(&quota, '\n'), sp_str_cut(&length, '\n'));
    }
    return 0;
}

unsigned sp_cpu_count(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    unsigned allowed = n > 0 ? (unsigned)n : 1;
    uint64_t quota = read_quota();
    return quota > 0 && quota < allowed ? (unsigned)quota : allowed;
}
