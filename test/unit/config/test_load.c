/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include "fixture.h"

SP_TEST(the_smallest_file_loads)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
    ck_assert_str_eq(loaded.config->issuer, "https://dex.example.com/dex");
    ck_assert_str_eq(loaded.config->callback_path, "/_sallyport/callback");
    ck_assert_int_eq(loaded.config->session_lifetime_s, 12 * 3600);
    ck_assert_str_eq(loaded.config->dialect_at_root, "traefik");
}
SP_TEST_END

SP_TEST(an_unknown_setting_is_an_error_with_place_and_cure)
{
    LOADED_SCOPED struct loaded loaded = load_settings("threads: 1\n  \nisuer: x\n\"\\ea\": y", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 2);
    ck_assert_str_eq(loaded.reports.items[0].text, "unknown setting \"isuer\": did you mean \"issuer\"?");
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 1);
    ck_assert_str_eq(loaded.reports.items[1].text,
                     "unknown setting \"\\x1ba\": `sallyport check --document` lists all of them");
}
SP_TEST_END

SP_TEST(all_mistakes_are_told_at_once_in_the_order_of_the_file)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("prefix: /\n"
                      "policies: {default: authenticated, ops: [{action: alow}]}\n"
                      "clock_skew: 5x\n"
                      "headers: {identity: {X-A: user}}\n"
                      "scopes: email\n"
                      "client_secret: hush\n",
                      NULL);
    ck_assert_msg(loaded.reports.errors_n == 6, "%s", tell_reports(&loaded));
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(loaded.reports.items[i].line, i + 1);
    }
    ck_assert_ptr_null(find_report(&loaded, SP_REPORT_ERROR, "hush"));
    ck_assert_ptr_nonnull(find_report(&loaded, SP_REPORT_ERROR, "did you mean \"client_secret_file\"?"));
}
SP_TEST_END

SP_TEST(a_mistake_between_settings_is_told_at_the_one_to_change)
{
    LOADED_SCOPED struct loaded loaded = load_settings("threads: 1\n  \ncookie_domain: example.com", NULL);
    ck_assert_uint_eq(loaded.reports.items_n, 1);
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 1);
}
SP_TEST_END

SP_TEST(a_setting_that_is_there_twice_is_refused)
{
    assert_refused("threads: 1\nthreads: 2", "\"threads\" appears twice: the first is in line 1");
}
SP_TEST_END

SP_TEST(a_file_that_is_no_mapping_is_refused)
{
    LOADED_SCOPED struct loaded list = load_text("- a\n", ".", NULL);
    ck_assert_ptr_nonnull(find_report(&list, SP_REPORT_ERROR, "expected settings"));
    LOADED_SCOPED struct loaded word = load_text("a\n", ".", NULL);
    ck_assert_ptr_nonnull(find_report(&word, SP_REPORT_ERROR, "expected settings"));
    LOADED_SCOPED struct loaded broken = load_text("a: [\n", ".", NULL);
    ck_assert_uint_eq(broken.reports.errors_n, 1);
    ck_assert_ptr_nonnull(find_report(&broken, SP_REPORT_ERROR, "not YAML"));
}
SP_TEST_END

SP_TEST(relative_files_belong_to_the_folder)
{
    static const char text[] = "issuer: https://a.example\nclient_id: a\nkeys_file: keys\n"
                               "client_secret_file: /run/secret\nissuer_ca_file: ../ca.pem\n"
                               "policies: {default: authenticated}\n";
    LOADED_SCOPED struct loaded loaded = load_text(text, "/etc/sallyport", NULL);
    ck_assert_str_eq(loaded.config->keys_file, "/etc/sallyport/keys");
    ck_assert_str_eq(loaded.config->client_secret_file, "/run/secret");
    ck_assert_str_eq(loaded.config->issuer_ca_file, "/etc/sallyport/../ca.pem");
    LOADED_SCOPED struct loaded here = load_text(text, ".", NULL);
    ck_assert_str_eq(here.config->keys_file, "keys");
}
SP_TEST_END

