/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_who.h"

#include "base/wording.h"
#include "config/named_claims.h"
#include "gate/bearer.h"
#include "gate/session_from_claims.h"
#include "http/field.h"
#include "io/clock.h"
#include "io/file.h"
#include "jose/json_pointer.h"
#include "jose/jws.h"
#include "oidc/bearer_token.h"
#include "oidc/signed_token.h"
#include "oidc/token.h"

#include <stdarg.h>
#include <stdio.h>

#define USER_MAX  1024                /* bytes of a user name with its prefix */
#define TOKEN_MAX (SP_TOKEN_MAX + 16) /* bytes of the file: a token and its line end */
#define ME_MAX    (64 * 1024)

__attribute__((format(printf, 2, 3))) static void add_note(struct sp_explain_who *out, const char *format,
                                                           ...)
{
    if (out->notes_n < SP_EXPLAIN_NOTES_MAX_N) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(out->notes[out->notes_n++], SP_EXPLAIN_NOTE_MAX, format, arguments);
        va_end(arguments);
    }
}

/* ---- options, as the claims of a token --------------------------------------------------------------- */

/* Adds a value to a claim that may have several. */
static enum sp_error add_value(json_t *object, const char *name, struct sp_str value, struct sp_diag *diag)
{
    json_t *text = json_stringn(value.ptr, value.len);
    json_t *there = json_object_get(object, name);
    if (text == NULL) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "\"%s\" is not UTF-8", SP_QUOTE(value));
    }
    if (json_is_object(there)) {
        json_decref(text);
        return sp_diag_set(diag, SP_ERR_CONFIG,
                           "\"%s\" cannot be a value of %s, which other options give members",
                           SP_QUOTE(value), name);
    }
    if (there == NULL) {
        json_object_set_new(object, name, text);
    } else if (json_is_array(there)) {
        json_array_append_new(there, text);
    } else if (json_equal(there, text)) {
        json_decref(text);
    } else {
        json_object_set_new(object, name, json_pack("[O, o]", there, text));
    }
    return SP_OK;
}

/* `name` is a name or pointer as in settings. */
static enum sp_error add_claim(json_t *all, const char *name, struct sp_str value, struct sp_diag *diag)
{
    SP_BUF_ON_STACK(step, SP_JSON_POINTER_MAX + 1);
    struct sp_str rest = sp_str_from_c(name);
    json_t *object = all;
    if (!sp_json_is_pointer(rest)) {
        return add_value(all, name, value, diag);
    }
    while (sp_json_pointer_next(&rest, &step) && rest.len > 0) {
        json_t *next = json_object_get(object, sp_buf_c_str(&step));
        if (next == NULL) {
            next = json_object();
            json_object_set_new(object, sp_buf_c_str(&step), next);
        } else if (!json_is_object(next)) {
            return sp_diag_set(diag, SP_ERR_CONFIG, "%s leads into what other options give a value", name);
        }
        object = next;
    }
    return add_value(object, sp_buf_c_str(&step), value, diag);
}

static enum sp_error add_verified(json_t *all, struct sp_str value, struct sp_diag *diag)
{
    bool is_verified = sp_str_equal(value, SP_STR("true"));
    if (!is_verified && !sp_str_equal(value, SP_STR("false"))) {
        return sp_diag_set(diag, SP_ERR_CONFIG, "email_verified is true or false, not \"%s\"",
                           SP_QUOTE(value));
    }
    json_object_set_new(all, "email_verified", json_boolean(is_verified));
    return SP_OK;
}

