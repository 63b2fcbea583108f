/* SPDX-License-Identifier: Apache-2.0 */
#include "io/clock.h"

#include "../suite.h"

#include <time.h>

SP_TEST(seconds_and_milliseconds_tell_the_same_time)
{
    int64_t before_s = (int64_t)time(NULL);
    int64_t now_s = sp_clock_now_s();
    int64_t now_ms = sp_clock_now_ms();
    ck_assert_int_ge(now_s, before_s - 1);
    ck_assert_int_le(now_s, now_ms / 1000);
    ck_assert_int_le(now_ms / 1000, now_s + 5);
}
SP_TEST_END

SP_TEST(the_clock_for_spans_never_goes_back)
{
    int64_t before_ns = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t now_ns = sp_clock_monotonic_ns();
        ck_assert_int_ge(now_ns, before_ns);
        ck_assert_int_ge(sp_clock_monotonic_ms(), now_ns / 1000000);
        before_ns = now_ns;
    }
    ck_assert_int_gt(before_ns, 0);
}
SP_TEST_END

SP_SUITE("io/clock", seconds_and_milliseconds_tell_the_same_time, the_clock_for_spans_never_goes_back)
