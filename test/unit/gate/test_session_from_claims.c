/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/session_from_claims.h"

#include "fixture.h"

/* The session made from these claims with the settings. */
struct filled {
    struct sp_claims claims;
    struct sp_session session;
    struct sp_group_counts counts;
    enum sp_error error;
};

static void filled_done(struct filled **filled)
{
    sp_claims_done(&(*filled)->claims);
    free(*filled);
}

#define FILLED __attribute__((cleanup(filled_done))) struct filled *

static struct filled *fill(struct fixture *f, const char *claims)
{
    struct filled *filled = malloc(sizeof *filled);
    json_t *all = json_loads(claims, 0, NULL);
    ck_assert_msg(all != NULL, "%s", claims);
    const struct sp_config *config = f->snapshot->config;
    ck_assert_int_eq(sp_claims_read(all, "the test", config->groups_claim, &filled->claims, NULL), SP_OK);
    filled->error = sp_session_from_claims(&filled->claims, config, NOW_S, &f->context.random, NULL,
                                           &filled->session, &filled->counts);
    return filled;
}

SP_TEST(claims_become_a_session)
{
    FIXTURE f = fixture_new("session_lifetime: 1h");
    FILLED filled =
        fill(f, "{\"sub\":\"s\",\"sid\":\"i\",\"email\":\"a@b\",\"email_verified\":true,\"name\":\"N\","
                "\"preferred_username\":\"p\",\"groups\":[\"x\",\"y\"],\"auth_time\":7}");
    const struct sp_session *session = &filled->session;
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_str_view(session->profile.issuer, ISSUER);
    ck_assert_str_view(session->profile.sub, "s");
    ck_assert_str_view(session->profile.sid, "i");
    ck_assert_str_view(session->profile.email, "a@b");
    ck_assert_str_view(session->profile.name, "N");
    ck_assert_str_view(session->profile.preferred_username, "p");
    ck_assert_int_eq(session->profile.email_verified, SP_EMAIL_VERIFIED_YES);
    ck_assert_int_eq(session->login_at_s, NOW_S);
    ck_assert_int_eq(session->issued_s, NOW_S);
    ck_assert_int_eq(session->auth_time_s, 7);
    ck_assert_int_eq(session->expires_s, NOW_S + 3600);
    ck_assert_int_eq(session->renew_after_s, 0);
    ck_assert_uint_eq(session->profile.groups_n, 2);
    ck_assert_uint_eq(filled->counts.kept_n, 2);
    ck_assert_uint_eq(session->grant.token.len + session->id_token_packed.len, 0);
}
SP_TEST_END

SP_TEST(whether_the_address_is_verified_is_carried_as_it_was_said)
{
    FIXTURE f = fixture_new("");
    FILLED no = fill(f, "{\"sub\":\"s\",\"email_verified\":false}");
    FILLED text = fill(f, "{\"sub\":\"s\",\"email_verified\":\"true\"}");
    FILLED odd = fill(f, "{\"sub\":\"s\",\"email_verified\":\"yes\"}");
    FILLED absent = fill(f, "{\"sub\":\"s\"}");
    ck_assert_int_eq(no->session.profile.email_verified, SP_EMAIL_VERIFIED_NO);
    ck_assert_int_eq(text->session.profile.email_verified, SP_EMAIL_VERIFIED_YES);
    ck_assert_int_eq(odd->session.profile.email_verified, SP_EMAIL_VERIFIED_NO);
    ck_assert_int_eq(absent->session.profile.email_verified, SP_EMAIL_VERIFIED_ABSENT);
}
SP_TEST_END

SP_TEST(ac_26_groups_that_no_header_can_carry_are_left_out_and_counted)
{
    FIXTURE f = fixture_new("");
    FILLED filled =
        fill(f, "{\"sub\":\"s\",\"groups\":[\"a\",\"a,b\",\"\",\" c\",\"d \",\"e\\r\\nX: y\",\"f\\u0001\","
                "\"g h\",\"\\u00e9\"]}");
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_uint_eq(filled->session.profile.groups_n, 4);
    ck_assert_str_view(filled->session.profile.groups[0], "a");
    ck_assert_str_view(filled->session.profile.groups[1], "a,b");
    ck_assert_str_view(filled->session.profile.groups[2], "g h");
    ck_assert_str_view(filled->session.profile.groups[3], "\xc3\xa9");
    ck_assert_uint_eq(filled->counts.kept_n, 4);
    ck_assert_uint_eq(filled->counts.with_comma_n, 1);
    ck_assert_uint_eq(filled->counts.unusable_n, 5);
    ck_assert_uint_eq(filled->counts.unkept_n, 0);
    ck_assert_uint_eq(filled->counts.all_n, 9);
}
SP_TEST_END

