/* SPDX-License-Identifier: Apache-2.0 */
#include "config/issuer_settings.h"

#include "fixture.h"

/* Padded to a value of `len` bytes. */
static const char *long_value(const char *begin, size_t len)
{
    static char text[4096];
    size_t at = (size_t)snprintf(text, sizeof text, "%s", begin);
    size_t key_len = (size_t)(strchr(begin, ' ') + 1 - begin);
    memset(text + at, 'a', key_len + len - at);
    text[key_len + len] = '\0';
    return text;
}

SP_TEST(the_issuer_is_an_https_url_and_nothing_more)
{
    assert_shown("issuer: https://dex.example.com/dex", "issuer: https://dex.example.com/dex\n");
    assert_shown("issuer: https://dex.example.com", "issuer: https://dex.example.com\n");
    assert_shown("issuer: http://127.0.0.1:5556/dex", "issuer: http://127.0.0.1:5556/dex\n");
    assert_accepted("issuer: http://localhost:5556/dex");
    assert_refused("issuer: http://dex.example.com/dex", "is not https");
    assert_refused("issuer: https://dex.example.com/dex?x=1", "without query and fragment");
    assert_refused("issuer: https://dex.example.com/dex?", "without query and fragment");
    assert_refused("issuer: \"https://dex.example.com/dex#x\"", "without query and fragment");
    assert_refused("issuer: https://user@dex.example.com/dex", "is not an https URL");
    assert_refused("issuer: dex.example.com", "is not an https URL");
    assert_refused("issuer: wss://dex.example.com", "is not an https URL");
    assert_refused("issuer: \"\"", "is not an https URL");
    assert_refused("issuer: https://a.example/.well-known/openid-configuration",
                   "is written without /.well-known/openid-configuration");
}
SP_TEST_END

SP_TEST(an_address_of_the_issuer_is_a_host_with_a_port)
{
    assert_shown("", "issuer_address: \n");
    static const char *const good[] = {"keycloak:8443", "127.0.0.1:5556",
                                       "[fd00::1]:443", "dex.auth.svc.cluster.local.:443",
                                       "Dex:1",         "a_b:65535"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "issuer_address: \"%s\"", good[i]);
        assert_accepted(settings);
    }
    assert_shown("issuer_address: dex.auth.svc.:443", "issuer_address: dex.auth.svc.:443\n");
    static const char *const bad[] = {"keycloak",       "https://keycloak:8443",
                                      "keycloak:8443/", "keycloak:0",
                                      "keycloak:65536", "keycloak:",
                                      "keycloak:x",     ":8443",
                                      "::1:8443",       "fd00::1",
                                      "[fd00::1]",      "a b:1",
                                      "u@keycloak:1",   "[fe80::1%eth0]:1",
                                      "8443",           "keycloak:8443,other:1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "issuer_address: \"%s\"", bad[i]);
        assert_refused(settings, "is not a host with a port, such as dex.auth.svc:5556 or [fd00::1]:443");
    }
}
SP_TEST_END

SP_TEST(a_name_of_an_address_ends_at_its_maximum)
{
    for (size_t len = 252; len <= 254; len++) {
        char settings[300] = "issuer_address: ";
        size_t at = strlen(settings);
        for (size_t i = 0; i < len; i++) {
            settings[at + i] = i % 63 == 62 ? '.' : 'a';
        }
        snprintf(settings + at + len, sizeof settings - at - len, ":443");
        if (len <= 253) {
            assert_accepted(settings);
        } else {
            assert_refused(settings, "is not a host with a port");
        }
    }
}
SP_TEST_END

SP_TEST(the_discovery_document_has_a_whole_url)
{
    assert_shown("", "discovery_url: \n");
    assert_silent("discovery_url: https://keycloak:8443/realms/x/.well-known/openid-configuration");
    assert_silent("discovery_url: https://keycloak/.well-known/openid-configuration?p=policy");
    assert_silent("discovery_url: http://127.0.0.1:8080/.well-known/openid-configuration");
    assert_warned("discovery_url: https://keycloak/realms/x",
                  "discovery_url: must be the full URL of the document, which usually ends in /.well-known/");
    static const char *const bad[] = {
        "keycloak:8443",        "/.well-known/x",       "HTTPS://a.example/",
        "ws://a.example/",      "https://u@a.example/", "\"https://a.example/#x\"",
        "https://a.example:0/", "ftp://a.example/",     "https:///x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "discovery_url: %s", bad[i]);
        assert_refused(settings, "is not the full URL of the discovery document");
    }
    assert_accepted(long_value("discovery_url: https://a.example/.well-known/", 2048));
    assert_refused(long_value("discovery_url: https://a.example/.well-known/", 2049),
                   "longer than 2048 bytes");
}
SP_TEST_END

