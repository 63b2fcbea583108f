/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jws.h"

#include "base/base64.h"
#include "jose/json.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define ECDSA_DER_MAX 160 /* bytes of the longest DER form, with P-521 */

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void free_ecdsa(ECDSA_SIG **signature)
{
    ECDSA_SIG_free(*signature);
}

/* ---- parsing ------------------------------------------------------------------------------------- */

#define HEADER "the header"

/* Decodes a part, which must not be empty, into a new buffer of at most `max` bytes. */
static enum sp_error decode_part(struct sp_str encoded, size_t max, const char *what, struct sp_buf *out,
                                 struct sp_diag *diag)
{
    size_t room = SP_BASE64URL_DECODED_MAX(encoded.len);
    size_t len = 0;
    sp_buf_init(out, room);
    char *bytes = sp_buf_extend(out, room);
    if (bytes == NULL && encoded.len > 0) {
        return SP_ERR_MEMORY;
    }
    if (encoded.len == 0 || sp_base64url_decode(encoded, (uint8_t *)bytes, room, &len) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s: empty, or not base64url", what);
    }
    if (len > max) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "%s: longer than %zu bytes", what, max);
    }
    out->len = len;
    return SP_OK;
}

/* Refuses these header parameters even if their value is null. */
static enum sp_error check_refused(const json_t *header, struct sp_diag *diag)
{
    static const char *const refused[] = {"crit", "b64", "zip", "jwk", "jku", "x5u"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (json_object_get(header, refused[i]) != NULL) {
            return sp_diag_set(diag, SP_ERR_UNSUPPORTED, HEADER ": \"%s\" is not accepted", refused[i]);
        }
    }
    return SP_OK;
}

static enum sp_error get_optional(const json_t *header, const char *name, struct sp_str *out,
                                  struct sp_diag *diag)
{
    enum sp_error error = sp_json_get_string(header, name, out);
    return error == SP_OK || error == SP_ERR_MISSING
               ? SP_OK
               : sp_diag_set(diag, error, HEADER ": \"%s\" is not a string", name);
}

static enum sp_error read_header(const json_t *header, struct sp_jws *jws, struct sp_diag *diag)
{
    struct sp_str name;
    enum sp_error error = sp_json_require_string(header, "alg", HEADER, &name, diag);
    if (error != SP_OK) {
        return error;
    }
    jws->algorithm = sp_algorithm_find(name);
    if (jws->algorithm == NULL) {
        return sp_diag_set(diag, SP_ERR_ALGORITHM, HEADER ": \"alg\" is not accepted");
    }
    error = check_refused(header, diag);
    if (error == SP_OK) {
        error = get_optional(header, "kid", &jws->kid, diag);
    }
    if (error == SP_OK) {
        error = get_optional(header, "typ", &jws->typ, diag);
    }
    return error;
}

static enum sp_error parse_header(struct sp_str encoded, struct sp_jws *jws, struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf text = SP_BUF_NONE;
    enum sp_error error = decode_part(encoded, SP_JWS_HEADER_MAX, HEADER, &text, diag);
    if (error == SP_OK) {
        error = sp_json_parse_object(sp_buf_str(&text), SP_JWS_HEADER_MAX, HEADER, &jws->header, diag);
    }
    return error == SP_OK ? read_header(jws->header, jws, diag) : error;
}

static enum sp_error parse_parts(struct sp_str text, struct sp_jws *jws, struct sp_diag *diag)
{
    struct sp_str rest = text;
    struct sp_str header = sp_str_cut(&rest, '.');
    struct sp_str payload = sp_str_cut(&rest, '.');
    struct sp_str signature = rest;
    if (signature.ptr == NULL || sp_str_contains(signature, '.')) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "not a JWS of three parts");
    }
    jws->input = (struct sp_str){text.ptr, header.len + 1 + payload.len};
    enum sp_error error = parse_header(header, jws, diag);
    if (error == SP_OK) {
        error = decode_part(payload, payload.len, "the payload", &jws->payload, diag);
    }
    if (error == SP_OK) {
        error = decode_part(signature, SP_JWS_SIGNATURE_MAX, "the signature", &jws->signature, diag);
    }
    return error;
}

enum sp_error sp_jws_parse(struct sp_str text, size_t max_len, struct sp_jws *out, struct sp_diag *diag)
{
    if (text.len > max_len) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "longer than %zu bytes", max_len);
    }
    struct sp_jws jws = SP_JWS_NONE;
    enum sp_error error = parse_parts(text, &jws, diag);
    if (error != SP_OK) {
        sp_jws_done(&jws);
        return error;
    }
    *out = jws;
    return SP_OK;
}

