/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/me.h"

#include "base/quote.h"
#include "base/time.h"
#include "gate/cause.h"
#include "gate/html.h"
#include "gate/respond.h"

#define PAGE_GROUPS_MAX 40 /* groups shown; the others are only counted */

static struct sp_str format_time(int64_t time_s, char storage[SP_TIME_TEXT_LEN + 1])
{
    sp_time_format(time_s, storage);
    return sp_str_from_c(storage);
}

/* ---- JSON ------------------------------------------------------------------------------------------ */

static void append_text(struct sp_buf *out, const char *name, struct sp_str value)
{
    sp_buf_printf(out, "\"%s\":", name);
    if (value.len > 0) {
        sp_quote_append_json(value, out);
    } else {
        sp_buf_append_c(out, "null");
    }
    sp_buf_append_char(out, ',');
}

static void append_groups(struct sp_buf *out, const struct sp_identity *identity)
{
    struct sp_identity_group group;
    size_t cursor = 0;
    const char *separator = "";
    sp_buf_append_c(out, "\"groups\":[");
    while (sp_identity_next_group(identity, &cursor, &group)) {
        SP_BUF_ON_STACK(name, SP_SESSION_PAYLOAD_MAX + 1024);
        sp_buf_append(&name, group.prefix);
        sp_buf_append(&name, group.name);
        sp_buf_append_c(out, separator);
        sp_quote_append_json(sp_buf_str(&name), out);
        separator = ",";
    }
    sp_buf_append_c(out, "],");
    if (identity->profile->groups_mark != 0) {
        sp_buf_append_c(out, "\"groups_complete\":false,");
    }
}

static void append_session(struct sp_buf *out, const struct sp_session *session)
{
    char label[SP_SESSION_ID_LABEL_LEN];
    char storage[SP_TIME_TEXT_LEN + 1];
    sp_session_label(session->id, label);
    sp_buf_append_c(out, "\"session\":{");
    append_text(out, "id", (struct sp_str){label, sizeof label});
    append_text(out, "login_at", format_time(session->login_at_s, storage));
    append_text(out, "expires_at", format_time(session->expires_s, storage));
    if (session->renew_after_s > 0) {
        sp_buf_printf(out, "\"renew_after\":\"%s\"}", format_time(session->renew_after_s, storage).ptr);
    } else {
        sp_buf_append_c(out, "\"renew_after\":null}");
    }
}

static void append_bearer(struct sp_buf *out, const struct sp_bearer *bearer)
{
    char storage[SP_TIME_TEXT_LEN + 1];
    sp_buf_append_c(out, "\"session\":null,\"bearer\":{");
    append_text(out, "id", (struct sp_str){bearer->label, sizeof bearer->label});
    append_text(out, "issued_at", format_time(bearer->issued_s, storage));
    sp_buf_printf(out, "\"expires_at\":\"%s\"}", format_time(bearer->expires_s, storage).ptr);
}

static void answer_json(struct sp_transaction *t)
{
    static const char *const words_of_verified[] = {
        [SP_EMAIL_VERIFIED_ABSENT] = "null",
        [SP_EMAIL_VERIFIED_NO] = "false",
        [SP_EMAIL_VERIFIED_YES] = "true",
    };
    const struct sp_profile *profile = t->identity.profile;
    struct sp_buf *out = &t->answer.text;
    sp_respond_begin(t, SP_VERDICT_PAGE, SP_REASON_NONE, 200);
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_buf_append_char(out, '{');
    append_text(out, "user", t->identity.user);
    append_text(out, "email", profile->email);
    sp_buf_printf(out, "\"email_verified\":%s,", words_of_verified[profile->email_verified]);
    append_text(out, "name", profile->name);
    append_text(out, "preferred_username", profile->preferred_username);
    append_groups(out, &t->identity);
    append_text(out, "issuer", profile->issuer);
    append_text(out, "subject", profile->sub);
    if (t->bearer != NULL) {
        append_bearer(out, t->bearer);
    } else {
        append_session(out, t->selection.session);
    }
    sp_buf_append_char(out, '}');
    sp_respond_end_json(t, "application/json", begin);
}

/* ---- page ------------------------------------------------------------------------------------------ */

static void append_term(struct sp_buf *out, const char *term, struct sp_str value)
{
    if (value.len > 0) {
        sp_buf_printf(out, "<dt>%s</dt><dd>", term);
        sp_html_append_name(value, out);
        sp_buf_append_c(out, "</dd>");
    }
}