#define DOCUMENT "discovery_url: http://keycloak:8080/realms/x/.well-known/openid-configuration"

SP_TEST(http_crosses_a_network_only_where_the_operator_says_so)
{
    assert_refused(DOCUMENT, "discovery_url: is not https");
    assert_refused(DOCUMENT "\ninsecure_issuer_http: false", "or insecure_issuer_http: true if");
    assert_refused("issuer: http://keycloak:8080/realms/x\ninsecure_issuer_http: true\n" DOCUMENT,
                   "issuer: \"http://keycloak:8080/realms/x\" is not https");
    assert_refused("issuer: http://localhost:5556/dex\nissuer_address: dex:5556",
                   "issuer_address: leads away from this machine");
    assert_refused("issuer: http://localhost:5556/dex\nissuer_address: dex:5556\ninsecure_issuer_http: true",
                   "issuer_address: leads away from this machine");
    assert_accepted("issuer: http://localhost:5556/dex\nissuer_address: \"[::1]:5557\"");
    assert_warned(
        DOCUMENT "\ninsecure_issuer_http: true",
        "insecure_issuer_http: the client secret and codes cross the network to keycloak in the clear");
}
SP_TEST_END

SP_TEST(what_has_no_effect_on_the_way_to_the_issuer_is_told)
{
    assert_warned("insecure_issuer_http: true", "insecure_issuer_http: has no effect");
    assert_warned("insecure_issuer_http: true\ndiscovery_url: https://a.example/.well-known/x",
                  "has no effect");
    assert_warned("insecure_issuer_http: true\ndiscovery_url: http://127.0.0.1/.well-known/x",
                  "has no effect");
    assert_warned("issuer_address: DEX.example.com:443", "issuer_address: is the issuer's own host and port");
    assert_silent("issuer_address: dex.example.com:8443");
}
SP_TEST_END

SP_TEST(authorization_parameters_map_names_to_texts)
{
    assert_shown("authorization_parameters: {connector_id: corp, max_age: 0, hd: a.example}",
                 "authorization_parameters: {connector_id: corp, max_age: 0, hd: a.example}\n");
    assert_shown(
        "authorization_parameters:\n  claims: '{\"id_token\": {\"groups\": null}}'\n  a-b.C_1: ä = b",
        "authorization_parameters: {claims: {\"id_token\": {\"groups\": null}}, a-b.C_1: ä = b}\n");
    assert_shown("authorization_parameters: {}", "authorization_parameters: {}\n");
    assert_refused("authorization_parameters: {hd: }", "hd: expected a value");
    assert_refused("authorization_parameters: {prompt: [login, consent]}", "prompt: expected a value");
    assert_refused("authorization_parameters: prompt=login", "expected a mapping of names to strings");
    assert_refused("authorization_parameters: {hd: a, HD: b}", "\"HD\" appears twice");
    assert_refused("authorization_parameters: {\"prompt=login\": a}", "\"prompt=login\" is not a name");
    assert_refused("authorization_parameters: {\"a b\": c}", "\"a b\" is not a name");
    assert_refused("authorization_parameters: {\"a&state\": c}", "\"a&state\" is not a name");
    assert_refused("authorization_parameters: {\"\": c}", "\"\" is not a name");
    assert_refused("authorization_parameters: {hd: \"\"}", "\"hd\" is empty");
    assert_refused("authorization_parameters: {hd: \" a\"}", "\"hd\" is empty, or has controls or spaces");
    assert_refused("authorization_parameters: {hd: \"a\\nb\"}", "\"hd\" is empty, or has controls");
}
SP_TEST_END

