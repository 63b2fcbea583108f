/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain_who.h"

#include "base/wording.h"
#include "gate/session_from_claims.h"
#include "io/clock.h"
#include "io/file.h"
#include "jose/jws.h"

#include <stdarg.h>
#include <stdio.h>

#define USER_MAX  1024         /* bytes of a user name with its prefix */
#define TOKEN_MAX (128 * 1024) /* bytes of the file */
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

/* ---- one thing after the other, as options and `me` tell them --------------------------------------- */

/* A claim that a profile has a place for goes there. */
static enum sp_error set_claim(struct sp_profile *profile, struct sp_str name, struct sp_str value,
                               struct sp_diag *diag)
{
#define X(claim, member)                                                                                     \
    if (sp_str_equal(name, SP_STR(claim))) {                                                                 \
        profile->member = value;                                                                             \
        return SP_OK;                                                                                        \
    }
    SP_PROFILE_TEXTS(X)
#undef X
    if (sp_profile_add_claim(profile, name, value) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d claims", SP_PROFILE_CLAIMS_MAX_N);
    }
    return SP_OK;
}

static enum sp_error set_verified(struct sp_profile *profile, struct sp_str value, struct sp_diag *diag)
{
    if (sp_str_equal(value, SP_STR("true"))) {
        profile->email_verified = SP_EMAIL_VERIFIED_YES;
    } else if (sp_str_equal(value, SP_STR("false"))) {
        profile->email_verified = SP_EMAIL_VERIFIED_NO;
    } else {
        return sp_diag_set(diag, SP_ERR_CONFIG, "email_verified is true or false, not \"%s\"",
                           SP_QUOTE(value));
    }
    return SP_OK;
}

/* Sets the claim that the name is made of. */
static enum sp_error set_user(struct sp_profile *profile, const struct sp_config *config, struct sp_str user,
                              struct sp_diag *diag)
{
    struct sp_str prefix = sp_str_from_c(config->username_prefix);
    if (!sp_str_starts_with(user, prefix)) {
        return sp_diag_set(
            diag, SP_ERR_CONFIG,
            "the user \"%s\" does not begin with username_prefix (\"%s\"): nobody is called so "
            "here",
            SP_QUOTE(user), SP_QUOTE(prefix));
    }
    return set_claim(profile, sp_str_from_c(config->username_claim), sp_str_skip(user, prefix.len), diag);
}

static enum sp_error add_group(struct sp_profile *profile, const struct sp_config *config,
                               struct sp_str group, struct sp_diag *diag)
{
    struct sp_str prefix = sp_str_from_c(config->groups_prefix);
    if (!sp_str_starts_with(group, prefix)) {
        return sp_diag_set(
            diag, SP_ERR_CONFIG,
            "the group \"%s\" does not begin with groups_prefix (\"%s\"): nobody is in it here",
            SP_QUOTE(group), SP_QUOTE(prefix));
    }
    if (sp_profile_add_group(profile, sp_str_skip(group, prefix.len)) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_LIMIT, "more than %d groups", SP_PROFILE_GROUPS_MAX_N);
    }
    return SP_OK;
}

/* What a login would find out from such claims. A claim of several values is told several times. */
static void set_facts(struct sp_profile *profile, const struct sp_config *config,
                      const struct sp_option_values *told)
{
    profile->facts_mark = config->facts_mark;
    for (size_t i = 0; i < config->facts.items_n; i++) {
        const struct sp_claim_condition *claim = config->facts.items[i];
        for (size_t k = 0; k < told->items_n; k++) {
            struct sp_str value = sp_str_from_c(told->items[k]);
            bool is_asked = sp_str_equal(sp_str_cut(&value, '='), sp_str_from_c(claim->name));
            if (is_asked && sp_texts_contain(&claim->values, value)) {
                profile->facts[i / 8] |= (uint8_t)(1u << (i % 8));
            }
        }
    }
}

static enum sp_error take_options(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_config *config, struct sp_diag *diag)
{
    struct sp_profile *profile = &out->session.profile;
    enum sp_error error = set_user(profile, config, sp_str_from_c(told->user), diag);
    if (told->email != NULL) {
        profile->email = sp_str_from_c(told->email);
    }
    profile->email_verified = profile->email.len > 0 ? SP_EMAIL_VERIFIED_YES : SP_EMAIL_VERIFIED_ABSENT;
    for (size_t i = 0; i < told->groups.items_n && error == SP_OK; i++) {
        error = add_group(profile, config, sp_str_from_c(told->groups.items[i]), diag);
    }
    for (size_t i = 0; i < told->claims.items_n && error == SP_OK; i++) {
        struct sp_str value = sp_str_from_c(told->claims.items[i]);
        struct sp_str name = sp_str_cut(&value, '=');
        if (name.len == 0 || value.ptr == NULL) {
            return sp_diag_set(diag, SP_ERR_CONFIG, "--claim is NAME=VALUE, not \"%s\"",
                               SP_QUOTE(sp_str_from_c(told->claims.items[i])));
        }
        error = sp_str_equal(name, SP_STR("email_verified")) ? set_verified(profile, value, diag)
                                                             : set_claim(profile, name, value, diag);
    }
    set_facts(profile, config, &told->claims);
    return error;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static enum sp_error read_token(struct sp_explain_who *out, const char *path, const struct sp_config *config,
                                struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, TOKEN_MAX);
    struct sp_file_info info;
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_str token = sp_buf_str(&text);
    token.len = sp_str_find(token, '\n');
    SP_JWS_SCOPED struct sp_jws jws = SP_JWS_NONE;
    SP_JSON_SCOPED json_t *all = NULL;
    struct sp_diag why = {0};
    if (sp_jws_parse(sp_str_trim(token), TOKEN_MAX, &jws, &why) != SP_OK ||
        sp_json_parse_object(sp_buf_str(&jws.payload), TOKEN_MAX, "the token", &all, &why) != SP_OK ||
        sp_claims_read(all, "the token", config->groups_claim, &out->claims, &why) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s is no ID token: %s", path, why.text);
    }
    (void)sp_json_take(&all);

