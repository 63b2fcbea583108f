/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_index.h"

#include "material.h"

SP_TEST(a_subject_has_what_the_roles_bound_to_it_give)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put(objects, ROLE,
        "{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'resources':['pods']},"
        "{'verbs':['get','head'],'nonResourceURLs':['/x','/x/*']},{'verbs':['*'],'nonResourceURLs':['/"
        "y']}]}");
    put_role(objects, "unbound", "'*'", "'*'");
    put_binding(objects, "b1", "r", "User", "ada");
    put_binding(objects, "b2", "r", "Group", "ops");
    put_binding(objects, "b3", "missing", "User", "ada");
    struct sp_rbac_index *index = make_index(objects);
    sp_rbac_objects_free(objects);

    ck_assert(asks(index, SP_RBAC_USER, "ada", "GET", "/x"));
    ck_assert(asks(index, SP_RBAC_USER, "ada", "HEAD", "/x/y"));
    ck_assert(asks(index, SP_RBAC_USER, "ada", "POST", "/y"));
    ck_assert(asks(index, SP_RBAC_GROUP, "ops", "GET", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "ada", "POST", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "ada", "GET", "/z"));
    ck_assert(!asks(index, SP_RBAC_GROUP, "ada", "GET", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "ops", "GET", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "ADA", "GET", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "ad", "GET", "/x"));
    ck_assert(!asks(index, SP_RBAC_USER, "", "GET", "/x"));
    ck_assert_uint_eq(sp_rbac_index_bindings(index), 3);

    struct sp_rbac_request request = make_request("GET", "/x/1");
    struct sp_rbac_cursor cursor = {0};
    struct sp_rbac_grant grant;
    ck_assert(
        sp_rbac_index_next_grant(index, &request, SP_RBAC_GROUP, SP_STR("o"), SP_STR("ps"), &cursor, &grant));
    ck_assert_str_view(grant.binding, "b2");
    ck_assert_str_view(grant.role, "r");
    ck_assert_uint_eq(grant.rule, 2);
    ck_assert_str_view(grant.pattern, "/x/*");
    ck_assert(!sp_rbac_index_next_grant(index, &request, SP_RBAC_GROUP, SP_STR("o"), SP_STR("ps"), &cursor,
                                        &grant));
    sp_rbac_index_unref(index);
}
SP_TEST_END

SP_TEST(names_are_bytes)
{
    static const char *const names[] = {" x ", "*", "a,b", "\xc3\xa9", "\xff", "x\x01y"};
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_role(objects, "r", "'get'", "'/x'");
    json_t *object =
        json_of("{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[]}");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_array_append_new(json_object_get(object, "subjects"),
                              json_pack("{s:s, s:o}", "kind", "User", "name", json_string_nocheck(names[i])));
    }
    struct sp_rbac_fault fault;
    ck_assert_int_eq(sp_rbac_objects_put(objects, BINDING, object, &fault), SP_OK);
    json_decref(object);
    struct sp_rbac_index *index = make_index(objects);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_msg(asks(index, SP_RBAC_USER, names[i], "GET", "/x"), "%s", names[i]);
    }
    static const char *const others[] = {"x", " x", "ada", "a", "b", "e\xcc\x81", "\xfe", "xy"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!asks(index, SP_RBAC_USER, others[i], "GET", "/x"), "%s", others[i]);
    }
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(case_is_ignored_for_ascii_letters_only_where_it_is_said)
{
    for (size_t ignores = 0; ignores < 2; ignores++) {
        struct sp_rbac_settings settings = {.matching = SP_RBAC_GLOBSTAR, .ignores_case = ignores == 1};
        struct sp_rbac_objects *objects = sp_rbac_objects_new(&settings);
        put_role(objects, "r", "'get'", "'/x'");
        put_binding(objects, "b1", "r", "User", "Kim@Example.com");
        put_binding(objects, "b2", "r", "Group", "OPS");
        put_binding(objects, "b3", "R", "Group", "other");
        struct sp_rbac_index *index = make_index(objects);
        ck_assert(asks(index, SP_RBAC_USER, "Kim@Example.com", "GET", "/x"));
        ck_assert_int_eq(asks(index, SP_RBAC_USER, "kIM@eXAMPLE.COM", "GET", "/x"), ignores == 1);
        ck_assert_int_eq(asks(index, SP_RBAC_GROUP, "ops", "GET", "/x"), ignores == 1);
        ck_assert(!asks(index, SP_RBAC_USER, "\xe2\x84\xaaim@example.com", "GET", "/x")); /* Kelvin sign */
        ck_assert(!asks(index, SP_RBAC_GROUP, "op\xc5\xbf", "GET", "/x"));                /* long s */
        ck_assert(!asks(index, SP_RBAC_GROUP, "other", "GET", "/x"));
        sp_rbac_index_unref(index);
        sp_rbac_objects_free(objects);
    }
}
SP_TEST_END