/* Adds the claim of one --claim option. Its name is parsed like those in settings. */
static enum sp_error add_told_claim(json_t *all, const char *told, struct sp_diag *diag)
{
    struct sp_str value = sp_str_from_c(told);
    struct sp_str name = sp_str_cut(&value, '=');
    char *claim = NULL;
    struct sp_diag why = {0};
    if (name.len == 0 || value.ptr == NULL) {
        return sp_diag_set(diag, SP_ERR_CONFIG, "--claim must be NAME=VALUE, not \"%s\"",
                           SP_QUOTE(sp_str_from_c(told)));
    }
    enum sp_error error = sp_named_claim_parse(name, &why, &claim);
    if (error == SP_OK) {
        error = strcmp(claim, "email_verified") == 0 ? add_verified(all, value, &why)
                                                     : add_claim(all, claim, value, &why);
    }
    sp_value_free_text(&claim);
    return error == SP_OK ? error : sp_diag_set(diag, error, "--claim: %s", why.text);
}

/* Removes the prefix that the name has in rules. */
static enum sp_error cut_user(const struct sp_config *config, struct sp_str *user, struct sp_diag *diag)
{
    struct sp_str prefix = sp_str_from_c(config->username_prefix);
    if (!sp_str_starts_with(*user, prefix)) {
        return sp_diag_set(
            diag, SP_ERR_CONFIG,
            "the user \"%s\" does not begin with username_prefix (\"%s\"): no user has such a name here",
            SP_QUOTE(*user), SP_QUOTE(prefix));
    }
    *user = sp_str_skip(*user, prefix.len);
    return SP_OK;
}

static enum sp_error cut_group(const struct sp_config *config, struct sp_str *group, struct sp_diag *diag)
{
    struct sp_str prefix = sp_str_from_c(config->groups_prefix);
    if (!sp_str_starts_with(*group, prefix)) {
        return sp_diag_set(
            diag, SP_ERR_CONFIG,
            "the group \"%s\" does not begin with groups_prefix (\"%s\"): nobody is in such a group here",
            SP_QUOTE(*group), SP_QUOTE(prefix));
    }
    *group = sp_str_skip(*group, prefix.len);
    return SP_OK;
}

/* The e-mail address is given by --email, or is the user name. */
static enum sp_error add_email(json_t *all, const char *told, struct sp_diag *diag)
{
    const json_t *email = json_object_get(all, "email");
    if (told != NULL && email != NULL && strcmp(json_string_value(email), told) != 0) {
        return sp_diag_set(diag, SP_ERR_CONFIG,
                           "--email differs from --user, but username_claim is email here");
    }
    if (told != NULL || email != NULL) {
        json_object_set_new(all, "email_verified", json_true());
    }
    return told != NULL ? add_value(all, "email", sp_str_from_c(told), diag) : SP_OK;
}

/* Fills `all` with what the options state. */
static enum sp_error collect_options(const struct sp_explain_told *told, const struct sp_config *config,
                                     json_t *all, struct sp_diag *diag)
{
    struct sp_str user = sp_str_from_c(told->user);
    enum sp_error error = cut_user(config, &user, diag);
    if (error == SP_OK) {
        error = add_claim(all, config->username_claim, user, diag);
    }
    if (error == SP_OK) {
        error = add_email(all, told->email, diag);
    }
    for (size_t i = 0; i < told->groups.items_n && error == SP_OK; i++) {
        struct sp_str group = sp_str_from_c(told->groups.items[i]);
        error = cut_group(config, &group, diag);
        if (error == SP_OK) {
            error = add_claim(all, config->groups_claim, group, diag);
        }
    }
    for (size_t i = 0; i < told->claims.items_n && error == SP_OK; i++) {
        error = add_told_claim(all, told->claims.items[i], diag);
    }
    return error;
}

/* ---- a login ------------------------------------------------------------------------------------------ */

