/* SPDX-License-Identifier: Apache-2.0 */

/*
 * UserInfo: merged claims are about the same subject and replace nothing that identifies the login, and an
 * address is verified only if the statement was about this address. After a failure nothing has changed.
 */

#include "oidc/userinfo.h"

#include "fuzz.h"

static const char id_token[] = "{\"iss\":\"https://issuer.example\",\"sub\":\"s1\",\"aud\":\"c\",\"exp\":9,"
                               "\"iat\":1,\"nonce\":\"n\",\"sid\":\"x\",\"email\":\"ada@example.com\","
                               "\"email_verified\":true,\"groups\":[\"ops\"]}";

static enum sp_error merge(const struct sp_exchange_response *response, const struct sp_client *client,
                           struct sp_claims *claims)
{
    struct sp_diag diag = {0};
    enum sp_error error = sp_userinfo_merge(response, client, claims, &diag);
    ck_assert(error == SP_OK || error == SP_ERR_MEMORY || diag.text[0] != '\0');
    if (PLANTED(error == SP_OK && claims->name.len == 4)) {
        claims->sub = SP_STR("s2");
    }
    return error;
}

static void check_protected(const json_t *before, const struct sp_claims *after)
{
    static const char *const names[] = {"iss", "sub", "aud", "nonce", "sid"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sp_str text = sp_str_from_c(json_string_value(json_object_get(before, names[i])));
        ck_assert_views_equal(sp_claims_text(after, names[i]), text);
    }
    ck_assert(after->expires_s == 9 && after->issued_s == 1);
}

static void check_merged(const json_t *before, const json_t *answer, const struct sp_claims *claims)
{
    check_protected(before, claims);
    ck_assert_views_equal(claims->sub, SP_STR("s1"));
    ck_assert_str_eq(json_string_value(json_object_get(answer, "sub")), "s1");
    bool other = !sp_str_equal(claims->email, SP_STR("ada@example.com"));
    if (other && claims->email.len > 0 && claims->email_verified == SP_EMAIL_VERIFIED_YES) {
        const json_t *verified = json_object_get(answer, "email_verified");
        ck_assert(json_is_true(verified) || strcmp(json_string_value(verified), "true") == 0);
    }
}

FUZZ_TARGET(input)
{
    static const struct sp_client client = {.groups_claim = "/realm_access/roles"};
    SP_JSON_SCOPED json_t *before = json_loads(id_token, 0, NULL);
    SP_JSON_SCOPED json_t *answer = NULL;
    (void)!sp_json_parse_object(input, SP_EXCHANGE_ANSWER_MAX, "it", &answer, NULL);
    struct sp_claims claims = SP_CLAIMS_NONE;
    ck_assert_int_eq(sp_claims_read(json_deep_copy(before), "it", client.groups_claim, &claims, NULL), SP_OK);
    struct sp_exchange_response response = {
        .status = 200, .content_type = SP_STR("application/json"), .body = input};
    if (merge(&response, &client, &claims) == SP_OK) {
        check_merged(before, answer, &claims);
    } else {
        ck_assert_int_eq(json_equal(before, claims.all), 1);
    }
    sp_claims_done(&claims);
}
