/* SPDX-License-Identifier: Apache-2.0 */
#include "config/credentials_section.h"

#include "fixture.h"

#define FILES ", token_file: token, proxy_key_file: key"
#define BOUND "set: kubernetes, host: api.example.com" FILES

SP_TEST(a_binding_says_where_a_credential_is_carried)
{
    LOADED_SCOPED struct loaded loaded = load_settings(
        "strip_session_cookie: true\n"
        "credentials:\n"
        "  - {set: kubernetes, host: API.example.com, token_file: token, proxy_key_file: /keys/api}\n"
        "  - set: bearer\n"
        "    host: api.example.com\n"
        "    path_prefix: /b c/\n"
        "    unsafe_without_proxy_key: true\n"
        "    sessions: true\n"
        "    proxy: true\n",
        NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    ck_assert_uint_eq(loaded.config->credentials_n, 2);
    const struct sp_binding *binding = &loaded.config->credentials[0];
    ck_assert_int_eq(binding->credential, SP_HEADER_CREDENTIAL_ACCOUNT);
    ck_assert_str_eq(binding->host, "api.example.com");
    ck_assert_str_eq(binding->path_prefix.text, "/");
    ck_assert_str_eq(binding->token_file, "token");
    ck_assert_str_eq(binding->proxy_key_file, "/keys/api");
    ck_assert(!binding->sessions && !binding->proxy && !binding->unsafe_without_proxy_key);
    ck_assert_uint_eq(binding->line, 3);
    binding++;
    ck_assert_int_eq(binding->credential, SP_HEADER_CREDENTIAL_USER);
    ck_assert_str_eq(binding->path_prefix.text, "/b%20c");
    ck_assert(binding->sessions && binding->proxy && binding->unsafe_without_proxy_key);
    ck_assert(binding->token_file == NULL && binding->proxy_key_file == NULL &&
              binding->service_account == NULL);
}
SP_TEST_END

SP_TEST(an_account_stands_in_place_of_a_file_with_or_without_a_secret)
{
    assert_accepted("credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, "
                    "service_account: kube-system/a.b-c, bound_secret: leash}]");
    LOADED_SCOPED struct loaded loaded = load_settings(
        "credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, service_account: n/a}]",
        NULL);
    ck_assert_str_eq(loaded.config->credentials[0].service_account, "n/a");
    ck_assert(loaded.config->credentials[0].bound_secret == NULL &&
              loaded.config->credentials[0].token_file == NULL);
}
SP_TEST_END

SP_TEST(files_begin_at_the_configurations_folder)
{
    char *text = complete_settings("credentials: [{" BOUND "}]");
    LOADED_SCOPED struct loaded loaded = load_text(text, "/etc/sallyport", NULL);
    free(text);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    ck_assert_str_eq(loaded.config->credentials[0].token_file, "/etc/sallyport/token");
    ck_assert_str_eq(loaded.config->credentials[0].proxy_key_file, "/etc/sallyport/key");
}
SP_TEST_END

SP_TEST(what_a_binding_lacks_or_has_too_much_is_told)
{
    static const char *const cases[][2] = {
        {"credentials: {set: kubernetes}", "credentials: expected a list of bindings and found a mapping"},
        {"credentials: [kubernetes]", "credentials, binding 1: expected a binding such as"},
        {"credentials: [{host: a.example.com" FILES "}]", "credentials, binding 1: no set"},
        {"credentials: [{set: kubernetes" FILES "}]", "credentials, binding 1: no host"},
        {"credentials: [{set: impersonate, host: a.example.com" FILES "}]", "set: "},
        {"credentials: [{" BOUND ", host: x}]", "\"host\" appears twice"},
        {"credentials: [{" BOUND ", hst: x}]", "unknown key \"hst\": did you mean \"host\"?"},
        {"credentials: [{set: kubernetes, host: \"https://a.example.com\"" FILES "}]", "is not a host"},
        {"credentials: [{set: kubernetes, host: \"a.example.com:443\"" FILES "}]", "is not a host"},
        {"credentials: [{set: kubernetes, host: \"*.example.com\"" FILES "}]", "is not a host"},
        {"credentials: [{" BOUND ", path_prefix: api}]", "path_prefix: \"api\""},
        {"credentials: [{" BOUND ", path_prefix: /a.}]", "path_prefix: has a colon, a dot"},
        {"credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k}]",
         "set: kubernetes needs the token of an account"},
        {"credentials: [{" BOUND ", service_account: n/a}]", "token_file: a token has only one source"},
        {"credentials: [{set: bearer, host: a.example.com" FILES "}]", "token_file: the set bearer carries"},
        {"credentials: [{set: bearer, host: a.example.com, proxy_key_file: k, service_account: n/a}]",
         "service_account: the set bearer carries"},
        {"credentials: [{" BOUND ", bound_secret: s}]", "bound_secret: needs service_account"},
        {"credentials: [{set: kubernetes, host: a.example.com, token_file: t}]",
         "binding 1: no proxy_key_file"},
        {"credentials: [{" BOUND ", unsafe_without_proxy_key: true}]", "there is a proxy_key_file"},
        {"credentials: [{" BOUND "}, {" BOUND ", path_prefix: /}]",
         "binding 2: is for the same set, host and path_prefix as binding 1"},
        {"credentials: [{" BOUND "}, {" BOUND ", path_prefix: \"/api/*\"}]",
         "binding 2: path_prefix: \"/api/*\": * is a wildcard only in the path_glob of a rule"},
        {"credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, service_account: a}]",
         "\"a\" is not a service account"},
        {"credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, service_account: a.b/c}]",
         "\"a.b/c\" is not a service account"},
        {"credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, service_account: a/b/c}]",
         "\"a/b/c\" is not a service account"},
        {"credentials: [{set: kubernetes, host: a.example.com, proxy_key_file: k, service_account: a/-b}]",
         "\"a/-b\" is not a service account"},
        {"credentials: [{" BOUND ", sessions: true}]",
         "strip_session_cookie: must be true with sessions: true, which binding 1"},
        {"strip_session_cookie: true\nhosts: [\"https://api.example.com\"]\ncookie_domain: example.com\n"
         "credentials: [{" BOUND ", sessions: true}]",
         "cookie_domain: cannot be combined with sessions: true"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i][0], cases[i][1]);
    }
    assert_accepted("hosts: [\"https://api.example.com\"]\ncookie_domain: example.com\ncredentials: [{" BOUND
                    "}]");
    assert_accepted("credentials: [{" BOUND "}, {" BOUND ", path_prefix: /api}]");
    assert_accepted("credentials: []");
}
SP_TEST_END

