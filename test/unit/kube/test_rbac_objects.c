/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_objects.h"

#include "material.h"

#define BOUND                                                                                                \
    "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'r'},"                    \
    "'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'ada'}]"

SP_TEST(what_cannot_decide_about_a_path_is_not_kept)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put(objects, ROLE, "{'metadata':{'name':'a'},'rules':[{'verbs':['get'],'resources':['pods']}]}");
    put(objects, ROLE, "{'metadata':{'name':'b'},'rules':null}");
    put(objects, ROLE, "{'metadata':{'name':'c'},'rules':[{'verbs':['get'],'nonResourceURLs':[]}]}");
    put(objects, BINDING,
        "{'metadata':{'name':'a'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':null}");
    put(objects, BINDING,
        "{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[{'kind':"
        "'ServiceAccount','name':'ada','namespace':'x'},{'apiGroup':'x.io','kind':'User','name':'ada'}]}");
    ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), 0);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 0);
    ck_assert_uint_eq(sp_rbac_objects_serial(objects), 0);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(an_object_that_comes_again_as_it_was_is_no_change)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put(objects, BINDING, "{'metadata':{'name':'b','resourceVersion':'1'}," BOUND "}");
    uint64_t serial = sp_rbac_objects_serial(objects);
    size_t len = sp_rbac_objects_len(objects);
    put(objects, BINDING, "{'metadata':{'name':'b','resourceVersion':'2'}," BOUND "}");
    ck_assert_uint_eq(sp_rbac_objects_serial(objects), serial);
    put_binding(objects, "b", "r", "User", "eve");
    ck_assert_uint_gt(sp_rbac_objects_serial(objects), serial);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1);
    ck_assert_uint_eq(sp_rbac_objects_len(objects), len);
    sp_rbac_objects_remove(objects, BINDING, SP_STR("other"));
    sp_rbac_objects_remove(objects, ROLE, SP_STR("b"));
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1);
    sp_rbac_objects_remove(objects, BINDING, SP_STR("b"));
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 0);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(an_object_that_cannot_be_read_drops_the_one_of_its_name)
{
    static const struct {
        enum sp_rbac_kind kind;
        const char *text;
        const char *pointer;
    } cases[] = {
        {ROLE, "{}", "/metadata/name"},
        {ROLE, "{'metadata':{'name':''}}", "/metadata/name"},
        {ROLE, "{'metadata':{'name':'x'},'rules':{}}", "/rules"},
        {ROLE, "{'metadata':{'name':'x'},'rules':[[]]}", "/rules/0"},
        {ROLE, "{'metadata':{'name':'x'},'rules':[{},{'verbs':'get'}]}", "/rules/1/verbs"},
        {ROLE, "{'metadata':{'name':'x'},'rules':[{'verbs':['get',1]}]}", "/rules/0/verbs/1"},
        {ROLE, "{'metadata':{'name':'x'},'rules':[{'nonResourceURLs':[null]}]}",
         "/rules/0/nonResourceURLs/0"},
        {BINDING, "{'metadata':{'name':'x'}}", "/roleRef/name"},
        {BINDING, "{'metadata':{'name':'x'},'roleRef':{'kind':'Role','name':'r'}}", "/roleRef/kind"},
        {BINDING, "{'metadata':{'name':'x'},'roleRef':{'apiGroup':'x','kind':'ClusterRole','name':'r'}}",
         "/roleRef/apiGroup"},
        {BINDING, "{'metadata':{'name':'x'},'roleRef':{'apiGroup':[],'kind':'ClusterRole','name':'r'}}",
         "/roleRef/apiGroup"},
        {BINDING, "{'metadata':{'name':'x'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':'ada'}",
         "/subjects"},
        {BINDING, "{'metadata':{'name':'x'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[1]}",
         "/subjects/0/kind"},
        {BINDING,
         "{'metadata':{'name':'x'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[{'kind':'User'}]}",
         "/subjects/0/name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
        struct sp_rbac_fault fault;
        put_role(objects, "x", "'get'", "'/x'");
        put_binding(objects, "x", "r", "User", "ada");
        ck_assert_msg(try_put(objects, cases[i].kind, cases[i].text, &fault) == SP_ERR_FORMAT, "%s",
                      cases[i].text);
        ck_assert_str_eq(fault.pointer, cases[i].pointer);
        bool is_named = strstr(cases[i].text, "'x'}") != NULL;
        ck_assert_uint_eq(sp_rbac_objects_count(objects, cases[i].kind), is_named ? 0 : 1);
        sp_rbac_objects_free(objects);
    }
}
SP_TEST_END

SP_TEST(bindings_that_kubernetes_ships_are_left_out_unless_they_are_asked_for)
{
    static const char *const shipped =
        "{'metadata':{'name':'b','labels':{'kubernetes.io/bootstrapping':'rbac-defaults'}}," BOUND "}";
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_binding(objects, "b", "r", "User", "ada");
    put(objects, BINDING, shipped);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 0);
    put(objects, BINDING,
        "{'metadata':{'name':'c','labels':{'kubernetes.io/bootstrapping':'other'}}," BOUND "}");
    put(objects, ROLE,
        "{'metadata':{'name':'r','labels':{'kubernetes.io/bootstrapping':'rbac-defaults'}},"
        "'rules':[{'verbs':['get'],'nonResourceURLs':['/x']}]}");
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), 1);
    sp_rbac_objects_free(objects);

    objects = sp_rbac_objects_new(&(struct sp_rbac_settings){.takes_bootstrap = true});
    put(objects, BINDING, shipped);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(a_list_drops_what_was_not_seen_again)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    char name[16];
    sp_rbac_objects_begin_list(objects, BINDING);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "b%zu", i);
        put_binding(objects, name, "r", "User", "ada");
    }
    end_list(objects, BINDING);
    put_role(objects, "r", "'get'", "'/x'");
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1000);
    uint64_t serial = sp_rbac_objects_serial(objects);

    sp_rbac_objects_begin_list(objects, BINDING); /* this list is abandoned */
    put_binding(objects, "b0", "r", "User", "ada");
    sp_rbac_objects_begin_list(objects, BINDING);
    for (size_t i = 0; i < 1000; i += 3) {
        snprintf(name, sizeof name, "b%zu", i);
        put_binding(objects, name, "r", "User", "ada");
    }
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1000);
    ck_assert_uint_eq(sp_rbac_objects_serial(objects), serial);
    sp_rbac_objects_end_list(objects, BINDING);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 1000);
    ck_assert(!sp_rbac_objects_sweep(objects, 0));
    size_t steps_n = 1;
    while (!sp_rbac_objects_sweep(objects, 100)) {
        ck_assert_uint_ge(sp_rbac_objects_count(objects, BINDING) + 100 * steps_n, 1000);
        steps_n++;
    }
    ck_assert_uint_gt(steps_n, 10);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), 334);
    ck_assert_uint_eq(sp_rbac_objects_subjects(objects), 334);
    ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), 1);
    ck_assert_uint_eq(sp_rbac_objects_serial(objects), serial + 666);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "b%zu", i);
        size_t before = sp_rbac_objects_count(objects, BINDING);
        sp_rbac_objects_remove(objects, BINDING, sp_str_from_c(name));
        ck_assert_uint_eq(before - sp_rbac_objects_count(objects, BINDING), i % 3 == 0 ? 1 : 0);
    }
    sp_rbac_objects_free(objects);
}
SP_TEST_END

