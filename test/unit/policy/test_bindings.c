/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/bindings.h"

#include "material.h"

static char hosts[][14] = {"a.example.com", "b.example.com"};
static const char *const prefixes[] = {"/", "/api", "/api/v1", "/b", "/a%20b"};
static const char *const targets[] = {"/",           "/api",          "/api/v1/pods", "/apis",
                                      "/api/v1x",    "/api/%2e%2e/b", "/b/x?/api",    "/api/v1/a%2Fb",
                                      "/a%20c",      "/a%20b/x",      "/api//v1",     "/API",
                                      "/api/v1/x;y", "/api/..%2fb",   "/b."};

/* The slow way: evaluates an `allow` rule for each, and takes the longest prefix of those that match. */
static const struct sp_binding *model_find(const struct sp_binding *bindings, size_t n,
                                           enum sp_header_credential credential,
                                           const struct sp_request *request)
{
    size_t longest = 0;
    const struct sp_binding *found = NULL;
    for (size_t i = 0; i < n; i++) {
        struct sp_rule rule = {.action = SP_ACTION_ALLOW};
        add_text(&rule.hosts, bindings[i].host);
        add_path(&rule, SP_PATTERN_PREFIX, bindings[i].path_prefix.text);
        bool holds = sp_rule_find_unmet(&rule, request, NULL) == SP_CONDITION_NONE;
        sp_rule_done(&rule);
        size_t len = strlen(bindings[i].path_prefix.text);
        if (holds && bindings[i].credential == credential && len > longest) {
            longest = len;
            found = &bindings[i];
        }
    }
    return found;
}

SP_TEST(the_longest_prefix_of_the_host_and_set_holds_as_a_rule_would)
{
    struct dice dice = {7};
    size_t found_n = 0;
    for (size_t round = 0; round < 3000; round++) {
        struct sp_binding bindings[6] = {0};
        size_t n = dice_roll(&dice, 7);
        for (size_t i = 0; i < n; i++) {
            bindings[i].credential =
                dice_roll(&dice, 2) == 0 ? SP_HEADER_CREDENTIAL_ACCOUNT : SP_HEADER_CREDENTIAL_USER;
            bindings[i].host = hosts[dice_roll(&dice, 2)];
            bindings[i].path_prefix = make_pattern(SP_PATTERN_PREFIX, prefixes[dice_roll(&dice, 5)]);
        }
        const char *target = targets[dice_roll(&dice, sizeof targets / sizeof targets[0])];
        const char *origin =
            dice_roll(&dice, 2) == 0 ? "https://a.example.com" : "https://B.example.com:8443";
        struct sp_request request = make_request("GET", origin, target);
        const struct sp_binding *found =
            sp_bindings_find(bindings, n, SP_HEADER_CREDENTIAL_ACCOUNT, &request);
        ck_assert_ptr_eq(found, model_find(bindings, n, SP_HEADER_CREDENTIAL_ACCOUNT, &request));
        found_n += found != NULL;
        for (size_t i = 0; i < n; i++) {
            sp_path_pattern_done(&bindings[i].path_prefix);
        }
    }
    ck_assert_uint_gt(found_n, 500);
}
SP_TEST_END

static bool binds(const char *prefix, const char *target)
{
    struct sp_binding binding = {.credential = SP_HEADER_CREDENTIAL_ACCOUNT, .host = hosts[0]};
    binding.path_prefix = make_pattern(SP_PATTERN_PREFIX, prefix);
    struct sp_request request = make_request("GET", "https://a.example.com", target);
    bool found = sp_bindings_find(&binding, 1, SP_HEADER_CREDENTIAL_ACCOUNT, &request) != NULL;
    sp_path_pattern_done(&binding.path_prefix);
    return found;
}

SP_TEST(ac_52_no_unclear_path_is_bound)
{
    ck_assert(binds("/api", "/api") && binds("/api", "/api/x?y") && binds("/", "/x"));
    static const char *const others[] = {
        "/apis",       "/",         "/API",          "/x/api",      "/api%2Fx",
        "/%2Fapi",     "/api/../x", "/api/%2e%2e/x", "/api/..%2Fx", "/api/%252e%252e/x",
        "/x/..%2Fapi", "/api\\x",   "//api"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!binds("/api", others[i]), "%s", others[i]);
    }
}
SP_TEST_END

/* ---- proxy keys ------------------------------------------------------------------------------------- */

#define KEY_43 "0123456789abcdefghijklmnopqrstuvwxyzABCDEF-"

static enum sp_error parse(const char *text, struct sp_proxy_keys *out, struct sp_diag *diag)
{
    *diag = (struct sp_diag){.text = ""};
    return sp_proxy_keys_parse(sp_str_from_c(text), diag, out);
}

SP_TEST(one_or_two_keys_stand_in_a_file)
{
    struct sp_proxy_keys keys;
    struct sp_diag diag;
    static const char *const one[] = {KEY_43, KEY_43 "\n", KEY_43 "\r\n"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(parse(one[i], &keys, &diag), SP_OK);
        ck_assert_uint_eq(keys.items_n, 1);
    }
    ck_assert_int_eq(parse(KEY_43 "\n" KEY_43 "_\n", &keys, &diag), SP_OK);
    ck_assert_uint_eq(keys.items_n, 2);
    ck_assert(sp_proxy_keys_hold(&keys, SP_STR(KEY_43)) && sp_proxy_keys_hold(&keys, SP_STR(KEY_43 "_")));
    ck_assert_int_eq(parse(KEY_43 "\n" KEY_43 "\n" KEY_43, &keys, &diag), SP_ERR_LIMIT);

    static const char *const bad[] = {"",
                                      "\n",
                                      KEY_43 "\n\n",
                                      " " KEY_43,
                                      KEY_43 " ",
                                      "# key\n" KEY_43,
                                      "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
                                      KEY_43 "=",
                                      KEY_43 "+/"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(parse(bad[i], &keys, &diag), SP_ERR_FORMAT);
        ck_assert_ptr_null(strstr(diag.text, "0123456789"));
    }
    char text[SP_PROXY_KEY_LEN_MAX + 2];
    memset(text, 'x', sizeof text);
    text[SP_PROXY_KEY_LEN_MAX] = '\0';
    ck_assert_int_eq(parse(text, &keys, &diag), SP_OK);
    text[SP_PROXY_KEY_LEN_MAX] = 'x';
    text[SP_PROXY_KEY_LEN_MAX + 1] = '\0';
    ck_assert_int_eq(parse(text, &keys, &diag), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(nothing_but_the_whole_key_is_one)
{
    struct sp_proxy_keys keys;
    struct sp_diag diag;
    ck_assert_int_eq(parse(KEY_43, &keys, &diag), SP_OK);
    for (size_t len = 0; len < 43; len++) {
        ck_assert(!sp_proxy_keys_hold(&keys, (struct sp_str){KEY_43, len}));
        char flipped[] = KEY_43;
        flipped[len] ^= 1;
        ck_assert(!sp_proxy_keys_hold(&keys, sp_str_from_c(flipped)));
    }
    ck_assert(!sp_proxy_keys_hold(&keys, SP_STR(KEY_43 "0")) && !sp_proxy_keys_hold(&keys, SP_STR_NONE));
    ck_assert(!sp_proxy_keys_hold(&(struct sp_proxy_keys){0}, SP_STR_NONE));
}
SP_TEST_END

SP_SUITE("bindings", the_longest_prefix_of_the_host_and_set_holds_as_a_rule_would,
         ac_52_no_unclear_path_is_bound, one_or_two_keys_stand_in_a_file, nothing_but_the_whole_key_is_one)
