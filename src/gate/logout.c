/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/logout.h"

#include "gate/html.h"
#include "gate/kept_session.h"
#include "gate/login_cookies.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "http/form.h"
#include "io/log.h"
#include "jose/json.h"
#include "oidc/callback.h"
#include "oidc/end_session.h"
#include "session/logout.h"
#include "session/packed_token.h"

/* What to end: the session of this browser, or all sessions of its user. */
enum extent {
    HERE,
    EVERYWHERE,
};

/* ---- ending ---------------------------------------------------------------------------------------- */

/* Where the issuer's logout redirects back to, and what its `state` is bound to. */
static void append_return_uri(const struct sp_transaction *t, struct sp_buf *out)
{
    const struct sp_config *config = t->context->snapshot->config;
    sp_origin_append(config->has_callback_host ? &config->callback_host : &t->request.origin, out);
    sp_buf_append_c(out, config->prefix);
    sp_buf_append_c(out, "/signed-out");
}

static const struct sp_issuer_metadata *metadata_of_logout(const struct sp_transaction *t)
{
    const struct sp_issuer_documents *documents = t->context->snapshot->documents;
    return documents != NULL && documents->metadata->end_session_endpoint != NULL ? documents->metadata
                                                                                  : NULL;
}

static void redirect_to_signed_out(struct sp_transaction *t, struct sp_str state)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_respond_append_own_url(t, "/signed-out", &t->answer.text);
    if (state.len > 0) {
        sp_buf_append_c(&t->answer.text, "?state=");
        sp_buf_append(&t->answer.text, state);
    }
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_SIGNED_OUT, 303, begin);
}

/* Appends the ID token that the session stores, unchanged, at any age. Appends nothing if the issuer would
 * end a different session: `sid` names its session, and a token without `sid` belongs to a session without
 * one. */
static void append_hint(const struct sp_transaction *t, const struct sp_session *session, struct sp_buf *out)
{
    SP_JSON_SCOPED json_t *claims = NULL;
    struct sp_str text = sp_packed_token_claims(session->id_token_packed);
    struct sp_str sid;
    if (!t->context->snapshot->config->id_token_hint || text.len == 0 ||
        sp_json_parse_object(text, text.len, "the ID token", &claims, NULL) != SP_OK) {
        return;
    }
    if (sp_json_get_string(claims, "sid", &sid) != SP_OK) {
        sid = SP_STR_NONE;
    }
    if (sp_str_equal(sid, session->profile.sid) &&
        sp_packed_token_decode(session->id_token_packed, out) != SP_OK) {
        sp_buf_clear(out);
    }
}

/* Redirects to the page that states what has ended, through the issuer if that has its own logout. If no key
 * can seal, it redirects straight to the page. */
static void lead_out(struct sp_transaction *t, const struct sp_session *session, enum extent extent)
{
    const struct sp_issuer_metadata *metadata = metadata_of_logout(t);
    SP_BUF_ON_STACK(return_uri, SP_ORIGIN_MAX + 1024);
    SP_BUF_ON_STACK(origin, SP_ORIGIN_MAX + 1);
    SP_BUF_ON_STACK(state, SP_LOGOUT_STATE_TEXT_MAX + 1);
    append_return_uri(t, &return_uri);
    sp_origin_append(&t->request.origin, &origin);
    const struct sp_logout_state ended = {
        .ended =
            (extent == EVERYWHERE ? SP_LOGOUT_EVERYWHERE : 0) | (metadata != NULL ? SP_LOGOUT_AT_ISSUER : 0),
        .origin = sp_buf_str(&origin),
    };
    if (ended.ended != 0 &&
        sp_logout_state_seal(&t->sealer, sp_buf_str(&return_uri), &ended, &state) != SP_OK) {
        sp_buf_clear(&state);
    }
    if (metadata == NULL || state.len == 0) {
        redirect_to_signed_out(t, sp_buf_str(&state));
        return;
    }
    char hint_text[SP_PACKED_TOKEN_TEXT_MAX];
    SP_BUF_SCOPED struct sp_buf hint = SP_BUF_ON(hint_text);
    append_hint(t, session, &hint);
    const struct sp_end_session request = {
        .client_id = t->context->snapshot->client.id,
        .post_logout_redirect_uri = sp_buf_str(&return_uri),
        .state = sp_buf_str(&state),
        .id_token_hint = sp_buf_str(&hint),
    };
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_end_session_append_url(metadata, &request, &t->answer.text);
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_SIGNED_OUT, 303, begin);
}

