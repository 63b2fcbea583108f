/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/identity.h"

#include "material.h"

static char storage[512];
static struct sp_buf scratch;

static enum sp_email_rule email_rule = SP_EMAIL_UNLESS_FALSE;

static struct sp_buf *fresh_scratch(void)
{
    scratch = SP_BUF_ON(storage);
    return &scratch;
}

static enum sp_reason identify(const struct sp_profile *profile, const char *claim, const char *prefix,
                               struct sp_identity *out)
{
    struct sp_identity_settings settings = {email_rule, claim, prefix, "", 0};
    return sp_identity_from_profile(profile, &settings, fresh_scratch(), out);
}

static void assert_user(const struct sp_profile *profile, const char *claim, const char *prefix,
                        const char *expected)
{
    struct sp_identity identity;
    ck_assert_int_eq(identify(profile, claim, prefix, &identity), SP_REASON_NONE);
    ck_assert_msg(sp_str_equal(identity.user, sp_str_from_c(expected)), "%.*s instead of %s",
                  SP_STR_ARGS(identity.user), expected);
    ck_assert_ptr_eq(identity.profile, profile);
}

static void assert_refused(const struct sp_profile *profile, const char *claim, const char *prefix,
                           enum sp_reason expected)
{
    struct sp_identity identity = {.user = SP_STR("of another")};
    ck_assert_int_eq(identify(profile, claim, prefix, &identity), expected);
    ck_assert_str_view(identity.user, "");
}

SP_TEST(the_user_is_the_claim_behind_the_prefix)
{
    struct sp_profile profile = make_profile();
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("upn"), SP_STR("ada@corp")), SP_OK);
    assert_user(&profile, "email", "", "ada@example.com");
    assert_user(&profile, "sub", "", "CiQwOGE4Njg0Yg");
    assert_user(&profile, "preferred_username", "oidc:", "oidc:ada");
    assert_user(&profile, "name", NULL, "Ada Lovelace");
    assert_user(&profile, "upn", "-", "-ada@corp");
}
SP_TEST_END

SP_TEST(ac_25_an_email_that_is_not_verified_names_nobody)
{
    struct sp_profile profile = make_profile();
    profile.email_verified = SP_EMAIL_VERIFIED_NO;
    assert_refused(&profile, "email", "", SP_REASON_EMAIL_UNVERIFIED);
    assert_refused(&profile, "email", "oidc:", SP_REASON_EMAIL_UNVERIFIED);
    assert_user(&profile, "sub", "", "CiQwOGE4Njg0Yg");
    profile.email_verified = SP_EMAIL_VERIFIED_ABSENT;
    assert_user(&profile, "email", "", "ada@example.com");
    email_rule = SP_EMAIL_REQUIRED;
    assert_refused(&profile, "email", "", SP_REASON_EMAIL_UNVERIFIED);
    assert_user(&profile, "sub", "", "CiQwOGE4Njg0Yg");
    profile.email_verified = SP_EMAIL_VERIFIED_YES;
    assert_user(&profile, "email", "", "ada@example.com");
}
SP_TEST_END

