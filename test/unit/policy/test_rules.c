/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include "rules_model.h"

static enum sp_email_rule email_rule = SP_EMAIL_UNLESS_FALSE;

static const struct sp_who nobody = {.reason = SP_REASON_NO_SESSION, .may_sign_in = true};

static struct sp_identity identity_of(const struct sp_profile *profile)
{
    return (struct sp_identity){profile, SP_STR("user"), SP_STR("oidc:"), email_rule,
                                profile->facts_mark != 0 ? profile->facts : NULL};
}

/* Decides for `who`; identify is called at most once. */
static struct sp_verdict decide(const struct sp_policy *policy, const struct sp_request *request,
                                struct sp_who who, size_t *asked_n)
{
    struct caller caller = {who, 0};
    struct sp_verdict verdict = sp_policy_decide(policy, request, model_rbac, identify, &caller);
    ck_assert_uint_le(caller.asked_n, 1);
    *asked_n = caller.asked_n;
    return verdict;
}

static void assert_verdict(const struct sp_policy *policy, const struct sp_request *request,
                           const struct sp_identity *identity, enum sp_verdict_kind kind, size_t rule,
                           size_t expected_asked_n)
{
    size_t asked_n;
    struct sp_who who = identity != NULL ? (struct sp_who){.identity = identity} : nobody;
    struct sp_verdict verdict = decide(policy, request, who, &asked_n);
    ck_assert_msg(verdict.kind == kind && verdict.rule == rule && asked_n == expected_asked_n,
                  "%s by %zu, asked %zu times", sp_verdict_name(verdict.kind), verdict.rule, asked_n);
    ck_assert_int_eq(verdict.reason == SP_REASON_NONE, verdict.kind == SP_VERDICT_ALLOW);
}

/* What the policy decides for a user without a profile. */
static enum sp_verdict_kind verdict_for(const struct sp_policy *policy, const char *method,
                                        const char *origin, const char *target)
{
    size_t asked_n;
    struct sp_request request = make_request(method, origin, target);
    return decide(policy, &request, nobody, &asked_n).kind;
}

/* What the policy decides for the user of `profile`, for a request that all rules apply to. */
static enum sp_verdict_kind verdict_of(const struct sp_policy *policy, const struct sp_profile *profile)
{
    size_t asked_n;
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    struct sp_identity identity = identity_of(profile);
    return decide(policy, &request, (struct sp_who){.identity = &identity}, &asked_n).kind;
}

SP_TEST(ac_27_the_empty_policy_and_the_zero_rule_deny)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_profile profile = make_profile();
    struct sp_identity identity = identity_of(&profile);
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    for (size_t n = 0; n < 2; n++) {
        assert_verdict(&policy, &request, NULL, SP_VERDICT_DENY, n, 0);
        assert_verdict(&policy, &request, &identity, SP_VERDICT_DENY, n, 0);
        add_rule(&policy, SP_ACTION_DENY);
    }
}
SP_TEST_END

SP_TEST(ac_90_a_rule_tells_what_a_header_must_not_override)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    ck_assert_uint_eq(sp_rule_depends_on(add_rule(&policy, SP_ACTION_ALLOW)), 0);
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_DENY);
    add_text(&rule->hosts, "a.example.com");
    add_text(&rule->groups, "ops");
    ck_assert_uint_eq(sp_rule_depends_on(rule), 0);
    add_path(rule, SP_PATTERN_PREFIX, "/");
    ck_assert_uint_eq(sp_rule_depends_on(rule), SP_HEADER_ROLE_PATH);
    add_text(&rule->methods, "GET");
    ck_assert_uint_eq(sp_rule_depends_on(rule), SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD);
    struct sp_rule *preflight = add_rule(&policy, SP_ACTION_PUBLIC);
    preflight->cors_preflight = true;
    ck_assert_uint_eq(sp_rule_depends_on(preflight), SP_HEADER_ROLE_METHOD);
    struct sp_rule rbac = {.action = SP_ACTION_RBAC};
    ck_assert_uint_eq(sp_rule_depends_on(&rbac), SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD);
    ck_assert(sp_rule_needs_all_groups(&rbac));
    ck_assert(!sp_rule_needs_all_groups(preflight));
}
SP_TEST_END

