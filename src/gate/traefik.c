/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/traefik.h"

#include "gate/cause.h"
#include "gate/own_pages.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "http/cookie.h"
#include "http/form.h"
#include "http/forwarded.h"

#define ENDPOINT         "/auth/traefik"
#define PARAMETER_MAX    128  /* bytes, decoded */
#define HEADER_VALUE_MAX 8192 /* bytes of one emitted value: a session's groups fit */

/* ---- the middleware's address ---------------------------------------------------------------------- */

/* What the query of the address says. The zero value is the defaults. */
struct address {
    struct sp_str policy;
    struct sp_str headers;
    bool prefix;
    struct sp_str misfit; /* the parameter that is unknown or there twice */
    char policy_storage[PARAMETER_MAX];
    char headers_storage[PARAMETER_MAX];
};

static bool take_name(struct sp_str raw, char *storage, struct sp_str *out)
{
    struct sp_buf text;
    sp_buf_init_fixed(&text, storage, PARAMETER_MAX);
    if (out->ptr != NULL || sp_form_decode(raw, &text) != SP_OK || text.len == 0) {
        return false;
    }
    *out = sp_buf_str(&text);
    return true;
}

static bool take_parameter(const struct sp_form_pair *pair, struct address *out)
{
    if (sp_str_equal(pair->name, SP_STR("policy"))) {
        return take_name(pair->value, out->policy_storage, &out->policy);
    }
    if (sp_str_equal(pair->name, SP_STR("headers"))) {
        return take_name(pair->value, out->headers_storage, &out->headers);
    }
    if (sp_str_equal(pair->name, SP_STR("prefix")) && sp_str_equal(pair->value, SP_STR("1")) &&
        !out->prefix) {
        out->prefix = true;
        return true;
    }
    return false;
}

static struct sp_str split_target(struct sp_str target, struct sp_str *query)
{
    size_t mark = sp_str_find(target, '?');
    *query = sp_str_skip(target, mark + 1);
    return (struct sp_str){target.ptr, mark};
}

bool sp_traefik_takes(const struct sp_config *config, struct sp_str target)
{
    struct sp_str query;
    struct sp_str path = split_target(target, &query);
    return sp_str_equal(path, SP_STR(ENDPOINT)) ||
           (config->traefik_at_root && sp_str_equal(path, SP_STR("/")));
}

/* False for a parameter that is unknown or there twice. A bare `/` says what `root_query` says. */
static bool read_address(const struct sp_config *config, struct sp_str target, struct address *out)
{
    struct sp_str query;
    out->policy = SP_STR_NONE;
    out->headers = SP_STR_NONE;
    out->prefix = false;
    if (sp_str_equal(target, SP_STR("/"))) {
        query = sp_str_from_c(config->root_query);
    } else {
        split_target(target, &query);
    }
    struct sp_form_pair pair;
    while (sp_form_next(&query, &pair)) {
        if (!take_parameter(&pair, out)) {
            out->misfit = pair.name;
            return false;
        }
    }
    return true;
}

/* Finds what the address names; a reason when it is not there. */
static enum sp_reason resolve(struct sp_transaction *t, const struct address *address, struct sp_fault *fault)
{
    const struct sp_config *config = t->context->snapshot->config;
    t->policy = sp_config_find_policy(config, address->policy.len > 0 ? address->policy : SP_STR("default"));
    t->header_set =
        sp_config_find_header_set(config, address->headers.len > 0 ? address->headers : SP_STR("identity"));
    if (t->policy == NULL) {
        *fault = (struct sp_fault){SP_STR("policy"), address->policy};
        return SP_REASON_UNKNOWN_POLICY;
    }
    if (t->header_set == NULL) {
        *fault = (struct sp_fault){SP_STR("headers"), address->headers};
        return SP_REASON_UNKNOWN_HEADERS;
    }
    return SP_REASON_NONE;
}

/* A direct page behind this middleware is let through, so that its router can lead to the pages listener. */
static bool is_let_through(const struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    return config->direct_pages && sp_own_pages_is_direct(config, t->request.target.path);
}

/*
 * Before any rule is looked at, and for the pages of sallyport as well: what the policy decides by must be
 * what the application will go by. What is let through is so by its path, and an application gets it where
 * the router of the pages is missing.
 */
static enum sp_reason check_overrides(struct sp_transaction *t)
{
    unsigned by_page = is_let_through(t) ? SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD : 0;
    unsigned depends_on = t->policy->depends_on | by_page;
    enum sp_header_id id = depends_on != 0 ? sp_head_find_role(t->head, depends_on) : SP_HEADER_OTHER;
    if (id == SP_HEADER_OTHER) {
        return SP_REASON_NONE;
    }
    sp_transaction_explain(t, "The header is %s.", sp_header_name(id).ptr);
    return SP_REASON_OVERRIDE_HEADER;
}

/* ---- the original request -------------------------------------------------------------------------- */

