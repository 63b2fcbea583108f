/* SPDX-License-Identifier: Apache-2.0 */
#include "server/publisher.h"

#include "../folder.h"
#include "base/random.h"
#include "gate/loading.h"

#include <fcntl.h>

#define SETTINGS                                                                                             \
    "issuer: http://127.0.0.1:1/dex\ninsecure_issuer_http: true\nclient_id: sallyport\nclient_auth: none\n"  \
    "keys_file: keys\nemail_verified: required\nstrip_session_cookie: true\npolicies: {default: "            \
    "authenticated}\ncredentials:\n"
#define BOUND(host)                                                                                          \
    "  - {host: " host ", set: kubernetes, token_file: " host                                                \
    ", sessions: true, unsafe_without_proxy_key: true}\n"
#define OF_ONE SETTINGS BOUND("one.test")
#define OF_TWO SETTINGS BOUND("two.test") BOUND("one.test")

/* As in the program, these exist to the end. */
static struct sp_process process;
static struct sp_loop loop;

static void wake(void *context)
{
    (void)context;
}

static struct sp_snapshot *load(const char *settings)
{
    struct sp_loading loading;
    struct sp_snapshot *snapshot = NULL;
    write_file("c.yaml", settings, 0644);
    ck_assert_int_eq(sp_loading_read(&loading, "c.yaml", &snapshot), SP_OK);
    sp_loading_done(&loading);
    return snapshot;
}

/* The later content of the last binding's file, as the main thread finds it. */
static struct sp_credentials *with_token(const struct sp_snapshot *snapshot, struct sp_str token)
{
    struct sp_credentials *credentials = sp_credentials_copy(snapshot->credentials);
    ck_assert_ptr_nonnull(credentials);
    ck_assert_int_eq(sp_credential_set_token(&credentials->items[credentials->items_n - 1], token, 0), SP_OK);
    return credentials;
}

static pthread_barrier_t reached;
static pthread_barrier_t left;

static void stand(struct sp_task *task)
{
    (void)task;
    pthread_barrier_wait(&reached);
    pthread_barrier_wait(&left);
}

/* The worker waits in a task of its own until it may continue. */
static void hold_worker(void)
{
    static struct sp_task task = {.run = stand};
    sp_worker_post(process.worker, &task);
    pthread_barrier_wait(&reached);
}

/* Everything that was handed over meanwhile has been taken and posted to the loop. */
static void let_worker_on(void)
{
    pthread_barrier_wait(&left);
    hold_worker();
    pthread_barrier_wait(&left);
    sp_mailbox_deliver(loop.mailbox);
}

static struct sp_snapshot *start(void)
{
    struct sp_diag diag;
    int nowhere = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    close(nowhere);
    ck_assert_int_eq(sp_random_init(), 0);
    write_file("keys", "k1 pU3KGCUwux1tEyze1iN7LtkeP3IfyxlxF0SU1kk8nVw\n", 0600);
    write_file("one.test", "one", 0600);
    write_file("two.test", "two", 0600);
    struct sp_snapshot *snapshot = load(OF_ONE);
    pthread_barrier_init(&reached, NULL, 2);
    pthread_barrier_init(&left, NULL, 2);
    ck_assert_int_eq(sp_process_init(&process, 1, &diag), SP_OK);
    process.waiting = sp_waiting_new(sp_waiting_limits_of(64, 64, SP_WAITING_MAX));
    loop.snapshot = sp_snapshot_ref(snapshot);
    loop.mailbox = sp_mailbox_new(wake, NULL);
    loop.cache = sp_cache_new();
    loop.bearers = sp_bearers_new();
    loop.passed = sp_bearers_new();
    ck_assert_int_eq(sp_publisher_start(&process, &loop, 1, snapshot, &diag), SP_OK);
    return snapshot;
}

static void check_last_token(size_t bindings_n, const char *authorization)
{
    ck_assert_uint_eq(loop.snapshot->config->credentials_n, bindings_n);
    ck_assert_uint_eq(loop.snapshot->credentials->items_n, bindings_n);
    struct sp_str given = sp_buf_str(&loop.snapshot->credentials->items[bindings_n - 1].authorization);
    ck_assert_msg(sp_str_equal(given, sp_str_from_c(authorization)), "%.*s", SP_STR_ARGS(given));
}

SP_TEST(credentials_go_with_the_snapshot_they_were_read_for_however_late_the_worker_is)
{
    IN_FOLDER;
    struct sp_snapshot *one = start();
    struct sp_snapshot *two = load(OF_TWO);
    hold_worker();
    sp_publisher_use_credentials(with_token(one, SP_STR("of-one")));
    struct sp_credentials *of_two = with_token(two, SP_STR("of-two"));
    sp_publisher_use_snapshot(two);
    sp_publisher_use_credentials(of_two);
    let_worker_on();
    check_last_token(2, "Bearer of-two");

    struct sp_snapshot *again = load(OF_TWO);
    hold_worker();
    of_two = with_token(again, SP_STR("never-seen"));
    sp_publisher_use_snapshot(again);
    sp_publisher_use_credentials(of_two);
    sp_publisher_use_snapshot(load(OF_ONE)); /* before the worker has taken the last two */
    let_worker_on();
    check_last_token(1, "Bearer one");

    sp_worker_stop(process.worker);
    sp_mailbox_deliver(loop.mailbox);
    sp_publisher_end();
    sp_snapshot_unref(loop.snapshot);
    sp_snapshot_unref(one);
}
SP_TEST_END

SP_SUITE("publisher", credentials_go_with_the_snapshot_they_were_read_for_however_late_the_worker_is)
