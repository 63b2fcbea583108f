/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/userinfo.h"

#define WHAT "the UserInfo answer" /* as texts for the operator say it */

enum sp_error sp_userinfo_make_request(const struct sp_issuer_metadata *metadata,
                                       const struct sp_client *client, struct sp_str access_token,
                                       struct sp_exchange_request *out)
{
    if (metadata->userinfo_endpoint == NULL) {
        return SP_ERR_MISSING;
    }
    struct sp_exchange_request request = {
        .url = metadata->userinfo_endpoint,
        .route = &client->route,
        .answer_max = SP_EXCHANGE_ANSWER_MAX,
    };
    sp_buf_init(&request.authorization, SP_USERINFO_AUTH_MAX);
    sp_buf_append_c(&request.authorization, "Bearer ");
    sp_buf_append(&request.authorization, access_token);
    enum sp_error error = sp_buf_error(&request.authorization);
    if (error != SP_OK) {
        sp_exchange_request_done(&request);
        return error;
    }
    *out = request;
    return SP_OK;
}

static enum sp_error check_outcome(const struct sp_exchange_response *response, struct sp_diag *diag)
{
    switch (sp_exchange_classify(response)) {
    case SP_EXCHANGE_OK:
        return SP_OK;
    case SP_EXCHANGE_REFUSED:
        return sp_diag_set(diag, SP_ERR_STATUS, "UserInfo was refused with status %u", response->status);
    case SP_EXCHANGE_UNEXPECTED:
        return sp_diag_set(diag, SP_ERR_FORMAT, "UserInfo answered with status %u", response->status);
    case SP_EXCHANGE_UNAVAILABLE:
        break;
    }
    if (response->error != SP_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "UserInfo gave no answer: %s", sp_error_text(response->error));
    }
    return sp_diag_set(diag, SP_ERR_IO, "UserInfo answered with status %u", response->status);
}

static enum sp_error parse_answer(const struct sp_exchange_response *response, json_t **out,
                                  struct sp_diag *diag)
{
    enum sp_error error = check_outcome(response, diag);
    if (error != SP_OK) {
        return error;
    }
    if (sp_exchange_has_type(response, SP_STR("application/jwt"))) {
        return sp_diag_set(diag, SP_ERR_UNSUPPORTED,
                           WHAT ": signed (application/jwt), which is not supported");
    }
    return sp_json_parse_object(response->body, SP_EXCHANGE_ANSWER_MAX, WHAT, out, diag);
}

static enum sp_error check_sub(const json_t *answer, struct sp_str sub, struct sp_diag *diag)
{
    struct sp_str given;
    enum sp_error error = sp_json_require_string(answer, "sub", WHAT, &given, diag);
    if (error != SP_OK) {
        return error;
    }
    if (!sp_str_equal(given, sub)) {
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"sub\" is another than that of the ID token");
    }
    return SP_OK;
}

/* What the ID token alone says, whatever the configuration calls a claim to keep. */
static bool name_protected(struct sp_str name)
{
    static const char *const protected_names[] = {"iss", "sub", "aud",     "azp",    "exp",
                                                  "iat", "nbf", "at_hash", "c_hash", "auth_time",
                                                  "sid", "jti", "nonce"};
    for (size_t i = 0; i < sizeof protected_names / sizeof protected_names[0]; i++) {
        if (sp_str_equal(name, sp_str_from_c(protected_names[i]))) {
            return true;
        }
    }
    return false;
}

static bool is_said(const json_t *claims, const char *name)
{
    const json_t *value = json_object_get(claims, name);
    return value != NULL && !json_is_null(value);
}

static enum sp_error merge_claim(const json_t *answer, const char *name, json_t *merged)
{
    if (!is_said(answer, name) || name_protected(sp_str_from_c(name))) {
        return SP_OK;
    }
    return json_object_set(merged, name, json_object_get(answer, name)) == 0 ? SP_OK : SP_ERR_MEMORY;
}

/* Address and verification belong together: the word about one address is none about another. */
static enum sp_error merge_email(const json_t *answer, json_t *merged)
{
    if (!is_said(answer, "email")) {
        return SP_OK;
    }
    bool is_same = sp_str_equal(sp_claims_text(answer, "email"), sp_claims_text(merged, "email"));
    if (!is_same && is_said(merged, "email_verified") &&
        json_object_set_new(merged, "email_verified", json_false()) != 0) {
        return SP_ERR_MEMORY;
    }
    enum sp_error error = merge_claim(answer, "email", merged);
    return error == SP_OK ? merge_claim(answer, "email_verified", merged) : error;
}

static enum sp_error merge_claims(const json_t *answer, const struct sp_client *client, json_t *merged)
{
    enum sp_error error = merge_email(answer, merged);
    if (error == SP_OK) {
        error = merge_claim(answer, "name", merged);
    }
    if (error == SP_OK) {
        error = merge_claim(answer, "preferred_username", merged);
    }
    if (error == SP_OK) {
        error = merge_claim(answer, client->groups_claim, merged);
    }
    for (size_t i = 0; error == SP_OK && i < client->extra_claims_n; i++) {
        if (!sp_str_equal(sp_str_from_c(client->extra_claims[i]), SP_STR("email")) &&
            !sp_str_equal(sp_str_from_c(client->extra_claims[i]), SP_STR("email_verified"))) {
            error = merge_claim(answer, client->extra_claims[i], merged);
        }
    }
    return error;
}

enum sp_error sp_userinfo_merge(const struct sp_exchange_response *response, const struct sp_client *client,
                                struct sp_claims *claims, struct sp_diag *diag)
{
    SP_JSON_SCOPED json_t *answer = NULL;
    enum sp_error error = parse_answer(response, &answer, diag);
    if (error == SP_OK) {
        error = check_sub(answer, claims->sub, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    SP_JSON_SCOPED json_t *merged = json_copy(claims->all);
    if (merged == NULL) {
        return SP_ERR_MEMORY;
    }
    struct sp_claims result = SP_CLAIMS_NONE;
    error = merge_claims(answer, client, merged);
    if (error == SP_OK) {
        error = sp_claims_read(merged, WHAT, client->groups_claim, &result, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    merged = NULL; /* `result` has it */
    sp_claims_done(claims);
    *claims = result;
    return SP_OK;
}
