/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

#include "jose/json.h"

#include "../suite.h"
#include "signer.h"

static enum sp_error parse_text(const char *text, struct sp_jwk *out)
{
    SP_JSON_SCOPED json_t *value = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(text), 16384, "the test", &value, NULL), SP_OK);
    struct sp_diag diag = {0};
    enum sp_error error = sp_jwk_parse(value, out, &diag);
    ck_assert_msg((diag.text[0] != '\0') == (error != SP_OK), "%s", text);
    return error;
}

static enum sp_error parse(const char *text)
{
    struct sp_jwk jwk = SP_JWK_NONE;
    enum sp_error error = parse_text(text, &jwk);
    ck_assert((jwk.key != NULL) == (error == SP_OK));
    sp_jwk_done(&jwk);
    return error;
}

#define RSA_N                                                                                                \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-" \
    "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"        \
    "KXBdQOS-"                                                                                               \
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2e" \
    "thFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_PUBLIC "\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\""
#define EC_X       "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y       "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_PUBLIC  "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
#define ED_X       "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_PUBLIC  "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""

/* Keys of RFC 7515, appendix A.2 and A.3, and RFC 8037, appendix A.2. */
SP_TEST(keys_of_the_rfcs_are_read)
{
    struct sp_jwk jwk = SP_JWK_NONE;
    ck_assert_int_eq(parse_text("{" RSA_PUBLIC ",\"kid\":\"k1\",\"alg\":\"RS256\",\"use\":\"sig\"}", &jwk),
                     SP_OK);
    ck_assert_int_eq(jwk.type, SP_KEY_TYPE_RSA);
    ck_assert_str_eq(jwk.kid, "k1");
    ck_assert_str_eq(jwk.algorithm->name, "RS256");
    sp_jwk_done(&jwk);
    ck_assert_int_eq(parse_text("{" EC_PUBLIC "}", &jwk), SP_OK);
    ck_assert_int_eq(jwk.type, SP_KEY_TYPE_P256);
    ck_assert_ptr_null(jwk.kid);
    ck_assert_ptr_null(jwk.algorithm);
    sp_jwk_done(&jwk);
    ck_assert_int_eq(parse_text("{" ED_PUBLIC "}", &jwk), SP_OK);
    ck_assert_int_eq(jwk.type, SP_KEY_TYPE_ED25519);
    sp_jwk_done(&jwk);
    sp_jwk_done(&jwk);
}
SP_TEST_END

SP_TEST(every_curve_of_the_table_is_read)
{
    static const char *const names[] = {"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(names[i]);
        SIGNER_TEXT text = signer_jwk(&signer, "k");
        ck_assert_msg(parse(text) == SP_OK, "%s", text);
    }
}
SP_TEST_END

SP_TEST(a_key_with_private_members_is_refused)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SIGNER_TEXT rsa = text_format("{" RSA_PUBLIC ",\"%s\":\"AQAB\"}", names[i]);
        SIGNER_TEXT ec = text_format("{" EC_PUBLIC ",\"%s\":null}", names[i]);
        SIGNER_TEXT okp = text_format("{" ED_PUBLIC ",\"%s\":\"\"}", names[i]);
        ck_assert_int_eq(parse(rsa), SP_ERR_KEY);
        ck_assert_int_eq(parse(ec), SP_ERR_KEY);
        ck_assert_int_eq(parse(okp), SP_ERR_KEY);
    }
}
SP_TEST_END

SP_TEST(types_and_curves_outside_the_table_are_not_supported)
{
    ck_assert_int_eq(parse("{\"kty\":\"oct\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{\"kty\":\"oct\",\"k\":\"AAAA\"}"), SP_ERR_KEY);
    ck_assert_int_eq(parse("{\"kty\":\"rsa\",\"e\":\"AQAB\",\"n\":\"" RSA_N "\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{\"kty\":\"AKP\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"),
                     SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" ED_X "\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse("{\"kty\":7}"), SP_ERR_FORMAT);
    struct sp_jwk jwk;
    ck_assert_int_eq(sp_jwk_parse(NULL, &jwk, NULL), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_key_for_another_purpose_is_not_taken)
{
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"use\":\"enc\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"use\":\"\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"use\":[\"sig\"]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"key_ops\":[\"encrypt\"]}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"key_ops\":[]}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"key_ops\":[\"sign\",\"verify\"],\"use\":\"sig\"}"), SP_OK);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"alg\":\"RSA-OAEP\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"alg\":\"HS256\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"alg\":\"none\"}"), SP_ERR_UNSUPPORTED);
    ck_assert_int_eq(parse("{" RSA_PUBLIC ",\"alg\":\"ES256\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(parse("{" EC_PUBLIC ",\"alg\":\"ES384\"}"), SP_ERR_MISMATCH);
    ck_assert_int_eq(parse("{" ED_PUBLIC ",\"alg\":\"ES256\"}"), SP_ERR_MISMATCH);
}
SP_TEST_END

