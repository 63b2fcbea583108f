/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/token.h"

#include "base/base64.h"
#include "base/time.h"
#include "http/form.h"
#include "jose/json.h"

#define WHAT "the token response" /* the name in messages */

/* ---- request ------------------------------------------------------------------------------------- */

static enum sp_error write_basic(const struct sp_client *client, struct sp_buf *out)
{
    SP_BUF_SCOPED struct sp_buf pair;
    sp_buf_init(&pair, SP_TOKEN_AUTH_MAX / 2);
    sp_form_append_encoded(client->id, &pair);
    sp_buf_append_char(&pair, ':');
    sp_form_append_encoded(client->secret, &pair);
    if (sp_buf_error(&pair) != SP_OK) {
        return SP_ERR_LIMIT;
    }
    struct sp_str plain = sp_buf_str(&pair);
    sp_buf_append_c(out, "Basic ");
    char *encoded = sp_buf_extend(out, (plain.len + 2) / 3 * 4);
    if (encoded != NULL) {
        sp_base64_encode((const uint8_t *)plain.ptr, plain.len, encoded);
    }
    return sp_buf_error(out);
}

static enum sp_error write_client(const struct sp_client *client, struct sp_exchange_request *request)
{
    switch (client->auth) {
    case SP_CLIENT_AUTH_BASIC:
        return write_basic(client, &request->authorization);
    case SP_CLIENT_AUTH_POST:
        sp_form_append_pair(SP_STR("client_id"), client->id, &request->body);
        sp_form_append_pair(SP_STR("client_secret"), client->secret, &request->body);
        return SP_OK;
    case SP_CLIENT_AUTH_NONE:
        sp_form_append_pair(SP_STR("client_id"), client->id, &request->body);
        return SP_OK;
    }
    return SP_ERR_UNSUPPORTED;
}

static void begin_request(const struct sp_client *client, const char *url, struct sp_exchange_request *out)
{
    *out = (struct sp_exchange_request){
        .url = url,
        .route = &client->route,
        .answer_max = SP_EXCHANGE_ANSWER_MAX,
    };
    sp_buf_init(&out->body, SP_TOKEN_REQUEST_MAX);
    sp_buf_init(&out->authorization, SP_TOKEN_AUTH_MAX);
}

/* Completes the request with the client's authentication, and moves it to `out`. */
static enum sp_error end_request(const struct sp_client *client, struct sp_exchange_request *request,
                                 struct sp_exchange_request *out)
{
    enum sp_error error = write_client(client, request);
    if (error == SP_OK) {
        error = sp_buf_error(&request->body);
    }
    if (error != SP_OK) {
        sp_exchange_request_done(request);
        return error;
    }
    *out = *request;
    return SP_OK;
}

enum sp_error sp_token_make_request(const struct sp_issuer_metadata *metadata, const struct sp_client *client,
                                    const struct sp_token_grant *grant, struct sp_exchange_request *out)
{
    bool is_refresh = grant->refresh_token.len > 0;
    if (!is_refresh && (grant->code.len == 0 || grant->redirect_uri.len == 0 || grant->verifier.len == 0)) {
        return SP_ERR_MISSING;
    }
    struct sp_exchange_request request;
    begin_request(client, metadata->token_endpoint, &request);
    if (is_refresh) {
        sp_form_append_pair(SP_STR("grant_type"), SP_STR("refresh_token"), &request.body);
        sp_form_append_pair(SP_STR("refresh_token"), grant->refresh_token, &request.body);
    } else {
        sp_form_append_pair(SP_STR("grant_type"), SP_STR("authorization_code"), &request.body);
        sp_form_append_pair(SP_STR("code"), grant->code, &request.body);
        sp_form_append_pair(SP_STR("redirect_uri"), grant->redirect_uri, &request.body);
        sp_form_append_pair(SP_STR("code_verifier"), grant->verifier, &request.body);
    }
    return end_request(client, &request, out);
}

enum sp_error sp_token_make_revocation(const struct sp_issuer_metadata *metadata,
                                       const struct sp_client *client, struct sp_str refresh_token,
                                       struct sp_exchange_request *out)
{
    if (refresh_token.len == 0) {
        return SP_ERR_MISSING;
    }
    struct sp_exchange_request request;
    begin_request(client, metadata->revocation_endpoint, &request);
    sp_form_append_pair(SP_STR("token"), refresh_token, &request.body);
    sp_form_append_pair(SP_STR("token_type_hint"), SP_STR("refresh_token"), &request.body);
    return end_request(client, &request, out);
}

/* ---- response ------------------------------------------------------------------------------------ */

void sp_token_set_done(struct sp_token_set *tokens)
{
    sp_buf_done(&tokens->id_token);
    sp_buf_done(&tokens->access_token);
    sp_buf_done(&tokens->refresh_token);
    *tokens = SP_TOKEN_SET_NONE;
}

static enum sp_issuer_error read_refusal(const struct sp_exchange_response *response)
{
    SP_JSON_SCOPED json_t *object = NULL;
    struct sp_str name;
    if (sp_json_parse_object(response->body, SP_EXCHANGE_ANSWER_MAX, WHAT, &object, NULL) != SP_OK ||
        sp_json_get_string(object, "error", &name) != SP_OK) {
        return SP_ISSUER_ERROR_OTHER;
    }
    return sp_issuer_error_find(name);
}

