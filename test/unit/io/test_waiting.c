/* SPDX-License-Identifier: Apache-2.0 */
#include "io/waiting.h"

#include "../suite.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a thing that is waited for, and a loop that hears of it ---------------------------------------- */

static int woken_n;

static void on_wake(void *context)
{
    (void)context;
    woken_n++;
}

static int posted_n;

static void on_posted(struct sp_message *message)
{
    (void)message;
    posted_n++;
}

struct scene {
    struct sp_waiting *waiting;
    struct sp_mailbox *mailbox;
    struct sp_waiters waiters;
    struct sp_wait waits[SP_WAITING_MAX + 1];
    char owners[SP_WAITING_MAX + 1][8];
};

/* Nothing waits yet; each wait will have its own owner. */
static struct scene *new_scene(struct sp_waiting_limits limits)
{
    struct scene *scene = calloc(1, sizeof *scene);
    ck_assert_ptr_nonnull(scene);
    scene->waiting = sp_waiting_new(limits);
    scene->mailbox = sp_mailbox_new(on_wake, NULL);
    scene->waiters = (struct sp_waiters){.max = SIZE_MAX, .full = "this one is full"};
    ck_assert_ptr_nonnull(scene->waiting);
    ck_assert_ptr_nonnull(scene->mailbox);
    for (size_t i = 0; i <= SP_WAITING_MAX; i++) {
        snprintf(scene->owners[i], sizeof scene->owners[i], "%zu", i);
        scene->waits[i] = (struct sp_wait){.message.deliver = on_posted,
                                           .mailbox = scene->mailbox,
                                           .owner = sp_str_from_c(scene->owners[i])};
    }
    posted_n = 0;
    return scene;
}

static void free_scene(struct scene **scene)
{
    sp_waiting_free((*scene)->waiting);
    free((*scene)->mailbox);
    free(*scene);
}

#define SCENE __attribute__((cleanup(free_scene))) struct scene *

static const struct sp_waiting_limits wide = {SP_WAITING_MAX, SP_WAITING_MAX, SP_WAITING_OWNER_MAX};

static void enter(struct scene *scene, size_t i)
{
    const char *refusal = sp_waiting_enter(scene->waiting, &scene->waiters, &scene->waits[i]);
    ck_assert_msg(refusal == NULL, "%zu: %s", i, refusal);
}

static void assert_refused(struct scene *scene, size_t i, const char *words)
{
    const char *refusal = sp_waiting_enter(scene->waiting, &scene->waiters, &scene->waits[i]);
    ck_assert_ptr_nonnull(refusal);
    ck_assert_msg(strstr(refusal, words) != NULL, "%s", refusal);
}

/* ---- the end of a wait ----------------------------------------------------------------------------- */

SP_TEST(all_that_wait_for_one_thing_are_posted_once)
{
    SCENE scene = new_scene(wide);
    int outcome = 7;
    for (size_t i = 0; i < 3; i++) {
        enter(scene, i);
    }
    struct sp_wait *wait = sp_waiting_take(scene->waiting, &scene->waiters);
    ck_assert_uint_eq(scene->waiters.n, 0);
    while (wait != NULL) {
        struct sp_wait *next = wait->next;
        sp_wait_post(wait, &outcome);
        wait = next;
    }
    sp_mailbox_deliver(scene->mailbox);
    ck_assert_int_eq(posted_n, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_eq(scene->waits[i].outcome, &outcome);
        ck_assert(!sp_waiting_withdraw(&scene->waits[i]));
    }
    ck_assert_ptr_null(sp_waiting_take(scene->waiting, &scene->waiters));
}
SP_TEST_END

SP_TEST(what_is_withdrawn_is_not_posted_wherever_it_stands_in_the_list)
{
    for (size_t gone = 0; gone < 3; gone++) {
        SCENE scene = new_scene(wide);
        for (size_t i = 0; i < 3; i++) {
            enter(scene, i);
        }
        ck_assert(sp_waiting_withdraw(&scene->waits[gone]));
        ck_assert(!sp_waiting_withdraw(&scene->waits[gone]));
        size_t n = 0;
        struct sp_wait *wait = sp_waiting_take(scene->waiting, &scene->waiters);
        for (; wait != NULL; wait = wait->next) {
            ck_assert_ptr_ne(wait, &scene->waits[gone]);
            n++;
        }
        ck_assert_uint_eq(n, 2);
    }
}
SP_TEST_END

