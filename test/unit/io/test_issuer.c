/* SPDX-License-Identifier: Apache-2.0 */
#include "io/issuer.h"

#include "io_issuer.h"

#define DISCOVERY_PATH "/.well-known/openid-configuration"

static uint64_t failures_of(const struct issuer_rig *it, enum sp_outbound_target target)
{
    return atomic_load(&it->rig->metrics.outbound[target][SP_OUTBOUND_STATUS]);
}

SP_TEST(documents_are_fetched_at_start)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    struct sp_issuer_status status = sp_issuer_status(it->issuer);
    ck_assert_int_eq(status.up, 1);
    ck_assert_int_eq(status.discovery_age_s, 0);
    ck_assert_int_eq(status.keys_age_s, 0);
    clock_move_ms(7000);
    ck_assert_int_eq(sp_issuer_status(it->issuer).keys_age_s, 7);
    ck_assert_str_eq(it->latest->metadata->issuer, it->name);
    ck_assert_uint_eq(it->latest->keyset->keys_n, 1);
}
SP_TEST_END

SP_TEST(ac_42_a_failure_is_tried_again_after_one_two_four_up_to_sixteen_seconds)
{
    static const int64_t waits_s[] = {1, 2, 4, 8, 16, 16, 16};
    ISSUER_RIG it = issuer_rig_new();
    http_route(it->server, DISCOVERY_PATH, "500 Oops", "");
    begin_issuer(it);
    WAIT_FOR(failures_of(it, SP_TARGET_DISCOVERY) == 1);
    ck_assert_int_eq(sp_issuer_status(it->issuer).discovery_age_s, -1);
    ck_assert_int_eq(sp_issuer_status(it->issuer).keys_age_s, -1);
    for (unsigned i = 0; i < sizeof waits_s / sizeof waits_s[0]; i++) {
        let_timers_run(it->rig);
        clock_move_ms(waits_s[i] * 1000 - 1);
        let_timers_run(it->rig);
        ping(it->rig, it->server);
        ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), i + 1);
        clock_move_ms(1);
        let_timers_run(it->rig);
        WAIT_FOR(failures_of(it, SP_TARGET_DISCOVERY) == i + 2);
        ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), i + 2);
        ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
    }
    serve_documents(it, "k1");
    let_timers_run(it->rig);
    clock_move_ms(16000);
    let_timers_run(it->rig);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 1);
}
SP_TEST_END

SP_TEST(documents_are_refreshed_and_a_failure_keeps_them)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    let_timers_run(it->rig);
    http_route(it->server, "/keys", "503 Down", "");
    clock_move_ms(SP_ISSUER_REFRESH_S * 1000 - 1);
    let_timers_run(it->rig);
    ping(it->rig, it->server);
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 1);
    clock_move_ms(1);
    let_timers_run(it->rig);
    WAIT_FOR(failures_of(it, SP_TARGET_KEYS) == 1);
    let_timers_run(it->rig);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
    ck_assert_int_eq(sp_issuer_status(it->issuer).keys_age_s, SP_ISSUER_REFRESH_S);
    ck_assert_int_eq(atomic_load(&it->updates_n), 1);
    serve_documents(it, "k2");
    clock_move_ms(1000);
    let_timers_run(it->rig);
    WAIT_FOR(atomic_load(&it->updates_n) == 2);
    ck_assert_int_eq(sp_issuer_status(it->issuer).keys_age_s, 0);
}
SP_TEST_END

SP_TEST(a_document_that_is_wrong_is_a_failure)
{
    static char other[512];
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    snprintf(other, sizeof other, "{\"issuer\":\"https://evil.test\"}");
    http_route(it->server, DISCOVERY_PATH, "200 OK", other);
    begin_issuer(it);
    WAIT_FOR(http_count(it->server, DISCOVERY_PATH) == 1);
    ping(it->rig, it->server);
    ck_assert_uint_eq(http_count(it->server, "/keys"), 0);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
    serve_documents(it, "k1");
    http_route(it->server, "/keys", "200 OK", "{\"keys\":7}");
    let_timers_run(it->rig);
    clock_move_ms(1000);
    let_timers_run(it->rig);
    WAIT_FOR(http_count(it->server, "/keys") == 1);
    ping(it->rig, it->server);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
    ck_assert_int_eq(atomic_load(&it->updates_n), 0);
}
SP_TEST_END