static enum sp_error check_outcome(const struct sp_exchange_response *response, enum sp_issuer_error *refusal,
                                   struct sp_diag *diag)
{
    switch (sp_exchange_classify(response)) {
    case SP_EXCHANGE_OK:
        return SP_OK;
    case SP_EXCHANGE_REFUSED:
        *refusal = read_refusal(response);
        return sp_diag_set(diag, SP_ERR_STATUS, "the token endpoint refused with status %u, %s",
                           response->status, sp_issuer_error_name(*refusal));
    case SP_EXCHANGE_UNEXPECTED:
        return sp_diag_set(diag, SP_ERR_FORMAT, "the token endpoint responded with status %u",
                           response->status);
    case SP_EXCHANGE_UNAVAILABLE:
        break;
    }
    if (response->error != SP_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "the token endpoint did not respond: %s", response->text);
    }
    return sp_diag_set(diag, SP_ERR_IO, "the token endpoint responded with status %u", response->status);
}

/* True for visible ASCII (RFC 6749, appendix A, without the space), because a token becomes a header
 * value. */
static bool token_valid(struct sp_str token)
{
    return token.len > 0 && sp_str_is_printable(token) && !sp_str_contains(token, ' ');
}

static enum sp_error read_token(const json_t *object, const char *name, struct sp_buf *out,
                                struct sp_diag *diag)
{
    struct sp_str token;
    enum sp_error error = sp_json_require_string(object, name, WHAT, &token, diag);
    if (error != SP_OK) {
        return error;
    }
    if (token.len > SP_TOKEN_MAX) {
        return sp_diag_set(diag, SP_ERR_LIMIT, WHAT ": \"%s\" is longer than %d bytes", name, SP_TOKEN_MAX);
    }
    if (!token_valid(token)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, WHAT ": \"%s\" is empty or has invalid bytes", name);
    }
    sp_buf_init(out, token.len + 1); /* with room for the NUL of a C string */
    sp_buf_append(out, token);
    return sp_buf_error(out) == SP_OK ? SP_OK : SP_ERR_MEMORY;
}

static enum sp_error check_type(const json_t *object, struct sp_diag *diag)
{
    struct sp_str type;
    enum sp_error error = sp_json_require_string(object, "token_type", WHAT, &type, diag);
    if (error != SP_OK) {
        return error;
    }
    if (!sp_str_equal_ci(type, SP_STR("Bearer"))) {
        return sp_diag_set(diag, SP_ERR_UNSUPPORTED, WHAT ": \"token_type\" is not Bearer");
    }
    return SP_OK;
}

/*
 * An access token that will never be sent need not be valid. It is read all the same, because the ID token
 * may contain its hash.
 */
static enum sp_error read_access_token(const json_t *object, enum sp_userinfo_use use,
                                       struct sp_token_set *tokens, struct sp_diag *diag)
{
    if (use == SP_USERINFO_UNUSED) {
        enum sp_error error = read_token(object, "access_token", &tokens->access_token, NULL);
        return error == SP_ERR_MEMORY ? error : SP_OK;
    }
    enum sp_error error = check_type(object, diag);
    return error == SP_OK ? read_token(object, "access_token", &tokens->access_token, diag) : error;
}

/* A fault in the refresh token never makes a login or a refresh fail. */
static enum sp_error read_refresh_token(const json_t *object, struct sp_token_set *tokens)
{
    if (read_token(object, "refresh_token", &tokens->refresh_token, NULL) == SP_ERR_MEMORY) {
        return SP_ERR_MEMORY;
    }
    const json_t *lifetime = json_object_get(object, "refresh_expires_in");
    bool is_sound = json_is_integer(lifetime) && json_integer_value(lifetime) > 0 &&
                    json_integer_value(lifetime) <= SP_TIME_MAX_S;
    tokens->refresh_expires_in_s = is_sound ? json_integer_value(lifetime) : 0;
    return SP_OK;
}

enum sp_error sp_token_parse_response(const struct sp_exchange_response *response,
                                      const struct sp_client *client, enum sp_id_token_need need,
                                      struct sp_token_set *out, enum sp_issuer_error *refusal,
                                      struct sp_diag *diag)
{
    enum sp_error error = check_outcome(response, refusal, diag);
    if (error != SP_OK) {
        return error;
    }
    SP_JSON_SCOPED json_t *object = NULL;
    error = sp_json_parse_object(response->body, SP_EXCHANGE_ANSWER_MAX, WHAT, &object, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_token_set tokens = SP_TOKEN_SET_NONE;
    bool is_left_out = need == SP_ID_TOKEN_OPTIONAL && json_object_get(object, "id_token") == NULL;
    error = is_left_out ? SP_OK : read_token(object, "id_token", &tokens.id_token, diag);
    if (error == SP_OK) {
        error = read_access_token(object, client->userinfo, &tokens, diag);
    }
    if (error == SP_OK && client->renew) {
        error = read_refresh_token(object, &tokens);
    }
    if (error != SP_OK) {
        sp_token_set_done(&tokens);
        return error;
    }
    *out = tokens;
    return SP_OK;
}
