/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "jose/json.h"

#include "../suite.h"
#include "signer.h"

#define LEN_MAX 16384

static struct sp_jwk read_jwk(const char *text)
{
    struct sp_jwk jwk = SP_JWK_NONE;
    SP_JSON_SCOPED json_t *value = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(text), LEN_MAX, "the test", &value, NULL), SP_OK);
    ck_assert_int_eq(sp_jwk_parse(value, &jwk, NULL), SP_OK);
    return jwk;
}

static struct sp_jwk public_key(const struct signer *signer)
{
    SIGNER_TEXT text = signer_jwk(signer, "k");
    return read_jwk(text);
}

/* Parses and verifies; a payload is returned only on success. */
static enum sp_error check(struct sp_str text, const struct sp_jwk *jwk)
{
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload = SP_STR_NONE;
    enum sp_error error = sp_jws_parse(text, LEN_MAX, &jws, NULL);
    if (error == SP_OK) {
        error = sp_jws_verify(&jws, jwk, &payload);
    }
    ck_assert((payload.ptr != NULL) == (error == SP_OK));
    return error;
}

static enum sp_error parse(const char *text)
{
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    return sp_jws_parse(sp_str_from_c(text), LEN_MAX, &jws, NULL);
}

static enum sp_error parse_header(const char *header)
{
    SIGNER_TEXT encoded = text_base64url(header, strlen(header));
    SIGNER_TEXT text = text_format("%s.e30.AAAA", encoded);
    return parse(text);
}

/* ---- vectors ------------------------------------------------------------------------------------- */

static void check_vector(const char *key, const char *text, const char *payload)
{
    struct sp_jwk jwk = read_jwk(key);
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str verified = SP_STR_NONE;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), LEN_MAX, &jws, NULL), SP_OK);
    ck_assert_int_eq(sp_jws_verify(&jws, &jwk, &verified), SP_OK);
    ck_assert(sp_str_equal(verified, sp_str_from_c(payload)));
    sp_jwk_done(&jwk);
}

#define JOE_PAYLOAD "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
#define JOE_ENCODED                                                                                          \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