SP_TEST(the_first_rule_that_holds_decides)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_EXACT, "/healthz");
    add_path(add_rule(&policy, SP_ACTION_DENY), SP_PATTERN_PREFIX, "/admin");
    add_rule(&policy, SP_ACTION_ALLOW);
    add_rule(&policy, SP_ACTION_PUBLIC);
    struct sp_profile profile = make_profile();
    struct sp_identity identity = identity_of(&profile);
    struct sp_request health = make_request("GET", "https://a.example.com", "/healthz");
    assert_verdict(&policy, &health, NULL, SP_VERDICT_ALLOW, 1, 0);
    assert_verdict(&policy, &health, &identity, SP_VERDICT_ALLOW, 1, 0);
    struct sp_request admin = make_request("GET", "https://a.example.com", "/admin/x");
    assert_verdict(&policy, &admin, NULL, SP_VERDICT_DENY, 2, 0);
    assert_verdict(&policy, &admin, &identity, SP_VERDICT_DENY, 2, 0);
    struct sp_request other = make_request("GET", "https://a.example.com", "/");
    assert_verdict(&policy, &other, NULL, SP_VERDICT_LOGIN, 3, 1);
    assert_verdict(&policy, &other, &identity, SP_VERDICT_ALLOW, 3, 1);
}
SP_TEST_END

SP_TEST(who_is_anonymous_signs_in_only_where_that_could_help)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *banned = add_rule(&policy, SP_ACTION_DENY);
    add_text(&banned->groups, "banned");
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    assert_verdict(&policy, &request, NULL, SP_VERDICT_DENY, 0, 1);
    struct sp_rule *ops = add_rule(&policy, SP_ACTION_ALLOW);
    add_text(&ops->groups, "ops");
    assert_verdict(&policy, &request, NULL, SP_VERDICT_LOGIN, 2, 1);
    add_rule(&policy, SP_ACTION_DENY);
    assert_verdict(&policy, &request, NULL, SP_VERDICT_LOGIN, 2, 1);
    policy.rules[2].action = SP_ACTION_PUBLIC;
    assert_verdict(&policy, &request, NULL, SP_VERDICT_ALLOW, 3, 1);
}
SP_TEST_END

SP_TEST(ac_06_the_query_opens_nothing)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_PREFIX, "/public");
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_GLOB, "/**/public");
    static const char *const targets[] = {"/admin?/public", "/admin?x=/public/", "/?/public",
                                          "/admin?a/../public"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", targets[i]), SP_VERDICT_DENY);
    }
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/public?/admin"),
                     SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_07_an_encoded_hash_opens_nothing)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_PREFIX, "/public");
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/admin%23/public"),
                     SP_VERDICT_DENY);
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/public%23/../admin"),
                     SP_VERDICT_DENY);
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/public/%23"), SP_VERDICT_DENY);
}
SP_TEST_END

SP_TEST(ac_08_a_rule_without_a_path_applies_to_every_path)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_PUBLIC);
    add_text(&rule->hosts, "a.example.com");
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/x/../%2e%2e"), SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_08_a_closed_path_stays_closed_before_a_rule_that_opens)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_DENY), SP_PATTERN_PREFIX, "/admin");
    add_rule(&policy, SP_ACTION_PUBLIC);
    static const char *const spellings[] = {
        "/admin", "/%61dmin", "/%2561dmin", "//admin", "/x/..%2fadmin", "/admin;x", "/admin%3f", "/admin%00",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", spellings[i]), SP_VERDICT_DENY);
    }
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/%62"), SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_11_methods_are_compared_exactly)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_PUBLIC);
    add_text(&rule->methods, "GET");
    add_text(&rule->methods, "HEAD");
    static const char *const others[] = {"POST", "OPTIONS", "CONNECT", "TRACE",
                                         "GETX", "GE",      "get",     "PROPFIND"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(verdict_for(&policy, others[i], "https://a.example.com", "/"), SP_VERDICT_DENY);
    }
    ck_assert_int_eq(verdict_for(&policy, "GET", "https://a.example.com", "/"), SP_VERDICT_ALLOW);
    ck_assert_int_eq(verdict_for(&policy, "HEAD", "https://a.example.com", "/"), SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_11_a_preflight_rule_holds_for_a_real_preflight_only)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_rule(&policy, SP_ACTION_PUBLIC)->cors_preflight = true;
    struct sp_request request = make_request("OPTIONS", "https://a.example.com", "/");
    for (enum sp_request_kind kind = SP_REQUEST_KIND_FETCH; kind <= SP_REQUEST_KIND_GRPC; kind++) {
        request.kind = kind;
        size_t asked_n;
        enum sp_verdict_kind expected =
            kind == SP_REQUEST_KIND_PREFLIGHT ? SP_VERDICT_ALLOW : SP_VERDICT_DENY;
        ck_assert_int_eq(decide(&policy, &request, nobody, &asked_n).kind, expected);
    }
}
SP_TEST_END