SP_TEST(ac_24_a_discovery_that_redirects_is_a_failure)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    http_route_bytes(it->server, DISCOVERY_PATH, "302 Found", "Location: /elsewhere\r\n", SP_STR(""));
    http_route(it->server, "/elsewhere", "200 OK", it->discovery);
    begin_issuer(it);
    WAIT_FOR(failures_of(it, SP_TARGET_DISCOVERY) == 1);
    ping(it->rig, it->server);
    ck_assert_uint_eq(http_count(it->server, "/elsewhere"), 0);
}
SP_TEST_END

/* ---- when a login is to begin ---------------------------------------------------------------------- */

static struct login {
    struct sp_task task;
    struct issuer_rig *it;
    atomic_bool waits;
    atomic_int told_n;
} logins; /* all logins that wait */

static void on_news(void *context)
{
    (void)context;
    atomic_store(&logins.waits, false);
    atomic_fetch_add(&logins.told_n, 1);
}

static void run_logins(struct sp_task *task)
{
    (void)task;
    sp_issuer_await_news(logins.it->issuer, on_news, NULL);
}

/* What a login does before it begins. True: according to the last known state, the issuer is reachable. */
static bool look(struct issuer_rig *it)
{
    struct sp_issuer_reach reach = sp_issuer_reach(it->issuer);
    if (reach.wait_ms > 0 && !atomic_exchange(&logins.waits, true)) {
        logins.task.run = run_logins;
        logins.it = it;
        sp_worker_post(it->rig->worker, &logins.task);
    }
    return reach.is_reachable;
}

/* With the documents read, at the first moment at which a login sends a request again. */
static struct issuer_rig *issuer_rig_due(void)
{
    struct issuer_rig *it = issuer_rig_new();
    atomic_store(&logins.waits, false);
    atomic_store(&logins.told_n, 0);
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    let_timers_run(it->rig);
    clock_move_ms(SP_ISSUER_NEWS_S * 1000 - 1);
    ck_assert(look(it));
    let_timers_run(it->rig);
    ping(it->rig, it->server);
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 1);
    clock_move_ms(1);
    return it;
}

SP_TEST(ac_42_a_login_learns_whether_the_issuer_can_be_reached)
{
    static const struct {
        const char *status;
        bool reachable;
    } cases[] = {{"502 Bad Gateway", false}, {"503 Down", false},  {"504 Late", false},
                 {"404 Not Found", true},    {"429 Slowly", true}, {"500 Oops", true},
                 {"501 Unknown", true},      {"505 Version", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ISSUER_RIG it = issuer_rig_due();
        http_route(it->server, DISCOVERY_PATH, cases[i].status, "");
        ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, SP_ISSUER_NEWS_WAIT_MS);
        ck_assert(look(it));
        WAIT_FOR(atomic_load(&logins.told_n) == 1);
        let_timers_run(it->rig); /* logins are told first, then the failure is noted and the timer set */
        ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, 0);
        ck_assert_msg(look(it) == cases[i].reachable, "%s", cases[i].status);
        ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
        serve_documents(it, "k1");
        clock_move_ms(1000);
        let_timers_run(it->rig);
        WAIT_FOR(atomic_load(&it->updates_n) == 2);
        ck_assert(look(it));
        ck_assert_int_eq(sp_issuer_status(it->issuer).up, 1);
    }
}
SP_TEST_END

