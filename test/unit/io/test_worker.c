/* SPDX-License-Identifier: Apache-2.0 */
#include "io/worker.h"

#include "calls.h"
#include "clock_stub.h"

/* ---- tasks ----------------------------------------------------------------------------------------- */

struct turn {
    struct sp_task task;
    atomic_int *turns_n;
    int at;
};

static void take_turn(struct sp_task *task)
{
    struct turn *turn = (struct turn *)(void *)task;
    turn->at = atomic_fetch_add(turn->turns_n, 1);
}

SP_TEST(tasks_run_in_the_order_of_their_posting)
{
    RIG rig = rig_new();
    struct turn turns[100];
    atomic_int turns_n = 0;
    for (int i = 0; i < 100; i++) {
        turns[i] = (struct turn){.task = {.run = take_turn}, .turns_n = &turns_n};
        sp_worker_post(rig->worker, &turns[i].task);
    }
    WAIT_FOR(atomic_load(&turns_n) == 100);
    let_timers_run(rig);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(turns[i].at, i);
    }
}
SP_TEST_END

/* ---- timers ---------------------------------------------------------------------------------------- */

struct alarm {
    struct sp_task task;
    struct rig *rig;
    int64_t delay_ms;
    atomic_int fired_n;
};

static void on_alarm(void *context)
{
    struct alarm *alarm = context;
    atomic_fetch_add(&alarm->fired_n, 1);
}

static void set_alarm(struct sp_task *task)
{
    struct alarm *alarm = (struct alarm *)(void *)task;
    sp_worker_after(alarm->rig->worker, alarm->delay_ms, on_alarm, alarm);
}

static void arm(struct rig *rig, struct alarm *alarm, int64_t delay_ms)
{
    alarm->task.run = set_alarm;
    alarm->rig = rig;
    alarm->delay_ms = delay_ms;
    sp_worker_post(rig->worker, &alarm->task);
    let_timers_run(rig);
}

static void pass(struct rig *rig, int64_t by_ms)
{
    clock_move_ms(by_ms);
    let_timers_run(rig);
}

SP_TEST(a_timer_fires_once_when_its_time_has_come)
{
    RIG rig = rig_new();
    struct alarm first = {0};
    struct alarm second = {0};
    arm(rig, &first, 1000);
    arm(rig, &second, 3000);
    pass(rig, 999);
    ck_assert_int_eq(atomic_load(&first.fired_n), 0);
    pass(rig, 1);
    ck_assert_int_eq(atomic_load(&first.fired_n), 1);
    pass(rig, 2000);
    ck_assert_int_eq(atomic_load(&first.fired_n), 1);
    ck_assert_int_eq(atomic_load(&second.fired_n), 1);
}
SP_TEST_END

SP_TEST(a_timer_that_is_set_again_moves)
{
    RIG rig = rig_new();
    struct alarm alarm = {0};
    arm(rig, &alarm, 1000);
    pass(rig, 500);
    arm(rig, &alarm, 1000);
    pass(rig, 999);
    ck_assert_int_eq(atomic_load(&alarm.fired_n), 0);
    pass(rig, 1);
    ck_assert_int_eq(atomic_load(&alarm.fired_n), 1);
}
SP_TEST_END

SP_SUITE("io/worker", tasks_run_in_the_order_of_their_posting, a_timer_fires_once_when_its_time_has_come,
         a_timer_that_is_set_again_moves)