SP_TEST(ac_13_hosts_are_compared_in_their_canonical_form)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_PUBLIC);
    add_text(&rule->hosts, "a.example.com");
    add_text(&rule->hosts, "[2001:db8::1]");
    static const char *const same[] = {"https://a.example.com",  "https://A.Example.COM",
                                       "https://a.example.com.", "https://a.example.com:8443",
                                       "http://a.example.com",   "https://[2001:DB8:0::1]"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        ck_assert_msg(verdict_for(&policy, "GET", same[i], "/") == SP_VERDICT_ALLOW, "%s", same[i]);
    }
    static const char *const others[] = {"https://evil-a.example.com", "https://x.a.example.com",
                                         "https://a.example.com.evil.example", "https://example.com",
                                         "https://[2001:db8::2]"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(verdict_for(&policy, "GET", others[i], "/") == SP_VERDICT_DENY, "%s", others[i]);
    }
}
SP_TEST_END

SP_TEST(ac_25_only_an_address_of_one_at_sign_has_a_domain)
{
    ck_assert_str_view(sp_email_domain(SP_STR("ada@example.com")), "example.com");
    ck_assert_str_view(sp_email_domain(SP_STR("o'brien+x@Example.com")), "Example.com");
    static const struct sp_str none[] = {
        SP_STR(""),
        SP_STR("@"),
        SP_STR("ada"),
        SP_STR("ada@"),
        SP_STR("@example.com"),
        SP_STR("a@ok.com@evil.example"),
        SP_STR("a@@ok.com"),
        SP_STR("\"x@ok.com\"@evil.example"),
        SP_STR("\"x\"@ok.com"),
        SP_STR("a b@ok.com"),
        SP_STR(" a@ok.com"),
        SP_STR("a@ok.com "),
        SP_STR("a@ok.com\n"),
        SP_STR("a\t@ok.com"),
        SP_STR("a\0b@ok.com"),
        SP_STR("a@ok.com\0"),
        SP_STR("a\x7f@ok.com"),
        SP_STR("a\xc2\x85@ok.com"),
        SP_STR("a\xff@ok.com"),
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_msg(sp_email_domain(none[i]).len == 0, "%.*s", SP_STR_ARGS(none[i]));
    }
}
SP_TEST_END

SP_TEST(ac_25_an_address_without_a_domain_is_of_none)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_ALLOW);
    add_text(&rule->email_domains, "");
    add_text(&rule->email_domains, "x");
    struct sp_profile profile = make_profile();
    profile.email = SP_STR("ada");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    profile.email = SP_STR("ada@x");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_25_a_domain_wants_a_verified_address)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_ALLOW);
    add_text(&rule->email_domains, "ok.example");
    struct sp_profile profile = make_profile();
    profile.email = SP_STR("ada@OK.Example");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_ALLOW);
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    profile.email_verified = SP_EMAIL_VERIFIED_NO;
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    profile.email_verified = SP_EMAIL_VERIFIED_YES;
    static const char *const others[] = {
        "",
        "ada@evil-ok.example",
        "ada@ok.example.evil",
        "ada@x.ok.example",
        "a@ok.example@evil.example",
        "a@evil.example@ok.example",
        "\"x@ok.example\"@evil.example",
        "ada@ok.example.",
        "@ok.example",
        "ada@\xc5\x8dk.example",
        "ada@o\xe2\x84\xaa.example",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        profile.email = sp_str_from_c(others[i]);
        ck_assert_msg(verdict_of(&policy, &profile) == SP_VERDICT_DENY, "%s", others[i]);
    }
}
SP_TEST_END

SP_TEST(ac_25_an_address_is_compared_without_regard_to_case_unless_it_is_disowned)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_ALLOW);
    add_text(&rule->emails, "Kim@Example.com");
    struct sp_profile profile = make_profile();
    profile.email = SP_STR("kIM@example.COM");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_ALLOW);
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_ALLOW);
    email_rule = SP_EMAIL_REQUIRED;
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    email_rule = SP_EMAIL_UNLESS_FALSE;
    profile.email_verified = SP_EMAIL_VERIFIED_NO;
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    profile.email_verified = SP_EMAIL_VERIFIED_YES;
    profile.email = SP_STR("\xe2\x84\xaaim@example.com"); /* the Kelvin sign */
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    profile.email = SP_STR("kim@example.com\0");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    add_text(&rule->emails, "a@b@c");
    profile.email = SP_STR("a@b@c");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
}
SP_TEST_END