SP_TEST(a_document_that_is_refused_and_keys_that_fail_do_not_count_as_unreachable)
{
    ISSUER_RIG it = issuer_rig_due();
    http_route(it->server, DISCOVERY_PATH, "200 OK", "{}");
    http_route(it->server, "/keys", "503 Down", "");
    look(it);
    WAIT_FOR(sp_issuer_status(it->issuer).up == 0);
    ck_assert(sp_issuer_status(it->issuer).refused && look(it));
    http_route(it->server, DISCOVERY_PATH, "200 OK", it->discovery);
    let_timers_run(it->rig);
    clock_move_ms(1000);
    let_timers_run(it->rig);
    WAIT_FOR(failures_of(it, SP_TARGET_KEYS) == 1);
    ck_assert(look(it));
}
SP_TEST_END

SP_TEST(ac_23_many_logins_ask_once_and_what_is_in_force_is_not_read_again)
{
    ISSUER_RIG it = issuer_rig_due();
    atomic_store(&it->server->held, 1);
    for (size_t i = 0; i < 100; i++) {
        ck_assert(look(it));
    }
    WAIT_FOR(http_count(it->server, DISCOVERY_PATH) == 2);
    clock_move_ms(SP_ISSUER_NEWS_WAIT_MS - 1);
    ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, 1);
    clock_move_ms(1); /* the response is late: nothing waits for it any more, and there is no second
                       * request */
    ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, 0);
    clock_move_ms(SP_ISSUER_NEWS_S * 1000 - SP_ISSUER_NEWS_WAIT_MS);
    ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, 0);
    ck_assert_int_eq(atomic_load(&logins.told_n), 0);
    let_timers_run(it->rig);
    atomic_store(&it->server->held, 0);
    WAIT_FOR(sp_issuer_status(it->issuer).discovery_age_s == 0);
    ping(it->rig, it->server);
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 2);
    ck_assert_uint_eq(http_count(it->server, "/keys"), 1);
    ck_assert_int_eq(atomic_load(&it->updates_n), 1);
    clock_move_ms((SP_ISSUER_REFRESH_S - 2 * SP_ISSUER_NEWS_S) * 1000); /* which it has not delayed */
    let_timers_run(it->rig);
    WAIT_FOR(atomic_load(&it->updates_n) == 2);
}
SP_TEST_END

/* As a task of the worker, the only caller. */
static struct told {
    struct sp_task task;
    struct sp_issuer *issuer;
    struct sp_exchange_response response;
    atomic_int told_n;
} told;

static void run_told(struct sp_task *task)
{
    (void)task;
    sp_issuer_note_response(told.issuer, &told.response);
    atomic_fetch_add(&told.told_n, 1);
}

static void tell(struct issuer_rig *it, enum sp_error error, unsigned status)
{
    told = (struct told){
        .task.run = run_told, .issuer = it->issuer, .response = {.error = error, .status = status}};
    sp_worker_post(it->rig->worker, &told.task);
    WAIT_FOR(atomic_load(&told.told_n) == 1);
}

SP_TEST(an_answer_to_a_login_is_news_so_that_nobody_asks)
{
    ISSUER_RIG it = issuer_rig_due();
    tell(it, SP_ERR_IO, 0);
    tell(it, SP_ERR_TIMEOUT, 0);
    tell(it, SP_OK, 503);
    ck_assert_int_gt(sp_issuer_reach(it->issuer).wait_ms, 0);
    tell(it, SP_OK, 400);
    ck_assert_int_eq(sp_issuer_reach(it->issuer).wait_ms, 0);
    ck_assert(look(it));
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 1);

    http_route(it->server, DISCOVERY_PATH, "503 Down", "");
    clock_move_ms(SP_ISSUER_NEWS_S * 1000);
    look(it);
    WAIT_FOR(atomic_load(&logins.told_n) == 1);
    ck_assert(!look(it));
    tell(it, SP_OK, 200);
    ck_assert(look(it));
}
SP_TEST_END

