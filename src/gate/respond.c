/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/respond.h"

#include "base/quote.h"
#include "base/utf8.h"
#include "gate/bearer.h"
#include "gate/html.h"
#include "gate/pages.h"
#include "http/form.h"
#include "http/path.h"
#include "policy/session_guard.h"

#define RETRY_AFTER     SP_STR("5") /* seconds */
#define RETURN_TEXT_MAX 1024        /* encoded bytes of a return address in a link; keeps pages small */
#define LINK_MAX        2048        /* bytes of a link, including origin and prefix */
#define DETAIL_MAX      1024        /* bytes of the detail of a problem document */
#define LINKED_MAX      1536        /* bytes of an address on a page that replaces a redirect, quoted */
#define USER_SHOWN_MAX  128         /* bytes of a user name on a page */

/* ---- addresses ------------------------------------------------------------------------------------- */

void sp_respond_append_own_url(const struct sp_transaction *t, const char *page, struct sp_buf *out)
{
    sp_origin_append(&t->request.origin, out);
    sp_buf_append_c(out, t->context->snapshot->config->prefix);
    sp_buf_append_c(out, page);
}

/* Appends the target, encoded. If it is too long for a link, appends nothing and returns false. */
static bool append_return_text(struct sp_str target, struct sp_buf *out)
{
    SP_BUF_ON_STACK(encoded, RETURN_TEXT_MAX);
    sp_form_append_encoded(target, &encoded);
    sp_buf_append(out, sp_buf_str(&encoded));
    return sp_buf_error(&encoded) == SP_OK;
}

/* Appends `https://host/…/login?rd=…` for the requested URL; nothing without a request. */
static void append_login_url(const struct sp_transaction *t, struct sp_buf *out)
{
    if (!t->has_request) {
        return;
    }
    sp_respond_append_own_url(t, "/login", out);
    sp_buf_append_c(out, "?rd=");

    /* The target to return to: the first of the whole target, its path and the root that fits into a link. */
    struct sp_str target = t->return_target.len > 0 ? t->return_target : t->request.target.raw;
    struct sp_str path = {target.ptr, sp_str_find(target, '?')};
    bool leads_back = sp_pages_may_lead_back(t->context->snapshot->config, path);
    if (!leads_back || (!append_return_text(target, out) && !append_return_text(path, out))) {
        (void)append_return_text(SP_STR("/"), out);
    }
}

/* Whether the client is a program that takes this process for the API server, such as kubectl. */
static bool speaks_kubernetes(const struct sp_transaction *t)
{
    return t->binding != NULL && t->binding->credential == SP_HEADER_CREDENTIAL_ACCOUNT &&
           !sp_request_kind_wants_page(sp_transaction_request_kind(t));
}

/* ---- what all answers have in common --------------------------------------------------------------- */

void sp_respond_begin(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                      unsigned status)
{
    struct sp_answer *answer = &t->answer;
    sp_transaction_set_id(t);
    t->verdict = result;
    t->reason = reason;
    answer->status = status;
    sp_answer_add(answer, "X-Sallyport-Reason", sp_str_from_c(sp_reason_name(reason)));
    sp_answer_add(answer, "X-Request-Id", sp_str_from_c(t->request_id));
    sp_answer_add(answer, "Cache-Control", SP_STR("no-store"));
    sp_answer_add(answer, "Vary", SP_STR("Cookie"));
    sp_answer_add(answer, "Referrer-Policy", SP_STR("no-referrer"));
    sp_answer_add(answer, "X-Content-Type-Options", SP_STR("nosniff"));
    if (status == 401) {
        size_t begin = sp_answer_begin_value(answer);
        bool takes_bearers = t->bearer_alone || t->context->snapshot->config->bearer_audiences.items_n > 0;
        if (reason != SP_REASON_BEARER_INVALID && !t->bearer_alone) {
            sp_buf_append_c(&answer->text, "Cookie realm=\"sallyport\"");
            sp_buf_append_c(&answer->text, takes_bearers ? ", " : "");
        }
        if (takes_bearers) {
            sp_bearer_append_challenge(t, reason, &answer->text);
        }
        sp_answer_end_value(answer, "WWW-Authenticate", begin);
    }
    if (status == 503 && !speaks_kubernetes(t)) {
        sp_answer_add(answer, "Retry-After", RETRY_AFTER);
    }
}

void sp_respond_end_json(struct sp_transaction *t, const char *type, size_t begin)
{
    sp_answer_end_body(&t->answer, begin);
    sp_answer_add(&t->answer, "Content-Type", sp_str_from_c(type));
}

/* ---- for programs ---------------------------------------------------------------------------------- */

