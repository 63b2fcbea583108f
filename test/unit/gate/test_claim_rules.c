/* SPDX-License-Identifier: Apache-2.0 */

/* How rules on claims affect a login, and a session that was made under other rules. */

#include "redeem.h"

#define RULES                                                                                                \
    "policies:\n"                                                                                            \
    "  default:\n"                                                                                           \
    "    - {action: deny, claim: {contractor: true}}\n"                                                      \
    "    - {action: allow, path: /roles, claim: {/realm_access/roles: [ops, sre], department: x}}\n"         \
    "    - {action: allow, path: /level, claim: {level: [12, -5]}}\n"                                        \
    "    - {action: allow, path: /sub, claim: {sub: ada-1}}\n"

/* Signs in with these claims; returns the Cookie line of the session. */
static const char *signed_in(struct fixture *f, const struct signer *signer, const char *claims)
{
    struct begun begun = begun_by(f, ASK(f, .lines = NAVIGATION, .uri = "/roles"));
    struct sp_transaction *t = complete_with(f, waiting_of(f, &begun), signer, claims);
    ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
    return text("Cookie: %s\r\n", pair_of(nth_field(&t->answer, "Set-Cookie", 0)));
}

SP_TEST(rules_go_by_the_claims_of_the_login)
{
    static const struct {
        const char *claims;
        const char *path;
        unsigned status;
    } cases[] = {
        {"{\"realm_access\":{\"roles\":[\"dev\",\"sre\"]},\"department\":\"x\"}", "/roles", 200},
        {"{\"realm_access\":{\"roles\":{\"ops\":{}}},\"department\":[\"y\",\"x\"]}", "/roles", 200},
        {"{\"realm_access\":{\"roles\":\"ops\"},\"department\":\"x\",\"contractor\":false}", "/roles", 200},
        {"{\"realm_access\":{\"roles\":[12,\"ops\"]},\"department\":\"x\"}", "/roles", 200},
        {"{\"realm_access\":{\"roles\":[\"ops\"]},\"department\":\"X\"}", "/roles", 403},
        {"{\"realm_access\":{\"roles\":[\"ops\"]}}", "/roles", 403},
        {"{\"realm_access\":{\"roles\":{\"ops\":false}},\"department\":\"x\"}", "/roles", 403},
        {"{\"realm_access.roles\":[\"ops\"],\"department\":\"x\"}", "/roles", 403},
        {"{\"realm_access\":{\"roles\":[\"ops\"]},\"department\":\"x\",\"contractor\":true}", "/roles", 403},
        {"{\"realm_access\":{\"roles\":[\"ops\"]},\"department\":\"x\",\"contractor\":\"true\"}", "/roles",
         403},
        {"{\"level\":12}", "/level", 200},
        {"{\"level\":[1,-5]}", "/level", 200},
        {"{\"level\":\"12\"}", "/level", 200},
        {"{\"level\":12.0}", "/level", 403},
        {"{\"level\":120}", "/level", 403},
        {"{\"sub\":\"ada-1\"}", "/sub", 200},
        {"{\"sub\":\"ada-2\"}", "/sub", 403},
    };
    FIXTURE f = fixture_new(RULES);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *cookie = signed_in(f, &signer, cases[i].claims);
        struct sp_transaction *t = ASK(f, .uri = cases[i].path, .lines = lines(FETCH, cookie));
        ck_assert_msg(t->answer.status == cases[i].status, "%s: %u", cases[i].claims, t->answer.status);
    }
}
SP_TEST_END