SP_TEST(all_conditions_of_a_rule_must_hold_and_one_value_of_each)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_rule *rule = add_rule(&policy, SP_ACTION_ALLOW);
    add_text(&rule->groups, "oidc:ops");
    add_text(&rule->groups, "oidc:sre");
    add_text(&rule->email_domains, "example.com");
    struct sp_profile profile = make_profile();
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
    add_group(&profile, "sre");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_ALLOW);
    profile.email = SP_STR("ada@evil.example");
    ck_assert_int_eq(verdict_of(&policy, &profile), SP_VERDICT_DENY);
}
SP_TEST_END

SP_TEST(a_rule_is_about_users_when_one_of_its_conditions_is)
{
    struct sp_rule rule = {.cors_preflight = true};
    add_text(&rule.hosts, "a");
    add_text(&rule.methods, "GET");
    ck_assert(!sp_rule_is_about_users(&rule));
    struct sp_texts *const about_users[] = {&rule.groups, &rule.emails, &rule.email_domains};
    for (size_t i = 0; i < 3; i++) {
        add_text(about_users[i], "x");
        ck_assert(sp_rule_is_about_users(&rule));
        sp_texts_done(about_users[i]);
        ck_assert(!sp_rule_is_about_users(&rule));
    }
    sp_rule_done(&rule);
    sp_rule_done(&rule);
}
SP_TEST_END

SP_TEST(what_keeps_a_rule_from_holding_is_its_first_condition_that_is_not_met)
{
    struct sp_rule rule = {.action = SP_ACTION_DENY, .cors_preflight = true, .websocket = true};
    struct sp_profile profile = make_profile();
    struct sp_identity identity = identity_of(&profile);
    struct sp_request request = make_request("GET", "https://a.example.com", "/%61dmin");
    add_text(&rule.methods, "POST");
    add_text(&rule.hosts, "b.example.com");
    add_network(&rule.client_ips, "192.0.2.0/24");
    request.client_chain = SP_STR("198.51.100.1");
    add_path(&rule, SP_PATTERN_PREFIX, "/other");
    add_text(&rule.emails, "ada@ok.example");
    add_text(&rule.email_domains, "ok.example");
    add_text(&rule.groups, "oidc:ops");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_CORS_PREFLIGHT);
    rule.cors_preflight = false;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_WEBSOCKET);
    request.kind = SP_REQUEST_KIND_WEBSOCKET;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_METHOD);
    add_text(&rule.methods, "GET");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_HOST);
    add_text(&rule.hosts, "a.example.com");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_CLIENT_IP);
    request.client_chain = SP_STR("192.0.2.1");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_PATH);
    add_path(&rule, SP_PATTERN_PREFIX, "/admin");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, NULL), SP_CONDITION_EMAIL);
    profile.email = SP_STR("ada@ok.example");
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_EMAIL_DOMAIN);
    profile.email_verified = SP_EMAIL_VERIFIED_YES;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_GROUP);
    add_group(&profile, "ops");
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_NONE);
    add_claim(&rule, "department", 9);
    identity.facts = profile.facts;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_CLAIM);
    profile.facts[1] = 2;
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_NONE);
    rule.action = SP_ACTION_ALLOW; /* a rule that opens treats the path as another one */
    ck_assert_int_eq(sp_rule_find_unmet(&rule, &request, &identity), SP_CONDITION_PATH);
    sp_rule_done(&rule);
}
SP_TEST_END

/* ---- the client's address ---- */

/* The verdict of a policy with one rule and one network, for this X-Forwarded-For behind 10.0.0.0/8. */
static enum sp_verdict_kind verdict_from(enum sp_action action, const char *network, const char *chain)
{
    size_t asked_n;
    POLICY_SCOPED struct sp_policy policy = {0};
    struct sp_cidrs hops = {0};
    add_network(&add_rule(&policy, action)->client_ips, network);
    add_rule(&policy, SP_ACTION_PUBLIC);
    add_network(&hops, "10.0.0.0/8");
    if (action != SP_ACTION_DENY) {
        policy.rules[1].action = SP_ACTION_DENY;
    }
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    request.client_chain = sp_str_from_c(chain);
    request.client_hops = &hops;
    enum sp_verdict_kind kind = decide(&policy, &request, nobody, &asked_n).kind;
    free(hops.items);
    return kind;
}

