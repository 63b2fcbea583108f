/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/signed_token.h"

#include "../suite.h"
#include "issuer.h"

/* A kind of token with the claims of an ID token and its own type. */
static const struct sp_signed_token_expectation usual = {
    .what = "the test token",
    .type = {"test+jwt", 8},
    ISSUER_EXPECTATION,
};

static enum sp_error verify_text(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_signed_token_expectation *expectation, struct sp_diag *diag)
{
    SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = SP_SIGNED_TOKEN_NONE;
    enum sp_error error = sp_signed_token_verify(text, keyset, expectation, &token, diag);
    ck_assert((token.claims != NULL) == (error == SP_OK));
    return error;
}

static enum sp_error verify_usual(struct sp_str text, const struct sp_keyset *keyset, struct sp_diag *diag)
{
    return verify_text(text, keyset, &usual, diag);
}

/* The valid token with `changes` to its claims. */
static enum sp_error verify(const char *changes)
{
    struct sp_diag diag = {0};
    enum sp_error error = issuer_try(ISSUER_HEADER, changes, verify_usual, &diag);
    ck_assert_msg((strstr(diag.text, "the test token") != NULL) == (error != SP_OK), "%s", diag.text);
    return error;
}

SP_TEST(the_right_token_gives_its_claims_and_what_they_were_checked_for)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES384");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT text = issuer_id_token(&signer, "k", "{\"aud\":[\"sallyport\",\"grafana\"]}");
    SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = SP_SIGNED_TOKEN_NONE;
    ck_assert_int_eq(sp_signed_token_verify(sp_str_from_c(text), keyset, &usual, &token, NULL), SP_OK);
    ck_assert(!token.has_stranger);
    ck_assert_int_eq(token.issued_s, ISSUER_NOW_S);
    ck_assert_str_eq(token.algorithm->name, "ES384");
    struct sp_str sub;
    ck_assert_int_eq(sp_json_get_string(token.claims, "sub", &sub), SP_OK);
    ck_assert_str_view(sub, ISSUER_SUB);
}
SP_TEST_END

/* OpenID Connect Core 1.0, section 3.1.3.7, rule 2. */
SP_TEST(ac_22_the_issuer_is_ours_byte_for_byte)
{
    ck_assert_int_eq(verify("{\"iss\":\"" ISSUER "/\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"iss\":\"https://ISSUER.example/dex\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"iss\":\"https://issuer.example\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"iss\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"iss\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"iss\":[\"" ISSUER "\"]}"), SP_ERR_FORMAT);
}
SP_TEST_END

/* Rule 3. */
SP_TEST(ac_22_the_audience_is_us_and_whom_we_trust)
{
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":\"grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"Sallyport\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"sallyport grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":\"sallyport\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[\"stranger\",\"sallyport\"],\"azp\":\"sallyport\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\"]}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[]}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\",7]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"aud\":{\"sallyport\":1}}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"aud\":null}"), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(ac_22_any_audience_is_one_that_the_kind_of_token_has_to_explain)
{
    struct sp_signed_token_expectation any = usual;
    any.any_audience = true;
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    static const struct {
        const char *aud;
        enum sp_error error;
        bool has_stranger;
    } cases[] = {
        {"{\"aud\":\"sallyport\"}", SP_OK, false},
        {"{\"aud\":[\"sallyport\",\"grafana\"]}", SP_OK, false},
        {"{\"aud\":[\"stranger\",\"sallyport\"]}", SP_OK, true},
        {"{\"aud\":[\"sallyport\",\"\"]}", SP_OK, true},
        {"{\"aud\":[\"stranger\"]}", SP_ERR_MISMATCH, false},
        {"{\"aud\":\"stranger\"}", SP_ERR_MISMATCH, false},
        {"{\"aud\":[\"sallyport\",7]}", SP_ERR_FORMAT, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT text = issuer_id_token(&signer, "k", cases[i].aud);
        SP_SIGNED_TOKEN_SCOPED struct sp_signed_token token = SP_SIGNED_TOKEN_NONE;
        ck_assert_int_eq(sp_signed_token_verify(sp_str_from_c(text), keyset, &any, &token, NULL),
                         cases[i].error);
        ck_assert_msg(token.has_stranger == cases[i].has_stranger, "%s", cases[i].aud);
    }
}
SP_TEST_END

SP_TEST(an_audience_list_has_a_ceiling)
{
    for (size_t n = SP_SIGNED_TOKEN_AUD_MAX; n <= SP_SIGNED_TOKEN_AUD_MAX + 1; n++) {
        SP_BUF_SCOPED struct sp_buf changes;
        sp_buf_init(&changes, 16384);
        sp_buf_append_c(&changes, "{\"azp\":\"sallyport\",\"aud\":[\"sallyport\"");
        for (size_t i = 1; i < n; i++) {
            sp_buf_append_c(&changes, ",\"grafana\"");
        }
        sp_buf_append_c(&changes, "]}");
        ck_assert_int_eq(verify(sp_buf_c_str(&changes)), n <= SP_SIGNED_TOKEN_AUD_MAX ? SP_OK : SP_ERR_LIMIT);
    }
}
SP_TEST_END

/* Rules 6 to 8. */
SP_TEST(ac_22_the_signature_is_of_the_issuers_key)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    SIGNER_SCOPED struct signer rsa = signer_new("RS256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT forged = issuer_id_token(&stranger, "k", "{}");
    SIGNER_TEXT unknown = issuer_id_token(&signer, "unknown", "{}");
    SIGNER_TEXT other_type = issuer_id_token(&rsa, "k", "{}");
    SIGNER_TEXT right = issuer_id_token(&signer, "k", "{}");
    ck_assert_int_eq(verify_text(sp_str_from_c(right), keyset, &usual, NULL), SP_OK);
    ck_assert_int_eq(verify_text(sp_str_from_c(forged), keyset, &usual, NULL), SP_ERR_SIGNATURE);
    ck_assert_int_eq(verify_text(sp_str_from_c(unknown), keyset, &usual, NULL), SP_ERR_KEY);
    ck_assert_int_eq(verify_text(sp_str_from_c(other_type), keyset, &usual, NULL), SP_ERR_KEY);
    ck_assert_int_eq(verify_text(sp_str_from_c(right), NULL, &usual, NULL), SP_ERR_KEY);
}
SP_TEST_END

static enum sp_error verify_header(const char *header)
{
    struct sp_diag diag = {0};
    return issuer_try(header, "{}", verify_usual, &diag);
}

SP_TEST(ac_22_headers_that_choose_are_refused_although_the_signature_is_right)
{
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"none\",\"kid\":\"k\"}"), SP_ERR_ALGORITHM);
    ck_assert_int_eq(verify_header("{\"alg\":\"HS256\",\"kid\":\"k\"}"), SP_ERR_ALGORITHM);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[\"exp\"]}"),
                     SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"jwk\":{}}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"https://x\"}"),
                     SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"x5u\":\"https://x\"}"),
                     SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"zip\":\"DEF\"}"), SP_ERR_UNSUPPORTED);
}
SP_TEST_END

