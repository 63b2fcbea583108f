/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/gate.h"

#include "gate/allow.h"
#include "gate/cause.h"
#include "gate/own_pages.h"
#include "gate/respond.h"
#include "gate/sign_in.h"

/* The original request. With any reason but NONE, `fault` is the header that it is about. */
static enum sp_reason read_request(struct sp_transaction *t, struct sp_str options,
                                   struct sp_question *question, struct sp_fault *fault)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    question->policy = SP_STR_NONE;
    question->headers = SP_STR_NONE;
    question->has_prefix = false;
    question->misfit = SP_STR_NONE;
    enum sp_reason reason = t->dialect->read(t->head, options, question);
    if (reason != SP_REASON_NONE) {
        *fault = question->forwarded.fault;
        return reason;
    }
    if (sp_header_sets_find_alias(snapshot->config->header_sets, snapshot->config->header_sets_n, t->head,
                                  fault)) {
        return SP_REASON_ALIAS_HEADER;
    }
    reason =
        sp_request_build(&question->forwarded, t->head, question->has_prefix ? &snapshot->prefixes : NULL,
                         &t->target_text, &t->request);
    if (reason == SP_REASON_NONE) {
        sp_transaction_set_request(t);
    } else if (reason == SP_REASON_UNKNOWN_PREFIX) {
        *fault = (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_PREFIX), question->forwarded.prefix};
    } else {
        *fault =
            (struct sp_fault){sp_header_name(SP_HEADER_X_FORWARDED_URI), question->forwarded.target.path};
    }
    return reason;
}

/* The policy and the header set that the address names; `fault` is the option that names none. */
static enum sp_reason find_names(struct sp_transaction *t, const struct sp_question *question,
                                 struct sp_fault *fault)
{
    const struct sp_config *config = t->context->snapshot->config;
    if (question->misfit.ptr != NULL) {
        *fault = (struct sp_fault){.name = question->misfit};
        return SP_REASON_UNKNOWN_PARAMETER;
    }
    struct sp_str policy = question->policy.len > 0 ? question->policy : SP_STR("default");
    struct sp_str headers = question->headers.len > 0 ? question->headers : SP_STR("identity");
    t->policy = sp_config_find_policy(config, policy);
    t->header_set = sp_config_find_header_set(config, headers);
    if (t->policy == NULL) {
        *fault = (struct sp_fault){SP_STR("policy"), question->policy};
        return SP_REASON_UNKNOWN_POLICY;
    }
    *fault = (struct sp_fault){SP_STR("headers"), question->headers};
    return t->header_set == NULL ? SP_REASON_UNKNOWN_HEADERS : SP_REASON_NONE;
}

/* A direct page behind this middleware is let through, so that its router can lead to the pages listener. */
static bool is_let_through(const struct sp_transaction *t)
{
    const struct sp_config *config = t->context->snapshot->config;
    return config->direct_pages && t->dialect != &sp_dialect_pages &&
           sp_own_pages_is_direct(config, t->request.target.path);
}

/*
 * A header by which the client could tell the application another path or method than the policy decides by;
 * OTHER: none. Also where a direct page is let through by its path: an application gets it where the router
 * of the pages is missing.
 */
static enum sp_header_id find_override(const struct sp_transaction *t)
{
    unsigned by_page = is_let_through(t) ? SP_HEADER_ROLE_PATH | SP_HEADER_ROLE_METHOD : 0;
    unsigned depends_on = t->policy->depends_on | by_page;
    return depends_on != 0 ? sp_head_find_role(t->head, depends_on) : SP_HEADER_OTHER;
}

static struct sp_who identify(void *context)
{
    return sp_transaction_identify(context);
}

