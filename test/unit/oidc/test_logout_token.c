/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/logout_token.h"

#include "../suite.h"
#include "issuer.h"

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"logout+jwt\"}"

static const struct sp_signed_token_expectation usual = {ISSUER_EXPECTATION};

static enum sp_error verify_text(struct sp_str text, const struct sp_keyset *keyset, struct sp_diag *diag)
{
    SP_LOGOUT_TOKEN_SCOPED struct sp_logout_token token = SP_LOGOUT_TOKEN_NONE;
    enum sp_error error = sp_logout_token_verify(text, keyset, &usual, &token, diag);
    ck_assert((token.token.claims != NULL) == (error == SP_OK));
    return error;
}

/* The valid token with `changes`. */
static enum sp_error verify_under(const char *header, const char *changes)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT payload = issuer_logout_payload(changes);
    SIGNER_TEXT text = signer_sign(&signer, header, payload);
    struct sp_diag diag = {0};
    enum sp_error error = verify_text(sp_str_from_c(text), keyset, &diag);
    ck_assert_msg((diag.text[0] != '\0') == (error != SP_OK), "%s", changes);
    return error;
}

static enum sp_error verify(const char *changes)
{
    return verify_under(HEADER, changes);
}

SP_TEST(the_right_token_says_whose_sessions_end)
{
    SIGNER_SCOPED struct signer signer = signer_new("RS256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT payload = issuer_logout_payload("{\"sid\":\"s1\",\"typ\":\"Logout\"}");
    SIGNER_TEXT text = signer_sign(&signer, "{\"alg\":\"RS256\",\"kid\":\"k\"}", payload);
    SP_LOGOUT_TOKEN_SCOPED struct sp_logout_token token = SP_LOGOUT_TOKEN_NONE;
    ck_assert_int_eq(sp_logout_token_verify(sp_str_from_c(text), keyset, &usual, &token, NULL), SP_OK);
    ck_assert_str_view(token.sub, ISSUER_SUB);
    ck_assert_str_view(token.sid, "s1");
    ck_assert_str_view(token.jti, "j1");
    ck_assert_int_eq(token.usable_until_s, ISSUER_NOW_S + 120 + ISSUER_SKEW_S);
}
SP_TEST_END

SP_TEST(ac_35_a_token_of_another_kind_is_refused_by_its_typ)
{
    ck_assert_int_eq(verify_under("{\"alg\":\"ES256\",\"kid\":\"k\"}", "{}"), SP_OK);
    ck_assert_int_eq(
        verify_under("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/Logout+JWT\"}", "{}"), SP_OK);
    ck_assert_int_eq(verify_under("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", "{}"),
                     SP_ERR_MISMATCH);
    ck_assert_int_eq(verify_under("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}", "{}"),
                     SP_ERR_MISMATCH);
}
SP_TEST_END

SP_TEST(ac_35_an_id_token_is_no_logout_token)
{
    struct sp_diag diag = {0};
    ck_assert_int_eq(issuer_try(ISSUER_HEADER, "{}", verify_text, &diag), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"nonce\":\"n\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":\"\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":null}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"nonce\":7}"), SP_ERR_MISMATCH);
}
SP_TEST_END

SP_TEST(ac_35_the_event_is_a_logout)
{
    ck_assert_int_eq(verify("{\"events\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"events\":null}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"events\":[\"" SP_LOGOUT_TOKEN_EVENT "\"]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"events\":\"" SP_LOGOUT_TOKEN_EVENT "\"}"), SP_ERR_FORMAT);
    ck_assert_int_eq(verify("{\"events\":{}}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"" SP_LOGOUT_TOKEN_EVENT "/\":{}}}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"https://schemas.openid.net/event/backchannel-logout\":{}}}"),
                     SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"" SP_LOGOUT_TOKEN_EVENT "\":null}}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"" SP_LOGOUT_TOKEN_EVENT "\":true}}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"" SP_LOGOUT_TOKEN_EVENT "\":\"\"}}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"events\":{\"" SP_LOGOUT_TOKEN_EVENT "\":{\"x\":1},\"urn:other\":{}}}"),
                     SP_OK);
}
SP_TEST_END

