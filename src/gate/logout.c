/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/logout.h"

#include "gate/login_cookies.h"
#include "gate/page.h"
#include "gate/respond.h"
#include "http/form.h"
#include "io/log.h"
#include "session/logout.h"

/* ---- ending ---------------------------------------------------------------------------------------- */

static void delete_session_cookie(struct sp_transaction *t)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    if (sp_cookies_write_session_deletion(t->realm.cookies, &t->answer.text) == SP_OK) {
        sp_answer_end_value(&t->answer, "Set-Cookie", begin);
    }
}

static void redirect_to_signed_out(struct sp_transaction *t)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_respond_append_own_url(t, "/signed-out", &t->answer.text);
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_SIGNED_OUT, 303, begin);
}

static void log_logout(const struct sp_transaction *t, const struct sp_session *session)
{
    struct sp_log_line line;
    char label[SP_SESSION_ID_LABEL_LEN];
    if (sp_log_begin(&line, SP_LOG_INFO, "logout")) {
        sp_session_label(session->id, label);
        sp_log_text(&line, "request_id", sp_str_from_c(t->request_id));
        sp_log_text(&line, "host", sp_host_str(&t->request.origin.host));
        sp_log_text(&line, "user",
                    session->profile.email.len > 0 ? session->profile.email : session->profile.sub);
        sp_log_text(&line, "session", (struct sp_str){label, sizeof label});
        sp_log_end(&line);
    }
}

/* Login cookies go too: a marker left behind would take the next visit for a browser that drops cookies. */
static void end_session(struct sp_transaction *t, const struct sp_session *session)
{
    delete_session_cookie(t);
    sp_login_cookies_forget_all(t);
    redirect_to_signed_out(t);
    log_logout(t, session);
}

/* ---- asking ---------------------------------------------------------------------------------------- */

static void append_confirmation_url(const struct sp_transaction *t, const struct sp_session *session,
                                    struct sp_buf *out)
{
    sp_respond_append_own_url(t, "/logout?token=", out);
    if (sp_logout_token_seal(&t->realm, session->id, t->context->now_s, &t->context->random, out) != SP_OK) {
        sp_buf_clear(out);
    }
}

static void ask(struct sp_transaction *t, const struct sp_session *session)
{
    SP_BUF_ON_STACK(href, 2048);
    append_confirmation_url(t, session, &href);
    t->page_link = SP_PAGE_LINK_POST;
    t->page_href = sp_buf_str(&href);
    t->page_label = "Sign out";
    sp_respond_page(t, SP_VERDICT_PAGE, SP_REASON_CROSS_SITE, 403);
    t->page_href = SP_STR_NONE;
}

static bool has_token_for(const struct sp_transaction *t, const struct sp_session *session)
{
    SP_BUF_ON_STACK(token, SP_LOGOUT_TOKEN_TEXT_MAX + 1);
    struct sp_str raw;
    return sp_form_find(t->request.target.query, SP_STR("token"), &raw) == 1 &&
           sp_form_decode(raw, &token) == SP_OK &&
           sp_logout_token_open(&t->realm, sp_buf_str(&token), session->id, t->context->now_s) == SP_OK;
}

/* What a browser fetches before anybody asked for it (a prerendered link, a half-typed address) ends nothing.
 */
static bool is_own_visit(const struct sp_transaction *t)
{
    return sp_str_equal(t->request.method, SP_STR("GET")) &&
           sp_transaction_intent(t) == SP_INTENT_NAVIGATION && sp_intent_is_from_own_site(t->head);
}

/* Without a session nothing ends and nothing is deleted: Lax keeps the cookie from somebody else's image or
 * frame, and the browser would obey a deletion in the answer to one. */
void sp_logout_page(struct sp_transaction *t)
{
    const struct sp_session *session = sp_transaction_session(t);
    bool is_post = sp_str_equal(t->request.method, SP_STR("POST"));
    if (session == NULL) {
        redirect_to_signed_out(t);
    } else if (is_own_visit(t) || (is_post && has_token_for(t, session))) {
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