    struct sp_group_counts counts;
    struct sp_str issuer = SP_STR_NONE;
    error = sp_session_from_claims(&out->claims, config, sp_clock_now_s(), &sp_random_system, &out->session,
                                   &counts);
    if (error != SP_OK) {
        return sp_diag_set(diag, error, "%s: the session would not hold its groups and claims", path);
    }
    add_note(out, "the signature, audience and dates of the token are not checked");
    out->is_by_token = sp_json_get_string(out->claims.all, "iss", &issuer) == SP_OK &&
                       sp_str_equal(issuer, sp_str_from_c(config->issuer));
    if (!out->is_by_token) {
        out->passes = sp_texts_contain(&config->passthrough_issuers, issuer);
        add_note(out, "the token is not one of the issuer %s%s", config->issuer,
                 out->passes ? ", and only a rule passthrough lets it through" : "");
    }
    if (config->userinfo) {
        add_note(out, "claims of UserInfo, which a sign-in here reads too, are not known");
    }
    return SP_OK;
}

/* A text of `me`; empty where it is null. */
static struct sp_str get_text(const json_t *document, const char *name)
{
    struct sp_str text = SP_STR_NONE;
    return sp_json_get_string(document, name, &text) == SP_OK ? text : SP_STR_NONE;
}

static enum sp_error read_me(struct sp_explain_who *out, const char *path, const struct sp_config *config,
                             struct sp_diag *diag)
{
    SP_BUF_SCOPED struct sp_buf text;
    sp_buf_init(&text, ME_MAX);
    struct sp_file_info info;
    enum sp_error error = sp_file_read(path, &text, &info, diag);
    if (error != SP_OK) {
        return error;
    }
    struct sp_diag why = {0};
    if (sp_json_parse_object(sp_buf_str(&text), ME_MAX, "the file", &out->document, &why) != SP_OK) {
        return sp_diag_set(diag, SP_ERR_FORMAT, "%s is no document of the page me: %s", path, why.text);
    }
    struct sp_profile *profile = &out->session.profile;
    struct sp_json_string_list groups;
    bool is_verified = false;
    bool is_complete = true;
    struct sp_str user = get_text(out->document, "user");
    if (sp_json_get_string_list(out->document, "groups", SP_PROFILE_GROUPS_MAX_N, &groups) != SP_OK ||
        get_text(out->document, "subject").len == 0) {
        return sp_diag_set(diag, SP_ERR_FORMAT,
                           "%s is no document of the page me: it lacks \"subject\" or \"groups\"", path);
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
        error = add_group(profile, config, sp_json_string_list_at(&groups, i), diag);
    }
    if (sp_json_get_boolean(out->document, "groups_complete", &is_complete) == SP_OK && !is_complete) {
        profile->groups_mark = 1; /* whatever rules named then */
    }
    return error;
}

/* ---- all of it ------------------------------------------------------------------------------------- */

/* What groups there are that nothing here sees. */
static void note_groups(struct sp_explain_who *out)
{
    struct sp_identity_group group;
    size_t n = 0;
    for (size_t cursor = 0; sp_identity_next_group(&out->identity, &cursor, &group);) {
        n++;
    }
    if (out->session.profile.groups_mark != 0) {
        add_note(
            out,
            "not all groups fit into the session: it has those that rules name, and no header lists them");
    }
    if (n < out->session.profile.groups_n) {
        add_note(out,
                 "%zu of the groups are left out: no header could carry them, or they begin with system:",
                 out->session.profile.groups_n - n);
    }
}

enum sp_error sp_explain_who_init(struct sp_explain_who *out, const struct sp_explain_told *told,
                                  const struct sp_config *config, struct sp_diag *diag)
{
    *out = (struct sp_explain_who){.who = {.reason = SP_REASON_NO_SESSION, .may_sign_in = true}};
    sp_buf_init(&out->user, USER_MAX);
    out->session.profile.issuer = sp_str_from_c(config->issuer);
    bool has_details = told->email != NULL || told->groups.items_n + told->claims.items_n > 0;
    if ((told->user != NULL) + (told->token != NULL) + (told->me != NULL) > 1 ||
        (has_details && told->user == NULL)) {
        return sp_diag_set(diag, SP_ERR_CONFIG,
                           "say who it is by --user, with --email, --group and --claim, or by --token, or by "
                           "--me");
    }
    enum sp_error error = SP_OK;
    if (told->token != NULL) {
        error = read_token(out, told->token, config, diag);
    } else if (told->me != NULL) {
        error = read_me(out, told->me, config, diag);
    } else if (told->user != NULL) {
        error = take_options(out, told, config, diag);
    } else {
        return SP_OK;
    }
    if (error == SP_OK && !out->passes) {
        struct sp_identity_settings settings = sp_config_identity_settings(config);
        enum sp_reason reason =
            sp_identity_from_profile(&out->session.profile, &settings, &out->user, &out->identity);
        out->who =
            (struct sp_who){.identity = reason == SP_REASON_NONE ? &out->identity : NULL, .reason = reason};
        note_groups(out);
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