SP_TEST(ac_35_it_names_a_user_or_a_session)
{
    ck_assert_int_eq(verify("{\"sub\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(verify("{\"sub\":\"-\",\"sid\":\"s1\"}"), SP_OK);
    ck_assert_int_eq(verify("{\"sid\":\"s1\"}"), SP_OK);
    static const char *const wrong[] = {"\"\"", "null", "7", "true", "[\"s1\"]", "{}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        SIGNER_TEXT sid = text_format("{\"sid\":%s}", wrong[i]);
        SIGNER_TEXT sub = text_format("{\"sid\":\"s1\",\"sub\":%s}", wrong[i]);
        ck_assert_msg(verify(sid) != SP_OK, "%s", sid);
        ck_assert_msg(verify(sub) != SP_OK, "%s", sub);
    }
}
SP_TEST_END

SP_TEST(ac_35_it_can_be_known_again)
{
    ck_assert_int_eq(verify("{\"jti\":\"-\"}"), SP_ERR_MISSING);
    ck_assert_int_ne(verify("{\"jti\":\"\"}"), SP_OK);
    ck_assert_int_ne(verify("{\"jti\":null}"), SP_OK);
    ck_assert_int_ne(verify("{\"jti\":7}"), SP_OK);
    ck_assert_int_ne(verify("{\"jti\":[\"j1\"]}"), SP_OK);
}
SP_TEST_END

/* The client `grafana` is in `audiences`. */
SP_TEST(ac_68_it_is_for_our_client_and_not_for_a_sibling)
{
    ck_assert_int_eq(verify("{\"aud\":\"grafana\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[\"grafana\",\"stranger\"]}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(verify("{\"aud\":[]}"), SP_ERR_MISMATCH);
    ck_assert_int_ne(verify("{\"aud\":\"-\"}"), SP_OK);
    ck_assert_int_ne(verify("{\"aud\":7}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"sallyport\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"aud\":[\"stranger\",\"sallyport\"]}"), SP_OK);
    ck_assert_int_eq(verify("{\"iss\":\"https://issuer.example/\"}"), SP_ERR_MISMATCH);
}
SP_TEST_END

static enum sp_error verify_dates(int64_t iat_s, int64_t exp_s)
{
    SIGNER_TEXT changes = text_format("{\"iat\":%lld,\"exp\":%lld}", (long long)(ISSUER_NOW_S + iat_s),
                                      (long long)(ISSUER_NOW_S + exp_s));
    return verify(changes);
}

SP_TEST(ac_35_it_is_at_most_ten_minutes_old)
{
    ck_assert_int_eq(verify_dates(-SP_LOGOUT_TOKEN_AGE_MAX_S - ISSUER_SKEW_S, 9999), SP_OK);
    ck_assert_int_eq(verify_dates(-SP_LOGOUT_TOKEN_AGE_MAX_S - ISSUER_SKEW_S - 1, 9999), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_dates(ISSUER_SKEW_S, 9999), SP_OK);
    ck_assert_int_eq(verify_dates(ISSUER_SKEW_S + 1, 9999), SP_ERR_EXPIRED);
    ck_assert_int_eq(verify_dates(-100, 1 - ISSUER_SKEW_S), SP_OK);
    ck_assert_int_eq(verify_dates(-100, -ISSUER_SKEW_S), SP_ERR_EXPIRED);
    ck_assert_int_ne(verify("{\"exp\":\"-\"}"), SP_OK);
    ck_assert_int_ne(verify("{\"iat\":\"-\"}"), SP_OK);
    ck_assert_int_ne(verify("{\"exp\":\"soon\"}"), SP_OK);
}
SP_TEST_END

SP_TEST(ac_35_a_token_without_a_signature_of_the_issuer_is_refused)
{
    struct sp_diag diag = {0};
    ck_assert_int_ne(verify_under("{\"alg\":\"none\"}", "{}"), SP_OK);
    ck_assert_int_ne(verify_under("{\"alg\":\"HS256\",\"kid\":\"k\"}", "{}"), SP_OK);
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT payload = issuer_logout_payload("{}");
    SIGNER_TEXT forged = signer_sign(&stranger, HEADER, payload);
    ck_assert_int_eq(verify_text(sp_str_from_c(forged), keyset, &diag), SP_ERR_SIGNATURE);
    ck_assert_int_eq(verify_text(sp_str_from_c(forged), NULL, &diag), SP_ERR_KEY);
    SIGNER_TEXT text = signer_sign(&signer, HEADER, payload);
    for (size_t len = 0; len < strlen(text); len++) {
        ck_assert_msg(verify_text((struct sp_str){text, len}, keyset, &diag) != SP_OK, "%zu", len);
    }
}
SP_TEST_END

SP_SUITE("logout_token", the_right_token_says_whose_sessions_end,
         ac_35_a_token_of_another_kind_is_refused_by_its_typ, ac_35_an_id_token_is_no_logout_token,
         ac_35_the_event_is_a_logout, ac_35_it_names_a_user_or_a_session, ac_35_it_can_be_known_again,
         ac_68_it_is_for_our_client_and_not_for_a_sibling, ac_35_it_is_at_most_ten_minutes_old,
         ac_35_a_token_without_a_signature_of_the_issuer_is_refused)
