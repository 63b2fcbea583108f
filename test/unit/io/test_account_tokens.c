/* SPDX-License-Identifier: Apache-2.0 */
#include "io/account_tokens.h"

#include "calls.h"
#include "clock_stub.h"
#include "kube/account_token.h"
#include "kube/attempt.h"

#include <fcntl.h>

#define TOKEN_OF(account) "/api/v1/namespaces/infra/serviceaccounts/" account "/token"
#define ONE               TOKEN_OF("one")
#define TWO               TOKEN_OF("two")
#define THREE             TOKEN_OF("three")
#define ANSWER(token, life)                                                                                  \
    "{\"spec\":{\"expirationSeconds\":" life "},\"status\":{\"token\":\"" token                              \
    "\",\"expirationTimestamp\":\"2026-11-24T12:00:00Z\"}}"

static char account_one[] = "infra/one";
static char account_two[] = "infra/two";
static char account_three[] = "infra/three";
static char secret[] = "leash";

/* Bindings: two of one account, one of the same with a Secret, one of another account, one with a file. */
static const struct sp_binding bindings[] = {
    {.service_account = account_one},
    {.service_account = account_one},
    {.service_account = account_one, .bound_secret = secret},
    {.service_account = account_two},
    {.credential = SP_HEADER_CREDENTIAL_USER},
};

#define BINDINGS_N (sizeof bindings / sizeof bindings[0])

/* An API server, and what loops would get of its tokens. Log lines are discarded. */
struct cluster {
    struct http_server *server;
    struct rig *rig;
    struct sp_credentials *from_files;
    struct sp_account_tokens *tokens;
    _Atomic(struct sp_credentials *) given; /* the last credentials */
    atomic_int updates_n;
};

static void on_update(void *context)
{
    struct cluster *cluster = context;
    struct sp_credentials *joined = sp_account_tokens_join(cluster->tokens, cluster->from_files);
    sp_credentials_unref(atomic_exchange(&cluster->given, joined));
    atomic_fetch_add(&cluster->updates_n, 1);
}

static struct cluster *cluster_new(void)
{
    struct cluster *cluster = calloc(1, sizeof *cluster);
    struct sp_reports reports = {0};
    int nowhere = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    close(nowhere);
    ck_assert_int_eq(sp_credentials_read(bindings, BINDINGS_N, NULL, NULL, 0, &reports, &cluster->from_files),
                     SP_OK);
    cluster->server = http_server_new();
    cluster->rig = rig_new();
    cluster->tokens = sp_account_tokens_new(cluster->rig->worker, bindings, BINDINGS_N, on_update, cluster);
    ck_assert_ptr_nonnull(cluster->tokens);
    http_route(cluster->server, ONE, "201 Created", ANSWER("first", "3600"));
    http_route(cluster->server, TWO, "201 Created", ANSWER("other", "3600"));
    return cluster;
}

static void cluster_free(struct cluster **cluster)
{
    rig_free(&(*cluster)->rig);
    sp_account_tokens_free((*cluster)->tokens);
    sp_credentials_unref((*cluster)->given);
    sp_credentials_unref((*cluster)->from_files);
    http_server_free(&(*cluster)->server);
    free(*cluster);
}

#define CLUSTER __attribute__((cleanup(cluster_free))) struct cluster *

static void use(struct cluster *cluster, const char *token)
{
    struct sp_api_access *access = calloc(1, sizeof *access);
    ck_assert_int_gt(asprintf(&access->server, "http://127.0.0.1:%u", cluster->server->port), 0);
    sp_buf_init(&access->authorization, 100);
    sp_buf_printf(&access->authorization, "Bearer %s", token);
    atomic_init(&access->refs, 1);
    sp_account_tokens_use(cluster->tokens, access);
}

static void move_clock(struct cluster *cluster, int64_t by_ms)
{
    let_timers_run(cluster->rig);
    clock_move_ms(by_ms);
    let_timers_run(cluster->rig);
}

#define wait_for_updates(cluster, n) WAIT_FOR(atomic_load(&(cluster)->updates_n) == (n))

static const struct sp_credential *credential(struct cluster *cluster, size_t i)
{
    return &atomic_load(&cluster->given)->items[i];
}