static enum sp_error parse_rsa(size_t bits, const char *e, uint8_t last)
{
    uint8_t n[1100];
    size_t len = (bits + 7) / 8;
    memset(n, 0xff, sizeof n);
    n[0] = (uint8_t)(0xff >> (len * 8 - bits));
    n[len - 1] = last;
    SIGNER_TEXT modulus = text_base64url(n, len);
    SIGNER_TEXT text = text_format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", modulus, e);
    return parse(text);
}

SP_TEST(an_rsa_key_has_a_length_between_its_limits)
{
    ck_assert_int_eq(parse_rsa(SP_JWK_RSA_BITS_MIN - 1, "AQAB", 0xfd), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(SP_JWK_RSA_BITS_MIN, "AQAB", 0xfd), SP_OK);
    ck_assert_int_eq(parse_rsa(SP_JWK_RSA_BITS_MAX, "AQAB", 0xfd), SP_OK);
    ck_assert_int_eq(parse_rsa(SP_JWK_RSA_BITS_MAX + 1, "AQAB", 0xfd), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(SP_JWK_RSA_BITS_MAX + 16, "AQAB", 0xfd), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(1024, "AQAB", 0xfd), SP_ERR_KEY);
}
SP_TEST_END

SP_TEST(an_rsa_key_has_an_odd_modulus_and_a_small_odd_exponent)
{
    ck_assert_int_eq(parse_rsa(2048, "AQAB", 0xfe), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(2048, "Aw", 0xfd), SP_OK);      /* 3 */
    ck_assert_int_eq(parse_rsa(2048, "AQ", 0xfd), SP_ERR_KEY); /* 1: every signature would be valid */
    ck_assert_int_eq(parse_rsa(2048, "AA", 0xfd), SP_ERR_KEY); /* 0 */
    ck_assert_int_eq(parse_rsa(2048, "Ag", 0xfd), SP_ERR_KEY); /* 2 */
    ck_assert_int_eq(parse_rsa(2048, "AQAA", 0xfd), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(2048, "_____w", 0xfd), SP_OK);       /* 2^32 - 1 */
    ck_assert_int_eq(parse_rsa(2048, "AQAAAAE", 0xfd), SP_ERR_KEY); /* 2^32 + 1 */
    ck_assert_int_eq(parse_rsa(2048, "", 0xfd), SP_ERR_KEY);
    ck_assert_int_eq(parse_rsa(2048, "AQ AB", 0xfd), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_rsa(2048, "AQAB===", 0xfd), SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{\"kty\":\"RSA\",\"e\":\"AQAB\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse("{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":65537}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(numbers_may_be_padded_and_of_the_standard_alphabet)
{
    ck_assert_int_eq(parse_rsa(2048, "AQAB=", 0xfd), SP_OK);
    ck_assert_int_eq(parse_rsa(2048, "Aw==", 0xfd), SP_OK);
    ck_assert_int_eq(parse_rsa(2048, "/////w==", 0xfd), SP_OK);
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X
                           "=\",\"y\":\"x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0=\"}"),
                     SP_OK);
    ck_assert_int_eq(
        parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"}"),
        SP_OK);
}
SP_TEST_END

/* `n`, `x` or `y` with that many bytes, the first of which are zero. */
static char *padded(const char *encoded, size_t zeros_n)
{
    uint8_t bytes[2048] = {0};
    size_t len = 0;
    ck_assert_int_eq(
        sp_base64url_decode(sp_str_from_c(encoded), bytes + zeros_n, sizeof bytes - zeros_n, &len), SP_OK);
    return text_base64url(bytes, zeros_n + len);
}

SP_TEST(numbers_may_have_zero_bytes_before_them)
{
    for (size_t zeros_n = 0; zeros_n < 3; zeros_n++) {
        SIGNER_TEXT n = padded(RSA_N, zeros_n);
        SIGNER_TEXT e = padded("AQAB", zeros_n);
        SIGNER_TEXT x = padded(EC_X, zeros_n);
        SIGNER_TEXT y = padded(EC_Y, zeros_n);
        SIGNER_TEXT rsa = text_format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, e);
        SIGNER_TEXT ec = text_format("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
        ck_assert_int_eq(parse(rsa), SP_OK);
        ck_assert_int_eq(parse(ec), SP_OK);
    }
    SIGNER_TEXT many = padded(RSA_N, SP_JWK_RSA_BITS_MAX / 8 + 16 - 256);
    SIGNER_TEXT more = padded(RSA_N, SP_JWK_RSA_BITS_MAX / 8 + 17 - 256);
    SIGNER_TEXT longest = text_format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", many);
    SIGNER_TEXT longer = text_format("{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", more);
    ck_assert_int_eq(parse(longest), SP_OK);
    ck_assert_int_eq(parse(longer), SP_ERR_KEY);
}
SP_TEST_END

/* Some issuers write a number without its leading zero bytes: one key in 128 has such a coordinate. */
SP_TEST(a_coordinate_may_lack_its_zero_bytes)
{
    for (int i = 0; i < 2000; i++) {
        SIGNER_SCOPED struct signer signer = signer_new("ES256");
        SIGNER_TEXT x = signer_number(&signer, OSSL_PKEY_PARAM_EC_PUB_X, 0);
        SIGNER_TEXT y = signer_number(&signer, OSSL_PKEY_PARAM_EC_PUB_Y, 0);
        if (strlen(x) < SP_BASE64URL_LEN(32) || strlen(y) < SP_BASE64URL_LEN(32)) {
            SIGNER_TEXT text =
                text_format("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
            ck_assert_int_eq(parse(text), SP_OK);
            return;
        }
    }
    ck_abort_msg("no key had a coordinate that begins with zero");
}
SP_TEST_END

SP_TEST(a_point_is_on_its_curve)
{
    /* y ends in another byte */
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X
                           "\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}"),
                     SP_ERR_KEY);
    /* x and y exchanged */
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_Y "\",\"y\":\"" EC_X "\"}"),
                     SP_ERR_KEY);
    /* another curve */
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"),
                     SP_ERR_KEY);
    /* one byte less, and one more that is not zero */
    ck_assert_int_eq(
        parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA"
              "\",\"y\":\"" EC_Y "\"}"),
        SP_ERR_KEY);
    ck_assert_int_eq(
        parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AX_NzidwuMRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF"
              "\",\"y\":\"" EC_Y "\"}"),
        SP_ERR_KEY);
    /* all zero */
    ck_assert_int_eq(
        parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
              "\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        SP_ERR_KEY);
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse("{\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}"), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(an_ed25519_key_has_32_bytes)
{
    ck_assert_int_eq(
        parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ\"}"),
        SP_ERR_KEY);
    ck_assert_int_eq(
        parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA\"}"),
        SP_ERR_KEY);
    /* the unused bits of the last character are not zero */
    ck_assert_int_eq(
        parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp\"}"),
        SP_ERR_FORMAT);
    ck_assert_int_eq(parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\"}"), SP_ERR_KEY);
    ck_assert_int_eq(parse("{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}"), SP_ERR_MISSING);
}
SP_TEST_END

