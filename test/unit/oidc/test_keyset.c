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

/* The result for a token that `signer` signs under this header member (`"kid":"k",` or nothing). */
static enum sp_error verify(const struct sp_keyset *keyset, const struct signer *signer, const char *kid)
{
    SIGNER_TEXT header = text_format("{%s\"alg\":\"%s\"}", kid, signer->alg);
    SIGNER_TEXT text = signer_sign(signer, header, "{\"a\":1}");
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload = SP_STR_NONE;
    struct sp_diag diag = {0};
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), 8192, &jws, NULL), SP_OK);
    enum sp_error error = sp_keyset_verify(keyset, &jws, "the test", &payload, &diag);
    ck_assert_int_eq(error == SP_OK, sp_str_equal(payload, SP_STR("{\"a\":1}")));
    ck_assert_int_eq(error != SP_OK, strncmp(diag.text, "the test: ", 10) == 0);
    return error;
}

static struct sp_keyset *set_of(const char *keys)
{
    struct sp_keyset *keyset = NULL;
    SIGNER_TEXT text = text_format("{\"keys\":[%s],\"other\":1}", keys);
    ck_assert_int_eq(parse(text, &keyset), SP_OK);
    return keyset;
}

SP_TEST(a_key_is_found_by_its_kid)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer ed = signer_new("EdDSA");
    SIGNER_TEXT first = signer_jwk(&es, "first");
    SIGNER_TEXT second = signer_jwk(&ed, "second");
    SIGNER_TEXT both = text_format("%s,%s", first, second);
    ISSUER_KEYSET keyset = set_of(both);
    ck_assert_uint_eq(keyset->keys_n, 2);
    ck_assert_str_eq(keyset->skipped.text, "");
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"first\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &ed, "\"kid\":\"second\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &es, ""), SP_OK);
}
SP_TEST_END

SP_TEST(ac_22_kid_and_type_must_both_fit)
{
    static const char *const others[] = {"RS256", "ES384", "EdDSA"};
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&es, "k");
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"k\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"other\","), SP_ERR_KEY);
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"\","), SP_ERR_KEY);
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"K\","), SP_ERR_KEY);
    ck_assert_int_eq(verify(keyset, &stranger, "\"kid\":\"k\","), SP_ERR_SIGNATURE);
    ck_assert_int_eq(verify(keyset, &stranger, ""), SP_ERR_SIGNATURE);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        SIGNER_SCOPED struct signer other = signer_new(others[i]);
        ck_assert_int_eq(verify(keyset, &other, "\"kid\":\"k\","), SP_ERR_KEY);
        ck_assert_int_eq(verify(keyset, &other, ""), SP_ERR_KEY);
    }
}
SP_TEST_END

SP_TEST(keys_without_a_kid_are_tried_for_every_token)
{
    SIGNER_SCOPED struct signer one = signer_new("ES256");
    SIGNER_SCOPED struct signer two = signer_new("ES256");
    SIGNER_SCOPED struct signer stranger = signer_new("ES256");
    SIGNER_TEXT first = signer_public_members(&one);
    SIGNER_TEXT second = signer_public_members(&two);
    SIGNER_TEXT both = text_format("{%s},{%s}", first, second);
    ISSUER_KEYSET keyset = set_of(both);
    static const char *const kids[] = {"", "\"kid\":\"k\",", "\"kid\":\"\",", "\"kid\":null,"};
    for (size_t i = 0; i < sizeof kids / sizeof kids[0]; i++) {
        ck_assert_int_eq(verify(keyset, &one, kids[i]), SP_OK);
        ck_assert_int_eq(verify(keyset, &two, kids[i]), SP_OK);
        ck_assert_int_eq(verify(keyset, &stranger, kids[i]), SP_ERR_SIGNATURE);
    }
}
SP_TEST_END

SP_TEST(several_keys_of_one_kid_are_tried_in_turn)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_SCOPED struct signer es_too = signer_new("ES256");
    SIGNER_SCOPED struct signer ed = signer_new("EdDSA");
    SIGNER_TEXT first = signer_jwk(&es, "k");
    SIGNER_TEXT second = signer_jwk(&ed, "k");
    SIGNER_TEXT third = signer_jwk(&es_too, "k");
    SIGNER_TEXT all = text_format("%s,%s,%s,%s", first, first, second, third);
    ISSUER_KEYSET keyset = set_of(all);
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"k\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &es_too, "\"kid\":\"k\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &ed, "\"kid\":\"k\","), SP_OK);
    ck_assert_int_eq(verify(keyset, &es, "\"kid\":\"other\","), SP_ERR_KEY);
}
SP_TEST_END