/* Notes the groups that a login drops. */
static void note_unkept(struct sp_explain_who *out, const struct sp_config *config, size_t n)
{
    SP_BUF_ON_STACK(names, SP_EXPLAIN_NOTE_MAX / 2);
    for (size_t i = 0; i < out->claims.groups.n; i++) {
        struct sp_str group = sp_json_string_list_at(&out->claims.groups, i);
        if (names.len + group.len + 8 > SP_EXPLAIN_NOTE_MAX / 2) {
            sp_buf_append_c(&names, ", ...");
            break;
        }
        if (sp_field_can_carry(group) && !sp_config_keeps_group(config, group)) {
            sp_buf_append_c(&names, names.len > 0 ? ", " : "");
            sp_buf_append(&names, group);
        }
    }
    add_note(out, "groups_keep drops %zu of the groups: %.*s", n, SP_STR_ARGS(sp_buf_str(&names)));
}

static void note_left_out(struct sp_explain_who *out, const struct sp_config *config,
                          const struct sp_group_counts *counts)
{
    if (counts->unkept_n > 0) {
        note_unkept(out, config, counts->unkept_n);
    }
    if (counts->unusable_n > 0) {
        add_note(out, "%zu of the groups are left out: no header could carry them", counts->unusable_n);
    }
}

/* Identifies the user as in a request with the session. */
static void name_person(struct sp_explain_who *out, const struct sp_snapshot *snapshot)
{
    enum sp_reason reason =
        sp_identity_from_profile(&out->session.profile, &snapshot->identity, &out->user, &out->identity);
    out->who =
        (struct sp_who){.identity = reason == SP_REASON_NONE ? &out->identity : NULL, .reason = reason};
}

/*
 * Processes the claims like a login, in the order of gate/callback.c. If the user gets no session because of
 * the size of the cookie or the name, no rule can let them in.
 */
static enum sp_error sign_in(struct sp_explain_who *out, const struct sp_snapshot *snapshot,
                             struct sp_diag *diag)
{
    const struct sp_config *config = snapshot->config;
    int64_t now_s = sp_clock_now_s();
    const struct sp_sealer sealer = sp_snapshot_sealer(snapshot, SP_STR_NONE, now_s, &sp_random_system);
    struct sp_group_counts counts;
    struct sp_diag why = {0};
    struct sp_str id_token = SP_STR_NONE; /* does not affect whether a login succeeds */
    SP_BUF_ON_STACK(cookie, SP_COOKIES_LINE_MAX);
    enum sp_error error =
        sp_session_from_claims(&out->claims, config, now_s, &sp_random_system, &why, &out->session, &counts);
    if (error == SP_OK) {
        name_person(out, snapshot);
    }
    if (error == SP_OK && out->who.identity != NULL) {
        error = sp_session_write_reduced(&sealer, &out->claims, config, &why, &out->session, &counts,
                                         &id_token, &cookie);
    }
    note_left_out(out, config, &counts);
    if (error == SP_ERR_LIMIT) {
        out->who = (struct sp_who){.reason = SP_REASON_SESSION_TOO_LARGE};
        add_note(out, "the sign-in fails with 500 session_too_large: %s", why.text);
    } else if (error != SP_OK) {
        return sp_diag_set(diag, error, "no session can be made: %s", sp_error_text(error));
    }
    return SP_OK;
}

static enum sp_error take_options(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_snapshot *snapshot, struct sp_diag *diag)
{
    SP_JSON_SCOPED json_t *all = json_object();
    enum sp_error error = collect_options(told, snapshot->config, all, diag);
    bool has_sub = json_object_get(all, "sub") != NULL;
    if (!has_sub) {
        json_object_set_new(all, "sub", json_string("?")); /* the claim is required */
    }
    if (error == SP_OK) {
        error =
            sp_claims_read(all, "what the options state", snapshot->config->groups_claim, &out->claims, diag);
    }
    if (error != SP_OK) {
        return error;
    }
    (void)sp_json_take(&all);
    error = sign_in(out, snapshot, diag);
    if (!has_sub) {
        out->session.profile.sub = SP_STR_NONE;
    }
    return error;
}

/* ---- a bearer token -------------------------------------------------------------------------------- */