SP_TEST(a_text_ends_at_its_maximum)
{
    static char text[SP_CONFIG_TEXT_MAX + 2];
    memset(text, '#', sizeof text - 1);
    size_t len = (size_t)snprintf(text, sizeof text, "%s",
                                  "issuer: https://a.example\nclient_id: a\nkeys_file: keys\n"
                                  "client_secret_file: b\npolicies: {default: authenticated}\n");
    text[len] = '#';
    text[SP_CONFIG_TEXT_MAX] = '\0';
    LOADED_SCOPED struct loaded at_max = load_text(text, ".", NULL);
    ck_assert_msg(at_max.error == SP_OK, "%s", tell_reports(&at_max));
    text[SP_CONFIG_TEXT_MAX] = '#';
    LOADED_SCOPED struct loaded over = load_text(text, ".", NULL);
    ck_assert_ptr_nonnull(find_report(&over, SP_REPORT_ERROR, "larger than"));
}
SP_TEST_END

/* A truncated file is refused, or is still a complete configuration. Nothing leaks, and nothing is read past
 * the end. */
SP_TEST(a_file_cut_anywhere_does_no_harm)
{
    static const char text[] =
        "issuer: https://a.example\nclient_id: a\nkeys_file: keys\nhosts: [https://a.b, "
        "\"https://*.b\"]\nheaders: {mine: {X-A: {claim: groups, list: json}}}\npolicies:\n"
        "  default: authenticated\n  ops:\n    - {action: allow, group: [a, b], path: /x}\n"
        "    - {action: public, cors_preflight: true}\n";
    for (size_t len = 0; len < sizeof text; len++) {
        struct sp_reports reports = {0};
        struct sp_config *config = NULL;
        struct sp_config_source source = {.text = {text, len}, .folder = "."};
        enum sp_error error = sp_config_load(&source, &reports, &config);
        ck_assert_int_eq(error == SP_OK, config != NULL);
        ck_assert_int_eq(error == SP_OK, reports.errors_n == 0);
        sp_config_free(config);
        sp_reports_done(&reports);
    }
}
SP_TEST_END

SP_TEST(more_mistakes_than_fit_are_counted)
{
    static char text[16384];
    size_t len = 0;
    for (unsigned i = 0; i < 300; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "unknown_%u: x\n", i);
    }
    LOADED_SCOPED struct loaded loaded = load_settings(text, NULL);
    ck_assert_uint_eq(loaded.reports.items_n, SP_CONFIG_REPORTS_MAX);
    ck_assert_uint_eq(loaded.reports.errors_n, 300);
    ck_assert_ptr_nonnull(
        strstr(loaded.reports.items[SP_CONFIG_REPORTS_MAX - 1].text, "more reports than fit"));
}
SP_TEST_END