SP_TEST(bindings_end_at_their_maximum)
{
    char text[16384];
    size_t len = (size_t)snprintf(text, sizeof text, "credentials:\n");
    for (unsigned i = 1; i <= SP_BINDINGS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "  - {" BOUND ", path_prefix: /p%u}\n", i);
    }
    assert_accepted(text);
    snprintf(text + len, sizeof text - len, "  - {" BOUND "}\n");
    assert_refused(text, "credentials, binding 33: more than 32 bindings");
}
SP_TEST_END

SP_TEST(what_lends_a_token_to_more_than_one_chain_is_told)
{
    assert_warned(
        "credentials: [{set: kubernetes, host: a.example.com, token_file: t, unsafe_without_proxy_key: "
        "true}]",
        "binding 1: without a proxy key, anyone who may create a Middleware on this Traefik can get the "
        "token");
    assert_warned("bearer_audiences: kube\nstrip_session_cookie: true\n"
                  "credentials: [{set: bearer, host: a.example.com, proxy_key_file: k, sessions: true}]",
                  "binding 1: the ID token of a session is left out once it has expired");
    assert_warned("bearer_audiences: kube\nhosts: [\"https://b.example.com\"]\ncredentials: [{" BOUND "}]",
                  "binding 1: its host is not in the setting hosts");
    assert_warned("credentials: [{" BOUND "}]", "binding 1 accepts only bearer tokens");
    assert_warned("strip_session_cookie: true\ncredentials: [{" BOUND ", sessions: true, proxy: true}]",
                  "binding 1: with proxy: true any program in a pod can act as this site");
    assert_warned("strip_session_cookie: true\ndirect_pages: true\ncredentials: [{" BOUND
                  ", sessions: true}]",
                  "binding 1: with direct_pages the application gets the session cookie on the pages");
    assert_silent("hosts: [\"https://api.example.com\"]\nbearer_audiences: kube\ncredentials: [{" BOUND "}]");
}
SP_TEST_END

SP_TEST(a_binding_makes_a_login_need_all_groups)
{
    LOADED_SCOPED struct loaded bound = load_settings("credentials: [{" BOUND "}]", NULL);
    ck_assert(bound.error == SP_OK && sp_config_needs_all_groups(bound.config));
    LOADED_SCOPED struct loaded bearer =
        load_settings("credentials: [{set: bearer, host: a.example.com, proxy_key_file: k}]", NULL);
    ck_assert(bearer.error == SP_OK && !sp_config_needs_all_groups(bearer.config));
}
SP_TEST_END

SP_SUITE("credentials_section", an_account_stands_in_place_of_a_file_with_or_without_a_secret,
         a_binding_says_where_a_credential_is_carried, files_begin_at_the_configurations_folder,
         what_a_binding_lacks_or_has_too_much_is_told, bindings_end_at_their_maximum,
         what_lends_a_token_to_more_than_one_chain_is_told, a_binding_makes_a_login_need_all_groups)