/* What happened, for people and programs alike. */
static const char *text_of(const struct sp_transaction *t)
{
    return t->page_texts != NULL ? t->page_texts->text : sp_html_text(t->reason);
}

/* What happened, followed by its cause: the text before the advice on a page, and in a problem document. */
static void append_sentence(const struct sp_transaction *t, struct sp_buf *out)
{
    sp_buf_append_c(out, text_of(t));
    sp_buf_append_c(out, t->detail.len > 0 ? " " : "");
    sp_buf_append(out, t->detail);
}

static void append_member(struct sp_buf *out, const char *name, struct sp_str value)
{
    sp_buf_append_char(out, ',');
    sp_quote_append_json(sp_str_from_c(name), out);
    sp_buf_append_char(out, ':');
    sp_quote_append_json(value, out);
}

/* The members that a Status also gets: what happened, how to sign in, and the request id of the log line. */
static void append_rest(struct sp_transaction *t, struct sp_str sentence)
{
    struct sp_buf *text = &t->answer.text;
    append_member(text, "detail", sentence);
    if (t->answer.status == 401 && t->has_request && !t->bearer_alone) {
        SP_BUF_ON_STACK(url, LINK_MAX);
        append_login_url(t, &url);
        append_member(text, "login", sp_buf_str(&url));
    }
    append_member(text, "request_id", sp_str_from_c(t->request_id));
}

static void append_problem(struct sp_transaction *t)
{
    struct sp_buf *text = &t->answer.text;
    size_t begin = sp_answer_begin_value(&t->answer);
    SP_BUF_ON_STACK(sentence, DETAIL_MAX);
    append_sentence(t, &sentence);
    sp_buf_append_c(text, "{\"type\":\"about:blank\"");
    append_member(text, "title", sp_str_from_c(sp_reason_title(t->reason)));
    sp_buf_printf(text, ",\"status\":%u", t->answer.status);
    append_member(text, "reason", sp_str_from_c(sp_reason_name(t->reason)));
    append_rest(t, sp_buf_str(&sentence));
    sp_buf_append_char(text, '}');
    sp_respond_end_json(t, "application/problem+json", begin);
}

/* ---- for kubectl ----------------------------------------------------------------------------------- */

/* The names of the API server (meta/v1, StatusReason); it has none for other statuses. */
static const char *status_reason(unsigned status)
{
    switch (status) {
    case 400:
        return "BadRequest";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "NotFound";
    case 405:
        return "MethodNotAllowed";
    case 500:
        return "InternalError";
    case 503:
        return "ServiceUnavailable";
    default:
        return "";
    }
}

/* Whether the request is one for discovery, which kubectl sends first. For these, kubectl shows text, but no
 * Status. */
static bool is_discovery(const struct sp_transaction *t)
{
    static const struct sp_str exact[] = {SP_STR("/api"), SP_STR("/apis"), SP_STR("/version")};
    struct sp_str path =
        sp_path_drop_final_slash(sp_session_guard_api_path(t->binding, t->request.target.path));
    bool is_discovery = sp_path_has_prefix(path, SP_STR("/openapi"));
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++) {
        is_discovery = is_discovery || sp_str_equal(path, exact[i]);
    }
    return is_discovery;
}

