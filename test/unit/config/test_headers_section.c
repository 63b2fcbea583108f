/* SPDX-License-Identifier: Apache-2.0 */
#include "config/headers_section.h"

#include "fixture.h"

#define SET(headers) "headers: {mine: {" headers "}}"

static const struct sp_header_set *find_set(const struct loaded *loaded, const char *name)
{
    struct sp_header_choice choice;
    ck_assert_msg(loaded->error == SP_OK, "%s", tell_reports(loaded));
    ck_assert_int_eq(sp_config_choose_headers(loaded->config, sp_str_from_c(name), &choice, NULL), SP_OK);
    return &loaded->config->header_sets[__builtin_ctzll(choice.places)];
}

SP_TEST(the_built_in_sets_are_always_there)
{
    LOADED_SCOPED struct loaded loaded = load_settings("", NULL);
    ck_assert_str_eq(find_set(&loaded, "identity")->rules[0].name, "X-Forwarded-User");
    ck_assert_str_eq(find_set(&loaded, "remote")->rules[0].name, "Remote-User");
    ck_assert_str_eq(find_set(&loaded, "impersonate")->rules[0].name, "Impersonate-User");
    ck_assert_str_eq(find_set(&loaded, "kubernetes")->rules[1].name, "Impersonate-Group");
    ck_assert_uint_eq(find_set(&loaded, "bearer")->rules_n, 0);
    ck_assert_uint_eq(loaded.config->claims.items_n, 2); /* email and groups */
}
SP_TEST_END

SP_TEST(a_set_of_ones_own_maps_headers_to_claims)
{
    LOADED_SCOPED struct loaded loaded = load_settings("headers:\n"
                                                       "  grafana:\n"
                                                       "    X-WEBAUTH-USER: preferred_username\n"
                                                       "    X-WEBAUTH-GROUPS: {claim: groups, list: repeat}\n"
                                                       "    X-WEBAUTH-ROLES: groups\n"
                                                       "    X-WEBAUTH-TEAMS: {claim: groups, list: json}\n",
                                                       NULL);
    const struct sp_header_set *set = find_set(&loaded, "grafana");
    ck_assert_uint_eq(set->rules_n, 4);
    ck_assert_str_eq(set->rules[0].name, "X-WEBAUTH-USER");
    ck_assert_str_eq(set->rules[0].claim, "preferred_username");
    ck_assert_int_eq(set->rules[1].list, SP_HEADER_LIST_REPEAT);
    ck_assert_int_eq(set->rules[2].list, SP_HEADER_LIST_COMMA);
    ck_assert_int_eq(set->rules[3].list, SP_HEADER_LIST_JSON);
}
SP_TEST_END

