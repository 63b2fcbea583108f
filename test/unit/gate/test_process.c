/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/process.h"

#include "../suite.h"

SP_TEST(there_are_counters_for_each_loop_and_for_calls)
{
    struct sp_process process;
    struct sp_diag diag = {0};
    ck_assert_int_eq(sp_process_init(&process, 3, &diag), SP_OK);
    ck_assert_uint_eq(process.threads_n, 3);
    ck_assert_uint_eq(process.metrics_n, 4);
    for (size_t i = 0; i < process.metrics_n; i++) {
        ck_assert_uint_eq(atomic_load(&process.metrics[i]->refused[SP_REFUSAL_LIMIT]), 0);
    }
    sp_process_done(&process);
    ck_assert_uint_eq(process.metrics_n, 0);
}
SP_TEST_END

SP_SUITE("gate/process", there_are_counters_for_each_loop_and_for_calls)
