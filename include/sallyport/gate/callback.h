/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CALLBACK_H
#define SP_GATE_CALLBACK_H

/*
 * The page `callback`, where the issuer sends the browser back to. Everything that can be checked is checked
 * before the code is redeemed: the query, `state` (authentic, for this redirect URI and this origin), the
 * login cookie that this very browser got, `iss` where it is promised. The code itself is redeemed elsewhere
 * (io/redeemer.h); then sp_callback_complete makes the session cookie and sends the browser to the page it
 * wanted.
 *
 * The session comes first: a callback with a valid session and an authentic `state` leads to the page that
 * was wanted, whatever else the query says, and nothing is redeemed. So a callback that comes twice or late
 * does no harm, nor does the issuer's error in one tab after a sign-in in another. Without a session, an
 * authentic `state` whose login cookie is missing begins the login again, once (sp_sign_in_again); the second
 * time a page explains what happened.
 *
 * Under `callback_host` the issuer knows one redirect URI for all hosts: that host opens `state` and passes
 * the untouched query on to the callback of the origin in it, which must be one of `hosts`.
 */

#include "gate/transaction.h"

/* What is remembered while the code is redeemed. */
struct sp_pending_login {
    struct sp_redeem_job *job;
    struct sp_origin origin;
    struct sp_flow_id flow;
    const struct sp_dialect *dialect;
    enum sp_intent intent;
    char request_id[SP_REQUEST_ID_LEN + 1];
    struct sp_buf return_url;
    struct sp_buf target; /* of the callback without its query, for the log */
    struct sp_buf client;
};

/* Answers, or sets `t->pending`: then the caller submits `pending->job`, and answers later or refuses. */
void sp_callback_page(struct sp_transaction *t);

/* Answers instead that too many wait; `why` is for the log. `t->pending` is freed. */
void sp_callback_refuse(struct sp_transaction *t, const char *why);

/* Makes the answer out of the outcome in `pending->job`; without one, nobody waited so long. `t` has begun
 * anew, without a head. */
void sp_callback_complete(struct sp_transaction *t, struct sp_pending_login *pending);

void sp_pending_login_free(struct sp_pending_login *pending);

#endif
