/* SPDX-License-Identifier: Apache-2.0 */
#include "base/random.h"

#include "base/str.h"

#include "../suite.h"

SP_TEST(starting_twice_is_no_failure)
{
    ck_assert_int_eq(sp_random_init(), 0);
    ck_assert_int_eq(sp_random_init(), 0);
}
SP_TEST_END

SP_TEST(two_draws_of_the_system_differ_and_stay_in_their_place)
{
    uint8_t a[34] = {0};
    uint8_t b[34] = {0};
    ck_assert_int_eq(sp_random_init(), 0);
    sp_random_fill(&sp_random_system, a + 1, 32);
    sp_random_fill(&sp_random_system, b + 1, 32);
    ck_assert_mem_ne(a + 1, b + 1, 32);
    ck_assert_uint_eq(a[0] | a[33] | b[0] | b[33], 0);
    sp_random_fill(&sp_random_system, a, 0);
    ck_assert_uint_eq(a[0], 0);
}
SP_TEST_END

static void fill_counting(void *context, uint8_t *out, size_t len)
{
    uint8_t *next = context;
    for (size_t i = 0; i < len; i++) {
        out[i] = (*next)++;
    }
}

SP_TEST(a_test_can_choose_what_is_drawn)
{
    uint8_t next = 5;
    uint8_t bytes[3];
    const struct sp_random counting = {.fill = fill_counting, .context = &next};
    sp_random_fill(&counting, bytes, sizeof bytes);
    ck_assert_mem_eq(bytes, "\x05\x06\x07", 3);
    ck_assert_uint_eq(next, 8);
}
SP_TEST_END

SP_SUITE("random", starting_twice_is_no_failure, two_draws_of_the_system_differ_and_stay_in_their_place,
         a_test_can_choose_what_is_drawn)