/* `n` groups of the claims. */
static const char *claims_with(const char *name, size_t n)
{
    static char claims[TEXT_LEN_MAX];
    size_t len = (size_t)snprintf(claims, sizeof claims, "{\"sub\":\"s\",\"%s\":[", name);
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(claims + len, sizeof claims - len, "%s\"g%zu\"", i > 0 ? "," : "", i);
    }
    snprintf(claims + len, sizeof claims - len, "]}");
    return claims;
}

SP_TEST(groups_keep_names_those_that_stay)
{
    FIXTURE f = fixture_new("groups_keep: [ops, \"team-*\"]");
    FILLED filled = fill(
        f, "{\"sub\":\"s\",\"groups\":[\"ops\",\"opsx\",\"team-\",\"team-a\",\"Team-a\",\"x\",\"team-,\"]}");
    ck_assert_uint_eq(filled->session.profile.groups_n, 4);
    ck_assert_str_view(filled->session.profile.groups[2], "team-a");
    ck_assert_uint_eq(filled->counts.kept_n, 4);
    ck_assert_uint_eq(filled->counts.unkept_n, 3);
    ck_assert_uint_eq(filled->counts.unusable_n, 0);
    FIXTURE none = fixture_new("groups_keep: none");
    FILLED without = fill(none, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(without->error, SP_OK);
    ck_assert_uint_eq(without->session.profile.groups_n, 0);
    ck_assert_uint_eq(without->session.profile.groups_mark, 0);
}
SP_TEST_END

SP_TEST(a_session_holds_so_many_groups_and_no_more)
{
    FIXTURE f = fixture_new("");
    FILLED most = fill(f, claims_with("groups", SP_SESSION_GROUPS_MAX_N));
    ck_assert_int_eq(most->error, SP_OK);
    ck_assert_uint_eq(most->session.profile.groups_n, SP_SESSION_GROUPS_MAX_N);
    ck_assert_uint_eq(most->session.profile.groups_mark, 0);
    FILLED over = fill(f, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(over->error, SP_OK);
    ck_assert_uint_eq(over->session.profile.groups_n, 0);
    ck_assert_uint_eq(over->session.profile.groups_mark, f->snapshot->config->groups_mark);
    FIXTURE few = fixture_new("groups_keep: g1*");
    FILLED kept = fill(few, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(kept->error, SP_OK);
    ck_assert_uint_eq(kept->counts.kept_n, 111);
}
SP_TEST_END

#define RULED                                                                                                \
    "policies:\n  default: [{action: deny, group: last}, {action: allow, group: [g0, nobody]}]\n"            \
    "  other: [{action: allow, group: \"CN=x,OU=y\"}]\n"

SP_TEST(ac_26_of_more_groups_exactly_those_stay_that_rules_name)
{
    FIXTURE f = fixture_new(RULED);
    const char *many = claims_with("groups", 900);
    const char *claims = text("%.*s,\"g0\",\"CN=x,OU=y\",7,\"last\"]}", (int)strlen(many) - 2, many);
    FILLED filled = fill(f, claims);
    const struct sp_profile *profile = &filled->session.profile;
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_uint_eq(profile->groups_n, 3);
    ck_assert_str_view(profile->groups[0], "g0");
    ck_assert_str_view(profile->groups[1], "CN=x,OU=y");
    ck_assert_str_view(profile->groups[2], "last");
    ck_assert_uint_eq(filled->counts.kept_n, 3);
    ck_assert_uint_eq(filled->counts.with_comma_n, 1);
    ck_assert_uint_eq(filled->counts.all_n, 904);
    ck_assert_int_eq(
        sp_session_reduce_groups(&filled->claims, f->snapshot->config, &filled->session, &filled->counts),
        SP_ERR_LIMIT);
}
SP_TEST_END

/* A rule for each group that `claims_with` makes, for the first `n`. */
static const char *rules_for(size_t n)
{
    static char rules[TEXT_LEN_MAX];
    size_t len = (size_t)snprintf(rules, sizeof rules, "policies:\n  default:\n");
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(rules + len, sizeof rules - len, "    - {action: allow, group: g%zu}\n", i);
    }
    return rules;
}

SP_TEST(ac_26_more_groups_that_rules_name_than_a_session_holds_are_refused)
{
    FIXTURE most = fixture_new(rules_for(SP_SESSION_GROUPS_MAX_N));
    FILLED kept = fill(most, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(kept->error, SP_OK);
    ck_assert_uint_eq(kept->session.profile.groups_n, SP_SESSION_GROUPS_MAX_N);
    FIXTURE over = fixture_new(
        text("%s  more: [{action: allow, group: g%d}]\n", rules_for(SP_RULES_MAX), SP_SESSION_GROUPS_MAX_N));
    FILLED refused = fill(over, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(refused->error, SP_ERR_LIMIT);
    ck_assert_uint_eq(refused->counts.kept_n, SP_SESSION_GROUPS_MAX_N + 1);
}
SP_TEST_END

SP_TEST(where_all_groups_are_needed_a_session_that_lacks_some_is_refused)
{
    FIXTURE f = fixture_new("");
    /* As in config/policies_section.c. */
    ((struct sp_config *)(uintptr_t)f->snapshot->config)->groups_mark = 0;
    FILLED filled = fill(f, claims_with("groups", SP_SESSION_GROUPS_MAX_N + 1));
    ck_assert_int_eq(filled->error, SP_ERR_LIMIT);
    ck_assert_uint_eq(filled->session.profile.groups_mark, 0);
}
SP_TEST_END

SP_TEST(a_claim_that_headers_name_is_kept_when_it_is_one_value)
{
    FIXTURE f = fixture_new("headers:\n  mine: {X-D: department, X-R: roles, X-N: number, X-O: one}");
    FILLED filled =
        fill(f, "{\"sub\":\"s\",\"department\":\"d\",\"roles\":[\"a\",\"b\"],\"number\":7,\"one\":[\"o\"]}");
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_uint_eq(filled->session.profile.claims_n, 2);
    ck_assert_str_view(sp_profile_claim(&filled->session.profile, SP_STR("department")), "d");
    ck_assert_str_view(sp_profile_claim(&filled->session.profile, SP_STR("one")), "o");
    ck_assert_str_view(sp_profile_claim(&filled->session.profile, SP_STR("roles")), "");
}
SP_TEST_END

SP_TEST(a_claim_inside_another_is_kept_under_its_pointer)
{
    FIXTURE f = fixture_new("username_claim: /account/login\nheaders:\n  mine: {X-C: /address/country}");
    FILLED filled =
        fill(f, "{\"sub\":\"s\",\"account\":{\"login\":\"ada\"},\"address\":{\"country\":[\"uk\"]}}");
    const struct sp_profile *profile = &filled->session.profile;
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_uint_eq(profile->claims_n, 2);
    ck_assert_str_view(sp_profile_claim(profile, SP_STR("/account/login")), "ada");
    ck_assert_str_view(sp_profile_claim(profile, SP_STR("/address/country")), "uk");
}
SP_TEST_END

SP_TEST(a_claim_of_many_values_ends_no_login)
{
    FIXTURE f = fixture_new("headers:\n  mine: {X-R: roles}");
    FILLED filled = fill(f, claims_with("roles", SP_PROFILE_CLAIMS_MAX_N + 1));
    ck_assert_int_eq(filled->error, SP_OK);
    ck_assert_uint_eq(filled->session.profile.claims_n, 0);
}
SP_TEST_END

SP_SUITE("gate/session_from_claims", claims_become_a_session,
         whether_the_address_is_verified_is_carried_as_it_was_said,
         ac_26_groups_that_no_header_can_carry_are_left_out_and_counted, groups_keep_names_those_that_stay,
         a_session_holds_so_many_groups_and_no_more, ac_26_of_more_groups_exactly_those_stay_that_rules_name,
         ac_26_more_groups_that_rules_name_than_a_session_holds_are_refused,
         where_all_groups_are_needed_a_session_that_lacks_some_is_refused,
         a_claim_that_headers_name_is_kept_when_it_is_one_value,
         a_claim_inside_another_is_kept_under_its_pointer, a_claim_of_many_values_ends_no_login)