/* Processes the claims like gate/bearer.c for a request with the token, so there is room for more groups. */
static enum sp_error take_as_bearer(struct sp_explain_who *out, const struct sp_snapshot *snapshot,
                                    struct sp_diag *diag)
{
    struct sp_group_counts counts;
    enum sp_error error = sp_profile_from_claims(&out->claims, snapshot->config, SP_BEARER_GROUPS_ROOM,
                                                 &out->session.profile, &counts);
    note_left_out(out, snapshot->config, &counts);
    if (error == SP_ERR_LIMIT) {
        out->who = (struct sp_who){.reason = SP_REASON_USER_NOT_REPRESENTABLE};
        add_note(out, "the token has %zu groups, and rules name more than %d of them", counts.all_n,
                 SP_PROFILE_GROUPS_MAX_N);
    } else if (error != SP_OK) {
        return sp_diag_set(diag, error, "the token cannot be used: %s", sp_error_text(error));
    } else {
        name_person(out, snapshot);
    }
    return SP_OK;
}

/* `serve` would not read such a token, so it can neither determine the issuer nor pass the token on. */
static void refuse_too_long(struct sp_explain_who *out, const struct sp_config *config)
{
    out->passes = false;
    if (config->bearer_audiences.items_n > 0) {
        out->who = (struct sp_who){.reason = SP_REASON_BEARER_INVALID};
    }
    add_note(out, "as a bearer token it is longer than %d bytes, and is not read", SP_BEARER_TOKEN_MAX);
}

/* Determines from the audience alone what a token from the issuer can be used for here. */
static void judge_audience(struct sp_explain_who *out, const struct sp_config *config)
{
    struct sp_json_string_list aud = {0};
    bool is_read = sp_json_get_string_list(out->claims.all, "aud", SP_SIGNED_TOKEN_AUD_MAX, &aud) == SP_OK;
    bool is_of_client = is_read && sp_json_string_list_contains(&aud, sp_str_from_c(config->client_id));
    for (size_t i = 0; is_read && i < aud.n; i++) {
        struct sp_str audience = sp_json_string_list_at(&aud, i);
        out->is_bearer = out->is_bearer || sp_texts_contain(&config->bearer_audiences, audience);
    }
    if (out->is_bearer) {
        add_note(out, "\"aud\" has one of bearer_audiences: it is treated as a bearer token%s",
                 is_of_client ? "; it has client_id, too, so a sign-in accepts it as well" : "");
    } else if (is_of_client) {
        add_note(out,
                 "\"aud\" has client_id and none of bearer_audiences: it is only accepted at a sign-in; %s",
                 config->bearer_audiences.items_n > 0 ? "as a bearer token it is 401 bearer_invalid"
                                                      : "bearer tokens are not accepted here");
    } else {
        add_note(out, "\"aud\" has neither client_id nor one of bearer_audiences: the token is not accepted "
                      "at all, and the result is as if it were");
    }
}

/* ---- files ----------------------------------------------------------------------------------------- */

static enum sp_error read_token(struct sp_explain_who *out, const char *path,
                                const struct sp_snapshot *snapshot, struct sp_diag *diag)
{
    const struct sp_config *config = snapshot->config;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, TOKEN_MAX);
    struct sp_file_info info;
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_str token = sp_buf_str(&text);
    token.len = sp_str_find(token, '\n');
    token = sp_str_trim(token);
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    SP_JSON_SCOPED json_t *all = NULL;
    struct sp_diag why = {0};
    if (sp_jws_parse(token, TOKEN_MAX, &jws, &why) != SP_OK ||
        sp_json_parse_object(sp_buf_str(&jws.payload), TOKEN_MAX, "the token", &all, &why) != SP_OK ||
        sp_claims_read(all, "the token", config->groups_claim, &out->claims, &why) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s is not an ID token: %s", path, why.text);
    }
    (void)sp_json_take(&all);

    struct sp_str issuer = SP_STR_NONE;
    add_note(out, "the signature and dates of the token are not checked");
    out->is_by_token = sp_json_get_string(out->claims.all, "iss", &issuer) == SP_OK &&
                       sp_str_equal(issuer, sp_str_from_c(config->issuer));
    if (!out->is_by_token) {
        out->passes = sp_texts_contain(&config->passthrough_issuers, issuer);
        add_note(out, "the token is not one of the issuer %s%s", config->issuer,
                 out->passes ? ", and only a passthrough rule lets it through" : "");
    } else {
        judge_audience(out, config);
    }
    out->is_too_long = token.len > SP_BEARER_TOKEN_MAX;
    if (out->is_too_long && (out->is_bearer || out->passes)) {
        refuse_too_long(out, config);
        return SP_OK;
    }
    if (config->userinfo && !out->is_bearer) {
        add_note(out, "claims of UserInfo, which a sign-in here reads too, are unknown");
    }
    return out->passes      ? SP_OK
           : out->is_bearer ? take_as_bearer(out, snapshot, diag)
                            : sign_in(out, snapshot, diag);
}

