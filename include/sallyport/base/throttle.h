/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_THROTTLE_H
#define SP_BASE_THROTTLE_H

/*
 * Limits how often an event that untrusted clients can cause at will is reported: at most once per period.
 * The first occurrence is reported at once; further ones within the period are only counted. Any number of
 * threads may share a throttle. Zero is its initial state.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sp_throttle {
    atomic_int_fast64_t next_ms;
    atomic_uint_fast64_t held_n;
};

/*
 * True if it should be reported now; `*held_n` is then how often it was suppressed since the last report.
 *
 *   now_ms  the time of a monotonic clock, not negative
 */
bool sp_throttle_pass(struct sp_throttle *throttle, int64_t now_ms, int64_t period_ms, uint64_t *held_n);

#endif
