/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decision.h"

enum sp_reason sp_decide_origin(const struct sp_origin *origin, const struct sp_decision_settings *settings)
{
    bool is_secure_enough =
        origin->scheme == SP_SCHEME_HTTPS || (origin->scheme == SP_SCHEME_HTTP && settings->insecure_http);
    if (!is_secure_enough) {
        return SP_REASON_INSECURE_PROTO;
    }
    bool is_listed =
        settings->hosts_n == 0 || sp_origin_is_listed(settings->hosts, settings->hosts_n, origin);
    return is_listed ? SP_REASON_NONE : SP_REASON_HOST_NOT_LISTED;
}

static struct sp_verdict refuse(enum sp_verdict_kind kind, enum sp_reason reason, struct sp_ruling ruling)
{
    return (struct sp_verdict){.kind = kind, .reason = reason, .rule = ruling.rule};
}

static struct sp_verdict open_to_all(struct sp_ruling ruling)
{
    return (struct sp_verdict){.kind = SP_VERDICT_ALLOW, .reason = SP_REASON_NONE, .rule = ruling.rule};
}

bool sp_decide_public(const struct sp_policy *policy, const struct sp_request *request,
                      struct sp_verdict *out)
{
    struct sp_ruling ruling = sp_policy_evaluate(policy, request, SP_VIEW_UNKNOWN, NULL);
    if (ruling.outcome != SP_OUTCOME_PUBLIC) {
        return false;
    }
    *out = open_to_all(ruling);
    return true;
}

enum sp_reason sp_decide_login_reason(enum sp_selection_kind kind)
{
    switch (kind) {
    case SP_SELECTION_EXPIRED:
        return SP_REASON_SESSION_EXPIRED;
    case SP_SELECTION_AMBIGUOUS:
        return SP_REASON_SESSION_AMBIGUOUS;
    case SP_SELECTION_INVALID:
        return SP_REASON_SESSION_INVALID;
    case SP_SELECTION_NONE:
    case SP_SELECTION_VALID:
        return SP_REASON_NO_SESSION;
    }
    return SP_REASON_NO_SESSION;
}

static struct sp_verdict decide_anonymous(const struct sp_policy *policy, const struct sp_request *request,
                                          enum sp_selection_kind kind)
{
    struct sp_ruling ruling = sp_policy_evaluate(policy, request, SP_VIEW_ANONYMOUS, NULL);
    switch (ruling.outcome) {
    case SP_OUTCOME_PUBLIC:
        return open_to_all(ruling);
    case SP_OUTCOME_SIGN_IN:
        return refuse(SP_VERDICT_LOGIN, sp_decide_login_reason(kind), ruling);
    case SP_OUTCOME_ALLOW: /* for those who are known only */
    case SP_OUTCOME_DENY:
        break;
    }
    return refuse(SP_VERDICT_DENY, SP_REASON_POLICY_DENIED, ruling);
}

static struct sp_verdict decide_known(const struct sp_policy *policy, const struct sp_request *request,
                                      const struct sp_subject *subject)
{
    struct sp_ruling ruling = sp_policy_evaluate(policy, request, SP_VIEW_KNOWN, subject);
    if (ruling.outcome == SP_OUTCOME_PUBLIC) {
        return open_to_all(ruling);
    }
    struct sp_verdict verdict = {
        .kind = SP_VERDICT_DENY,
        .reason = SP_REASON_POLICY_DENIED,
        .rule = ruling.rule,
        .subject = *subject,
        .identified = true,
    };
    if (ruling.outcome == SP_OUTCOME_ALLOW) {
        verdict.kind = SP_VERDICT_ALLOW;
        verdict.reason = SP_REASON_NONE;
    }
    return verdict;
}

struct sp_verdict sp_decide(const struct sp_policy *policy, const struct sp_request *request,
                            const struct sp_selection *selection, const struct sp_decision_settings *settings,
                            struct sp_buf *scratch)
{
    if (selection->kind != SP_SELECTION_VALID) {
        return decide_anonymous(policy, request, selection->kind);
    }
    struct sp_subject subject;
    enum sp_reason reason =
        sp_subject_from_session(&selection->session, &settings->identity, scratch, &subject);
    if (reason != SP_REASON_NONE) {
        return refuse(SP_VERDICT_DENY, reason, (struct sp_ruling){SP_OUTCOME_DENY, 0});
    }
    return decide_known(policy, request, &subject);
}