/* Whatever comes and goes, even during a sweep, the set contains what a plain array of flags says. */
SP_TEST(random_changes_leave_what_they_say)
{
    enum { NAMES = 300 };
    struct dice dice = {61};
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    bool is_there[NAMES] = {false};
    bool is_seen[NAMES] = {false};
    size_t in_midst_n = 0;
    for (size_t i = 0; i < 40000; i++) {
        size_t n = dice_roll(&dice, NAMES);
        char name[16];
        snprintf(name, sizeof name, "n%zu", n);
        size_t what = dice_roll(&dice, 400);
        if (what == 0) {
            sp_rbac_objects_begin_list(objects, ROLE);
            memset(is_seen, 0, sizeof is_seen);
        } else if (what == 1) {
            sp_rbac_objects_end_list(objects, ROLE);
            for (size_t k = 0; k < NAMES; k++) {
                is_there[k] = is_there[k] && is_seen[k];
            }
        } else if (what < 60) {
            in_midst_n += sp_rbac_objects_sweep(objects, dice_roll(&dice, 40)) ? 0 : 1;
        } else if (what < 200) {
            sp_rbac_objects_remove(objects, ROLE, sp_str_from_c(name));
            is_there[n] = false;
        } else {
            put_role(objects, name, "'get'", what % 2 == 0 ? "'/x'" : "'/y'");
            is_there[n] = true;
            is_seen[n] = true;
        }
    }
    ck_assert_uint_gt(in_midst_n, 200);
    ck_assert(sp_rbac_objects_sweep(objects, SIZE_MAX));
    size_t n = 0;
    for (size_t k = 0; k < NAMES; k++) {
        n += is_there[k];
    }
    ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), n);
    size_t cursor = 0;
    struct sp_rbac_record *record;
    while ((record = sp_rbac_objects_next(objects, ROLE, &cursor)) != NULL) {
        char name[16];
        struct sp_str text = sp_rbac_record_name(record);
        snprintf(name, sizeof name, "%.*s", SP_STR_ARGS(text));
        ck_assert(is_there[strtoul(name + 1, NULL, 10)]);
        n--;
    }
    ck_assert_uint_eq(n, 0);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

