/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include "fixture.h"

static struct loaded load_with(const char *settings, const char *variable)
{
    const char *const environment[] = {"PATH=/bin", variable, NULL};
    return load_settings(settings, environment);
}

static void assert_variable_dumped(const char *settings, const char *variable, const char *line)
{
    LOADED_SCOPED struct loaded loaded = load_with(settings, variable);
    ck_assert_msg(loaded.error == SP_OK, "%s: %s", variable, tell_reports(&loaded));
    SP_BUF_SCOPED struct sp_buf dump;
    sp_buf_init(&dump, SP_CONFIG_DUMP_MAX);
    sp_config_dump(loaded.config, &dump);
    ck_assert_msg(strstr(sp_buf_c_str(&dump), line) != NULL, "%s", sp_buf_c_str(&dump));
}

static void assert_variable_refused(const char *variable, const char *expected)
{
    LOADED_SCOPED struct loaded loaded = load_with("", variable);
    const struct sp_report *report = find_report(&loaded, SP_REPORT_ERROR, expected);
    ck_assert_msg(loaded.reports.errors_n == 1 && report != NULL, "%s: %s", variable, tell_reports(&loaded));
    ck_assert_uint_eq(report->line, 0);
}

SP_TEST(a_variable_wins_over_the_file)
{
    assert_variable_dumped("client_id: file", "SALLYPORT_CLIENT_ID=environment", "client_id: environment\n");
    assert_variable_dumped("clock_skew: 1s", "SALLYPORT_CLOCK_SKEW=2s", "clock_skew: 2s\n");
    assert_variable_dumped("userinfo: false", "SALLYPORT_USERINFO=true", "userinfo: true\n");
    assert_variable_dumped("hosts: https://a.example", "SALLYPORT_HOSTS=https://b.example",
                           "hosts: [\"https://b.example\"]\n");
}
SP_TEST_END

SP_TEST(a_value_may_hold_an_equals_sign)
{
    assert_variable_dumped("", "SALLYPORT_ROOT_QUERY=policy=default", "root_query: \"policy=default\"\n");
}
SP_TEST_END

SP_TEST(elements_of_a_list_are_separated_by_commas)
{
    assert_variable_dumped("", "SALLYPORT_TRUSTED_PROXIES=10.0.0.0/8, fd00::/8",
                           "trusted_proxies: [\"10.0.0.0/8\", \"fd00::/8\"]\n");
    assert_variable_dumped("", "SALLYPORT_SCOPES=openid email", "scopes: \"openid email\"\n");
    assert_variable_refused("SALLYPORT_TRUSTED_PROXIES=10.0.0.0/8,,fd00::/8",
                            "SALLYPORT_TRUSTED_PROXIES: \"\" is not a network");
}
SP_TEST_END

SP_TEST(pairs_of_a_mapping_are_separated_by_commas)
{
    assert_variable_dumped("public_ports: {https://c.example: 1}",
                           "SALLYPORT_PUBLIC_PORTS=https://a.example=8443, https://b.example=8444",
                           "public_ports: {\"https://a.example\": 8443, \"https://b.example\": 8444}\n");
    assert_variable_dumped("public_ports: {https://c.example: 1}",
                           "SALLYPORT_PUBLIC_PORTS=", "public_ports: {}\n");
    assert_variable_refused("SALLYPORT_PUBLIC_PORTS=https://a.example",
                            "SALLYPORT_PUBLIC_PORTS: \"\" is not a port");
}
SP_TEST_END

SP_TEST(an_empty_variable_is_the_empty_value)
{
    assert_variable_dumped("client_ip_hops: 10.0.0.0/8", "SALLYPORT_CLIENT_IP_HOPS=", "client_ip_hops: []\n");
    assert_variable_refused("SALLYPORT_CLIENT_ID=", "SALLYPORT_CLIENT_ID: must not be empty");
}
SP_TEST_END

SP_TEST(what_is_required_may_come_from_the_environment)
{
    const char *const environment[] = {"SALLYPORT_ISSUER=https://dex.example.com", "SALLYPORT_CLIENT_ID=a",
                                       "SALLYPORT_KEYS_FILE=keys", "SALLYPORT_CLIENT_SECRET_FILE=secret",
                                       NULL};
    LOADED_SCOPED struct loaded loaded =
        load_text("policies: {default: authenticated}\nemail_verified: required", ".", environment);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
}
SP_TEST_END