SP_TEST(ac_25_an_address_is_the_users_when_the_issuer_says_so_or_may_be_silent)
{
    static const struct {
        enum sp_email_verified verified;
        enum sp_email_rule rule;
        const char *email;
    } cases[] = {
        {SP_EMAIL_VERIFIED_YES, SP_EMAIL_REQUIRED, "ada@example.com"},
        {SP_EMAIL_VERIFIED_YES, SP_EMAIL_UNLESS_FALSE, "ada@example.com"},
        {SP_EMAIL_VERIFIED_ABSENT, SP_EMAIL_REQUIRED, ""},
        {SP_EMAIL_VERIFIED_ABSENT, SP_EMAIL_UNLESS_FALSE, "ada@example.com"},
        {SP_EMAIL_VERIFIED_NO, SP_EMAIL_REQUIRED, ""},
        {SP_EMAIL_VERIFIED_NO, SP_EMAIL_UNLESS_FALSE, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_profile profile = make_profile();
        struct sp_identity identity;
        profile.email_verified = cases[i].verified;
        email_rule = cases[i].rule;
        ck_assert_int_eq(identify(&profile, "sub", "", &identity), SP_REASON_NONE);
        ck_assert_msg(sp_str_equal(sp_identity_email(&identity), sp_str_from_c(cases[i].email)), "case %zu",
                      i);
    }
}
SP_TEST_END

SP_TEST(ac_16_a_name_that_no_header_carries_exactly_names_nobody)
{
    static const char *const unfit[] = {"",      " ada",      "ada ",  "a\tda\t", "ada\r\nX: y",
                                        "a\x7f", "a\xc2\x85", "a\xff", "\n"};
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        struct sp_profile profile = make_profile();
        profile.preferred_username = sp_str_from_c(unfit[i]);
        assert_refused(&profile, "preferred_username", "", SP_REASON_USER_NOT_REPRESENTABLE);
    }
    struct sp_profile profile = make_profile();
    assert_refused(&profile, "upn", "", SP_REASON_USER_NOT_REPRESENTABLE);
    assert_refused(&profile, "groups", "", SP_REASON_USER_NOT_REPRESENTABLE);
    assert_refused(&profile, "", "", SP_REASON_USER_NOT_REPRESENTABLE);
    assert_refused(&profile, NULL, "", SP_REASON_USER_NOT_REPRESENTABLE);
    profile.preferred_username = (struct sp_str){"a\0b", 3};
    assert_refused(&profile, "preferred_username", "", SP_REASON_USER_NOT_REPRESENTABLE);
    profile.preferred_username = SP_STR("ad\xc3\xa0");
    assert_user(&profile, "preferred_username", "", "ad\xc3\xa0");
}
SP_TEST_END

SP_TEST(a_claim_that_is_there_twice_names_nobody)
{
    struct sp_profile profile = make_profile();
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("upn"), SP_STR("ada")), SP_OK);
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("upn"), SP_STR("root")), SP_OK);
    assert_refused(&profile, "upn", "", SP_REASON_USER_NOT_REPRESENTABLE);
}
SP_TEST_END

SP_TEST(a_name_longer_than_the_scratch_buffer_names_nobody)
{
    char name[sizeof storage];
    memset(name, 'a', sizeof name);
    struct sp_profile profile = make_profile();
    profile.preferred_username = (struct sp_str){name, sizeof name - 2};
    struct sp_identity identity;
    ck_assert_int_eq(identify(&profile, "preferred_username", "a:", &identity), SP_REASON_NONE);
    ck_assert_uint_eq(identity.user.len, sizeof storage);
    profile.preferred_username.len++;
    assert_refused(&profile, "preferred_username", "a:", SP_REASON_USER_NOT_REPRESENTABLE);
}
SP_TEST_END

SP_TEST(a_reserved_name_is_reserved_wherever_the_prefix_ends)
{
    const char *const whole = "system:masters";
    for (size_t cut = 0; cut <= strlen(whole) - 1; cut++) {
        char prefix[32] = {0};
        memcpy(prefix, whole, cut);
        struct sp_profile profile = make_profile();
        profile.preferred_username = sp_str_from_c(whole + cut);
        add_group(&profile, whole + cut);
        add_group(&profile, "ops");
        assert_refused(&profile, "preferred_username", prefix, SP_REASON_RESERVED_NAME);
        struct sp_identity identity = {
            .profile = &profile, .user = SP_STR("ada"), .groups_prefix = sp_str_from_c(prefix)};
        ck_assert(!sp_identity_in_group(&identity, sp_str_from_c(whole)));
        struct sp_identity_group group;
        size_t cursor = 0;
        bool prefix_alone_is_reserved = cut >= strlen("system:");
        ck_assert_int_eq(sp_identity_next_group(&identity, &cursor, &group), !prefix_alone_is_reserved);
        ck_assert(!sp_identity_next_group(&identity, &cursor, &group));
    }
    struct sp_profile profile = make_profile();
    profile.preferred_username = SP_STR("System:admin");
    assert_refused(&profile, "preferred_username", "", SP_REASON_RESERVED_NAME);
    assert_user(&profile, "preferred_username", "oidc:", "oidc:System:admin");
    profile.preferred_username = SP_STR("system:");
    assert_refused(&profile, "preferred_username", "", SP_REASON_RESERVED_NAME);
    profile.preferred_username = SP_STR("system");
    assert_user(&profile, "preferred_username", "", "system");
    assert_refused(&profile, "preferred_username", "system:", SP_REASON_RESERVED_NAME);
}
SP_TEST_END

