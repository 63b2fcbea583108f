/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "fixture.h"

/* A configuration whose header sets emit `n` names in all beyond the usual ones. */
static const char *settings_with_names(size_t n)
{
    static char settings[131072];
    size_t len = (size_t)snprintf(settings, sizeof settings, "headers:\n");
    for (size_t i = 0; i < n; i++) {
        if (i % SP_HEADER_RULES_MAX == 0) {
            len += (size_t)snprintf(settings + len, sizeof settings - len, "  set%zu:\n",
                                    i / SP_HEADER_RULES_MAX);
        }
        len += (size_t)snprintf(settings + len, sizeof settings - len, "    X-%058zu-01: email\n", i);
    }
    return settings;
}

static enum sp_error init_with(const char *settings, struct sp_diag *diag)
{
    struct sp_server server;
    struct sp_keyring *keys = NULL;
    ck_assert_int_eq(sp_random_init(), 0);
    struct loaded loaded = load_settings(settings, NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    sp_reports_done(&loaded.reports);
    ck_assert_int_eq(sp_keyring_parse(SP_STR(KEY), NOW_S, diag, &keys), SP_OK);
    enum sp_error error = sp_server_init(&server, loaded.config, keys, SP_STR(""), diag);
    sp_server_done(&server);
    return error;
}

SP_TEST(the_names_of_any_configuration_can_be_watched)
{
    struct sp_diag diag = {0};
    /* `identity` and `remote` are two of the sets */
    size_t n = (SP_HEADER_SETS_MAX - 2) * SP_HEADER_RULES_MAX;
    ck_assert_int_eq(init_with(settings_with_names(n), &diag), SP_OK);
}
SP_TEST_END

SP_TEST(names_are_in_lower_case_and_there_once)
{
    FIXTURE f = fixture_new("headers:\n  mine: {X-Forwarded-User: email, Remote-User: name}");
    for (size_t i = 0; i < f->server.names_n; i++) {
        for (size_t j = 0; j < f->server.names[i].len; j++) {
            ck_assert_int_eq(sp_ascii_lower(f->server.names[i].ptr[j]), f->server.names[i].ptr[j]);
        }
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(!sp_str_equal(f->server.names[i], f->server.names[j]), "%.*s",
                          SP_STR_ARGS(f->server.names[i]));
        }
    }
}
SP_TEST_END

SP_TEST(the_client_and_the_decision_follow_the_configuration)
{
    FIXTURE f = fixture_new("client_auth: post\nuserinfo: true\naudiences: [other]\nclock_skew: 7s\n"
                            "username_claim: sub\nusername_prefix: 'p:'\ngroups_prefix: 'g:'\n"
                            "groups_claim: roles\nhosts: [" ORIGIN "]\nforwarded_prefixes: [/a]\nthreads: 3");
    const struct sp_server *server = &f->server;
    ck_assert_str_view(server->client.id, "sallyport");
    ck_assert_str_view(server->client.secret, "s3cr3t-of-the-client");
    ck_assert_int_eq(server->client.auth, SP_CLIENT_AUTH_POST);
    ck_assert_int_eq(server->client.userinfo, SP_USERINFO_REQUIRED);
    ck_assert_uint_eq(server->client.audiences_n, 1);
    ck_assert_str_eq(server->client.groups_claim, "roles");
    ck_assert_int_eq(server->client.skew_s, 7);
    ck_assert_str_eq(server->decision.identity.username_claim, "sub");
    ck_assert_str_eq(server->decision.identity.username_prefix, "p:");
    ck_assert_str_eq(server->decision.identity.groups_prefix, "g:");
    ck_assert(!server->decision.insecure_http);
    ck_assert_uint_eq(server->decision.hosts_n, 1);
    ck_assert_uint_eq(server->prefixes.items_n, 1);
    ck_assert_uint_eq(server->metrics_n, 4); /* one a loop, one for calls */
}
SP_TEST_END

SP_SUITE("server/server", the_names_of_any_configuration_can_be_watched,
         names_are_in_lower_case_and_there_once, the_client_and_the_decision_follow_the_configuration)
