/* SPDX-License-Identifier: Apache-2.0 */
#include "session/replays.h"

#include "../suite.h"

#include <stdio.h>

#define NOW_S 1700000000

static void free_replays(struct sp_replays **replays)
{
    sp_replays_free(*replays);
}

#define REPLAYS __attribute__((cleanup(free_replays))) struct sp_replays *

static struct sp_replays *new_replays(void)
{
    ck_assert_int_eq(sp_random_init(), 0);
    struct sp_replays *replays = sp_replays_new(&sp_random_system);
    ck_assert_ptr_nonnull(replays);
    return replays;
}

static bool take_number(struct sp_replays *replays, unsigned number, int64_t until_s, int64_t now_s)
{
    char id[16];
    int len = snprintf(id, sizeof id, "j%u", number);
    return sp_replays_take(replays, (struct sp_str){id, (size_t)len}, until_s, now_s);
}

SP_TEST(an_id_counts_once_until_its_end)
{
    REPLAYS replays = new_replays();
    ck_assert(sp_replays_take(replays, SP_STR("a"), NOW_S + 10, NOW_S));
    ck_assert(!sp_replays_take(replays, SP_STR("a"), NOW_S + 10, NOW_S));
    ck_assert(!sp_replays_take(replays, SP_STR("a"), NOW_S + 99, NOW_S + 9));
    ck_assert(sp_replays_take(replays, SP_STR("b"), NOW_S + 10, NOW_S + 9));
    ck_assert(sp_replays_take(replays, SP_STR("a"), NOW_S + 99, NOW_S + 10));
}
SP_TEST_END

SP_TEST(ac_36_a_full_table_forgets_what_ends_first)
{
    REPLAYS replays = new_replays();
    for (unsigned i = 0; i < SP_REPLAYS_MAX_N; i++) {
        ck_assert(take_number(replays, i, NOW_S + 100 + i, NOW_S));
    }
    for (unsigned i = 0; i < SP_REPLAYS_MAX_N; i += 100) {
        ck_assert(!take_number(replays, i, NOW_S + 100 + i, NOW_S));
    }
    ck_assert(take_number(replays, SP_REPLAYS_MAX_N, NOW_S + 9999, NOW_S));
    ck_assert(!take_number(replays, 1, NOW_S + 101, NOW_S));
    ck_assert(!take_number(replays, SP_REPLAYS_MAX_N, NOW_S + 9999, NOW_S));
    ck_assert(take_number(replays, 0, NOW_S + 9999, NOW_S));
}
SP_TEST_END

SP_SUITE("replays", an_id_counts_once_until_its_end, ac_36_a_full_table_forgets_what_ends_first)