SP_TEST(a_login_that_finds_another_document_brings_its_keys)
{
    ISSUER_RIG it = issuer_rig_due();
    memcpy(strrchr(it->discovery, '}'), " }", sizeof " }");
    serve_documents(it, "k2");
    ck_assert(look(it));
    WAIT_FOR(atomic_load(&it->updates_n) == 2);
}
SP_TEST_END

/* The result while a login sends a request. */
static void check_look_reads_all(struct issuer_rig *it, void (*meanwhile)(struct issuer_rig *it))
{
    atomic_store(&it->server->held, 1);
    ck_assert(look(it));
    WAIT_FOR(http_count(it->server, DISCOVERY_PATH) == 2);
    meanwhile(it);
    let_timers_run(it->rig);
    atomic_store(&it->server->held, 0);
    WAIT_FOR(atomic_load(&it->updates_n) == 2);
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 2);
    ck_assert_uint_eq(http_count(it->server, "/keys"), 2);
}

static void let_refresh_be_due(struct issuer_rig *it)
{
    (void)it;
    clock_move_ms((SP_ISSUER_REFRESH_S - SP_ISSUER_NEWS_S) * 1000);
}

SP_TEST(a_refresh_that_is_due_while_a_login_asks_is_not_lost)
{
    ISSUER_RIG it = issuer_rig_due();
    check_look_reads_all(it, let_refresh_be_due);
}
SP_TEST_END

SP_TEST(a_login_brings_the_next_attempt_forward)
{
    ISSUER_RIG it = issuer_rig_due();
    http_route(it->server, DISCOVERY_PATH, "503 Down", "");
    look(it);
    for (unsigned n = 1; n <= 4; n++) {
        WAIT_FOR(failures_of(it, SP_TARGET_DISCOVERY) == n);
        let_timers_run(it->rig);
        clock_move_ms(1000 << (n - 1));
        let_timers_run(it->rig);
    }
    WAIT_FOR(failures_of(it, SP_TARGET_DISCOVERY) == 5); /* now 16 seconds without a login */
    let_timers_run(it->rig);
    serve_documents(it, "k2");
    clock_move_ms(SP_ISSUER_NEWS_S * 1000);
    ck_assert(!look(it));
    WAIT_FOR(atomic_load(&it->updates_n) == 2);
    ck_assert(look(it));
}
SP_TEST_END

/* ---- keys that are wanted at once ------------------------------------------------------------------ */

struct wish {
    struct sp_task task;
    struct sp_issuer_waiter waiter;
    struct sp_issuer *issuer;
    atomic_int done_n;
    int got;
};

static void on_wished(void *context, struct sp_issuer_documents *documents)
{
    struct wish *wish = context;
    wish->got = documents != NULL;
    atomic_fetch_add(&wish->done_n, 1);
}

static void run_wish(struct sp_task *task)
{
    struct wish *wish = (struct wish *)(void *)task;
    sp_issuer_fetch_keys(wish->issuer, &wish->waiter);
}

static void begin_wish(struct issuer_rig *it, struct wish *wish)
{
    *wish = (struct wish){.task = {.run = run_wish}, .issuer = it->issuer};
    wish->waiter = (struct sp_issuer_waiter){.done = on_wished, .context = wish};
    sp_worker_post(it->rig->worker, &wish->task);
}

static int wish_for_keys(struct issuer_rig *it)
{
    struct wish wish;
    begin_wish(it, &wish);
    WAIT_FOR(atomic_load(&wish.done_n) == 1);
    return wish.got;
}

