/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_record.h"

#include "material.h"

static struct sp_rbac_record *record_of(enum sp_rbac_kind kind, const char *text)
{
    struct sp_rbac_record *record = NULL;
    struct sp_rbac_fault fault;
    json_t *object = json_of(text);
    ck_assert_int_eq(sp_rbac_record_new(kind, object, &fault, &record), SP_OK);
    json_decref(object);
    return record;
}

SP_TEST(a_binding_keeps_its_role_and_the_subjects_that_count)
{
    struct sp_rbac_record *record =
        record_of(BINDING, "{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':["
                           "{'kind':'User','name':' x '},"
                           "{'kind':'ServiceAccount','name':'sa','namespace':'n'},"
                           "{'apiGroup':'','kind':'Group','name':'*'},"
                           "{'apiGroup':null,'kind':'Group','name':'ops'},"
                           "{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'ada'},"
                           "{'apiGroup':['x'],'kind':'User','name':'eve'},"
                           "{'apiGroup':1,'kind':'User','name':'eve'},"
                           "{'apiGroup':'RBAC.authorization.k8s.io','kind':'User','name':'eve'},"
                           "{'kind':'user','name':'eve'}]}");
    struct sp_str rest = sp_rbac_record_bytes(record);
    ck_assert_str_view(sp_rbac_record_name(record), "b");
    ck_assert_str_view(sp_rbac_take_text(&rest), "b");
    ck_assert_str_view(sp_rbac_take_text(&rest), "r");
    ck_assert_uint_eq(record->parts_n, 4);
    ck_assert_str_view(sp_rbac_take_text(&rest), "U x ");
    ck_assert_str_view(sp_rbac_take_text(&rest), "G*");
    ck_assert_str_view(sp_rbac_take_text(&rest), "Gops");
    ck_assert_str_view(sp_rbac_take_text(&rest), "Uada");
    ck_assert_uint_eq(rest.len, 0);
    sp_rbac_record_unref(record);
    sp_rbac_record_unref(NULL);
}
SP_TEST_END

SP_TEST(a_role_keeps_the_rules_that_have_paths_with_their_places)
{
    struct sp_rbac_record *record =
        record_of(ROLE, "{'metadata':{'name':'r'},'aggregationRule':null,'rules':["
                        "{'verbs':['get'],'apiGroups':[''],'resources':['pods']},"
                        "{'verbs':['get','head'],'nonResourceURLs':['/a','/a/*']},"
                        "{'verbs':[],'nonResourceURLs':['/b']}]}");
    struct sp_str rest = sp_rbac_record_bytes(record);
    ck_assert_str_view(sp_rbac_take_text(&rest), "r");
    ck_assert_uint_eq(record->parts_n, 2);
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 1);
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 2);
    ck_assert_str_view(sp_rbac_take_text(&rest), "get");
    ck_assert_str_view(sp_rbac_take_text(&rest), "head");
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 2);
    ck_assert_str_view(sp_rbac_take_text(&rest), "/a");
    ck_assert_str_view(sp_rbac_take_text(&rest), "/a/*");
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 2);
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 0);
    ck_assert_uint_eq(sp_rbac_take_number(&rest), 1);
    ck_assert_str_view(sp_rbac_take_text(&rest), "/b");
    ck_assert_uint_eq(rest.len, 0);
    sp_rbac_record_unref(record);
}
SP_TEST_END

SP_TEST(a_long_name_is_kept_whole)
{
    static const size_t lens[] = {1, 126, 127, 128, 16383, 16384, 70000};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        char *name = calloc(1, lens[i]);
        ck_assert_ptr_nonnull(name);
        memset(name, 'n', lens[i]);
        json_t *object = json_of("{'metadata':{},'rules':[{'verbs':['*'],'nonResourceURLs':['*']}]}");
        json_object_set_new(json_object_get(object, "metadata"), "name", json_stringn(name, lens[i]));
        struct sp_rbac_record *record = NULL;
        struct sp_rbac_fault fault;
        ck_assert_int_eq(sp_rbac_record_new(ROLE, object, &fault, &record), SP_OK);
        ck_assert(sp_str_equal(sp_rbac_record_name(record), (struct sp_str){name, lens[i]}));
        struct sp_rbac_record *same = sp_rbac_record_ref(record);
        sp_rbac_record_unref(record);
        ck_assert_uint_eq(sp_rbac_record_name(same).len, lens[i]);
        sp_rbac_record_unref(same);
        json_decref(object);
        free(name);
    }
}
SP_TEST_END

SP_TEST(a_binding_of_usual_size_takes_a_fifth_of_its_json)
{
    struct sp_rbac_record *record =
        record_of(BINDING, "{'metadata':{'name':'workspace-1234-grafana-view-67890'},"
                           "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole',"
                           "'name':'dkp-kube-prometheus-stack-grafana-view'},"
                           "'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User',"
                           "'name':'ada.lovelace@example.com'}]}");
    ck_assert_uint_lt(sizeof *record + record->len, 745 / 5);
    sp_rbac_record_unref(record);
}
SP_TEST_END

SP_SUITE("rbac_record", a_binding_keeps_its_role_and_the_subjects_that_count,
         a_role_keeps_the_rules_that_have_paths_with_their_places, a_long_name_is_kept_whole,
         a_binding_of_usual_size_takes_a_fifth_of_its_json)
