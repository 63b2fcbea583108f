/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/id_token.h"

#include "../suite.h"
#include "issuer.h"

static const struct sp_id_token_expectation usual = {
    .common = {ISSUER_EXPECTATION},
    .nonce = {ISSUER_NONCE, sizeof ISSUER_NONCE - 1},
    .access_token = {ISSUER_ACCESS, sizeof ISSUER_ACCESS - 1},
    .groups_claim = "groups",
};

static enum sp_error verify_text(struct sp_str text, const struct sp_keyset *keyset,
                                 const struct sp_id_token_expectation *expectation, struct sp_diag *diag)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = sp_id_token_verify(text, keyset, expectation, &claims, diag);
    ck_assert((claims.all != NULL) == (error == SP_OK));
    sp_claims_done(&claims);
    return error;
}

static enum sp_error verify_usual(struct sp_str text, const struct sp_keyset *keyset, struct sp_diag *diag)
{
    return verify_text(text, keyset, &usual, diag);
}

/* The valid token with `changes` to its claims. */
static enum sp_error verify_changed(const char *changes, struct sp_diag *diag)
{
    return issuer_try(ISSUER_HEADER, changes, verify_usual, diag);
}

static enum sp_error verify(const char *changes)
{
    struct sp_diag diag = {0};
    enum sp_error error = verify_changed(changes, &diag);
    ck_assert_msg((diag.text[0] != '\0') == (error != SP_OK), "%s", changes);
    return error;
}

SP_TEST(the_right_token_gives_its_claims)
{
    static const char *const names[] = {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"};
    static const char *const digests[] = {"SHA2-256", "SHA2-256", "SHA2-256",
                                          "SHA2-384", "SHA2-512", "SHA2-512"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(names[i]);
        ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
        SIGNER_TEXT at_hash = issuer_at_hash(ISSUER_ACCESS, digests[i]);
        SIGNER_TEXT changes = text_format("{\"at_hash\":\"%s\"}", at_hash);
        SIGNER_TEXT text = issuer_id_token(&signer, "k", changes);
        struct sp_claims claims = SP_CLAIMS_NONE;
        ck_assert_int_eq(sp_id_token_verify(sp_str_from_c(text), keyset, &usual, &claims, NULL), SP_OK);
        ck_assert_str_view(claims.sub, ISSUER_SUB);
        ck_assert_str_view(claims.email, "ada@example.com");
        ck_assert_int_eq(claims.email_verified, SP_EMAIL_VERIFIED_YES);
        ck_assert_uint_eq(claims.groups.n, 2);
        ck_assert_int_eq(claims.issued_s, ISSUER_NOW_S);
        sp_claims_done(&claims);
    }
}
SP_TEST_END

/* OpenID Connect Core 1.0, section 3.1.3.7, rules 4 and 5. */
SP_TEST(ac_22_the_authorized_party_is_us)
{
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\",\"grafana\"],\"azp\":\"sallyport\"}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\",\"sallyport\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\",\"sallyport\"],\"azp\":\"grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"azp\":\"grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"azp\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"azp\":[\"sallyport\"]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"azp\":\"sallyport\"}"), SP_OK);
}
SP_TEST_END

