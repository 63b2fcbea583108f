/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CPU_H
#define SP_IO_CPU_H

/* How many loop threads this process can keep busy: the container's cpu quota (cgroup v2 cpu.max, v1 cfs),
 * rounded up, at most the cpus it may run on; at least 1. */
unsigned sp_cpu_count(void);

#endif
