/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/logout.h"

#include "gate/html.h"
#include "gate/login_cookies.h"
#include "gate/respond.h"
#include "http/form.h"
#include "io/log.h"
#include "session/logout.h"

/* ---- ending ---------------------------------------------------------------------------------------- */

static void redirect_to_signed_out(struct sp_transaction *t)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_respond_append_own_url(t, "/signed-out", &t->answer.text);
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_SIGNED_OUT, 303, begin);
}

/* From here on no copy of the cookie opens either, in this process. */
static enum sp_revoked revoke(const struct sp_transaction *t, const struct sp_session *session)
{
    struct sp_revocation revocation = {
        .kind = SP_REVOCATION_SESSION,
        .sub = session->profile.sub,
        .began_by_s = session->login_at_s,
        .until_s = session->expires_s,
        .lifetime_s = t->context->snapshot->config->session_lifetime_s,
    };
    memcpy(revocation.id, session->id, sizeof revocation.id);
    return sp_revocations_add(t->context->process->revocations, &revocation, t->context->now_s);
}

/* What it means for others, which nobody asked for. */
static const char *text_of_revoked(enum sp_revoked revoked)
{
    switch (revoked) {
    case SP_REVOKED_JOINED:
        return "The user has ended so many sessions that all those are over that began before the newest of "
               "them.";
    case SP_REVOKED_FULL:
        return "So many sessions were ended that all those are over that began before the oldest of them.";
    case SP_REVOKED_ADDED:
    case SP_REVOKED_KNOWN:
        break;
    }
    return "";
}

static void end_session(struct sp_transaction *t, const struct sp_session *session)
{
    enum sp_revoked revoked = revoke(t, session);
    size_t begin = sp_answer_begin_value(&t->answer);
    enum sp_error error = sp_cookies_write_session_deletion(t->sealer.cookies, &t->answer.text);
    (void)sp_answer_end_cookie(&t->answer, begin, error);
    sp_login_cookies_forget_all(t); /* a marker would take the next visit for a browser that drops cookies */
    redirect_to_signed_out(t);

    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "logout")) {
        const struct sp_profile *profile = &session->profile;
        sp_log_text(&line, "request_id", sp_str_from_c(t->request_id));
        sp_log_text(&line, "host", sp_host_str(&t->request.origin.host));
        sp_transaction_log_session(&line, session, profile->email.len > 0 ? profile->email : profile->sub);
        if (text_of_revoked(revoked)[0] != '\0') {
            sp_log_text(&line, "detail", sp_str_from_c(text_of_revoked(revoked)));
        }
        sp_log_end(&line);
    }
}

/* ---- asking ---------------------------------------------------------------------------------------- */

static void ask(struct sp_transaction *t, const struct sp_session *session)
{
    SP_BUF_ON_STACK(href, 2048);
    sp_respond_append_own_url(t, "/logout?token=", &href);
    if (sp_logout_confirmation_seal(&t->sealer, session->id, &href) != SP_OK) {
        sp_buf_clear(&href);
    }
    t->page_link = SP_HTML_LINK_POST;
    t->page_href = sp_buf_str(&href);
    t->page_label = "Sign out";
    sp_respond_page(t, SP_VERDICT_PAGE, SP_REASON_CROSS_SITE, 403);
    t->page_href = SP_STR_NONE;
}

static bool has_token_for(const struct sp_transaction *t, const struct sp_session *session)
{
    SP_BUF_ON_STACK(token, SP_LOGOUT_CONFIRMATION_TEXT_MAX + 1);
    struct sp_str raw;
    return sp_form_find(t->request.target.query, SP_STR("token"), &raw) == 1 &&
           sp_form_decode(raw, &token) == SP_OK &&
           sp_logout_confirmation_open(&t->sealer, sp_buf_str(&token), session->id) == SP_OK;
}

/* Without a session nothing ends and nothing is deleted: Lax keeps the cookie from somebody else's image or
 * frame, and the browser would obey a deletion in the answer to one. */
void sp_logout_page(struct sp_transaction *t)
{
    const struct sp_session *session = sp_transaction_session(t);
    /* What a browser fetches before anybody asked for it (a prerendered link, a half-typed address) ends
     * nothing. */
    bool is_own_visit = sp_str_equal(t->request.method, SP_STR("GET")) &&
                        sp_transaction_request_kind(t) == SP_REQUEST_KIND_NAVIGATION &&
                        sp_request_kind_is_from_own_site(t->head);
    bool is_post = sp_str_equal(t->request.method, SP_STR("POST"));
    if (session == NULL) {
        redirect_to_signed_out(t);
    } else if (is_own_visit || (is_post && has_token_for(t, session))) {
        end_session(t, session);
    } else {
        ask(t, session);
    }
}

void sp_signed_out_page(struct sp_transaction *t)
{
    const struct sp_session *session = sp_transaction_session(t);
    if (session != NULL) {
        ask(t, session);
    } else {
        sp_respond_page(t, SP_VERDICT_PAGE, SP_REASON_SIGNED_OUT, 401);
    }
}
