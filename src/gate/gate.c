/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/gate.h"

#include "base/wording.h"
#include "gate/allow.h"
#include "gate/binding.h"
#include "gate/cause.h"
#include "gate/pages.h"
#include "gate/passthrough.h"
#include "gate/respond.h"
#include "gate/sign_in.h"
#include "policy/session_guard.h"

/* The path is neither that of a page of ours nor that of a dialect: a router or middleware leads here by
 * mistake. */
static void refuse_address(struct sp_transaction *t)
{
    sp_cause_explain_page(t);
    t->mender = SP_MENDER_OPERATOR;
    sp_respond_refusal(t, SP_REASON_NO_SUCH_PAGE);
}

/*
 * An application at the host of `kubeconfig.origin` could read the file with a token, by script or with the
 * cookie. So no application behind a middleware is ever reached at that host, regardless of its policy.
 */
static void refuse_application(struct sp_transaction *t)
{
    sp_cause_explain_page(t);
    sp_transaction_note(t, "The host of kubeconfig.origin serves only the pages below %s.",
                        t->context->snapshot->config->prefix);
    sp_pages_refuse(t, SP_REASON_NO_SUCH_PAGE);
}

/* Which dialect the request uses. False: refused. */
static bool find_dialect(struct sp_transaction *t, const struct sp_dialect *dialects, struct sp_str *options)
{
    *options = SP_STR_NONE;
    if (t->dialect == &sp_dialect_pages) {
        return true;
    }
    const struct sp_dialect *dialect =
        sp_dialect_find(dialects, t->context->snapshot->config, t->head->target, options);
    if (dialect == NULL) {
        refuse_address(t);
        return false;
    }
    t->dialect = dialect;
    return true;
}

/* The faulty part of a forwarded request: the prefix, or the target that follows it. */
static struct sp_fault fault_of_whole(const struct sp_forwarded *forwarded, enum sp_reason reason)
{
    if (reason == SP_REASON_UNKNOWN_PREFIX) {
        return (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_PREFIX), forwarded->prefix};
    }
    bool is_too_long = forwarded->prefix.len + forwarded->target.raw.len > SP_TARGET_MAX;
    return (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_URI),
                             is_too_long ? SP_STR_NONE : forwarded->target.path};
}

/* The original request. False: refused, and the cause is the header concerned. An ambiguous request also
 * closes the connection. */
static bool take_question(struct sp_transaction *t, struct sp_str options, struct sp_proxy_question *question)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    const struct sp_config *config = snapshot->config;
    struct sp_fault fault;
    question->policy = SP_STR_NONE;
    question->headers = SP_STR_NONE;
    question->has_prefix = false;
    question->misfit = SP_STR_NONE;
    enum sp_reason reason = t->dialect->read(t->head, options, question);
    if (reason != SP_REASON_NONE) {
        fault = question->forwarded.fault;
    } else if (sp_config_reads_tokens(config) && sp_head_count(t->head, SP_HEADER_AUTHORIZATION) > 1) {
        fault = (struct sp_fault){.name = sp_header_name(SP_HEADER_AUTHORIZATION)};
        reason = SP_REASON_DUPLICATE_HEADER;
    } else if (sp_header_sets_find_alias(config->header_sets, config->header_sets_n, t->head, &fault)) {
        reason = SP_REASON_ALIAS_HEADER;
    } else {
        const struct sp_prefixes *prefixes = question->has_prefix ? &snapshot->prefixes : NULL;
        reason = sp_request_build(&question->forwarded, t->head, prefixes, &t->target_text, &t->request);
        if (reason == SP_REASON_NONE) {
            sp_transaction_set_request(t);
            return true;
        }
        fault = fault_of_whole(&question->forwarded, reason);
    }
    sp_cause_explain_fault(t, reason, &fault);
    sp_respond_malformed(t, reason);
    return false;
}

/* The policy and the header sets that the address names. False: refused, and the cause is the option with the
 * unknown name. */
