/* SPDX-License-Identifier: Apache-2.0 */
#include "io/cpu.h"

#include "../suite.h"

#include <sched.h>

SP_TEST(there_is_at_least_one_and_at_most_what_may_be_used)
{
    cpu_set_t set;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    ck_assert_uint_ge(sp_cpu_count(), 1);
    ck_assert_uint_le(sp_cpu_count(), (unsigned)CPU_COUNT(&set));
}
SP_TEST_END

SP_TEST(a_process_bound_to_one_has_one)
{
    cpu_set_t set;
    cpu_set_t one;
    size_t first = 0;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    while (!CPU_ISSET(first, &set)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_uint_eq(sp_cpu_count(), 1);
}
SP_TEST_END

SP_SUITE("io/cpu", there_is_at_least_one_and_at_most_what_may_be_used, a_process_bound_to_one_has_one)
