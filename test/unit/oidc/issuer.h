/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_TEST_UNIT_OIDC_ISSUER_H
#define SP_TEST_UNIT_OIDC_ISSUER_H

/*
 * A small issuer for tests: one ES256 key, its documents, and ID tokens and logout tokens that are valid
 * unless a test changes them.
 */

#include "oidc/id_token.h"
#include "oidc/issuer_metadata.h"
#include "oidc/keyset.h"
#include "oidc/logout_token.h"

#include "../jose/signer.h"

#include <jansson.h>

#define ISSUER        "https://issuer.example/dex"
#define ISSUER_CLIENT "sallyport"
#define ISSUER_NONCE  "n-0S6_WzA2Mj-n-0S6_WzA2Mj-n-0S6_WzA2Mj-0123"
#define ISSUER_SUB    "CiQwOGE4Njg0Yi1kYjg4LTRiNzMtOTBhOS0zY2QxNjYxZjU0NjYSBWxvY2Fs"
#define ISSUER_ACCESS "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
#define ISSUER_NOW_S  1700000000
#define ISSUER_SKEW_S 60
#define ISSUER_ENDPOINTS                                                                                     \
    "\"authorization_endpoint\":\"" ISSUER "/auth\",\"token_endpoint\":\"" ISSUER "/token\","                \
    "\"jwks_uri\":\"" ISSUER "/keys\""

#define ISSUER_HEADER "{\"alg\":\"ES256\",\"kid\":\"k\"}"

SIGNER_USED static char issuer_other_client[] = "grafana";
SIGNER_USED static char *const issuer_trusted[] = {issuer_other_client};

/* What a token of this issuer must contain, in a struct sp_signed_token_expectation. */
#define ISSUER_EXPECTATION                                                                                   \
    .issuer = {ISSUER, sizeof ISSUER - 1}, .client_id = {ISSUER_CLIENT, sizeof ISSUER_CLIENT - 1},           \
    .audiences = issuer_trusted, .audiences_n = 1, .now_s = ISSUER_NOW_S, .skew_s = ISSUER_SKEW_S

SIGNER_USED static const struct sp_client issuer_client = {.auth = SP_CLIENT_AUTH_BASIC};

SIGNER_USED static void issuer_free_metadata(struct sp_issuer_metadata **metadata)
{
    sp_issuer_metadata_free(*metadata);
}

SIGNER_USED static void issuer_free_keyset(struct sp_keyset **keyset)
{
    sp_keyset_free(*keyset);
}

#define ISSUER_PROVIDER __attribute__((cleanup(issuer_free_metadata))) struct sp_issuer_metadata *
#define ISSUER_KEYSET   __attribute__((cleanup(issuer_free_keyset))) struct sp_keyset *

/* The document with additional members, each preceded by a comma. */
SIGNER_USED static struct sp_issuer_metadata *issuer_metadata(const char *members)
{
    struct sp_issuer_metadata *metadata = NULL;
    SIGNER_TEXT text = text_format("{\"issuer\":\"" ISSUER "\"," ISSUER_ENDPOINTS "%s}", members);
    ck_assert_int_eq(
        sp_issuer_metadata_parse(sp_str_from_c(text), SP_STR(ISSUER), &issuer_client, &metadata, NULL),
        SP_OK);
    return metadata;
}

SIGNER_USED static struct sp_keyset *issuer_keyset(const struct signer *signer, const char *kid)
{
    struct sp_keyset *keyset = NULL;
    SIGNER_TEXT jwk = signer_jwk(signer, kid);
    SIGNER_TEXT text = text_format("{\"keys\":[%s]}", jwk);
    ck_assert_int_eq(sp_keyset_parse(sp_str_from_c(text), &keyset, NULL), SP_OK);
    return keyset;
}

/* The left half of the access token's digest. */
static char *issuer_at_hash(const char *access_token, const char *digest)
{
    uint8_t bytes[64];
    size_t len = 0;
    ck_assert_int_eq(EVP_Q_digest(NULL, digest, NULL, access_token, strlen(access_token), bytes, &len), 1);
    return text_base64url(bytes, len / 2);
}