SP_TEST(what_other_programs_call_it_is_understood)
{
    static const char *const cases[][2] = {
        {"policy", "policies"},
        {"redirect_uri", "callback_path"},
        {"redirect_url", "callback_path"},
        {"cookie_secret", "keys_file"},
        {"provider", "issuer"},
        {"lifetime", "session_lifetime"},
        {"port", "listen"},
        {"policys", "policies"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char file[64];
        char said[128];
        snprintf(file, sizeof file, "%s: x\n", cases[i][0]);
        snprintf(said, sizeof said, "unknown setting \"%s\": did you mean \"%s\"?", cases[i][0], cases[i][1]);
        LOADED_SCOPED struct loaded loaded = load_text(file, ".", NULL);
        ck_assert_str_eq(loaded.reports.items[0].text, said);
    }
}
SP_TEST_END

/* ---- the environment ------------------------------------------------------------------------------ */

static struct loaded load_with(const char *settings, const char *variable)
{
    const char *const environment[] = {"PATH=/bin", variable, NULL};
    return load_settings(settings, environment);
}

static void assert_variable_shown(const char *settings, const char *variable, const char *line)
{
    const char *const environment[] = {"PATH=/bin", variable, NULL};
    assert_shown_with(settings, environment, line);
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
    assert_variable_shown("client_id: file", "SALLYPORT_CLIENT_ID=environment", "client_id: environment\n");
    assert_variable_shown("clock_skew: 1s", "SALLYPORT_CLOCK_SKEW=2s", "clock_skew: 2s\n");
    assert_variable_shown("userinfo: false", "SALLYPORT_USERINFO=true", "userinfo: true\n");
    assert_variable_shown("hosts: https://a.example", "SALLYPORT_HOSTS=https://b.example",
                          "hosts: [https://b.example]\n");
}
SP_TEST_END

SP_TEST(a_value_may_hold_an_equals_sign)
{
    assert_variable_shown("", "SALLYPORT_ROOT_QUERY=policy=default", "root_query: policy=default\n");
}
SP_TEST_END

SP_TEST(elements_of_a_list_are_separated_by_commas)
{
    assert_variable_shown("", "SALLYPORT_TRUSTED_PROXIES=10.0.0.0/8, fd00::/8",
                          "trusted_proxies: [10.0.0.0/8, fd00::/8]\n");
    assert_variable_shown("", "SALLYPORT_SCOPES=openid email", "scopes: openid email\n");
    assert_variable_refused("SALLYPORT_TRUSTED_PROXIES=10.0.0.0/8,,fd00::/8",
                            "SALLYPORT_TRUSTED_PROXIES: \"\" is not a network");
}
SP_TEST_END

SP_TEST(pairs_of_a_mapping_are_separated_by_commas)
{
    assert_variable_shown("public_ports: {https://c.example: 1}",
                          "SALLYPORT_PUBLIC_PORTS=https://a.example=8443, https://b.example=8444",
                          "public_ports: {https://a.example: 8443, https://b.example: 8444}\n");
    assert_variable_shown("public_ports: {https://c.example: 1}",
                          "SALLYPORT_PUBLIC_PORTS=", "public_ports: {}\n");
    assert_variable_shown("", "SALLYPORT_AUTHORIZATION_PARAMETERS=connector_id=corp, acr_values=a=b",
                          "authorization_parameters: {connector_id: corp, acr_values: a=b}\n");
    assert_variable_refused("SALLYPORT_AUTHORIZATION_PARAMETERS=connector_id=corp,b",
                            "SALLYPORT_AUTHORIZATION_PARAMETERS: \"b\" is empty");
    assert_variable_refused("SALLYPORT_PUBLIC_PORTS=https://a.example",
                            "SALLYPORT_PUBLIC_PORTS: \"\" is not a port");
}
SP_TEST_END

SP_TEST(an_empty_variable_is_the_empty_value)
{
    assert_variable_shown("client_ip_hops: 10.0.0.0/8", "SALLYPORT_CLIENT_IP_HOPS=", "client_ip_hops: []\n");
    assert_variable_refused("SALLYPORT_CLIENT_ID=", "SALLYPORT_CLIENT_ID: must not be empty");
}
SP_TEST_END

SP_TEST(a_byte_order_mark_before_the_first_variable_of_a_file_is_skipped)
{
    const char *const environment[] = {"\xef\xbb\xbfSALLYPORT_CLIENT_ID=marked", "\xef\xbb\xbfPATH=x", NULL};
    LOADED_SCOPED struct loaded loaded = load_settings("client_id: file", environment);
    ck_assert_msg(loaded.error == SP_OK && loaded.reports.items_n == 0, "%s", tell_reports(&loaded));
    ck_assert_str_eq(loaded.config->client_id, "marked");
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
    assert_variable_refused("SALLYPORT_SCOPES=email", "SALLYPORT_SCOPES: must contain openid");
    assert_variable_refused("SALLYPORT_COOKIE_DOMAIN=example.com",
                            "SALLYPORT_COOKIE_DOMAIN: needs the setting");
    assert_variable_refused("SALLYPORT_RENEW_AFTER=2", "SALLYPORT_RENEW_AFTER: \"2\" is not a duration");
}
SP_TEST_END

SP_TEST(sections_come_from_the_file_only)
{
    assert_variable_refused("SALLYPORT_POLICIES={default: authenticated}",
                            "SALLYPORT_POLICIES: can only be set in the file");
    assert_variable_refused("SALLYPORT_HEADERS=", "SALLYPORT_HEADERS: can only be set in the file");
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
    for (size_t i = 0; i < sp_settings.rows_n; i++) {
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings.rows[i], variable);
        struct sp_str name = sp_str_skip(sp_str_from_c(variable), strlen("SALLYPORT_"));
        ck_assert_msg(!sp_config_is_foreign_variable(name), "%s", variable);
    }
    ck_assert(!sp_config_is_foreign_variable(SP_STR("PORTS")));
    ck_assert(!sp_config_is_foreign_variable(SP_STR("PORT_")));
    ck_assert(!sp_config_is_foreign_variable(SP_STR("")));
}
SP_TEST_END

