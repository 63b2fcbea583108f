/* SPDX-License-Identifier: Apache-2.0 */
#include "jose/jwk.h"

#include "base/base64.h"
#include "jose/json.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#define RSA_N_MAX       (SP_JWK_RSA_BITS_MAX / 8)
#define EC_FIELD_MAX    66 /* bytes of a coordinate of P-521 */
#define ED25519_KEY_LEN 32
#define KEY_OPS_MAX     16
#define EC_UNCOMPRESSED 0x04 /* SEC 1, section 2.3.3 */

/* Bytes of a member, with the leading zero bytes that some issuers write; the longest is a modulus. */
#define MEMBER_MAX         (RSA_N_MAX + 16)
#define MEMBER_ENCODED_MAX (SP_BASE64URL_LEN(MEMBER_MAX) + 2) /* with padding */

struct curve {
    const char *crv;
    const char *group; /* OpenSSL's name of the curve */
    enum sp_key_type type;
    size_t field_len;
};

static const struct curve curves[] = {
    {"P-256", "P-256", SP_KEY_TYPE_P256, 32},
    {"P-384", "P-384", SP_KEY_TYPE_P384, 48},
    {"P-521", "P-521", SP_KEY_TYPE_P521, EC_FIELD_MAX},
};

static void free_bn(BIGNUM **bn)
{
    BN_free(*bn);
}

static void free_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void free_builder(OSSL_PARAM_BLD **builder)
{
    OSSL_PARAM_BLD_free(*builder);
}

static void free_params(OSSL_PARAM **params)
{
    OSSL_PARAM_free(*params);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

/* Reports why the key is unusable, and returns the error. */
static enum sp_error refuse(struct sp_diag *diag, enum sp_error error, const char *name, const char *why)
{
    return sp_diag_set(diag, error, "\"%s\" %s", name, why);
}

static enum sp_error get_string(const json_t *value, const char *name, struct sp_str *out,
                                struct sp_diag *diag)
{
    enum sp_error error = sp_json_get_string(value, name, out);
    return error == SP_OK ? SP_OK : refuse(diag, error, name, "is missing or not a string");
}

/*
 * Decodes the member `name`, which is base64url (RFC 7518, section 6.3.1.1), or padded base64 in either
 * alphabet, as some issuers write it. The issuer published the key over https, so a lenient reading adds no
 * key that it did not publish.
 */
static enum sp_error decode_member(const json_t *value, const char *name, uint8_t out[MEMBER_MAX],
                                   size_t *len, struct sp_diag *diag)
{
    struct sp_str encoded;
    char plain[MEMBER_ENCODED_MAX];
    enum sp_error error = get_string(value, name, &encoded, diag);
    if (error != SP_OK) {
        return error;
    }
    for (size_t padding_n = 0; padding_n < 2 && sp_str_ends_with(encoded, SP_STR("=")); padding_n++) {
        encoded.len--;
    }
    if (encoded.len > sizeof plain) {
        return refuse(diag, SP_ERR_KEY, name, "is too long");
    }
    for (size_t i = 0; i < encoded.len; i++) {
        char c = encoded.ptr[i];
        plain[i] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    error = sp_base64url_decode((struct sp_str){plain, encoded.len}, out, MEMBER_MAX, len);
    if (error == SP_ERR_LIMIT) {
        return refuse(diag, SP_ERR_KEY, name, "is too long");
    }
    return error == SP_OK ? SP_OK : refuse(diag, error, name, "is not base64url");
}

/* Decodes a number of at most `max` bytes into the `max` bytes of `out`. Extra leading zero bytes are
 * dropped, and missing ones are restored. */
static enum sp_error decode_number(const json_t *value, const char *name, size_t max, uint8_t *out,
                                   struct sp_diag *diag)
{
    uint8_t bytes[MEMBER_MAX];
    size_t len = 0;
    size_t zeros_n = 0;
    enum sp_error error = decode_member(value, name, bytes, &len, diag);
    if (error != SP_OK) {
        return error;
    }
    while (zeros_n < len && bytes[zeros_n] == 0) {
        zeros_n++;
    }
    if (len - zeros_n > max) {
        return refuse(diag, SP_ERR_KEY, name, "is too long");
    }
    memset(out, 0, max);
    memcpy(out + max - (len - zeros_n), bytes + zeros_n, len - zeros_n);
    return SP_OK;
}

static enum sp_error make_key(const char *type, OSSL_PARAM *params, struct sp_jwk *out)
{
    __attribute__((cleanup(free_context))) EVP_PKEY_CTX *context =
        EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    __attribute__((cleanup(free_key))) EVP_PKEY *key = NULL;
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1) {
        return SP_ERR_MEMORY;
    }
    if (EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        return SP_ERR_KEY;
    }
    out->key = key;
    key = NULL;
    return SP_OK;
}

/*
 * True if both are odd and above one: an even modulus or exponent is not valid RSA. The modulus is not
 * checked for small factors. OpenSSL takes most of a second for that with 8192 bits, and the issuer would
 * only harm itself.
 */
static bool rsa_numbers_sound(const BIGNUM *n, const BIGNUM *e)
{
    int bits = BN_num_bits(n);
    return bits >= SP_JWK_RSA_BITS_MIN && bits <= SP_JWK_RSA_BITS_MAX && BN_is_odd(n) && BN_is_odd(e) &&
           !BN_is_one(e);
}

static enum sp_error make_rsa_key(const BIGNUM *n, const BIGNUM *e, struct sp_jwk *out)
{
    __attribute__((cleanup(free_builder))) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1) {
        return SP_ERR_MEMORY;
    }
    __attribute__((cleanup(free_params))) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL) {
        return SP_ERR_MEMORY;
    }
    return make_key("RSA", params, out);
}

