/* SPDX-License-Identifier: Apache-2.0 */
#include "config/rbac_settings.h"

#include "fixture.h"

#define RULE "policies: {default: [{action: rbac}]}\n"

/* The token of an account, which is requested from the API server too. */
#define ACCOUNT                                                                                              \
    "bearer_audiences: k\ncredentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, "          \
    "service_account: a/b}]\n"

SP_TEST(the_source_is_the_cluster_or_a_folder_beside_the_configuration)
{
    LOADED_SCOPED struct loaded loaded = load_settings(RULE "rbac_source: cluster", NULL);
    ck_assert_ptr_null(loaded.config->rbac_folder);
    ck_assert(sp_config_uses_rbac(loaded.config));
    assert_shown(RULE "rbac_source: ./cluster", "rbac_source: ./cluster\n");
    assert_shown(RULE "rbac_source: /rules", "rbac_source: /rules\n");
    assert_refused(RULE "rbac_source: \"\"", "rbac_source: must not be empty");
}
SP_TEST_END

SP_TEST(the_api_server_is_asked_for_bindings_or_for_the_token_of_an_account)
{
    static const struct {
        const char *text;
        bool watches;
        bool requests;
    } cases[] = {
        {"threads: 1", false, false},
        {RULE, true, false},
        {RULE "rbac_source: rules", false, false},
        {ACCOUNT, false, true},
        {ACCOUNT RULE, true, true},
        {"bearer_audiences: k\ncredentials: [{set: bearer, host: a.example.com, proxy_key_file: k}]", false,
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        LOADED_SCOPED struct loaded loaded = load_settings(cases[i].text, NULL);
        ck_assert_int_eq(sp_config_watches_rbac(loaded.config), cases[i].watches);
        ck_assert_int_eq(sp_config_requests_tokens(loaded.config), cases[i].requests);
        ck_assert_int_eq(sp_config_asks_cluster(loaded.config), cases[i].watches || cases[i].requests);
    }
}
SP_TEST_END

SP_TEST(how_objects_are_read_is_settled_by_three_settings)
{
    LOADED_SCOPED struct loaded plain = load_settings(RULE, NULL);
    struct sp_rbac_settings settings = sp_config_rbac_settings(plain.config);
    ck_assert(settings.matching == SP_RBAC_KUBERNETES && !settings.takes_bootstrap && !settings.ignores_case);
    ck_assert_int_eq(plain.config->rbac_max_age_s, 600);
    LOADED_SCOPED struct loaded loaded = load_settings(
        RULE "rbac_matching: globstar\nrbac_bootstrap: true\nrbac_ignore_case: true\nrbac_max_age: 3m", NULL);
    settings = sp_config_rbac_settings(loaded.config);
    ck_assert(settings.matching == SP_RBAC_GLOBSTAR && settings.takes_bootstrap && settings.ignores_case);
    ck_assert_int_eq(loaded.config->rbac_max_age_s, 180);
}
SP_TEST_END

SP_TEST(what_does_not_go_together_is_refused)
{
    assert_refused(RULE "rbac_ignore_case: true", "rbac_ignore_case: needs rbac_matching: globstar");
    assert_refused(RULE "rbac_max_age: 179s", "rbac_max_age: ");
    assert_refused(RULE "rbac_matching: prefix", "rbac_matching: ");
}
SP_TEST_END

SP_TEST(what_has_no_effect_is_told)
{
    assert_warned("rbac_source: rules", "rbac_source: has no effect: no rule has the action rbac");
    assert_warned("rbac_matching: kubernetes", "rbac_matching: has no effect");
    assert_warned("rbac_bootstrap: true", "rbac_bootstrap: has no effect");
    assert_warned(RULE "rbac_source: rules\nrbac_max_age: 5m", "rbac_max_age: has no effect on the files");
    assert_silent(RULE "rbac_max_age: 5m");
    assert_warned("kubernetes_kubeconfig: kube", "kubernetes_kubeconfig: has no effect");
    assert_warned(RULE "rbac_source: rules\nkubernetes_kubeconfig: kube",
                  "kubernetes_kubeconfig: has no effect on the files");
    assert_silent(ACCOUNT "kubernetes_kubeconfig: kube");
    assert_silent(ACCOUNT RULE "rbac_source: rules\nkubernetes_kubeconfig: kube");
    assert_warned(ACCOUNT "rbac_max_age: 5m", "rbac_max_age: has no effect: no rule");
    assert_warned(ACCOUNT RULE "rbac_source: rules\nrbac_max_age: 5m",
                  "rbac_max_age: has no effect on the files");
    assert_silent(RULE "rbac_source: rules\nrbac_matching: globstar\nrbac_ignore_case: true");
}
SP_TEST_END

SP_TEST(a_rule_rbac_has_conditions_as_others)
{
    assert_accepted("policies: {default: [{action: rbac, host: a.example.com, path_prefix: /x, group: ops, "
                    "method: GET}]}");
    assert_refused("policies: {default: [{action: rbac, path: \"/a:b\"}]}", "only deny matches such a path");
    assert_warned("policies: {default: [{action: rbac, cors_preflight: true}]}", "use public");
    assert_warned("policies: {default: [{action: rbac}, {action: allow}]}", "is never reached");
}
SP_TEST_END

SP_SUITE("config/rbac_settings", the_api_server_is_asked_for_bindings_or_for_the_token_of_an_account,
         the_source_is_the_cluster_or_a_folder_beside_the_configuration,
         how_objects_are_read_is_settled_by_three_settings, what_does_not_go_together_is_refused,
         what_has_no_effect_is_told, a_rule_rbac_has_conditions_as_others)
