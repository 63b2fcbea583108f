/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/code_exchange.h"

#include "../suite.h"
#include "issuer.h"

static void free_code_exchange(struct sp_code_exchange **code_exchange)
{
    sp_code_exchange_free(*code_exchange);
}

#define CODE_EXCHANGE __attribute__((cleanup(free_code_exchange))) struct sp_code_exchange *

static const struct sp_client usual = {.id = {ISSUER_CLIENT, sizeof ISSUER_CLIENT - 1},
                                       .secret = {"s3cr3t", 6},
                                       .groups_claim = "groups",
                                       .skew_s = ISSUER_SKEW_S};

static const struct sp_client asking_userinfo = {.id = {ISSUER_CLIENT, sizeof ISSUER_CLIENT - 1},
                                                 .secret = {"s3cr3t", 6},
                                                 .userinfo = SP_USERINFO_REQUIRED,
                                                 .groups_claim = "groups",
                                                 .skew_s = ISSUER_SKEW_S};

static struct sp_code_exchange *begin(const struct sp_issuer_metadata *metadata,
                                      const struct sp_client *client, const struct sp_keyset *keyset)
{
    struct sp_code_exchange_input input = {
        .metadata = metadata,
        .client = client,
        .keyset = keyset,
        .grant.code = SP_STR("SplxlOBeZQQYbYS6WxSbIA"),
        .grant.redirect_uri = SP_STR("https://app.example.com/_sallyport/callback"),
        .grant.verifier = SP_STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        .nonce = SP_STR(ISSUER_NONCE),
    };
    struct sp_code_exchange *code_exchange = NULL;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_OK);
    ck_assert_int_eq(sp_code_exchange_step(code_exchange), SP_CODE_EXCHANGE_REQUEST);
    ck_assert_int_eq(sp_code_exchange_call(code_exchange), SP_CODE_EXCHANGE_CALL_TOKEN);
    return code_exchange;
}

static enum sp_code_exchange_step answer(struct sp_code_exchange *code_exchange, unsigned status,
                                         const char *body)
{
    struct sp_exchange_response response = {
        .status = status, .content_type = SP_STR("application/json"), .body = sp_str_from_c(body)};
    return sp_code_exchange_take_response(code_exchange, &response, ISSUER_NOW_S);
}

/* The response of the token endpoint with the ID token that `signer` makes under `kid`. */
static enum sp_code_exchange_step answer_token(struct sp_code_exchange *code_exchange,
                                               const struct signer *signer, const char *kid,
                                               const char *changes)
{
    SIGNER_TEXT token = issuer_id_token(signer, kid, changes);
    SIGNER_TEXT body = text_format("{\"token_type\":\"bearer\",\"access_token\":\"" ISSUER_ACCESS
                                   "\",\"refresh_token\":\"RT\",\"id_token\":\"%s\"}",
                                   token);
    return answer(code_exchange, 200, body);
}

static void check_failure(const struct sp_code_exchange *code_exchange, enum sp_reason reason,
                          enum sp_error error)
{
    ck_assert_int_eq(sp_code_exchange_step(code_exchange), SP_CODE_EXCHANGE_FAILED);
    const struct sp_code_exchange_failure *failure = sp_code_exchange_failure(code_exchange);
    ck_assert_str_eq(sp_reason_name(failure->reason), sp_reason_name(reason));
    ck_assert_str_eq(sp_error_name(failure->error), sp_error_name(error));
    ck_assert_str_ne(failure->diag.text, "");
    ck_assert_ptr_null(strstr(failure->diag.text, "s3cr3t"));
    ck_assert_ptr_null(strstr(failure->diag.text, ISSUER_ACCESS));
}

