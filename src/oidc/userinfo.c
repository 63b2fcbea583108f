/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/userinfo.h"

#define WHAT "the UserInfo response" /* the name in messages */

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
        return sp_diag_set(diag, SP_ERR_FORMAT, "UserInfo responded with status %u", response->status);
    case SP_EXCHANGE_UNAVAILABLE:
        break;
    }
    if (response->error != SP_OK) {
        return sp_diag_set(diag, SP_ERR_IO, "UserInfo did not respond: %s", response->text);
    }
    return sp_diag_set(diag, SP_ERR_IO, "UserInfo responded with status %u", response->status);
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
        return sp_diag_set(diag, SP_ERR_MISMATCH, WHAT ": \"sub\" differs from that of the ID token");
    }
    return SP_OK;
}

enum sp_error sp_userinfo_merge(const struct sp_exchange_response *response, const struct sp_client *client,
                                struct sp_claims *claims, struct sp_diag *diag)
{
    SP_JSON_SCOPED json_t *answer = NULL;
    enum sp_error error = parse_answer(response, &answer, diag);
    if (error == SP_OK) {
        error = check_sub(answer, claims->sub, diag);
    }
    if (error == SP_OK) {
        error = sp_claims_add_userinfo(answer, client->groups_claim, claims);
    }
    if (error == SP_OK) {
        answer = NULL; /* now owned by `claims` */
    }
    return error;
}
