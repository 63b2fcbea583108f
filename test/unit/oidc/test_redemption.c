/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/redemption.h"

#include "../suite.h"
#include "issuer.h"

static void free_redemption(struct sp_redemption **redemption)
{
    sp_redemption_free(*redemption);
}

#define REDEMPTION __attribute__((cleanup(free_redemption))) struct sp_redemption *

static const struct sp_client usual = {.id = {ISSUER_CLIENT, sizeof ISSUER_CLIENT - 1},
                                       .secret = {"s3cr3t", 6},
                                       .groups_claim = "groups",
                                       .skew_s = ISSUER_SKEW_S};

static const struct sp_client asking_userinfo = {.id = {ISSUER_CLIENT, sizeof ISSUER_CLIENT - 1},
                                                 .secret = {"s3cr3t", 6},
                                                 .userinfo = SP_USERINFO_REQUIRED,
                                                 .groups_claim = "groups",
                                                 .skew_s = ISSUER_SKEW_S};

static struct sp_redemption *begin(const struct sp_provider *provider, const struct sp_client *client,
                                   const struct sp_keyset *keyset)
{
    struct sp_redemption_input input = {
        .provider = provider,
        .client = client,
        .keyset = keyset,
        .grant.code = SP_STR("SplxlOBeZQQYbYS6WxSbIA"),
        .grant.redirect_uri = SP_STR("https://app.example.com/_sallyport/callback"),
        .grant.verifier = SP_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        .nonce = SP_STR(ISSUER_NONCE),
    };
    struct sp_redemption *redemption = NULL;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_OK);
    ck_assert_int_eq(sp_redemption_step(redemption), SP_REDEMPTION_REQUEST);
    ck_assert_int_eq(sp_redemption_call(redemption), SP_REDEMPTION_CALL_TOKEN);
    return redemption;
}

static enum sp_redemption_step answer(struct sp_redemption *redemption, unsigned status, const char *body)
{
    struct sp_exchange_response response = {
        .status = status, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    return sp_redemption_take_response(redemption, &response, ISSUER_NOW_S);
}

/* The answer of the token endpoint with the ID token that `signer` makes under `kid`. */
static enum sp_redemption_step answer_token(struct sp_redemption *redemption, const struct signer *signer,
                                            const char *kid, const char *changes)
{
    SIGNER_TEXT token = issuer_id_token(signer, kid, changes);
    SIGNER_TEXT body = text_format("{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS
                                   "\",\"refresh_token\":\"RT\",\"id_token\":\"%s\"}",
                                   token);
    return answer(redemption, 200, body);
}

static void check_failure(const struct sp_redemption *redemption, enum sp_reason reason, enum sp_error error)
{
    ck_assert_int_eq(sp_redemption_step(redemption), SP_REDEMPTION_FAILED);
    const struct sp_redemption_failure *failure = sp_redemption_failure(redemption);
    ck_assert_str_eq(sp_reason_name(failure->reason), sp_reason_name(reason));
    ck_assert_str_eq(sp_error_name(failure->error), sp_error_name(error));
    ck_assert_str_ne(failure->diag.text, "");
    ck_assert_ptr_null(strstr(failure->diag.text, "s3cr3t"));
    ck_assert_ptr_null(strstr(failure->diag.text, ISSUER_ACCESS));
}

SP_TEST(a_code_becomes_claims)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    REDEMPTION redemption = begin(provider, &usual, keyset);
    const struct sp_exchange_request *request = sp_redemption_request(redemption);
    ck_assert_str_eq(request->url, ISSUER "/token");
    ck_assert(sp_str_starts_with(sp_buf_str(&request->authorization), SP_STR("Basic ")));
    ck_assert(sp_str_starts_with(sp_buf_str(&request->body),
                                 SP_STR("grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&")));
    ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_DONE);
    ck_assert_int_eq(sp_redemption_step(redemption), SP_REDEMPTION_DONE);
    ck_assert_str_view(sp_redemption_claims(redemption)->sub, ISSUER_SUB);
}
SP_TEST_END