/* ---- printing ------------------------------------------------------------------------------------- */

static char *print_text(const char *text, const char *const *environment)
{
    SP_BUF_SCOPED struct sp_buf printed;
    sp_buf_init(&printed, SP_CONFIG_PRINT_MAX);
    struct sp_config_source source = {.text = sp_str_from_c(text), .folder = ".", .environment = environment};
    LOADED_SCOPED struct loaded loaded = load_text(text, ".", environment);
    sp_config_print(&source, &printed);
    ck_assert_msg(sp_buf_error(&printed) == SP_OK, "%s", tell_reports(&loaded));
    return sp_str_dup(sp_buf_str(&printed));
}

/* What is printed must load again, to an equal configuration. */
static void assert_printed_loads(const char *settings, const char *const *environment)
{
    char *text = complete_settings(settings);
    char *printed = print_text(text, environment);
    LOADED_SCOPED struct loaded first = load_text(text, ".", environment);
    LOADED_SCOPED struct loaded second = load_text(printed, ".", NULL);
    ck_assert_msg(second.error == SP_OK, "%s\n%s", tell_reports(&second), printed);
    SP_BUF_SCOPED struct sp_buf first_shown;
    SP_BUF_SCOPED struct sp_buf second_shown;
    show_config(first.config, &first_shown);
    show_config(second.config, &second_shown);
    ck_assert_str_eq(sp_buf_c_str(&first_shown), sp_buf_c_str(&second_shown));
    free(printed);
    free(text);
}

static void assert_printed(const char *settings, const char *variable, const char *lines)
{
    const char *const environment[] = {variable, NULL};
    char *text = complete_settings(settings);
    char *printed = print_text(text, environment);
    ck_assert_msg(strstr(printed, lines) != NULL, "\"%s\" is not in\n%s", lines, printed);
    free(printed);
    free(text);
}

SP_TEST(a_value_is_printed_as_it_was_given_and_with_where)
{
    assert_printed("\nsession_lifetime: 90m", NULL, "\nsession_lifetime: 90m  # file:2\n");
    assert_printed("hosts: [\"https://A.example.com\"]", NULL,
                   "\nhosts: [\"https://A.example.com\"]  # file:1\n");
    assert_printed("public_ports: {https://a.example: 8443}", NULL,
                   "\npublic_ports: {\"https://a.example\": 8443}  # file:1\n");
    assert_printed("threads: 1", "SALLYPORT_THREADS=2", "\nthreads: 2  # SALLYPORT_THREADS\n");
    assert_printed("", "SALLYPORT_AUDIENCES=a, b", "\naudiences: [a, b]  # SALLYPORT_AUDIENCES\n");
    assert_printed(
        "", "SALLYPORT_PUBLIC_PORTS=https://a.example=1,https://b.example=2",
        "\npublic_ports: {\"https://a.example\": 1, \"https://b.example\": 2}  # SALLYPORT_PUBLIC_PORTS\n");
    assert_printed("", "SALLYPORT_CLIENT_IP_HOPS=", "\nclient_ip_hops: []  # SALLYPORT_CLIENT_IP_HOPS\n");
    assert_printed("", NULL, "listen: \"[::]:4181\"  # default\n");
    assert_printed("", NULL, "\ntrusted_proxies: [127.0.0.0/8, \"::1/128\"]  # default\n");
    assert_printed("", NULL, "\npublic_ports: {}  # default\n");
    assert_printed("", NULL, "\nheaders: {}  # default\n");
    assert_printed("keys_file: ../keys", NULL, "\nkeys_file: \"../keys\"  # file:1\n");
    assert_printed("renew_after: 1h", NULL, "\nrenew_after: 1h  # file:1\n");
}
SP_TEST_END