SP_TEST(a_code_becomes_claims)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, keyset);
    const struct sp_exchange_request *request = sp_code_exchange_request(code_exchange);
    ck_assert_str_eq(request->url, ISSUER "/token");
    ck_assert(sp_str_starts_with(sp_buf_str(&request->authorization), SP_STR("Basic ")));
    ck_assert(sp_str_starts_with(sp_buf_str(&request->body),
                                 SP_STR("grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&")));
    ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_DONE);
    ck_assert_int_eq(sp_code_exchange_step(code_exchange), SP_CODE_EXCHANGE_DONE);
    ck_assert_str_view(sp_code_exchange_claims(code_exchange)->sub, ISSUER_SUB);
}
SP_TEST_END

/* A token of a key that only a newer set has, under `kid`; the known one is called `old`. */
static void check_new_keys_are_asked_for_once(const char *kid, enum sp_error error)
{
    SIGNER_SCOPED struct signer old = signer_new("ES256");
    SIGNER_SCOPED struct signer new = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "old");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, kid);
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, old_keys);
    ck_assert_int_eq(answer_token(code_exchange, &new, kid, "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_step(code_exchange), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, new_keys, ISSUER_NOW_S),
                     SP_CODE_EXCHANGE_DONE);
    CODE_EXCHANGE second = begin(metadata, &usual, old_keys);
    ck_assert_int_eq(answer_token(second, &new, kid, "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(second, old_keys, ISSUER_NOW_S), SP_CODE_EXCHANGE_FAILED);
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
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "old");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, "new");
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, old_keys);
    sp_code_exchange_use_keys(code_exchange, new_keys);
    ck_assert_int_eq(answer_token(code_exchange, &new, "new", "{}"), SP_CODE_EXCHANGE_DONE);
    CODE_EXCHANGE second = begin(metadata, &usual, old_keys);
    sp_code_exchange_use_keys(second, new_keys);
    ck_assert_int_eq(answer_token(second, &old, "old", "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
}
SP_TEST_END

SP_TEST(without_any_keys_they_are_asked_for_first)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, NULL);
    ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, keyset, ISSUER_NOW_S), SP_CODE_EXCHANGE_DONE);
}
SP_TEST_END

SP_TEST(ac_23_keys_that_cannot_be_had_end_it_as_unavailable)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, NULL);
    ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, NULL, ISSUER_NOW_S), SP_CODE_EXCHANGE_FAILED);
    check_failure(code_exchange, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
}
SP_TEST_END

SP_TEST(a_key_of_another_type_under_the_same_kid_asks_for_new_keys)
{
    SIGNER_SCOPED struct signer old = signer_new("ES256");
    SIGNER_SCOPED struct signer new = signer_new("EdDSA");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET old_keys = issuer_keyset(&old, "k");
    ISSUER_KEYSET new_keys = issuer_keyset(&new, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, old_keys);
    ck_assert_int_eq(answer_token(code_exchange, &new, "k", "{\"at_hash\":\"-\"}"),
                     SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, new_keys, ISSUER_NOW_S),
                     SP_CODE_EXCHANGE_DONE);
}
SP_TEST_END

SP_TEST(a_token_that_breaks_a_rule_is_invalid_and_says_which)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
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
        CODE_EXCHANGE code_exchange = begin(metadata, &usual, keyset);
        ck_assert_int_eq(answer_token(code_exchange, &signer, "k", cases[i].changes),
                         SP_CODE_EXCHANGE_FAILED);
        check_failure(code_exchange, SP_REASON_TOKEN_INVALID, cases[i].error);
        ck_assert_ptr_nonnull(strstr(sp_code_exchange_failure(code_exchange)->diag.text, cases[i].word));
    }
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
    ISSUER_PROVIDER metadata = issuer_metadata("");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CODE_EXCHANGE code_exchange = begin(metadata, &usual, NULL);
        ck_assert_int_eq(answer(code_exchange, cases[i].status, cases[i].body), SP_CODE_EXCHANGE_FAILED);
        check_failure(code_exchange, cases[i].reason, cases[i].error);
        ck_assert_int_eq(sp_code_exchange_failure(code_exchange)->refusal, cases[i].refusal);
    }
    CODE_EXCHANGE code_exchange = begin(metadata, &usual, NULL);
    struct sp_exchange_response none = {.error = SP_ERR_TIMEOUT, .text = "too late"};
    ck_assert_int_eq(sp_code_exchange_take_response(code_exchange, &none, ISSUER_NOW_S),
                     SP_CODE_EXCHANGE_FAILED);
    check_failure(code_exchange, SP_REASON_ISSUER_UNAVAILABLE, SP_ERR_IO);
}
SP_TEST_END