static void append_group_list(struct sp_buf *out, const struct sp_identity *identity)
{
    struct sp_identity_group group;
    size_t cursor = 0;
    size_t n = 0;
    sp_buf_append_c(out, "<dt>Groups</dt><dd>");
    for (; sp_identity_next_group(identity, &cursor, &group); n++) {
        if (n < PAGE_GROUPS_MAX) {
            sp_buf_append_c(out, n > 0 ? ", <bdi>" : "<bdi>");
            sp_quote_append_html(group.prefix, out);
            sp_quote_append_html(group.name, out);
            sp_buf_append_c(out, "</bdi>");
        }
    }
    if (n > PAGE_GROUPS_MAX) {
        sp_buf_printf(out, " and %zu more", n - PAGE_GROUPS_MAX);
    }
    if (identity->profile->groups_mark != 0) {
        sp_buf_append_c(out, n == 0 ? "too many to list" : ", and others, too many to list");
    } else if (n == 0) {
        sp_buf_append_c(out, "none");
    }
    sp_buf_append_c(out, "</dd>");
}

static void append_sign_out(const struct sp_transaction *t, struct sp_buf *out)
{
    sp_buf_append_c(out, "<p><a class=\"b\" href=\"");
    sp_respond_append_own_url(t, "/logout", out);
    sp_buf_append_c(out, "\">Sign out</a></p><p><a href=\"");
    sp_respond_append_own_url(t, "/logout?everywhere=1", out);
    sp_buf_append_c(out, "\">Sign out everywhere</a></p>");
}

static void answer_page(struct sp_transaction *t)
{
    static const char *const words_of_verified[] = {
        [SP_EMAIL_VERIFIED_ABSENT] = "not stated", /* by the issuer */
        [SP_EMAIL_VERIFIED_NO] = "no",
        [SP_EMAIL_VERIFIED_YES] = "yes",
    };
    const struct sp_config *config = t->context->snapshot->config;
    const struct sp_session *session = t->bearer == NULL ? t->selection.session : NULL;
    const struct sp_profile *profile = t->identity.profile;
    struct sp_buf *out = &t->answer.text;
    char storage[SP_TIME_TEXT_LEN + 1];
    sp_respond_begin(t, SP_VERDICT_PAGE, SP_REASON_NONE, 200);
    sp_respond_add_page_fields(t);
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_html_append_head(config, "You are signed in", out);
    sp_buf_append_c(out, "<dl>");
    append_term(out, "User", t->identity.user);
    append_term(out, "Name", profile->name);
    append_term(out, "E-mail", profile->email);
    if (profile->email.len > 0) {
        append_term(out, "E-mail verified", sp_str_from_c(words_of_verified[profile->email_verified]));
    }
    append_group_list(out, &t->identity);
    append_term(out, "Issuer", profile->issuer);
    if (session == NULL) {
        append_term(out, "Token issued", sp_html_format_time(t->bearer->issued_s, storage));
        append_term(out, "Expires", sp_html_format_time(t->bearer->expires_s, storage));
    } else {
        append_term(out, "Signed in", sp_html_format_time(session->login_at_s, storage));
        append_term(out, "Expires", sp_html_format_time(session->expires_s, storage));
    }
    sp_buf_append_c(out, "</dl>");
    if (config->kubeconfig.clusters_n > 0) {
        sp_buf_append_c(out, "<p><a href=\"");
        sp_respond_append_own_url(t, "/kubeconfig", out);
        sp_buf_append_c(out, "\">Files for kubectl</a></p>");
    }
    if (session != NULL) {
        append_sign_out(t, out);
    }
    sp_html_append_foot(config, sp_str_from_c(t->request_id), SP_REASON_NONE, out);
    sp_answer_end_body(&t->answer, begin);
}

void sp_me_page(struct sp_transaction *t)
{
    struct sp_who who = sp_transaction_identify(t);
    if (t->continuation != NULL) {
        return;
    }
    bool is_known = t->bearer != NULL || sp_transaction_session(t) != NULL; /* may have no user name */
    if (!is_known && who.may_sign_in) {
        sp_cause_note_session(t, who.reason);
        sp_respond_sign_in_needed(t, who.reason);
        return;
    }
    if (!is_known) {
        sp_respond_refusal(t, who.reason);
        return;
    }
    t->user = t->identity.user;
    if (sp_request_kind_wants_page(sp_transaction_request_kind(t))) {
        answer_page(t);
    } else {
        answer_json(t);
    }
}
