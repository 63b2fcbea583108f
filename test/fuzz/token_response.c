/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers of the token endpoint: tokens come out of a 200 of application/json only, and are those of the
 * document, in bytes that a header can carry; nothing of the issuer's own words is in the diagnosis. The
 * first two bytes choose the status and the content type.
 */

#include "jose/json.h"
#include "oidc/token.h"

#include "fuzz.h"

static const unsigned statuses[] = {200, 400, 401, 302, 500, 201, 429, 204};
static const char *const types[] = {"application/json",   "application/json; charset=utf-8",
                                    "text/html",          "",
                                    "Application/JSON;x", "application/jsonp",
                                    "application/jwt"};

static enum sp_error parse(const struct sp_exchange_response *response, struct sp_token_set *out,
                           enum sp_issuer_error *refusal, struct sp_diag *diag)
{
    enum sp_error error = sp_token_parse_response(response, out, refusal, diag);
    if (PLANTED(error == SP_OK && sp_buf_str(&out->id_token).len < 5)) {
        out->access_token.ptr[0] = ' ';
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

static void check_tokens(const struct sp_exchange_response *response, const struct sp_token_set *tokens)
{
    struct sp_str type = response->content_type;
    ck_assert_uint_eq(response->status, 200);
    ck_assert(sp_str_equal_ci((struct sp_str){type.ptr, sp_str_find(type, ';')}, SP_STR("application/json")));
    json_t *document = json_loadb(response->body.ptr, response->body.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert(json_is_object(document));
    ck_assert_int_eq(strcasecmp(json_string_value(json_object_get(document, "token_type")), "bearer"), 0);
    ck_assert_uint_gt(sp_buf_str(&tokens->id_token).len, 0);
    ck_assert_uint_gt(sp_buf_str(&tokens->access_token).len, 0);
    check_token(document, "id_token", &tokens->id_token);
    check_token(document, "access_token", &tokens->access_token);
    json_decref(document);
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
    response.content_type = sp_str_from_c(types[fuzz_take_byte(&input) % (sizeof types / sizeof types[0])]);
    response.body = input;
    enum sp_error error = parse(&response, &tokens, &refusal, &diag);
    if (error == SP_OK) {
        check_tokens(&response, &tokens);
    } else {
        check_refusal(&response, error, refusal);
        ck_assert_uint_eq(sp_buf_str(&tokens.access_token).len, 0);
        ck_assert(!fuzz_has(sp_str_from_c(diag.text), SP_STR("MARK")) && diag.text[0] != '\0');
    }
    sp_token_set_done(&tokens);
}
