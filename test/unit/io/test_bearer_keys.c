/* SPDX-License-Identifier: Apache-2.0 */
#include "io/bearer_keys.h"

#include "io_code_exchanges.h"

/* ---- the rig --------------------------------------------------------------------------------------- */

struct keys_rig {
    struct exchange_rig *base;
    struct sp_bearer_keys *keys;
};

static struct keys_rig *keys_rig_new(size_t waiting_max)
{
    struct keys_rig *rig = calloc(1, sizeof *rig);
    rig->base = exchange_rig_new(SP_USERINFO_UNUSED);
    rig->keys = sp_bearer_keys_new(rig->base->it->rig->worker, rig->base->it->issuer, rig->base->waiting,
                                   waiting_max);
    ck_assert_ptr_nonnull(rig->keys);
    return rig;
}

static void keys_rig_free(struct keys_rig **given)
{
    struct keys_rig *rig = *given;
    exchange_rig_free(&rig->base);
    sp_bearer_keys_free(rig->keys);
    free(rig);
}

#define KEYS_RIG __attribute__((cleanup(keys_rig_free))) struct keys_rig *

struct waiter {
    struct sp_wait wait; /* must be first */
    int delivered_n;
    char owner[16];
};

static void on_answered(struct sp_message *message)
{
    ((struct waiter *)(void *)message)->delivered_n++;
}

static void waiter_done(struct waiter *waiter)
{
    sp_issuer_documents_unref(waiter->wait.outcome);
    waiter->wait.outcome = NULL;
}

#define WAITER __attribute__((cleanup(waiter_done))) struct waiter

/* NULL, or why it does not wait. */
static const char *begin_waiting(struct keys_rig *rig, unsigned owner, struct waiter *waiter)
{
    *waiter = (struct waiter){.wait = {.mailbox = own_mailbox()}};
    snprintf(waiter->owner, sizeof waiter->owner, "token-%u", owner);
    waiter->wait.owner = sp_str_from_c(waiter->owner);
    waiter->wait.message.deliver = on_answered;
    return sp_bearer_keys_begin(rig->keys, &waiter->wait);
}

static bool is_answered(const struct waiter *waiter)
{
    run_loop();
    return waiter->delivered_n == 1;
}

static unsigned keys_asked(const struct keys_rig *rig)
{
    return http_count(rig->base->it->server, "/keys");
}

/* ---- tests ----------------------------------------------------------------------------------------- */

SP_TEST(ac_23_who_waits_gets_the_keys_that_are_fetched)
{
    KEYS_RIG rig = keys_rig_new(128);
    const struct sp_issuer_documents *before = rig->base->it->latest;
    WAITER waiter;
    ck_assert_ptr_null(begin_waiting(rig, 1, &waiter));
    WAIT_FOR(is_answered(&waiter));
    ck_assert_ptr_nonnull(waiter.wait.outcome);
    ck_assert_ptr_ne(waiter.wait.outcome, before);
    ck_assert_uint_eq(keys_asked(rig), 2);
}
SP_TEST_END

SP_TEST(ac_65_a_flood_costs_two_fetches_and_then_the_keys_of_a_moment_ago_are_given)
{
    KEYS_RIG rig = keys_rig_new(128);
    for (unsigned i = 0; i < 50; i++) {
        WAITER waiter;
        ck_assert_ptr_null(begin_waiting(rig, i, &waiter));
        WAIT_FOR(is_answered(&waiter));
        ck_assert_ptr_nonnull(waiter.wait.outcome);
    }
    ck_assert_uint_eq(keys_asked(rig), 1 + SP_ISSUER_KEYS_BURST_N);
}
SP_TEST_END

SP_TEST(ac_65_so_many_wait_for_one_fetch_and_no_more)
{
    enum { MAX = 4 };
    KEYS_RIG rig = keys_rig_new(4 * MAX);
    atomic_store(&rig->base->it->server->held, 1);
    static struct waiter waiters[MAX + 1];
    for (unsigned i = 0; i <= MAX; i++) {
        const char *refusal = begin_waiting(rig, i, &waiters[i]);
        ck_assert_msg((refusal == NULL) == (i < MAX), "%u", i);
        ck_assert_msg(i < MAX || strstr(refusal, "bearer tokens") != NULL, "%s", refusal);
    }
    ck_assert(sp_waiting_withdraw(&waiters[0].wait)); /* client gone: there is room again */
    ck_assert_ptr_null(begin_waiting(rig, MAX, &waiters[MAX]));
    atomic_store(&rig->base->it->server->held, 0);
    for (unsigned i = 1; i <= MAX; i++) {
        WAIT_FOR(is_answered(&waiters[i]));
        ck_assert_ptr_nonnull(waiters[i].wait.outcome);
        waiter_done(&waiters[i]);
    }
    ck_assert_int_eq(waiters[0].delivered_n, 0);
    ck_assert_uint_eq(keys_asked(rig), 2);
}
SP_TEST_END

SP_TEST(without_the_issuer_there_are_no_keys_to_say_anything_by)
{
    KEYS_RIG rig = keys_rig_new(128);
    http_route(rig->base->it->server, "/keys", "503 Down", "");
    WAITER waiter;
    ck_assert_ptr_null(begin_waiting(rig, 1, &waiter));
    WAIT_FOR(is_answered(&waiter));
    ck_assert_ptr_null(waiter.wait.outcome);
}
SP_TEST_END

/* A login uses its own allowance. */
SP_TEST(ac_65_bearer_tokens_take_no_fetch_from_those_who_sign_in)
{
    KEYS_RIG rig = keys_rig_new(128);
    for (unsigned i = 0; i < 5; i++) {
        WAITER waiter;
        ck_assert_ptr_null(begin_waiting(rig, i, &waiter));
        WAIT_FOR(is_answered(&waiter));
    }
    serve_documents(rig->base->it, "k2");
    serve_token(rig->base, "k2");
    ASKED asked;
    exchange(rig->base, 1, "a-code", &asked);
    ck_assert_int_eq(reason_of(&asked), SP_REASON_NONE);
    ck_assert_uint_eq(keys_asked(rig), 1 + SP_ISSUER_KEYS_BURST_N + 1);
}
SP_TEST_END

SP_SUITE("bearer_keys", ac_23_who_waits_gets_the_keys_that_are_fetched,
         ac_65_a_flood_costs_two_fetches_and_then_the_keys_of_a_moment_ago_are_given,
         ac_65_so_many_wait_for_one_fetch_and_no_more,
         without_the_issuer_there_are_no_keys_to_say_anything_by,
         ac_65_bearer_tokens_take_no_fetch_from_those_who_sign_in)
