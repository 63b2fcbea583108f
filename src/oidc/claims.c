/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/claims.h"

#include "jose/jwt.h"

static enum sp_error read_sub(const json_t *all, const char *what, struct sp_str *out, struct sp_diag *diag)
{
    struct sp_str sub;
    enum sp_error error = sp_json_require_string(all, "sub", what, &sub, diag);
    if (error != SP_OK) {
        return error;
    }
    if (sub.len == 0 || sub.len > SP_CLAIMS_SUB_MAX) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s: \"sub\" is empty or longer than %d characters", what,
                           SP_CLAIMS_SUB_MAX);
    }
    if (!sp_str_is_printable(sub)) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s: \"sub\" is not printable ASCII", what);
    }
    *out = sub;
    return SP_OK;
}

struct sp_str sp_claims_text(const json_t *all, const char *name)
{
    struct sp_json_string_list values;
    bool is_one = sp_json_get_string_list(all, name, 1, &values) == SP_OK && values.n == 1;
    return is_one ? sp_json_string_list_at(&values, 0) : SP_STR_NONE;
}

static int64_t read_time(const json_t *all, const char *name)
{
    int64_t time_s = 0;
    return sp_jwt_get_time(all, name, &time_s) == SP_OK ? time_s : 0;
}

static enum sp_email_verified read_verified(const json_t *all, bool *odd)
{
    struct sp_str text = SP_STR_NONE;
    bool value = false;
    enum sp_error error = sp_json_get_boolean(all, "email_verified", &value);
    if (error == SP_ERR_MISSING) {
        return SP_EMAIL_VERIFIED_ABSENT;
    }
    if (error == SP_OK) {
        return value ? SP_EMAIL_VERIFIED_YES : SP_EMAIL_VERIFIED_NO;
    }
    bool is_text = sp_json_get_string(all, "email_verified", &text) == SP_OK;
    if (is_text && sp_str_equal(text, SP_STR("true"))) {
        return SP_EMAIL_VERIFIED_YES;
    }
    *odd = !is_text || !sp_str_equal(text, SP_STR("false"));
    return SP_EMAIL_VERIFIED_NO;
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
    size_t odd_n = 0;
    enum sp_error error = sp_json_get_odd_list(all, name, SP_CLAIMS_GROUPS_MAX_N, &odd_n, &claims->groups);
    if (error == SP_ERR_LIMIT) {
        return sp_diag_set(diag, SP_ERR_TOO_MANY, "there are %zu groups, more than %d",
                           json_array_size(json_object_get(all, name)), SP_CLAIMS_GROUPS_MAX_N);
    }
    claims->groups_malformed = error == SP_ERR_FORMAT || odd_n > 0;
    return check_groups_len(&claims->groups, diag);
}

enum sp_error sp_claims_read(json_t *all, const char *what, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag)
{
    struct sp_claims claims = SP_CLAIMS_NONE;
    enum sp_error error = read_sub(all, what, &claims.sub, diag);
    if (error == SP_OK) {
        error = read_groups(all, groups_claim, &claims, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    claims.all = all;
    if (sp_json_get_string(all, "sid", &claims.sid) != SP_OK) {
        claims.sid = SP_STR_NONE;
    }
    claims.email = sp_claims_text(all, "email");
    claims.email_verified = read_verified(all, &claims.email_verified_odd);
    claims.name = sp_claims_text(all, "name");
    claims.preferred_username = sp_claims_text(all, "preferred_username");
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
