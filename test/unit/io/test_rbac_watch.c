/* SPDX-License-Identifier: Apache-2.0 */

#include "io/rbac_watch.h"

#include "../kube/watch_world.h"
#include "calls.h"
#include "clock_stub.h"

#include <fcntl.h>

#define ROLES     "/apis/rbac.authorization.k8s.io/v1/clusterroles"
#define BINDINGS  "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
#define NONE      (-1) /* no index for rules */
#define MAX_AGE_S 600

#define BINDING(name)                                                                                        \
    "{\"metadata\":{\"name\":\"" name                                                                        \
    "\",\"resourceVersion\":\"71\"},\"roleRef\":{\"kind\":\"ClusterRole\","                                  \
    "\"name\":\"r\",\"apiGroup\":\"rbac.authorization.k8s.io\"},\"subjects\":[{\"kind\":\"User\",\"name\":"  \
    "\"ada\"}]}"
#define ADDED(object)   "{\"type\":\"ADDED\",\"object\":" object "}\n"
#define DELETED(object) "{\"type\":\"DELETED\",\"object\":" object "}\n"

/* An API server with two streams, the watch of it, and the index for rules. Log lines are discarded. */
struct cluster {
    struct http_server *server;
    struct rig *rig;
    struct sp_rbac_watch *watch;
    atomic_int bindings_n;
    atomic_int updates_n;
};

static void on_update(void *context, struct sp_rbac_index *index)
{
    struct cluster *cluster = context;
    atomic_store(&cluster->bindings_n, index != NULL ? (int)sp_rbac_index_bindings(index) : NONE);
    atomic_fetch_add(&cluster->updates_n, 1);
}

static struct sp_api_access *access_new(const struct cluster *cluster, const char *token)
{
    struct sp_api_access *access = calloc(1, sizeof *access);
    ck_assert_int_gt(asprintf(&access->server, "http://127.0.0.1:%u", cluster->server->port), 0);
    sp_buf_init(&access->authorization, 100);
    sp_buf_printf(&access->authorization, "Bearer %s", token);
    atomic_init(&access->refs, 1);
    return access;
}

static struct cluster *cluster_new(void)
{
    static const struct sp_rbac_settings settings;
    struct cluster *cluster = calloc(1, sizeof *cluster);
    int nowhere = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    close(nowhere);
    cluster->server = http_server_new();
    cluster->rig = rig_new();
    atomic_store(&cluster->bindings_n, NONE);
    cluster->watch = sp_rbac_watch_new(cluster->rig->worker, &settings, MAX_AGE_S, on_update, cluster);
    ck_assert_ptr_nonnull(cluster->watch);
    http_route_stream(cluster->server, ROLES);
    http_route_stream(cluster->server, BINDINGS);
    return cluster;
}

static void cluster_free(struct cluster **cluster)
{
    rig_free(&(*cluster)->rig);
    sp_rbac_watch_free((*cluster)->watch);
    http_server_free(&(*cluster)->server);
    free(*cluster);
}

#define CLUSTER __attribute__((cleanup(cluster_free))) struct cluster *

static void use(struct cluster *cluster, const char *token)
{
    sp_rbac_watch_use(cluster->watch, access_new(cluster, token));
}

static void move_clock(struct cluster *cluster, int64_t by_ms)
{
    let_timers_run(cluster->rig);
    clock_move_ms(by_ms);
    let_timers_run(cluster->rig);
}

#define wait_for_bindings(cluster, n) WAIT_FOR(atomic_load(&(cluster)->bindings_n) == (n))

/* With both lists complete: no roles, one binding. */
static struct cluster *cluster_read(void)
{
    struct cluster *cluster = cluster_new();
    use(cluster, "one");
    http_push_to(cluster->server, ROLES, LIST_END);
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("a")) LIST_END);
    wait_for_bindings(cluster, 1);
    return cluster;
}

