/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/token.h"

#include "../suite.h"
#include "issuer.h"

static const struct sp_token_grant grant = {
    .code = {"SplxlOBeZQQYbYS6WxSbIA", 22},
    .redirect_uri = {"https://app.example.com/_sallyport/callback", 43},
    .verifier = {"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 43},
};

#define GRANT                                                                                                \
    "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA"                                              \
    "&redirect_uri=https%3A%2F%2Fapp.example.com%2F_sallyport%2Fcallback"                                    \
    "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static void check_request(const struct sp_client *client, const char *authorization, const char *body)
{
    ISSUER_PROVIDER metadata = issuer_metadata("");
    struct sp_exchange_request request = SP_EXCHANGE_REQUEST_NONE;
    ck_assert_int_eq(sp_token_make_request(metadata, client, &grant, &request), SP_OK);
    ck_assert_str_eq(request.url, ISSUER "/token");
    ck_assert(sp_str_equal(sp_buf_str(&request.authorization), sp_str_from_c(authorization)));
    ck_assert_str_eq(sp_buf_c_str(&request.body), body);
    sp_exchange_request_done(&request);
}

/* The example of RFC 6749, section 2.3.1. */
SP_TEST(a_client_says_who_it_is_by_basic)
{
    const struct sp_client client = {.id = SP_STR("s6BhdRkqt3"), .secret = SP_STR("7Fjfp0ZBr1KtDRbnfVdmIw")};
    check_request(&client, "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3", GRANT);
}
SP_TEST_END

SP_TEST(id_and_secret_are_encoded_before_they_are_joined)
{
    const struct sp_client client = {.id = SP_STR("a:b"), .secret = SP_STR("p%q+r s:\xc3\xa9")};
    check_request(&client,
                  "Basic YSUzQWI6cCUyNXElMkJyJTIwcyUzQSVDMyVBOQ==", GRANT); /* a%3Ab:p%25q%2Br%20s%3A%C3%A9 */
}
SP_TEST_END

SP_TEST(a_client_says_who_it_is_in_the_form)
{
    const struct sp_client client = {
        .id = SP_STR("a&b"), .secret = SP_STR("c=d e"), .auth = SP_CLIENT_AUTH_POST};
    check_request(&client, "", GRANT "&client_id=a%26b&client_secret=c%3Dd%20e");
}
SP_TEST_END

SP_TEST(a_public_client_names_itself_and_no_secret)
{
    const struct sp_client client = {
        .id = SP_STR("kubectl"), .secret = SP_STR("ignored"), .auth = SP_CLIENT_AUTH_NONE};
    check_request(&client, "", GRANT "&client_id=kubectl");
}
SP_TEST_END

/* RFC 7009, section 2.1. */
SP_TEST(a_refresh_token_is_revoked_by_the_client_that_it_belongs_to)
{
    struct sp_issuer_metadata metadata = {.revocation_endpoint =
                                              (char *)(uintptr_t) "https://a.example/revoke"};
    const struct sp_client client = {.id = SP_STR("a"), .secret = SP_STR("b"), .auth = SP_CLIENT_AUTH_POST};
    struct sp_exchange_request request = SP_EXCHANGE_REQUEST_NONE;
    ck_assert_int_eq(sp_token_make_revocation(&metadata, &client, SP_STR(""), &request), SP_ERR_MISSING);
    ck_assert_int_eq(sp_token_make_revocation(&metadata, &client, SP_STR("x+/="), &request), SP_OK);
    ck_assert_str_eq(request.url, "https://a.example/revoke");
    ck_assert_str_eq(sp_buf_c_str(&request.body),
                     "token=x%2B%2F%3D&token_type_hint=refresh_token&client_id=a&client_secret=b");
    sp_exchange_request_done(&request);
}
SP_TEST_END

SP_TEST(a_refresh_token_is_revoked_where_nothing_else_ends_it)
{
    static const struct {
        const char *members;
        const char *scopes;
        bool renew;
        bool revokes;
    } cases[] = {{"\"revocation_endpoint\":\"" ISSUER "/revoke\"", "openid", true, true},
                 {"\"revocation_endpoint\":\"" ISSUER "/revoke\"", "openid", false, false},
                 {"\"revocation_endpoint\":\"" ISSUER "/revoke\",\"end_session_endpoint\":\"" ISSUER "/end\"",
                  "openid offline_accesses", true, false},
                 {"\"revocation_endpoint\":\"" ISSUER "/revoke\",\"end_session_endpoint\":\"" ISSUER "/end\"",
                  "openid offline_access email", true, true},
                 {"\"end_session_endpoint\":\"" ISSUER "/end\"", "openid offline_access", true, false},
                 {"\"x\":1", "", true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_client asking = issuer_client;
        asking.renew = cases[i].renew;
        asking.scopes = sp_str_from_c(cases[i].scopes);
        ISSUER_PROVIDER metadata = NULL;
        SIGNER_TEXT text =
            text_format("{\"issuer\":\"" ISSUER "\"," ISSUER_ENDPOINTS ",%s}", cases[i].members);
        ck_assert_int_eq(
            sp_issuer_metadata_parse(sp_str_from_c(text), SP_STR(ISSUER), &asking, &metadata, NULL), SP_OK);
        ck_assert_msg(sp_issuer_metadata_revokes_at_logout(metadata, &asking) == cases[i].revokes, "%zu", i);
    }
}
SP_TEST_END

SP_TEST(a_request_has_ceilings)
{
    ISSUER_PROVIDER metadata = issuer_metadata("");
    SIGNER_TEXT code = text_format("%0*d", SP_TOKEN_REQUEST_MAX, 0);
    SIGNER_TEXT secret = text_format("%0*d", SP_TOKEN_AUTH_MAX / 2, 0);
    struct sp_exchange_request request = SP_EXCHANGE_REQUEST_NONE;
    struct sp_client client = {.id = SP_STR("a"), .secret = SP_STR("b")};
    struct sp_token_grant large = grant;
    large.code = sp_str_from_c(code);
    ck_assert_int_eq(sp_token_make_request(metadata, &client, &large, &request), SP_ERR_LIMIT);
    client.secret = sp_str_from_c(secret);
    ck_assert_int_eq(sp_token_make_request(metadata, &client, &grant, &request), SP_ERR_LIMIT);
    ck_assert_ptr_null(request.url);
}
SP_TEST_END

/* ---- response ---------------------------------------------------------------------------------------- */

#define TOKENS "\"token_type\":\"bearer\",\"access_token\":\"AT\",\"id_token\":\"IT\""

static struct sp_client reader = {.userinfo = SP_USERINFO_REQUIRED};

static enum sp_error parse_answer(unsigned status, const char *content_type, const char *body,
                                  enum sp_issuer_error *refusal)
{
    struct sp_exchange_response response = {
        .status = status, .content_type = sp_str_from_c(content_type), .body = sp_str_from_c(body)};
    struct sp_token_set tokens = SP_TOKEN_SET_NONE;
    struct sp_diag diag = {0};
    enum sp_error error =
        sp_token_parse_response(&response, &reader, SP_ID_TOKEN_NEEDED, &tokens, refusal, &diag);
    ck_assert((tokens.id_token.len > 0) == (error == SP_OK));
    ck_assert((diag.text[0] != '\0') == (error != SP_OK));
    ck_assert_ptr_null(strstr(diag.text, "secret"));
    sp_token_set_done(&tokens);
    return error;
}

static enum sp_error parse_body(const char *body)
{
    enum sp_issuer_error refusal;
    return parse_answer(200, "application/json", body, &refusal);
}

SP_TEST(the_tokens_of_an_answer_are_read)
{
    struct sp_exchange_response response = {
        .status = 200,
        .content_type = SP_STR("application/json;charset=UTF-8"),
        .body =
            SP_STR("{\"access_token\":\"SlAV32hkKG\",\"token_type\":\"Bearer\",\"refresh_token\":"
                   "\"8xLOxBtZp8\",\"expires_in\":3600,\"id_token\":\"eyJ.eyJ.c2ln\",\"scope\":\"openid\"}")};
    static const struct sp_client plain = {.userinfo = SP_USERINFO_UNUSED};
    struct sp_token_set tokens = SP_TOKEN_SET_NONE;
    enum sp_issuer_error refusal;
    ck_assert_int_eq(sp_token_parse_response(&response, &plain, SP_ID_TOKEN_NEEDED, &tokens, &refusal, NULL),
                     SP_OK);
    ck_assert_str_view(sp_buf_str(&tokens.access_token), "SlAV32hkKG");
    ck_assert_str_view(sp_buf_str(&tokens.id_token), "eyJ.eyJ.c2ln");
    sp_token_set_done(&tokens);
    sp_token_set_done(&tokens);
}
SP_TEST_END

SP_TEST(the_type_of_an_access_token_that_is_used_is_bearer_in_any_case)
{
    static const struct {
        const char *type;
        enum sp_error error;
    } cases[] = {
        {"\"token_type\":\"BEARER\",", SP_OK},           {"\"token_type\":\"DPoP\",", SP_ERR_UNSUPPORTED},
        {"\"token_type\":\"\",", SP_ERR_UNSUPPORTED},    {"\"token_type\":1,", SP_ERR_FORMAT},
        {"\"token_type\":[\"Bearer\"],", SP_ERR_FORMAT}, {"", SP_ERR_MISSING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT body = text_format("{%s\"access_token\":\"AT\",\"id_token\":\"IT\"}", cases[i].type);
        reader.userinfo = SP_USERINFO_REQUIRED;
        ck_assert_msg(parse_body(body) == cases[i].error, "%s", body);
        reader.userinfo = SP_USERINFO_UNUSED;
        ck_assert_msg(parse_body(body) == SP_OK, "%s", body);
    }
}
SP_TEST_END

SP_TEST(an_access_token_is_needed_where_it_is_used)
{
    static const struct {
        const char *token;
        enum sp_error error;
    } cases[] = {
        {"", SP_ERR_MISSING},
        {"\"access_token\":null,", SP_ERR_MISSING},
        {"\"access_token\":7,", SP_ERR_FORMAT},
        {"\"access_token\":\"\",", SP_ERR_FORMAT},
        {"\"access_token\":\"A\\r\\nX: T\",", SP_ERR_FORMAT},
        {"\"access_token\":\"A T\",", SP_ERR_FORMAT},
        {"\"access_token\":\"\\u00e9\",", SP_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT body = text_format("{%s\"token_type\":\"Bearer\",\"id_token\":\"IT\"}", cases[i].token);
        reader.userinfo = SP_USERINFO_REQUIRED;
        ck_assert_msg(parse_body(body) == cases[i].error, "%s", body);
        reader.userinfo = SP_USERINFO_UNUSED;
        ck_assert_msg(parse_body(body) == SP_OK, "%s", body);
    }
}
SP_TEST_END

SP_TEST(an_id_token_is_a_required_text)
{
    ck_assert_int_eq(parse_body("{" TOKENS "}"), SP_OK);
    ck_assert_int_eq(parse_body("{\"token_type\":\"Bearer\",\"access_token\":\"AT\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse_body("{\"id_token\":{}}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_body("{\"id_token\":\"\"}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_body("{\"id_token\":\"I T\"}"), SP_ERR_FORMAT);
    reader.userinfo = SP_USERINFO_UNUSED;
    ck_assert_int_eq(parse_body("{\"id_token\":\"IT\"}"), SP_OK);
}
SP_TEST_END

SP_TEST(a_refresh_token_that_nobody_asked_for_is_not_looked_at)
{
    ck_assert_int_eq(parse_body("{" TOKENS ",\"refresh_token\":null}"), SP_OK);
    ck_assert_int_eq(parse_body("{" TOKENS ",\"refresh_token\":1}"), SP_OK);
}
SP_TEST_END

/* Reads the refresh token into `out`, and returns its lifetime according to the response. */
static int64_t read_refresh(const char *members, char out[32])
{
    static const struct sp_client renewing = {.renew = true};
    char body[256];
    snprintf(body, sizeof body, "{" TOKENS ",%s}", members);
    struct sp_exchange_response response = {.status = 200, .body = sp_str_from_c(body)};
    struct sp_token_set tokens = SP_TOKEN_SET_NONE;
    enum sp_issuer_error refusal;
    ck_assert_int_eq(
        sp_token_parse_response(&response, &renewing, SP_ID_TOKEN_NEEDED, &tokens, &refusal, NULL), SP_OK);
    snprintf(out, 32, "%.*s", SP_STR_ARGS(sp_buf_str(&tokens.refresh_token)));
    int64_t lifetime_s = tokens.refresh_expires_in_s;
    sp_token_set_done(&tokens);
    return lifetime_s;
}

SP_TEST(a_refresh_token_is_read_where_sessions_are_renewed_and_no_fault_of_it_ends_a_login)
{
    char token[32];
    ck_assert_int_eq(read_refresh("\"refresh_token\":\"8xLOxBtZp8\",\"refresh_expires_in\":1800", token),
                     1800);
    ck_assert_str_eq(token, "8xLOxBtZp8");
    static const char *const odd[] = {"\"refresh_token\":null",          "\"refresh_token\":1",
                                      "\"refresh_token\":\"\"",          "\"refresh_token\":\"a b\"",
                                      "\"refresh_expires_in\":\"1800\"", "\"refresh_expires_in\":0",
                                      "\"refresh_expires_in\":-5",       "\"refresh_expires_in\":1e300"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        ck_assert_int_eq(read_refresh(odd[i], token), 0);
        ck_assert_str_eq(token, "");
    }
}
SP_TEST_END

SP_TEST(a_refresh_sends_the_token_and_no_scope)
{
    struct sp_exchange_request request;
    const struct sp_token_grant refresh = {.refresh_token = SP_STR("a+b")};
    static const struct sp_client client = {.id = {"me", 2}, .auth = SP_CLIENT_AUTH_NONE};
    static char endpoint[] = "https://sso.test/token";
    static const struct sp_issuer_metadata issuer = {.token_endpoint = endpoint};
    ck_assert_int_eq(sp_token_make_request(&issuer, &client, &refresh, &request), SP_OK);
    ck_assert_str_view(sp_buf_str(&request.body),
                       "grant_type=refresh_token&refresh_token=a%2Bb&client_id=me");
    sp_exchange_request_done(&request);
}
SP_TEST_END

SP_TEST(an_answer_is_one_json_object_whatever_its_media_type_says)
{
    enum sp_issuer_error refusal;
    ck_assert_int_eq(parse_body(""), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_body("[]"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_body("{" TOKENS ",\"id_token\":\"X\"}"), SP_ERR_DUPLICATE);
    ck_assert_int_eq(parse_answer(200, "text/html", "{" TOKENS "}", &refusal), SP_OK);
    ck_assert_int_eq(parse_answer(200, "", "{" TOKENS "}", &refusal), SP_OK);
    ck_assert_int_eq(parse_answer(200, "application/x-www-form-urlencoded", "id_token=IT", &refusal),
                     SP_ERR_FORMAT);
    ck_assert_int_eq(parse_answer(400, "text/plain", "{\"error\":\"invalid_grant\"}", &refusal),
                     SP_ERR_STATUS);
    ck_assert_int_eq(refusal, SP_ISSUER_ERROR_INVALID_GRANT);
    ck_assert_int_eq(parse_body("{\"error\":\"invalid_grant\"}"), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(an_answer_and_its_tokens_have_ceilings)
{
    SIGNER_TEXT longest = text_format(
        "{\"token_type\":\"Bearer\",\"access_token\":\"A\",\"id_token\":\"%0*d\"}", SP_TOKEN_MAX, 0);
    SIGNER_TEXT longer = text_format(
        "{\"token_type\":\"Bearer\",\"access_token\":\"A\",\"id_token\":\"%0*d\"}", SP_TOKEN_MAX + 1, 0);
    ck_assert_int_eq(parse_body(longest), SP_OK);
    ck_assert_int_eq(parse_body(longer), SP_ERR_LIMIT);
    int pad = SP_EXCHANGE_ANSWER_MAX - (int)strlen("{" TOKENS "}");
    SIGNER_TEXT body = text_format("{" TOKENS "}%*s", pad, "");
    SIGNER_TEXT longer_body = text_format("{" TOKENS "}%*s", pad + 1, "");
    ck_assert_int_eq(parse_body(body), SP_OK);
    ck_assert_int_eq(parse_body(longer_body), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(a_refusal_is_told_from_an_outage)
{
    enum sp_issuer_error refusal = SP_ISSUER_ERROR_COUNT;
    ck_assert_int_eq(parse_answer(400, "application/json",
                                  "{\"error\":\"invalid_grant\",\"error_description\":\"secret\"}", &refusal),
                     SP_ERR_STATUS);
    ck_assert_int_eq(refusal, SP_ISSUER_ERROR_INVALID_GRANT);
    ck_assert_int_eq(parse_answer(401, "application/json", "{\"error\":\"invalid_client\"}", &refusal),
                     SP_ERR_STATUS);
    ck_assert_int_eq(refusal, SP_ISSUER_ERROR_INVALID_CLIENT);
    static const char *const others[] = {"{\"error\":\"secret\"}", "{\"error\":7}", "{}", "", "<html>"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_int_eq(parse_answer(400, "application/json", others[i], &refusal), SP_ERR_STATUS);
        ck_assert_int_eq(refusal, SP_ISSUER_ERROR_OTHER);
    }
    refusal = SP_ISSUER_ERROR_COUNT;
    ck_assert_int_eq(parse_answer(429, "application/json", "{\"error\":\"invalid_grant\"}", &refusal),
                     SP_ERR_IO);
    ck_assert_int_eq(parse_answer(500, "application/json", "{\"error\":\"invalid_request\"}", &refusal),
                     SP_ERR_IO);
    ck_assert_int_eq(parse_answer(503, "text/html", "", &refusal), SP_ERR_IO);
    ck_assert_int_eq(parse_answer(302, "text/html", "", &refusal), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_answer(204, "", "", &refusal), SP_ERR_FORMAT);
    ck_assert_int_eq(refusal, SP_ISSUER_ERROR_COUNT);
    struct sp_exchange_response none = {.error = SP_ERR_IO, .text = "Could not resolve host: sso.test"};
    struct sp_token_set tokens;
    struct sp_diag diag;
    ck_assert_int_eq(sp_token_parse_response(&none, &reader, SP_ID_TOKEN_NEEDED, &tokens, &refusal, &diag),
                     SP_ERR_IO);
    ck_assert_str_eq(diag.text, "the token endpoint did not respond: Could not resolve host: sso.test");
}
SP_TEST_END

SP_SUITE("token", a_client_says_who_it_is_by_basic, id_and_secret_are_encoded_before_they_are_joined,
         a_client_says_who_it_is_in_the_form, a_public_client_names_itself_and_no_secret,
         a_refresh_token_is_revoked_by_the_client_that_it_belongs_to,
         a_refresh_token_is_revoked_where_nothing_else_ends_it, a_request_has_ceilings,
         the_tokens_of_an_answer_are_read, the_type_of_an_access_token_that_is_used_is_bearer_in_any_case,
         an_access_token_is_needed_where_it_is_used, an_id_token_is_a_required_text,
         a_refresh_token_that_nobody_asked_for_is_not_looked_at,
         a_refresh_token_is_read_where_sessions_are_renewed_and_no_fault_of_it_ends_a_login,
         a_refresh_sends_the_token_and_no_scope, an_answer_is_one_json_object_whatever_its_media_type_says,
         an_answer_and_its_tokens_have_ceilings, a_refusal_is_told_from_an_outage)