/* A set of `n` foreign keys and then this one. */
static struct sp_keyset *set_behind(size_t n, const char *key)
{
    SP_BUF_SCOPED struct sp_buf keys;
    sp_buf_init(&keys, SP_KEYSET_DOCUMENT_MAX);
    for (size_t i = 0; i < n; i++) {
        SIGNER_SCOPED struct signer stranger = signer_new("ES256");
        SIGNER_TEXT members = signer_public_members(&stranger);
        sp_buf_printf(&keys, "{%s},", members);
    }
    sp_buf_append_c(&keys, key);
    return set_of(sp_buf_c_str(&keys));
}

SP_TEST(ac_23_a_token_is_tried_with_few_keys_its_own_name_first)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_TEXT members = signer_public_members(&es);
    SIGNER_TEXT nameless = text_format("{%s}", members);
    SIGNER_TEXT named = signer_jwk(&es, "k");
    ISSUER_KEYSET last = set_behind(SP_KEYSET_TRIED_MAX - 1, nameless);
    ISSUER_KEYSET too_late = set_behind(SP_KEYSET_TRIED_MAX, nameless);
    ISSUER_KEYSET by_name = set_behind(SP_KEYSET_KEYS_MAX - 1, named);
    ck_assert_int_eq(verify(last, &es, "\"kid\":\"k\","), SP_OK);
    ck_assert_int_eq(verify(too_late, &es, "\"kid\":\"k\","), SP_ERR_SIGNATURE);
    ck_assert_int_eq(verify(by_name, &es, "\"kid\":\"k\","), SP_OK);
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
    ck_assert_str_eq(
        keyset->skipped.text,
        "key 1: \"k\" belongs to a private key; key 2: \"use\" is not sig; key 3: \"d\" belongs to a private "
        "key; key 4: it is not an object; key 5: it is not an object; key 6: \"kty\" is not supported");
    ck_assert_int_eq(parse("{\"keys\":[]}", &none), SP_ERR_KEY);
    ck_assert_int_eq(parse("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", &none), SP_ERR_KEY);
    ck_assert_ptr_null(none);
}
SP_TEST_END

SP_TEST(a_key_that_is_skipped_says_why_by_its_kid)
{
    struct sp_keyset *none = NULL;
    struct sp_diag diag = {0};
    ck_assert_int_eq(
        sp_keyset_parse(
            SP_STR("{\"keys\":[{\"kid\":\"short\",\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}"), &none,
            &diag),
        SP_ERR_KEY);
    ck_assert_str_eq(diag.text,
                     "the key set: none of its 1 keys can verify a signature here: key 1 \"short\": it is an "
                     "RSA key of 17 bits, but must be a valid one of 2048 to 8192");
}
SP_TEST_END

SP_TEST(what_is_said_of_skipped_keys_is_cut)
{
    SIGNER_SCOPED struct signer es = signer_new("ES256");
    SIGNER_TEXT key = signer_jwk(&es, "k");
    SP_BUF_SCOPED struct sp_buf keys;
    sp_buf_init(&keys, SP_KEYSET_DOCUMENT_MAX);
    for (size_t i = 1; i < SP_KEYSET_KEYS_MAX; i++) {
        sp_buf_printf(&keys, "{\"kid\":\"%0200d\"},", 0);
    }
    sp_buf_append_c(&keys, key);
    ISSUER_KEYSET keyset = set_of(sp_buf_c_str(&keys));
    ck_assert_uint_eq(keyset->skipped_n, SP_KEYSET_KEYS_MAX - 1);
    ck_assert_uint_eq(strlen(keyset->skipped.text), sizeof keyset->skipped.text - 1);
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
         keys_without_a_kid_are_tried_for_every_token, several_keys_of_one_kid_are_tried_in_turn,
         ac_23_a_token_is_tried_with_few_keys_its_own_name_first,
         keys_of_no_use_are_skipped_and_a_set_of_them_is_an_error, a_key_that_is_skipped_says_why_by_its_kid,
         what_is_said_of_skipped_keys_is_cut, what_is_no_key_set_is_refused,
         ac_24_no_member_of_a_key_may_have_a_fault, ac_24_the_list_of_keys_may_have_no_fault,
         ac_24_keys_and_bytes_have_ceilings)