SP_TEST(a_set_says_how_its_values_are_written)
{
    static const struct {
        const char *settings;
        enum sp_header_encoding encoding;
    } cases[] = {{"headers: {a: {X-A: user}}", SP_HEADER_ENCODING_NONE},
                 {"headers: {a: {encode: none, X-A: user}}", SP_HEADER_ENCODING_NONE},
                 {"headers: {a: {X-A: user, encode: percent, X-B: name}}", SP_HEADER_ENCODING_PERCENT},
                 {"headers: {a: {X-A: user, encode: base64}}", SP_HEADER_ENCODING_BASE64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        LOADED_SCOPED struct loaded loaded = load_settings(cases[i].settings, NULL);
        ck_assert_int_eq(loaded.error, SP_OK);
        ck_assert_int_eq(find_set(&loaded, "a")->encoding, cases[i].encoding);
        ck_assert_int_eq(find_set(&loaded, "identity")->encoding, SP_HEADER_ENCODING_NONE);
    }
    assert_refused("headers: {a: {X-A: user, encode: urlencode}}",
                   "headers: a, encode: \"urlencode\" is not one of none, percent, base64");
    assert_refused("headers: {a: {X-A: user, encode: [base64]}}", "headers: a, encode: expected a word");
    assert_refused("headers: {a: {X-A: user, encode: }}", "headers: a, encode: expected a word");
    assert_refused("headers: {a: {X-A: user, Encode: base64}}", "the key encode sets how the values");
    assert_refused("headers: {a: {encode: base64}}", "expected headers and their claims");
    assert_refused("headers: {a: {encode: base64, X-A: user, encode: none}}", "appears twice");
}
SP_TEST_END

SP_TEST(names_that_are_taken_cannot_be_defined_again)
{
    assert_refused("headers: {identity: {X-A: user}}", "\"identity\" is built in");
    assert_refused("headers: {remote: {X-A: user}}", "\"remote\" is built in");
    assert_refused("headers: {impersonate: {X-A: user}}", "\"impersonate\" is built in");
    assert_refused("headers: {kubernetes: {X-A: user}}", "\"kubernetes\" is built in");
    assert_refused("headers: {bearer: {X-A: user}}", "\"bearer\" is built in");
    assert_refused("headers: {\"a b\": {X-A: user}}", "is not a name");
    assert_refused("headers: {a: {X-A: user}, a: {X-A: user}}", "\"a\" appears twice");
}
SP_TEST_END

SP_TEST(headers_of_the_message_the_proxy_and_credentials_are_refused)
{
    static const char *const names[] = {
        "Connection",     "content-length",   "Transfer-Encoding",
        "Host",           "Set-Cookie",       "Location",
        "Cookie",         "Authorization",    "TE",
        "Upgrade",        "X-Forwarded-For",  "x-forwarded-prefix",
        "X-Real-IP",      "Impersonate-User", "X-Sallyport-Reason",
        "Sec-Fetch-Mode", "Cache-Control",    "X-Request-Id",
        "Accept",         "X-Requested-With", "X-Original-URL",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char settings[128];
        snprintf(settings, sizeof settings, SET("%s: user"), names[i]);
        assert_refused(settings, "belongs to the message, the proxy or a credential");
    }
    assert_accepted(SET("X-Forwarded-User: user, X-Forwarded-Sub: sub, Hosts: user"));
}
SP_TEST_END

SP_TEST(two_names_that_an_application_may_read_as_one_are_refused)
{
    assert_refused(SET("X-User: user, x-USER: email"), "is the same header as X-User");
    assert_refused(SET("X_User: user"), "letters, digits and hyphens");
    assert_refused(SET("X.User: user"), "letters, digits and hyphens");
    assert_refused(SET("\"X User\": user"), "letters, digits and hyphens");
    assert_refused(SET("\"X-User:\": user"), "letters, digits and hyphens");
    assert_refused(SET("\"\": user"), "letters, digits and hyphens");
    assert_refused(SET("\"X-\\r\\nA\": user"), "letters, digits and hyphens");
}
SP_TEST_END

SP_TEST(names_end_at_their_maximum)
{
    char name[65 + 1];
    memset(name, 'a', 65);
    name[65] = '\0';
    char settings[128];
    snprintf(settings, sizeof settings, SET("%.64s: user"), name);
    assert_accepted(settings);
    snprintf(settings, sizeof settings, SET("%.65s: user"), name);
    assert_refused(settings, "1 to 64");
}
SP_TEST_END

SP_TEST(what_a_header_carries_must_be_a_claim)
{
    assert_refused(SET("X-A: "), "expected the name of a claim and found nothing");
    assert_refused(SET("X-A: [a]"), "expected the name of a claim and found a list");
    assert_refused(SET("X-A: \"\""), "is not the name of a claim");
    assert_refused(SET("X-A: {}"), "no claim");
    assert_refused(SET("X-A: {list: json}"), "no claim");
    assert_refused(SET("X-A: {claim: groups, lst: json}"), "unknown key \"lst\": did you mean \"list\"?");
    assert_refused(SET("X-A: {claim: groups, list: jsn}"), "not one of comma, json, repeat");
    assert_refused(SET("X-A: {claim: groups, list: [json]}"), "list: expected a word");
    assert_refused(SET("X-A: {claim: email, list: json}"), "list is for groups only");
    assert_refused(SET("X-A: email_verified"), "cannot be passed on");
    assert_refused(SET("X-A: /email_verified"), "cannot be passed on");
    assert_refused(SET("X-A: /email/0"), "leads into email: write email");
    assert_refused(SET("X-A: /a~2"), "\"/a~2\" has a ~");
    assert_refused("groups_claim: roles\n" SET("X-A: roles"), "write groups here");
    assert_refused("groups_claim: /r/x\n" SET("X-A: /r/x"), "write groups here");
}
SP_TEST_END

SP_TEST(every_shape_that_is_not_expected_is_told)
{
    assert_refused("headers: x", "expected header sets by name");
    assert_refused("headers: [x]", "expected header sets by name");
    assert_refused("headers: {a: x}", "expected headers and their claims");
    assert_refused("headers: {a: {}}", "and found none");
    assert_accepted("headers: {}");
}
SP_TEST_END

SP_TEST(a_session_keeps_what_the_sets_need_beyond_the_usual)
{
    LOADED_SCOPED struct loaded loaded =
        load_settings("username_claim: upn\nheaders:\n"
                      "  a: {X-A: user, X-B: email, X-C: department, X-D: sub, X-E: groups, X-F: subject}\n"
                      "  b: {X-A: department, X-B: locale, X-C: name, X-D: preferred_username, X-E: sid}\n",
                      NULL);
    ck_assert_msg(loaded.error == SP_OK, "%s", tell_reports(&loaded));
    static const char *const kept[] = {"upn", "department", "locale"};
    size_t kept_n = 0;
    for (size_t i = 0; i < loaded.config->claims.items_n; i++) {
        const struct sp_named_claim *claim = &loaded.config->claims.items[i];
        if (sp_named_claim_is_kept(claim)) {
            ck_assert_uint_lt(kept_n, 3);
            ck_assert_str_eq(claim->name, kept[kept_n++]);
        }
    }
    ck_assert_uint_eq(kept_n, 3);
}
SP_TEST_END

SP_TEST(a_user_name_claim_called_user_is_a_claim_like_others)
{
    LOADED_SCOPED struct loaded loaded = load_settings("username_claim: user", NULL);
    ck_assert_str_eq(loaded.config->claims.items[0].name, "user");
    ck_assert(sp_named_claim_is_kept(&loaded.config->claims.items[0]));
}
SP_TEST_END

SP_TEST(a_word_is_a_claim_when_it_is_written_as_a_pointer)
{
    assert_shown(SET("X-A: user"), "X-A: user,");
    assert_shown(SET("X-A: /user"), "X-A: /user,");
    assert_shown(SET("X-A: /groups"), "X-A: /groups,");
    assert_shown(SET("X-A: /email"), "X-A: email,");
    assert_shown(SET("X-A: /department"), "X-A: department,");
    assert_shown(SET("X-A: /address/country"), "X-A: /address/country,");
}
SP_TEST_END

SP_TEST(claims_beyond_the_usual_end_at_their_maximum)
{
    ck_assert_int_eq(SP_EXTRA_CLAIMS_MAX, 8);
    assert_accepted(SET("X-A: a, X-B: b, X-C: c, X-D: d, X-E: e, X-F: f, X-G: g, X-H: h"));
    assert_refused(SET("X-A: a, X-B: b, X-C: c, X-D: d, X-E: e, X-F: f, X-G: g, X-H: h, X-I: i"),
                   "headers: needs \"i\" as a claim beyond the standard ones");
}
SP_TEST_END

SP_TEST(headers_and_sets_end_at_their_maximum)
{
    char text[8192];
    size_t len = (size_t)snprintf(text, sizeof text, "headers:\n  a:\n");
    for (unsigned i = 1; i <= SP_HEADER_RULES_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "    X-%u: user\n", i);
    }
    assert_accepted(text);
    snprintf(text + len, sizeof text - len, "    X-More: user\n");
    assert_refused(text, "more than 32 headers in a set");

    len = (size_t)snprintf(text, sizeof text, "headers:\n");
    for (unsigned i = 1; i <= SP_HEADER_SETS_MAX - SP_HEADER_SETS_BUILT_IN_N; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "  s%u: {X-A: user}\n", i);
    }
    assert_accepted(text);
    snprintf(text + len, sizeof text - len, "  more: {X-A: user}\n");
    assert_refused(text, "more than 40 sets");
}
SP_TEST_END

SP_SUITE("headers_section", the_built_in_sets_are_always_there, a_set_of_ones_own_maps_headers_to_claims,
         a_set_says_how_its_values_are_written, names_that_are_taken_cannot_be_defined_again,
         headers_of_the_message_the_proxy_and_credentials_are_refused,
         two_names_that_an_application_may_read_as_one_are_refused, names_end_at_their_maximum,
         what_a_header_carries_must_be_a_claim, every_shape_that_is_not_expected_is_told,
         a_session_keeps_what_the_sets_need_beyond_the_usual,
         a_user_name_claim_called_user_is_a_claim_like_others,
         a_word_is_a_claim_when_it_is_written_as_a_pointer, claims_beyond_the_usual_end_at_their_maximum,
         headers_and_sets_end_at_their_maximum)
