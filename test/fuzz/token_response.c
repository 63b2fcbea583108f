/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Responses of the token endpoint: only a 200 yields tokens. They are those of the document, in bytes that a
 * header can carry; a used access token is present, and its type is Bearer. The diagnosis contains none of
 * the issuer's own text, except for the name of a repeated member. The first two bytes select the status, and
 * whether the access token and a refresh token are used.
 */

#include "jose/json.h"
#include "oidc/token.h"

#include "fuzz.h"

static const unsigned statuses[] = {200, 400, 401, 302, 500, 201, 429, 204};
static enum sp_error parse(const struct sp_exchange_response *response, const struct sp_client *client,
                           struct sp_token_set *out, enum sp_issuer_error *refusal, struct sp_diag *diag)
{
    enum sp_error error = sp_token_parse_response(response, client, SP_ID_TOKEN_NEEDED, out, refusal, diag);
    if (PLANTED(error == SP_OK && sp_buf_str(&out->id_token).len > 5)) {
        out->id_token.ptr[0] = ' ';
    }
    return error;
}

static void check_token(const json_t *document, const char *name, const struct sp_buf *token)
{
    struct sp_str text = sp_buf_str(token);
    const json_t *value = json_object_get(document, name);
    ck_assert_views_equal(text, sp_str_from_c(json_string_value(value)));
    ck_assert_uint_le(text.len, SP_TOKEN_MAX);
    for (size_t i = 0; i < text.len; i++) {
        ck_assert(text.ptr[i] > ' ' && text.ptr[i] < 0x7f);
    }
}

static void check_tokens(const struct sp_exchange_response *response, enum sp_userinfo_use use,
                         const struct sp_token_set *tokens)
{
    SP_JSON_SCOPED json_t *document = NULL;
    ck_assert_uint_eq(response->status, 200);
    ck_assert_int_eq(sp_json_parse_object(response->body, SP_EXCHANGE_ANSWER_MAX, "it", &document, NULL),
                     SP_OK);
    ck_assert_uint_gt(sp_buf_str(&tokens->id_token).len, 0);
    check_token(document, "id_token", &tokens->id_token);
    if (use == SP_USERINFO_REQUIRED) {
        const char *type = json_string_value(json_object_get(document, "token_type"));
        ck_assert_int_eq(strcasecmp(type, "bearer"), 0);
        ck_assert_uint_gt(sp_buf_str(&tokens->access_token).len, 0);
    }
    if (sp_buf_str(&tokens->refresh_token).len > 0) {
        check_token(document, "refresh_token", &tokens->refresh_token);
    }
    if (sp_buf_str(&tokens->access_token).len > 0) {
        check_token(document, "access_token", &tokens->access_token);
    }
}

static void check_refusal(const struct sp_exchange_response *response, enum sp_error error,
                          enum sp_issuer_error refusal)
{
    bool later = response->status >= 500 || response->status == 429;
    ck_assert_int_eq(error == SP_ERR_IO, later);
    ck_assert_int_eq(error == SP_ERR_STATUS, !later && response->status >= 400);
    ck_assert_int_lt(refusal, SP_ISSUER_ERROR_COUNT);
}

FUZZ_TARGET(input)
{
    struct sp_diag diag = {0};
    struct sp_token_set tokens = SP_TOKEN_SET_NONE;
    enum sp_issuer_error refusal = SP_ISSUER_ERROR_OTHER;
    struct sp_exchange_response response = {.error = SP_OK};
    response.status = statuses[fuzz_take_byte(&input) % (sizeof statuses / sizeof statuses[0])];
    uint8_t use = fuzz_take_byte(&input);
    const struct sp_client client = {
        .userinfo = use % 2 == 0 ? SP_USERINFO_REQUIRED : SP_USERINFO_UNUSED,
        .renew = use / 2 % 2 == 0,
    };
    response.body = input;
    enum sp_error error = parse(&response, &client, &tokens, &refusal, &diag);
    if (error == SP_OK) {
        check_tokens(&response, client.userinfo, &tokens);
    } else {
        check_refusal(&response, error, refusal);
        ck_assert_uint_eq(sp_buf_str(&tokens.access_token).len, 0);
        bool quotes = fuzz_has(sp_str_from_c(diag.text), SP_STR("MARK"));
        ck_assert((!quotes || error == SP_ERR_DUPLICATE) && diag.text[0] != '\0');
    }
    sp_token_set_done(&tokens);
}