SP_TEST(a_mistake_names_the_variable)
{
    assert_variable_refused("SALLYPORT_CLOCK_SKEW=5x", "SALLYPORT_CLOCK_SKEW: \"5x\" is not a duration");
    assert_variable_refused("SALLYPORT_SCOPES=email", "SALLYPORT_SCOPES: must hold openid");
    assert_variable_refused("SALLYPORT_COOKIE_DOMAIN=example.com",
                            "SALLYPORT_COOKIE_DOMAIN: needs the setting");
    assert_variable_refused("SALLYPORT_RENEW_AFTER=2h", "SALLYPORT_RENEW_AFTER: not in this version");
}
SP_TEST_END

SP_TEST(sections_come_from_the_file_only)
{
    assert_variable_refused("SALLYPORT_POLICIES={default: authenticated}",
                            "SALLYPORT_POLICIES: can only be given in the file");
    assert_variable_refused("SALLYPORT_HEADERS=", "SALLYPORT_HEADERS: can only be given in the file");
}
SP_TEST_END

SP_TEST(of_two_of_one_name_the_first_counts)
{
    const char *const environment[] = {"SALLYPORT_CLIENT_ID=first", "SALLYPORT_CLIENT_ID=second", NULL};
    LOADED_SCOPED struct loaded loaded = load_settings("", environment);
    ck_assert_str_eq(loaded.config->client_id, "first");
}
SP_TEST_END

SP_TEST(an_unknown_variable_warns_with_the_nearest_name)
{
    LOADED_SCOPED struct loaded loaded = load_with("", "SALLYPORT_ISUER=https://a.example");
    ck_assert_int_eq(loaded.error, SP_OK);
    ck_assert_str_eq(loaded.reports.items[0].text,
                     "unknown variable \"SALLYPORT_ISUER\": did you mean SALLYPORT_ISSUER?");
}
SP_TEST_END

SP_TEST(a_secret_in_an_unknown_variable_is_not_shown)
{
    LOADED_SCOPED struct loaded loaded = load_with("", "SALLYPORT_CLIENT_SECRET=hush");
    ck_assert_str_eq(loaded.reports.items[0].text,
                     "unknown variable \"SALLYPORT_CLIENT_SECRET\": did you mean "
                     "SALLYPORT_CLIENT_SECRET_FILE?");
}
SP_TEST_END

SP_TEST(variables_of_kubernetes_and_of_the_tree_are_passed_over)
{
    const char *const environment[] = {
        "SALLYPORT_PORT=tcp://10.0.0.1:4181",
        "SALLYPORT_PORT_4181_TCP=tcp://10.0.0.1:4181",
        "SALLYPORT_PORT_4181_TCP_ADDR=10.0.0.1",
        "SALLYPORT_PORT_4181_TCP_PORT=4181",
        "SALLYPORT_SERVICE_HOST=10.0.0.1",
        "SALLYPORT_SERVICE_PORT=4181",
        "SALLYPORT_SERVICE_PORT_AUTH=4181",
        "SALLYPORT_PAGES_SERVICE_HOST=10.0.0.2",
        "SALLYPORT_PAGES_PORT_4182_TCP=tcp://10.0.0.2:4182",
        "SALLYPORT_PAGES_PORT=tcp://10.0.0.2:4182",
        "SALLYPORT_CONFIG=/etc/sallyport.yaml",
        "SALLYPORT_BIN=/x",
        "SALLYPORT_CACHE=/x",
        "OTHER_ISUER=x",
        "SALLYPORT",
        NULL,
    };
    LOADED_SCOPED struct loaded loaded = load_settings("", environment);
    ck_assert_msg(loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
}
SP_TEST_END

/* Otherwise a mistyped setting could hide behind Kubernetes. */
SP_TEST(no_setting_looks_like_a_variable_of_kubernetes)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings[i], variable);
        struct sp_str name = sp_str_skip(sp_str_from_c(variable), strlen("SALLYPORT_"));
        ck_assert_msg(!sp_environment_is_foreign(name), "%s", variable);
    }
    ck_assert(!sp_environment_is_foreign(SP_STR("PORTS")));
    ck_assert(!sp_environment_is_foreign(SP_STR("PORT_")));
    ck_assert(!sp_environment_is_foreign(SP_STR("")));
}
SP_TEST_END

SP_SUITE("environment", a_variable_wins_over_the_file, a_value_may_hold_an_equals_sign,
         elements_of_a_list_are_separated_by_commas, pairs_of_a_mapping_are_separated_by_commas,
         an_empty_variable_is_the_empty_value, what_is_required_may_come_from_the_environment,
         a_mistake_names_the_variable, sections_come_from_the_file_only, of_two_of_one_name_the_first_counts,
         an_unknown_variable_warns_with_the_nearest_name, a_secret_in_an_unknown_variable_is_not_shown,
         variables_of_kubernetes_and_of_the_tree_are_passed_over,
         no_setting_looks_like_a_variable_of_kubernetes)