SP_TEST(ac_23_keys_are_fetched_on_demand_as_often_as_it_was_earned)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    unsigned fetched_n = 1;
    for (int i = 0; i < SP_ISSUER_KEYS_BURST_N; i++, fetched_n++) {
        ck_assert(wish_for_keys(it));
    }
    for (int i = 0; i < 1000; i++) {
        ck_assert(!wish_for_keys(it));
    }
    ck_assert_uint_eq(http_count(it->server, "/keys"), fetched_n);
    clock_move_ms(SP_ISSUER_KEYS_PAUSE_S * 1000 - 1);
    ck_assert(!wish_for_keys(it));
    clock_move_ms(1);
    ck_assert(wish_for_keys(it));
    ck_assert(!wish_for_keys(it));
    ck_assert_uint_eq(http_count(it->server, "/keys"), fetched_n + 1);
    ck_assert_int_eq(atomic_load(&it->updates_n), fetched_n + 1);
    clock_move_ms(60 * 1000); /* a quiet minute earns no more than the burst; an hour would refresh */
    for (int i = 0; i < SP_ISSUER_KEYS_BURST_N; i++) {
        ck_assert(wish_for_keys(it));
    }
    ck_assert(!wish_for_keys(it));
}
SP_TEST_END

SP_TEST(ac_23_who_wants_keys_while_they_are_fetched_waits_for_the_same)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    clock_move_ms(SP_ISSUER_KEYS_PAUSE_S * 1000);
    atomic_store(&it->server->held, 1);
    struct wish wishes[5];
    for (size_t i = 0; i < 5; i++) {
        begin_wish(it, &wishes[i]);
    }
    let_timers_run(it->rig);
    atomic_store(&it->server->held, 0);
    for (size_t i = 0; i < 5; i++) {
        WAIT_FOR(atomic_load(&wishes[i].done_n) == 1);
        ck_assert(wishes[i].got);
    }
    ck_assert_uint_eq(http_count(it->server, "/keys"), 2);
}
SP_TEST_END

/* The result of a request for keys during a fetch of the discovery document that gets this response. */
static struct wish wish_during_discovery(struct issuer_rig *it, const char *status)
{
    struct wish wish;
    let_timers_run(it->rig); /* the next refresh is set after the documents were passed on */
    clock_move_ms(SP_ISSUER_REFRESH_S * 1000);
    atomic_store(&it->server->held, 1);
    let_timers_run(it->rig);
    WAIT_FOR(http_count(it->server, DISCOVERY_PATH) == 2);
    begin_wish(it, &wish);
    let_timers_run(it->rig);
    http_route(it->server, DISCOVERY_PATH, status, it->discovery);
    atomic_store(&it->server->held, 0);
    WAIT_FOR(atomic_load(&wish.done_n) == 1);
    return wish;
}

SP_TEST(ac_23_who_wants_keys_while_discovery_is_fetched_gets_those_that_come_with_it)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    ck_assert(wish_during_discovery(it, "200 OK").got);
    ck_assert_uint_eq(http_count(it->server, "/keys"), 2);
    ck_assert_int_eq(atomic_load(&it->updates_n), 2);
}
SP_TEST_END

static struct wish wish_meanwhile;

static void wish_for_keys_meanwhile(struct issuer_rig *it)
{
    begin_wish(it, &wish_meanwhile);
}

SP_TEST(ac_23_who_wants_keys_while_a_login_asks_gets_them)
{
    ISSUER_RIG it = issuer_rig_due();
    check_look_reads_all(it, wish_for_keys_meanwhile);
    WAIT_FOR(atomic_load(&wish_meanwhile.done_n) == 1);
    ck_assert(wish_meanwhile.got);
}
SP_TEST_END

SP_TEST(who_waits_while_keys_are_fetched_is_told_at_their_end)
{
    static const char *const statuses[] = {"200 OK", "500 Oops"};
    for (size_t i = 0; i < 2; i++) {
        ISSUER_RIG it = issuer_rig_due();
        struct wish wish;
        atomic_store(&it->server->held, 1);
        begin_wish(it, &wish);
        let_timers_run(it->rig);
        WAIT_FOR(http_count(it->server, "/keys") == 2);
        ck_assert(look(it));
        let_timers_run(it->rig);
        http_route(it->server, "/keys", statuses[i], it->keys);
        atomic_store(&it->server->held, 0);
        WAIT_FOR(atomic_load(&logins.told_n) == 1);
        ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 1);
        ck_assert(sp_issuer_reach(it->issuer).is_reachable);
        ck_assert_msg((sp_issuer_reach(it->issuer).wait_ms == 0) == (i == 0), "%s", statuses[i]);
        WAIT_FOR(atomic_load(&wish.done_n) == 1);
    }
}
SP_TEST_END