SP_TEST(what_depends_on_other_settings_is_printed_as_it_is)
{
    assert_printed("prefix: /x", NULL, "\ncallback_path: /x/callback  # default\n");
    assert_printed("client_secret_file: \"\"", NULL, "\nclient_auth: none  # default\n");
}
SP_TEST_END

SP_TEST(a_section_is_printed_a_line_a_rule)
{
    assert_printed("policies: {default: authenticated, ops: [{action: allow, group: [a, \"b c\"]},\n"
                   "  {action: deny}]}",
                   NULL,
                   "\npolicies:  # file:1\n  default: authenticated\n  ops:\n"
                   "    - {action: allow, group: [a, \"b c\"]}\n    - {action: deny}\n");
    assert_printed("headers: {mine: {X-A: user, X-B: {claim: groups, list: json}}}", NULL,
                   "\nheaders:  # file:1\n  mine:\n    X-A: user\n    X-B: {claim: groups, list: json}\n");
}
SP_TEST_END

SP_TEST(what_does_not_load_is_not_printed)
{
    SP_BUF_SCOPED struct sp_buf printed;
    sp_buf_init(&printed, SP_CONFIG_PRINT_MAX);
    struct sp_config_source source = {.text = SP_STR("issuer: x"), .folder = "."};
    sp_config_print(&source, &printed);
    ck_assert_int_ne(sp_buf_error(&printed), SP_OK);
}
SP_TEST_END

SP_TEST(what_is_printed_loads_again)
{
    assert_printed_loads("", NULL);
    assert_printed_loads("client_secret_file: \"\"", NULL);
    assert_printed_loads("insecure_http: true\nhosts: http://a.example.com:8080", NULL);
    assert_printed_loads("unsafe_trust_everybody: true\ntrusted_proxies: []", NULL);
    const char *const environment[] = {"SALLYPORT_SCOPES=openid groups",
                                       "SALLYPORT_USERNAME_PREFIX=a: #b",
                                       "SALLYPORT_HOSTS=https://a.example.com,https://*.example.com",
                                       "SALLYPORT_PUBLIC_PORTS=https://a.example.com=8443",
                                       "SALLYPORT_GROUPS_KEEP=\xc2\xad*, b",
                                       NULL};
    assert_printed_loads("hosts: https://b.example.com", environment + 4);
    assert_printed_loads("hosts: [\"https://a.example.com:8443\"]", environment + 3);
}
SP_TEST_END

SP_TEST(everything_at_once_is_printed_and_loads_again)
{
    assert_printed_loads(
        "listen: [\":1\", 127.0.0.1:2]\npages_listen: \"[::1]:3\"\nadmin_listen: 10.0.0.1:4\nthreads: 3\n"
        "trusted_proxies: [10.0.0.0/8, \"fd00::/8\", 192.0.2.1]\nclient_ip_hops: \"::ffff:10.0.0.0/104\"\n"
        "max_connections: 100\ndrain_delay: 1m30s\ndialect_at_root: none\n"
        "root_query: policy=ops&headers=mine\nprefix: /a/b\ncallback_path: /_oauth\n"
        "callback_host: https://auth.example.com:8443\ndirect_pages: true\n"
        "hosts: [\"https://*.example.com:8443\", \"https://[2001:db8::1]:1\"]\nforwarded_prefixes: [/x, /y]\n"
        "public_ports: {https://x.example.com: 8443, \"https://[2001:db8::1]\": 1}\n"
        "issuer_ca_file: /etc/ca.pem\nclient_id: \"a: b #c\"\nclient_auth: post\nscopes: [openid, groups]\n"
        "authorization_parameters: {prompt: select_account, claims: '{\"a\": null}', max_age: 0}\n"
        "audiences: [\"null\", \"~\"]\nuserinfo: true\nclock_skew: 90s\ncookie_name: a.b\n"
        "session_lifetime: 36h\nstrip_session_cookie: true\nusername_claim: upn\n"
        "username_prefix: \"oidc:\"\ngroups_claim: roles\ngroups_prefix: \"ä-\"\ngroups_keep: [\"a*\", b]\n"
        "log_level: debug\nlog_format: text\nlog_access: true\n"
        "headers:\n  mine: {X-A: user, X-B: groups, X-C: {claim: groups, list: json}, X-D: \"a: b\"}\n"
        "policies:\n  default: authenticated\n  ops:\n"
        "    - {action: public, path: [/a, \"/b c\"]}\n"
        "    - {action: public, cors_preflight: true, host: a.example.com}\n"
        "    - {action: allow, path_glob: [\"/r/**/s*\"], method: [GET, HEAD], group: [\"ä-[x]\", \"ä-#\"]}\n"
        "    - {action: deny, path_prefix: /, email: \"o'ne@example.com\", email_domain: example.com}\n"
        "  only: [{action: deny}]\n",
        NULL);
}
SP_TEST_END