/* A token of a key that only a newer set has, under `kid`; the one that is known is called `old`. */
static void check_new_keys_are_asked_for_once(const char *kid, enum sp_error error)
{
    SIGNER_SCOPED struct signer old = signer_new("ES256");
    SIGNER_SCOPED struct signer new = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "old");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, kid);
    REDEMPTION redemption = begin(provider, &usual, old_keys);
    ck_assert_int_eq(answer_token(redemption, &new, kid, "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_step(redemption), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, new_keys, ISSUER_NOW_S), SP_REDEMPTION_DONE);
    REDEMPTION second = begin(provider, &usual, old_keys);
    ck_assert_int_eq(answer_token(second, &new, kid, "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(second, old_keys, ISSUER_NOW_S), SP_REDEMPTION_FAILED);
    check_failure(second, SP_REASON_TOKEN_INVALID, error);
}

SP_TEST(a_token_of_no_known_key_asks_for_new_keys_once)
{
    check_new_keys_are_asked_for_once("new", SP_ERR_KEY);
    check_new_keys_are_asked_for_once("old", SP_ERR_SIGNATURE);
}
SP_TEST_END

SP_TEST(ac_23_keys_that_changed_meanwhile_are_not_asked_for)
{
    SIGNER_SCOPED struct signer old = signer_new("ES256");
    SIGNER_SCOPED struct signer new = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "old");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, "new");
    REDEMPTION redemption = begin(provider, &usual, old_keys);
    sp_redemption_use_keys(redemption, new_keys);
    ck_assert_int_eq(answer_token(redemption, &new, "new", "{}"), SP_REDEMPTION_DONE);
    REDEMPTION second = begin(provider, &usual, old_keys);
    sp_redemption_use_keys(second, new_keys);
    ck_assert_int_eq(answer_token(second, &old, "old", "{}"), SP_REDEMPTION_WANT_KEYS);
}
SP_TEST_END

SP_TEST(without_any_keys_they_are_asked_for_first)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    REDEMPTION redemption = begin(provider, &usual, NULL);
    ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, keyset, ISSUER_NOW_S), SP_REDEMPTION_DONE);
}
SP_TEST_END

SP_TEST(ac_23_keys_that_cannot_be_had_end_it_as_unavailable)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    REDEMPTION redemption = begin(provider, &usual, NULL);
    ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, NULL, ISSUER_NOW_S), SP_REDEMPTION_FAILED);
    check_failure(redemption, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
}
SP_TEST_END

SP_TEST(a_key_of_another_type_under_the_same_kid_asks_for_new_keys)
{
    SIGNER_SCOPED struct signer old = signer_new("ES256");
    SIGNER_SCOPED struct signer new = signer_new("EdDSA");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "k");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, "k");
    REDEMPTION redemption = begin(provider, &usual, old_keys);
    ck_assert_int_eq(answer_token(redemption, &new, "k", "{\"at_hash\":\"-\"}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, new_keys, ISSUER_NOW_S), SP_REDEMPTION_DONE);
}
SP_TEST_END

SP_TEST(a_token_that_breaks_a_rule_is_invalid_and_says_which)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    static const struct {
        const char *changes;
        enum sp_error error;
        const char *word;
    } cases[] = {
        {"{\"iss\":\"https://evil.example\"}", SP_ERR_MISMATCH, "\"iss\""},
        {"{\"aud\":\"evil\"}", SP_ERR_MISMATCH, "\"aud\""},
        {"{\"nonce\":\"evil\"}", SP_ERR_MISMATCH, "\"nonce\""},
        {"{\"at_hash\":\"evil\"}", SP_ERR_MISMATCH, "\"at_hash\""},
        {"{\"exp\":1}", SP_ERR_EXPIRED, "expired"},
        {"{\"sub\":\"\"}", SP_ERR_FORMAT, "\"sub\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REDEMPTION redemption = begin(provider, &usual, keyset);
        ck_assert_int_eq(answer_token(redemption, &signer, "k", cases[i].changes), SP_REDEMPTION_FAILED);
        check_failure(redemption, SP_REASON_TOKEN_INVALID, cases[i].error);
        ck_assert_ptr_nonnull(strstr(sp_redemption_failure(redemption)->diag.text, cases[i].word));
    }
}
SP_TEST_END

SP_TEST(too_many_groups_are_a_session_too_large)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SP_BUF_SCOPED struct sp_buf changes;
    sp_buf_init(&changes, 65536);
    sp_buf_append_c(&changes, "{\"groups\":[\"g\"");
    for (size_t i = 0; i < SP_CLAIMS_GROUPS_MAX_N; i++) {
        sp_buf_append_c(&changes, ",\"g\"");
    }
    sp_buf_append_c(&changes, "]}");
    REDEMPTION redemption = begin(provider, &usual, keyset);
    ck_assert_int_eq(answer_token(redemption, &signer, "k", sp_buf_c_str(&changes)), SP_REDEMPTION_FAILED);
    check_failure(redemption, SP_REASON_SESSION_TOO_LARGE, SP_ERR_TOO_MANY);
}
SP_TEST_END