/* ---- the document of `me` ------------------------------------------------------------------------------ */

/* A string in the document; empty if it is null. */
static struct sp_str get_text(const json_t *document, const char *name)
{
    struct sp_str text = SP_STR_NONE;
    return sp_json_get_string(document, name, &text) == SP_OK ? text : SP_STR_NONE;
}

/* Sets the claim from which the user name is made. */
static enum sp_error set_user(struct sp_profile *profile, const struct sp_config *config, struct sp_str user,
                              struct sp_diag *diag)
{
    enum sp_error error = cut_user(config, &user, diag);
#define X(claim, member)                                                                                     \
    if (error == SP_OK && strcmp(config->username_claim, claim) == 0) {                                      \
        profile->member = user;                                                                              \
        return SP_OK;                                                                                        \
    }
    SP_PROFILE_TEXTS(X)
#undef X
    return error == SP_OK ? sp_profile_add_claim(profile, sp_str_from_c(config->username_claim), user)
                          : error;
}

/* Determines which conditions hold according to the document. If the document lacks the claim, the condition
 * holds only in a rule that denies. */
static void guess_facts(struct sp_profile *profile, const struct sp_config *config)
{
    profile->facts_mark = config->facts_mark;
    for (size_t i = 0; i < config->facts.items_n; i++) {
        const struct sp_claim_condition *claim = config->facts.items[i];
        struct sp_str text = sp_profile_claim(profile, sp_str_from_c(claim->name));
        bool holds = text.len > 0 ? sp_texts_contain(&claim->values, text) : claim->denies;
        profile->facts[i / 8] |= (uint8_t)((holds ? 1u : 0u) << (i % 8));
    }
}

static enum sp_error read_me(struct sp_explain_who *out, const char *path, const struct sp_snapshot *snapshot,
                             struct sp_diag *diag)
{
    const struct sp_config *config = snapshot->config;
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, ME_MAX);
    struct sp_file_info info;
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_diag why = {0};
    if (sp_json_parse_object(sp_buf_str(&text), ME_MAX, "the file", &out->document, &why) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s is not a document of the page me: %s", path, why.text);
    }
    struct sp_profile *profile = &out->session.profile;
    struct sp_json_string_list groups;
    bool is_verified = false;
    bool is_complete = true;
    struct sp_str user = get_text(out->document, "user");
    if (sp_json_get_string_list(out->document, "groups", SP_PROFILE_GROUPS_MAX_N, &groups) != SP_OK ||
        get_text(out->document, "subject").len == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "%s is not a document of the page me: it lacks \"subject\" or \"groups\"", path);
    }
    profile->issuer = get_text(out->document, "issuer");
    profile->sub = get_text(out->document, "subject");
    profile->email = get_text(out->document, "email");
    profile->name = get_text(out->document, "name");
    profile->preferred_username = get_text(out->document, "preferred_username");
    if (sp_json_get_boolean(out->document, "email_verified", &is_verified) == SP_OK) {
        profile->email_verified = is_verified ? SP_EMAIL_VERIFIED_YES : SP_EMAIL_VERIFIED_NO;
    }
    error = user.len > 0 ? set_user(profile, config, user, diag) : SP_OK;
    for (size_t i = 0; i < groups.n && error == SP_OK; i++) {
        struct sp_str group = sp_json_string_list_at(&groups, i);
        error = cut_group(config, &group, diag);
        if (error == SP_OK) {
            error = sp_profile_add_group(profile, group);
        }
    }
    if (error != SP_OK) {
        return error;
    }
    if (sp_json_get_boolean(out->document, "groups_complete", &is_complete) == SP_OK && !is_complete) {
        profile->groups_mark = 1; /* incomplete; any other mark would do as well */
    }
    if (profile->issuer.len > 0 && !sp_str_equal(profile->issuer, sp_str_from_c(config->issuer))) {
        add_note(out, "the document is not of a session from the issuer %s", config->issuer);
    }
    guess_facts(profile, config);
    name_person(out, snapshot);
    return SP_OK;
}