static void answer_verdict(struct sp_transaction *t, const struct sp_verdict *verdict)
{
    t->rule = verdict->rule;
    switch (verdict->kind) {
    case SP_VERDICT_ALLOW:
        sp_allow(t, verdict);
        return;
    case SP_VERDICT_LOGIN:
        sp_cause_explain_verdict(t, verdict);
        sp_sign_in_answer(t, verdict->reason);
        return;
    case SP_VERDICT_UNAVAILABLE:
    case SP_VERDICT_DENY:
        sp_cause_explain_verdict(t, verdict);
        sp_respond_refusal(t, verdict->reason);
        return;
    case SP_VERDICT_PAGE:
    case SP_VERDICT_KIND_COUNT:
        break;
    }
    sp_respond_refusal(t, SP_REASON_POLICY_DENIED);
}

/* No page of ours, and no dialect: the operator's router or middleware leads here by mistake. */
static void refuse_address(struct sp_transaction *t)
{
    sp_cause_explain_page(t);
    t->mender = SP_MENDER_OPERATOR;
    sp_respond_refusal(t, SP_REASON_NO_SUCH_PAGE);
}

/* Which dialect asks. False: refused. */
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

/* The request that it asks about. False: refused. What is ambiguous in a request ends the connection too. */
static bool take_question(struct sp_transaction *t, struct sp_str options, struct sp_question *question)
{
    struct sp_fault fault;
    enum sp_reason reason = read_request(t, options, question, &fault);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &fault);
        sp_respond_malformed(t, reason);
    }
    return reason == SP_REASON_NONE;
}

static void answer(struct sp_transaction *t, const struct sp_question *question)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    enum sp_reason reason;
    struct sp_fault fault;
    struct sp_verdict verdict;
    enum sp_header_id override;

    /* The names in the middleware's address, and what their policy decides by. */
    if (t->dialect != &sp_dialect_pages) {
        reason = find_names(t, question, &fault);
        if (reason != SP_REASON_NONE) {
            sp_cause_explain_fault(t, reason, &fault);
            sp_respond_refusal(t, reason);
            return;
        }
        override = find_override(t);
        if (override != SP_HEADER_OTHER) {
            sp_transaction_explain(t, "The header is %s.", sp_header_name(override).ptr);
            sp_respond_malformed(t, SP_REASON_OVERRIDE_HEADER);
            return;
        }
    }

    /* The origin, before any cookie is opened or any state sealed. */
    reason = sp_request_check_origin(&t->request.origin, &snapshot->origins);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_origin(t, reason);
        sp_respond_refusal(t, reason);
        return;
    }

    /* Our own pages, on any host. */
    if (is_let_through(t)) {
        sp_allow_direct_page(t);
    } else if (sp_config_owns_path(snapshot->config, t->request.target.path)) {
        sp_own_pages_answer(t);
    } else if (t->dialect == &sp_dialect_pages) {
        refuse_address(t);
    } else {
        /* The rules, and who asks when the first of them needs it. */
        verdict = sp_policy_decide(t->policy, &t->request, identify, t);
        answer_verdict(t, &verdict);
    }
}

/* The answer, as the proxy can carry it. */
static void write_answer(struct sp_transaction *t)
{
    if (t->dialect->write != NULL && t->continuation == NULL) {
        t->dialect->write(t);
    }
}

void sp_gate_answer(struct sp_transaction *t, const struct sp_dialect *dialects)
{
    struct sp_question question;
    struct sp_str options;
    if (!find_dialect(t, dialects, &options)) {
        return;
    }
    if (take_question(t, options, &question)) {
        answer(t, &question);
    }
    write_answer(t);
}

void sp_gate_resume(struct sp_transaction *t, const struct sp_dialect *dialects,
                    struct sp_continuation *continuation)
{
    struct sp_question question;
    struct sp_str options;
    memcpy(t->request_id, continuation->request_id, sizeof t->request_id);
    if (find_dialect(t, dialects, &options) && take_question(t, options, &question)) {
        continuation->resume(continuation, t);
        write_answer(t);
    }
}
