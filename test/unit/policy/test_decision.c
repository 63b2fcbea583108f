/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decision.h"

#include "material.h"

static const struct sp_decision_settings settings = {
    .identity = {.username_claim = "email", .username_prefix = "oidc:", .groups_prefix = ""}};

static struct sp_selection selection;
static char storage[1024];

static struct sp_verdict decide_target(const struct sp_policy *policy, const char *target)
{
    struct sp_buf scratch = SP_BUF_ON(storage);
    struct sp_request request = make_request("GET", "https://a.example.com", target);
    return sp_decide(policy, &request, &selection, &settings, &scratch);
}

static void select_session(enum sp_selection_kind kind)
{
    selection.kind = kind;
    selection.session = make_session();
}

static void assert_verdict(struct sp_verdict verdict, enum sp_verdict_kind kind, enum sp_reason reason,
                           size_t rule)
{
    ck_assert_int_eq(verdict.kind, kind);
    ck_assert_str_eq(sp_reason_name(verdict.reason), sp_reason_name(reason));
    ck_assert_uint_eq(verdict.rule, rule);
    ck_assert_int_eq(verdict.reason == SP_REASON_NONE, verdict.kind == SP_VERDICT_ALLOW);
}

static const struct {
    enum sp_selection_kind kind;
    enum sp_reason reason;
} anonymous[] = {
    {SP_SELECTION_NONE, SP_REASON_NO_SESSION},
    {SP_SELECTION_INVALID, SP_REASON_SESSION_INVALID},
    {SP_SELECTION_EXPIRED, SP_REASON_SESSION_EXPIRED},
    {SP_SELECTION_AMBIGUOUS, SP_REASON_SESSION_AMBIGUOUS},
};

#define ANONYMOUS_N (sizeof anonymous / sizeof anonymous[0])

SP_TEST(the_zero_verdict_denies)
{
    struct sp_verdict verdict = {0};
    ck_assert_int_eq(verdict.kind, SP_VERDICT_DENY);
    ck_assert(!verdict.identified);
}
SP_TEST_END

SP_TEST(without_a_valid_session_the_verdict_is_login_with_the_reason)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_rule(&policy, SP_ACTION_ALLOW);
    for (size_t i = 0; i < ANONYMOUS_N; i++) {
        select_session(anonymous[i].kind);
        struct sp_verdict verdict = decide_target(&policy, "/");
        assert_verdict(verdict, SP_VERDICT_LOGIN, anonymous[i].reason, 1);
        ck_assert_int_eq(sp_decide_login_reason(anonymous[i].kind), anonymous[i].reason);
        ck_assert(!verdict.identified);
    }
    ck_assert_int_eq(sp_decide_login_reason(SP_SELECTION_VALID), SP_REASON_NO_SESSION);
}
SP_TEST_END

SP_TEST(no_login_is_begun_where_nobody_would_be_let_in)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_DENY), SP_PATTERN_PREFIX, "/closed");
    add_path(add_rule(&policy, SP_ACTION_ALLOW), SP_PATTERN_PREFIX, "/open");
    for (size_t i = 0; i < ANONYMOUS_N; i++) {
        select_session(anonymous[i].kind);
        assert_verdict(decide_target(&policy, "/closed"), SP_VERDICT_DENY, SP_REASON_POLICY_DENIED, 1);
        assert_verdict(decide_target(&policy, "/other"), SP_VERDICT_DENY, SP_REASON_POLICY_DENIED, 0);
    }
}
SP_TEST_END

SP_TEST(a_valid_session_that_the_policy_lets_in_is_allowed_with_its_identity)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_DENY), SP_PATTERN_PREFIX, "/admin");
    add_text(&add_rule(&policy, SP_ACTION_ALLOW)->email_domains, "example.com");
    select_session(SP_SELECTION_VALID);
    struct sp_verdict verdict = decide_target(&policy, "/");
    assert_verdict(verdict, SP_VERDICT_ALLOW, SP_REASON_NONE, 2);
    ck_assert(verdict.identified);
    ck_assert_str_view(verdict.subject.user, "oidc:ada@example.com");
    verdict = decide_target(&policy, "/admin");
    assert_verdict(verdict, SP_VERDICT_DENY, SP_REASON_POLICY_DENIED, 1);
    ck_assert(verdict.identified);
}
SP_TEST_END

SP_TEST(a_valid_session_of_nobody_who_can_be_named_is_denied)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_rule(&policy, SP_ACTION_ALLOW);
    select_session(SP_SELECTION_VALID);
    selection.session.profile.email_verified = SP_EMAIL_VERIFIED_NO;
    assert_verdict(decide_target(&policy, "/"), SP_VERDICT_DENY, SP_REASON_EMAIL_UNVERIFIED, 0);
    selection.session.profile.email_verified = SP_EMAIL_VERIFIED_YES;
    selection.session.profile.email = SP_STR_NONE;
    struct sp_verdict verdict = decide_target(&policy, "/");
    assert_verdict(verdict, SP_VERDICT_DENY, SP_REASON_USER_NOT_REPRESENTABLE, 0);
    ck_assert(!verdict.identified);
}
SP_TEST_END

