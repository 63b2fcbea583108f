/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/authorization.h"

#include "../suite.h"
#include "http/form.h"
#include "issuer.h"

#define URL_MAX 8192

static const struct sp_authorization usual = {
    .client_id = {"sallyport", 9},
    .redirect_uri = {"https://app.example.com/_sallyport/callback", 43},
    .scope = {"openid email groups", 19},
    .state = {"sTaTe", 5},
    .nonce = {"nOnCe", 5},
    .verifier = {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 43}, /* RFC 7636, appendix B */
};

#define PARAMETERS                                                                                           \
    "response_type=code&client_id=sallyport"                                                                 \
    "&redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport%2Fcallback&scope=openid%20email%20groups"      \
    "&state=sTaTe&nonce=nOnCe&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"                    \
    "&code_challenge_method=S256"

static void check_url(char *endpoint, const struct sp_authorization *authorization, const char *expected)
{
    const struct sp_issuer_metadata metadata = {.authorization_endpoint = endpoint};
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, URL_MAX);
    ck_assert_int_eq(sp_authorization_append_url(&metadata, authorization, &url), SP_OK);
    ck_assert_str_eq(sp_buf_c_str(&url), expected);
}

SP_TEST(the_url_has_the_parameters_of_the_code_flow)
{
    char endpoint[] = "https://issuer.example/auth";
    check_url(endpoint, &usual, "https://issuer.example/auth?" PARAMETERS);
}
SP_TEST_END

SP_TEST(a_query_of_the_endpoint_is_kept)
{
    char with_query[] = "https://issuer.example/auth?tenant=a%20b";
    char with_bare[] = "https://issuer.example/auth?";
    check_url(with_query, &usual, "https://issuer.example/auth?tenant=a%20b&" PARAMETERS);
    check_url(with_bare, &usual, "https://issuer.example/auth?" PARAMETERS);
}
SP_TEST_END

SP_TEST(a_hint_is_handed_on_where_there_is_one)
{
    char endpoint[] = "https://issuer.example/auth";
    struct sp_authorization hinted = usual;
    hinted.login_hint = SP_STR("ada@example.com&x=y");
    check_url(endpoint, &hinted,
              "https://issuer.example/auth?" PARAMETERS "&login_hint=ada%40example.com%26x%3Dy");
}
SP_TEST_END

SP_TEST(further_parameters_follow_and_begin_no_others)
{
    char endpoint[] = "https://issuer.example/auth?tenant=a";
    struct sp_authorization_parameter items[] = {
        {(char[]){"connector_id"}, (char[]){"corp&state=x#y"}},
        {(char[]){"acr_values"}, (char[]){"a b"}},
    };
    struct sp_authorization more = usual;
    more.login_hint = SP_STR("ada");
    more.parameters = (struct sp_authorization_parameters){items, 2};
    check_url(endpoint, &more,
              "https://issuer.example/auth?tenant=a&" PARAMETERS
              "&login_hint=ada&connector_id=corp%26state%3Dx%23y&acr_values=a%20b");
}
SP_TEST_END

/* Every parameter that this program sends is its own, so that none is sent twice. */
SP_TEST(the_names_that_are_sent_are_owned_in_any_case_of_letters)
{
    struct sp_str rest = SP_STR(PARAMETERS "&login_hint=x");
    struct sp_form_pair pair;
    while (sp_form_next(&rest, &pair)) {
        ck_assert(sp_authorization_owns(pair.name));
    }
    static const char *const others[] = {"connector_id", "prompt", "acr_values", "kc_idp_hint",
                                         "domain_hint",  "hd",     "max_age",    "stat"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert(!sp_authorization_owns(sp_str_from_c(others[i])));
    }
    ck_assert(sp_authorization_owns(SP_STR("Redirect_URI")));
    ck_assert(sp_authorization_owns(SP_STR("redirect.uri")));
    ck_assert(!sp_authorization_owns(SP_STR("redirect_uri.")));
    ck_assert(!sp_authorization_owns(SP_STR("redirect_ur")));
    ck_assert(!sp_authorization_owns(SP_STR_NONE));
}
SP_TEST_END

SP_TEST(values_are_encoded_and_begin_no_parameter)
{
    char endpoint[] = "https://issuer.example/auth";
    struct sp_authorization odd = usual;
    odd.client_id = SP_STR("a&b=c d+e#%\r\n\xc3\xa9");
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, URL_MAX);
    const struct sp_issuer_metadata metadata = {.authorization_endpoint = endpoint};
    ck_assert_int_eq(sp_authorization_append_url(&metadata, &odd, &url), SP_OK);
    ck_assert_ptr_nonnull(
        strstr(sp_buf_c_str(&url), "&client_id=a%26b%3Dc%20d%2Be%23%25%0D%0A%C3%A9&redirect_uri="));
}
SP_TEST_END

static enum sp_error append(const struct sp_authorization *authorization, size_t max)
{
    char endpoint[] = "https://issuer.example/auth";
    const struct sp_issuer_metadata metadata = {.authorization_endpoint = endpoint};
    SP_BUF_SCOPED struct sp_buf url;
    sp_buf_init(&url, max);
    return sp_authorization_append_url(&metadata, authorization, &url);
}

SP_TEST(nothing_is_sent_without_its_state_nonce_and_challenge)
{
    struct sp_authorization without = usual;
    without.state = SP_STR_NONE;
    ck_assert_int_eq(append(&without, URL_MAX), SP_ERR_MISSING);
    without = usual;
    without.nonce = SP_STR_NONE;
    ck_assert_int_eq(append(&without, URL_MAX), SP_ERR_MISSING);
    without = usual;
    without.client_id = SP_STR_NONE;
    ck_assert_int_eq(append(&without, URL_MAX), SP_ERR_MISSING);
    without = usual;
    without.redirect_uri = SP_STR_NONE;
    ck_assert_int_eq(append(&without, URL_MAX), SP_ERR_MISSING);
    without = usual;
    without.verifier = SP_STR_NONE;
    ck_assert_int_eq(append(&without, URL_MAX), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(the_scope_has_openid_as_a_word)
{
    struct sp_authorization other = usual;
    other.scope = SP_STR("email openid");
    ck_assert_int_eq(append(&other, URL_MAX), SP_OK);
    other.scope = SP_STR("openid");
    ck_assert_int_eq(append(&other, URL_MAX), SP_OK);
    other.scope = SP_STR("email openidx");
    ck_assert_int_eq(append(&other, URL_MAX), SP_ERR_MISSING);
    other.scope = SP_STR_NONE;
    ck_assert_int_eq(append(&other, URL_MAX), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(the_ceiling_of_the_buffer_holds)
{
    size_t len = strlen("https://issuer.example/auth?" PARAMETERS);
    ck_assert_int_eq(append(&usual, len), SP_OK);
    ck_assert_int_eq(append(&usual, len - 1), SP_ERR_LIMIT);
}
SP_TEST_END

SP_SUITE("authorization", the_url_has_the_parameters_of_the_code_flow, a_query_of_the_endpoint_is_kept,
         a_hint_is_handed_on_where_there_is_one, further_parameters_follow_and_begin_no_others,
         the_names_that_are_sent_are_owned_in_any_case_of_letters, values_are_encoded_and_begin_no_parameter,
         nothing_is_sent_without_its_state_nonce_and_challenge, the_scope_has_openid_as_a_word,
         the_ceiling_of_the_buffer_holds)
