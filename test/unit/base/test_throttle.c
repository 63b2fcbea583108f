/* SPDX-License-Identifier: Apache-2.0 */
#include "base/throttle.h"

#include "../suite.h"

#include <pthread.h>

SP_TEST(the_first_time_passes_and_then_one_a_period_with_the_number_of_the_others)
{
    struct sp_throttle throttle = {0};
    uint64_t held_n = 9;
    ck_assert(sp_throttle_pass(&throttle, 0, 60000, &held_n));
    ck_assert_uint_eq(held_n, 0);
    ck_assert(!sp_throttle_pass(&throttle, 0, 60000, &held_n));
    ck_assert(!sp_throttle_pass(&throttle, 59999, 60000, &held_n));
    ck_assert(sp_throttle_pass(&throttle, 60000, 60000, &held_n));
    ck_assert_uint_eq(held_n, 2);
    ck_assert(!sp_throttle_pass(&throttle, 60001, 60000, &held_n));
    ck_assert(sp_throttle_pass(&throttle, 500000, 60000, &held_n));
    ck_assert_uint_eq(held_n, 1);
}
SP_TEST_END

#define THREADS_N 8
#define ASKED_N   1000

static struct sp_throttle shared;
static atomic_size_t passed_n;

static void *ask(void *unused)
{
    (void)unused;
    uint64_t held_n;
    for (size_t i = 0; i < ASKED_N; i++) {
        if (sp_throttle_pass(&shared, 7, 60000, &held_n)) {
            atomic_fetch_add(&passed_n, 1);
        }
    }
    return NULL;
}

SP_TEST(of_many_threads_at_once_one_passes_and_none_is_forgotten)
{
    pthread_t threads[THREADS_N];
    for (size_t i = 0; i < THREADS_N; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, NULL), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(atomic_load(&passed_n), 1);
    uint64_t held_n = 0;
    ck_assert(sp_throttle_pass(&shared, 60007, 60000, &held_n));
    ck_assert_uint_le(held_n, THREADS_N * ASKED_N - 1);
    ck_assert_uint_ge(held_n, ASKED_N);
}
SP_TEST_END

SP_SUITE("throttle", the_first_time_passes_and_then_one_a_period_with_the_number_of_the_others,
         of_many_threads_at_once_one_passes_and_none_is_forgotten)