SP_TEST(a_rule_by_address_holds_for_the_client_behind_the_hops)
{
    static const char *const inside[] = {"192.0.2.7", "198.51.100.1, 192.0.2.7:50000, 10.0.0.1",
                                         "::ffff:192.0.2.7"};
    for (size_t i = 0; i < N(inside); i++) {
        ck_assert_int_eq(verdict_from(SP_ACTION_PUBLIC, "192.0.2.0/24", inside[i]), SP_VERDICT_ALLOW);
        ck_assert_int_eq(verdict_from(SP_ACTION_ALLOW, "192.0.2.0/24", inside[i]), SP_VERDICT_LOGIN);
        ck_assert_int_eq(verdict_from(SP_ACTION_DENY, "192.0.2.0/24", inside[i]), SP_VERDICT_DENY);
    }
    static const char *const outside[] = {"192.0.3.7", "192.0.2.7, 198.51.100.1",
                                          "192.0.2.7, 198.51.100.1, 10.0.0.1", "::192.0.2.7",
                                          "64:ff9b::192.0.2.7"};
    for (size_t i = 0; i < N(outside); i++) {
        ck_assert_int_eq(verdict_from(SP_ACTION_PUBLIC, "192.0.2.0/24", outside[i]), SP_VERDICT_DENY);
        ck_assert_int_eq(verdict_from(SP_ACTION_ALLOW, "192.0.2.0/24", outside[i]), SP_VERDICT_DENY);
        ck_assert_int_eq(verdict_from(SP_ACTION_DENY, "192.0.2.0/24", outside[i]), SP_VERDICT_ALLOW);
    }
}
SP_TEST_END

SP_TEST(where_the_client_is_not_known_what_closes_holds_and_what_opens_does_not)
{
    static const char *const chains[] = {
        "", "192.0.2.7, unknown", "192.0.2.7,", "10.0.0.2, 10.0.0.1", "192.0.2.7, 256.1.1.1, 10.0.0.1", ",",
        " "};
    for (size_t i = 0; i < N(chains); i++) {
        static const char *const networks[] = {"192.0.2.0/24", "10.0.0.0/8", "203.0.113.0/24"};
        for (size_t k = 0; k < N(networks); k++) {
            ck_assert_int_eq(verdict_from(SP_ACTION_PUBLIC, networks[k], chains[i]), SP_VERDICT_DENY);
            ck_assert_int_eq(verdict_from(SP_ACTION_ALLOW, networks[k], chains[i]), SP_VERDICT_DENY);
            ck_assert_int_eq(verdict_from(SP_ACTION_DENY, networks[k], chains[i]), SP_VERDICT_DENY);
        }
    }
}
SP_TEST_END

/* ---- against the slow model ---- */

/* For one user; `asked_n` counts how often the engine and the model identified the user. */
static void assert_like_model(const struct sp_policy *policy, const struct sp_request *request,
                              struct sp_who who, size_t counts[SP_VERDICT_KIND_COUNT])
{
    size_t asked_n;
    bool needed;
    struct sp_verdict expected = model_decide(policy, request, &who, &needed);
    struct sp_verdict verdict = decide(policy, request, who, &asked_n);
    assert_same_verdict(verdict, expected);
    ck_assert_uint_eq(asked_n, needed);
    counts[verdict.kind]++;
}

SP_TEST(random_policies_decide_like_the_model)
{
    struct dice dice = {49};
    size_t counts[SP_VERDICT_KIND_COUNT] = {0};
    for (size_t i = 0; i < 2500; i++) {
        if (i == 1500) {
            model_begin_rbac(); /* before this, there are no objects for rbac rules */
        }
        POLICY_SCOPED struct sp_policy policy = {0};
        for (size_t n = dice_roll(&dice, 6); n > 0; n--) {
            add_random_rule(&dice, &policy);
        }
        for (size_t n = 0; n < 20; n++) {
            static struct sp_profile profile;
            fill_random_profile(&dice, &profile);
            struct sp_request request = random_request(&dice);
            email_rule = dice_roll(&dice, 2) == 0 ? SP_EMAIL_REQUIRED : SP_EMAIL_UNLESS_FALSE;
            struct sp_identity identity = identity_of(&profile);
            assert_like_model(&policy, &request, (struct sp_who){.identity = &identity}, counts);
            assert_like_model(&policy, &request, nobody, counts);
            assert_like_model(&policy, &request, (struct sp_who){.reason = SP_REASON_RESERVED_NAME}, counts);
        }
    }
    model_end_rbac();
    ck_assert_uint_gt(counts[SP_VERDICT_UNAVAILABLE], 1000);
    ck_assert_uint_gt(counts[SP_VERDICT_ALLOW], 2000);
    ck_assert_uint_gt(counts[SP_VERDICT_LOGIN], 2000);
    ck_assert_uint_gt(counts[SP_VERDICT_DENY], 2000);
    email_rule = SP_EMAIL_UNLESS_FALSE;
}
SP_TEST_END

