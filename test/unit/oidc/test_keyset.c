/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/keyset.h"

#include "../suite.h"
#include "faults.h"
#include "issuer.h"

static enum sp_error parse(const char *text, struct sp_keyset **out)
{
    struct sp_diag diag = {0};
    enum sp_error error = sp_keyset_parse(sp_str_from_c(text), out, &diag);
    ck_assert((diag.text[0] != '\0') == (error != SP_OK));
    return error;
}

static enum sp_error find(const struct sp_keyset *keyset, const char *kid, const char *alg,
                          const struct sp_jwk **out)
{
    return sp_keyset_find(keyset, sp_str_from_c(kid), sp_algorithm_find(sp_str_from_c(alg)), out);
}

SP_TEST(a_key_is_found_by_its_kid)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer ed = signer_new("EdDSA");
    SIGNER_TEXT first = signer_jwk(&es, "first");
    SIGNER_TEXT second = signer_jwk(&ed, "second");
    SIGNER_TEXT text = text_format("{\"keys\":[%s,%s],\"other\":1}", first, second);
    ISSUER_KEYSET keyset = NULL;
    const struct sp_jwk *key = NULL;
    ck_assert_int_eq(parse(text, &keyset), SP_OK);
    ck_assert_uint_eq(keyset->keys_n, 2);
    ck_assert_int_eq(find(keyset, "first", "ES256", &key), SP_OK);
    ck_assert_ptr_eq(key, &keyset->keys[0]);
    ck_assert_int_eq(find(keyset, "second", "EdDSA", &key), SP_OK);
    ck_assert_ptr_eq(key, &keyset->keys[1]);
}
SP_TEST_END

SP_TEST(ac_22_kid_and_type_must_both_fit)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&es, "k");
    const struct sp_jwk *key = NULL;
    ck_assert_int_eq(find(keyset, "other", "ES256", &key), SP_ERR_KEY);
    ck_assert_int_eq(find(keyset, "", "ES256", &key), SP_ERR_KEY);
    ck_assert_int_eq(find(keyset, "K", "ES256", &key), SP_ERR_KEY);
    ck_assert_int_eq(find(keyset, "k", "ES384", &key), SP_ERR_MISMATCH);
    ck_assert_int_eq(find(keyset, "k", "RS256", &key), SP_ERR_MISMATCH);
    ck_assert_int_eq(find(keyset, "k", "none", &key), SP_ERR_MISMATCH);
    ck_assert_ptr_null(key);
}
SP_TEST_END

SP_TEST(ac_22_a_key_without_a_name_has_no_empty_one)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_TEXT members = signer_public_members(&es);
    SIGNER_TEXT text = text_format("{\"keys\":[{%s}]}", members);
    ISSUER_KEYSET keyset = NULL;
    const struct sp_jwk *key = NULL;
    ck_assert_int_eq(parse(text, &keyset), SP_OK);
    ck_assert_int_eq(find(keyset, "", "ES256", &key), SP_ERR_KEY);
    ck_assert_ptr_null(key);
}
SP_TEST_END

SP_TEST(a_token_without_kid_needs_the_only_key_that_serves)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer ed = signer_new("EdDSA");
    SIGNER_TEXT named = signer_jwk(&es, "named");
    SIGNER_TEXT members = signer_public_members(&ed);
    SIGNER_TEXT one_each = text_format("{\"keys\":[%s,{%s}]}", named, members);
    SIGNER_TEXT two = text_format("{\"keys\":[%s,{%s},{%s}]}", named, members, members);
    ISSUER_KEYSET keyset = NULL;
    ISSUER_KEYSET ambiguous = NULL;
    const struct sp_jwk *key = NULL;
    ck_assert_int_eq(parse(one_each, &keyset), SP_OK);
    ck_assert_int_eq(parse(two, &ambiguous), SP_OK);
    ck_assert_int_eq(find(keyset, NULL, "ES256", &key), SP_OK);
    ck_assert_ptr_eq(key, &keyset->keys[0]);
    ck_assert_int_eq(find(keyset, NULL, "EdDSA", &key), SP_OK);
    ck_assert_ptr_eq(key, &keyset->keys[1]);
    ck_assert_int_eq(find(keyset, NULL, "RS256", &key), SP_ERR_KEY);
    ck_assert_int_eq(find(ambiguous, NULL, "EdDSA", &key), SP_ERR_DUPLICATE);
    /* a key without kid is not the one of a token that names another */
    ck_assert_int_eq(find(keyset, "unknown", "EdDSA", &key), SP_ERR_KEY);
}
SP_TEST_END