SP_TEST(a_deny_holds_where_a_claim_hides_what_it_says_and_an_allow_does_not)
{
    static const struct {
        const char *claims;
        unsigned denied;  /* for users whom the deny names */
        unsigned allowed; /* for users whom the allow names */
    } cases[] = {
        {"{\"preferred_username\":\"eve\"}", 403, 200},
        {"{\"preferred_username\":[\"eve\"]}", 403, 200},
        {"{\"preferred_username\":\"ada\"}", 200, 403},
        {"{\"preferred_username\":null}", 200, 403},
        {"{}", 200, 403},
        {"{\"preferred_username\":[\"eve\",\"x\"]}", 403, 403},
        {"{\"preferred_username\":[\"ada\",\"x\"]}", 403, 403},
        {"{\"preferred_username\":{\"value\":\"eve\"}}", 403, 403},
        {"{\"preferred_username\":7}", 403, 403},
        {"{\"name\":{\"first\":\"Eve\"}}", 403, 403},
        {"{\"name\":\"Ada\"}", 200, 403},
        {"{\"kind\":\"temporary\"}", 403, 200},
        {"{\"kind\":[\"usual\",\"temporary\"]}", 403, 200},
        {"{\"kind\":[\"usual\",null]}", 200, 403},
        {"{\"kind\":{\"temporary\":false,\"usual\":{}}}", 200, 403},
        {"{\"kind\":[\"usual\",[\"temporary\"]]}", 403, 403},
        {"{\"kind\":[{\"value\":\"temporary\"}]}", 403, 403},
        {"{\"kind\":1.5}", 403, 403},
    };
    FIXTURE f =
        fixture_new("policies:\n"
                    "  default:\n"
                    "    - {action: allow, path: /allow, claim: {preferred_username: [eve, mallory]}}\n"
                    "    - {action: allow, path: /allow, claim: {name: Eve}}\n"
                    "    - {action: allow, path: /allow, claim: {kind: temporary}}\n"
                    "    - {action: deny, claim: {preferred_username: [mallory, eve]}}\n"
                    "    - {action: deny, claim: {name: Eve}}\n"
                    "    - {action: deny, claim: {kind: temporary}}\n"
                    "    - {action: allow, path: [/deny, /roles]}\n");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *cookie = signed_in(f, &signer, cases[i].claims);
        struct sp_transaction *t = ASK(f, .uri = "/deny", .lines = lines(FETCH, cookie));
        ck_assert_msg(t->answer.status == cases[i].denied, "%s: %u", cases[i].claims, t->answer.status);
        t = ASK(f, .uri = "/allow", .lines = lines(FETCH, cookie));
        ck_assert_msg(t->answer.status == cases[i].allowed, "%s: %u", cases[i].claims, t->answer.status);
    }
}
SP_TEST_END

SP_TEST(ac_26_a_claim_of_any_number_of_values_fits_a_session)
{
    static char claims[TEXT_LEN_MAX];
    FIXTURE f = fixture_new(RULES);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    size_t len =
        (size_t)snprintf(claims, sizeof claims, "{\"department\":\"x\",\"realm_access\":{\"roles\":[");
    for (size_t i = 0; i < 1500; i++) {
        len += (size_t)snprintf(claims + len, sizeof claims - len, "\"role-%zu\",", i);
    }
    snprintf(claims + len, sizeof claims - len, "\"ops\"]}}");
    const char *cookie = signed_in(f, &signer, claims);
    ck_assert_uint_lt(strlen(cookie), 700);
    ck_assert_answer(ASK(f, .uri = "/roles", .lines = cookie), 200, SP_REASON_NONE);
}
SP_TEST_END

/* An allow rule would not match it, which is harmless, but a deny rule must not be missed. */
SP_TEST(ac_27_a_session_from_before_a_rule_named_a_claim_signs_in_again)
{
    FIXTURE f = fixture_new(RULES);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct sp_session session = usual_session();
    for (size_t i = 0; i < 2; i++) {
        session.profile.facts_mark = i == 0 ? 0 : f->snapshot->config->facts_mark ^ 1;
        memset(session.profile.facts, 0xff, sizeof session.profile.facts);
        const char *cookie = cookie_of(f, &session);
        ck_assert_answer(ASK(f, .uri = "/roles", .lines = lines(FETCH, cookie)), 401,
                         SP_REASON_SESSION_EXPIRED);
        ck_assert_contains(take_log(f), "It was created with other settings: username_claim");
        struct sp_transaction *t = ASK(f, .uri = "/roles", .lines = lines(NAVIGATION, cookie));
        ck_assert_answer(t, 302, SP_REASON_SESSION_EXPIRED);

        /* The callback does not treat it as a completed login. */
        struct begun begun = begun_by(f, t);
        const char *both = text("Cookie: %s; %s\r\n", begun.pair, session_pair(f, HOST, &session));
        ASK(f, .uri = came_back(&begun, "code=the-code"), .lines = lines(NAVIGATION, both));
        t = complete_with(f, take_waiting(f), &signer, "{\"contractor\":true}");
        ck_assert_answer(t, 302, SP_REASON_SIGNED_IN);
        cookie = text("Cookie: %s\r\n", pair_of(nth_field(&t->answer, "Set-Cookie", 0)));
        ck_assert_answer(ASK(f, .uri = "/roles", .lines = cookie), 403, SP_REASON_POLICY_DENIED);
    }
}
SP_TEST_END

