/* SPDX-License-Identifier: Apache-2.0 */

#include "io/rbac_list.h"

#include "../kube/watch_world.h"
#include "calls.h"

#include <fcntl.h>

#define ROLES    "/apis/rbac.authorization.k8s.io/v1/clusterroles"
#define BINDINGS "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
#define STATUS   "{\"kind\":\"Status\",\"message\":\"User cannot\"}"
#define BINDING                                                                                              \
    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"71\"},\"roleRef\":{" \
    "\"kind\":\"ClusterRole\",\"name\":\"r\",\"apiGroup\":\"rbac.authorization.k8s.io\"},\"subjects\":[{"    \
    "\"kind\":\"User\",\"name\":\"ada\"}]}}\n"

/* An API server, and what was read from it. Log lines are discarded. */
struct cluster {
    struct http_server *server;
    struct sp_api_access access;
    struct sp_rbac_index *index;
    struct sp_diag diag;
};

static struct cluster *cluster_new(void)
{
    struct cluster *cluster = calloc(1, sizeof *cluster);
    int nowhere = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(dup2(nowhere, STDOUT_FILENO), 0);
    close(nowhere);
    cluster->server = http_server_new();
    ck_assert_int_gt(asprintf(&cluster->access.server, "http://127.0.0.1:%u", cluster->server->port), 0);
    atomic_init(&cluster->access.refs, 1);
    return cluster;
}

static void cluster_free(struct cluster **cluster)
{
    ck_assert_uint_eq(atomic_load(&(*cluster)->access.refs), 1); /* it was borrowed */
    sp_rbac_index_unref((*cluster)->index);
    http_server_free(&(*cluster)->server);
    free((*cluster)->access.server);
    free(*cluster);
}

#define CLUSTER __attribute__((cleanup(cluster_free))) struct cluster *

static enum sp_error list(struct cluster *cluster, int64_t max_ms)
{
    static const struct sp_rbac_settings settings;
    return sp_rbac_list(&cluster->access, &settings, max_ms, &cluster->diag, &cluster->index);
}

SP_TEST(both_lists_make_an_index_and_nothing_is_followed)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ROLES, "200 OK", LIST_END);
    http_route(cluster->server, BINDINGS, "200 OK", BINDING LIST_END);
    ck_assert_msg(list(cluster, SP_RBAC_LIST_MAX_MS) == SP_OK, "%s", cluster->diag.text);
    ck_assert_uint_eq(sp_rbac_index_bindings(cluster->index), 1);
}
SP_TEST_END

SP_TEST(a_refusal_ends_it_and_names_the_right_that_is_missing)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ROLES, "403 Forbidden", STATUS);
    http_route(cluster->server, BINDINGS, "403 Forbidden", STATUS);
    ck_assert_int_eq(list(cluster, SP_RBAC_LIST_MAX_MS), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(cluster->diag.text, "403: the account may not watch clusterrole"));
    ck_assert_ptr_nonnull(strstr(cluster->diag.text, "User cannot"));
}
SP_TEST_END

SP_TEST(a_server_that_says_nothing_is_waited_for_no_longer_than_was_said)
{
    CLUSTER cluster = cluster_new();
    http_route(cluster->server, ROLES, "200 OK", LIST_END);
    http_route_stream(cluster->server, BINDINGS);
    ck_assert_int_eq(list(cluster, 50), SP_ERR_IO);
    ck_assert_ptr_nonnull(strstr(cluster->diag.text, "were not complete within 50 ms"));
    ck_assert_ptr_null(cluster->index);
}
SP_TEST_END

SP_SUITE("io/rbac_list", both_lists_make_an_index_and_nothing_is_followed,
         a_refusal_ends_it_and_names_the_right_that_is_missing,
         a_server_that_says_nothing_is_waited_for_no_longer_than_was_said)