SP_TEST(refusal_and_outage_of_the_token_endpoint_are_told_apart)
{
    static const struct {
        unsigned status;
        const char *body;
        enum sp_reason reason;
        enum sp_error error;
        enum sp_issuer_error refusal;
    } cases[] = {
        {400, "{\"error\":\"invalid_grant\"}", SP_REASON_ISSUER_REFUSED, SP_ERR_STATUS,
         SP_ISSUER_ERROR_INVALID_GRANT},
        {401, "{\"error\":\"invalid_client\"}", SP_REASON_ISSUER_REFUSED, SP_ERR_STATUS,
         SP_ISSUER_ERROR_INVALID_CLIENT},
        {404, "", SP_REASON_ISSUER_REFUSED, SP_ERR_STATUS, SP_ISSUER_ERROR_OTHER},
        {429, "", SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO, SP_ISSUER_ERROR_OTHER},
        {500, "{\"error\":\"invalid_request\"}", SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO,
         SP_ISSUER_ERROR_OTHER},
        {302, "", SP_REASON_TOKEN_INVALID, SP_ERR_FORMAT, SP_ISSUER_ERROR_OTHER},
        {200, "{}", SP_REASON_TOKEN_INVALID, SP_ERR_MISSING, SP_ISSUER_ERROR_OTHER},
    };
    ISSUER_PROVIDER provider = issuer_provider("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REDEMPTION redemption = begin(provider, &usual, NULL);
        ck_assert_int_eq(answer(redemption, cases[i].status, cases[i].body), SP_REDEMPTION_FAILED);
        check_failure(redemption, cases[i].reason, cases[i].error);
        ck_assert_int_eq(sp_redemption_failure(redemption)->refusal, cases[i].refusal);
    }
    REDEMPTION redemption = begin(provider, &usual, NULL);
    struct sp_exchange_response none = {.error = SP_ERR_TIMEOUT};
    ck_assert_int_eq(sp_redemption_take_response(redemption, &none, ISSUER_NOW_S), SP_REDEMPTION_FAILED);
    check_failure(redemption, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
}
SP_TEST_END

#define USERINFO ",\"userinfo_endpoint\":\"" ISSUER "/userinfo\""

SP_TEST(userinfo_is_asked_after_the_token_was_verified)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    REDEMPTION redemption = begin(provider, &asking_userinfo, NULL);
    ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, keyset, ISSUER_NOW_S), SP_REDEMPTION_REQUEST);
    ck_assert_int_eq(sp_redemption_call(redemption), SP_REDEMPTION_CALL_USERINFO);
    const struct sp_exchange_request *request = sp_redemption_request(redemption);
    ck_assert_str_eq(request->url, ISSUER "/userinfo");
    ck_assert_str_view(sp_buf_str(&request->authorization), "Bearer " ISSUER_ACCESS);
    ck_assert_uint_eq(sp_buf_str(&request->body).len, 0);
    ck_assert_int_eq(answer(redemption, 200, "{\"sub\":\"" ISSUER_SUB "\",\"groups\":[\"fresh\"]}"),
                     SP_REDEMPTION_DONE);
    ck_assert_str_view(sp_json_string_list_at(&sp_redemption_claims(redemption)->groups, 0), "fresh");
}
SP_TEST_END

