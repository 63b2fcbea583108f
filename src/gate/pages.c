/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/pages.h"

#include "gate/backchannel_logout.h"
#include "gate/callback.h"
#include "gate/cause.h"
#include "gate/dialect.h"
#include "gate/kubeconfig_page.h"
#include "gate/login_page.h"
#include "gate/logout.h"
#include "gate/me.h"
#include "gate/respond.h"

enum method {
    METHOD_GET = 1 << 0,
    METHOD_HEAD = 1 << 1,
    METHOD_POST = 1 << 2,
};

struct own_page {
    const char *path; /* below the prefix */
    unsigned methods; /* bits of enum method */
    bool direct;      /* only on the pages listener, because it answers 200 */
    void (*answer)(struct sp_transaction *t);
};

static const struct own_page pages[] = {
    {"/login", METHOD_GET | METHOD_HEAD | METHOD_POST, false, sp_login_page},
    {"/logout", METHOD_GET | METHOD_HEAD | METHOD_POST, false, sp_logout_page},
    {"/signed-out", METHOD_GET | METHOD_HEAD, false, sp_signed_out_page},
    {"/me", METHOD_GET | METHOD_HEAD, true, sp_me_page},
    {"/backchannel-logout", METHOD_POST, true, sp_backchannel_logout_page},
};

/* The kubeconfig page has several paths, but none if no clusters are configured. */
static const struct own_page kubeconfig_page = {NULL, METHOD_GET | METHOD_HEAD, true, sp_kubeconfig_page};

/* The callback's path is a separate setting. HEAD is not accepted, because it would redeem the code without
 * signing anybody in. */
static const struct own_page callback_page = {NULL, METHOD_GET, false, sp_callback_page};

static const struct own_page *find_page(const struct sp_config *config, struct sp_str path)
{
    if (sp_str_equal(path, sp_str_from_c(config->callback_path))) {
        return &callback_page;
    }
    struct sp_str below = sp_str_skip(path, strlen(config->prefix));
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (sp_str_equal(below, sp_str_from_c(pages[i].path))) {
            return &pages[i];
        }
    }
    return sp_kubeconfig_page_is_at(config, below) ? &kubeconfig_page : NULL;
}

bool sp_pages_is_direct(const struct sp_config *config, struct sp_str path)
{
    const struct own_page *page = sp_config_owns_path(config, path) ? find_page(config, path) : NULL;
    return page != NULL && page->direct;
}

bool sp_pages_may_lead_back(const struct sp_config *config, struct sp_str path)
{
    return !sp_config_owns_path(config, path) || find_page(config, path) == &kubeconfig_page;
}

static unsigned method_of(struct sp_str method)
{
    if (sp_str_equal(method, SP_STR("GET"))) {
        return METHOD_GET;
    }
    if (sp_str_equal(method, SP_STR("HEAD"))) {
        return METHOD_HEAD;
    }
    return sp_str_equal(method, SP_STR("POST")) ? METHOD_POST : 0;
}

static void append_methods(unsigned methods, struct sp_buf *out)
{
    static const char *const names[] = {"GET", "HEAD", "POST"}; /* in the order of their bits */
    const char *separator = "";
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((methods & (1u << i)) != 0) {
            sp_buf_append_c(out, separator);
            sp_buf_append_c(out, names[i]);
            separator = ", ";
        }
    }
}

void sp_pages_refuse(struct sp_transaction *t, enum sp_reason reason)
{
    SP_BUF_ON_STACK(start, SP_ORIGIN_MAX + SP_TARGET_MAX);
    bool is_kubeconfig_host =
        sp_config_is_kubeconfig_host(t->context->snapshot->config, &t->request.origin.host);
    if (is_kubeconfig_host) {
        sp_respond_append_own_url(t, "/kubeconfig", &start);
    } else {
        sp_origin_append(&t->request.origin, &start);
        sp_buf_append_char(&start, '/');
    }
    t->page_link =
        sp_transaction_request_kind(t) == SP_REQUEST_KIND_FRAME ? SP_HTML_LINK_TOP : SP_HTML_LINK_HERE;
    t->page_href = sp_buf_str(&start);
    t->page_label = is_kubeconfig_host ? "Go to the clusters" : "Go to the start page";
    sp_respond_refusal(t, reason);
    t->page_href = SP_STR_NONE;
}

enum sp_reason sp_pages_find_refusal(const struct sp_config *config, const struct sp_dialect *dialect,
                                     const struct sp_request *request)
{
    const struct own_page *page = find_page(config, request->target.path);
    if (page == NULL || (page->direct && dialect != &sp_dialect_pages)) {
        return SP_REASON_NO_SUCH_PAGE;
    }
    bool is_for_method = (page->methods & method_of(request->method)) != 0;
    return is_for_method ? SP_REASON_NONE : SP_REASON_METHOD_NOT_ALLOWED;
}

void sp_pages_answer(struct sp_transaction *t)
{
    const struct own_page *page = find_page(t->context->snapshot->config, t->request.target.path);
    enum sp_reason refusal = sp_pages_find_refusal(t->context->snapshot->config, t->dialect, &t->request);
    if (refusal == SP_REASON_NO_SUCH_PAGE) {
        sp_cause_explain_page(t);
        sp_pages_refuse(t, SP_REASON_NO_SUCH_PAGE);
    } else if (refusal != SP_REASON_NONE) {
        size_t begin = sp_answer_begin_value(&t->answer);
        append_methods(page->methods, &t->answer.text);
        sp_answer_end_value(&t->answer, "Allow", begin);
        sp_cause_explain_page(t);
        sp_pages_refuse(t, SP_REASON_METHOD_NOT_ALLOWED);
    } else {
        page->answer(t);
    }
}