SP_TEST(one_who_has_no_name_is_denied_as_soon_as_a_rule_needs_them)
{
    size_t asked_n;
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_EXACT, "/healthz");
    add_rule(&policy, SP_ACTION_ALLOW);
    struct sp_who who = {.reason = SP_REASON_EMAIL_UNVERIFIED};
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    struct sp_verdict verdict = decide(&policy, &request, who, &asked_n);
    ck_assert_int_eq(verdict.kind, SP_VERDICT_DENY);
    ck_assert_int_eq(verdict.reason, SP_REASON_EMAIL_UNVERIFIED);
    ck_assert_uint_eq(verdict.rule, 0);
    ck_assert_ptr_null(verdict.identity);
    request = make_request("GET", "https://a.example.com", "/healthz");
    ck_assert_int_eq(decide(&policy, &request, who, &asked_n).kind, SP_VERDICT_ALLOW);
}
SP_TEST_END

SP_TEST(ac_49_what_is_open_to_all_carries_no_identity)
{
    size_t asked_n;
    POLICY_SCOPED struct sp_policy policy = {0};
    add_text(&add_rule(&policy, SP_ACTION_DENY)->groups, "banned");
    add_rule(&policy, SP_ACTION_PUBLIC);
    struct sp_profile profile = make_profile();
    struct sp_identity identity = identity_of(&profile);
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    struct sp_verdict verdict = decide(&policy, &request, (struct sp_who){.identity = &identity}, &asked_n);
    ck_assert_int_eq(verdict.kind, SP_VERDICT_ALLOW);
    ck_assert_ptr_null(verdict.identity);
    ck_assert_uint_eq(asked_n, 1);
}
SP_TEST_END

SP_TEST(as_many_rules_as_a_policy_holds_are_evaluated)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    for (size_t i = 0; i < SP_RULES_MAX; i++) {
        struct sp_rule *rule = add_rule(&policy, SP_ACTION_DENY);
        for (size_t n = 0; n < SP_RULE_VALUES_MAX; n++) {
            add_text(&rule->hosts, "other.example.com");
        }
    }
    struct sp_rule *last = &policy.rules[SP_RULES_MAX - 1];
    sp_texts_done(&last->hosts);
    add_text(&last->hosts, "a.example.com");
    last->action = SP_ACTION_PUBLIC;
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    assert_verdict(&policy, &request, NULL, SP_VERDICT_ALLOW, SP_RULES_MAX, 0);
}
SP_TEST_END

SP_SUITE("rules", ac_27_the_empty_policy_and_the_zero_rule_deny,
         ac_90_a_rule_tells_what_a_header_must_not_override, the_first_rule_that_holds_decides,
         who_is_anonymous_signs_in_only_where_that_could_help, ac_06_the_query_opens_nothing,
         ac_07_an_encoded_hash_opens_nothing, ac_08_a_rule_without_a_path_applies_to_every_path,
         ac_08_a_closed_path_stays_closed_before_a_rule_that_opens, ac_11_methods_are_compared_exactly,
         ac_11_a_preflight_rule_holds_for_a_real_preflight_only,
         ac_13_hosts_are_compared_in_their_canonical_form, ac_25_only_an_address_of_one_at_sign_has_a_domain,
         ac_25_an_address_without_a_domain_is_of_none, ac_25_a_domain_wants_a_verified_address,
         ac_25_an_address_is_compared_without_regard_to_case_unless_it_is_disowned,
         all_conditions_of_a_rule_must_hold_and_one_value_of_each,
         what_keeps_a_rule_from_holding_is_its_first_condition_that_is_not_met,
         a_rule_is_about_users_when_one_of_its_conditions_is,
         a_rule_by_address_holds_for_the_client_behind_the_hops,
         where_the_client_is_not_known_what_closes_holds_and_what_opens_does_not,
         random_policies_decide_like_the_model, one_who_has_no_name_is_denied_as_soon_as_a_rule_needs_them,
         ac_49_what_is_open_to_all_carries_no_identity, as_many_rules_as_a_policy_holds_are_evaluated)
