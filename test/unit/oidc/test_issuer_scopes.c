/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/issuer_metadata.h"

#include "../suite.h"
#include "issuer.h"

static struct sp_issuer_metadata_findings findings;

/* Reads a document that lists these scopes. */
static void read_for(const struct sp_client *client, const char *listed)
{
    ISSUER_PROVIDER metadata = NULL;
    SIGNER_TEXT text =
        text_format("{\"issuer\":\"" ISSUER "\"," ISSUER_ENDPOINTS ",\"scopes_supported\":%s}", listed);
    findings.n = 0;
    ck_assert_int_eq(
        sp_issuer_metadata_parse(sp_str_from_c(text), SP_STR(ISSUER), client, &metadata, &findings), SP_OK);
}

SP_TEST(the_default_scopes_are_those_of_the_four_that_the_issuer_lists)
{
    static const struct {
        const char *members;
        const char *scopes;
    } cases[] = {
        {"", "openid email profile groups"},
        {",\"scopes_supported\":null", "openid email profile groups"},
        {",\"scopes_supported\":[\"openid\",\"email\",\"profile\"]", "openid email profile"},
        {",\"scopes_supported\":[\"groups\",\"offline_access\",\"openid\"]", "openid groups"},
        {",\"scopes_supported\":[\"openid\"]", "openid"},
        {",\"scopes_supported\":[]", "openid"},
        {",\"scopes_supported\":\"openid email\"", "openid"},
        {",\"scopes_supported\":7", "openid email profile groups"},
        {",\"scopes_supported\":[\"openid\",7]", "openid email profile groups"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ISSUER_PROVIDER metadata = issuer_metadata(cases[i].members);
        ck_assert_str_eq(metadata->default_scopes, cases[i].scopes);
        ck_assert_ptr_eq(sp_issuer_metadata_scopes(metadata, &issuer_client).ptr, metadata->default_scopes);
    }
}
SP_TEST_END

SP_TEST(configured_scopes_are_sent_as_they_are_and_those_that_are_not_listed_are_told)
{
    const struct sp_client client = {.auth = SP_CLIENT_AUTH_BASIC,
                                     .scopes = SP_STR("openid groups federated:id")};
    ISSUER_PROVIDER metadata = issuer_metadata(",\"scopes_supported\":[\"openid\"]");
    ck_assert_str_view(sp_issuer_metadata_scopes(metadata, &client), "openid groups federated:id");
    read_for(&client, "[\"openid\",\"email\"]");
    ck_assert_uint_eq(findings.n, 2);
    ck_assert_str_eq(findings.items[0].setting, "scopes");
    ck_assert_str_eq(findings.items[0].text,
                     "the discovery document: \"scopes_supported\" lacks \"groups\", which the setting "
                     "scopes requests: the issuer may refuse sign-ins with invalid_scope");
    ck_assert_ptr_nonnull(strstr(findings.items[1].text, "\"federated:id\""));
    read_for(&client, "null");
    ck_assert_uint_eq(findings.n, 0);
}
SP_TEST_END

SP_TEST(who_renews_is_advised_of_offline_access_where_it_is_listed_and_not_requested)
{
    static const struct {
        const char *listed;
        const char *scopes;
        bool renew;
        bool is_advised;
    } cases[] = {
        {"[\"openid\",\"offline_access\"]", "", true, true},
        {"[\"openid\",\"offline_access\"]", "openid", true, true},
        {"[\"openid\",\"offline_access\"]", "openid offline_access", true, false},
        {"[\"openid\",\"offline_access\"]", "", false, false},
        {"[\"openid\",\"offline_access\"]", "openid", false, false},
        {"[\"openid\",\"offline_accesses\"]", "openid", true, false},
        {"[\"openid\"]", "openid", true, false},
        {"null", "openid", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sp_client client = {
            .auth = SP_CLIENT_AUTH_BASIC, .scopes = sp_str_from_c(cases[i].scopes), .renew = cases[i].renew};
        read_for(&client, cases[i].listed);
        ck_assert_msg(findings.n == (cases[i].is_advised ? 1 : 0), "%zu: %zu", i, findings.n);
        if (cases[i].is_advised) {
            ck_assert_int_eq(findings.items[0].weight, SP_ISSUER_METADATA_ADVISED);
            ck_assert_str_eq(findings.items[0].setting, "scopes");
            ck_assert_ptr_nonnull(strstr(findings.items[0].text, "Add it to scopes, unless sign-ins bring"));
        }
    }
}
SP_TEST_END

SP_SUITE("oidc/issuer_scopes", the_default_scopes_are_those_of_the_four_that_the_issuer_lists,
         configured_scopes_are_sent_as_they_are_and_those_that_are_not_listed_are_told,
         who_renews_is_advised_of_offline_access_where_it_is_listed_and_not_requested)