SP_TEST(ac_49_what_is_open_to_all_carries_no_identity)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_text(&add_rule(&policy, SP_ACTION_DENY)->groups, "banned");
    add_rule(&policy, SP_ACTION_PUBLIC);
    for (enum sp_selection_kind kind = SP_SELECTION_NONE; kind <= SP_SELECTION_VALID; kind++) {
        select_session(kind);
        struct sp_verdict verdict = decide_target(&policy, "/");
        assert_verdict(verdict, SP_VERDICT_ALLOW, SP_REASON_NONE, 2);
        ck_assert(!verdict.identified);
        ck_assert_ptr_null(verdict.subject.session);
    }
    struct sp_verdict verdict;
    struct sp_request request = make_request("GET", "https://a.example.com", "/");
    ck_assert(!sp_decide_public(&policy, &request, &verdict));
}
SP_TEST_END

SP_TEST(what_is_open_to_all_is_told_without_a_session)
{
    POLICY_SCOPED struct sp_policy policy = {0};
    add_path(add_rule(&policy, SP_ACTION_PUBLIC), SP_PATTERN_EXACT, "/healthz");
    add_rule(&policy, SP_ACTION_ALLOW);
    struct sp_verdict verdict = {.rule = 7};
    struct sp_request request = make_request("GET", "https://a.example.com", "/healthz");
    ck_assert(sp_decide_public(&policy, &request, &verdict));
    assert_verdict(verdict, SP_VERDICT_ALLOW, SP_REASON_NONE, 1);
    ck_assert(!verdict.identified);
    verdict = (struct sp_verdict){.rule = 7};
    request = make_request("GET", "https://a.example.com", "/%68ealthz");
    ck_assert(!sp_decide_public(&policy, &request, &verdict));
    ck_assert_uint_eq(verdict.rule, 7);
}
SP_TEST_END

SP_TEST(https_is_expected_unless_told_otherwise)
{
    struct sp_decision_settings lenient = settings;
    lenient.insecure_http = true;
    struct sp_origin http = make_origin("http://a.example.com");
    struct sp_origin https = make_origin("https://a.example.com");
    struct sp_origin none = {.host = https.host};
    ck_assert_int_eq(sp_decide_origin(&https, &settings), SP_REASON_NONE);
    ck_assert_int_eq(sp_decide_origin(&http, &settings), SP_REASON_INSECURE_PROTO);
    ck_assert_int_eq(sp_decide_origin(&http, &lenient), SP_REASON_NONE);
    ck_assert_int_eq(sp_decide_origin(&https, &lenient), SP_REASON_NONE);
    ck_assert_int_eq(sp_decide_origin(&none, &settings), SP_REASON_INSECURE_PROTO);
    ck_assert_int_eq(sp_decide_origin(&none, &lenient), SP_REASON_INSECURE_PROTO);
}
SP_TEST_END

SP_TEST(ac_14_hosts_that_are_not_listed_are_misdirected)
{
    struct sp_origin_pattern hosts[2];
    ck_assert(sp_origin_pattern_parse(SP_STR("https://a.example.com"), &hosts[0]));
    ck_assert(sp_origin_pattern_parse(SP_STR("https://*.apps.example.com"), &hosts[1]));
    struct sp_decision_settings listed = settings;
    listed.hosts = hosts;
    listed.hosts_n = 2;
    static const char *const fine[] = {"https://a.example.com", "https://A.example.com",
                                       "https://x.apps.example.com"};
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        struct sp_origin origin = make_origin(fine[i]);
        ck_assert_msg(sp_decide_origin(&origin, &listed) == SP_REASON_NONE, "%s", fine[i]);
    }
    static const char *const others[] = {"https://evil-a.example.com",   "https://a.example.com.evil.example",
                                         "https://a.example.com:8443",   "https://apps.example.com",
                                         "https://x.y.apps.example.com", "https://evilapps.example.com"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct sp_origin origin = make_origin(others[i]);
        ck_assert_msg(sp_decide_origin(&origin, &listed) == SP_REASON_HOST_NOT_LISTED, "%s", others[i]);
    }
    struct sp_origin insecure = make_origin("http://evil.example");
    ck_assert_int_eq(sp_decide_origin(&insecure, &listed), SP_REASON_INSECURE_PROTO);
}
SP_TEST_END

SP_SUITE("decision", the_zero_verdict_denies, without_a_valid_session_the_verdict_is_login_with_the_reason,
         no_login_is_begun_where_nobody_would_be_let_in,
         a_valid_session_that_the_policy_lets_in_is_allowed_with_its_identity,
         a_valid_session_of_nobody_who_can_be_named_is_denied, ac_49_what_is_open_to_all_carries_no_identity,
         what_is_open_to_all_is_told_without_a_session, https_is_expected_unless_told_otherwise,
         ac_14_hosts_that_are_not_listed_are_misdirected)
