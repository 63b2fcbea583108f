/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/rbac_files.h"

#include "../suite.h"
#include "policy/rbac.h"

#include <stdio.h>

#define RBAC_V1 "apiVersion: rbac.authorization.k8s.io/v1\n"
#define ROLE                                                                                                 \
    RBAC_V1 "kind: ClusterRole\nmetadata: {name: view}\nrules:\n- {verbs: [get], nonResourceURLs: [/x]}\n"
#define BINDING                                                                                              \
    RBAC_V1 "kind: ClusterRoleBinding\nmetadata: {name: b}\n"                                                \
            "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"                \
            "subjects:\n- {kind: User, name: ada}\n"

static struct sp_reports reports;
static struct sp_rbac_index *made;

/* Reads the texts as files a.yaml, b.yaml; all reports, one on each line. */
static const char *told_of(const char *first, const char *second)
{
    static char text[65536];
    size_t len = 0;
    sp_reports_done(&reports);
    sp_rbac_index_unref(made);
    struct sp_rbac_files *files = sp_rbac_files_new(&(struct sp_rbac_settings){0});
    sp_rbac_files_add(files, "a.yaml", sp_str_from_c(first), &reports);
    if (second != NULL) {
        sp_rbac_files_add(files, "b.yaml", sp_str_from_c(second), &reports);
    }
    made = sp_rbac_files_finish(files, "folder", &reports);
    sp_rbac_files_free(files);
    ck_assert_int_eq(made != NULL, reports.errors_n == 0);
    text[0] = '\0';
    for (size_t i = 0; i < reports.items_n; i++) {
        const struct sp_report *report = &reports.items[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s:%u:%u: %s: %s\n", report->file,
                                report->line, report->column,
                                report->kind == SP_REPORT_ERROR ? "error" : "warning", report->text);
    }
    return text;
}

static bool allows(const char *user, const char *path)
{
    struct sp_request request = {.method = SP_STR("GET")};
    struct sp_profile profile = {.email = sp_str_from_c(user)};
    struct sp_identity identity = {.profile = &profile, .user = sp_str_from_c(user)};
    struct sp_rbac_walk walk;
    struct sp_rbac_grant grant;
    ck_assert(sp_target_parse(sp_str_from_c(path), &request.target));
    ck_assert(sp_origin_parse(SP_STR("https://a.example.com"), &request.origin));
    sp_rbac_walk_begin(&walk, made, &request, &identity);
    return sp_rbac_walk_next(&walk, &grant);
}

static void forget(void)
{
    sp_reports_done(&reports);
    sp_rbac_index_unref(made);
    made = NULL;
}

SP_TEST(documents_lists_and_json_are_read_from_any_number_of_files)
{
    ck_assert_str_eq(told_of(ROLE, BINDING), "");
    ck_assert(allows("ada", "/x") && !allows("ada", "/y") && !allows("eve", "/x"));
    ck_assert_str_eq(told_of("---\n" ROLE "---\n---\n" BINDING "---\n", NULL), "");
    ck_assert(allows("ada", "/x"));
    ck_assert_str_eq(
        told_of("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":"
                "\"rbac.authorization.k8s.io/v1\",\"kind\":\"ClusterRole\",\"metadata\":{\"name\":\"view\"},"
                "\"rules\":[{\"verbs\":[\"get\"],\"nonResourceURLs\":[\"\\/x\"]}]},{\"kind\":\"Secret\"}]}",
                BINDING),
        "");
    ck_assert(allows("ada", "/x"));
    ck_assert_str_eq(told_of(ROLE, RBAC_V1 "kind: ClusterRoleBindingList\nitems:\n- metadata: {name: b}\n"
                                           "  roleRef: {kind: ClusterRole, name: view}\n"
                                           "  subjects: [{kind: User, name: ada}]\n"),
                     "");
    ck_assert(allows("ada", "/x"));
    forget();
}
SP_TEST_END

SP_TEST(what_the_api_server_fills_in_is_filled_in)
{
    ck_assert_str_eq(
        told_of(ROLE "---\n" RBAC_V1 "kind: ClusterRoleBinding\nmetadata: {name: b}\n"
                     "roleRef: {kind: ClusterRole, name: view}\n"
                     "subjects:\n- {kind: User, name: ada, apiGroup: ''}\n"
                     "- {kind: User, name: bob, apiGroup: ~}\n- {kind: User, name: eve, apiGroup: x}\n",
                RBAC_V1 "kind: ClusterRoleBinding\nmetadata: {name: c}\n"
                        "roleRef: {kind: ClusterRole, name: view}\nsubjects: null\n"),
        "");
    ck_assert(allows("ada", "/x") && allows("bob", "/x") && !allows("eve", "/x"));
    forget();
}
SP_TEST_END

