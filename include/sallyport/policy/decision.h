/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_DECISION_H
#define SP_POLICY_DECISION_H

/*
 * The verdict on a request: from the original request, a policy and what the cookies hold, to one of allow,
 * login, deny or unavailable, with the reason. The zero verdict denies, so a branch that was missed fails
 * closed. Nothing here knows a proxy's dialect: its row (gate/dialect.h) turns a verdict into what that
 * proxy can carry.
 */

#include "policy/rules.h"
#include "session/select.h"

enum sp_verdict_kind {
    SP_VERDICT_DENY,
    SP_VERDICT_ALLOW,
    SP_VERDICT_LOGIN,
    SP_VERDICT_UNAVAILABLE,
};

struct sp_verdict {
    enum sp_verdict_kind kind;
    enum sp_reason reason;     /* SP_REASON_NONE exactly when allowed */
    size_t rule;               /* from 1; 0: none */
    struct sp_subject subject; /* set when `identified` */
    bool identified;           /* an identity was established; never under PUBLIC */
};

struct sp_decision_settings {
    struct sp_identity_settings identity;
    bool insecure_http;
    const struct sp_origin_pattern *hosts; /* empty: any host */
    size_t hosts_n;
};

/*
 * What must hold before a session or a rule is looked at: https where it is expected
 * (SP_REASON_INSECURE_PROTO) and a host that is listed (SP_REASON_HOST_NOT_LISTED). SP_REASON_NONE when it
 * does.
 */
enum sp_reason sp_decide_origin(const struct sp_origin *origin, const struct sp_decision_settings *settings)
    __attribute__((warn_unused_result));

/* True, with the verdict, when the request is open to all: the caller then opens no cookie. */
bool sp_decide_public(const struct sp_policy *policy, const struct sp_request *request,
                      struct sp_verdict *out);

/*
 * The verdict for a request that is not open to all.
 *
 *   selection  what the session cookies held; must outlive the verdict. What is revoked the caller asks
 *   scratch    backs the subject, so must outlive the verdict too
 *
 * Without a valid session the verdict is LOGIN with the reason why there is none, unless no session would
 * help. Whether that becomes a redirect or a 401 is a matter of the request's intent.
 */
struct sp_verdict sp_decide(const struct sp_policy *policy, const struct sp_request *request,
                            const struct sp_selection *selection, const struct sp_decision_settings *settings,
                            struct sp_buf *scratch);

/* Why there is no session to work with; SP_REASON_NO_SESSION also for a valid one. */
enum sp_reason sp_decide_login_reason(enum sp_selection_kind kind);

#endif