static bool find_names(struct sp_transaction *t, const struct sp_proxy_question *question)
{
    const struct sp_config *config = t->context->snapshot->config;
    struct sp_str policy = question->policy.len > 0 ? question->policy : SP_STR("default");
    struct sp_str headers = question->headers.len > 0 ? question->headers : SP_STR("identity");
    struct sp_fault fault = {.name = question->misfit};
    enum sp_reason reason = SP_REASON_NONE;
    if (question->misfit.ptr != NULL) {
        reason = SP_REASON_UNKNOWN_PARAMETER;
    } else {
        t->policy = sp_config_find_policy(config, policy);
        if (t->policy == NULL) {
            fault = (struct sp_fault){SP_STR("policy"), question->policy};
            reason = SP_REASON_UNKNOWN_POLICY;
        } else if (sp_config_choose_headers(config, headers, &t->headers, NULL) != SP_OK) {
            sp_cause_explain_headers(t, headers);
            sp_respond_refusal(t, SP_REASON_UNKNOWN_HEADERS);
            return false;
        }
    }
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &fault);
        sp_respond_refusal(t, reason);
        return false;
    }
    sp_binding_find(t);
    return true;
}

/*
 * Only this program may name a user to an API server with Impersonate-* headers. Headers of that family in
 * the request are refused, because the proxy deletes only those that its middleware lists. False: refused.
 */
static bool impersonates_nobody(struct sp_transaction *t)
{
    struct sp_str name = sp_head_find_impersonation(t->head);
    if (name.len == 0) {
        return true;
    }
    sp_transaction_explain(t, "The header is %s. kubectl --as sends it, which does not work here.",
                           SP_QUOTE(name));
    sp_respond_refusal(t, SP_REASON_IMPERSONATION_HEADER);
    return false;
}

/*
 * A session with a credential must not serve every request that a browser can be made to send
 * (policy/session_guard.h). A navigation that would be refused afterwards does not begin a sign-in either.
 * False: refused.
 */
static bool guards_session(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    static const struct sp_html_texts window_texts = {
        .title = "Not a page",
        .text =
            "A browser window cannot open the API itself, because its responses could act as pages of this "
            "site.",
        .advice = "Open the pages of the application, or use a program such as kubectl.",
    };
    if (t->binding == NULL || !t->binding->sessions || t->bearer != NULL) {
        return true;
    }
    bool is_shown = sp_request_kind_wants_page(sp_transaction_request_kind(t));
    enum sp_misuse misuse = verdict->kind == SP_VERDICT_ALLOW || is_shown
                                ? sp_session_guard_judge_path(t->binding, &t->request)
                                : SP_MISUSE_NONE;
    if (misuse == SP_MISUSE_NONE && verdict->identity != NULL) {
        misuse = sp_session_guard_judge_origin(&t->request, t->head);
    }
    if (misuse == SP_MISUSE_NONE) {
        return true;
    }
    t->user = verdict->identity != NULL ? verdict->identity->user : SP_STR_NONE;
    t->page_texts = misuse == SP_MISUSE_WINDOW ? &window_texts : NULL;
    if (misuse == SP_MISUSE_ORIGIN) {
        sp_cause_explain_foreign(t);
    } else {
        sp_cause_explain_page(t);
    }
    sp_respond_refusal(t,
                       misuse == SP_MISUSE_SUBRESOURCE ? SP_REASON_SUBRESOURCE_DENIED : SP_REASON_CROSS_SITE);
    return false;
}

static struct sp_who identify(void *context)
{
    return sp_transaction_identify(context);
}

static const struct sp_html_texts for_programs = {
    .title = "Token required",
    .text = "This address is for programs: it accepts bearer tokens, but no browser sessions.",
    .advice = "Use a program that sends a bearer token, such as kubectl.",
};

/* From here on the request no longer waits. */
static void answer_verdict(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    t->may_wait = false;
    t->rule = verdict->rule;
    if (verdict->passthrough != 0 && (!impersonates_nobody(t) || sp_passthrough_answer(t, verdict))) {
        return;
    }
    switch (verdict->kind) {
    case SP_VERDICT_ALLOW:
        if (guards_session(t, verdict)) {
            sp_allow(t, verdict);
        }
        return;
    case SP_VERDICT_LOGIN:
        if (!guards_session(t, verdict)) {
            return;
        }
        sp_cause_explain_verdict(t, verdict);
        if (t->bearer_alone) {
            t->page_texts = verdict->reason == SP_REASON_NO_SESSION ? &for_programs : NULL;
            sp_respond_sign_in_needed(t, verdict->reason);
        } else {
            sp_sign_in_answer(t, verdict->reason);
        }
        return;
    case SP_VERDICT_UNAVAILABLE:
    case SP_VERDICT_DENY:
        sp_cause_explain_verdict(t, verdict);
        sp_respond_refusal(t, verdict->reason);
        return;
    case SP_VERDICT_RENEW:
    case SP_VERDICT_PAGE:
    case SP_VERDICT_KIND_COUNT:
        break;
    }
    sp_respond_refusal(t, SP_REASON_POLICY_DENIED);
}