SP_TEST(ac_22_with_any_audience_the_authorized_party_says_that_the_token_is_ours)
{
    struct sp_id_token_expectation any = usual;
    any.common.any_audience = true;
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    static const struct {
        const char *changes;
        enum sp_error error;
    } cases[] = {
        {"{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":\"sallyport\"}", SP_OK},
        {"{\"aud\":[\"sallyport\",\"stranger\"]}", SP_ERR_MISSING},
        {"{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":null}", SP_ERR_MISSING},
        {"{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":\"stranger\"}", SP_ERR_MISMATCH},
        {"{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":\"\"}", SP_ERR_MISMATCH},
        {"{\"aud\":[\"sallyport\",\"stranger\"],\"azp\":[\"sallyport\"]}", SP_ERR_FORMAT},
        {"{\"aud\":[\"stranger\"],\"azp\":\"sallyport\"}", SP_ERR_MISMATCH},
        {"{\"aud\":[\"sallyport\",\"grafana\"]}", SP_OK},
        {"{\"aud\":\"sallyport\"}", SP_OK},
        {"{\"aud\":\"sallyport\",\"azp\":\"stranger\"}", SP_ERR_MISMATCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SIGNER_TEXT text = issuer_id_token(&signer, "k", cases[i].changes);
        struct sp_diag diag = {0};
        ck_assert_msg(verify_text(sp_str_from_c(text), keyset, &any, &diag) == cases[i].error, "%s",
                      cases[i].changes);
        ck_assert_msg((diag.text[0] != '\0') == (cases[i].error != SP_OK), "%s", cases[i].changes);
    }
}
SP_TEST_END

static enum sp_error verify_date(const char *name, int64_t offset_s)
{
    SIGNER_TEXT changes = text_format("{\"%s\":%lld}", name, (long long)(ISSUER_NOW_S + offset_s));
    return verify(changes);
}

/* Rule 10. */
SP_TEST(a_token_was_made_just_now)
{
    ck_assert_int_eq(verify_date("iat", ISSUER_SKEW_S), SP_OK);
    ck_assert_int_eq(verify_date("iat", ISSUER_SKEW_S + 1), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_date("iat", -ISSUER_SKEW_S - SP_ID_TOKEN_AGE_MAX_S), SP_OK);
    ck_assert_int_eq(verify_date("iat", -ISSUER_SKEW_S - SP_ID_TOKEN_AGE_MAX_S - 1), SP_ERR_EXPIRED);
}
SP_TEST_END

static enum sp_error verify_header(const char *header)
{
    struct sp_diag diag = {0};
    return issuer_try(header, "{}", verify_usual, &diag);
}

SP_TEST(a_token_of_another_kind_is_refused_by_its_typ)
{
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"jwt\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/jwt\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"Application/JWT\"}"), SP_OK);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/at+jwt\"}"),
                     SP_ERR_MISMATCH);
    ck_assert_int_eq(
        verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/application/jwt\"}"),
        SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"text/jwt\"}"),
                     SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"logout+jwt\"}"),
                     SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_header("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"dpop+jwt\"}"),
                     SP_ERR_MISMATCH);
}
SP_TEST_END