/* Adds the revocation, so that this process does not accept a copy of the cookie either. */
static enum sp_revoked revoke(const struct sp_transaction *t, const struct sp_session *session,
                              enum extent extent)
{
    struct sp_revocations *table = t->context->process->revocations;
    int64_t now_s = t->context->now_s;
    struct sp_revocation own = {
        .kind = SP_REVOCATION_SESSION,
        .sub = session->profile.sub,
        .began_by_s = session->login_at_s,
        .until_s = session->expires_s,
        .lifetime_s = sp_config_revocation_lifetime_s(t->context->snapshot->config),
    };
    memcpy(own.id, session->id, sizeof own.id);
    if (extent == HERE) {
        return sp_revocations_add(table, &own, now_s);
    }
    struct sp_revocation all = own;
    all.kind = SP_REVOCATION_USER;
    all.began_by_s = now_s;
    all.until_s = now_s + all.lifetime_s;
    enum sp_revoked revoked = sp_revocations_add(table, &all, now_s);
    (void)sp_revocations_add(table, &own, now_s); /* known already, unless the clock was set back since */
    return revoked;
}

/* Some issuers accept the refresh token after the session has ended. The answer does not wait for the
 * call. */
static void revoke_token(const struct sp_transaction *t, const struct sp_session *session)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    if (t->context->process->renewals != NULL && session->grant.issued_s != 0 &&
        snapshot->documents != NULL &&
        sp_issuer_metadata_revokes_at_logout(snapshot->documents->metadata, &snapshot->client)) {
        sp_renewals_revoke(t->context->process->renewals, session);
    }
}

/* Side effects on other sessions, which the user did not request. */
static const char *text_of_revoked(enum sp_revoked revoked)
{
    switch (revoked) {
    case SP_REVOKED_JOINED:
        return "This user has ended so many sessions that all of the user's sessions that began before the "
               "newest of them have ended.";
    case SP_REVOKED_FULL:
        return "So many sessions were ended that all sessions that began before the oldest of them have "
               "ended.";
    case SP_REVOKED_ADDED:
    case SP_REVOKED_KNOWN:
        break;
    }
    return "";
}

static void end_session(struct sp_transaction *t, const struct sp_session *session, enum extent extent)
{
    enum sp_revoked revoked = revoke(t, session, extent);
    revoke_token(t, session);
    sp_kept_session_delete(t);
    sp_login_cookies_forget_all(t); /* a marker without a session would look as if the browser drops
                                       cookies */
    lead_out(t, session, extent);

    struct sp_log_line line;
    if (sp_log_begin(&line, SP_LOG_INFO, "logout")) {
        const struct sp_profile *profile = &session->profile;
        sp_transaction_log_request(t, &line);
        sp_transaction_log_session(&line, session, profile->email.len > 0 ? profile->email : profile->sub);
        if (extent == EVERYWHERE) {
            sp_log_text(&line, "extent", SP_STR("everywhere"));
        }
        if (text_of_revoked(revoked)[0] != '\0') {
            sp_log_text(&line, "detail", sp_str_from_c(text_of_revoked(revoked)));
        }
        sp_log_end(&line);
    }
}

/* ---- the confirmation ------------------------------------------------------------------------------ */

#define AT_ISSUER                                                                                            \
    "The button also signs you out at the identity provider, which may not bring you back here. Close this " \
    "page to stay signed in."

static const struct sp_html_texts asking_texts[] = {
    [HERE] = {"Sign out?", "You are still signed in. You may have come here from a page of another site.",
              "Sign out with the button, or close this page to stay signed in."},
    [EVERYWHERE] = {"Sign out everywhere?", "This ends all your sessions at this site, in every browser.",
                    "Sign out with the button, or close this page to stay signed in."},
};

static const struct sp_html_texts asking_texts_with_issuer[] = {
    [HERE] = {"Sign out?", "You are still signed in. You may have come here from a page of another site.",
              AT_ISSUER},
    [EVERYWHERE] = {"Sign out everywhere?", "This ends all your sessions at this site, in every browser.",
                    AT_ISSUER},
};

static void ask(struct sp_transaction *t, const struct sp_session *session, enum extent extent)
{
    SP_BUF_ON_STACK(href, 2048);
    SP_BUF_ON_STACK(second, 2048);
    sp_respond_append_own_url(t,
                              extent == EVERYWHERE ? "/logout?everywhere=1&token=" : "/logout?token=", &href);
    if (sp_logout_confirmation_seal(&t->sealer, session->id, &href) != SP_OK) {
        sp_buf_clear(&href);
    }
    if (extent == HERE) {
        sp_respond_append_own_url(t, "/logout?everywhere=1", &second);
    }
    t->page_texts = metadata_of_logout(t) != NULL ? &asking_texts_with_issuer[extent] : &asking_texts[extent];
    t->page_link = SP_HTML_LINK_POST;
    t->page_href = sp_buf_str(&href);
    t->page_label = extent == EVERYWHERE ? "Sign out everywhere" : "Sign out";
    t->page_second_href = sp_buf_str(&second);
    t->page_second_label = "Sign out everywhere";
    sp_respond_page(t, SP_VERDICT_PAGE, SP_REASON_CROSS_SITE, 403);
    t->page_href = SP_STR_NONE;
    t->page_second_href = SP_STR_NONE;
}