/* With all three tokens. */
static struct cluster *cluster_served(void)
{
    struct cluster *cluster = cluster_new();
    use(cluster, "pod");
    wait_for_updates(cluster, 3);
    return cluster;
}

SP_TEST(one_token_is_asked_for_for_each_account_and_secret)
{
    CLUSTER cluster = cluster_served();
    ck_assert_uint_eq(http_count(cluster->server, ONE), 2); /* with the Secret and without */
    ck_assert_uint_eq(http_count(cluster->server, TWO), 1);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 0)->authorization), "Bearer first");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 1)->authorization), "Bearer first");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 2)->authorization), "Bearer first");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 3)->authorization), "Bearer other");
    ck_assert_uint_eq(credential(cluster, 4)->authorization.len, 0);
    ck_assert(credential(cluster, 0)->is_asked_for && !credential(cluster, 4)->is_asked_for);
    ck_assert_int_eq(credential(cluster, 0)->expires_s, CLOCK_START_S + 3600);
    ck_assert(http_was_sent(cluster->server, "POST /api/v1/namespaces/infra/serviceaccounts/"));
    ck_assert(http_was_sent(cluster->server, "\r\nContent-Type: application/json\r\n"));
    ck_assert(http_was_sent(cluster->server, "\r\nAuthorization: Bearer pod\r\n"));
    ck_assert(http_was_sent(cluster->server, "\"expirationSeconds\":3600"));
}
SP_TEST_END

SP_TEST(a_token_is_renewed_and_the_old_one_serves_until_it_ends)
{
    CLUSTER cluster = cluster_served();
    http_route(cluster->server, ONE, "403 Forbidden", "{\"message\":\"no\"}");
    http_route(cluster->server, TWO, "201 Created", ANSWER("next", "3600"));
    move_clock(cluster, 2880000 - 1);
    ck_assert_uint_eq(http_count(cluster->server, TWO), 1);
    move_clock(cluster, 1);
    wait_for_updates(cluster, 4);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 3)->authorization), "Bearer next");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 0)->authorization), "Bearer first");
    WAIT_FOR(http_count(cluster->server, ONE) == 4);
    ping(cluster->rig, cluster->server);
    move_clock(cluster, 720000 - 1);
    ck_assert_int_eq(atomic_load(&cluster->updates_n), 4);
    ping(cluster->rig, cluster->server);
    move_clock(cluster, 1);
    wait_for_updates(cluster, 6); /* both of one account have expired */
    ck_assert_uint_eq(credential(cluster, 0)->authorization.len, 0);
    ck_assert_uint_eq(credential(cluster, 2)->authorization.len, 0);
    ck_assert_int_eq(credential(cluster, 0)->expires_s, 0);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 3)->authorization), "Bearer next");
    http_route(cluster->server, ONE, "201 Created", ANSWER("again", "3600"));
    ping(cluster->rig, cluster->server);
    move_clock(cluster, SP_ATTEMPT_DELAY_MAX_MS);
    wait_for_updates(cluster, 8);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 1)->authorization), "Bearer again");
}
SP_TEST_END

SP_TEST(an_answer_ends_at_its_maximum)
{
    static char text[SP_ACCOUNT_TOKEN_ANSWER_MAX + 2];
    CLUSTER cluster = cluster_new();
    memset(text, ' ', SP_ACCOUNT_TOKEN_ANSWER_MAX);
    memcpy(text, ANSWER("most", "3600"), strlen(ANSWER("most", "3600")));
    http_route(cluster->server, ONE, "201 Created", text);
    use(cluster, "pod");
    wait_for_updates(cluster, 3);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 0)->authorization), "Bearer most");
    text[SP_ACCOUNT_TOKEN_ANSWER_MAX] = ' ';
    http_route(cluster->server, ONE, "201 Created", text);
    move_clock(cluster, 2880000);
    wait_for_updates(cluster, 4); /* of the other account */
    WAIT_FOR(http_count(cluster->server, ONE) == 4);
    ping(cluster->rig, cluster->server);
    let_timers_run(cluster->rig);
    ck_assert_int_eq(atomic_load(&cluster->updates_n), 4);
}
SP_TEST_END