static enum sp_error parse_rsa(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    uint8_t modulus[RSA_N_MAX];
    uint8_t exponent[SP_JWK_RSA_E_MAX];
    enum sp_error error = decode_number(value, "n", sizeof modulus, modulus, diag);
    if (error == SP_OK) {
        error = decode_number(value, "e", sizeof exponent, exponent, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    __attribute__((cleanup(free_bn))) BIGNUM *n = BN_bin2bn(modulus, sizeof modulus, NULL);
    __attribute__((cleanup(free_bn))) BIGNUM *e = BN_bin2bn(exponent, sizeof exponent, NULL);
    if (n == NULL || e == NULL) {
        return SP_ERR_MEMORY;
    }
    if (!rsa_numbers_sound(n, e)) {
        return sp_diag_set(diag, SP_ERR_KEY,
                           "it is an RSA key of %d bits, but must be a valid one of %d to %d", BN_num_bits(n),
                           SP_JWK_RSA_BITS_MIN, SP_JWK_RSA_BITS_MAX);
    }
    out->type = SP_KEY_TYPE_RSA;
    return make_rsa_key(n, e, out);
}

static enum sp_error make_ec_key(const struct curve *curve, uint8_t *point, size_t len, struct sp_jwk *out)
{
    __attribute__((cleanup(free_builder))) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, len) != 1) {
        return SP_ERR_MEMORY;
    }
    __attribute__((cleanup(free_params))) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL) {
        return SP_ERR_MEMORY;
    }
    return make_key("EC", params, out);
}

/* Checks that the point is on the curve and has the curve's order: OpenSSL would compute with other points
 * too. */
static enum sp_error check_point(EVP_PKEY *key)
{
    __attribute__((cleanup(free_context))) EVP_PKEY_CTX *context =
        EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    return context != NULL && EVP_PKEY_public_check(context) == 1 ? SP_OK : SP_ERR_KEY;
}

static enum sp_error parse_curve(const json_t *value, const struct curve *curve, struct sp_jwk *out,
                                 struct sp_diag *diag)
{
    uint8_t point[1 + 2 * EC_FIELD_MAX] = {EC_UNCOMPRESSED};
    enum sp_error error = decode_number(value, "x", curve->field_len, point + 1, diag);
    if (error == SP_OK) {
        error = decode_number(value, "y", curve->field_len, point + 1 + curve->field_len, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    out->type = curve->type;
    error = make_ec_key(curve, point, 1 + 2 * curve->field_len, out);
    if (error == SP_OK) {
        error = check_point(out->key);
    }
    return error == SP_ERR_KEY ? sp_diag_set(diag, error, "\"x\" and \"y\" are not a point on the curve")
                               : error;
}

static enum sp_error parse_ec(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_str crv;
    enum sp_error error = get_string(value, "crv", &crv, diag);
    if (error != SP_OK) {
        return error;
    }
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (sp_str_equal(crv, sp_str_from_c(curves[i].crv))) {
            return parse_curve(value, &curves[i], out, diag);
        }
    }
    return refuse(diag, SP_ERR_UNSUPPORTED, "crv", "is not supported");
}

static enum sp_error parse_okp(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_str crv;
    enum sp_error error = get_string(value, "crv", &crv, diag);
    if (error != SP_OK) {
        return error;
    }
    if (!sp_str_equal(crv, SP_STR("Ed25519"))) {
        return refuse(diag, SP_ERR_UNSUPPORTED, "crv", "is not supported");
    }
    uint8_t bytes[MEMBER_MAX];
    size_t len = 0;
    error = decode_member(value, "x", bytes, &len, diag);
    if (error != SP_OK) {
        return error;
    }
    if (len != ED25519_KEY_LEN) {
        return refuse(diag, SP_ERR_KEY, "x", "is not 32 bytes long");
    }
    out->type = SP_KEY_TYPE_ED25519;
    out->key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, bytes, len);
    return out->key != NULL ? SP_OK : refuse(diag, SP_ERR_KEY, "x", "is not a public key");
}