#define USERINFO ",\"userinfo_endpoint\":\"" ISSUER "/userinfo\""

SP_TEST(userinfo_is_asked_after_the_token_was_verified)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &asking_userinfo, NULL);
    ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, keyset, ISSUER_NOW_S),
                     SP_CODE_EXCHANGE_REQUEST);
    ck_assert_int_eq(sp_code_exchange_call(code_exchange), SP_CODE_EXCHANGE_CALL_USERINFO);
    const struct sp_exchange_request *request = sp_code_exchange_request(code_exchange);
    ck_assert_str_eq(request->url, ISSUER "/userinfo");
    ck_assert_str_view(sp_buf_str(&request->authorization), "Bearer " ISSUER_ACCESS);
    ck_assert_uint_eq(sp_buf_str(&request->body).len, 0);
    ck_assert_int_eq(answer(code_exchange, 200, "{\"sub\":\"" ISSUER_SUB "\",\"groups\":[\"fresh\"]}"),
                     SP_CODE_EXCHANGE_DONE);
    ck_assert_str_view(sp_json_string_list_at(&sp_code_exchange_claims(code_exchange)->groups, 0), "fresh");
}
SP_TEST_END

SP_TEST(userinfo_that_fails_ends_it)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata(USERINFO);
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
        CODE_EXCHANGE code_exchange = begin(metadata, &asking_userinfo, keyset);
        ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_REQUEST);
        ck_assert_int_eq(answer(code_exchange, cases[i].status, cases[i].body), SP_CODE_EXCHANGE_FAILED);
        check_failure(code_exchange, cases[i].reason, cases[i].error);
    }
}
SP_TEST_END

SP_TEST(userinfo_without_an_endpoint_is_said_so)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata("");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &asking_userinfo, keyset);
    ck_assert_int_eq(answer_token(code_exchange, &signer, "k", "{}"), SP_CODE_EXCHANGE_FAILED);
    check_failure(code_exchange, SP_REASON_TOKEN_INVALID, SP_ERR_MISSING);
    ck_assert_ptr_nonnull(strstr(sp_code_exchange_failure(code_exchange)->diag.text, "userinfo_endpoint"));
}
SP_TEST_END

static int references;

static void hold(void *owner)
{
    ++*(int *)owner;
}

static void let_go(void *owner)
{
    --*(int *)owner;
}

SP_TEST(what_is_saved_is_restored_as_it_was)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    for (int round = 0; round < 4; round++) {
        struct sp_client client = round % 2 == 0 ? usual : asking_userinfo;
        client.keeps_id_token = round < 2;
        client.owner = &references;
        client.ref = hold;
        client.unref = let_go;
        ck_assert_int_eq(references, 0); /* the previous round has released its references */
        CODE_EXCHANGE code_exchange = begin(metadata, &client, keyset);
        (void)answer_token(code_exchange, &signer, "k", "{\"groups\":[\"a\\nb\",\"\u00e9\"],\"n\":[1.5,{}]}");
        if (round % 2 != 0) {
            (void)answer(code_exchange, 200, "{\"sub\":\"" ISSUER_SUB "\",\"name\":\"Of UserInfo\"}");
        }
        ck_assert_int_eq(sp_code_exchange_step(code_exchange), SP_CODE_EXCHANGE_DONE);
        SP_BUF_SCOPED struct sp_buf saved;
        SP_BUF_SCOPED struct sp_buf again;
        sp_buf_init(&saved, 65536);
        sp_buf_init(&again, 65536);
        sp_code_exchange_save(code_exchange, &saved);
        CODE_EXCHANGE restored = NULL;
        ck_assert_int_eq(sp_code_exchange_restore(sp_buf_str(&saved), 7, &client, &restored), SP_OK);
        const struct sp_claims *claims = sp_code_exchange_claims(restored);
        ck_assert(json_equal(claims->all, sp_code_exchange_claims(code_exchange)->all));
        ck_assert(sp_str_equal(claims->name, sp_code_exchange_claims(code_exchange)->name));
        ck_assert_uint_eq(claims->groups.n, 2);
        ck_assert_int_eq(claims->expires_s, sp_code_exchange_claims(code_exchange)->expires_s);
        ck_assert_int_eq(sp_code_exchange_grant_lifetime_s(restored), 7);
        ck_assert_int_eq(sp_code_exchange_id_token(restored).len > 0, client.keeps_id_token);
        sp_code_exchange_save(restored, &again);
        ck_assert(sp_str_equal(sp_buf_str(&saved), sp_buf_str(&again)));
        ck_assert_int_ne(sp_code_exchange_restore(SP_STR("{}"), 7, &client, &restored), SP_OK);
        ck_assert_int_eq(references, 2);
    }
}
SP_TEST_END