SP_TEST(what_was_never_let_in_cannot_be_withdrawn)
{
    SCENE scene = new_scene(wide);
    ck_assert(!sp_waiting_withdraw(&scene->waits[0]));
}
SP_TEST_END

/* ---- AC 88: those that wait are limited ------------------------------------------------------------ */

SP_TEST(ac_88_those_that_wait_are_a_quarter_of_the_connections_at_most)
{
    static const struct {
        size_t auth_max;
        size_t pages_max;
        size_t waiting_max;
        size_t pages_waiting_max;
    } cases[] = {
        {1000000, 125000, 128, 128}, {4096, 512, 128, 128}, {516, 511, 128, 127}, {512, 64, 128, 16},
        {511, 64, 127, 16},          {16, 64, 4, 16},       {7, 64, 1, 16},       {1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_waiting_limits limits =
            sp_waiting_limits_of(cases[i].auth_max, cases[i].pages_max, SP_WAITING_MAX);
        ck_assert_uint_eq(limits.waiting_max, cases[i].waiting_max);
        ck_assert_uint_eq(limits.pages_waiting_max, cases[i].pages_waiting_max);
    }
}
SP_TEST_END

SP_TEST(ac_88_each_limit_holds_and_a_place_that_is_given_back_is_free)
{
    SCENE scene = new_scene(wide);
    for (size_t i = 0; i < SP_WAITING_MAX; i++) {
        enter(scene, i);
    }
    assert_refused(scene, SP_WAITING_MAX, "wait for the issuer");
    ck_assert(sp_waiting_withdraw(&scene->waits[5]));
    enter(scene, SP_WAITING_MAX);
}
SP_TEST_END

SP_TEST(ac_88_the_pages_listener_has_a_limit_of_its_own)
{
    SCENE scene = new_scene((struct sp_waiting_limits){SP_WAITING_MAX, 2, SP_WAITING_OWNER_MAX});
    for (size_t i = 0; i < 3; i++) {
        scene->waits[i].is_by_pages = true;
    }
    enter(scene, 0);
    enter(scene, 1);
    assert_refused(scene, 2, "pages listener");
    enter(scene, 3);
    ck_assert(sp_waiting_withdraw(&scene->waits[3]));
    assert_refused(scene, 2, "pages listener");
    ck_assert(sp_waiting_withdraw(&scene->waits[0]));
    enter(scene, 2);
}
SP_TEST_END

SP_TEST(ac_88_one_owner_cannot_take_the_places_of_all)
{
    SCENE scene = new_scene(wide);
    for (size_t i = 0; i < SP_WAITING_OWNER_MAX; i++) {
        scene->waits[i].owner = SP_STR("ada");
        enter(scene, i);
    }
    struct sp_waiters others = {.max = 1, .full = "this one is full"};
    scene->waits[10].owner = SP_STR("ada");
    ck_assert_ptr_nonnull(sp_waiting_enter(scene->waiting, &others, &scene->waits[10]));
    ck_assert_ptr_null(sp_waiting_enter(scene->waiting, &others, &scene->waits[11]));
    ck_assert_str_eq(sp_waiting_enter(scene->waiting, &others, &scene->waits[12]), "this one is full");
}
SP_TEST_END

SP_SUITE("io/waiting", all_that_wait_for_one_thing_are_posted_once,
         what_is_withdrawn_is_not_posted_wherever_it_stands_in_the_list,
         what_was_never_let_in_cannot_be_withdrawn,
         ac_88_those_that_wait_are_a_quarter_of_the_connections_at_most,
         ac_88_each_limit_holds_and_a_place_that_is_given_back_is_free,
         ac_88_the_pages_listener_has_a_limit_of_its_own, ac_88_one_owner_cannot_take_the_places_of_all)
