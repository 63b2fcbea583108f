/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_IO_CLOCK_H
#define SP_IO_CLOCK_H

/* The only place that reads a clock. The wall clock is for times that people and other programs see.
 * Durations are measured with the monotonic clock, which no time server sets back. */

#include <stdint.h>

int64_t sp_clock_now_s(void);
int64_t sp_clock_now_ms(void);
int64_t sp_clock_monotonic_ms(void);
int64_t sp_clock_monotonic_ns(void);

#endif
