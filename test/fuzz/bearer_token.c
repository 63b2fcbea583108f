/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Bearer tokens: accepted only if the issuer's key of this process has signed it, and if a slow
 * implementation of oidc/bearer_token.h accepts the claims; and only if the token itself names the issuer.
 * After a selector byte, the input is a token (`r`), the claims of one (`c`), or changes to valid claims,
 * signed by the issuer (`m`), with another key of the same id (`o`) or as a logout token (`l`).
 */

#include "oidc/bearer_token.h"
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
    static const struct sp_signed_token_expectation expectation = {ISSUER_EXPECTATION};
    struct sp_diag diag = {0};
    struct sp_claims claims = SP_CLAIMS_NONE;
    SP_JSON_SCOPED json_t *peeked = sp_bearer_token_peek(text);
    enum sp_error error = sp_bearer_token_verify(text, keyset, &expectation, "groups", &claims, &diag);
    ck_assert(error == SP_OK || error == SP_ERR_MEMORY || diag.text[0] != '\0');
    ck_assert(!sp_bearer_token_is_jwt(text) || peeked != NULL);
    if (error == SP_OK) {
        ck_assert(text.len > SP_BEARER_TOKEN_MAX || sp_bearer_token_is_of(peeked, SP_STR(ISSUER)));
        ck_assert(text.len > SP_BEARER_TOKEN_MAX || sp_bearer_token_is_jwt(text));
        ck_assert_uint_gt(claims.sub.len, 0);
        ck_assert_uint_le(claims.sub.len, SP_CLAIMS_SUB_MAX);
        sp_claims_done(&claims);
    }
    return error == SP_OK || PLANTED(strstr(diag.text, "\"iat\"") != NULL);
}

/* ---- a slow implementation -------------------------------------------------------------------------- */

static bool is_date(const json_t *claims, const char *name, double from_s, double to_s)
{
    const json_t *value = json_object_get(claims, name);
    return json_is_number(value) && json_number_value(value) >= from_s && json_number_value(value) < to_s + 1;
}

/* `grafana` is the only accepted audience. */
static bool is_taken(const json_t *aud)
{
    const json_t *one;
    size_t index;
    bool taken = json_is_string(aud) && strcmp(json_string_value(aud), issuer_other_client) == 0;
    json_array_foreach (aud, index, one) {
        taken = taken || strcmp(json_string_value(one), issuer_other_client) == 0;
    }
    return taken;
}

static void check_accepted(const char *payload)
{
    json_t *claims = NULL;
    ck_assert_int_eq(sp_json_parse_object(sp_str_from_c(payload), SP_SIGNED_TOKEN_MAX, "it", &claims, NULL),
                     SP_OK);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "iss")), ISSUER);
    ck_assert(is_taken(json_object_get(claims, "aud")));
    ck_assert(is_date(claims, "exp", ISSUER_NOW_S - ISSUER_SKEW_S + 1, 1e16));
    ck_assert(is_date(claims, "iat", ISSUER_NOW_S - ISSUER_SKEW_S - SP_BEARER_TOKEN_AGE_MAX_S,
                      ISSUER_NOW_S + ISSUER_SKEW_S));
    ck_assert_ptr_null(json_object_get(claims, "events"));
    ck_assert(json_string_length(json_object_get(claims, "sub")) > 0);
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

static void try_claims(const struct signer *signer, const char *typ, const char *payload)
{
    if (payload == NULL) {
        return;
    }
    SIGNER_TEXT header = text_format("{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"%s\"}", typ);
    SIGNER_TEXT token = signer_sign(signer, header, payload);
    if (verify(sp_str_from_c(token))) {
        ck_assert(signer == &issuer);
        ck_assert_str_eq(typ, "JWT");
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
        try_claims(&issuer, "JWT", payload);
    } else {
        SIGNER_TEXT payload = changed_claims(input);
        try_claims(choice == 'o' ? &other : &issuer, choice == 'l' ? "logout+jwt" : "JWT", payload);
    }
}
