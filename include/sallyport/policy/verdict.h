/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_VERDICT_H
#define SP_POLICY_VERDICT_H

/*
 * What becomes of a request, with the reason. The zero verdict denies, so a branch that was missed fails
 * closed. Nothing here knows a proxy's dialect: its row (gate/dialect.h) turns the answer into one that the
 * proxy can carry.
 */

#include "base/reason.h"
#include "policy/identity.h"

enum sp_verdict_kind {
    SP_VERDICT_DENY,
    SP_VERDICT_ALLOW,
    SP_VERDICT_LOGIN, /* whether that is a redirect or a 401 is a matter of what the request can show */
    SP_VERDICT_RENEW, /* once more, with a new cookie */
    SP_VERDICT_UNAVAILABLE,
    SP_VERDICT_PAGE, /* one of the product's own pages, or its redirect: what no policy says */
    SP_VERDICT_KIND_COUNT,
};

/* As the log and the metric name it. */
const char *sp_verdict_name(enum sp_verdict_kind kind);

struct sp_verdict {
    enum sp_verdict_kind kind;
    enum sp_reason reason;              /* SP_REASON_NONE exactly when allowed */
    size_t rule;                        /* from 1; 0: none */
    const struct sp_identity *identity; /* whom the application is told of; NULL: nobody, as under `public` */
    size_t passthrough; /* the rule that lets a token of another issuer through, which whoever reads the token
                           has to say: then it is an allow of that rule; 0: there is none */
};

/* Who asks. */
struct sp_who {
    const struct sp_identity *identity; /* NULL: nobody whom a rule could let in */
    enum sp_reason reason;              /* why; SP_REASON_NONE with an identity */
    bool may_sign_in;                   /* a login can change that; else the request is denied */
};

/* Finds out who asks. Called when the first rule needs it, at most once for a verdict. */
typedef struct sp_who sp_identify_fn(void *context);

#endif