static enum sp_error parse_material(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_str kty;
    enum sp_error error = get_string(value, "kty", &kty, diag);
    if (error != SP_OK) {
        return error;
    }
    if (sp_str_equal(kty, SP_STR("RSA"))) {
        return parse_rsa(value, out, diag);
    }
    if (sp_str_equal(kty, SP_STR("EC"))) {
        return parse_ec(value, out, diag);
    }
    if (sp_str_equal(kty, SP_STR("OKP"))) {
        return parse_okp(value, out, diag);
    }
    return refuse(diag, SP_ERR_UNSUPPORTED, "kty", "is not supported");
}

/* Refuses private members (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1; RFC 8037, section 2). */
static enum sp_error check_no_secret(const json_t *value, struct sp_diag *diag)
{
    static const char *const secret[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        if (json_object_get(value, secret[i]) != NULL) {
            return refuse(diag, SP_ERR_KEY, secret[i], "belongs to a private key");
        }
    }
    return SP_OK;
}

/* Checks that `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3) are absent or allow verifying
 * signatures. */
static enum sp_error check_purpose(const json_t *value, struct sp_diag *diag)
{
    struct sp_str use;
    enum sp_error error = sp_json_get_string(value, "use", &use);
    if (error == SP_ERR_FORMAT || (error == SP_OK && !sp_str_equal(use, SP_STR("sig")))) {
        return refuse(diag, error == SP_OK ? SP_ERR_UNSUPPORTED : error, "use", "is not sig");
    }
    struct sp_json_string_list ops;
    error = sp_json_get_string_list(value, "key_ops", KEY_OPS_MAX, &ops);
    if (error == SP_ERR_MISSING || (error == SP_OK && sp_json_string_list_contains(&ops, SP_STR("verify")))) {
        return SP_OK;
    }
    return refuse(diag, error == SP_OK ? SP_ERR_UNSUPPORTED : error, "key_ops", "does not contain verify");
}

static enum sp_error parse_algorithm(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_str name;
    enum sp_error error = sp_json_get_string(value, "alg", &name);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    out->algorithm = error == SP_OK ? sp_algorithm_find(name) : NULL;
    return out->algorithm != NULL
               ? SP_OK
               : refuse(diag, error == SP_OK ? SP_ERR_UNSUPPORTED : error, "alg", "is not accepted");
}

static enum sp_error parse_kid(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_str kid;
    enum sp_error error = sp_json_get_string(value, "kid", &kid);
    if (error == SP_ERR_MISSING) {
        return SP_OK;
    }
    if (error != SP_OK) {
        return refuse(diag, error, "kid", "is not a string");
    }
    if (kid.len > SP_JWK_KID_MAX) {
        return refuse(diag, SP_ERR_LIMIT, "kid", "is too long");
    }
    out->kid = sp_str_dup(kid);
    return out->kid != NULL ? SP_OK : SP_ERR_MEMORY;
}

static enum sp_error parse_members(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    enum sp_error error = check_no_secret(value, diag);
    if (error == SP_OK) {
        error = check_purpose(value, diag);
    }
    if (error == SP_OK) {
        error = parse_algorithm(value, out, diag);
    }
    if (error == SP_OK) {
        error = parse_kid(value, out, diag);
    }
    if (error == SP_OK) {
        error = parse_material(value, out, diag);
    }
    if (error == SP_OK && out->algorithm != NULL && out->algorithm->key_type != out->type) {
        error = refuse(diag, SP_ERR_MISMATCH, "alg", "is for another type of key");
    }
    return error;
}

enum sp_error sp_jwk_parse(const json_t *value, struct sp_jwk *out, struct sp_diag *diag)
{
    struct sp_jwk jwk = SP_JWK_NONE;
    enum sp_error error = json_is_object(value) ? parse_members(value, &jwk, diag)
                                                : sp_diag_set(diag, SP_ERR_FORMAT, "it is not an object");
    /* Errors in OpenSSL's queue must not be mistaken for the cause of a later failure on this thread, for
     * example in TLS. */
    ERR_clear_error();
    if (error != SP_OK) {
        sp_jwk_done(&jwk);
        return error;
    }
    *out = jwk;
    return SP_OK;
}

void sp_jwk_done(struct sp_jwk *jwk)
{
    free(jwk->kid);
    EVP_PKEY_free(jwk->key);
    *jwk = SP_JWK_NONE;
}

bool sp_jwk_serves(const struct sp_jwk *jwk, const struct sp_algorithm *algorithm)
{
    return jwk->key != NULL && algorithm != NULL && jwk->type == algorithm->key_type &&
           (jwk->algorithm == NULL || jwk->algorithm == algorithm);
}