bool sp_explain_who_knows(const struct sp_explain_who *who, const char *claim)
{
    static const char *const members[][2] = {
        {"iss", "issuer"},  {"sub", "subject"},
        {"email", "email"}, {"email_verified", "email_verified"},
        {"name", "name"},   {"preferred_username", "preferred_username"},
    };
    const struct sp_profile *profile = &who->session.profile;
    if (who->document == NULL || sp_profile_claim(profile, sp_str_from_c(claim)).len > 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(claim, members[i][0]) == 0) {
            return json_object_get(who->document, members[i][1]) != NULL;
        }
    }
    return false;
}

/* ---- putting it together --------------------------------------------------------------------------- */

/* Notes groups that rules or headers do not get. */
static void note_groups(struct sp_explain_who *out, const struct sp_config *config)
{
    const char *named = out->document == NULL ? "rules name" : "rules named then";
    struct sp_identity_group group;
    size_t n = 0;
    for (size_t cursor = 0; sp_identity_next_group(&out->identity, &cursor, &group);) {
        n++;
    }
    if (out->session.profile.groups_mark != 0) {
        add_note(out, "not all groups fit into the %s: it has those that %s, and no header lists them",
                 out->is_bearer ? "room of a token" : "session", named);
    }
    if (n < out->session.profile.groups_n) {
        add_note(out, "%zu of the groups are left out: with groups_prefix (\"%s\") they begin with system:",
                 out->session.profile.groups_n - n, config->groups_prefix);
    }
}

enum sp_error sp_explain_who_init(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_snapshot *snapshot, struct sp_diag *diag)
{
    *out = (struct sp_explain_who){.who = {.reason = SP_REASON_NO_SESSION, .may_sign_in = true}};
    sp_buf_init(&out->user, USER_MAX);
    bool has_details = told->email != NULL || told->groups.items_n + told->claims.items_n > 0;
    if ((told->user != NULL) + (told->token != NULL) + (told->me != NULL) > 1 ||
        (has_details && told->user == NULL)) {
        return sp_diag_set(
            diag, SP_ERR_CONFIG,
            "give the user with --user, and --email, --group and --claim; or with --token; or with --me");
    }
    enum sp_error error = SP_OK;
    if (told->token != NULL) {
        error = read_token(out, told->token, snapshot, diag);
    } else if (told->me != NULL) {
        error = read_me(out, told->me, snapshot, diag);
    } else if (told->user != NULL) {
        error = take_options(out, told, snapshot, diag);
    }
    if (error == SP_OK && out->who.identity != NULL) {
        note_groups(out, snapshot->config);
    }
    return error;
}

void sp_explain_who_done(struct sp_explain_who *who)
{
    sp_claims_done(&who->claims);
    json_decref(who->document);
    sp_buf_done(&who->user);
    *who = (struct sp_explain_who){0};
}