SP_TEST(there_is_an_index_when_both_lists_are_complete)
{
    CLUSTER cluster = cluster_new();
    use(cluster, "one");
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("a")) ADDED(BINDING("b")) LIST_END);
    http_push_to(cluster->server, ROLES, EVENT("ADDED", "r", "1"));
    move_clock(cluster, 0);
    struct sp_rbac_watch_status status = sp_rbac_watch_status(cluster->watch);
    ck_assert(!status.is_read && !status.is_current && status.bindings_n < 0 && status.age_s < 0);
    ck_assert_int_eq(atomic_load(&cluster->updates_n), 0);
    http_push_to(cluster->server, ROLES, LIST_END);
    wait_for_bindings(cluster, 2);
    move_clock(cluster, 5000);
    status = sp_rbac_watch_status(cluster->watch);
    ck_assert(status.is_read && status.is_current && status.bindings_n == 2 && status.age_s == 5);
}
SP_TEST_END

SP_TEST(changes_are_built_once_a_second_and_the_first_at_once)
{
    CLUSTER cluster = cluster_read();
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("b")));
    wait_for_bindings(cluster, 2);
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("c")));
    http_push_to(cluster->server, BINDINGS, DELETED(BINDING("a")));
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("d")));
    move_clock(cluster, 999);
    ck_assert_int_eq(atomic_load(&cluster->updates_n), 2);
    move_clock(cluster, 1);
    wait_for_bindings(cluster, 3);
    ck_assert_int_eq(atomic_load(&cluster->updates_n), 3);
    move_clock(cluster, 5000);
    http_push_to(cluster->server, BINDINGS, DELETED(BINDING("b")));
    wait_for_bindings(cluster, 2);
    http_push_to(cluster->server, BINDINGS, DELETED(BINDING("c")));
    wait_for_bindings(cluster, 1);
}
SP_TEST_END

SP_TEST(an_object_that_cannot_be_read_gives_nothing_and_stops_nothing)
{
    CLUSTER cluster = cluster_read();
    http_push_to(
        cluster->server, BINDINGS,
        "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"72\"},"
        "\"subjects\":7}}\n");
    move_clock(cluster, 1000);
    wait_for_bindings(cluster, 0);
    http_push_to(cluster->server, BINDINGS, ADDED("{\"metadata\":{\"resourceVersion\":\"73\"}}"));
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("b")));
    move_clock(cluster, 1000);
    wait_for_bindings(cluster, 1);
    ck_assert_uint_eq(http_count(cluster->server, BINDINGS), 1);
}
SP_TEST_END

SP_TEST(ac_61_the_index_goes_on_while_the_server_is_away_but_not_for_ever)
{
    CLUSTER cluster = cluster_read();
    http_route(cluster->server, ROLES, "503 Service Unavailable", "");
    http_route(cluster->server, BINDINGS, "503 Service Unavailable", "");
    http_hang_up_to(cluster->server, ROLES);
    http_hang_up_to(cluster->server, BINDINGS);
    let_timers_run(cluster->rig);
    move_clock(cluster, MAX_AGE_S * 1000 - 1);
    ck_assert(sp_rbac_watch_status(cluster->watch).is_current);
    ck_assert_int_eq(atomic_load(&cluster->bindings_n), 1);
    move_clock(cluster, 1);
    wait_for_bindings(cluster, NONE);
    struct sp_rbac_watch_status status = sp_rbac_watch_status(cluster->watch);
    ck_assert(status.is_read && !status.is_current && status.age_s == MAX_AGE_S);
    http_route_stream(cluster->server, ROLES);
    http_route_stream(cluster->server, BINDINGS);
    move_clock(cluster, SP_ATTEMPT_DELAY_MAX_MS);
    http_push_to(cluster->server, ROLES, BOOKMARK("72"));
    http_push_to(cluster->server, BINDINGS, BOOKMARK("72"));
    wait_for_bindings(cluster, 1);
    ck_assert(sp_rbac_watch_status(cluster->watch).is_current);
}
SP_TEST_END

