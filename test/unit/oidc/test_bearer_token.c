/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/bearer_token.h"

#include "../suite.h"
#include "issuer.h"

/* Of `ISSUER_EXPECTATION`, only the audience `grafana` is accepted. The client id does not count. */
static const struct sp_signed_token_expectation usual = {ISSUER_EXPECTATION};

#define TAKEN "\"aud\":\"grafana\""

static enum sp_error verify_text(struct sp_str text, const struct sp_keyset *keyset, struct sp_diag *diag)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = sp_bearer_token_verify(text, keyset, &usual, "groups", &claims, diag);
    ck_assert((claims.all != NULL) == (error == SP_OK));
    sp_claims_done(&claims);
    return error;
}

static enum sp_error verify_under(const char *header, const char *changes)
{
    struct sp_diag diag = {0};
    enum sp_error error = issuer_try(header, changes, verify_text, &diag);
    ck_assert_msg((strstr(diag.text, "the bearer token: ") != NULL) == (error != SP_OK), "%s: %s", changes,
                  diag.text);
    return error;
}

static enum sp_error verify(const char *changes)
{
    return verify_under(ISSUER_HEADER, changes);
}

SP_TEST(the_right_token_gives_its_claims)
{
    SIGNER_SCOPED struct signer signer = signer_new("RS256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT text = issuer_id_token(&signer, "k", "{" TAKEN ",\"sid\":\"s1\"}");
    struct sp_claims claims = SP_CLAIMS_NONE;
    ck_assert_int_eq(sp_bearer_token_verify(sp_str_from_c(text), keyset, &usual, "groups", &claims, NULL),
                     SP_OK);
    ck_assert_str_view(claims.sub, ISSUER_SUB);
    ck_assert_str_view(claims.sid, "s1");
    ck_assert_str_view(claims.email, "ada@example.com");
    ck_assert_uint_eq(claims.groups.n, 2);
    ck_assert_int_eq(claims.issued_s, ISSUER_NOW_S);
    ck_assert_int_eq(claims.expires_s, ISSUER_NOW_S + 86400);
    sp_claims_done(&claims);
}
SP_TEST_END

SP_TEST(nothing_that_belongs_to_a_login_is_looked_at)
{
    ck_assert_int_eq(verify("{" TAKEN ",\"nonce\":\"-\",\"at_hash\":\"-\"}"), SP_OK);
    ck_assert_int_eq(verify("{" TAKEN ",\"nonce\":7,\"at_hash\":\"of another\",\"c_hash\":\"x\"}"), SP_OK);
    ck_assert_int_eq(verify("{" TAKEN ",\"azp\":\"stranger\"}"), SP_OK);
    ck_assert_int_eq(verify("{" TAKEN ",\"azp\":7}"), SP_OK);
}
SP_TEST_END

SP_TEST(ac_56_one_audience_that_is_taken_suffices)
{
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"stranger\",\"grafana\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\",\"sallyport\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":\"sallyport\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":\"grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"Grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"grafana \"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[]}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"aud\":null}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\",7]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"aud\":{\"grafana\":1}}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(ac_35_a_token_of_another_kind_is_no_identity)
{
    static const struct {
        const char *typ;
        enum sp_error error;
    } cases[] = {
        {"\"JWT\"", SP_OK},
        {"\"jwt\"", SP_OK},
        {"\"application/jwt\"", SP_OK},
        {"\"application/JWT\"", SP_OK},
        {"\"logout+jwt\"", SP_ERR_MISMATCH},
        {"\"application/logout+jwt\"", SP_ERR_MISMATCH},
        {"\"at+jwt\"", SP_ERR_MISMATCH},
        {"\"application/at+jwt\"", SP_ERR_MISMATCH},
        {"\"JWT \"", SP_ERR_MISMATCH},
        {"\"application/application/jwt\"", SP_ERR_MISMATCH},
        {"\"\"", SP_ERR_MISMATCH},
        {"7", SP_ERR_FORMAT},
        {"[\"JWT\"]", SP_ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT header = text_format("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":%s}", cases[i].typ);
        ck_assert_msg(verify_under(header, "{" TAKEN "}") == cases[i].error, "%s", cases[i].typ);
    }
    static const char *const events[] = {"null",  "{}", "\"x\"",
                                         "false", "[]", "{\"" SP_LOGOUT_TOKEN_EVENT "\":{}}"};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        SIGNER_TEXT changes = text_format("{" TAKEN ",\"events\":%s}", events[i]);
        ck_assert_msg(verify(changes) == SP_ERR_MISMATCH, "%s", events[i]);
    }
}
SP_TEST_END

static enum sp_error verify_dates(int64_t iat_s, int64_t exp_s, const char *members)
{
    SIGNER_TEXT changes =
        text_format("{" TAKEN ",\"iat\":%lld,\"exp\":%lld%s}", (long long)(ISSUER_NOW_S + iat_s),
                    (long long)(ISSUER_NOW_S + exp_s), members);
    return verify(changes);
}

SP_TEST(dates_are_those_of_all_tokens_and_the_age_is_that_of_revocations)
{
    ck_assert_int_eq(verify_dates(-86400, 1 - ISSUER_SKEW_S, ""), SP_OK);
    ck_assert_int_eq(verify_dates(-86400, -ISSUER_SKEW_S, ""), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_dates(ISSUER_SKEW_S, 99999, ""), SP_OK);
    ck_assert_int_eq(verify_dates(ISSUER_SKEW_S + 1, 99999, ""), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_dates(-1, 99999, ",\"nbf\":1700000060"), SP_OK);
    ck_assert_int_eq(verify_dates(-1, 99999, ",\"nbf\":1700000061"), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_dates(-SP_BEARER_TOKEN_AGE_MAX_S - ISSUER_SKEW_S, 99, ""), SP_OK);
    ck_assert_int_eq(verify_dates(-SP_BEARER_TOKEN_AGE_MAX_S - ISSUER_SKEW_S - 1, 99, ""), SP_ERR_EXPIRED);
    static const char *const wrong[] = {"\"-\"", "null", "\"soon\"", "-1", "1e300", "true", "[1700000000]"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SIGNER_TEXT exp = text_format("{" TAKEN ",\"exp\":%s}", wrong[i]);
        SIGNER_TEXT iat = text_format("{" TAKEN ",\"iat\":%s}", wrong[i]);
        ck_assert_msg(verify(exp) != SP_OK && verify(iat) != SP_OK, "%s", wrong[i]);
    }
}
SP_TEST_END

SP_TEST(the_issuer_and_the_subject_are_needed)
{
    ck_assert_int_eq(verify("{" TAKEN ",\"iss\":\"" ISSUER "/\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{" TAKEN ",\"iss\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{" TAKEN ",\"sub\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_ne(verify("{" TAKEN ",\"sub\":\"\"}"), SP_OK);
    ck_assert_int_ne(verify("{" TAKEN ",\"sub\":7}"), SP_OK);
}
SP_TEST_END

SP_TEST(ac_22_a_token_without_a_signature_of_the_issuer_is_refused)
{
    static const char *const headers[] = {"{\"alg\":\"none\"}",
                                          "{\"alg\":\"HS256\",\"kid\":\"k\"}",
                                          "{\"alg\":\"RS256\",\"kid\":\"k\"}",
                                          "{\"alg\":\"ES256\",\"kid\":\"other\"}",
                                          "{\"alg\":\"ES256\",\"kid\":\"k\",\"crit\":[\"exp\"]}",
                                          "{\"alg\":\"ES256\",\"kid\":\"k\",\"b64\":false}",
                                          "{\"alg\":\"ES256\",\"kid\":\"k\",\"jku\":\"x\"}",
                                          "{\"alg\":\"ES256\",\"kid\":\"k\",\"zip\":\"DEF\"}"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        ck_assert_msg(verify_under(headers[i], "{" TAKEN "}") != SP_OK, "%s", headers[i]);
    }
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT forged = issuer_id_token(&stranger, "k", "{" TAKEN "}");
    struct sp_diag diag = {0};
    ck_assert_int_eq(verify_text(sp_str_from_c(forged), keyset, &diag), SP_ERR_SIGNATURE);
    ck_assert_int_eq(verify_text(sp_str_from_c(forged), NULL, &diag), SP_ERR_KEY);
}
SP_TEST_END

SP_TEST(ac_65_every_bit_counts_and_so_does_every_byte)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT text = issuer_id_token(&signer, "k", "{" TAKEN "}");
    size_t len = strlen(text);
    struct sp_diag diag = {0};
    ck_assert_int_eq(verify_text((struct sp_str){text, len}, keyset, &diag), SP_OK);
    for (size_t i = 0; i < len; i++) {
        ck_assert_msg(verify_text((struct sp_str){text, i}, keyset, &diag) != SP_OK, "cut at %zu", i);
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            ck_assert_msg(verify_text((struct sp_str){text, len}, keyset, &diag) != SP_OK, "bit %u of %zu",
                          bit, i);
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
}
SP_TEST_END

/* ---- the issuer of a token ------------------------------------------------------------------------- */

static bool is_ours(struct sp_str text)
{
    SP_JSON_SCOPED json_t *claims = sp_bearer_token_peek(text);
    return claims != NULL && sp_bearer_token_is_of(claims, SP_STR(ISSUER));
}

/* A token with these claims, and meaningless header and signature. */
static bool is_ours_of(const char *claims)
{
    SIGNER_TEXT encoded = text_base64url(claims, strlen(claims));
    SIGNER_TEXT text = text_format("?.%s.", encoded);
    return is_ours(sp_str_from_c(text));
}

SP_TEST(a_token_is_of_the_issuer_that_it_names_whatever_else_it_is)
{
    ck_assert(is_ours_of("{\"iss\":\"" ISSUER "\"}"));
    ck_assert(is_ours_of("{\"iss\":\"https:\\/\\/issuer.example\\/dex\",\"aud\":7}"));
    static const char *const foreign[] = {"{\"iss\":\"" ISSUER "/\"}",
                                          "{\"iss\":[\"" ISSUER "\"]}",
                                          "{\"iss\":null}",
                                          "{}",
                                          "[]",
                                          "7",
                                          "",
                                          "\"" ISSUER "\"",
                                          "{\"iss\":\"" ISSUER "\"",
                                          "{\"iss\":\"" ISSUER "\"} x",
                                          "{\"iss\":\"" ISSUER "\",\"iss\":\"" ISSUER "\"}",
                                          "{\"ISS\":\"" ISSUER "\"}",
                                          "{\"sub\":\"" ISSUER "\",\"x\":{\"iss\":\"" ISSUER "\"}}"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        ck_assert_msg(!is_ours_of(foreign[i]), "%s", foreign[i]);
    }
    static const char *const none[] = {"", ".", "..", "x", "x.y", "x.y.z", "a.e30.b", "glsa_abc", "a.!!!.b"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        ck_assert_msg(!is_ours(sp_str_from_c(none[i])), "%s", none[i]);
    }
}
SP_TEST_END

SP_TEST(a_jwt_has_three_parts_and_two_objects)
{
    ck_assert(sp_bearer_token_is_jwt(SP_STR("e30.e30.AA")));
    static const char *const others[] = {"",          "e30",      "e30.e30",       "e30.e30.",
                                         ".e30.AA",   "e30..AA",  "W10.e30.AA",    "e30.W10.AA",
                                         "e30.e30.!", "x.e30.AA", "e30.e30.AA.AA", "e30.e30.A"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert_msg(!sp_bearer_token_is_jwt(sp_str_from_c(others[i])), "%s", others[i]);
    }
}
SP_TEST_END

SP_TEST(a_token_has_a_longest_length)
{
    for (size_t more = 0; more < 2; more++) {
        size_t len = SP_BEARER_TOKEN_MAX + more;
        SIGNER_TEXT encoded = text_base64url("{\"iss\":\"" ISSUER "\"}", strlen("{\"iss\":\"" ISSUER "\"}"));
        char *text = malloc(len + 1);
        ck_assert_ptr_nonnull(text);
        memset(text, 'a', len);
        int n = snprintf(text, len, ".%s", encoded);
        text[n] = '.';
        ck_assert(is_ours((struct sp_str){text, len}) == (more == 0));
        free(text);
    }
}
SP_TEST_END

SP_SUITE("bearer_token", the_right_token_gives_its_claims, nothing_that_belongs_to_a_login_is_looked_at,
         ac_56_one_audience_that_is_taken_suffices, ac_35_a_token_of_another_kind_is_no_identity,
         dates_are_those_of_all_tokens_and_the_age_is_that_of_revocations,
         the_issuer_and_the_subject_are_needed, ac_22_a_token_without_a_signature_of_the_issuer_is_refused,
         ac_65_every_bit_counts_and_so_does_every_byte,
         a_token_is_of_the_issuer_that_it_names_whatever_else_it_is, a_jwt_has_three_parts_and_two_objects,
         a_token_has_a_longest_length)