SP_TEST(another_access_counts_at_once)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ONE, "401 Unauthorized", "{}");
    http_route(cluster->server, TWO, "401 Unauthorized", "{}");
    use(cluster, "old");
    WAIT_FOR(http_count(cluster->server, ONE) == 2 && http_count(cluster->server, TWO) == 1);
    ping(cluster->rig, cluster->server);
    let_timers_run(cluster->rig);
    http_route(cluster->server, ONE, "201 Created", ANSWER("first", "3600"));
    http_route(cluster->server, TWO, "201 Created", ANSWER("other", "3600"));
    use(cluster, "new"); /* the clock stands still */
    wait_for_updates(cluster, 3);
    ck_assert(http_was_sent(cluster->server, "\r\nAuthorization: Bearer new\r\n"));
}
SP_TEST_END

SP_TEST(what_ends_with_a_request_under_way_is_freed)
{
    CLUSTER cluster = cluster_new();
    atomic_store(&cluster->server->held, 1);
    use(cluster, "pod");
    let_timers_run(cluster->rig);
    CLUSTER unused = cluster_new();
    sp_account_tokens_free(NULL);
    ck_assert_int_eq(atomic_load(&unused->updates_n), 0);
}
SP_TEST_END

/* The bindings after a reload: one that existed before, and a new one. */
static const struct sp_binding reloaded[] = {{.service_account = account_three},
                                             {.service_account = account_two}};

static struct cluster *reloading;

static void on_reload(struct sp_task *task)
{
    (void)task;
    sp_account_tokens_use_bindings(reloading->tokens, reloaded, sizeof reloaded / sizeof reloaded[0]);
}

/* All bindings are removed, and come back with the next reload. */
static void on_reloads(struct sp_task *task)
{
    (void)task;
    sp_account_tokens_use_bindings(reloading->tokens, NULL, 0);
    sp_account_tokens_use_bindings(reloading->tokens, bindings, BINDINGS_N);
}

static void reload(struct cluster *cluster, void (*run)(struct sp_task *task))
{
    static struct sp_task task;
    task = (struct sp_task){.run = run};
    reloading = cluster;
    sp_worker_post(cluster->rig->worker, &task);
    let_timers_run(cluster->rig);
}

SP_TEST(other_bindings_keep_the_tokens_of_accounts_that_they_name_and_drop_the_others)
{
    CLUSTER cluster = cluster_served();
    http_route(cluster->server, THREE, "201 Created", ANSWER("third", "3600"));
    reload(cluster, on_reload);
    wait_for_updates(cluster, 4);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 0)->authorization), "Bearer third");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 1)->authorization), "Bearer other");
    move_clock(cluster, 2880000);
    wait_for_updates(cluster, 6);
    ck_assert_uint_eq(http_count(cluster->server, ONE), 2);
    ck_assert_uint_eq(http_count(cluster->server, TWO), 2);
    ck_assert_uint_eq(http_count(cluster->server, THREE), 2);
}
SP_TEST_END

SP_TEST(a_binding_that_comes_again_while_its_request_is_under_way_gets_that_token)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ONE, "201 Created", ANSWER("first", "3600"));
    http_route(cluster->server, TWO, "201 Created", ANSWER("other", "3600"));
    atomic_store(&cluster->server->held, 1);
    use(cluster, "pod");
    let_timers_run(cluster->rig);
    for (int i = 0; i < 3 * SP_BINDINGS_MAX; i++) {
        reload(cluster, on_reloads);
    }
    atomic_store(&cluster->server->held, 0);
    wait_for_updates(cluster, 3);
    ck_assert_str_view(sp_buf_str(&credential(cluster, 0)->authorization), "Bearer first");
    ck_assert_str_view(sp_buf_str(&credential(cluster, 3)->authorization), "Bearer other");
    ck_assert_uint_eq(http_count(cluster->server, ONE), 2);
    ck_assert_uint_eq(http_count(cluster->server, TWO), 1);
}
SP_TEST_END

SP_SUITE("io/account_tokens", one_token_is_asked_for_for_each_account_and_secret,
         a_token_is_renewed_and_the_old_one_serves_until_it_ends, an_answer_ends_at_its_maximum,
         another_access_counts_at_once, what_ends_with_a_request_under_way_is_freed,
         other_bindings_keep_the_tokens_of_accounts_that_they_name_and_drop_the_others,
         a_binding_that_comes_again_while_its_request_is_under_way_gets_that_token)