static bool has_token_for(const struct sp_transaction *t, const struct sp_session *session)
{
    SP_BUF_ON_STACK(token, SP_LOGOUT_CONFIRMATION_TEXT_MAX + 1);
    struct sp_str raw;
    return sp_form_find(t->request.target.query, SP_STR("token"), &raw) == 1 &&
           sp_form_decode(raw, &token) == SP_OK &&
           sp_logout_confirmation_open(&t->sealer, sp_buf_str(&token), session->id) == SP_OK;
}

/* Without a session nothing ends and nothing is deleted. Images and frames of other sites do not send the
 * cookie, because it is SameSite=Lax, but the browser would obey a deletion in the response to them. */
void sp_logout_page(struct sp_transaction *t)
{
    const struct sp_session *session = sp_transaction_session_to_end(t);
    /* A page that a browser fetches in advance (a prerendered link, a half-typed address) ends nothing. */
    bool is_own_visit = sp_str_equal(t->request.method, SP_STR("GET")) &&
                        sp_transaction_request_kind(t) == SP_REQUEST_KIND_NAVIGATION &&
                        sp_request_kind_is_from_own_site(t->head);
    bool is_post = sp_str_equal(t->request.method, SP_STR("POST"));
    struct sp_str everywhere;
    enum extent extent = sp_form_find(t->request.target.query, SP_STR("everywhere"), &everywhere) == 1 &&
                                 sp_str_equal(everywhere, SP_STR("1"))
                             ? EVERYWHERE
                             : HERE;
    if (session == NULL) {
        redirect_to_signed_out(t, SP_STR_NONE);
    } else if (is_own_visit || (is_post && has_token_for(t, session))) {
        end_session(t, session, extent);
    } else {
        ask(t, session, extent);
    }
}

/* ---- the page signed-out --------------------------------------------------------------------------- */

#define CLOSE "Close the browser if other people use it."

/* Indexed by what has ended. No entry: the text of the reason. */
static const struct sp_html_texts ended_texts[] = {
    [SP_LOGOUT_EVERYWHERE] =
        {"You are signed out everywhere",
         "All your sessions at this site have ended, in every browser. You may still be signed in at the "
         "identity provider.",
         CLOSE},
    [SP_LOGOUT_AT_ISSUER] =
        {"You are signed out",
         "Your session at this site has ended in this browser, and the identity provider was asked to end "
         "its own session.",
         CLOSE},
    [SP_LOGOUT_ALL] = {"You are signed out everywhere",
                       "All your sessions at this site have ended, in every browser, and the identity "
                       "provider was asked to "
                       "end its own session in this browser.",
                       CLOSE},
};

/* True for a `state` that was sealed here within the last ten minutes, in a query that an answer can
 * carry. */
static bool open_state(const struct sp_transaction *t, struct sp_seal_storage *storage,
                       struct sp_logout_state *state)
{
    struct sp_str raw;
    SP_BUF_ON_STACK(text, SP_LOGOUT_STATE_TEXT_MAX + 1);
    SP_BUF_ON_STACK(return_uri, SP_ORIGIN_MAX + 1024);
    append_return_uri(t, &return_uri);
    return t->request.target.query.len <= SP_CALLBACK_QUERY_MAX &&
           sp_form_find(t->request.target.query, SP_STR("state"), &raw) == 1 &&
           sp_form_decode(raw, &text) == SP_OK &&
           sp_logout_state_open(&t->sealer, sp_buf_str(&return_uri), sp_buf_str(&text), storage, state) ==
               SP_OK;
}

/* With `callback_host` the issuer redirects to that host, which passes `state` on to the page of the host
 * where the user signed out. That is the origin in `state`, which must be one of `hosts`. */
static bool relay(struct sp_transaction *t, const struct sp_logout_state *state)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct sp_origin origin;
    if (!config->has_callback_host || !sp_origin_equal(&t->request.origin, &config->callback_host) ||
        !sp_origin_parse(state->origin, &origin) || sp_origin_equal(&origin, &t->request.origin) ||
        !sp_sign_in_may_return_to(t, &origin)) {
        return false;
    }
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_origin_append(&origin, &t->answer.text);
    sp_buf_append_c(&t->answer.text, config->prefix);
    sp_buf_append_c(&t->answer.text, "/signed-out?");
    sp_target_append_encoded(t->request.target.query, &t->answer.text);
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_RELAYED, 302, begin);
    return true;
}

void sp_signed_out_page(struct sp_transaction *t)
{
    struct sp_seal_storage storage;
    struct sp_logout_state state = {0};
    bool has_state = open_state(t, &storage, &state);
    if (has_state && relay(t, &state)) {
        return;
    }
    const struct sp_session *session = sp_transaction_session(t);
    if (session != NULL) {
        ask(t, session, HERE);
        return;
    }
    if (has_state && state.ended != 0) {
        t->page_texts = &ended_texts[state.ended];
    }
    sp_respond_page(t, SP_VERDICT_PAGE, SP_REASON_SIGNED_OUT, 401);
}
