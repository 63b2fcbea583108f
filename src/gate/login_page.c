/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/login_page.h"

#include "gate/pages.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "http/field.h"
#include "http/form.h"
#include "http/url.h"

#define TARGET_MAX 4096 /* bytes of a return address, decoded */
#define NOT_RETURNED_TO                                                                                      \
    "appears twice, is not an address that all programs read alike, or leads to an origin that is neither "  \
    "this one nor listed in hosts."

/* The parameters of the request, and the storage for them. */
struct wish {
    struct sp_url url;
    struct sp_str hint;
    struct sp_buf url_text;
    struct sp_buf hint_text;
    char url_storage[TARGET_MAX];
    char hint_storage[SP_LOGIN_PAGE_HINT_MAX];
};

/* ---- reading --------------------------------------------------------------------------------------- */

/* Counts how often the parameter occurs in query and body; `raw` gets its value if it does. */
static size_t find(const struct sp_transaction *t, struct sp_str name, struct sp_str *raw)
{
    struct sp_str in_body = SP_STR_NONE;
    size_t n = sp_form_find(t->request.target.query, name, raw);
    size_t body_n = sp_form_find(t->body, name, &in_body);
    *raw = n == 0 ? in_body : *raw;
    return n + body_n;
}

static enum sp_reason refuse(struct sp_transaction *t, struct sp_str detail)
{
    t->detail = detail;
    return SP_REASON_BAD_LOGIN_REQUEST;
}

static enum sp_reason read_hint(struct sp_transaction *t, struct wish *wish)
{
    struct sp_str raw;
    size_t n = find(t, SP_STR("login_hint"), &raw);
    if (n > 1) {
        return refuse(t, SP_STR("The parameter login_hint appears twice."));
    }
    enum sp_error error = sp_form_decode(raw, &wish->hint_text);
    wish->hint = sp_buf_str(&wish->hint_text);
    if (error == SP_ERR_LIMIT) {
        return refuse(t, SP_STR("The parameter login_hint is longer than 512 bytes."));
    }
    if (error != SP_OK || (wish->hint.len > 0 && !sp_field_can_carry(wish->hint))) {
        return refuse(t, SP_STR("The parameter login_hint is not plain text."));
    }
    return SP_REASON_NONE;
}

/* The requested address; the root of this origin if there is none. */
static enum sp_reason read_target(struct sp_transaction *t, struct wish *wish)
{
    struct sp_str raw = SP_STR_NONE;
    struct sp_str linked = SP_STR_NONE;
    size_t rd_n = find(t, SP_STR("rd"), &raw);
    size_t linked_n = find(t, SP_STR("target_link_uri"), &linked);
    if (rd_n > 0 && linked_n > 0) {
        return refuse(t, SP_STR("The parameters rd and target_link_uri must not both be present."));
    }
    raw = linked_n > 0 ? linked : raw;
    if (rd_n + linked_n == 0) {
        raw = SP_STR("/");
    }
    bool is_sound = rd_n + linked_n <= 1 && sp_form_decode(raw, &wish->url_text) == SP_OK &&
                    sp_url_parse_return(sp_buf_str(&wish->url_text), &t->request.origin, &wish->url) &&
                    sp_sign_in_may_return_to(t, &wish->url.origin);
    if (is_sound) {
        return SP_REASON_NONE;
    }
    t->detail = linked_n > 0 ? SP_STR("The parameter target_link_uri " NOT_RETURNED_TO)
                             : SP_STR("The parameter rd " NOT_RETURNED_TO);
    return SP_REASON_BAD_RETURN_URL;
}

static enum sp_reason read_wish(struct sp_transaction *t, struct wish *wish)
{
    wish->url_text = SP_BUF_ON(wish->url_storage);
    wish->hint_text = SP_BUF_ON(wish->hint_storage);
    struct sp_str type = sp_head_single(t->head, SP_HEADER_CONTENT_TYPE);
    type.len = sp_str_find(type, ';');
    if (t->body.len > 0 && !sp_str_equal_ci(sp_str_trim(type), SP_STR("application/x-www-form-urlencoded"))) {
        return refuse(t, SP_STR("The body is not application/x-www-form-urlencoded."));
    }