SP_TEST(a_token_of_another_kind_is_refused_by_its_typ)
{
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"test+jwt\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"Test+JWT\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":7}"), SP_ERR_FORMAT);
}
SP_TEST_END

static enum sp_error verify_date(const char *name, int64_t offset_s)
{
    SIGNER_TEXT changes = text_format("{\"%s\":%lld}", name, (long long)(ISSUER_NOW_S + offset_s));
    return verify(changes);
}

/* Rule 9. */
SP_TEST(a_token_holds_until_its_end_and_the_skew)
{
    ck_assert_int_eq(verify_date("exp", 1), SP_OK);
    ck_assert_int_eq(verify_date("exp", -ISSUER_SKEW_S + 1), SP_OK);
    ck_assert_int_eq(verify_date("exp", -ISSUER_SKEW_S), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_date("exp", -86400), SP_ERR_EXPIRED);
}
SP_TEST_END

SP_TEST(a_token_is_not_used_before_its_time)
{
    ck_assert_int_eq(verify_date("nbf", 0), SP_OK);
    ck_assert_int_eq(verify_date("nbf", ISSUER_SKEW_S), SP_OK);
    ck_assert_int_eq(verify_date("nbf", ISSUER_SKEW_S + 1), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify("{\"nbf\":\"soon\"}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_22_dates_that_are_none_are_refused)
{
    static const char *const values[] = {"1e300",        "-1",   "\"1700000100\"",  "true",
                                         "[1700000100]", "-0.5", "9007199254740993"};
    static const char *const dates[] = {"exp", "iat", "nbf"};
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            SIGNER_TEXT changes = text_format("{\"%s\":%s}", dates[i], values[j]);
            ck_assert_msg(verify(changes) == SP_ERR_FORMAT, "%s", changes);
        }
    }
    ck_assert_int_eq(verify("{\"exp\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"iat\":\"-\"}"), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(a_token_has_a_ceiling)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT text = text_format("%0*d", SP_SIGNED_TOKEN_MAX + 1, 0);
    struct sp_str longer = sp_str_from_c(text);
    struct sp_str longest = {text, SP_SIGNED_TOKEN_MAX};
    ck_assert_int_eq(verify_text(longer, keyset, &usual, NULL), SP_ERR_LIMIT);
    ck_assert_int_eq(verify_text(longest, keyset, &usual, NULL), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(claims_that_are_no_object_are_refused_although_signed)
{
    static const char *const payloads[] = {
        "[]", "\"x\"", "null", "{", "{\"iss\":1,\"iss\":2}", "{\"a\":\"\xff\"}"};
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        SIGNER_TEXT text = signer_sign(&signer, "{\"alg\":\"ES256\",\"kid\":\"k\"}", payloads[i]);
        enum sp_error error = verify_text(sp_str_from_c(text), keyset, &usual, NULL);
        ck_assert_int_eq(error, i == 4 ? SP_ERR_DUPLICATE : SP_ERR_FORMAT);
    }
}
SP_TEST_END

SP_SUITE("signed_token", the_right_token_gives_its_claims_and_what_they_were_checked_for,
         ac_22_the_issuer_is_ours_byte_for_byte, ac_22_the_audience_is_us_and_whom_we_trust,
         ac_22_any_audience_is_one_that_the_kind_of_token_has_to_explain, an_audience_list_has_a_ceiling,
         ac_22_the_signature_is_of_the_issuers_key,
         ac_22_headers_that_choose_are_refused_although_the_signature_is_right,
         a_token_of_another_kind_is_refused_by_its_typ, a_token_holds_until_its_end_and_the_skew,
         a_token_is_not_used_before_its_time, ac_22_dates_that_are_none_are_refused, a_token_has_a_ceiling,
         claims_that_are_no_object_are_refused_although_signed)