/* RFC 7515, appendix A.2: RSASSA-PKCS1-v1_5 with SHA-256. */
SP_TEST(the_rs256_example_of_rfc_7515_verifies)
{
    check_vector(
        "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
        "Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
        "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
        "I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}",
        "eyJhbGciOiJSUzI1NiJ9." JOE_ENCODED
        ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
        "O8W2Fp5jujGbds9"
        "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
        "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
        "eSN9383LcOLn6_dO--xi12jzDwusC-"
        "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt"
        "5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        JOE_PAYLOAD);
}
SP_TEST_END

/* RFC 7515, appendix A.3: ECDSA with P-256 and SHA-256. */
SP_TEST(the_es256_example_of_rfc_7515_verifies)
{
    check_vector("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                 "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
                 "eyJhbGciOiJFUzI1NiJ9." JOE_ENCODED
                 ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
                 JOE_PAYLOAD);
}
SP_TEST_END

/* RFC 7515, appendix A.4: ECDSA with P-521 and SHA-512. */
SP_TEST(the_es512_example_of_rfc_7515_verifies)
{
    check_vector(
        "{\"kty\":\"EC\",\"crv\":\"P-521\","
        "\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_"
        "NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\","
        "\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-"
        "mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYb"
        "SW9ERBXukOXolLzeO_Jn",
        "Payload");
}
SP_TEST_END

#define BILBO_PAYLOAD                                                                                        \
    "It\xe2\x80\x99s a dangerous business, Frodo, going out your door. You step onto the road, and if you "  \
    "don't keep your feet, there\xe2\x80\x99s no knowing where you might be swept off to."
#define BILBO_ENCODED                                                                                        \
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm" \
    "9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJl" \
    "IHN3ZXB0IG9mZiB0by4"
#define BILBO_RSA                                                                                            \
    "{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\","                           \
    "\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_"       \
    "AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"         \
    "OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_"                 \
    "vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\",\"e\":\"AQAB\"}"

/* RFC 7520, section 4.1: RS256. */
SP_TEST(the_rs256_example_of_rfc_7520_verifies)
{
    check_vector(
        BILBO_RSA,
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." BILBO_ENCODED
        ".MRjdkly7_-"
        "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-"
        "BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_"
        "qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8I"
        "s9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_"
        "fcIe8u9i"
        "pH84ogoree7vjbU5y18kDquDg",
        BILBO_PAYLOAD);
}
SP_TEST_END

/* RFC 7520, section 4.2: PS384. */
SP_TEST(the_ps384_example_of_rfc_7520_verifies)
{
    check_vector(BILBO_RSA,
                 "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." BILBO_ENCODED
                 ".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-"
                 "tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_"
                 "1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_"
                 "ijQ7p8Vdz0TTrxUeT3lm8"
                 "d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
                 "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUA"
                 "fmWjwZ6oD4ifKo8DYM-X72Eaw",
                 BILBO_PAYLOAD);
}
SP_TEST_END

/* RFC 7520, section 4.3: ES512. */
SP_TEST(the_es512_example_of_rfc_7520_verifies)
{
    check_vector(
        "{\"kty\":\"EC\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\",\"crv\":\"P-521\","
        "\"x\":\"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt\","
        "\"y\":\"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\"}",
        "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." BILBO_ENCODED
        ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_"
        "u_"
        "sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
        BILBO_PAYLOAD);
}
SP_TEST_END

/* RFC 8037, appendix A.4: Ed25519. */
SP_TEST(the_ed25519_example_of_rfc_8037_verifies)
{
    check_vector(
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
        "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        "Example of Ed25519 signing");
}
SP_TEST_END

/* ---- keys and algorithms ------------------------------------------------------------------------- */

static const char *const names[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                    "PS512", "ES256", "ES384", "ES512", "EdDSA"};
#define NAMES_N (sizeof names / sizeof names[0])

SP_TEST(what_each_algorithm_signs_verifies)
{
    for (size_t i = 0; i < NAMES_N; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(names[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\"}", names[i]);
        SIGNER_TEXT text = signer_sign(&signer, header, "{\"sub\":\"ada\"}");
        struct sp_jwk jwk = public_key(&signer);
        ck_assert_msg(check(sp_str_from_c(text), &jwk) == SP_OK, "%s", names[i]);
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

SP_TEST(the_key_of_somebody_else_verifies_nothing)
{
    for (size_t i = 0; i < NAMES_N; i += 3) {
        SIGNER_SCOPED struct signer signer = signer_new(names[i]);
        SIGNER_SCOPED struct signer other = signer_new(names[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\"}", names[i]);
        SIGNER_TEXT text = signer_sign(&signer, header, "{}");
        struct sp_jwk jwk = public_key(&other);
        ck_assert_int_eq(check(sp_str_from_c(text), &jwk), SP_ERR_SIGNATURE);
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

/* The header may claim anything: only an algorithm that the key supports is tried. */
SP_TEST(ac_22_the_key_decides_the_algorithm)
{
    for (size_t i = 0; i < NAMES_N; i += 3) {
        SIGNER_SCOPED struct signer signer = signer_new(names[i]);
        struct sp_jwk jwk = public_key(&signer);
        for (size_t j = 0; j < NAMES_N; j++) {
            SIGNER_TEXT header = text_format("{\"alg\":\"%s\"}", names[j]);
            SIGNER_TEXT text = signer_sign(&signer, header, "{}");
            ck_assert_int_eq(check(sp_str_from_c(text), &jwk), i == j ? SP_OK : SP_ERR_ALGORITHM);
        }
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

SP_TEST(an_rsa_key_without_alg_verifies_both_paddings_and_confuses_neither)
{
    SIGNER_SCOPED struct signer pkcs1 = signer_new("RS256");
    struct signer pss = {"PS256", pkcs1.key};
    SIGNER_TEXT members = signer_public_members(&pkcs1);
    SIGNER_TEXT key = text_format("{%s}", members);
    struct sp_jwk jwk = read_jwk(key);
    SIGNER_TEXT right = signer_sign(&pkcs1, "{\"alg\":\"RS256\"}", "{}");
    SIGNER_TEXT right_too = signer_sign(&pss, "{\"alg\":\"PS256\"}", "{}");
    SIGNER_TEXT wrong = signer_sign(&pkcs1, "{\"alg\":\"PS256\"}", "{}");
    SIGNER_TEXT wrong_too = signer_sign(&pss, "{\"alg\":\"RS256\"}", "{}");
    ck_assert_int_eq(check(sp_str_from_c(right), &jwk), SP_OK);
    ck_assert_int_eq(check(sp_str_from_c(right_too), &jwk), SP_OK);
    ck_assert_int_eq(check(sp_str_from_c(wrong), &jwk), SP_ERR_SIGNATURE);
    ck_assert_int_eq(check(sp_str_from_c(wrong_too), &jwk), SP_ERR_SIGNATURE);
    sp_jwk_done(&jwk);
}
SP_TEST_END

SP_TEST(ac_22_hs256_with_the_public_key_as_secret_is_no_algorithm)
{
    SIGNER_SCOPED struct signer signer = signer_new("RS256");
    struct sp_jwk jwk = public_key(&signer);
    SIGNER_TEXT members = signer_public_members(&signer);
    SIGNER_TEXT header = text_base64url("{\"alg\":\"HS256\"}", 15);
    SIGNER_TEXT input = text_format("%s.e30", header);
    uint8_t mac[32];
    size_t len = 0;
    ck_assert_ptr_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, "SHA2-256", NULL, members, strlen(members),
                                    (const uint8_t *)input, strlen(input), mac, sizeof mac, &len));
    SIGNER_TEXT signature = text_base64url(mac, len);
    SIGNER_TEXT text = text_format("%s.%s", input, signature);
    ck_assert_int_eq(check(sp_str_from_c(text), &jwk), SP_ERR_ALGORITHM);
    sp_jwk_done(&jwk);
}
SP_TEST_END

SP_TEST(ac_22_none_is_no_algorithm)
{
    ck_assert_int_eq(parse_header("{\"alg\":\"none\"}"), SP_ERR_ALGORITHM);
    ck_assert_int_eq(parse_header("{\"alg\":\"None\"}"), SP_ERR_ALGORITHM);
    ck_assert_int_eq(parse_header("{\"alg\":\"\"}"), SP_ERR_ALGORITHM);
    ck_assert_int_eq(parse_header("{\"alg\":null}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse_header("{\"alg\":[\"RS256\"]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_header("{}"), SP_ERR_MISSING);
    ck_assert_int_eq(parse("eyJhbGciOiJub25lIn0.e30."), SP_ERR_ALGORITHM);
}
SP_TEST_END

/* ---- form ---------------------------------------------------------------------------------------- */

SP_TEST(ac_22_header_parameters_that_choose_how_to_check_are_refused)
{
    static const char *const refused[] = {"\"crit\":[\"exp\"]",
                                          "\"crit\":[]",
                                          "\"b64\":false",
                                          "\"b64\":true",
                                          "\"zip\":\"DEF\"",
                                          "\"jwk\":{\"kty\":\"RSA\"}",
                                          "\"jku\":\"https://issuer.example/keys\"",
                                          "\"x5u\":\"https://issuer.example/cert\"",
                                          "\"crit\":null",
                                          "\"jwk\":null"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        SIGNER_TEXT header = text_format("{\"alg\":\"RS256\",%s}", refused[i]);
        ck_assert_msg(parse_header(header) == SP_ERR_UNSUPPORTED, "%s", header);
    }
    ck_assert_int_eq(parse_header("{\"alg\":\"RS256\",\"x5c\":[\"AAAA\"],\"x5t\":\"AAAA\",\"cty\":\"JWT\"}"),
                     SP_OK);
}
SP_TEST_END

SP_TEST(kid_and_typ_are_texts_and_given_out)
{
    SIGNER_TEXT encoded = text_base64url("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"JWT\"}", 37);
    SIGNER_TEXT text = text_format("%s.e30.AAAA", encoded);
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), LEN_MAX, &jws, NULL), SP_OK);
    ck_assert_str_view(jws.kid, "k");
    ck_assert_str_view(jws.typ, "JWT");
    ck_assert_str_eq(jws.algorithm->name, "ES256");
    ck_assert_int_eq(parse_header("{\"alg\":\"ES256\",\"kid\":1}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_header("{\"alg\":\"ES256\",\"typ\":[\"JWT\"]}"), SP_ERR_FORMAT);
    ck_assert_int_eq(parse_header("{\"alg\":\"ES256\",\"alg\":\"ES256\"}"), SP_ERR_DUPLICATE);
}
SP_TEST_END

SP_TEST(what_is_not_three_full_parts_of_strict_base64url_is_no_jws)
{
    static const char *const wrong[] = {
        "",
        ".",
        "..",
        "eyJhbGciOiJSUzI1NiJ9",
        "eyJhbGciOiJSUzI1NiJ9.e30",
        "eyJhbGciOiJSUzI1NiJ9.e30.",
        "eyJhbGciOiJSUzI1NiJ9..AAAA",
        ".e30.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA.",
        "eyJhbGciOiJSUzI1NiJ9=.e30.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30=.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAA=",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAA+",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAA/",
        "eyJhbGciOiJSUzI1NiJ9.e30.AA\n",
        "eyJhbGciOiJSUzI1NiJ9.e30. AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e3.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e31.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.A",
        "W10.e30.AAAA",
        "bnVsbA.e30.AAAA",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(parse(wrong[i]) == SP_ERR_FORMAT, "%s", wrong[i]);
    }
    ck_assert_int_eq(parse("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"), SP_OK);
}
SP_TEST_END

static char *repeat(char c, size_t n)
{
    char *text = malloc(n + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

SP_TEST(the_whole_has_a_ceiling)
{
    SIGNER_TEXT payload = repeat('A', LEN_MAX - 26); /* 20 of header, 2 points, 4 of signature */
    SIGNER_TEXT longest = text_format("eyJhbGciOiJSUzI1NiJ9.%s.AAAA", payload);
    ck_assert_uint_eq(strlen(longest), LEN_MAX);
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(longest), LEN_MAX - 1, &jws, NULL), SP_ERR_LIMIT);
    ck_assert_int_ne(sp_jws_parse(sp_str_from_c(longest), LEN_MAX, &jws, NULL), SP_ERR_LIMIT);
}
SP_TEST_END

SP_TEST(header_and_signature_have_ceilings)
{
    SIGNER_TEXT pad = repeat(' ', SP_JWS_HEADER_MAX - 15);
    SIGNER_TEXT longest = text_format("{\"alg\":\"RS256\"}%s", pad);
    SIGNER_TEXT longer = text_format("{\"alg\":\"RS256\"}%s ", pad);
    ck_assert_int_eq(parse_header(longest), SP_OK);
    ck_assert_int_eq(parse_header(longer), SP_ERR_LIMIT);
    uint8_t bytes[SP_JWS_SIGNATURE_MAX + 1] = {0};
    SIGNER_TEXT signature = text_base64url(bytes, SP_JWS_SIGNATURE_MAX);
    SIGNER_TEXT longer_signature = text_base64url(bytes, sizeof bytes);
    SIGNER_TEXT right = text_format("eyJhbGciOiJSUzI1NiJ9.e30.%s", signature);
    SIGNER_TEXT wrong = text_format("eyJhbGciOiJSUzI1NiJ9.e30.%s", longer_signature);
    ck_assert_int_eq(parse(right), SP_OK);
    ck_assert_int_eq(parse(wrong), SP_ERR_LIMIT);
}
SP_TEST_END

/* ---- authenticity -------------------------------------------------------------------------------- */

SP_TEST(a_truncated_token_is_never_authentic)
{
    static const char *const some[] = {"RS256", "PS256", "ES256", "EdDSA"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(some[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\",\"kid\":\"k\"}", some[i]);
        SIGNER_TEXT text = signer_sign(&signer, header, "{\"sub\":\"ada\"}");
        struct sp_jwk jwk = public_key(&signer);
        ck_assert_int_eq(check(sp_str_from_c(text), &jwk), SP_OK);
        for (size_t len = 0; len < strlen(text); len++) {
            ck_assert_int_ne(check((struct sp_str){text, len}, &jwk), SP_OK);
        }
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

/* Of every character, including the unused bits of the last one of a part. */
SP_TEST(a_token_with_one_bit_flipped_is_never_authentic)
{
    static const char *const some[] = {"RS256", "PS256", "ES256", "EdDSA"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(some[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\",\"kid\":\"k\"}", some[i]);
        SIGNER_TEXT text = signer_sign(&signer, header, "{\"sub\":\"ada!\"}");
        struct sp_jwk jwk = public_key(&signer);
        struct sp_str view = sp_str_from_c(text);
        for (size_t bit = 0; bit < 8 * view.len; bit++) {
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
            ck_assert_int_ne(check(view, &jwk), SP_OK);
            text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        }
        ck_assert_int_eq(check(view, &jwk), SP_OK);
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

/* Bits flipped in the decoded signature, including those that changing one character does not reach. */
SP_TEST(a_signature_with_one_bit_flipped_is_never_authentic)
{
    static const char *const some[] = {"PS512", "ES512", "EdDSA"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(some[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\"}", some[i]);
        SIGNER_TEXT text = signer_sign(&signer, header, "{}");
        struct sp_jwk jwk = public_key(&signer);
        SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
        struct sp_str payload;
        ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), LEN_MAX, &jws, NULL), SP_OK);
        for (size_t bit = 0; bit < 8 * jws.signature.len; bit++) {
            jws.signature.ptr[bit / 8] = (char)(jws.signature.ptr[bit / 8] ^ (1 << bit % 8));
            ck_assert_int_eq(sp_jws_verify(&jws, &jwk, &payload), SP_ERR_SIGNATURE);
            jws.signature.ptr[bit / 8] = (char)(jws.signature.ptr[bit / 8] ^ (1 << bit % 8));
        }
        ck_assert_int_eq(sp_jws_verify(&jws, &jwk, &payload), SP_OK);
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

SP_TEST(an_ecdsa_signature_in_der_is_refused)
{
    static const char *const some[] = {"ES256", "ES384", "ES512"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        SIGNER_SCOPED struct signer signer = signer_new(some[i]);
        SIGNER_TEXT header = text_format("{\"alg\":\"%s\"}", some[i]);
        SIGNER_TEXT encoded = text_base64url(header, strlen(header));
        SIGNER_TEXT input = text_format("%s.e30", encoded);
        uint8_t bytes[1100];
        size_t len = signer_sign_bytes(&signer, input, bytes);
        SIGNER_TEXT signature = text_base64url(bytes, len);
        SIGNER_TEXT text = text_format("%s.%s", input, signature);
        struct sp_jwk jwk = public_key(&signer);
        ck_assert_int_eq(check(sp_str_from_c(text), &jwk), SP_ERR_SIGNATURE);
        sp_jwk_done(&jwk);
    }
}
SP_TEST_END

/* CVE-2022-21449: there, r and s of zero satisfied every equation. */
SP_TEST(an_ecdsa_signature_of_zeros_or_of_another_length_is_refused)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    struct sp_jwk jwk = public_key(&signer);
    uint8_t zeros[132] = {0};
    for (size_t len = 1; len <= sizeof zeros; len++) {
        SIGNER_TEXT signature = text_base64url(zeros, len);
        SIGNER_TEXT text = text_format("eyJhbGciOiJFUzI1NiJ9.e30.%s", signature);
        ck_assert_int_eq(check(sp_str_from_c(text), &jwk), SP_ERR_SIGNATURE);
    }
    sp_jwk_done(&jwk);
}
SP_TEST_END

SP_TEST(a_signature_longer_than_the_modulus_is_refused)
{
    SIGNER_SCOPED struct signer signer = signer_new("RS256");
    SIGNER_TEXT text = signer_sign(&signer, "{\"alg\":\"RS256\"}", "{}");
    struct sp_jwk jwk = public_key(&signer);
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), LEN_MAX, &jws, NULL), SP_OK);
    SP_BUF_SCOPED struct sp_buf longer;
    sp_buf_init(&longer, 300);
    sp_buf_append_char(&longer, '\0');
    sp_buf_append(&longer, sp_buf_str(&jws.signature));
    struct sp_buf right = jws.signature;
    jws.signature = longer;
    ck_assert_int_eq(sp_jws_verify(&jws, &jwk, &payload), SP_ERR_SIGNATURE);
    jws.signature = right;
    ck_assert_int_eq(sp_jws_verify(&jws, &jwk, &payload), SP_OK);
    sp_jwk_done(&jwk);
}
SP_TEST_END

SP_SUITE("jws", the_rs256_example_of_rfc_7515_verifies, the_es256_example_of_rfc_7515_verifies,
         the_es512_example_of_rfc_7515_verifies, the_rs256_example_of_rfc_7520_verifies,
         the_ps384_example_of_rfc_7520_verifies, the_es512_example_of_rfc_7520_verifies,
         the_ed25519_example_of_rfc_8037_verifies, what_each_algorithm_signs_verifies,
         the_key_of_somebody_else_verifies_nothing, ac_22_the_key_decides_the_algorithm,
         an_rsa_key_without_alg_verifies_both_paddings_and_confuses_neither,
         ac_22_hs256_with_the_public_key_as_secret_is_no_algorithm, ac_22_none_is_no_algorithm,
         ac_22_header_parameters_that_choose_how_to_check_are_refused, kid_and_typ_are_texts_and_given_out,
         what_is_not_three_full_parts_of_strict_base64url_is_no_jws, the_whole_has_a_ceiling,
         header_and_signature_have_ceilings, a_truncated_token_is_never_authentic,
         a_token_with_one_bit_flipped_is_never_authentic, a_signature_with_one_bit_flipped_is_never_authentic,
         an_ecdsa_signature_in_der_is_refused, an_ecdsa_signature_of_zeros_or_of_another_length_is_refused,
         a_signature_longer_than_the_modulus_is_refused)