SP_TEST(userinfo_that_fails_ends_it)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    static const struct {
        unsigned status;
        const char *body;
        enum sp_reason reason;
        enum sp_error error;
    } cases[] = {
        {200, "{\"sub\":\"eve\"}", SP_REASON_TOKEN_INVALID, SP_ERR_MISMATCH},
        {200, "", SP_REASON_TOKEN_INVALID, SP_ERR_FORMAT},
        {401, "{}", SP_REASON_ISSUER_REFUSED, SP_ERR_STATUS},
        {503, "{}", SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REDEMPTION redemption = begin(provider, &asking_userinfo, keyset);
        ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_REQUEST);
        ck_assert_int_eq(answer(redemption, cases[i].status, cases[i].body), SP_REDEMPTION_FAILED);
        check_failure(redemption, cases[i].reason, cases[i].error);
    }
}
SP_TEST_END

SP_TEST(userinfo_without_an_endpoint_is_said_so)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    REDEMPTION redemption = begin(provider, &asking_userinfo, keyset);
    ck_assert_int_eq(answer_token(redemption, &signer, "k", "{}"), SP_REDEMPTION_FAILED);
    check_failure(redemption, SP_REASON_TOKEN_INVALID, SP_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(sp_redemption_failure(redemption)->diag.text, "userinfo_endpoint"));
}
SP_TEST_END

SP_TEST(a_forged_token_is_never_sent_to_userinfo)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    ISSUER_PROVIDER provider = issuer_provider(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    REDEMPTION redemption = begin(provider, &asking_userinfo, keyset);
    ck_assert_int_eq(answer_token(redemption, &stranger, "k", "{}"), SP_REDEMPTION_WANT_KEYS);
    ck_assert_int_eq(sp_redemption_take_keys(redemption, keyset, ISSUER_NOW_S), SP_REDEMPTION_FAILED);
}
SP_TEST_END

SP_TEST(nothing_begins_without_its_parts)
{
    ISSUER_PROVIDER provider = issuer_provider("");
    const struct sp_redemption_input whole = {.provider = provider,
                                              .client = &usual,
                                              .grant.code = SP_STR("c"),
                                              .grant.redirect_uri = SP_STR("r"),
                                              .grant.verifier = SP_STR("v"),
                                              .nonce = SP_STR("n")};
    struct sp_redemption *redemption = NULL;
    struct sp_redemption_input input = whole;
    input.grant.code = SP_STR_NONE;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_ERR_MISSING);
    input = whole;
    input.grant.redirect_uri = SP_STR_NONE;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_ERR_MISSING);
    input = whole;
    input.grant.verifier = SP_STR_NONE;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_ERR_MISSING);
    input = whole;
    input.nonce = SP_STR_NONE;
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_ERR_MISSING);
    SIGNER_TEXT nonce = text_format("%0129d", 0);
    input.nonce = sp_str_from_c(nonce);
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_ERR_LIMIT);
    input.nonce.len = 128;
    ck_assert_ptr_null(redemption);
    ck_assert_int_eq(sp_redemption_new(&input, &redemption), SP_OK);
    sp_redemption_free(redemption);
    sp_redemption_free(NULL);
}
SP_TEST_END

SP_SUITE("redemption", a_code_becomes_claims, a_token_of_no_known_key_asks_for_new_keys_once,
         ac_23_keys_that_changed_meanwhile_are_not_asked_for, without_any_keys_they_are_asked_for_first,
         ac_23_keys_that_cannot_be_had_end_it_as_unavailable,
         a_key_of_another_type_under_the_same_kid_asks_for_new_keys,
         a_token_that_breaks_a_rule_is_invalid_and_says_which, too_many_groups_are_a_session_too_large,
         refusal_and_outage_of_the_token_endpoint_are_told_apart,
         userinfo_is_asked_after_the_token_was_verified, userinfo_that_fails_ends_it,
         userinfo_without_an_endpoint_is_said_so, a_forged_token_is_never_sent_to_userinfo,
         nothing_begins_without_its_parts)
