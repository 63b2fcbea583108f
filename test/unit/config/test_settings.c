/* SPDX-License-Identifier: Apache-2.0 */
#include "config/settings.h"

#include "fixture.h"

SP_TEST(every_setting_is_found_by_its_name)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        ck_assert_uint_eq(sp_setting_find(sp_str_from_c(sp_settings[i].name)), i);
    }
    ck_assert_uint_eq(sp_setting_find(SP_STR("isuer")), sp_settings_n);
    ck_assert_uint_eq(sp_setting_find(SP_STR("")), sp_settings_n);
}
SP_TEST_END

SP_TEST(names_are_lower_case_and_become_variables)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        char variable[SP_ENVIRONMENT_NAME_MAX];
        sp_setting_environment_name(&sp_settings[i], variable);
        ck_assert_uint_eq(strlen(variable), strlen("SALLYPORT_") + strlen(sp_settings[i].name));
        ck_assert_uint_eq(strspn(sp_settings[i].name, "abcdefghijklmnopqrstuvwxyz_"),
                          strlen(sp_settings[i].name));
    }
    char variable[SP_ENVIRONMENT_NAME_MAX];
    sp_setting_environment_name(&sp_settings[sp_setting_find(SP_STR("client_id"))], variable);
    ck_assert_str_eq(variable, "SALLYPORT_CLIENT_ID");
}
SP_TEST_END

/* A field that two rows write would be a copy and paste mistake that no other test sees. */
SP_TEST(no_two_settings_share_a_field)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (sp_settings[i].type->print != NULL && sp_settings[j].type->print != NULL) {
                ck_assert_msg(sp_settings[i].offset != sp_settings[j].offset, "%s and %s",
                              sp_settings[i].name, sp_settings[j].name);
            }
        }
    }
}
SP_TEST_END

SP_TEST(every_setting_says_what_it_is_for)
{
    for (size_t i = 0; i < sp_settings_n; i++) {
        const char *text = sp_settings[i].text;
        ck_assert_msg(strlen(text) > 10 && text[strlen(text) - 1] == '.', "%s", sp_settings[i].name);
        ck_assert_msg(strpbrk(text, "|\n") == NULL, "%s would break its table", sp_settings[i].name);
    }
}
SP_TEST_END

/* The surface that strangers rely on: a default that changes is a breaking change. */
SP_TEST(defaults_are_as_promised)
{
    static const char *const lines[] = {
        "listen: [\"[::]:4181\"]\n",
        "pages_listen: [\"[::]:4182\"]\n",
        "admin_listen: [\"127.0.0.1:9181\"]\n",
        "threads: 0\n",
        "trusted_proxies: [\"127.0.0.0/8\", \"::1/128\"]\n",
        "unsafe_trust_everybody: false\n",
        "client_ip_hops: []\n",
        "max_connections: 4096\n",
        "drain_delay: 5s\n",
        "dialects: [traefik]\n",
        "dialect_at_root: traefik\n",
        "root_query: \"\"\n",
        "prefix: /_sallyport\n",
        "callback_path: /_sallyport/callback\n",
        "callback_host: \"\"\n",
        "direct_pages: false\n",
        "hosts: []\n",
        "public_ports: {}\n",
        "forwarded_prefixes: []\n",
        "insecure_http: false\n",
        "issuer_ca_file: \"\"\n",
        "client_auth: basic\n",
        "scopes: \"openid email profile groups\"\n",
        "audiences: []\n",
        "userinfo: false\n",
        "clock_skew: 1m\n",
        "cookie_name: sallyport\n",
        "cookie_domain: \"\"\n",
        "session_lifetime: 12h\n",
        "strip_session_cookie: false\n",
        "username_claim: email\n",
        "username_prefix: \"\"\n",
        "groups_claim: groups\n",
        "groups_prefix: \"\"\n",
        "groups_keep: []\n",
        "log_level: info\n",
        "log_format: json\n",
        "log_access: false\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_dumped("", lines[i]);
    }
}
SP_TEST_END

SP_SUITE("settings", every_setting_is_found_by_its_name, names_are_lower_case_and_become_variables,
         no_two_settings_share_a_field, every_setting_says_what_it_is_for, defaults_are_as_promised)
