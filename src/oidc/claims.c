/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc/claims.h"

#include "base/buf.h"
#include "jose/json_pointer.h"
#include "jose/jwt.h"

#define NUMBER_TEXT_MAX 24 /* bytes of a 64-bit integer, with its sign and the NUL */

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

/* ---- finding a claim ----------------------------------------------------------------------------- */

/* The member that `name` starts at, as a C string: the name itself, or the first step of a pointer. */
static const char *root_of(const char *name, struct sp_buf *step)
{
    struct sp_str rest = sp_str_from_c(name);
    return sp_json_pointer_next(&rest, step) ? sp_buf_c_str(step) : name;
}

static const json_t *find_in(const json_t *document, const char *name)
{
    struct sp_str text = sp_str_from_c(name);
    const json_t *found =
        sp_json_is_pointer(text) ? sp_json_pointer_find(document, text) : json_object_get(document, name);
    return json_is_null(found) ? NULL : found;
}

/* True for claims that only the ID token may state, regardless of the configuration. */
static bool is_of_login(const char *name)
{
    static const char *const names[] = {"iss", "sub",     "aud",    "azp",       "exp", "iat",  "nbf",
                                        "jti", "at_hash", "c_hash", "auth_time", "sid", "nonce"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* A claim that is present and not null; else NULL. */
static const json_t *find(const struct sp_claims *claims, const char *name)
{
    SP_BUF_ON_STACK(step, SP_JSON_POINTER_MAX + 1);
    const json_t *by_userinfo = is_of_login(root_of(name, &step)) ? NULL : find_in(claims->userinfo, name);
    return by_userinfo != NULL ? by_userinfo : find_in(claims->all, name);
}

/* ---- the usual claims ---------------------------------------------------------------------------- */

/* The string itself, or the only string of a list; empty for anything else. */
static struct sp_str text_of(const json_t *value)
{
    struct sp_json_string_list list;
    size_t odd_n;
    bool is_one = sp_json_read_odd_list(value, 1, &odd_n, &list) == SP_OK && list.n == 1;
    return is_one ? sp_json_string_list_at(&list, 0) : SP_STR_NONE;
}

struct sp_str sp_claims_text(const struct sp_claims *claims, const char *name)
{
    return text_of(find(claims, name));
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
    *odd = false;
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

/* Address and verification belong together: `email_verified` of one address does not apply to another. */
static void read_email(struct sp_claims *claims)
{
    claims->email = text_of(find_in(claims->all, "email"));
    claims->email_verified = read_verified(claims->all, &claims->email_verified_odd);
    const json_t *other = find_in(claims->userinfo, "email");
    if (other == NULL) {
        return;
    }
    bool is_same = sp_str_equal(text_of(other), claims->email);
    claims->email = text_of(other);
    if (find_in(claims->userinfo, "email_verified") != NULL) {
        claims->email_verified = read_verified(claims->userinfo, &claims->email_verified_odd);
    } else if (!is_same && claims->email_verified != SP_EMAIL_VERIFIED_ABSENT) {
        claims->email_verified = SP_EMAIL_VERIFIED_NO;
        claims->email_verified_odd = false;
    }
}

/* Returns the member names of an object as a new array, with null in place of those whose value is false or
 * null. */
static json_t *list_members(const json_t *object)
{
    const char *name;
    json_t *value;
    json_t *names = json_array();
    json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
        bool is_said = !json_is_null(value) && !json_is_false(value);
        if (json_array_append_new(names, is_said ? json_string(name) : json_null()) != 0) {
            json_decref(names);
            return NULL;
        }
    }
    return names;
}

/* Reads all groups, because a rule may name the last one. The size of the document limits their number. */
static enum sp_error read_groups(const char *name, struct sp_claims *claims)
{
    const json_t *value = find(claims, name);
    if (json_is_object(value)) {
        value = claims->group_names = list_members(value);
        if (value == NULL) {
            return SP_ERR_MEMORY;
        }
    }
    size_t odd_n = 0;
    bool is_list = sp_json_read_odd_list(value, SIZE_MAX, &odd_n, &claims->groups) == SP_OK;
    claims->groups_malformed = value != NULL && (!is_list || odd_n > 0);
    return SP_OK;
}

/* Reads the claims that either document may contain. `claims` already contains both documents. */
static enum sp_error read_person(const char *groups_claim, struct sp_claims *claims)
{
    read_email(claims);
    claims->name = sp_claims_text(claims, "name");
    claims->preferred_username = sp_claims_text(claims, "preferred_username");
    return read_groups(groups_claim, claims);
}

enum sp_error sp_claims_read(json_t *all, const char *what, const char *groups_claim, struct sp_claims *out,
                             struct sp_diag *diag)
{
    struct sp_claims claims = {.all = all};
    enum sp_error error = read_sub(all, what, &claims.sub, diag);
    if (error == SP_OK) {
        error = read_person(groups_claim, &claims);
    }
    if (error != SP_OK) {
        return error;
    }
    if (sp_json_get_string(all, "sid", &claims.sid) != SP_OK) {
        claims.sid = SP_STR_NONE;
    }
    claims.auth_time_s = read_time(all, "auth_time");
    claims.issued_s = read_time(all, "iat");
    claims.expires_s = read_time(all, "exp");
    *out = claims;
    return SP_OK;
}

enum sp_error sp_claims_add_userinfo(json_t *userinfo, const char *groups_claim, struct sp_claims *claims)
{
    struct sp_claims both = *claims;
    both.userinfo = userinfo;
    both.group_names = NULL;
    both.groups = (struct sp_json_string_list){0};
    enum sp_error error = read_person(groups_claim, &both);
    if (error != SP_OK) {
        return error;
    }
    json_decref(claims->userinfo);
    json_decref(claims->group_names);
    *claims = both;
    return SP_OK;
}

void sp_claims_done(struct sp_claims *claims)
{
    json_decref(claims->all);
    json_decref(claims->userinfo);
    json_decref(claims->group_names);
    *claims = SP_CLAIMS_NONE;
}

/* ---- the values of a claim ----------------------------------------------------------------------- */

struct values {
    json_t *texts; /* an object; the values are its member names */
    bool is_odd;   /* a part of the claim has no value */
    bool is_read;  /* the only parts without a value are null, or `false` as a member of an object */
    bool failed;   /* out of memory */
};

static void add_text(struct values *values, const char *text)
{
    values->failed = json_object_set_new(values->texts, text, json_true()) != 0 || values->failed;
}

static void add_element(struct values *values, const json_t *element)
{
    if (json_is_string(element)) {
        add_text(values, json_string_value(element));
    } else if (json_is_boolean(element)) {
        add_text(values, json_is_true(element) ? "true" : "false");
    } else if (json_is_integer(element)) {
        SP_BUF_ON_STACK(number, NUMBER_TEXT_MAX);
        sp_buf_printf(&number, "%" JSON_INTEGER_FORMAT, json_integer_value(element));
        add_text(values, sp_buf_c_str(&number));
    } else {
        values->is_odd = true;
        values->is_read = values->is_read && json_is_null(element);
    }
}

static void add_members(struct values *values, const json_t *object)
{
    const char *name;
    json_t *member;
    json_object_foreach ((json_t *)(uintptr_t)object, name, member) {
        if (json_is_null(member) || json_is_false(member)) {
            values->is_odd = true;
        } else {
            add_text(values, name);
        }
    }
}

static struct values read_values(const json_t *value)
{
    struct values values = {.texts = json_object(), .is_read = true};
    if (json_is_object(value)) {
        add_members(&values, value);
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            add_element(&values, json_array_get(value, i));
        }
    } else if (value != NULL) {
        add_element(&values, value);
    }
    return values;
}

json_t *sp_claims_values(const struct sp_claims *claims, const char *name)
{
    struct values values = read_values(find(claims, name));
    if (values.failed) {
        json_decref(values.texts);
        return NULL;
    }
    return values.texts; /* also NULL if out of memory */
}

bool sp_claims_are_read(const struct sp_claims *claims, const char *name)
{
    struct values values = read_values(find(claims, name));
    json_decref(values.texts);
    return values.is_read;
}

/* ---- states -------------------------------------------------------------------------------------- */

static bool is_elsewhere(const json_t *document, const char *root)
{
    return json_object_get(json_object_get(document, "_claim_names"), root) != NULL;
}

static enum sp_claim_state state_of_absent(const struct sp_claims *claims, const char *name)
{
    SP_BUF_ON_STACK(step, SP_JSON_POINTER_MAX + 1);
    const char *root = root_of(name, &step);
    bool elsewhere = is_elsewhere(claims->all, root) || is_elsewhere(claims->userinfo, root);
    return elsewhere ? SP_CLAIM_ELSEWHERE : SP_CLAIM_MISSING;
}

enum sp_claim_state sp_claims_text_state(const struct sp_claims *claims, const char *name)
{
    const json_t *value = find(claims, name);
    if (value == NULL) {
        return state_of_absent(claims, name);
    }
    return text_of(value).len > 0 ? SP_CLAIM_SOUND : SP_CLAIM_MALFORMED;
}

enum sp_claim_state sp_claims_values_state(const struct sp_claims *claims, const char *name)
{
    const json_t *value = find(claims, name);
    if (value == NULL) {
        return state_of_absent(claims, name);
    }
    struct values values = read_values(value);
    json_decref(values.texts);
    return values.is_odd ? SP_CLAIM_MALFORMED : SP_CLAIM_SOUND;
}

enum sp_claim_state sp_claims_groups_state(const struct sp_claims *claims, const char *groups_claim)
{
    if (find(claims, groups_claim) == NULL) {
        return state_of_absent(claims, groups_claim);
    }
    return claims->groups_malformed ? SP_CLAIM_MALFORMED : SP_CLAIM_SOUND;
}
