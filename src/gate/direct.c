/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/direct.h"

#include "gate/cause.h"
#include "gate/own_pages.h"
#include "gate/respond.h"
#include "http/forwarded.h"

static enum sp_reason read_request(struct sp_transaction *t, struct sp_fault *fault)
{
    struct sp_forwarded forwarded;
    enum sp_reason reason = sp_forwarded_read_routed(t->head, &forwarded);
    *fault = forwarded.fault;
    if (reason == SP_REASON_NONE) {
        reason = sp_request_build(&forwarded, t->head, NULL, &t->target_text, &t->request);
    }
    if (reason == SP_REASON_NONE) {
        sp_transaction_set_request(t);
    }
    return reason;
}

void sp_direct_answer(struct sp_transaction *t)
{
    const struct sp_snapshot *snapshot = t->context->snapshot;
    struct sp_fault fault;
    enum sp_reason reason = read_request(t, &fault);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_fault(t, reason, &fault);
        sp_respond_malformed(t, reason);
        return;
    }
    reason = sp_decide_origin(&t->request.origin, &snapshot->decision);
    if (reason != SP_REASON_NONE) {
        sp_cause_explain_origin(t, reason);
        sp_respond_refusal(t, reason);
    } else if (!sp_config_owns_path(snapshot->config, t->request.target.path)) {
        sp_cause_explain_page(t);
        t->mender = SP_MENDER_OPERATOR; /* of the router or middleware that leads here */
        sp_respond_refusal(t, SP_REASON_NO_SUCH_PAGE);
    } else {
        sp_own_pages_answer(t);
    }
}
