/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_IO_CLOCK_STUB_H
#define SP_TEST_UNIT_IO_CLOCK_STUB_H

/*
 * A clock that stands still until a test moves it, in place of io/clock.c: the linker uses these functions
 * and leaves out that file. Waits of minutes are tested in milliseconds, to the millisecond.
 */

#include "io/clock.h"

#include <stdatomic.h>

#define CLOCK_START_S 1700000000 /* the time of test/unit/oidc/issuer.h */

static atomic_int_fast64_t clock_moved_ms;

static inline void clock_move_ms(int64_t by_ms)
{
    atomic_fetch_add(&clock_moved_ms, by_ms);
}

int64_t sp_clock_now_s(void)
{
    return CLOCK_START_S + atomic_load(&clock_moved_ms) / 1000;
}

int64_t sp_clock_now_ms(void)
{
    return CLOCK_START_S * INT64_C(1000) + atomic_load(&clock_moved_ms);
}

int64_t sp_clock_monotonic_ms(void)
{
    return 1000 + atomic_load(&clock_moved_ms);
}

int64_t sp_clock_monotonic_ns(void)
{
    return sp_clock_monotonic_ms() * 1000000;
}

#endif