SP_TEST(aggregated_roles_are_resolved_across_files)
{
    ck_assert_str_eq(told_of(RBAC_V1
                             "kind: ClusterRole\nmetadata: {name: view}\nrules: null\naggregationRule:\n"
                             "  clusterRoleSelectors:\n  - matchLabels: {to-view: \"true\"}\n",
                             BINDING "---\n" RBAC_V1 "kind: ClusterRole\nmetadata: {name: grafana, labels: "
                                     "{to-view: \"true\"}}\n"
                                     "rules: [{verbs: [get], nonResourceURLs: [/grafana, /grafana/*]}]\n"),
                     "");
    ck_assert(allows("ada", "/grafana/a/b") && !allows("ada", "/x"));
    forget();
}
SP_TEST_END

SP_TEST(objects_of_other_kinds_are_passed_over)
{
    ck_assert_str_eq(
        told_of("apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\n" RBAC_V1
                "kind: RoleBinding\nmetadata: {name: r}\nroleRef: {kind: ClusterRole, name: view}\n"
                "subjects: [{kind: User, name: eve}]\n---\n" ROLE,
                BINDING),
        "");
    ck_assert(allows("ada", "/x") && !allows("eve", "/x"));
    ck_assert_str_eq(told_of("", NULL), "folder:0:0: warning: it contains no ClusterRoleBinding for a user "
                                        "or group: rbac rules deny everybody\n");
    forget();
}
SP_TEST_END

SP_TEST(an_item_of_a_list_is_what_it_says_itself)
{
    static const struct {
        const char *list;
        const char *item;
        bool counts;
    } cases[] = {
        {RBAC_V1 "kind: ClusterRoleBindingList\n", "", true},
        {RBAC_V1 "kind: ClusterRoleBindingList\n",
         "kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, ", true},
        {RBAC_V1 "kind: ClusterRoleBindingList\n",
         "kind: RoleBinding, apiVersion: rbac.authorization.k8s.io/v1, ", false},
        {RBAC_V1 "kind: ClusterRoleBindingList\n", "kind: ClusterRoleBinding, apiVersion: example.com/v1, ",
         false},
        {RBAC_V1 "kind: RoleBindingList\n", "", false},
        {"apiVersion: example.com/v1\nkind: ClusterRoleBindingList\n", "", false},
        {"apiVersion: v1\nkind: List\n", "", false},
        {"apiVersion: v1\nkind: List\n",
         "kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, ", true},
        {"apiVersion: example.com/v1\nkind: List\n",
         "kind: ClusterRoleBinding, apiVersion: rbac.authorization.k8s.io/v1, ", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "%sitems:\n- {%smetadata: {name: b}, roleRef: {kind: ClusterRole, name: view}, subjects: "
                 "[{kind: User, name: ada}]}\n",
                 cases[i].list, cases[i].item);
        told_of(ROLE, text);
        ck_assert_uint_eq(reports.errors_n, 0);
        ck_assert_msg(allows("ada", "/x") == cases[i].counts, "%s", text);
    }
    forget();
}
SP_TEST_END