/* The API server's own form of a refusal, so that the user sees the sentence instead of "unknown". */
static void append_status(struct sp_transaction *t)
{
    struct sp_buf *text = &t->answer.text;
    size_t begin = sp_answer_begin_value(&t->answer);
    SP_BUF_ON_STACK(sentence, DETAIL_MAX);
    append_sentence(t, &sentence);
    if (t->answer.status == 403 && t->has_request && is_discovery(t)) {
        sp_quote_append_line(sp_buf_str(&sentence), text);
        sp_answer_end_body(&t->answer, begin);
        sp_answer_add(&t->answer, "Content-Type", SP_STR("text/plain; charset=utf-8"));
        return;
    }
    sp_buf_append_c(text,
                    "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"");
    append_member(text, "message", sp_buf_str(&sentence));
    append_member(text, "reason", sp_str_from_c(status_reason(t->answer.status)));
    sp_buf_printf(text, ",\"code\":%u,\"type\":\"about:blank\"", t->answer.status);
    append_member(text, "title", sp_str_from_c(sp_reason_title(t->reason)));
    append_rest(t, sp_buf_str(&sentence));
    sp_buf_append_char(text, '}');
    sp_respond_end_json(t, "application/json", begin);
}

/* ---- pages ----------------------------------------------------------------------------------------- */

void sp_respond_add_page_fields(struct sp_transaction *t)
{
    /* A refusal in a frame must be allowed there, or the frame would show nothing, not even the link out of
     * it. Nothing else may be framed: a sibling host, whose frames get the Lax cookie, could make the user
     * click on the form that signs out. */
    bool may_be_framed = t->answer.status >= 400 && t->page_link != SP_HTML_LINK_POST &&
                         sp_request_kind_may_be_framed(sp_transaction_request_kind(t));
    /* The form that signs out leads to the issuer, and browsers check every further redirect against
     * form-action, wherever the issuer redirects its users to. */
    struct sp_answer *answer = &t->answer;
    size_t begin = sp_answer_begin_value(answer);
    sp_buf_append_c(&answer->text, "default-src 'none'; style-src 'sha256-");
    sp_buf_append_c(&answer->text, sp_html_style_hash);
    sp_buf_append_c(&answer->text, "'; base-uri 'none'");
    sp_buf_append_c(&answer->text, t->page_link == SP_HTML_LINK_POST ? "" : "; form-action 'self'");
    sp_buf_append_c(&answer->text, may_be_framed ? "" : "; frame-ancestors 'none'");
    sp_answer_end_value(answer, "Content-Security-Policy", begin);
    sp_answer_add(answer, "Content-Type", SP_STR("text/html; charset=utf-8"));
}

/* The button of a page whose cause a new sign-in can fix; NULL: a sign-in cannot fix it. */
static const char *sign_in_label(enum sp_reason reason)
{
    if (reason == SP_REASON_SIGNED_OUT) {
        return "Sign in again";
    }
    if (reason == SP_REASON_ISSUER_UNAVAILABLE || reason == SP_REASON_ISSUER_UNUSABLE ||
        reason == SP_REASON_ISSUER_REFUSED || reason == SP_REASON_TOKEN_INVALID) {
        return "Try again";
    }
    return sp_reason_status(reason) == 401 || reason == SP_REASON_BAD_CALLBACK ? "Sign in" : NULL;
}

/* A page for an anonymous form or frame has its own texts instead of those of the reason. */
static void set_texts(const struct sp_transaction *t, struct sp_html_page *page)
{
    enum sp_request_kind kind = sp_transaction_request_kind(t);
    bool is_merely_anonymous = t->reason == SP_REASON_NO_SESSION || t->reason == SP_REASON_SESSION_INVALID ||
                               t->reason == SP_REASON_SESSION_EXPIRED ||
                               t->reason == SP_REASON_SESSION_UNCONFIRMED;
    page->title = sp_reason_title(t->reason);
    page->text = text_of(t);
    page->advice = sp_html_advice(t->reason, t->mender);
    if (t->page_texts != NULL) {
        page->title = t->page_texts->title;
        page->advice = t->page_texts->advice;
    } else if (kind == SP_REQUEST_KIND_FORM && is_merely_anonymous) {
        page->title = "Your form was not sent";
        page->text = "You are no longer signed in, so the application did not receive what you entered.";
        page->advice =
            "Sign in in a new tab, then return to this tab, go back one page and send the form again.";
    } else if (kind == SP_REQUEST_KIND_FRAME && t->answer.status == 401) {
        page->advice = "This is only part of a page. Sign in with the whole window, then reload the page.";
    }
}

/* A very long name would exceed the limit of the page; it is truncated between characters. */
static struct sp_str shown_user(struct sp_str user)
{
    size_t len = 0;
    size_t next = 0;
    while (len < user.len && next <= USER_SHOWN_MAX) {
        len = next;
        size_t sequence_len = sp_utf8_sequence_len(sp_str_skip(user, len));
        next = len + (sequence_len > 0 ? sequence_len : 1);
    }
    return (struct sp_str){user.ptr, len};
}

static void set_links(struct sp_transaction *t, struct sp_html_page *page, struct sp_buf *href,
                      struct sp_buf *second)
{
    if (!t->has_request) {
        return;
    }
    if (t->page_href.len > 0) {
        page->link = t->page_link;
        page->href = t->page_href;
        page->label = t->page_label;
        page->second_href = t->page_second_href;
        page->second_label = t->page_second_label;
        return;
    }
    page->label = t->bearer_alone ? NULL : sign_in_label(t->reason);
    if (page->label != NULL) {
        enum sp_request_kind kind = sp_transaction_request_kind(t);
        enum sp_html_link whole = kind == SP_REQUEST_KIND_FORM ? SP_HTML_LINK_NEW_TAB : SP_HTML_LINK_HERE;
        /* The button reloads the page, which renews the session. */
        if (t->renewal != NULL && t->reason == SP_REASON_ISSUER_UNAVAILABLE) {
            sp_origin_append(&t->request.origin, href);
            sp_target_append_encoded(t->request.target.raw, href);
        }
        if (href->len == 0 || sp_buf_error(href) != SP_OK) {
            sp_buf_clear(href);
            append_login_url(t, href);
        }
        page->link = sp_request_kind_may_be_framed(kind) ? SP_HTML_LINK_TOP : whole;
    } else if (sp_reason_status(t->reason) == 403 && !t->bearer_alone && sp_transaction_session(t) != NULL) {
        struct sp_str user = t->user.len > 0 ? t->user : t->selection.session->profile.email;
        page->user = shown_user(user);
        page->user_is_cut = page->user.len < user.len;
        sp_respond_append_own_url(t, "/logout", second);
        page->second_label = "Sign in as a different user";
    }
    page->href = sp_buf_str(href);
    page->second_href = sp_buf_str(second);
}

/* Writes the page from `begin` on; false when it is longer than a proxy relays. */
static bool write_page(const struct sp_html_page *page, size_t begin, struct sp_buf *out)
{
    out->len = begin;
    sp_html_append_page(page, out);
    return out->len - begin < SP_ANSWER_PAGE_MAX;
}

static void append_page(struct sp_transaction *t)
{
    SP_BUF_ON_STACK(href, LINK_MAX);
    SP_BUF_ON_STACK(second, LINK_MAX);
    struct sp_html_page page = {
        .config = t->context->snapshot->config,
        .request_id = sp_str_from_c(t->request_id),
        .reason = t->reason,
        .detail = t->detail,
    };
    set_texts(t, &page);
    set_links(t, &page, &href, &second);
    sp_respond_add_page_fields(t);
    size_t begin = sp_answer_begin_value(&t->answer);
    if (!write_page(&page, begin, &t->answer.text)) {
        page.detail = SP_STR_NONE; /* the log still has the cause */
        if (!write_page(&page, begin, &t->answer.text)) {
            page.config = NULL; /* the button matters more than the site name */
            (void)write_page(&page, begin, &t->answer.text);
        }
    }
    sp_answer_end_body(&t->answer, begin);
}

void sp_respond_page(struct sp_transaction *t, enum sp_verdict_kind result, enum sp_reason reason,
                     unsigned status)
{
    sp_respond_begin(t, result, reason, status);
    append_page(t);
}

/* ---- redirects ------------------------------------------------------------------------------------- */

void sp_respond_redirect(struct sp_transaction *t, enum sp_reason reason, unsigned status, size_t begin)
{
    struct sp_str url = sp_str_skip(sp_buf_str(&t->answer.text), begin);
    SP_BUF_ON_STACK(quoted, LINKED_MAX);
    bool is_unclear = sp_transaction_request_kind(t) == SP_REQUEST_KIND_UNCLEAR;
    if (is_unclear) {
        sp_quote_append_html(url, &quoted);
    }
    if (!is_unclear || sp_buf_error(&quoted) != SP_OK) { /* also if the link does not fit on a page */
        sp_answer_end_value(&t->answer, "Location", begin);
        sp_respond_begin(t, t->verdict, reason, status);
        return;
    }
    unsigned reason_status = sp_reason_status(reason);
    bool is_sign_in = reason_status == 401 && reason != SP_REASON_SIGNED_OUT;
    t->page_link = SP_HTML_LINK_TOP;
    t->page_href = url;
    t->page_label = is_sign_in ? "Sign in" : "Continue";
    sp_respond_page(t, t->verdict, reason, reason_status == 401 ? 401 : 300);
    t->page_href = SP_STR_NONE;
}

/* ---- refusals -------------------------------------------------------------------------------------- */

void sp_respond_refusal(struct sp_transaction *t, enum sp_reason reason)
{
    unsigned status = sp_reason_status(reason);
    sp_respond_begin(t, status == 503 ? SP_VERDICT_UNAVAILABLE : SP_VERDICT_DENY, reason, status);
    if (sp_request_kind_wants_page(sp_transaction_request_kind(t))) {
        append_page(t);
    } else if (speaks_kubernetes(t)) {
        append_status(t);
    } else {
        append_problem(t);
    }
}

void sp_respond_problem(struct sp_transaction *t, enum sp_reason reason, unsigned status)
{
    sp_respond_begin(t, SP_VERDICT_DENY, reason, status);
    append_problem(t);
}

void sp_respond_malformed(struct sp_transaction *t, enum sp_reason reason)
{
    t->answer.close = true;
    sp_respond_refusal(t, reason);
}

void sp_respond_sign_in_needed(struct sp_transaction *t, enum sp_reason reason)
{
    sp_respond_refusal(t, reason);
    t->verdict = SP_VERDICT_LOGIN;
}
