/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key sets: every key of the document is used, or counted as skipped. Each used key has a size and type of
 * the table, contains nothing private, and is the same key when it is written again. A skipped key has a
 * reason, and no token of another signer is accepted.
 */

#include "oidc/keyset.h"
#include "jose/json.h"

#include "../unit/jose/signer.h"
#include "fuzz.h"

static enum sp_error parse(struct sp_str document, struct sp_keyset **out)
{
    struct sp_diag diag = {0};
    enum sp_error error = sp_keyset_parse(document, out, &diag);
    ck_assert(error == SP_OK || error == SP_ERR_MEMORY || diag.text[0] != '\0');
    if (PLANTED(error == SP_OK && (*out)->skipped_n == 2)) {
        (*out)->skipped_n = 1;
    }
    return error;
}

static const char *algorithm_of(enum sp_key_type type)
{
    switch (type) {
    case SP_KEY_TYPE_RSA:
        return "RS256";
    case SP_KEY_TYPE_P256:
        return "ES256";
    case SP_KEY_TYPE_P384:
        return "ES384";
    case SP_KEY_TYPE_P521:
        return "ES512";
    case SP_KEY_TYPE_ED25519:
        return "EdDSA";
    }
    fuzz_fail(__FILE__, __LINE__, "no such type: %d", type);
}

static void check_size(const struct sp_jwk *key)
{
    int bits = EVP_PKEY_get_bits(key->key);
    ck_assert(key->type != SP_KEY_TYPE_RSA || (bits >= 2048 && bits <= 8192));
    ck_assert(key->type != SP_KEY_TYPE_P256 || bits == 256);
    ck_assert(key->type != SP_KEY_TYPE_P384 || bits == 384);
    ck_assert(key->type != SP_KEY_TYPE_P521 || bits == 521);
    ck_assert(key->kid == NULL || strlen(key->kid) <= SP_JWK_KID_MAX);
}

/* Its public members from OpenSSL make a JWK of the same key. */
static void check_again(const struct sp_jwk *key)
{
    struct signer signer = {.alg = algorithm_of(key->type), .key = key->key};
    SIGNER_TEXT members = signer_public_members(&signer);
    SIGNER_TEXT text = text_format("{%s}", members);
    SP_JSON_SCOPED json_t *value = json_loads(text, 0, NULL);
    struct sp_jwk again = SP_JWK_NONE;
    ck_assert_int_eq(sp_jwk_parse(value, &again, NULL), SP_OK);
    ck_assert_int_eq(EVP_PKEY_eq(key->key, again.key), 1);
    sp_jwk_done(&again);
}

/* A token signed with a key that no input can contain, with the id of an existing one. */
static void check_stranger(const struct sp_keyset *keyset, const struct sp_jwk *key)
{
    static struct signer stranger;
    if (stranger.key == NULL) {
        stranger = signer_new("ES256");
    }
    SP_JSON_SCOPED json_t *header = json_pack("{ss ss*}", "alg", "ES256", "kid", key->kid);
    SIGNER_TEXT header_text = json_dumps(header, 0);
    SIGNER_TEXT text = signer_sign(&stranger, header_text, "{}");
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload = SP_STR_NONE;
    ck_assert_int_eq(sp_jws_parse(sp_str_from_c(text), 8192, &jws, NULL), SP_OK);
    enum sp_error error = sp_keyset_verify(keyset, &jws, "it", &payload, NULL);
    ck_assert_int_eq(error, key->type == SP_KEY_TYPE_P256 ? SP_ERR_SIGNATURE : error);
    ck_assert(error == SP_ERR_KEY || error == SP_ERR_SIGNATURE);
    ck_assert_ptr_null(payload.ptr);
}

/* Each element is used or skipped, and one with a private member is not used. */
static void check_count(struct sp_str text, const struct sp_keyset *keyset)
{
    SP_JSON_SCOPED json_t *document = NULL;
    ck_assert_int_eq(sp_json_parse_object(text, SP_KEYSET_DOCUMENT_MAX, "it", &document, NULL), SP_OK);
    const json_t *keys = json_object_get(document, "keys");
    const json_t *key;
    size_t index;
    size_t public_n = 0;
    json_array_foreach (keys, index, key) {
        public_n += json_is_object(key) && json_object_get(key, "d") == NULL &&
                    json_object_get(key, "p") == NULL && json_object_get(key, "k") == NULL;
    }
    ck_assert_uint_eq(keyset->keys_n + keyset->skipped_n, json_array_size(keys));
    ck_assert_uint_le(keyset->keys_n, public_n);
    ck_assert_int_eq(keyset->skipped_n > 0, keyset->skipped.text[0] != '\0');
    ck_assert_uint_le(json_array_size(keys), SP_KEYSET_KEYS_MAX);
}

FUZZ_TARGET(input)
{
    struct sp_keyset *keyset = NULL;
    if (parse(input, &keyset) != SP_OK) {
        ck_assert_ptr_null(keyset);
        return;
    }
    ck_assert_uint_ge(keyset->keys_n, 1);
    check_count(input, keyset);
    for (size_t i = 0; i < keyset->keys_n; i++) {
        check_size(&keyset->keys[i]);
        check_again(&keyset->keys[i]);
        check_stranger(keyset, &keyset->keys[i]);
    }
    sp_keyset_free(keyset);
}