SP_TEST(all_grants_of_a_subject_are_told_one_after_the_other)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    char name[16];
    for (size_t i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "r%zu", i);
        put_role(objects, name, "'get'", i % 3 == 0 ? "'/x'" : "'/y'");
        put_binding(objects, name, name, "Group", "ops");
        snprintf(name, sizeof name, "other%zu", i);
        put_binding(objects, name, "r0", "User", name);
    }
    struct sp_rbac_index *index = make_index(objects);
    struct sp_rbac_request request = make_request("GET", "/x");
    struct sp_rbac_cursor cursor = {0};
    struct sp_rbac_grant grant;
    size_t n = 0;
    while (sp_rbac_index_next_grant(index, &request, SP_RBAC_GROUP, SP_STR_NONE, SP_STR("ops"), &cursor,
                                    &grant)) {
        ck_assert(sp_str_equal(grant.binding, grant.role));
        n++;
    }
    ck_assert_uint_eq(n, 100);
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

/* In any order of the bindings, so that a role that refuses is evaluated only once. */
SP_TEST(what_one_role_gives_to_a_subject_comes_in_a_row)
{
    enum { ROLES_N = 8, BINDINGS_N = 1000 };
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    char name[16];
    char role[16];
    for (size_t i = 0; i < ROLES_N; i++) {
        snprintf(role, sizeof role, "r%zu", i);
        put_role(objects, role, "'get'", i % 4 == 3 ? "'/y'" : "'/x'");
    }
    for (size_t i = 0; i < BINDINGS_N; i++) {
        snprintf(name, sizeof name, "b%zu", i);
        snprintf(role, sizeof role, "r%zu", i % ROLES_N);
        put_binding(objects, name, role, "User", i % 3 == 0 ? "eve" : "ada");
    }
    struct sp_rbac_index *index = make_index(objects);
    struct sp_rbac_request request = make_request("GET", "/x");
    struct sp_rbac_cursor cursor = {0};
    struct sp_rbac_grant grant;
    struct sp_str last = SP_STR_NONE;
    size_t rows_n = 0;
    size_t grants_n = 0;
    bool is_told[BINDINGS_N] = {false};
    while (sp_rbac_index_next_grant(index, &request, SP_RBAC_USER, SP_STR_NONE, SP_STR("ada"), &cursor,
                                    &grant)) {
        size_t binding = strtoul(grant.binding.ptr + 1, NULL, 10);
        ck_assert_uint_ne(binding % 3, 0);
        ck_assert_uint_eq(strtoul(grant.role.ptr + 1, NULL, 10), binding % ROLES_N);
        ck_assert(!is_told[binding]);
        is_told[binding] = true;
        rows_n += sp_str_equal(grant.role, last) ? 0 : 1;
        last = grant.role;
        grants_n++;
    }
    ck_assert_uint_eq(rows_n, 6);
    ck_assert_uint_eq(grants_n, 500);
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(a_binding_that_names_a_subject_again_gives_nothing_more)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_role(objects, "r", "'get'", "'/x'");
    json_t *object =
        json_of("{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[]}");
    for (size_t i = 0; i < 1000; i++) {
        json_array_append_new(json_object_get(object, "subjects"), json_of("{'kind':'User','name':'ada'}"));
    }
    struct sp_rbac_fault fault;
    ck_assert_int_eq(sp_rbac_objects_put(objects, BINDING, object, &fault), SP_OK);
    json_decref(object);
    put_binding(objects, "c", "r", "User", "ada");
    struct sp_rbac_index *index = make_index(objects);
    struct sp_rbac_request request = make_request("GET", "/x");
    struct sp_rbac_cursor cursor = {0};
    struct sp_rbac_grant grant;
    size_t grants_n = 0;
    while (sp_rbac_index_next_grant(index, &request, SP_RBAC_USER, SP_STR_NONE, SP_STR("ada"), &cursor,
                                    &grant)) {
        grants_n++;
    }
    ck_assert_uint_eq(grants_n, 2); /* one for each binding */
    ck_assert(!asks(index, SP_RBAC_USER, "ada", "POST", "/x"));
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(what_changes_while_an_index_is_built_is_in_the_next_one)
{
    for (size_t steps = 0; steps < 12; steps++) {
        struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
        put_role(objects, "r", "'get'", "'/x'");
        put_binding(objects, "b", "r", "User", "ada");
        put_binding(objects, "c", "none", "User", "ada");
        struct sp_rbac_build *build = sp_rbac_build_begin(objects);
        struct sp_rbac_index *index = NULL;
        for (size_t i = 0; i < steps && index == NULL; i++) {
            ck_assert_int_eq(sp_rbac_build_step(build, 1, &index), SP_OK);
        }
        put_role(objects, "r", "'get'", "'/y'");
        sp_rbac_objects_remove(objects, BINDING, SP_STR("b"));
        put_binding(objects, "d", "r", "User", "eve");
        if (steps % 2 == 1 || index != NULL) { /* otherwise it is abandoned */
            while (index == NULL) {
                ck_assert_int_eq(sp_rbac_build_step(build, 1, &index), SP_OK);
            }
            ck_assert(asks(index, SP_RBAC_USER, "ada", "GET", "/x"));
            ck_assert(!asks(index, SP_RBAC_USER, "ada", "GET", "/y"));
            ck_assert(!asks(index, SP_RBAC_USER, "eve", "GET", "/y"));
            ck_assert_uint_lt(sp_rbac_index_serial(index), sp_rbac_objects_serial(objects));
            sp_rbac_index_unref(index);
        }
        sp_rbac_build_free(build);
        index = make_index(objects);
        ck_assert(!asks(index, SP_RBAC_USER, "ada", "GET", "/x"));
        ck_assert(asks(index, SP_RBAC_USER, "eve", "GET", "/y"));
        ck_assert_uint_eq(sp_rbac_index_serial(index), sp_rbac_objects_serial(objects));
        struct sp_rbac_index *same = sp_rbac_index_ref(index);
        sp_rbac_index_unref(index);
        ck_assert(asks(same, SP_RBAC_USER, "eve", "GET", "/y"));
        sp_rbac_index_unref(same);
        sp_rbac_objects_free(objects);
    }
    sp_rbac_build_free(NULL);
    sp_rbac_index_unref(NULL);
}
SP_TEST_END

/* A binding as the API server sends it, without managedFields, which are ignored. */
static void put_usual_binding(struct sp_rbac_objects *objects, size_t i)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRoleBinding','metadata':{'name':"
        "'workspace-%zu-grafana-view','uid':'2d2b8f5e-0f6a-4b53-9a3a-%012zu','resourceVersion':'%zu',"
        "'creationTimestamp':'2026-11-24T11:00:00Z','labels':{'workspaces.kommander.mesosphere.io/managed':"
        "'true'}},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':"
        "'dkp-grafana-view-%zu'},'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':"
        "'oidc:user-%zu@example.com'}]}",
        i, i, i, i % 20, i);
    put(objects, BINDING, text);
}