SP_TEST(a_forged_token_is_never_sent_to_userinfo)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    ISSUER_PROVIDER metadata = issuer_metadata(USERINFO);
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    CODE_EXCHANGE code_exchange = begin(metadata, &asking_userinfo, keyset);
    ck_assert_int_eq(answer_token(code_exchange, &stranger, "k", "{}"), SP_CODE_EXCHANGE_WANT_KEYS);
    ck_assert_int_eq(sp_code_exchange_take_keys(code_exchange, keyset, ISSUER_NOW_S),
                     SP_CODE_EXCHANGE_FAILED);
}
SP_TEST_END

SP_TEST(nothing_begins_without_its_parts)
{
    ISSUER_PROVIDER metadata = issuer_metadata("");
    const struct sp_code_exchange_input whole = {.metadata = metadata,
                                                 .client = &usual,
                                                 .grant.code = SP_STR("c"),
                                                 .grant.redirect_uri = SP_STR("r"),
                                                 .grant.verifier = SP_STR("v"),
                                                 .nonce = SP_STR("n")};
    struct sp_code_exchange *code_exchange = NULL;
    struct sp_code_exchange_input input = whole;
    input.grant.code = SP_STR_NONE;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_ERR_MISSING);
    input = whole;
    input.grant.redirect_uri = SP_STR_NONE;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_ERR_MISSING);
    input = whole;
    input.grant.verifier = SP_STR_NONE;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_ERR_MISSING);
    input = whole;
    input.nonce = SP_STR_NONE;
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_ERR_MISSING);
    SIGNER_TEXT nonce = text_format("%0129d", 0);
    input.nonce = sp_str_from_c(nonce);
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_ERR_LIMIT);
    input.nonce.len = 128;
    ck_assert_ptr_null(code_exchange);
    ck_assert_int_eq(sp_code_exchange_new(&input, &code_exchange), SP_OK);
    sp_code_exchange_free(code_exchange);
    sp_code_exchange_free(NULL);
}
SP_TEST_END

SP_SUITE("code_exchange", a_code_becomes_claims, a_token_of_no_known_key_asks_for_new_keys_once,
         ac_23_keys_that_changed_meanwhile_are_not_asked_for, without_any_keys_they_are_asked_for_first,
         ac_23_keys_that_cannot_be_had_end_it_as_unavailable,
         a_key_of_another_type_under_the_same_kid_asks_for_new_keys,
         a_token_that_breaks_a_rule_is_invalid_and_says_which,
         refusal_and_outage_of_the_token_endpoint_are_told_apart,
         userinfo_is_asked_after_the_token_was_verified, userinfo_that_fails_ends_it,
         userinfo_without_an_endpoint_is_said_so, what_is_saved_is_restored_as_it_was,
         a_forged_token_is_never_sent_to_userinfo, nothing_begins_without_its_parts)