SP_TEST(a_kid_that_stands_twice_serves_only_where_the_type_tells_them_apart)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer es_too = signer_new("ES256");
    SIGNER_SCOPED struct signer ed = signer_new("EdDSA");
    SIGNER_TEXT first = signer_jwk(&es, "k");
    SIGNER_TEXT second = signer_jwk(&ed, "k");
    SIGNER_TEXT third = signer_jwk(&es_too, "k");
    SIGNER_TEXT text = text_format("{\"keys\":[%s,%s,%s]}", first, second, third);
    ISSUER_KEYSET keyset = NULL;
    const struct sp_jwk *key = NULL;
    ck_assert_int_eq(parse(text, &keyset), SP_OK);
    ck_assert_int_eq(find(keyset, "k", "EdDSA", &key), SP_OK);
    ck_assert_ptr_eq(key, &keyset->keys[1]);
    ck_assert_int_eq(find(keyset, "k", "ES256", &key), SP_ERR_DUPLICATE);
}
SP_TEST_END

SP_TEST(keys_of_no_use_are_skipped_and_a_set_of_them_is_an_error)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_TEXT members = signer_public_members(&es);
    SIGNER_TEXT text =
        text_format("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{%s,\"use\":\"enc\"},{%s,\"d\":\"AA\"},"
                    "null,7,{\"kty\":\"new\"},{%s}]}",
                    members, members, members);
    ISSUER_KEYSET keyset = NULL;
    struct sp_keyset *none = NULL;
    ck_assert_int_eq(parse(text, &keyset), SP_OK);
    ck_assert_uint_eq(keyset->keys_n, 1);
    ck_assert_uint_eq(keyset->skipped_n, 6);
    ck_assert_int_eq(parse("{\"keys\":[]}", &none), SP_ERR_KEY);
    ck_assert_int_eq(parse("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", &none), SP_ERR_KEY);
    ck_assert_ptr_null(none);
}
SP_TEST_END

SP_TEST(what_is_no_key_set_is_refused)
{
    struct sp_keyset *none = NULL;
    ck_assert_int_eq(parse("", &none), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("[]", &none), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{}", &none), SP_ERR_MISSING);
    ck_assert_int_eq(parse("{\"keys\":{}}", &none), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{\"keys\":null}", &none), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{\"keys\":[],\"keys\":[]}", &none), SP_ERR_DUPLICATE);
    ck_assert_ptr_null(none);
    sp_keyset_free(NULL);
}
SP_TEST_END

static enum sp_error parse_repeated(const char *jwk, size_t n)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, SP_KEYSET_DOCUMENT_MAX);
    sp_buf_append_c(&text, "{\"keys\":[");
    for (size_t i = 0; i < n; i++) {
        sp_buf_append_c(&text, i > 0 ? "," : "");
        sp_buf_append_c(&text, jwk);
    }
    sp_buf_append_c(&text, "]}");
    ISSUER_KEYSET keyset = NULL;
    return parse(sp_buf_c_str(&text), &keyset);
}

static bool is_keyset(const char *document)
{
    ISSUER_KEYSET keyset = NULL;
    return parse(document, &keyset) == SP_OK;
}

static bool is_key(const char *key)
{
    SIGNER_TEXT document = text_format("{\"keys\":[%s]}", key);
    return is_keyset(document);
}

/* RFC 7517, appendix A.1 */
#define EC_X "\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\""
#define EC_Y "\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""
#define RSA_N                                                                                                \
    "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXj"  \
    "BZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8K" \
    "JZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBn" \
    "iIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\""