SP_TEST(ac_61_one_watch_that_is_dead_makes_all_old)
{
    CLUSTER cluster = cluster_read();
    for (int i = 0; i < MAX_AGE_S / 60; i++) { /* one is silent, and its new list never ends */
        move_clock(cluster, 60000);
        http_push_to(cluster->server, BINDINGS, i % 2 == 0 ? ADDED(BINDING("b")) : DELETED(BINDING("b")));
        move_clock(cluster, 0);
    }
    move_clock(cluster, 1000);
    wait_for_bindings(cluster, NONE);
    http_push_to(cluster->server, BINDINGS, ADDED(BINDING("c")));
    move_clock(cluster, 2000);
    ck_assert_int_eq(atomic_load(&cluster->bindings_n), NONE);
}
SP_TEST_END

SP_TEST(ac_61_after_90_seconds_of_silence_the_list_is_read_again)
{
    CLUSTER cluster = cluster_read();
    move_clock(cluster, 89999);
    ck_assert_uint_eq(http_count(cluster->server, BINDINGS), 1);
    move_clock(cluster, 1);
    move_clock(cluster, SP_ATTEMPT_DELAY_MIN_MS);
    WAIT_FOR(http_count(cluster->server, BINDINGS) == 2 && http_count(cluster->server, ROLES) == 2);
    ck_assert(http_was_sent(cluster->server, "sendInitialEvents=true"));
    ck_assert_int_eq(atomic_load(&cluster->bindings_n), 1);
    http_push_to(cluster->server, ROLES, LIST_END);
    http_push_to(cluster->server, BINDINGS, LIST_END);
    wait_for_bindings(cluster, 0);
}
SP_TEST_END

SP_TEST(a_server_without_the_list_as_a_watch_is_asked_for_pages)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ROLES "?watch", "422 Unprocessable Entity", "{}");
    http_route(cluster->server, BINDINGS "?watch", "422 Unprocessable Entity", "{}");
    http_route(cluster->server, ROLES, "200 OK", "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}");
    http_route(cluster->server, BINDINGS, "200 OK",
               "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" BINDING("a") "]}");
    use(cluster, "one");
    wait_for_bindings(cluster, 1);
}
SP_TEST_END

SP_TEST(a_request_goes_by_the_access_of_its_moment)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ROLES, "401 Unauthorized", "{}");
    http_route(cluster->server, BINDINGS, "401 Unauthorized", "{}");
    use(cluster, "old");
    WAIT_FOR(http_count(cluster->server, ROLES) == 1 && http_count(cluster->server, BINDINGS) == 1);
    ping(cluster->rig, cluster->server);
    let_timers_run(cluster->rig);
    use(cluster, "new"); /* the clock stands still: at once */
    WAIT_FOR(http_count(cluster->server, ROLES) == 2 && http_count(cluster->server, BINDINGS) == 2);
    ck_assert(http_was_sent(cluster->server, "\r\nAuthorization: Bearer new\r\n"));
    ck_assert(http_was_sent(cluster->server, "\r\nAccept: application/json\r\n"));
}
SP_TEST_END

SP_TEST(one_that_was_never_used_is_freed)
{
    CLUSTER cluster = cluster_new();
    ck_assert(!sp_rbac_watch_status(cluster->watch).is_read);
    sp_rbac_watch_free(NULL);
}
SP_TEST_END

SP_SUITE("io/rbac_watch", there_is_an_index_when_both_lists_are_complete,
         changes_are_built_once_a_second_and_the_first_at_once,
         an_object_that_cannot_be_read_gives_nothing_and_stops_nothing,
         ac_61_the_index_goes_on_while_the_server_is_away_but_not_for_ever,
         ac_61_one_watch_that_is_dead_makes_all_old, ac_61_after_90_seconds_of_silence_the_list_is_read_again,
         a_server_without_the_list_as_a_watch_is_asked_for_pages, a_request_goes_by_the_access_of_its_moment,
         one_that_was_never_used_is_freed)
