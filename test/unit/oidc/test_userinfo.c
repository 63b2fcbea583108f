/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/userinfo.h"

#include "../suite.h"
#include "issuer.h"

static const struct sp_client client = {.groups_claim = "groups"};

static struct sp_claims token_claims(const char *text)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    json_t *all = json_loads(text, 0, NULL);
    ck_assert_int_eq(sp_claims_read(all, "the test", "groups", &claims, NULL), SP_OK);
    return claims;
}

static enum sp_error merge_answer(const struct sp_exchange_response *response, struct sp_claims *claims)
{
    struct sp_diag diag = {0};
    struct sp_claims before = *claims;
    enum sp_error error = sp_userinfo_merge(response, &client, claims, &diag);
    ck_assert((diag.text[0] != '\0') == (error != SP_OK));
    ck_assert(error == SP_OK || memcmp(claims, &before, sizeof before) == 0);
    return error;
}

static enum sp_error merge(const char *body, struct sp_claims *claims)
{
    struct sp_exchange_response response = {
        .status = 200, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    return merge_answer(&response, claims);
}

SP_TEST(the_request_carries_the_access_token_in_its_header)
{
    ISSUER_PROVIDER metadata = issuer_metadata(",\"userinfo_endpoint\":\"" ISSUER "/userinfo\"");
    ISSUER_PROVIDER without = issuer_metadata("");
    struct sp_exchange_request request = SP_EXCHANGE_REQUEST_NONE;
    ck_assert_int_eq(sp_userinfo_make_request(without, &client, SP_STR("AT"), &request), SP_ERR_MISSING);
    ck_assert_int_eq(sp_userinfo_make_request(metadata, &client, SP_STR("AT"), &request), SP_OK);
    ck_assert_str_eq(request.url, ISSUER "/userinfo");
    ck_assert_str_eq(sp_buf_c_str(&request.authorization), "Bearer AT");
    ck_assert_uint_eq(sp_buf_str(&request.body).len, 0);
    sp_exchange_request_done(&request);
}
SP_TEST_END

SP_TEST(an_access_token_that_no_header_takes_has_a_ceiling)
{
    static char bytes[SP_USERINFO_AUTH_MAX];
    memset(bytes, 'A', sizeof bytes);
    ISSUER_PROVIDER metadata = issuer_metadata(",\"userinfo_endpoint\":\"" ISSUER "/userinfo\"");
    struct sp_exchange_request request = SP_EXCHANGE_REQUEST_NONE;
    struct sp_str longest = {bytes, SP_USERINFO_AUTH_MAX - strlen("Bearer ")};
    struct sp_str longer = {bytes, longest.len + 1};
    ck_assert_int_eq(sp_userinfo_make_request(metadata, &client, longer, &request), SP_ERR_LIMIT);
    ck_assert_ptr_null(request.url);
    ck_assert_int_eq(sp_userinfo_make_request(metadata, &client, longest, &request), SP_OK);
    sp_exchange_request_done(&request);
}
SP_TEST_END

SP_TEST(what_userinfo_says_replaces_what_the_token_said)
{
    struct sp_claims claims =
        token_claims("{\"sub\":\"ada\",\"name\":\"A\",\"groups\":[\"old\"],\"sid\":\"s\",\"exp\":9}");
    ck_assert_int_eq(
        merge("{\"sub\":\"ada\",\"email\":\"ada@example.com\",\"email_verified\":true,\"name\":\"Ada\","
              "\"preferred_username\":\"ada\",\"groups\":[\"ops\",\"sre\"],\"upn\":\"ada@corp\"}",
              &claims),
        SP_OK);
    ck_assert_str_view(claims.email, "ada@example.com");
    ck_assert_int_eq(claims.email_verified, SP_EMAIL_VERIFIED_YES);
    ck_assert_str_view(claims.name, "Ada");
    ck_assert_str_view(claims.preferred_username, "ada");
    ck_assert_uint_eq(claims.groups.n, 2);
    ck_assert_str_view(sp_claims_text(&claims, "upn"), "ada@corp");
    ck_assert_str_view(claims.sid, "s");
    ck_assert_int_eq(claims.expires_s, 9);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(a_claim_inside_another_is_userinfos_or_the_tokens)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    static const struct sp_client inside = {.groups_claim = "/realm_access/roles"};
    json_t *all = json_loads(
        "{\"sub\":\"ada\",\"realm_access\":{\"roles\":[\"old\"],\"site\":\"a\"},\"aud\":[\"x\"]}", 0, NULL);
    ck_assert_int_eq(sp_claims_read(all, "the test", inside.groups_claim, &claims, NULL), SP_OK);
    ck_assert_uint_eq(claims.groups.n, 1);
    struct sp_exchange_response response = {
        .status = 200,
        .body =
            SP_STR("{\"sub\":\"ada\",\"realm_access\":{\"roles\":{\"ops\":{},\"sre\":{}}},\"aud\":[\"y\"],"
                   "\"_claim_names\":{\"hr\":\"src\"}}"),
    };
    ck_assert_int_eq(sp_userinfo_merge(&response, &inside, &claims, NULL), SP_OK);
    ck_assert_uint_eq(claims.groups.n, 2);
    ck_assert_str_view(sp_json_string_list_at(&claims.groups, 1), "sre");
    ck_assert_str_view(sp_claims_text(&claims, "/realm_access/site"), "a");
    ck_assert_str_view(sp_claims_text(&claims, "/aud/0"), "x");
    ck_assert_int_eq(sp_claims_text_state(&claims, "/hr/id"), SP_CLAIM_ELSEWHERE);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(what_userinfo_does_not_say_stays)
{
    struct sp_claims claims =
        token_claims("{\"sub\":\"ada\",\"name\":\"A\",\"email\":\"a@b\",\"email_verified\":true}");
    ck_assert_int_eq(merge("{\"sub\":\"ada\",\"name\":null}", &claims), SP_OK);
    ck_assert_str_view(claims.name, "A");
    ck_assert_str_view(claims.email, "a@b");
    ck_assert_int_eq(claims.email_verified, SP_EMAIL_VERIFIED_YES);
    sp_claims_done(&claims);
}
SP_TEST_END

/* Dex responds with the complete payload of the access token. */
SP_TEST(what_identifies_the_login_is_never_replaced)
{
    struct sp_claims claims =
        token_claims("{\"sub\":\"ada\",\"iss\":\"i\",\"aud\":\"a\",\"exp\":9,\"iat\":8,\"sid\":\"s\"}");
    ck_assert_int_eq(
        merge("{\"sub\":\"ada\",\"iss\":\"j\",\"aud\":\"b\",\"exp\":99,\"iat\":98,\"sid\":\"t\",\"other\":1}",
              &claims),
        SP_OK);
    ck_assert_int_eq(claims.expires_s, 9);
    ck_assert_int_eq(claims.issued_s, 8);
    ck_assert_str_view(claims.sid, "s");
    ck_assert_str_view(sp_claims_text(&claims, "iss"), "i");
    ck_assert_str_view(sp_claims_text(&claims, "aud"), "a");
    ck_assert_str_view(sp_claims_text(&claims, "sub"), "ada");
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(another_address_does_not_inherit_the_verification)
{
    static const struct {
        const char *token;
        const char *answer;
        enum sp_email_verified verified;
    } cases[] = {
        {"\"email\":\"a@b\",\"email_verified\":true", "\"email\":\"c@d\"", SP_EMAIL_VERIFIED_NO},
        {"\"email\":\"a@b\",\"email_verified\":true", "\"email\":\"a@b\"", SP_EMAIL_VERIFIED_YES},
        {"\"email\":\"a@b\",\"email_verified\":true", "\"email\":\"c@d\",\"email_verified\":true",
         SP_EMAIL_VERIFIED_YES},
        {"\"email\":\"a@b\",\"email_verified\":true", "\"email\":\"c@d\",\"email_verified\":null",
         SP_EMAIL_VERIFIED_NO},
        {"\"email\":\"a@b\",\"email_verified\":true", "\"email\":\"a@b\",\"email_verified\":false",
         SP_EMAIL_VERIFIED_NO},
        {"\"email\":\"a@b\",\"email_verified\":false", "\"email\":\"c@d\"", SP_EMAIL_VERIFIED_NO},
        {"\"email\":\"a@b\",\"email_verified\":false", "\"email_verified\":true", SP_EMAIL_VERIFIED_NO},
        {"\"email_verified\":true", "\"email\":\"c@d\"", SP_EMAIL_VERIFIED_NO},
        {"\"name\":\"A\"", "\"email\":\"c@d\"", SP_EMAIL_VERIFIED_ABSENT},
        {"\"name\":\"A\"", "\"email\":\"c@d\",\"email_verified\":\"true\"", SP_EMAIL_VERIFIED_YES},
        {"\"name\":\"A\"", "\"email\":\"c@d\",\"email_verified\":1", SP_EMAIL_VERIFIED_NO},
        {"\"email\":\"a@b\",\"email_verified\":null", "\"email\":\"c@d\"", SP_EMAIL_VERIFIED_ABSENT},
        {"\"email\":[\"a@b\"],\"email_verified\":true", "\"email\":\"a@b\"", SP_EMAIL_VERIFIED_YES},
        {"\"email\":[\"a@b\"],\"email_verified\":true", "\"email\":[\"c@d\"]", SP_EMAIL_VERIFIED_NO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT token = text_format("{\"sub\":\"ada\",%s}", cases[i].token);
        SIGNER_TEXT answer = text_format("{\"sub\":\"ada\",%s}", cases[i].answer);
        struct sp_claims claims = token_claims(token);
        ck_assert_int_eq(merge(answer, &claims), SP_OK);
        ck_assert_msg(claims.email_verified == cases[i].verified, "%s, %s", token, answer);
        sp_claims_done(&claims);
    }
}
SP_TEST_END

/* OpenID Connect Core 1.0, section 5.3.2. */
SP_TEST(somebody_elses_claims_are_discarded)
{
    static const struct {
        const char *body;
        enum sp_error error;
    } cases[] = {
        {"{\"sub\":\"eve\",\"name\":\"Eve\"}", SP_ERR_MISMATCH},
        {"{\"sub\":\"Ada\"}", SP_ERR_MISMATCH},
        {"{\"sub\":\"\"}", SP_ERR_MISMATCH},
        {"{\"name\":\"Eve\"}", SP_ERR_MISSING},
        {"{\"sub\":[\"ada\"]}", SP_ERR_FORMAT},
        {"[]", SP_ERR_FORMAT},
        {"{\"sub\":\"ada\",\"sub\":\"ada\"}", SP_ERR_DUPLICATE},
        {"", SP_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_claims claims = token_claims("{\"sub\":\"ada\",\"name\":\"A\"}");
        ck_assert_msg(merge(cases[i].body, &claims) == cases[i].error, "%s", cases[i].body);
        ck_assert_str_view(claims.name, "A");
        sp_claims_done(&claims);
    }
}
SP_TEST_END

static enum sp_error merge_status(unsigned status, const char *content_type)
{
    struct sp_claims claims = token_claims("{\"sub\":\"ada\"}");
    struct sp_exchange_response response = {.error = status == 0 ? SP_ERR_TIMEOUT : SP_OK,
                                            .text = "too late",
                                            .status = status,
                                            .content_type = sp_str_from_c(content_type),
                                            .body = SP_STR("{\"sub\":\"ada\"}")};
    enum sp_error error = merge_answer(&response, &claims);
    sp_claims_done(&claims);
    return error;
}

SP_TEST(refusals_outages_and_signed_answers_are_told_apart)
{
    ck_assert_int_eq(merge_status(200, "application/json"), SP_OK);
    ck_assert_int_eq(merge_status(200, "application/jwt"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(merge_status(200, ""), SP_OK);
    ck_assert_int_eq(merge_status(200, "text/html"), SP_OK);
    ck_assert_int_eq(merge_status(401, "application/json"), SP_ERR_STATUS);
    ck_assert_int_eq(merge_status(403, "application/json"), SP_ERR_STATUS);
    ck_assert_int_eq(merge_status(302, "application/json"), SP_ERR_FORMAT);
    ck_assert_int_eq(merge_status(429, "application/json"), SP_ERR_IO);
    ck_assert_int_eq(merge_status(500, "application/json"), SP_ERR_IO);
    ck_assert_int_eq(merge_status(0, ""), SP_ERR_IO);
}
SP_TEST_END

SP_TEST(the_bytes_of_an_answer_have_a_ceiling)
{
    struct sp_claims claims = token_claims("{\"sub\":\"ada\",\"groups\":[\"ops\"]}");
    SIGNER_TEXT longest = text_format("{\"sub\":\"ada\"}%*s", SP_EXCHANGE_ANSWER_MAX - 13, "");
    SIGNER_TEXT longer = text_format("{\"sub\":\"ada\"}%*s", SP_EXCHANGE_ANSWER_MAX - 12, "");
    ck_assert_int_eq(merge(longer, &claims), SP_ERR_LIMIT);
    ck_assert_uint_eq(claims.groups.n, 1);
    ck_assert_int_eq(merge(longest, &claims), SP_OK);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_SUITE("userinfo", the_request_carries_the_access_token_in_its_header,
         an_access_token_that_no_header_takes_has_a_ceiling, what_userinfo_says_replaces_what_the_token_said,
         a_claim_inside_another_is_userinfos_or_the_tokens, what_userinfo_does_not_say_stays,
         what_identifies_the_login_is_never_replaced, another_address_does_not_inherit_the_verification,
         somebody_elses_claims_are_discarded, refusals_outages_and_signed_answers_are_told_apart,
         the_bytes_of_an_answer_have_a_ceiling)