/* A direct page behind a middleware is let through, so that its router can lead to the pages listener. */
static bool is_let_through(const struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    return t->dialect != &sp_dialect_pages && config->direct_pages &&
           sp_pages_is_direct(config, t->request.target.path);
}

static void answer(struct sp_transaction *t, const struct sp_proxy_question *question)
{
    /* The names in the middleware's address are checked first, then the headers with which a client could
     * give the application another path or method than the one that the policy checks. This applies to direct
     * pages, too: if their router is missing, the application receives these requests. */
    if (t->dialect != &sp_dialect_pages) {
        if (!find_names(t, question)) {
            return;
        }
        unsigned by_page = is_let_through(t) ? SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD : 0;
        unsigned depends_on = t->policy->depends_on | by_page;
        enum sp_header_id override =
            depends_on != 0 ? sp_head_find_role(t->head, depends_on) : SP_HEADER_OTHER;
        if (override != SP_HEADER_OTHER) {
            sp_transaction_explain(t, "The header is %s.", sp_header_name(override).ptr);
            sp_respond_malformed(t, SP_REASON_OVERRIDE_HEADER);
            return;
        }
        if (t->headers.impersonates && !impersonates_nobody(t)) {
            return;
        }
    }

    /* The origin, before a cookie is opened or a state is sealed. */
    enum sp_reason reason = sp_request_check_origin(&t->request.origin, &t->context->snapshot->origins);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_origin(t, reason);
        sp_respond_refusal(t, reason);
        return;
    }

    sp_gate_answer_again(t);
}

/* Our own pages are answered on any host; the host of kubeconfigs serves nothing else. For other paths the
 * rules decide, and the user is identified when the first rule needs it. */
void sp_gate_answer_again(struct sp_transaction *t)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    t->may_wait = t->waited == NULL && t->renewal == NULL && t->news == NULL;
    if (is_let_through(t)) {
        sp_allow_direct_page(t);
    } else if (sp_config_owns_path(snapshot->config, t->request.target.path)) {
        sp_pages_answer(t);
    } else if (sp_config_is_kubeconfig_host(snapshot->config, &t->request.origin.host)) {
        refuse_application(t);
    } else if (t->dialect == &sp_dialect_pages) {
        refuse_address(t);
    } else {
        struct sp_verdict verdict = sp_policy_decide(t->policy, &t->request, snapshot->rbac, identify, t);
        if (t->continuation == NULL) {
            answer_verdict(t, &verdict);
        }
    }
}

void sp_gate_answer(struct sp_transaction *t, const struct sp_dialect *dialects)
{
    struct sp_proxy_question question;
    struct sp_str options;
    if (find_dialect(t, dialects, &options) && take_question(t, options, &question)) {
        answer(t, &question);
    }
}

void sp_gate_resume(struct sp_transaction *t, const struct sp_dialect *dialects,
                    struct sp_continuation *continuation)
{
    struct sp_proxy_question question;
    struct sp_str options;
    memcpy(t->request_id, continuation->request_id, sizeof t->request_id);
    t->wait = SP_WAITED_FOR_OTHERS;
    if (find_dialect(t, dialects, &options) && take_question(t, options, &question) &&
        (t->dialect == &sp_dialect_pages || find_names(t, &question))) {
        continuation->resume(continuation, t);
    }
}

struct sp_continuation *sp_gate_finish(struct sp_transaction *t)
{
    if (t->continuation != NULL) {
        struct sp_continuation *continuation = sp_continuation_begin(t);
        if (continuation != NULL) {
            return continuation;
        }
    }
    if (!sp_answer_is_whole(&t->answer)) {
        sp_answer_done(&t->answer);
        sp_answer_init(&t->answer);
        t->has_request = false;
        t->detail = SP_STR_NONE;
        sp_transaction_note(t, "The response for %s is larger than its limit.", sp_reason_name(t->reason));
        sp_respond_refusal(t, SP_REASON_OVERLOADED);
    }
    if (t->dialect->write != NULL) {
        t->dialect->write(t);
    }
    return NULL;
}
