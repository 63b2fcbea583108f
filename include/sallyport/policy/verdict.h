/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_POLICY_VERDICT_H
#define SP_POLICY_VERDICT_H

/*
 * The decision on a request, with the reason. The zero verdict denies, so a missed branch fails closed.
 * Nothing here knows a proxy's dialect: gate/dialect.h turns the response into one that the proxy can carry.
 */

#include "base/reason.h"
#include "policy/identity.h"

enum sp_verdict_kind {
    SP_VERDICT_DENY,
    SP_VERDICT_ALLOW,
    SP_VERDICT_LOGIN, /* a redirect or a 401, depending on whether the request can show a page */
    SP_VERDICT_RENEW, /* a redirect to the same URL, with a new cookie */
    SP_VERDICT_UNAVAILABLE,
    SP_VERDICT_PAGE, /* one of our own pages, or its redirect, which no policy covers */
    SP_VERDICT_KIND_COUNT,
};

/* The name used in the log and the metric. */
const char *sp_verdict_name(enum sp_verdict_kind kind);

struct sp_verdict {
    enum sp_verdict_kind kind;
    enum sp_reason reason;              /* SP_REASON_NONE if and only if allowed */
    size_t rule;                        /* number of the rule that decided, from 1; 0: none */
    const struct sp_identity *identity; /* the identity for the application; NULL: none, as under `public` */
    size_t passthrough; /* the rule that may let a token from another issuer through; the code that reads the
                           token decides. 0: none */
};

/* The user behind a request. */
struct sp_who {
    const struct sp_identity *identity; /* NULL: no user that a rule could let in */
    enum sp_reason reason;              /* why there is none; SP_REASON_NONE with an identity */
    bool may_sign_in;                   /* a login may provide an identity; otherwise the request is denied */
};

/* Identifies the user. Called when the first rule needs it, at most once per verdict. */
typedef struct sp_who sp_identify_fn(void *context);

#endif