/* Rule 11. */
SP_TEST(ac_22_the_nonce_is_that_of_this_login)
{
    ck_assert_int_eq(verify("{\"nonce\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"nonce\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":\"n-0S6_WzA2Mj\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":\"" ISSUER_NONCE "x\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":[\"" ISSUER_NONCE "\"]}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(an_expectation_without_nonce_accepts_nothing)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT text = issuer_id_token(&signer, "k", "{\"nonce\":\"\"}");
    struct sp_id_token_expectation none = usual;
    none.nonce = SP_STR_NONE;
    ck_assert_int_eq(verify_text(sp_str_from_c(text), keyset, &none, NULL), SP_ERR_MISMATCH);
}
SP_TEST_END

/* OpenID Connect Core 1.0, section 3.1.3.8. With Dex, this also detects an access token in place of the ID
 * token. */
SP_TEST(the_hash_of_the_access_token_is_checked_when_present)
{
    SIGNER_TEXT other = issuer_at_hash("another access token", "SHA2-256");
    SIGNER_TEXT changes = text_format("{\"at_hash\":\"%s\"}", other);
    ck_assert_int_eq(verify(changes), SP_ERR_MISMATCH);
    SIGNER_TEXT longer = issuer_at_hash(ISSUER_ACCESS, "SHA2-384");
    SIGNER_TEXT longer_changes = text_format("{\"at_hash\":\"%s\"}", longer);
    ck_assert_int_eq(verify(longer_changes), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"at_hash\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"at_hash\":7}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"at_hash\":\"-\"}"), SP_OK);
}
SP_TEST_END

SP_TEST(what_nobody_reads_in_a_token_may_be_anything)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    static const char *const odd[] = {"18446744073709551615", "1e999", "\"\\ud800\"",
                                      "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        SIGNER_TEXT payload = issuer_payload("{\"odd\":0,\"iat\":1700000000.25}");
        char *at = strstr(payload, "\"odd\":0");
        SIGNER_TEXT changed = text_format("%.*s\"odd\":%s%s", (int)(at - payload), payload, odd[i], at + 7);
        SIGNER_TEXT text = signer_sign(&signer, "{\"alg\":\"ES256\",\"kid\":\"k\",\"odd\":1e999}", changed);
        struct sp_diag diag = {0};
        ck_assert_msg(verify_text(sp_str_from_c(text), keyset, &usual, &diag) == SP_OK, "%s: %s", odd[i],
                      diag.text);
    }
}
SP_TEST_END

SP_TEST(a_fault_is_told_with_the_member_and_the_document)
{
    static const struct {
        const char *changes;
        const char *detail;
    } cases[] = {
        {"{\"sub\":7}", "the ID token: \"sub\" is missing or not a string"},
        {"{\"iss\":[\"" ISSUER "\"]}", "the ID token: \"iss\" is missing or not a string"},
        {"{\"nonce\":\"-\"}", "the ID token: \"nonce\" is missing or not a string"},
        {"{\"exp\":\"1\"}", "the ID token: \"exp\" is missing or not a date"},
        {"{\"iat\":1e300}", "the ID token: \"iat\" is missing or not a date"},
        {"{\"nbf\":true}", "the ID token: \"nbf\" is not a date"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sp_diag diag = {0};
        ck_assert_int_ne(verify_changed(cases[i].changes, &diag), SP_OK);
        ck_assert_str_eq(diag.text, cases[i].detail);
    }
}
SP_TEST_END

SP_TEST(a_token_without_a_subject_is_refused)
{
    ck_assert_int_eq(verify("{\"sub\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"sub\":\"\"}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_token_cut_or_with_a_bit_flipped_is_never_accepted)
{
    SIGNER_SCOPED struct signer signer = signer_new("EdDSA");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT at_hash = issuer_at_hash(ISSUER_ACCESS, "SHA2-512");
    SIGNER_TEXT changes = text_format("{\"at_hash\":\"%s\"}", at_hash);
    SIGNER_TEXT text = issuer_id_token(&signer, "k", changes);
    struct sp_str view = sp_str_from_c(text);
    ck_assert_int_eq(verify_text(view, keyset, &usual, NULL), SP_OK);
    for (size_t len = 0; len < view.len; len++) {
        ck_assert_int_ne(verify_text((struct sp_str){text, len}, keyset, &usual, NULL), SP_OK);
    }
    for (size_t bit = 0; bit < 8 * view.len; bit++) {
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        ck_assert_int_ne(verify_text(view, keyset, &usual, NULL), SP_OK);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}
SP_TEST_END

SP_TEST(each_failure_has_a_text_of_its_own_that_quotes_no_token)
{
    static const char *const changes[] = {
        "{\"iss\":\"https://quoted.example\"}",
        "{\"iss\":\"-\"}",
        "{\"aud\":\"quoted\"}",
        "{\"aud\":7}",
        "{\"aud\":[\"sallyport\",\"quoted\"]}",
        "{\"azp\":\"quoted\"}",
        "{\"azp\":7}",
        "{\"exp\":1}",
        "{\"exp\":\"quoted\"}",
        "{\"iat\":1}",
        "{\"iat\":1800000000}",
        "{\"iat\":\"quoted\"}",
        "{\"nbf\":1800000000}",
        "{\"nbf\":\"quoted\"}",
        "{\"nonce\":\"quoted\"}",
        "{\"nonce\":7}",
        "{\"at_hash\":\"quoted\"}",
        "{\"at_hash\":7}",
        "{\"sub\":\"-\"}",
        "{\"sub\":\"\"}",
        "{\"sub\":\"quoted\\n\"}",
    };
    enum { N = sizeof changes / sizeof changes[0] };
    struct sp_diag diags[N];
    for (size_t i = 0; i < N; i++) {
        ck_assert_int_ne(verify_changed(changes[i], &diags[i]), SP_OK);
        ck_assert_ptr_null(strstr(diags[i].text, "quoted"));
        for (size_t j = 0; j < i; j++) {
            ck_assert_msg(strcmp(diags[i].text, diags[j].text) != 0, "%s and %s: %s", changes[i], changes[j],
                          diags[i].text);
        }
    }
}
SP_TEST_END

SP_SUITE("id_token", the_right_token_gives_its_claims, ac_22_the_authorized_party_is_us,
         ac_22_with_any_audience_the_authorized_party_says_that_the_token_is_ours, a_token_was_made_just_now,
         a_token_of_another_kind_is_refused_by_its_typ, ac_22_the_nonce_is_that_of_this_login,
         an_expectation_without_nonce_accepts_nothing, the_hash_of_the_access_token_is_checked_when_present,
         what_nobody_reads_in_a_token_may_be_anything, a_fault_is_told_with_the_member_and_the_document,
         a_token_without_a_subject_is_refused, a_token_cut_or_with_a_bit_flipped_is_never_accepted,
         each_failure_has_a_text_of_its_own_that_quotes_no_token)