void sp_jws_done(struct sp_jws *jws)
{
    json_decref(jws->header);
    sp_buf_done(&jws->payload);
    sp_buf_done(&jws->signature);
    *jws = SP_JWS_NONE;
}

/* ---- verifying ----------------------------------------------------------------------------------- */

static size_t coordinate_len(enum sp_key_type type)
{
    switch (type) {
    case SP_KEY_TYPE_P256:
        return 32;
    case SP_KEY_TYPE_P384:
        return 48;
    case SP_KEY_TYPE_P521:
        return 66;
    case SP_KEY_TYPE_RSA:
    case SP_KEY_TYPE_ED25519:
        break;
    }
    return 0;
}

/*
 * Converts the two numbers in full length (RFC 7518, section 3.4) into the DER that OpenSSL reads. Only that
 * one length is accepted, so a signature has one encoding, and DER itself is refused.
 */
static enum sp_error encode_ecdsa(struct sp_str raw, size_t half, uint8_t der[ECDSA_DER_MAX], size_t *len)
{
    const uint8_t *bytes = (const uint8_t *)raw.ptr;
    if (half == 0 || raw.len != 2 * half) {
        return SP_ERR_SIGNATURE;
    }
    __attribute__((cleanup(free_ecdsa))) ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, (int)half, NULL);
    BIGNUM *s = BN_bin2bn(bytes + half, (int)half, NULL);
    if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return SP_ERR_SIGNATURE;
    }
    uint8_t *end = der;
    int written = i2d_ECDSA_SIG(signature, NULL);
    if (written <= 0 || written > ECDSA_DER_MAX || i2d_ECDSA_SIG(signature, &end) != written) {
        return SP_ERR_SIGNATURE;
    }
    *len = (size_t)written;
    return SP_OK;
}

/* Sets a salt as long as the digest, and MGF1 with the same digest, which is OpenSSL's default (RFC 7518,
 * section 3.5). */
static enum sp_error set_padding(EVP_PKEY_CTX *context, enum sp_signature_scheme scheme)
{
    switch (scheme) {
    case SP_SIGNATURE_RSA_PKCS1:
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 ? SP_OK : SP_ERR_SIGNATURE;
    case SP_SIGNATURE_RSA_PSS:
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
                   ? SP_OK
                   : SP_ERR_SIGNATURE;
    case SP_SIGNATURE_ECDSA:
    case SP_SIGNATURE_EDDSA:
        return SP_OK;
    }
    return SP_ERR_SIGNATURE;
}

static enum sp_error verify_bytes(const struct sp_algorithm *algorithm, EVP_PKEY *key,
                                  const uint8_t *signature, size_t len, struct sp_str input)
{
    const char *digest = algorithm->scheme == SP_SIGNATURE_EDDSA ? NULL : sp_digest_name(algorithm->digest);
    __attribute__((cleanup(free_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_context = NULL; /* owned by `context` */
    if (context == NULL ||
        EVP_DigestVerifyInit_ex(context, &key_context, digest, NULL, NULL, key, NULL) != 1) {
        return SP_ERR_SIGNATURE;
    }
    enum sp_error error = set_padding(key_context, algorithm->scheme);
    if (error != SP_OK) {
        return error;
    }
    int verified = EVP_DigestVerify(context, signature, len, (const uint8_t *)input.ptr, input.len);
    return verified == 1 ? SP_OK : SP_ERR_SIGNATURE;
}

static enum sp_error verify_signature(const struct sp_jws *jws, const struct sp_jwk *jwk)
{
    struct sp_str signature = sp_buf_str(&jws->signature);
    if (jws->algorithm->scheme != SP_SIGNATURE_ECDSA) {
        return verify_bytes(jws->algorithm, jwk->key, (const uint8_t *)signature.ptr, signature.len,
                            jws->input);
    }
    uint8_t der[ECDSA_DER_MAX];
    size_t len = 0;
    enum sp_error error = encode_ecdsa(signature, coordinate_len(jwk->type), der, &len);
    if (error != SP_OK) {
        return error;
    }
    return verify_bytes(jws->algorithm, jwk->key, der, len, jws->input);
}

enum sp_error sp_jws_verify(const struct sp_jws *jws, const struct sp_jwk *jwk, struct sp_str *payload)
{
    if (!sp_jwk_serves(jwk, jws->algorithm)) {
        return SP_ERR_ALGORITHM;
    }
    enum sp_error error = verify_signature(jws, jwk);
    /* Errors in OpenSSL's queue must not be mistaken for the cause of a later failure on this thread, for
     * example in TLS. */
    ERR_clear_error();
    if (error == SP_OK) {
        *payload = sp_buf_str(&jws->payload);
    }
    return error;
}
