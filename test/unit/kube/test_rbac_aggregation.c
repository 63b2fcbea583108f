/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/rbac_aggregation.h"

#include "material.h"

/* Names of the role's rules, each of which has one path. */
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

/* `made_n` roles that select each other and `plain_n` others by one label, each of the latter with `rules_n`
 * rules. */
static json_t *make_circle(size_t made_n, size_t plain_n, size_t rules_n)
{
    json_t *roles = json_array();
    for (size_t i = 0; i < made_n + plain_n; i++) {
        json_t *role = json_of("{'metadata':{'labels':{'to':'all'}}}");
        json_object_set_new(json_object_get(role, "metadata"), "name", json_sprintf("r%zu", i));
        if (i < made_n) {
            json_object_set_new(role, "aggregationRule",
                                json_of("{'clusterRoleSelectors':[{'matchLabels':{'to':'all'}}]}"));
        } else {
            json_object_set_new(role, "rules", json_array());
        }
        for (size_t n = 0; i >= made_n && n < rules_n; n++) {
            json_array_append_new(json_object_get(role, "rules"),
                                  json_pack("{s:[s], s:[o]}", "verbs", "get", "nonResourceURLs",
                                            json_sprintf("/%zu/%zu", i, n)));
        }
        json_array_append_new(roles, role);
    }
    return roles;
}

static size_t rules_of(const json_t *roles, size_t role)
{
    return json_array_size(json_object_get(json_array_get(roles, role), "rules"));
}

SP_TEST(many_roles_that_select_each_other_have_all_rules)
{
    json_t *roles = make_circle(300, 300, 2);
    ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
    for (size_t i = 0; i < 600; i++) {
        ck_assert_uint_eq(rules_of(roles, i), i < 300 ? 600 : 2);
    }
    json_decref(roles);
}
SP_TEST_END

/* Compared with the literal definition: select again and again until nothing changes. */
SP_TEST(random_roles_have_what_is_selected_again_and_again)
{
    enum { ROLES_N = 12, LABELS_N = 5 };
    struct dice dice = {71};
    size_t passed_on_n = 0;
    for (size_t round = 0; round < 2000; round++) {
        bool has[ROLES_N][ROLES_N] = {{false}}; /* role, and whose rule it has */
        size_t labels[ROLES_N];
        size_t selected[ROLES_N][2]; /* labels; LABELS_N: none */
        json_t *roles = json_array();
        for (size_t i = 0; i < ROLES_N; i++) {
            bool is_made = dice_roll(&dice, 2) == 0;
            labels[i] = dice_roll(&dice, LABELS_N);
            selected[i][0] = is_made ? dice_roll(&dice, LABELS_N) : LABELS_N;
            selected[i][1] = is_made ? dice_roll(&dice, LABELS_N + 1) : LABELS_N;
            has[i][i] = !is_made;
            char text[512];
            snprintf(text, sizeof text,
                     "{'metadata':{'name':'r','labels':{'l':'%zu'}},'rules':[{'verbs':[],'nonResourceURLs':['"
                     "%zu']}]}",
                     labels[i], i);
            json_t *role = json_of(text);
            if (is_made) {
                snprintf(text, sizeof text,
                         "{'clusterRoleSelectors':[{'matchLabels':{'l':'%zu'}},{'matchLabels':{'l':'%zu'}}]}",
                         selected[i][0], selected[i][1]);
                json_object_set_new(role, "aggregationRule", json_of(text));
            }
            json_array_append_new(roles, role);
        }
        for (bool has_changed = true; has_changed;) {
            has_changed = false;
            for (size_t i = 0; i < ROLES_N * ROLES_N * ROLES_N; i++) {
                size_t to = i / ROLES_N / ROLES_N;
                size_t from = i / ROLES_N % ROLES_N;
                bool takes = labels[from] == selected[to][0] || labels[from] == selected[to][1];
                if (takes && has[from][i % ROLES_N] && !has[to][i % ROLES_N]) {
                    has[to][i % ROLES_N] = has_changed = true;
                    passed_on_n += from != i % ROLES_N;
                }
            }
        }
        ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
        for (size_t i = 0; i < ROLES_N; i++) {
            size_t n = 0;
            for (size_t rule = 0; rule < ROLES_N; rule++) {
                n += has[i][rule];
            }
            ck_assert_uint_eq(rules_of(roles, i), n);
            size_t at;
            json_t *rule;
            json_array_foreach (json_object_get(json_array_get(roles, i), "rules"), at, rule) {
                const char *path =
                    json_string_value(json_array_get(json_object_get(rule, "nonResourceURLs"), 0));
                ck_assert(has[i][strtoul(path, NULL, 10)]);
            }
        }
        json_decref(roles);
    }
    ck_assert_uint_gt(passed_on_n, 10000);
}
SP_TEST_END

SP_TEST(equal_rules_are_one)
{
    json_t *roles =
        json_of("[{'metadata':{'name':'a'},'aggregationRule':{'clusterRoleSelectors':[{}]}},"
                "{'metadata':{'name':'b'},'rules':[{'verbs':['get'],'nonResourceURLs':['/b']},"
                "{'nonResourceURLs':['/b'],'verbs':['get']}]},"
                "{'metadata':{'name':'c'},'rules':[{'verbs':['get'],'nonResourceURLs':['/b']}]}]");
    ck_assert_int_eq(sp_rbac_aggregate(roles), SP_OK);
    ck_assert_str_eq(paths_of(roles, 0), "/b ");
    ck_assert_uint_eq(rules_of(roles, 1), 2);
    json_decref(roles);
}
SP_TEST_END

SP_TEST(what_is_taken_over_has_a_limit)
{
    /* What the cycle takes, and what each of its roles then has. */
    for (size_t more = 0; more < 2; more++) {
        json_t *roles = make_circle(99, 1, SP_RBAC_AGGREGATION_RULES_MAX / 100 + more);
        ck_assert_int_eq(sp_rbac_aggregate(roles), more == 0 ? SP_OK : SP_ERR_TOO_MANY);
        json_decref(roles);
    }
}
SP_TEST_END

SP_TEST(what_is_compared_has_a_limit)
{
    for (size_t more = 0; more < 2; more++) {
        json_t *roles = make_circle(1, 999, 0);
        json_t *made = json_object_get(json_array_get(roles, 0), "aggregationRule");
        json_t *selectors = json_object_get(made, "clusterRoleSelectors");
        json_array_clear(selectors);
        json_array_append_new(selectors, json_of("{'matchLabels':{'k':'v'}}"));
        json_array_append_new(selectors,
                              json_of("{'matchExpressions':[{'key':'k','operator':'In','values':[]}]}"));
        json_t *expressions = json_object_get(json_array_get(selectors, 1), "matchExpressions");
        json_t *values = json_object_get(json_array_get(expressions, 0), "values");
        while (json_array_size(values) < SP_RBAC_AGGREGATION_COMPARED_MAX / 1000 - 4 + more) {
            json_array_append_new(values, json_string("v"));
        }
        ck_assert_int_eq(sp_rbac_aggregate(roles), more == 0 ? SP_OK : SP_ERR_TOO_MANY);
        json_decref(roles);
    }
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
         many_roles_that_select_each_other_have_all_rules, random_roles_have_what_is_selected_again_and_again,
         equal_rules_are_one, what_is_taken_over_has_a_limit, what_is_compared_has_a_limit,
         a_selector_that_is_none_is_told_with_its_place)