    SP_BUF_ON_STACK(issuer, 1024);
    struct sp_str ours = sp_str_from_c(t->context->snapshot->config->issuer);
    struct sp_str raw;
    size_t n = find(t, SP_STR("iss"), &raw);
    if (n > 1) {
        return refuse(t, SP_STR("The parameter iss appears twice."));
    }
    if (n == 1 && (sp_form_decode(raw, &issuer) != SP_OK || !sp_str_equal(sp_buf_str(&issuer), ours))) {
        return refuse(t, SP_STR("The parameter iss does not name the issuer of this site."));
    }
    enum sp_reason reason = read_hint(t, wish);
    return reason == SP_REASON_NONE ? read_target(t, wish) : reason;
}

/* ---- answering ------------------------------------------------------------------------------------- */

/* Redirects to this page at the target's origin. Another listed origin begins its own login, because it does
 * not get the cookies of this host. */
static void redirect_to_page(struct sp_transaction *t, const struct wish *wish, unsigned status)
{
    SP_BUF_ON_STACK(whole, 3 * TARGET_MAX);
    sp_url_append(&wish->url, &whole); /* the whole URL, because the path `//x` would be refused there */
    size_t begin = sp_answer_begin_value(&t->answer);
    struct sp_buf *text = &t->answer.text;
    sp_origin_append(&wish->url.origin, text);
    sp_buf_append_c(text, t->context->snapshot->config->prefix);
    sp_buf_append_c(text, "/login?rd=");
    sp_form_append_encoded(sp_buf_str(&whole), text);
    if (wish->hint.len > 0) {
        sp_form_append_pair(SP_STR("login_hint"), wish->hint, text);
    }
    t->verdict = SP_VERDICT_PAGE;
    sp_respond_redirect(t, SP_REASON_RELAYED, status, begin);
}

/* Programs that follow links themselves may begin a login here, and so may requests through a service worker
 * of this site. A browser's fetch or frame may not: a sibling host could use it to displace login cookies. */
static bool may_begin(const struct sp_transaction *t)
{
    enum sp_request_kind kind = sp_transaction_request_kind(t);
    bool is_of_own_site =
        sp_head_count(t->head, SP_HEADER_SEC_FETCH_SITE) == 0 || sp_request_kind_is_from_own_site(t->head);
    return kind == SP_REQUEST_KIND_NAVIGATION || (kind == SP_REQUEST_KIND_UNCLEAR && is_of_own_site) ||
           (kind == SP_REQUEST_KIND_FETCH && !sp_request_kind_has_metadata(t->head));
}

static bool is_post(const struct sp_transaction *t)
{
    return sp_str_equal(t->request.method, SP_STR("POST"));
}

static void answer(struct sp_transaction *t, const struct wish *wish)
{
    if (is_post(t)) {
        redirect_to_page(t, wish, 303);
    } else if (!sp_origin_equal(&wish->url.origin, &t->request.origin)) {
        redirect_to_page(t, wish, 302);
    } else if (sp_transaction_session(t) != NULL) {
        size_t begin = sp_answer_begin_value(&t->answer);
        sp_url_append(&wish->url, &t->answer.text);
        t->verdict = SP_VERDICT_PAGE;
        sp_respond_redirect(t, SP_REASON_SIGNED_IN, 302, begin);
    } else if (!may_begin(t)) {
        sp_respond_sign_in_needed(t, SP_REASON_NO_SESSION);
    } else {
        sp_sign_in_wished(t, wish->url.target.raw, wish->hint);
    }
}

void sp_login_page(struct sp_transaction *t)
{
    struct wish wish;
    if (!is_post(t)) {
        t->body = SP_STR_NONE; /* the body of a GET has no meaning (RFC 9110, section 9.3.1) */
    }
    enum sp_reason reason = read_wish(t, &wish);
    if (reason != SP_REASON_NONE) {
        sp_pages_refuse(t, reason);
        return;
    }
    t->return_target = wish.url.target.raw;
    answer(t, &wish);
    t->return_target = SP_STR_NONE;
}