SP_TEST(what_is_wrong_is_told_with_file_line_and_column)
{
    static const struct {
        const char *text;
        const char *told;
    } cases[] = {
        {ROLE "---\n" ROLE, "a.yaml:7:1: error: ClusterRole \"view\" is defined twice: the first is "
                            "in a.yaml, line 1\n"},
        {"a: &x 1\n", "a.yaml:1:4: error: anchors (&) are not accepted: write the value out\n"},
        {"a: [\n", "a.yaml:2:1: error: not YAML: "},
        {"- a\n", "a.yaml:1:1: error: not a Kubernetes object: a document must have apiVersion"},
        {"kind: ClusterRole\nmetadata: {name: x}\n", "a.yaml:1:1: error: not a Kubernetes object"},
        {"apiVersion: v1\nkind: List\nitems: 3\n", "a.yaml:3:8: error: the items of a List must be a list\n"},
        {"apiVersion: v1\nkind: List\n", "a.yaml:1:1: error: the items of a List must be a list\n"},
        {"apiVersion: v1\nkind: List\nitems: [x]\n",
         "a.yaml:3:9: error: an item of a List must be an object\n"},
        {"apiVersion: rbac.authorization.k8s.io/v1alpha1\nkind: ClusterRole\nmetadata: {name: x}\n",
         "a.yaml:1:13: error: the apiVersion is rbac.authorization.k8s.io/v1, not "
         "\"rbac.authorization.k8s.io/v1alpha1\"\n"},
        {"kind: ClusterRoleList\napiVersion: rbac.authorization.k8s.io/v1beta1\nitems: []\n",
         "a.yaml:2:13: error: the apiVersion is rbac.authorization.k8s.io/v1, not "
         "\"rbac.authorization.k8s.io/v1beta1\"\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: x}\nrules:\n- verbs: [get]\n"
                 "  nonResourceURLs: [/a,\n    {b: c}]\n",
         "a.yaml:7:5: error: ClusterRole: expected a string: /rules/0/nonResourceURLs/1\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: x}\nrules:\n- verbs: get\n",
         "a.yaml:5:10: error: ClusterRole: expected a list of strings: /rules/0/verbs\n"},
        {RBAC_V1 "kind: ClusterRole\nrules: []\n",
         "a.yaml:1:1: error: ClusterRole: an object needs a name: /metadata/name\n"},
        {RBAC_V1 "kind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {kind: Role, name: r}\n",
         "a.yaml:4:17: error: ClusterRoleBinding: a ClusterRoleBinding must refer to a ClusterRole: "
         "/roleRef/kind\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: x}\naggregationRule:\n  clusterRoleSelectors:\n"
                 "  - matchExpressions:\n    - {key: a, operator: has}\n",
         "a.yaml:7:26: error: ClusterRole: an operator must be In, NotIn, Exists or DoesNotExist: "
         "/aggregationRule/clusterRoleSelectors/0/matchExpressions/0/operator\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *told = told_of(cases[i].text, NULL);
        ck_assert_msg(strncmp(told, cases[i].told, strlen(cases[i].told)) == 0, "%s\n%s", cases[i].text,
                      told);
    }
    ck_assert_str_eq(told_of(ROLE, ROLE), "b.yaml:1:1: error: ClusterRole \"view\" is defined twice: "
                                          "the first is in a.yaml, line 1\n");
    forget();
}
SP_TEST_END

SP_TEST(what_is_unwise_in_the_objects_is_a_warning)
{
    ck_assert_str_eq(
        told_of(ROLE "---\n" BINDING "- {kind: Group, name: \"system:authenticated\"}\n", NULL),
        "a.yaml:7:0: warning: ClusterRoleBinding \"b\" grants system:authenticated the paths of the role "
        "\"view\", such as \"/x\": everybody who can sign in may use them, on every host\n");
    forget();
}
SP_TEST_END

SP_TEST(what_has_no_effect_is_a_warning_where_it_stands)
{
    static const struct {
        const char *text;
        const char *told;
    } cases[] = {
        {RBAC_V1
         "kind: ClusterRole\nmetadata: {name: view}\nrules:\n- verbs: [get]\n  nonResourceURL: [/x]\n",
         "a.yaml:6:3: warning: ClusterRole \"view\": the field \"nonResourceURL\" is unknown: did you mean "
         "\"nonResourceURLs\"?\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: view}\nrule: []\n",
         "a.yaml:4:1: warning: ClusterRole \"view\": the field \"rule\" is unknown: did you mean "
         "\"rules\"?\n"},
        {ROLE "---\n" RBAC_V1 "kind: ClusterRoleBinding\nmetadata: {name: c}\n"
              "roleRef: {kind: ClusterRole, name: view}\nsubjects:\n- {kind: Gruop, name: ops}\n",
         "a.yaml:12:10: warning: ClusterRoleBinding \"c\": a subject of kind \"Gruop\" matches nobody: did "
         "you "
         "mean "
         "\"Group\"?\n"},
        {RBAC_V1
         "kind: ClusterRole\nmetadata: {name: view}\nrules:\n- {verbs: [GET], nonResourceURLs: [/x]}\n",
         "a.yaml:1:0: warning: ClusterRole \"view\": the verb \"GET\" of rule 1 never matches: under "
         "rbac_matching: kubernetes, verbs are in lower case\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: other}\n",
         "b.yaml:1:0: warning: ClusterRoleBinding \"b\": its ClusterRole \"view\" is in no file of the "
         "folder, so it grants nothing\n"},
        {RBAC_V1 "kind: ClusterRole\nmetadata: {name: view}\nrules:\n- {verbs: [GET], resources: [pods]}\n",
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_str_eq(told_of(cases[i].text, BINDING), cases[i].told);
    }
    forget();
}
SP_TEST_END

SP_TEST(warnings_are_bounded_and_the_rest_is_counted)
{
    for (size_t more = 0; more < 2; more++) {
        char text[8192] = ROLE;
        size_t len = strlen(text);
        for (size_t i = 0; i < SP_RBAC_FINDINGS_MAX + more; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "- {verb%zu: []}\n", i);
        }
        const char *told = told_of(text, BINDING);
        ck_assert_uint_eq(reports.items_n, SP_RBAC_FINDINGS_MAX + more);
        ck_assert_int_eq(strstr(told, "folder:0:0: warning: and 1 more such findings\n") != NULL, more == 1);
    }
    forget();
}
SP_TEST_END

SP_SUITE("rbac_files", documents_lists_and_json_are_read_from_any_number_of_files,
         what_the_api_server_fills_in_is_filled_in, aggregated_roles_are_resolved_across_files,
         objects_of_other_kinds_are_passed_over, an_item_of_a_list_is_what_it_says_itself,
         what_is_wrong_is_told_with_file_line_and_column, what_is_unwise_in_the_objects_is_a_warning,
         what_has_no_effect_is_a_warning_where_it_stands, warnings_are_bounded_and_the_rest_is_counted)
