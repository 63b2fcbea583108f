/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_aggregation.h"

#include "material.h"

/* Names of the role's rules, each a rule of one path. */
static const char *paths_of(const json_t *roles, size_t role)
{
    static char text[512];
    size_t i;
    json_t *rule;
    text[0] = '\0';
    json_array_foreach (json_object_get(json_array_get(roles, role), "rules"), i, rule) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s ",
                 json_string_value(json_array_get(json_object_get(rule, "nonResourceURLs"), 0)));
    }
    return text;
}

#define PATH(path) "'rules':[{'verbs':['get'],'nonResourceURLs':['" path "']}]"

SP_TEST(a_role_has_the_rules_of_those_that_it_selects)
{
    json_t *roles = json_of(
        "[{'metadata':{'name':'admin'},'rules':[{'verbs':['*'],'nonResourceURLs':['/"
        "old']}],'aggregationRule':"
        "{'clusterRoleSelectors':[{'matchLabels':{'to':'admin'}},{'matchLabels':{'to':'all','x':'y'}}]}},"
        "{'metadata':{'name':'edit','labels':{'to':'admin'}},'rules':null,'aggregationRule':"
        "{'clusterRoleSelectors':[{'matchLabels':{'to':'edit'}}]}},"
        "{'metadata':{'name':'a','labels':{'to':'edit'}}," PATH(
            "/a") "},"
                  "{'metadata':{'name':'b','labels':{'to':'admin'}}," PATH(
                      "/b") "},"
                            "{'metadata':{'name':'c','labels':{'to':'all'}}," PATH(
                                "/c") "},"
                                      "{'metadata':{'name':'d'}," PATH("/d") "}]");
    ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
    ck_assert_str_eq(paths_of(roles, 0), "/b /a ");
    ck_assert_str_eq(paths_of(roles, 1), "/a ");
    ck_assert_str_eq(paths_of(roles, 5), "/d ");
    json_decref(roles);
}
SP_TEST_END

SP_TEST(selectors_select_as_those_of_kubernetes)
{
    static const struct {
        const char *selector;
        const char *paths;
    } cases[] = {
        {"{}", "/a /b /c "},
        {"{'matchLabels':{}}", "/a /b /c "},
        {"{'matchLabels':{'k':'1'}}", "/a "},
        {"{'matchLabels':{'k':'1','l':'1'}}", ""},
        {"{'matchExpressions':[{'key':'k','operator':'In','values':['1','2']}]}", "/a /b "},
        {"{'matchExpressions':[{'key':'k','operator':'NotIn','values':['1']}]}", "/b /c "},
        {"{'matchExpressions':[{'key':'k','operator':'Exists'}]}", "/a /b "},
        {"{'matchExpressions':[{'key':'k','operator':'DoesNotExist'}]}", "/c "},
        {"{'matchLabels':{'k':'2'},'matchExpressions':[{'key':'l','operator':'Exists','values':null}]}",
         "/b "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2048];
        struct sp_rbac_fault fault;
        snprintf(text, sizeof text,
                 "[{'metadata':{'name':'all'},'aggregationRule':{'clusterRoleSelectors':[%s]}},"
                 "{'metadata':{'name':'a','labels':{'k':'1'}}," PATH(
                     "/a") "},"
                           "{'metadata':{'name':'b','labels':{'k':'2','l':'1'}}," PATH(
                               "/b") "},"
                                     "{'metadata':{'name':'c'}," PATH("/c") "}]",
                 cases[i].selector);
        json_t *roles = json_of(text);
        ck_assert_int_eq(sp_rbac_aggregation_check(json_array_get(roles, 0), &fault), SP_OK);
        ck_assert_int_eq(sp_rbac_aggregation_check(json_array_get(roles, 1), &fault), SP_OK);
        ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
        ck_assert_msg(strcmp(paths_of(roles, 0), cases[i].paths) == 0, "%s: %s", cases[i].selector,
                      paths_of(roles, 0));
        json_decref(roles);
    }
}
SP_TEST_END

SP_TEST(roles_that_select_each_other_come_to_an_end)
{
    json_t *roles =
        json_of("[{'metadata':{'name':'a','labels':{'to':'b'}},'aggregationRule':{'clusterRoleSelectors':"
                "[{'matchLabels':{'to':'a'}}]}},"
                "{'metadata':{'name':'b','labels':{'to':'a'}},'aggregationRule':{'clusterRoleSelectors':"
                "[{'matchLabels':{'to':'b'}}]}},"
                "{'metadata':{'name':'c','labels':{'to':'a'}}," PATH("/c") "}]");
    ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
    ck_assert_str_eq(paths_of(roles, 0), "/c ");
    ck_assert_str_eq(paths_of(roles, 1), "/c ");
    json_decref(roles);
}
SP_TEST_END

#define SELECTORS "/aggregationRule/clusterRoleSelectors"

SP_TEST(a_selector_that_is_none_is_told_with_its_place)
{
    static const struct {
        const char *rule;
        const char *pointer;
    } cases[] = {
        {"{}", SELECTORS},
        {"{'clusterRoleSelectors':{}}", SELECTORS},
        {"{'clusterRoleSelectors':['a']}", SELECTORS "/0"},
        {"{'clusterRoleSelectors':[{},{'matchLabels':[]}]}", SELECTORS "/1"},
        {"{'clusterRoleSelectors':[{'matchExpressions':{}}]}", SELECTORS "/0"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'operator':'Exists'}]}]}",
         SELECTORS "/0/matchExpressions/0/key"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'key':'k','operator':'in','values':['a']}]}]}",
         SELECTORS "/0/matchExpressions/0/operator"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'key':'k'}]}]}",
         SELECTORS "/0/matchExpressions/0/operator"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'key':'k','operator':'In','values':[]}]}]}",
         SELECTORS "/0/matchExpressions/0/values"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'key':'k','operator':'Exists','values':['a']}]}]}",
         SELECTORS "/0/matchExpressions/0/values"},
        {"{'clusterRoleSelectors':[{'matchExpressions':[{'key':'k','operator':'In','values':[1]}]}]}",
         SELECTORS "/0/matchExpressions/0/values"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        struct sp_rbac_fault fault;
        snprintf(text, sizeof text, "{'metadata':{'name':'r'},'aggregationRule':%s}", cases[i].rule);
        json_t *role = json_of(text);
        ck_assert_msg(sp_rbac_aggregation_check(role, &fault) == SP_ERR_FORMAT, "%s", cases[i].rule);
        ck_assert_str_eq(fault.pointer, cases[i].pointer);
        json_decref(role);
    }
}
SP_TEST_END

SP_SUITE("rbac_aggregation", a_role_has_the_rules_of_those_that_it_selects,
         selectors_select_as_those_of_kubernetes, roles_that_select_each_other_come_to_an_end,
         a_selector_that_is_none_is_told_with_its_place)
