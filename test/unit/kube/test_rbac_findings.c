/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_findings.h"

#include "jose/json.h"
#include "kube/rbac_index.h"

#include "material.h"

static void assert_finding(const struct sp_rbac_index *index, size_t i, enum sp_rbac_finding_kind kind,
                           const char *part)
{
    SP_BUF_ON_STACK(text, 4096);
    struct sp_rbac_finding finding = sp_rbac_index_finding(index, i);
    sp_rbac_finding_write(&finding, &text);
    const char *written = sp_buf_c_str(&text);
    ck_assert_msg(finding.kind == kind && strstr(written, part) != NULL, "%d: %s", finding.kind, written);
}

SP_TEST(what_everybody_gets_is_found)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_binding(objects, "b", "r", "Group", "system:authenticated");
    struct sp_rbac_index *index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 0);
    uint64_t told = sp_rbac_index_serial(index);
    sp_rbac_index_unref(index);

    put_role(objects, "r", "'get'", "'/x','/y'");
    put_binding(objects, "c", "r", "User", "ada");
    index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 1);
    assert_finding(index, 0, SP_RBAC_FINDING_EVERYBODY,
                   "\"b\" grants system:authenticated the paths of the role \"r\", such as \"/x\"");
    ck_assert_uint_gt(sp_rbac_index_finding(index, 0).serial, told);
    told = sp_rbac_index_serial(index);
    sp_rbac_index_unref(index);

    put_binding(objects, "d", "r", "User", "ada");
    index = make_index(objects);
    ck_assert_uint_le(sp_rbac_index_finding(index, 0).serial, told);
    sp_rbac_index_unref(index);

    static const char *const everything[] = {"'*'", "'/x','**'"};
    for (size_t i = 0; i < 2; i++) {
        put_role(objects, "r", "'get'", everything[i]);
        index = make_index(objects);
        ck_assert_uint_eq(sp_rbac_index_findings_n(index), 1);
        assert_finding(index, 0, SP_RBAC_FINDING_EVERYTHING,
                       i == 0 ? "grants system:authenticated \"*\"" : "grants system:authenticated \"**\"");
        sp_rbac_index_unref(index);
    }
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(patterns_that_never_match_are_found_and_bounded)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    put_role(objects, "r", "'get'", "'https://a/*','/x'");
    put_binding(objects, "b", "r", "Group", "system:authenticated");
    struct sp_rbac_index *index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 2);
    assert_finding(index, 0, SP_RBAC_FINDING_EVERYBODY, "such as \"/x\"");
    assert_finding(index, 1, SP_RBAC_FINDING_URL, "\"https://a/*\" names a host");
    sp_rbac_index_unref(index);
    put_role(objects, "r", "'get'", "'~^/x\\n'");
    index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 1);
    assert_finding(index, 0, SP_RBAC_FINDING_REGEX, "\"~^/x\\x0a\" is a regular expression");
    sp_rbac_index_unref(index);
    for (size_t i = 0; i < SP_RBAC_FINDINGS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%zu", i);
        put_role(objects, name, "'get'", "'~x'");
        put_binding(objects, name, name, "User", "ada");
    }
    index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), SP_RBAC_FINDINGS_MAX + 1);
    assert_finding(index, SP_RBAC_FINDINGS_MAX - 1, SP_RBAC_FINDING_REGEX, "regular expression");
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(what_gives_every_path_is_found_beside_any_number_of_others)
{
    struct sp_rbac_objects *objects = make_objects(SP_RBAC_KUBERNETES);
    for (size_t i = 0; i < 4 * SP_RBAC_FINDINGS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%zu", i);
        put_role(objects, name, "'get'", i % 32 == 0 ? "'*'" : "'/x'");
        put_binding(objects, name, name, "Group", "system:authenticated");
    }
    struct sp_rbac_index *index = make_index(objects);
    size_t found_n = 0;
    for (size_t i = 0; i < SP_RBAC_FINDINGS_MAX; i++) {
        found_n += sp_rbac_index_finding(index, i).kind == SP_RBAC_FINDING_EVERYTHING;
    }
    ck_assert_uint_eq(found_n, 4 * SP_RBAC_FINDINGS_MAX / 32);
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

static struct sp_rbac_index *judge(const struct sp_rbac_settings *settings, const char *verbs,
                                   const char *paths, const char *kind, const char *subject)
{
    struct sp_rbac_objects *objects = sp_rbac_objects_new(settings);
    ck_assert_ptr_nonnull(objects);
    put_role(objects, "r", verbs, paths);
    put_binding(objects, "b", "r", kind, subject);
    struct sp_rbac_index *index = make_index(objects);
    sp_rbac_objects_free(objects);
    return index;
}

SP_TEST(rules_that_give_nothing_are_found)
{
    static const struct {
        const char *verbs;
        const char *paths;
        const char *said; /* NULL: nothing */
        enum sp_rbac_finding_kind kind;
        enum sp_rbac_matching matching;
    } cases[] = {
        {"'GET'", "'/x'", "\"r\": the verb \"GET\" of rule 1 never matches", SP_RBAC_FINDING_VERB,
         SP_RBAC_KUBERNETES},
        {"'GET','*'", "'/x'", NULL, SP_RBAC_FINDING_VERB, SP_RBAC_GLOBSTAR},
        {"", "'/x'", "rule 1 has nonResourceURLs and no verbs", SP_RBAC_FINDING_NO_VERBS, SP_RBAC_KUBERNETES},
        {"'get'", "'dkp/*'", "\"dkp/*\" never matches: a path begins with /", SP_RBAC_FINDING_NO_PATH,
         SP_RBAC_KUBERNETES},
        {"'get'", "'a.example.com/*'", "begins with / or a scheme: write \"https://a.example.com/*\"",
         SP_RBAC_FINDING_NO_SCHEME, SP_RBAC_GLOBSTAR},
        {"'get'", "'https://A.example.com:443'",
         "\"https://A.example.com:443\" never matches: no request has such a host: write "
         "\"https://a.example.com/**\"",
         SP_RBAC_FINDING_HOST, SP_RBAC_GLOBSTAR},
        {"'get'", "'https://a b/'", "no request has such a host", SP_RBAC_FINDING_HOST, SP_RBAC_GLOBSTAR},
        {"'get'", "''", "begins with / or a scheme", SP_RBAC_FINDING_NO_SCHEME, SP_RBAC_GLOBSTAR},
        {"'get','*'", "'/x','*','**'", NULL, SP_RBAC_FINDING_NO_PATH, SP_RBAC_KUBERNETES},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_rbac_settings settings = {.matching = cases[i].matching};
        struct sp_rbac_index *index = judge(&settings, cases[i].verbs, cases[i].paths, "User", "ada");
        ck_assert_uint_eq(sp_rbac_index_findings_n(index), cases[i].said != NULL);
        if (cases[i].said != NULL) {
            assert_finding(index, 0, cases[i].kind, cases[i].said);
        }
        sp_rbac_index_unref(index);
    }
}
SP_TEST_END

SP_TEST(subjects_that_are_nobody_are_found)
{
    static const struct {
        const char *kind;
        const char *name;
        const char *said; /* NULL: nothing */
        enum sp_rbac_finding_kind finding;
        bool ignores_case;
    } cases[] = {
        {"User", "u:ada", NULL, 0, false},
        {"Group", "oidc:ops", NULL, 0, false},
        {"Group", "OIDC:ops", NULL, 0, true},
        {"User", "ada", "\"b\": the subject User \"ada\" does not begin with username_prefix",
         SP_RBAC_FINDING_PREFIX, false},
        {"Group", "ops", "the subject Group \"ops\" does not begin with groups_prefix",
         SP_RBAC_FINDING_PREFIX, false},
        {"Group", "OIDC:ops", "does not begin with groups_prefix", SP_RBAC_FINDING_PREFIX, false},
        {"Group", "system:masters", "\"b\": the subject Group \"system:masters\" matches nobody",
         SP_RBAC_FINDING_RESERVED, false},
        {"User", "system:authenticated", "matches nobody", SP_RBAC_FINDING_RESERVED, false},
        {"Group", "system:authenticated", "grants system:authenticated", SP_RBAC_FINDING_EVERYBODY, false},
        {"Group", "System:Authenticated", "matches nobody", SP_RBAC_FINDING_RESERVED, false},
        {"Group", "System:Authenticated", "grants system:authenticated", SP_RBAC_FINDING_EVERYBODY, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_rbac_settings settings = {
            .ignores_case = cases[i].ignores_case, .username_prefix = "u:", .groups_prefix = "oidc:"};
        struct sp_rbac_index *index = judge(&settings, "'get'", "'/x'", cases[i].kind, cases[i].name);
        ck_assert_uint_eq(sp_rbac_index_findings_n(index), cases[i].said != NULL);
        if (cases[i].said != NULL) {
            assert_finding(index, 0, cases[i].finding, cases[i].said);
        }
        sp_rbac_index_unref(index);
    }
}
SP_TEST_END

SP_TEST(objects_that_decide_about_no_path_are_not_judged)
{
    struct sp_rbac_objects *objects =
        sp_rbac_objects_new(&(struct sp_rbac_settings){.groups_prefix = "oidc:"});
    put_role(objects, "unbound", "'GET'", "'~x'");
    put_role(objects, "of-kubernetes", "'GET'", "'~x'");
    put(objects, ROLE, "{'metadata':{'name':'pods'},'rules':[{'verbs':['GET'],'resources':['pods']}]}");
    put_binding(objects, "pods", "pods", "Group", "ops");
    put_binding(objects, "missing", "missing", "Group", "ops");
    put(objects, BINDING,
        "{'metadata':{'name':'k','labels':{'kubernetes.io/bootstrapping':'rbac-defaults'}},'roleRef':"
        "{'kind':'ClusterRole','name':'of-kubernetes'},'subjects':[{'kind':'Group','name':'system:masters'}]"
        "}");
    struct sp_rbac_index *index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 0);
    uint64_t told = sp_rbac_index_serial(index);
    sp_rbac_index_unref(index);

    put_binding(objects, "late", "unbound", "Group", "oidc:ops");
    index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 2);
    assert_finding(index, 0, SP_RBAC_FINDING_VERB, "\"unbound\": the verb \"GET\"");
    assert_finding(index, 1, SP_RBAC_FINDING_REGEX, "\"unbound\"");
    ck_assert_uint_gt(sp_rbac_index_finding(index, 0).serial, told);
    told = sp_rbac_index_serial(index);
    sp_rbac_index_unref(index);

    put_binding(objects, "later", "unbound", "Group", "oidc:sre");
    index = make_index(objects);
    ck_assert_uint_eq(sp_rbac_index_findings_n(index), 2);
    ck_assert_uint_le(sp_rbac_index_finding(index, 0).serial, told);
    sp_rbac_index_unref(index);
    sp_rbac_objects_free(objects);
}
SP_TEST_END

