/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/claims.h"

#include "jose/jwt.h"

static enum sp_error read_sub(const json_t *all, struct sp_str *out, struct sp_diag *diag)
{
    struct sp_str sub;
    enum sp_error error = sp_json_get_string(all, "sub", &sub);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "there is no text \"sub\"");
    }
    if (sub.len == 0 || sub.len > SP_CLAIMS_SUB_MAX) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"sub\" is empty or longer than %d characters",
                           SP_CLAIMS_SUB_MAX);
    }
    if (!sp_str_is_printable(sub)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"sub\" is not printable ASCII");
    }
    *out = sub;
    return SP_OK;
}

static struct sp_str read_text(const json_t *all, const char *name)
{
    struct sp_str text = SP_STR_NONE;
    return sp_json_get_string(all, name, &text) == SP_OK ? text : SP_STR_NONE;
}

static int64_t read_time(const json_t *all, const char *name)
{
    int64_t time_s = 0;
    return sp_jwt_get_time(all, name, &time_s) == SP_OK ? time_s : 0;
}

static enum sp_email_verified read_verified(const json_t *all)
{
    const json_t *value = json_object_get(all, "email_verified");
    if (value == NULL) {
        return SP_EMAIL_VERIFIED_ABSENT;
    }
    return json_is_true(value) ? SP_EMAIL_VERIFIED_YES : SP_EMAIL_VERIFIED_NO;
}

static enum sp_error check_groups_len(const struct sp_json_string_list *groups, struct sp_diag *diag)
{
    size_t len = 0;
    for (size_t i = 0; i < groups->n; i++) {
        len += sp_json_string_list_at(groups, i).len;
    }
    if (len > SP_CLAIMS_GROUPS_LEN_MAX) {
        return sp_diag_set(diag, SP_ERR_TOO_MANY, "%zu groups take %zu bytes, more than %d", groups->n, len,
                           SP_CLAIMS_GROUPS_LEN_MAX);
    }
    return SP_OK;
}

static enum sp_error read_groups(const json_t *all, const char *name, struct sp_claims *claims,
                                 struct sp_diag *diag)
{
    enum sp_error error = sp_json_get_string_list(all, name, SP_CLAIMS_GROUPS_MAX_N, &claims->groups);
    if (error == SP_ERR_LIMIT) {
        return sp_diag_set(diag, SP_ERR_TOO_MANY, "there are %zu groups, more than %d",
                           json_array_size(json_object_get(all, name)), SP_CLAIMS_GROUPS_MAX_N);
    }
    claims->groups_malformed = error == SP_ERR_FORMAT;
    return check_groups_len(&claims->groups, diag);
}

enum sp_error sp_claims_read(json_t *all, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = read_sub(all, &claims.sub, diag);
    if (error == SP_OK) {
        error = read_groups(all, groups_claim, &claims, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    claims.all = all;
    claims.sid = read_text(all, "sid");
    claims.email = read_text(all, "email");
    claims.email_verified = read_verified(all);
    claims.name = read_text(all, "name");
    claims.preferred_username = read_text(all, "preferred_username");
    claims.auth_time_s = read_time(all, "auth_time");
    claims.issued_s = read_time(all, "iat");
    claims.expires_s = read_time(all, "exp");
    *out = claims;
    return SP_OK;
}

void sp_claims_done(struct sp_claims *claims)
{
    json_decref(claims->all);
    *claims = SP_CLAIMS_NONE;
}

enum sp_error sp_claims_get(const struct sp_claims *claims, const char *name, struct sp_json_string_list *out)
{
    return sp_json_get_string_list(claims->all, name, SP_CLAIMS_VALUES_MAX_N, out);
}
