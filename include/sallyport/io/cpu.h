/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CPU_H
#define SP_IO_CPU_H

/* How many loop threads this process can keep busy: the container's CPU quota (cgroup v2 cpu.max, v1 cfs),
 * rounded up, but at least 1 and at most the number of CPUs that it may run on. */
unsigned sp_cpu_count(void);

#endif