SP_TEST(a_kid_has_a_ceiling)
{
    char kid[SP_JWK_KID_MAX + 2];
    memset(kid, 'k', sizeof kid);
    kid[SP_JWK_KID_MAX + 1] = '\0';
    SIGNER_TEXT longer = text_format("{" EC_PUBLIC ",\"kid\":\"%s\"}", kid);
    SIGNER_TEXT longest = text_format("{" EC_PUBLIC ",\"kid\":\"%s\"}", kid + 1);
    ck_assert_int_eq(parse(longer), SP_ERR_LIMIT);
    ck_assert_int_eq(parse(longest), SP_OK);
    ck_assert_int_eq(parse("{" EC_PUBLIC ",\"kid\":7}"), SP_ERR_FORMAT);
}
SP_TEST_END

SP_TEST(a_key_serves_the_algorithms_of_its_type_or_the_one_it_names)
{
    static const char *const names[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                        "PS512", "ES256", "ES384", "ES512", "EdDSA"};
    struct sp_jwk any = SP_JWK_NONE;
    struct sp_jwk one = SP_JWK_NONE;
    ck_assert_int_eq(parse_text("{" RSA_PUBLIC "}", &any), SP_OK);
    ck_assert_int_eq(parse_text("{" RSA_PUBLIC ",\"alg\":\"PS256\"}", &one), SP_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct sp_algorithm *algorithm = sp_algorithm_find(sp_str_from_c(names[i]));
        ck_assert(sp_jwk_serves(&any, algorithm) == (i < 6));
        ck_assert(sp_jwk_serves(&one, algorithm) == (i == 3));
    }
    ck_assert(!sp_jwk_serves(&any, NULL));
    ck_assert(!sp_jwk_serves(&SP_JWK_NONE, sp_algorithm_find(SP_STR("RS256"))));
    sp_jwk_done(&any);
    sp_jwk_done(&one);
}
SP_TEST_END

SP_SUITE("jwk", keys_of_the_rfcs_are_read, every_curve_of_the_table_is_read,
         a_key_with_private_members_is_refused, types_and_curves_outside_the_table_are_not_supported,
         a_key_for_another_purpose_is_not_taken, an_rsa_key_has_a_length_between_its_limits,
         an_rsa_key_has_an_odd_modulus_and_a_small_odd_exponent,
         numbers_may_be_padded_and_of_the_standard_alphabet, numbers_may_have_zero_bytes_before_them,
         a_coordinate_may_lack_its_zero_bytes, a_point_is_on_its_curve, an_ed25519_key_has_32_bytes,
         a_kid_has_a_ceiling, a_key_serves_the_algorithms_of_its_type_or_the_one_it_names)