SP_TEST(while_ten_thousand_bindings_arrive_memory_stays_near_the_finished_index)
{
    enum { BINDINGS_N = 10000, BETWEEN = 500 };
    size_t begin = held();
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    struct sp_rbac_index *index = NULL;
    size_t peak = begin;
    for (size_t i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "dkp-grafana-view-%zu", i);
        put_role(objects, name, "'get','head'", "'/dkp/grafana','/dkp/grafana/*'");
    }
    for (size_t i = 0; i < BINDINGS_N; i++) {
        put_usual_binding(objects, i);
        if (i % BETWEEN == BETWEEN - 1) {
            struct sp_rbac_index *newer = NULL;
            struct sp_rbac_build *build = sp_rbac_build_begin(objects);
            while (newer == NULL) {
                ck_assert_int_eq(sp_rbac_build_step(build, 100, &newer), SP_OK);
                peak = held() > peak ? held() : peak;
            }
            sp_rbac_build_free(build);
            sp_rbac_index_unref(index);
            index = newer;
        }
    }
    ck_assert_uint_le(sp_rbac_objects_len(objects) + sp_rbac_index_len(index), 2 * 1024 * 1024);
    sp_rbac_objects_free(objects);
    ck_assert(asks(index, SP_RBAC_USER, "oidc:user-9999@example.com", "GET", "/dkp/grafana/x"));
    ck_assert_uint_le(peak, held() + 2 * 1024 * 1024);
    sp_rbac_index_unref(index);
}
SP_TEST_END

SP_SUITE("rbac_index", a_subject_has_what_the_roles_bound_to_it_give, names_are_bytes,
         case_is_ignored_for_ascii_letters_only_where_it_is_said,
         all_grants_of_a_subject_are_told_one_after_the_other,
         what_one_role_gives_to_a_subject_comes_in_a_row,
         a_binding_that_names_a_subject_again_gives_nothing_more,
         what_changes_while_an_index_is_built_is_in_the_next_one,
         while_ten_thousand_bindings_arrive_memory_stays_near_the_finished_index)