/* A table that grows while it is swept moves its records to other slots. */
SP_TEST(what_is_put_while_a_list_is_swept_stays_and_what_is_gone_goes)
{
    for (size_t swept_n = 0; swept_n < 64; swept_n += 7) {
        struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
        char name[16];
        for (size_t i = 0; i < 40; i++) {
            snprintf(name, sizeof name, "old%zu", i);
            put_role(objects, name, "'get'", "'/x'");
        }
        sp_rbac_objects_begin_list(objects, ROLE);
        sp_rbac_objects_end_list(objects, ROLE);
        ck_assert(!sp_rbac_objects_sweep(objects, swept_n));
        for (size_t i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "new%zu", i);
            put_role(objects, name, "'get'", "'/x'");
        }
        put_role(objects, "old39", "'get'", "'/x'");
        if (swept_n % 2 == 0) {
            sp_rbac_objects_begin_list(objects, ROLE); /* what the last list left is removed first */
        }
        ck_assert(sp_rbac_objects_sweep(objects, SIZE_MAX));
        ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), 201);
        sp_rbac_objects_free(objects);
    }
}
SP_TEST_END

SP_TEST(a_table_grows_when_three_quarters_are_taken)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    char name[16];
    size_t records_len = 0;
    for (size_t i = 0; i < 97; i++) {
        snprintf(name, sizeof name, "r%02zu", i);
        size_t before = sp_rbac_objects_len(objects);
        put_role(objects, name, "'get'", "'/x'");
        records_len = i == 1 ? sp_rbac_objects_len(objects) - before : records_len;
        size_t grown = i == 0 || i == 48 ? 64 : i == 96 ? 128 : 0;
        ck_assert(i < 1 || sp_rbac_objects_len(objects) - before == records_len + grown * sizeof(void *));
    }
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(the_bytes_of_all_objects_have_a_limit)
{
    enum { PART = 16 * 1024 * 1024 };
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    json_t *role = json_of("{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'nonResourceURLs':['/x']}]}");
    json_t *paths = json_object_get(json_array_get(json_object_get(role, "rules"), 0), "nonResourceURLs");
    char *path = malloc(PART);
    ck_assert_ptr_nonnull(path);
    memset(path, 'a', PART);
    struct sp_rbac_fault fault;
    for (size_t i = 0; i < 5; i++) {
        json_object_set_new(json_object_get(role, "metadata"), "name", json_sprintf("r%zu", i));
        json_array_set_new(paths, 0, json_stringn(path, i < 3 ? PART : PART - 4096));
        enum sp_error error = sp_rbac_objects_put(objects, ROLE, role, &fault);
        ck_assert_int_eq(error, i < 4 ? SP_OK : SP_ERR_LIMIT);
    }
    size_t left = SP_RBAC_BYTES_MAX - sp_rbac_objects_len(objects) - 4 * SP_RBAC_OBJECT_HELD_LEN;
    for (size_t more = 1; more != SIZE_MAX; more--) { /* one byte too many, and then exactly the limit */
        json_object_set_new(json_object_get(role, "metadata"), "name", json_string("r3"));
        json_array_set_new(paths, 0, json_stringn(path, PART - 4096 + left + more));
        enum sp_error error = sp_rbac_objects_put(objects, ROLE, role, &fault);
        ck_assert_int_eq(error, more == 1 ? SP_ERR_LIMIT : SP_OK);
        ck_assert_uint_eq(sp_rbac_objects_count(objects, ROLE), more == 1 ? 3 : 4);
    }
    free(path);
    json_decref(role);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

/* A million users with one-word names: the names are a small part of the memory. */
SP_TEST(the_limit_counts_what_the_index_of_subjects_takes)
{
    enum { BINDINGS_N = 40, SUBJECTS_N = 25000 };
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_role(objects, "r", "'get'", "'/x'");
    json_t *object =
        json_of("{'metadata':{'name':''},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[]}");
    json_t *subjects = json_object_get(object, "subjects");
    for (size_t n = 0; n < SUBJECTS_N; n++) {
        json_array_append_new(subjects, json_of("{'kind':'User','name':''}"));
    }
    size_t begin = held();
    size_t kept_n = 0;
    for (size_t i = 0; i < BINDINGS_N; i++) {
        char text[16];
        struct sp_rbac_fault fault;
        snprintf(text, sizeof text, "b%zu", i);
        json_string_set(json_object_get(json_object_get(object, "metadata"), "name"), text);
        for (size_t n = 0; n < SUBJECTS_N; n++) {
            snprintf(text, sizeof text, "%zu", i * SUBJECTS_N + n);
            json_string_set(json_object_get(json_array_get(subjects, n), "name"), text);
        }
        enum sp_error error = sp_rbac_objects_put(objects, BINDING, object, &fault);
        ck_assert(error == SP_OK || error == SP_ERR_LIMIT);
        kept_n += error == SP_OK ? 1 : 0;
    }
    ck_assert_uint_eq(sp_rbac_objects_count(objects, BINDING), kept_n);
    ck_assert_uint_gt(kept_n, BINDINGS_N / 2);
    ck_assert_uint_lt(kept_n, BINDINGS_N);
    struct sp_rbac_index *index = make_index(objects);
    struct sp_rbac_build *next = sp_rbac_build_begin(objects);
    struct sp_rbac_index *none = NULL;
    ck_assert_int_eq(sp_rbac_build_step(next, kept_n * SUBJECTS_N, &none), SP_OK);
    ck_assert_uint_le(held(), begin + SP_RBAC_BYTES_MAX);
    json_decref(object);
    sp_rbac_build_free(next);
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(an_object_says_what_it_is)
{
    static const struct {
        const char *api_version;
        const char *kind;
        int found; /* -1: neither */
    } cases[] = {
        {"rbac.authorization.k8s.io/v1", "ClusterRole", ROLE},
        {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", BINDING},
        {"rbac.authorization.k8s.io/v1", "RoleBinding", -1},
        {"rbac.authorization.k8s.io/v1", "ClusterRoleList", -1},
        {"rbac.authorization.k8s.io/v1", "", -1},
        {"rbac.authorization.k8s.io", "ClusterRole", -1},
        {"v1", "ClusterRole", -1},
        {"", "ClusterRole", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum sp_rbac_kind kind = SP_RBAC_KIND_COUNT;
        bool is_found =
            sp_rbac_kind_of(sp_str_from_c(cases[i].api_version), sp_str_from_c(cases[i].kind), &kind);
        ck_assert_int_eq(is_found ? (int)kind : -1, cases[i].found);
    }
}
SP_TEST_END

SP_SUITE("rbac_objects", what_cannot_decide_about_a_path_is_not_kept,
         an_object_that_comes_again_as_it_was_is_no_change,
         an_object_that_cannot_be_read_drops_the_one_of_its_name,
         bindings_that_kubernetes_ships_are_left_out_unless_they_are_asked_for,
         a_list_drops_what_was_not_seen_again, random_changes_leave_what_they_say,
         what_is_put_while_a_list_is_swept_stays_and_what_is_gone_goes,
         a_table_grows_when_three_quarters_are_taken, the_bytes_of_all_objects_have_a_limit,
         the_limit_counts_what_the_index_of_subjects_takes, an_object_says_what_it_is)