SP_TEST(what_gives_too_much_is_kept_among_many_that_give_nothing)
{
    struct sp_rbac_settings settings = {.groups_prefix = "oidc:"};
    struct sp_rbac_findings findings = {0};
    struct sp_rbac_record *role = NULL;
    struct sp_rbac_record *binding = NULL;
    struct sp_rbac_fault fault;
    SP_JSON_SCOPED json_t *role_object =
        json_of("{'metadata':{'name':'r'},'rules':[{'verbs':['get'],'nonResourceURLs':['*']}]}");
    SP_JSON_SCOPED json_t *binding_object =
        json_of("{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'r'},'subjects':[{'kind':"
                "'Group','name':'x'}]}");
    ck_assert_int_eq(sp_rbac_record_new(ROLE, role_object, &fault, &role), SP_OK);
    ck_assert_int_eq(sp_rbac_record_new(BINDING, binding_object, &fault, &binding), SP_OK);
    for (size_t i = 0; i < 2 * SP_RBAC_FINDINGS_MAX; i++) {
        struct sp_str name = i < SP_RBAC_FINDINGS_MAX ? SP_STR("ops") : SP_STR(SP_RBAC_AUTHENTICATED);
        ck_assert_int_eq(
            sp_rbac_findings_add_subject(&findings, &settings, binding, role, SP_RBAC_GROUP, name), SP_OK);
        ck_assert_uint_eq(findings.n, i + 1);
        if (i == SP_RBAC_FINDINGS_MAX) {
            ck_assert_int_eq(findings.items[SP_RBAC_FINDINGS_MAX - 1].kind, SP_RBAC_FINDING_EVERYTHING);
            ck_assert_int_eq(findings.items[SP_RBAC_FINDINGS_MAX - 2].kind, SP_RBAC_FINDING_PREFIX);
        }
    }
    for (size_t i = 0; i < SP_RBAC_FINDINGS_MAX; i++) {
        ck_assert_int_eq(findings.items[i].kind, SP_RBAC_FINDING_EVERYTHING);
    }
    sp_rbac_findings_done(&findings);
    sp_rbac_record_unref(role);
    sp_rbac_record_unref(binding);
}
SP_TEST_END

SP_SUITE("rbac_findings", what_everybody_gets_is_found, patterns_that_never_match_are_found_and_bounded,
         what_gives_every_path_is_found_beside_any_number_of_others, rules_that_give_nothing_are_found,
         subjects_that_are_nobody_are_found, objects_that_decide_about_no_path_are_not_judged,
         what_gives_too_much_is_kept_among_many_that_give_nothing)
