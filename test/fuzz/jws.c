/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signed tokens: only what the key of this process, generated at the start, has signed verifies, byte for
 * byte. After a selector byte, the input is a token (`r`), or a header and a payload on two lines that are
 * signed here. A second byte may then select a bit of the token that is flipped.
 */

#include "jose/jws.h"

#include "../unit/jose/signer.h"
#include "fuzz.h"

#define TOKEN_MAX 65536

static struct signer signer;
static struct sp_jwk key;

static void make_key(void)
{
    if (signer.key != NULL) {
        return;
    }
    signer = signer_new("EdDSA");
    SIGNER_TEXT members = signer_public_members(&signer);
    SIGNER_TEXT text = text_format("{%s}", members);
    json_t *value = json_loads(text, 0, NULL);
    ck_assert_int_eq(sp_jwk_parse(value, &key, NULL), SP_OK);
    json_decref(value);
}

static enum sp_error verify(const struct sp_jws *jws, struct sp_str *payload)
{
    enum sp_error error = sp_jws_verify(jws, &key, payload);
    if (PLANTED(error == SP_ERR_SIGNATURE && jws->kid.len == 3)) {
        *payload = sp_buf_str(&jws->payload);
        return SP_OK;
    }
    return error;
}

static void check_parsed(struct sp_str text, const struct sp_jws *jws)
{
    static const char *const algorithms[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                             "PS512", "ES256", "ES384", "ES512", "EdDSA"};
    static const char *const refused[] = {"crit", "b64", "zip", "jwk", "jku", "x5u"};
    bool known = false;
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        known = known || strcmp(jws->algorithm->name, algorithms[i]) == 0;
    }
    ck_assert(known);
    ck_assert_str_eq(json_string_value(json_object_get(jws->header, "alg")), jws->algorithm->name);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        ck_assert_ptr_null(json_object_get(jws->header, refused[i]));
    }
    struct sp_str payload = sp_buf_str(&jws->payload);
    struct sp_str signature = sp_buf_str(&jws->signature);
    SIGNER_TEXT encoded_payload = text_base64url(payload.ptr, payload.len);
    SIGNER_TEXT encoded_signature = text_base64url(signature.ptr, signature.len);
    size_t header_len = sp_str_find(text, '.');
    SIGNER_TEXT written =
        text_format("%.*s.%s.%s", (int)header_len, text.ptr, encoded_payload, encoded_signature);
    ck_assert_views_equal(sp_str_from_c(written), text);
}

/* The payload if the token verifies, else NULL. */
static char *open_token(struct sp_str text)
{
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    struct sp_str payload;
    if (sp_jws_parse(text, TOKEN_MAX, &jws, NULL) != SP_OK) {
        return NULL;
    }
    check_parsed(text, &jws);
    if (verify(&jws, &payload) != SP_OK) {
        return NULL;
    }
    ck_assert_str_eq(jws.algorithm->name, "EdDSA");
    return sp_str_dup(payload);
}

static void check_signed(struct sp_str header, struct sp_str payload, unsigned char flip)
{
    SIGNER_TEXT header_text = sp_str_dup(header);
    SIGNER_TEXT payload_text = sp_str_dup(payload);
    SIGNER_TEXT token = signer_sign(&signer, header_text, payload_text);
    SIGNER_TEXT opened = open_token(sp_str_from_c(token));
    if (opened != NULL) {
        ck_assert_str_eq(opened, payload_text);
    }
    size_t at = flip * (strlen(token) - 1) / 255;
    token[at] = (char)(token[at] ^ 1 << flip % 7);
    SIGNER_TEXT altered = open_token(sp_str_from_c(token));
    ck_assert_ptr_null(altered);
}

FUZZ_TARGET(input)
{
    make_key();
    if (fuzz_take_byte(&input) == 'r') {
        SIGNER_TEXT opened = open_token(input);
        ck_assert_ptr_null(opened);
    } else if (input.len < TOKEN_MAX / 2) {
        unsigned char flip = fuzz_take_byte(&input);
        struct sp_str payload = input;
        struct sp_str header = sp_str_cut(&payload, '\n');
        check_signed(header, payload, flip);
    }
}
