/* SPDX-License-Identifier: Apache-2.0 */
#include "io/issuer_news.h"

#include "io_issuer.h"

#define DISCOVERY_PATH "/.well-known/openid-configuration"

/* ---- the rig --------------------------------------------------------------------------------------- */

struct news_rig {
    struct issuer_rig *it;
    struct sp_issuer_news *news;
    struct sp_mailbox *mailbox;
};

static void on_wake(void *context)
{
    (void)context;
}

/* With the documents read, when their state is no longer current. */
static struct news_rig *news_rig_new(size_t auth_connections, size_t pages_connections)
{
    struct news_rig *rig = calloc(1, sizeof *rig);
    rig->it = issuer_rig_new();
    serve_documents(rig->it, "k1");
    begin_issuer(rig->it);
    WAIT_FOR(atomic_load(&rig->it->updates_n) == 1);
    let_timers_run(rig->it->rig);
    rig->news = sp_issuer_news_new(rig->it->rig->worker, rig->it->issuer,
                                   sp_waiting_limits_of(auth_connections, pages_connections, SP_WAITING_MAX));
    ck_assert_ptr_nonnull(rig->news);
    rig->mailbox = sp_mailbox_new(on_wake, NULL);
    ck_assert_ptr_nonnull(rig->mailbox);
    clock_move_ms(SP_ISSUER_NEWS_S * 1000);
    return rig;
}

static void news_rig_free(struct news_rig **given)
{
    struct news_rig *rig = *given;
    issuer_rig_free(&rig->it);
    sp_issuer_news_free(rig->news);
    free(rig->mailbox);
    free(rig);
}

#define NEWS_RIG __attribute__((cleanup(news_rig_free))) struct news_rig *

struct waiter {
    struct sp_wait wait; /* must be first */
    int delivered_n;
};

static void on_told(struct sp_message *message)
{
    ((struct waiter *)(void *)message)->delivered_n++;
}

/* NULL, or why it does not wait. */
static const char *begin_waiting(struct news_rig *rig, struct waiter *waiter)
{
    *waiter = (struct waiter){.wait = {.mailbox = rig->mailbox, .is_by_pages = waiter->wait.is_by_pages}};
    waiter->wait.message.deliver = on_told;
    return sp_issuer_news_begin(rig->news, &waiter->wait);
}

static bool is_told(struct news_rig *rig, const struct waiter *waiter)
{
    sp_mailbox_deliver(rig->mailbox);
    return waiter->delivered_n == 1;
}

/* ---- tests ----------------------------------------------------------------------------------------- */

SP_TEST(ac_42_who_waits_is_told_when_the_issuer_has_answered_or_cannot)
{
    NEWS_RIG rig = news_rig_new(512, 64);
    struct waiter waiter = {0};
    ck_assert_ptr_null(begin_waiting(rig, &waiter));
    WAIT_FOR(is_told(rig, &waiter));
    ck_assert(sp_issuer_reach(rig->it->issuer).is_reachable);
    ck_assert_uint_eq(http_count(rig->it->server, DISCOVERY_PATH), 2);
    ck_assert_ptr_null(begin_waiting(rig, &waiter)); /* the state is known: it is posted at once */
    WAIT_FOR(is_told(rig, &waiter));
    ck_assert_uint_eq(http_count(rig->it->server, DISCOVERY_PATH), 2);

    clock_move_ms(SP_ISSUER_NEWS_S * 1000);
    http_route(rig->it->server, DISCOVERY_PATH, "502 Down", "");
    ck_assert_ptr_null(begin_waiting(rig, &waiter));
    WAIT_FOR(is_told(rig, &waiter));
    ck_assert(!sp_issuer_reach(rig->it->issuer).is_reachable);
}
SP_TEST_END

SP_TEST(ac_76_so_many_wait_for_one_answer_and_no_more)
{
    enum { MAX = 16, PAGES_MAX = 4 };
    NEWS_RIG rig = news_rig_new((size_t)4 * MAX, (size_t)4 * PAGES_MAX);
    struct waiter waiters[MAX + 1];
    atomic_store(&rig->it->server->held, 1);
    for (size_t i = 0; i <= MAX; i++) {
        waiters[i] = (struct waiter){.wait.is_by_pages = i < PAGES_MAX};
        const char *refusal = begin_waiting(rig, &waiters[i]);
        ck_assert_msg((refusal == NULL) == (i < MAX), "%zu", i);
    }
    ck_assert(sp_waiting_withdraw(&waiters[0].wait)); /* client gone: there is room again */
    waiters[MAX].wait.is_by_pages = true;
    ck_assert_ptr_null(begin_waiting(rig, &waiters[MAX]));
    ck_assert(sp_waiting_withdraw(&waiters[MAX - 1].wait));
    waiters[0].wait.is_by_pages = true; /* of those of the pages listener there are still four */
    ck_assert_ptr_nonnull(begin_waiting(rig, &waiters[0]));
    waiters[0].wait.is_by_pages = false;
    ck_assert_ptr_null(begin_waiting(rig, &waiters[0]));
    atomic_store(&rig->it->server->held, 0);
    for (size_t i = 0; i <= MAX; i++) {
        if (i != MAX - 1) {
            WAIT_FOR(is_told(rig, &waiters[i]));
        }
    }
    ck_assert_int_eq(waiters[MAX - 1].delivered_n, 0);
    ck_assert_uint_eq(http_count(rig->it->server, DISCOVERY_PATH), 2);
}
SP_TEST_END

SP_SUITE("io/issuer_news", ac_42_who_waits_is_told_when_the_issuer_has_answered_or_cannot,
         ac_76_so_many_wait_for_one_answer_and_no_more)