/* What is in effect for a line of the file and variables. */
static void assert_ca_file(const char *settings, const char *const *environment, const char *expected)
{
    LOADED_SCOPED struct loaded loaded = load_settings(settings, environment);
    ck_assert_ptr_nonnull(loaded.config);
    ck_assert_pstr_eq(loaded.config->issuer_ca_file, expected);
}

SP_TEST(the_variable_of_other_programs_names_the_authorities_where_no_setting_does)
{
    static const char *const named[] = {"SSL_CERT_FILE_X=/x", "SSL_CERT_FILE=/etc/ca.pem", NULL};
    static const char *const empty[] = {"SSL_CERT_FILE=", NULL};
    static const char *const both[] = {"SSL_CERT_FILE=/etc/ca.pem", "SALLYPORT_ISSUER_CA_FILE=/own.pem",
                                       NULL};
    assert_ca_file("", NULL, NULL);
    assert_ca_file("", named, "/etc/ca.pem");
    assert_ca_file("issuer_ca_file: \"\"", named, "/etc/ca.pem");
    assert_ca_file("issuer_ca_file: /file.pem", named, "/file.pem");
    assert_ca_file("", both, "/own.pem");
    assert_ca_file("", empty, NULL);
}
SP_TEST_END

SP_SUITE("load", what_other_programs_call_it_is_understood, the_smallest_file_loads,
         an_unknown_setting_is_an_error_with_place_and_cure,
         all_mistakes_are_told_at_once_in_the_order_of_the_file,
         a_mistake_between_settings_is_told_at_the_one_to_change, a_setting_that_is_there_twice_is_refused,
         a_file_that_is_no_mapping_is_refused, relative_files_belong_to_the_folder,
         a_text_ends_at_its_maximum, a_file_cut_anywhere_does_no_harm, more_mistakes_than_fit_are_counted,
         a_variable_wins_over_the_file, a_value_may_hold_an_equals_sign,
         elements_of_a_list_are_separated_by_commas, pairs_of_a_mapping_are_separated_by_commas,
         an_empty_variable_is_the_empty_value, what_is_required_may_come_from_the_environment,
         a_byte_order_mark_before_the_first_variable_of_a_file_is_skipped, a_mistake_names_the_variable,
         sections_come_from_the_file_only, of_two_of_one_name_the_first_counts,
         an_unknown_variable_warns_with_the_nearest_name, a_secret_in_an_unknown_variable_is_not_shown,
         variables_of_kubernetes_and_of_the_tree_are_passed_over,
         no_setting_looks_like_a_variable_of_kubernetes, a_value_is_printed_as_it_was_given_and_with_where,
         what_depends_on_other_settings_is_printed_as_it_is, a_section_is_printed_a_line_a_rule,
         what_does_not_load_is_not_printed, what_is_printed_loads_again,
         everything_at_once_is_printed_and_loads_again,
         the_variable_of_other_programs_names_the_authorities_where_no_setting_does)