/* The claims that Dex sends, as an object (json_decref). */
static json_t *issuer_claims(void)
{
    SIGNER_TEXT at_hash = issuer_at_hash(ISSUER_ACCESS, "SHA2-256");
    json_t *claims =
        json_pack("{ss ss ss sI sI ss ss ss sb ss s[ss]}", "iss", ISSUER, "sub", ISSUER_SUB, "aud",
                  ISSUER_CLIENT, "exp", (json_int_t)(ISSUER_NOW_S + 86400), "iat", (json_int_t)ISSUER_NOW_S,
                  "nonce", ISSUER_NONCE, "at_hash", at_hash, "email", "ada@example.com", "email_verified", 1,
                  "name", "Ada Lovelace", "groups", "ops", "sre");
    ck_assert_ptr_nonnull(claims);
    return claims;
}

/* The claims with `changes` (a JSON object) applied; the string "-" removes a claim. */
SIGNER_USED static char *issuer_payload(const char *changes)
{
    json_t *claims = issuer_claims();
    json_t *over = json_loads(changes, 0, NULL);
    ck_assert_msg(over != NULL, "%s", changes);
    const char *key;
    json_t *value;
    json_object_foreach (over, key, value) {
        if (json_is_string(value) && strcmp(json_string_value(value), "-") == 0)
            json_object_del(claims, key);
        else
            json_object_set(claims, key, value);
    }
    char *text = json_dumps(claims, JSON_COMPACT);
    json_decref(over);
    json_decref(claims);
    return text;
}

/* The ID token with `changes`, with this kid. */
SIGNER_USED static char *issuer_id_token(const struct signer *signer, const char *kid, const char *changes)
{
    SIGNER_TEXT payload = issuer_payload(changes);
    SIGNER_TEXT header = text_format("{\"alg\":\"%s\",\"kid\":\"%s\"}", signer->alg, kid);
    return signer_sign(signer, header, payload);
}

/* The claims of a logout token with `changes` applied, as above. */
SIGNER_USED static char *issuer_logout_payload(const char *changes)
{
    json_t *all =
        json_loads("{\"nonce\":\"-\",\"at_hash\":\"-\",\"email\":\"-\",\"name\":\"-\",\"groups\":\"-\","
                   "\"email_verified\":\"-\",\"events\":{\"" SP_LOGOUT_TOKEN_EVENT
                   "\":{}},\"jti\":\"j1\",\"exp\":1700000120}",
                   0, NULL);
    json_t *over = json_loads(changes, 0, NULL);
    ck_assert_msg(all != NULL && over != NULL, "%s", changes);
    json_object_update(all, over);
    SIGNER_TEXT text = json_dumps(all, JSON_COMPACT);
    json_decref(over);
    json_decref(all);
    return issuer_payload(text);
}

/* A logout token with `changes`, with this kid. */
SIGNER_USED static char *issuer_logout_token(const struct signer *signer, const char *kid,
                                             const char *changes)
{
    SIGNER_TEXT payload = issuer_logout_payload(changes);
    SIGNER_TEXT header =
        text_format("{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"logout+jwt\"}", signer->alg, kid);
    return signer_sign(signer, header, payload);
}

/* What `verify` returns for the claims with `changes`, signed under `header` with the only key, `k`. */
SIGNER_USED static enum sp_error issuer_try(const char *header, const char *changes,
                                            enum sp_error (*verify)(struct sp_str text,
                                                                    const struct sp_keyset *keyset,
                                                                    struct sp_diag *diag),
                                            struct sp_diag *diag)
{
    SIGNER_SCOPED struct signer signer = signer_new("ES256");
    ISSUER_KEYSET keyset = issuer_keyset(&signer, "k");
    SIGNER_TEXT payload = issuer_payload(changes);
    SIGNER_TEXT text = signer_sign(&signer, header, payload);
    return verify(sp_str_from_c(text), keyset, diag);
}

#endif