#define FAULTS_OF_ANY_KEY                                                                                    \
    {"use", "\"sig\"", FAULT_ABSENT}, {"key_ops", "\"verify\"", FAULT_ABSENT | FAULT_LIST_OF},               \
        {"kid", "\"k\"", FAULT_ABSENT | FAULT_EMPTY | FAULT_TEXT},                                           \
    {                                                                                                        \
        "x5t", "\"x\"", FAULT_ANY                                                                            \
    }

SP_TEST(ac_24_no_member_of_a_key_may_have_a_fault)
{
    static const struct member ec[] = {
        {"kty", "\"EC\"", FAULT_NEVER}, {"crv", "\"P-256\"", FAULT_NEVER},  {"x", EC_X, FAULT_NEVER},
        {"y", EC_Y, FAULT_NEVER},       {"alg", "\"ES256\"", FAULT_ABSENT}, FAULTS_OF_ANY_KEY,
    };
    static const struct member rsa[] = {
        {"kty", "\"RSA\"", FAULT_NEVER},    {"n", RSA_N, FAULT_NEVER}, {"e", "\"AQAB\"", FAULT_NEVER},
        {"alg", "\"RS256\"", FAULT_ABSENT}, FAULTS_OF_ANY_KEY,
    };
    /* RFC 8037, appendix A.2 */
    static const struct member okp[] = {
        {"kty", "\"OKP\"", FAULT_NEVER},
        {"crv", "\"Ed25519\"", FAULT_NEVER},
        {"x", "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"", FAULT_NEVER},
        {"alg", "\"EdDSA\"", FAULT_ABSENT},
        FAULTS_OF_ANY_KEY,
    };
    check_faults(ec, MEMBERS_N(ec), is_key);
    check_faults(rsa, MEMBERS_N(rsa), is_key);
    check_faults(okp, MEMBERS_N(okp), is_key);
}
SP_TEST_END

SP_TEST(ac_24_the_list_of_keys_may_have_no_fault)
{
    static const struct member set[] = {
        {"keys", "[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":" EC_X ",\"y\":" EC_Y "}]", FAULT_NEVER},
        {"other", "1", FAULT_ANY},
    };
    ck_assert(is_keyset("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":" EC_X ",\"y\":" EC_Y "}]}"));
    check_faults(set, MEMBERS_N(set), is_keyset);
}
SP_TEST_END

SP_TEST(ac_24_keys_and_bytes_have_ceilings)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_TEXT jwk = signer_jwk(&es, "k");
    ck_assert_int_eq(parse_repeated(jwk, SP_KEYSET_KEYS_MAX), SP_OK);
    ck_assert_int_eq(parse_repeated(jwk, SP_KEYSET_KEYS_MAX + 1), SP_ERR_LIMIT);
    SIGNER_TEXT document = malloc(SP_KEYSET_DOCUMENT_MAX + 1);
    SIGNER_TEXT small = text_format("{\"keys\":[%s]}", jwk);
    memset(document, ' ', SP_KEYSET_DOCUMENT_MAX + 1);
    memcpy(document, small, strlen(small));
    struct sp_str longest = {document, SP_KEYSET_DOCUMENT_MAX};
    struct sp_str longer = {document, SP_KEYSET_DOCUMENT_MAX + 1};
    ISSUER_KEYSET keyset = NULL;
    ck_assert_int_eq(sp_keyset_parse(longer, &keyset, NULL), SP_ERR_LIMIT);
    ck_assert_int_eq(sp_keyset_parse(longest, &keyset, NULL), SP_OK);
}
SP_TEST_END

SP_SUITE("keyset", a_key_is_found_by_its_kid, ac_22_kid_and_type_must_both_fit,
         ac_22_a_key_without_a_name_has_no_empty_one, a_token_without_kid_needs_the_only_key_that_serves,
         a_kid_that_stands_twice_serves_only_where_the_type_tells_them_apart,
         keys_of_no_use_are_skipped_and_a_set_of_them_is_an_error, what_is_no_key_set_is_refused,
         ac_24_no_member_of_a_key_may_have_a_fault, ac_24_the_list_of_keys_may_have_no_fault,
         ac_24_keys_and_bytes_have_ceilings)