static enum sp_reason read_request(struct sp_transaction *t, const struct address *address,
                                   struct sp_fault *fault)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    struct sp_forwarded forwarded;
    enum sp_reason reason = sp_forwarded_read(t->head, &forwarded);
    if (reason != SP_REASON_NONE) {
        *fault = forwarded.fault;
        return reason;
    }
    if (sp_header_sets_find_alias(snapshot->config->header_sets, snapshot->config->header_sets_n, t->head,
                                  fault)) {
        return SP_REASON_ALIAS_HEADER;
    }
    reason = sp_request_build(&forwarded, t->head, address->prefix ? &snapshot->prefixes : NULL,
                              &t->target_text, &t->request);
    if (reason == SP_REASON_NONE) {
        sp_transaction_set_request(t);
    } else if (reason == SP_REASON_UNKNOWN_PREFIX) {
        *fault = (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_PREFIX), forwarded.prefix};
    } else {
        *fault = (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_URI), forwarded.target.path};
    }
    return reason;
}

/* ---- allow ----------------------------------------------------------------------------------------- */

static void emit_header(void *context, struct sp_str name, struct sp_str value)
{
    sp_answer_add(context, name.ptr, value);
}

/* The rest of the cookies, for middlewares that list Cookie; without any the proxy then deletes the header.
 */
static void add_other_cookies(struct sp_transaction *t)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    sp_cookie_append_without(t->head, sp_cookies_session_name(t->realm.cookies), &t->answer.text);
    if (t->answer.text.len > begin) {
        sp_answer_end_value(&t->answer, "Cookie", begin);
    }
}

static enum sp_error add_identity(struct sp_transaction *t, const struct sp_subject *subject)
{
    char storage[HEADER_VALUE_MAX];
    struct sp_buf scratch;
    sp_buf_init_fixed(&scratch, storage, sizeof storage);
    return sp_header_set_emit(t->header_set, subject, &scratch, emit_header, &t->answer);
}

static void allow(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    t->user = verdict->identified ? verdict->subject.user : SP_STR_NONE;
    if (verdict->identified && add_identity(t, &verdict->subject) != SP_OK) {
        sp_answer_init(&t->answer);
        sp_transaction_explain(t, "A header of the set \"%s\" would be longer than %d bytes.",
                               t->header_set->name, HEADER_VALUE_MAX);
        sp_respond_refusal(t, SP_REASON_SESSION_TOO_LARGE);
        return;
    }
    if (t->context->snapshot->config->strip_session_cookie) {
        add_other_cookies(t);
    }
    t->answer.status = 200;
    t->result = SP_RESULT_ALLOW;
    t->reason = SP_REASON_NONE;
}

/* ---- the verdict ----------------------------------------------------------------------------------- */

static void answer_verdict(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    t->rule = verdict->rule;
    switch (verdict->kind) {
    case SP_VERDICT_ALLOW:
        allow(t, verdict);
        return;
    case SP_VERDICT_LOGIN:
        sp_cause_explain_verdict(t, verdict);
        sp_sign_in_answer(t, verdict->reason);
        return;
    case SP_VERDICT_UNAVAILABLE:
    case SP_VERDICT_DENY:
        t->user = verdict->identified ? verdict->subject.user : SP_STR_NONE;
        sp_cause_explain_verdict(t, verdict);
        sp_respond_refusal(t, verdict->reason);
        return;
    }
    sp_respond_refusal(t, SP_REASON_POLICY_DENIED);
}

static void decide(struct sp_transaction *t)
{
    struct sp_verdict verdict;
    if (!sp_decide_public(t->policy, &t->request, &verdict)) {
        verdict = sp_decide(t->policy, &t->request, sp_transaction_select(t), &t->context->snapshot->decision,
                            &t->subject_text);
    }
    answer_verdict(t, &verdict);
}

/* All cookies as they came: the page that is let through needs the session that others do not get to see. */
static void add_all_cookies(struct sp_transaction *t)
{
    size_t begin = sp_answer_begin_value(&t->answer);
    size_t line = 0;
    struct sp_str value;
    while (sp_head_next(t->head, SP_HEADER_COOKIE, &line, &value)) {
        sp_buf_append_c(&t->answer.text, t->answer.text.len > begin ? "; " : "");
        sp_buf_append(&t->answer.text, value);
    }
    if (t->answer.text.len > begin) {
        sp_answer_end_value(&t->answer, "Cookie", begin);
    }
}

static void let_through(struct sp_transaction *t)
{
    if (t->context->snapshot->config->strip_session_cookie) {
        add_all_cookies(t);
    }
    t->answer.status = 200;
    t->result = SP_RESULT_ALLOW;
    t->reason = SP_REASON_NONE;
}

static void answer_request(struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    enum sp_reason reason = sp_decide_origin(&t->request.origin, &t->context->snapshot->decision);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_origin(t, reason);
        sp_respond_refusal(t, reason);
    } else if (is_let_through(t)) {
        let_through(t);
    } else if (sp_config_owns_path(config, t->request.target.path)) {
        sp_own_pages_answer(t);
    } else {
        decide(t);
    }
}

void sp_traefik_answer(struct sp_transaction *t)
{
    struct address address;
    struct sp_fault fault = {0};
    bool understood = read_address(t->context->snapshot->config, t->head->target, &address);
    enum sp_reason reason = read_request(t, &address, &fault);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &fault);
        sp_respond_malformed(t, reason);
        return;
    }
    if (understood) {
        reason = resolve(t, &address, &fault);
    } else {
        reason = SP_REASON_UNKNOWN_PARAMETER;
        fault.name = address.misfit;
    }
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &fault);
        sp_respond_refusal(t, reason);
        return;
    }
    reason = check_overrides(t);
    if (reason != SP_REASON_NONE) {
        sp_respond_malformed(t, reason);
        return;
    }
    answer_request(t);
}
