/* SPDX-License-Identifier: Apache-2.0 */
#include "config/named_claims.h"

#include "fixture.h"
#include "jose/json_pointer.h"

SP_TEST(a_claim_is_named_by_its_name_or_a_pointer)
{
    assert_shown("username_claim: upn", "username_claim: upn\n");
    assert_shown("username_claim: /account/login", "username_claim: /account/login\n");
    assert_shown("groups_claim: /realm_access/roles", "groups_claim: /realm_access/roles\n");
    assert_shown("groups_claim: https://example.com/roles", "groups_claim: https://example.com/roles\n");
    assert_shown("groups_claim: /~1roles", "groups_claim: /~1roles\n");
}
SP_TEST_END

SP_TEST(a_pointer_of_one_step_is_the_name)
{
    assert_shown("username_claim: /email", "username_claim: email\n");
    assert_shown("groups_claim: /roles", "groups_claim: roles\n");
    assert_shown("groups_claim: /a~0b~1c", "groups_claim: a~b/c\n");
    assert_refused("username_claim: /roles\ngroups_claim: roles", "is the claim with the groups");
}
SP_TEST_END

SP_TEST(an_address_is_never_named_past_its_verification)
{
    assert_refused("username_claim: /email/0", "leads into email: write email");
    assert_refused("username_claim: /email/value", "leads into email: write email");
    assert_accepted("username_claim: /emails/0");
}
SP_TEST_END

SP_TEST(what_names_no_claim_is_refused)
{
    assert_refused("username_claim: \"\"", "is not the name of a claim: empty");
    assert_refused("groups_claim: \" a\"", "is not the name of a claim");
    assert_refused("groups_claim: /a~", "groups_claim: \"/a~\" has a ~ that is neither");
    assert_refused("groups_claim: /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "has more than 16 steps");
    assert_accepted("groups_claim: /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a");
    char text[64 + SP_JSON_POINTER_MAX];
    snprintf(text, sizeof text, "groups_claim: a%0*d", SP_JSON_POINTER_MAX - 1, 0);
    assert_accepted(text);
    snprintf(text, sizeof text, "groups_claim: a%0*d", SP_JSON_POINTER_MAX, 0);
    assert_refused(text, "longer than 128 bytes");
}
SP_TEST_END

SP_TEST(a_name_that_looks_like_a_path_is_warned_of_with_the_pointer)
{
    assert_warned("groups_claim: realm_access.roles",
                  "groups_claim: \"realm_access.roles\" is read as one name, but looks like a path: a nested "
                  "claim is written /realm_access/roles");
    assert_warned("groups_claim: resource_access.my-client.roles",
                  "written /resource_access/my-client/roles");
    assert_warned("username_claim: account/login", "username_claim: \"account/login\"");
    assert_warned("username_claim: a~b.c", "written /a~0b/c");
    assert_warned("headers: {a: {X-A: address.country}}", "headers: \"address.country\"");
    assert_silent("groups_claim: https://example.com/roles");
    assert_silent("groups_claim: urn:zitadel:iam:org:project:roles");
    assert_silent("groups_claim: cognito:groups");
    assert_silent("groups_claim: /realm_access/roles");
    assert_silent("groups_claim: example.com/roles");
    assert_silent("groups_claim: .roles");
    assert_silent("groups_claim: roles.");
    assert_silent("groups_claim: a..b");
}
SP_TEST_END

SP_SUITE("config/named_claims", a_claim_is_named_by_its_name_or_a_pointer, a_pointer_of_one_step_is_the_name,
         an_address_is_never_named_past_its_verification, what_names_no_claim_is_refused,
         a_name_that_looks_like_a_path_is_warned_of_with_the_pointer)
