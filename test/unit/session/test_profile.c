/* SPDX-License-Identifier: Apache-2.0 */
#include "session/profile.h"

#include "../suite.h"

SP_TEST(a_claim_is_found_when_it_is_there_exactly_once)
{
    struct sp_profile profile = {.issuer = SP_STR("https://dex.example.com/dex"), .sub = SP_STR("CiQw")};
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("role")), "");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("roles"), SP_STR("x")), SP_OK);
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("role")), "");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("role"), SP_STR("a")), SP_OK);
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("role")), "a");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("role"), SP_STR("b")), SP_OK);
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("role")), "");
}
SP_TEST_END

SP_TEST(claims_are_found_by_their_names_in_the_token)
{
    static const char *const names[] = {"iss", "sub", "sid", "email", "name", "preferred_username"};
    struct sp_profile profile = {.issuer = SP_STR("https://dex.example.com/dex"), .sub = SP_STR("CiQw")};
    profile.sid = SP_STR("sid-1");
    profile.email = SP_STR("ada@example.com");
    profile.name = SP_STR("Ada Lovelace");
    profile.preferred_username = SP_STR("ada");
    ck_assert_int_eq(sp_profile_add_claim(&profile, SP_STR("department"), SP_STR("R&D")), SP_OK);
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("iss")), "https://dex.example.com/dex");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("sub")), "CiQw");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("sid")), "sid-1");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("email")), "ada@example.com");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("name")), "Ada Lovelace");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("preferred_username")), "ada");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("department")), "R&D");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("Email")), "");
    ck_assert_str_view(sp_profile_claim(&profile, SP_STR("emai")), "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_msg(sp_profile_always_holds(sp_str_from_c(names[i])), "%s", names[i]);
    }
    ck_assert(!sp_profile_always_holds(SP_STR("department")));
    ck_assert(!sp_profile_always_holds(SP_STR("email_verified")));
}
SP_TEST_END

SP_TEST(the_texts_that_every_profile_has_come_in_the_order_of_a_session)
{
    struct sp_profile profile = {0};
    struct sp_str *const order[] = {&profile.issuer, &profile.sub,  &profile.sid,
                                    &profile.email,  &profile.name, &profile.preferred_username};
    struct sp_str *const listed[] = {
#define MEMBER(claim, member) &profile.member,
        SP_PROFILE_TEXTS(MEMBER)
#undef MEMBER
    };
    ck_assert_uint_eq(sizeof listed, sizeof order);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        ck_assert_ptr_eq(listed[i], order[i]);
    }
}
SP_TEST_END

SP_SUITE("session/profile", a_claim_is_found_when_it_is_there_exactly_once,
         claims_are_found_by_their_names_in_the_token,
         the_texts_that_every_profile_has_come_in_the_order_of_a_session)