SP_TEST(an_authorization_parameter_of_the_protocol_is_refused_at_its_place)
{
    static const char *const owned[] = {
        "response_type", "client_id",     "redirect_uri",  "scope",
        "state",         "nonce",         "request",       "request_uri",
        "login_hint",    "response_mode", "REQUEST_URI",   "code_challenge",
        "client_secret", "Redirect_Uri",  "id_token_hint", "code_challenge_method",
    };
    char settings[128];
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        char expected[128];
        snprintf(settings, sizeof settings, "authorization_parameters: {%s: x}", owned[i]);
        snprintf(expected, sizeof expected, "\"%s\" belongs to the protocol", owned[i]);
        assert_refused(settings, expected);
    }
    LOADED_SCOPED struct loaded loaded =
        load_settings("authorization_parameters:\n  prompt: login\n  state: x", NULL);
    ck_assert_uint_eq(loaded.reports.errors_n, 1);
    ck_assert_uint_eq(loaded.reports.items[0].line, 3);
    ck_assert_uint_eq(loaded.reports.items[0].column, 10);
}
SP_TEST_END

/* `authorization_parameters` with `n` entries, whose names and values have these lengths. */
static const char *parameters(unsigned n, unsigned name_len, unsigned value_len)
{
    static char text[65536];
    size_t len = (size_t)snprintf(text, sizeof text, "authorization_parameters:\n");
    for (unsigned i = 1; i <= n; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "  %0*u: %0*u\n", (int)name_len, i,
                                (int)value_len, i);
    }
    return text;
}

SP_TEST(authorization_parameters_end_at_their_maxima)
{
    assert_accepted(parameters(16, 2, 1));
    assert_refused(parameters(17, 2, 1), "has more than 16 values");
    assert_accepted(parameters(1, 64, 512));
    assert_refused(parameters(1, 65, 512), "is not a name: 1 to 64 letters");
    assert_refused(parameters(1, 64, 513), "is longer than 512 bytes");
    char settings[4096];
    const char *three = parameters(3, 2, 508); /* 3 × (2 + `=` + 508) and two `&`, then `&x=` */
    snprintf(settings, sizeof settings, "%s  x: %0510u\n", three, 1U);
    assert_accepted(settings);
    snprintf(settings, sizeof settings, "%s  x: %0511u\n", three, 1U);
    assert_refused(settings, "together take more than 2048 bytes of the issuer's URL");
    snprintf(settings, sizeof settings, "%s  x: %0508u/\n", three, 1U); /* %2F */
    assert_refused(settings, "take more than 2048 bytes");
}
SP_TEST_END

SP_TEST(scopes_are_one_text_or_a_list)
{
    assert_shown("scopes: openid   email", "scopes: openid email\n");
    assert_shown("scopes: [openid, email profile]", "scopes: openid email profile\n");
    assert_refused("scopes: [openid, \"a\\tb\"]", "is not a scope");
    assert_refused("scopes: [openid, \"a\\\"\"]", "is not a scope");
    assert_refused("scopes: openid ä", "is not a scope");
}
SP_TEST_END

SP_TEST(scopes_must_hold_openid_and_not_ask_for_what_is_not_done)
{
    assert_refused("scopes: email", "must contain openid");
    assert_refused("scopes: []", "must contain openid");
    assert_refused("scopes: \"\"", "must contain openid");
    assert_refused("scopes: openid offline_access", "which nothing uses without renew: true");
    assert_accepted("scopes: openid offline_access\nrenew: true");
}
SP_TEST_END

SP_TEST(scopes_end_at_their_maximum)
{
    char text[256];
    size_t len = (size_t)snprintf(text, sizeof text, "scopes: openid ");
    memset(text + len, 'a', 129);
    text[len + 128] = '\0';
    assert_accepted(text);
    text[len + 128] = 'a';
    text[len + 129] = '\0';
    assert_refused(text, "is not a scope");
}
SP_TEST_END

SP_SUITE("issuer_settings", the_issuer_is_an_https_url_and_nothing_more,
         an_address_of_the_issuer_is_a_host_with_a_port, a_name_of_an_address_ends_at_its_maximum,
         the_discovery_document_has_a_whole_url, http_crosses_a_network_only_where_the_operator_says_so,
         what_has_no_effect_on_the_way_to_the_issuer_is_told, authorization_parameters_map_names_to_texts,
         an_authorization_parameter_of_the_protocol_is_refused_at_its_place,
         authorization_parameters_end_at_their_maxima, scopes_are_one_text_or_a_list,
         scopes_must_hold_openid_and_not_ask_for_what_is_not_done, scopes_end_at_their_maximum)