SP_TEST(a_session_of_0_1_0_goes_on_while_rules_ask_for_no_claims)
{
    FIXTURE f = fixture_new("policies: {default: [{action: allow, claim: {sub: s, email_verified: true}}]}");
    struct sp_session session = usual_session(); /* without a mark, like those of that version */
    ck_assert_answer(ASK(f, .uri = "/", .lines = cookie_of(f, &session)), 403, SP_REASON_POLICY_DENIED);
    FIXTURE open = fixture_new("groups_keep: ops\n");
    ck_assert_answer(ASK(open, .uri = "/", .lines = cookie_of(open, &session)), 200, SP_REASON_NONE);
}
SP_TEST_END

/* The token is in a group that a session of that time left out: a rule that denies it must not be missed. */
SP_TEST(ac_27_a_session_made_by_other_settings_signs_in_again)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    FIXTURE before = fixture_new("groups_keep: [ops]\n");
    const char *cookie = text("%s", signed_in(before, &signer, "{\"groups\":[\"ops\",\"contractors\"]}"));
    ck_assert_answer(ASK(before, .uri = "/", .lines = cookie), 200, SP_REASON_NONE);
    static const char *const others[] = {
        "policies: {default: [{action: deny, group: contractors}, {action: allow, group: ops}]}\n",
        "groups_keep: [ops]\nuserinfo: true\n",
        "groups_keep: [ops]\nusername_claim: sub\n",
        "groups_keep: [ops]\ngroups_claim: roles\n",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        FIXTURE after = fixture_new(others[i]);
        ck_assert_answer(ASK(after, .uri = "/", .lines = cookie), 401, SP_REASON_SESSION_EXPIRED);
        ck_assert_contains(take_log(after), "It was created with other settings: ");
    }
    FIXTURE same = fixture_new("groups_keep: [ops]\nsession_lifetime: 6h\n");
    ck_assert_answer(ASK(same, .uri = "/", .lines = cookie), 200, SP_REASON_NONE);
}
SP_TEST_END

SP_TEST(a_denial_names_the_claims_that_would_have_opened)
{
    FIXTURE f = fixture_new("policies:\n  default:\n    - {action: allow, group: owner}\n"
                            "    - {action: allow, claim: {department: x, /a/b: y}}\n");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    const char *cookie = signed_in(f, &signer, "{}");
    struct sp_transaction *t = ASK(f, .uri = "/", .lines = lines(FETCH, cookie));
    ck_assert_answer(t, 403, SP_REASON_POLICY_DENIED);
    ck_assert_str_view(t->detail, "It is open to members of \"owner\", and some values of the claim "
                                  "\"department\", \"/a/b\". You are in \"ops\", \"sre\".");
}
SP_TEST_END

SP_SUITE("gate/claim_rules", rules_go_by_the_claims_of_the_login,
         a_deny_holds_where_a_claim_hides_what_it_says_and_an_allow_does_not,
         ac_26_a_claim_of_any_number_of_values_fits_a_session,
         ac_27_a_session_from_before_a_rule_named_a_claim_signs_in_again,
         a_session_of_0_1_0_goes_on_while_rules_ask_for_no_claims,
         ac_27_a_session_made_by_other_settings_signs_in_again,
         a_denial_names_the_claims_that_would_have_opened)