SP_TEST(ac_23_who_wants_keys_gets_them_though_discovery_fails_meanwhile)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    ck_assert(wish_during_discovery(it, "503 Down").got);
    ck_assert_uint_eq(http_count(it->server, "/keys"), 2);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 1);
    ck_assert(look(it));
}
SP_TEST_END

SP_TEST(discovery_is_not_fetched_while_keys_are)
{
    ISSUER_RIG it = issuer_rig_new();
    struct wish wish;
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    let_timers_run(it->rig);
    atomic_store(&it->server->held, 1);
    begin_wish(it, &wish);
    let_timers_run(it->rig);
    WAIT_FOR(http_count(it->server, "/keys") == 2);
    clock_move_ms(SP_ISSUER_REFRESH_S * 1000);
    let_timers_run(it->rig);
    ck_assert_uint_eq(http_count(it->server, DISCOVERY_PATH), 1);
    atomic_store(&it->server->held, 0);
    WAIT_FOR(atomic_load(&wish.done_n) == 1);
    ck_assert(wish.got);
}
SP_TEST_END

SP_TEST(ac_23_keys_that_cannot_be_had_keep_the_old_ones)
{
    ISSUER_RIG it = issuer_rig_new();
    serve_documents(it, "k1");
    begin_issuer(it);
    WAIT_FOR(atomic_load(&it->updates_n) == 1);
    clock_move_ms(SP_ISSUER_KEYS_PAUSE_S * 1000);
    http_route(it->server, "/keys", "500 Oops", "");
    ck_assert(!wish_for_keys(it));
    ck_assert_int_eq(atomic_load(&it->updates_n), 1);
    ck_assert_int_eq(sp_issuer_status(it->issuer).up, 0);
}
SP_TEST_END

SP_TEST(before_the_first_success_there_are_no_keys)
{
    ISSUER_RIG it = issuer_rig_new();
    http_route(it->server, DISCOVERY_PATH, "500 Oops", "");
    begin_issuer(it);
    ck_assert(!wish_for_keys(it));
    ck_assert_uint_eq(http_count(it->server, "/keys"), 0);
}
SP_TEST_END

SP_SUITE("io/issuer", documents_are_fetched_at_start,
         ac_42_a_failure_is_tried_again_after_one_two_four_up_to_sixteen_seconds,
         documents_are_refreshed_and_a_failure_keeps_them, a_document_that_is_wrong_is_a_failure,
         ac_24_a_discovery_that_redirects_is_a_failure,
         ac_42_a_login_learns_whether_the_issuer_can_be_reached,
         a_document_that_is_refused_and_keys_that_fail_do_not_count_as_unreachable,
         ac_23_many_logins_ask_once_and_what_is_in_force_is_not_read_again,
         an_answer_to_a_login_is_news_so_that_nobody_asks,
         a_login_that_finds_another_document_brings_its_keys,
         who_waits_while_keys_are_fetched_is_told_at_their_end,
         a_refresh_that_is_due_while_a_login_asks_is_not_lost, a_login_brings_the_next_attempt_forward,
         ac_23_who_wants_keys_while_a_login_asks_gets_them,
         ac_23_keys_are_fetched_on_demand_as_often_as_it_was_earned,
         ac_23_who_wants_keys_while_they_are_fetched_waits_for_the_same,
         ac_23_who_wants_keys_while_discovery_is_fetched_gets_those_that_come_with_it,
         ac_23_who_wants_keys_gets_them_though_discovery_fails_meanwhile,
         discovery_is_not_fetched_while_keys_are, ac_23_keys_that_cannot_be_had_keep_the_old_ones,
         before_the_first_success_there_are_no_keys)