SP_TEST(ac_26_groups_that_could_be_taken_for_others_are_left_out)
{
    struct sp_profile profile = make_profile();
    static const char *const unfit[] = {"", " ops", "ops ", "ops\r\nX: y", "o\tps", "\xff", "system:masters"};
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        add_group(&profile, unfit[i]);
    }
    add_group(&profile, "ops");
    add_group(&profile, "\xc3\x89quipe \"A\"");
    add_group(&profile, "CN=ops,OU=Teams");
    struct sp_identity identity = {.profile = &profile};
    struct sp_identity_group group;
    size_t cursor = 0;
    ck_assert(sp_identity_next_group(&identity, &cursor, &group));
    ck_assert_str_view(group.name, "ops");
    ck_assert_str_view(group.prefix, "");
    ck_assert(sp_identity_next_group(&identity, &cursor, &group));
    ck_assert_str_view(group.name, "\xc3\x89quipe \"A\"");
    ck_assert(sp_identity_next_group(&identity, &cursor, &group));
    ck_assert_str_view(group.name, "CN=ops,OU=Teams");
    ck_assert(!sp_identity_next_group(&identity, &cursor, &group));
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        ck_assert(!sp_identity_in_group(&identity, sp_str_from_c(unfit[i])));
    }
    ck_assert(sp_identity_in_group(&identity, SP_STR("ops")));
    ck_assert(sp_identity_in_group(&identity, SP_STR("CN=ops,OU=Teams")));
    ck_assert(!sp_identity_in_group(&identity, SP_STR("CN=ops")));
}
SP_TEST_END

SP_TEST(a_group_is_compared_with_its_prefix_and_exactly)
{
    struct sp_profile profile = make_profile();
    add_group(&profile, "ops");
    struct sp_identity identity = {.profile = &profile, .groups_prefix = SP_STR("oidc:")};
    ck_assert(sp_identity_in_group(&identity, SP_STR("oidc:ops")));
    static const char *const others[] = {"ops",      "oidc:",    "oidc:op", "oidc:opss",
                                         "oidc:Ops", "OIDC:ops", "oidc",    ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!sp_identity_in_group(&identity, sp_str_from_c(others[i])), "%s", others[i]);
    }
}
SP_TEST_END

SP_TEST(as_many_groups_as_a_profile_holds_are_walked)
{
    static char names[SP_PROFILE_GROUPS_MAX_N][8];
    struct sp_profile profile = make_profile();
    for (size_t i = 0; i < SP_PROFILE_GROUPS_MAX_N; i++) {
        snprintf(names[i], sizeof names[i], "g%zu", i);
        add_group(&profile, names[i]);
    }
    struct sp_identity identity = {.profile = &profile};
    struct sp_identity_group group;
    size_t n = 0;
    for (size_t cursor = 0; sp_identity_next_group(&identity, &cursor, &group); n++) {
        ck_assert(sp_str_equal(group.name, sp_str_from_c(names[n])));
    }
    ck_assert_uint_eq(n, SP_PROFILE_GROUPS_MAX_N);
    ck_assert(sp_identity_in_group(&identity, SP_STR("g999")));
    ck_assert(!sp_identity_in_group(&identity, SP_STR("g1000")));
}
SP_TEST_END

SP_SUITE("identity", the_user_is_the_claim_behind_the_prefix,
         ac_25_an_address_is_the_users_when_the_issuer_says_so_or_may_be_silent,
         ac_25_an_email_that_is_not_verified_names_nobody,
         ac_16_a_name_that_no_header_carries_exactly_names_nobody, a_claim_that_is_there_twice_names_nobody,
         a_name_longer_than_the_scratch_buffer_names_nobody,
         a_reserved_name_is_reserved_wherever_the_prefix_ends,
         ac_26_groups_that_could_be_taken_for_others_are_left_out,
         a_group_is_compared_with_its_prefix_and_exactly, as_many_groups_as_a_profile_holds_are_walked)
