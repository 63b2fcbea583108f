/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_BASE_THROTTLE_H
#define SP_BASE_THROTTLE_H

/*
 * Something that strangers can make happen as often as they like, and that is told at most once a period: the
 * first time at once, then what happened in between as a number. For any number of threads; zero is new.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct sp_throttle {
    atomic_int_fast64_t next_ms;
    atomic_uint_fast64_t held_n;
};

/*
 * True when it is to be told now; `*held_n` is then how often it was not since the last time.
 *
 *   now_ms  on a clock that never goes back, from 0
 */
bool sp_throttle_pass(struct sp_throttle *throttle, int64_t now_ms, int64_t period_ms, uint64_t *held_n);

#endif
