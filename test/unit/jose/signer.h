/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_JOSE_SIGNER_H
#define SP_TEST_UNIT_JOSE_SIGNER_H

/*
 * The other side of the wire for tests: private keys, their public JWKs, and tokens signed with them. Written
 * against OpenSSL and not against the room under test. Strings are C strings on the heap, freed at the end of
 * their scope by SIGNER_TEXT.
 */

#include "base/base64.h"
#include "base/str.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SIGNER_USED __attribute__((unused))

SIGNER_USED static void signer_free_text(char **text)
{
    free(*text);
}

#define SIGNER_TEXT   __attribute__((cleanup(signer_free_text))) char *
#define SIGNER_SCOPED __attribute__((cleanup(signer_done)))

struct signer {
    const char *alg;
    EVP_PKEY *key;
};

/* ---- strings ------------------------------------------------------------------------------------- */

SIGNER_USED __attribute__((format(printf, 1, 2))) static char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    ck_assert_int_ge(vasprintf(&text, format, args), 0);
    va_end(args);
    return text;
}

SIGNER_USED static char *text_base64url(const void *bytes, size_t len)
{
    char *text = calloc(1, SP_BASE64URL_LEN(len) + 1);
    ck_assert_ptr_nonnull(text);
    sp_base64url_encode(bytes, len, text);
    return text;
}

/* ---- keys ---------------------------------------------------------------------------------------- */

static const char *signer_curve(const char *alg)
{
    if (strcmp(alg, "ES256") == 0)
        return "P-256";
    return strcmp(alg, "ES384") == 0 ? "P-384" : "P-521";
}

SIGNER_USED static struct signer signer_new(const char *alg)
{
    struct signer signer = {.alg = alg};
    if (alg[0] == 'R' || alg[0] == 'P')
        signer.key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    else if (strcmp(alg, "EdDSA") == 0)
        signer.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else
        signer.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", signer_curve(alg));
    ck_assert_ptr_nonnull(signer.key);
    return signer;
}

SIGNER_USED static void signer_done(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
}

static char *signer_number(const struct signer *signer, const char *name, int len)
{
    BIGNUM *number = NULL;
    uint8_t bytes[1100];
    ck_assert_int_eq(EVP_PKEY_get_bn_param(signer->key, name, &number), 1);
    int written = len > 0 ? len : BN_num_bytes(number);
    ck_assert_int_eq(BN_bn2binpad(number, bytes, written), written);
    BN_free(number);
    return text_base64url(bytes, (size_t)written);
}

/* The public key as members of a JWK, without braces. */
SIGNER_USED static char *signer_public_members(const struct signer *signer)
{
    if (EVP_PKEY_is_a(signer->key, "RSA")) {
        SIGNER_TEXT n = signer_number(signer, OSSL_PKEY_PARAM_RSA_N, 0);
        SIGNER_TEXT e = signer_number(signer, OSSL_PKEY_PARAM_RSA_E, 0);
        return text_format("\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", n, e);
    }
    if (EVP_PKEY_is_a(signer->key, "EC")) {
        int len = (EVP_PKEY_get_bits(signer->key) + 7) / 8;
        SIGNER_TEXT x = signer_number(signer, OSSL_PKEY_PARAM_EC_PUB_X, len);
        SIGNER_TEXT y = signer_number(signer, OSSL_PKEY_PARAM_EC_PUB_Y, len);
        return text_format("\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
                           signer_curve(signer->alg), x, y);
    }
    uint8_t bytes[32];
    size_t len = sizeof bytes;
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(signer->key, bytes, &len), 1);
    SIGNER_TEXT x = text_base64url(bytes, len);
    return text_format("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"", x);
}

/* The public key as a JWK with this kid. */
SIGNER_USED static char *signer_jwk(const struct signer *signer, const char *kid)
{
    SIGNER_TEXT members = signer_public_members(signer);
    return text_format("{%s,\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"%s\"}", members, signer->alg, kid);
}

/* ---- signatures ---------------------------------------------------------------------------------- */

/* As returned by OpenSSL: DER for ECDSA. Returns its length. */
SIGNER_USED static size_t signer_sign_bytes(const struct signer *signer, const char *input, uint8_t out[1100])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL;
    SIGNER_TEXT digest = text_format("SHA2-%s", signer->alg + 2);
    const char *name = strcmp(signer->alg, "EdDSA") == 0 ? NULL : digest;
    size_t len = 1100;
    ck_assert_int_eq(EVP_DigestSignInit_ex(context, &key_context, name, NULL, NULL, signer->key, NULL), 1);
    if (signer->alg[0] == 'P') {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), 1);
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    ck_assert_int_eq(EVP_DigestSign(context, out, &len, (const uint8_t *)input, strlen(input)), 1);
    EVP_MD_CTX_free(context);
    return len;
}

/* r and s in full length instead of DER. */
static size_t signer_flatten(const struct signer *signer, uint8_t bytes[1100], size_t len)
{
    const uint8_t *from = bytes;
    int half = (EVP_PKEY_get_bits(signer->key) + 7) / 8;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &from, (long)len);
    ck_assert_ptr_nonnull(signature);
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, half), half);
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + half, half), half);
    ECDSA_SIG_free(signature);
    return (size_t)half * 2;
}

/* The compact JWS of these two strings. */
SIGNER_USED static char *signer_sign(const struct signer *signer, const char *header, const char *payload)
{
    uint8_t bytes[1100];
    SIGNER_TEXT encoded_header = text_base64url(header, strlen(header));
    SIGNER_TEXT encoded_payload = text_base64url(payload, strlen(payload));
    SIGNER_TEXT input = text_format("%s.%s", encoded_header, encoded_payload);
    size_t len = signer_sign_bytes(signer, input, bytes);
    if (signer->alg[0] == 'E' && signer->alg[1] == 'S')
        len = signer_flatten(signer, bytes, len);
    SIGNER_TEXT signature = text_base64url(bytes, len);
    return text_format("%s.%s", input, signature);
}

#endif
