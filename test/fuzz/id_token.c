/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ID tokens: accepted only if the issuer's key of this process has signed it, and if a slow implementation of
 * OpenID Connect Core 1.0, section 3.1.3.7, accepts the claims. After a selector byte, the input is a token
 * (`r`), the claims of one (`c`) or changes to valid claims (`m`), or the latter signed with another key of
 * the same id (`o`).
 */

#include "../unit/oidc/issuer.h"
#include "fuzz.h"

static struct signer issuer;
static struct signer other;
static struct sp_keyset *keyset;

static void make_keys(void)
{
    if (keyset == NULL) {
        issuer = signer_new("ES256");
        other = signer_new("ES256");
        keyset = issuer_keyset(&issuer, "k");
    }
}

static bool verify(struct sp_str text)
{
    static const struct sp_id_token_expectation expectation = {
        .common = {ISSUER_EXPECTATION},
        .nonce = {ISSUER_NONCE, sizeof ISSUER_NONCE - 1},
        .access_token = {ISSUER_ACCESS, sizeof ISSUER_ACCESS - 1},
        .groups_claim = "groups",
    };
    struct sp_diag diag = {0};
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = sp_id_token_verify(text, keyset, &expectation, &claims, &diag);
    ck_assert(error == SP_OK || error == SP_ERR_MEMORY || diag.text[0] != '\0');
    ck_assert_int_eq(error == SP_OK, claims.all != NULL);
    sp_claims_done(&claims);
    return error == SP_OK || PLANTED(strstr(diag.text, "\"azp\"") != NULL);
}

/* ---- a slow implementation -------------------------------------------------------------------------- */

static bool is_text(const json_t *claims, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(claims, name));
    return text != NULL && strcmp(text, expected) == 0;
}

static bool is_absent(const json_t *claims, const char *name)
{
    const json_t *value = json_object_get(claims, name);
    return value == NULL || json_is_null(value);
}

static bool is_date(const json_t *claims, const char *name, double from_s, double to_s)
{
    const json_t *value = json_object_get(claims, name);
    return json_is_number(value) && json_number_value(value) >= from_s && json_number_value(value) < to_s + 1;
}

static void check_audience(const json_t *claims)
{
    const json_t *aud = json_object_get(claims, "aud");
    const json_t *one;
    size_t index;
    bool ours = json_is_string(aud) && strcmp(json_string_value(aud), ISSUER_CLIENT) == 0;
    json_array_foreach (aud, index, one) {
        bool is_ours = strcmp(json_string_value(one), ISSUER_CLIENT) == 0;
        ours = ours || is_ours;
        ck_assert(is_ours || strcmp(json_string_value(one), "grafana") == 0);
    }
    ck_assert(ours);
    ck_assert(is_text(claims, "azp", ISSUER_CLIENT) || is_absent(claims, "azp"));
}

static void check_accepted(const char *payload)
{
    json_t *claims = NULL;
    SIGNER_TEXT at_hash = issuer_at_hash(ISSUER_ACCESS, "SHA2-256");
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(payload), SP_SIGNED_TOKEN_MAX, "it", &claims, NULL),
                     SP_OK);
    ck_assert(is_text(claims, "iss", ISSUER));
    ck_assert(is_text(claims, "nonce", ISSUER_NONCE));
    ck_assert(is_text(claims, "at_hash", at_hash) || is_absent(claims, "at_hash"));
    ck_assert(is_date(claims, "exp", ISSUER_NOW_S - ISSUER_SKEW_S + 1, 1e16));
    ck_assert(is_date(claims, "iat", ISSUER_NOW_S - ISSUER_SKEW_S - SP_ID_TOKEN_AGE_MAX_S,
                      ISSUER_NOW_S + ISSUER_SKEW_S));
    ck_assert(is_absent(claims, "nbf") || is_date(claims, "nbf", 0, ISSUER_NOW_S + ISSUER_SKEW_S));
    const json_t *sub = json_object_get(claims, "sub");
    ck_assert(json_string_length(sub) >= 1 && json_string_length(sub) <= SP_CLAIMS_SUB_MAX);
    check_audience(claims);
    json_decref(claims);
}

/* ---- use of the input ------------------------------------------------------------------------------- */

static char *changed_claims(struct sp_str input)
{
    SIGNER_TEXT text = sp_str_dup(input);
    json_t *changes = json_loads(text, 0, NULL);
    bool usable = json_is_object(changes);
    json_decref(changes);
    return usable ? issuer_payload(text) : NULL;
}

static void try_claims(const struct signer *signer, const char *payload)
{
    if (payload == NULL) {
        return;
    }
    SIGNER_TEXT token = signer_sign(signer, "{\"alg\":\"ES256\",\"kid\":\"k\"}", payload);
    if (verify(sp_str_from_c(token))) {
        ck_assert(signer == &issuer);
        check_accepted(payload);
    }
}

FUZZ_TARGET(input)
{
    make_keys();
    unsigned char choice = fuzz_take_byte(&input);
    if (choice == 'r') {
        ck_assert(!verify(input));
    } else if (choice == 'c') {
        SIGNER_TEXT payload = sp_str_dup(input);
        try_claims(&issuer, payload);
    } else {
        SIGNER_TEXT payload = changed_claims(input);
        try_claims(choice == 'o' ? &other : &issuer, payload);
    }
}
