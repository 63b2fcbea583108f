/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CALLBACK_H
#define SP_GATE_CALLBACK_H

/*
 * The page `callback`, where the issuer sends the browser back to. Everything that can be checked is checked
 * before the code is redeemed: the query, `state` (authentic, for this redirect URI and this origin), the
 * login cookie that this very browser got, `iss` where it is promised. The code itself is exchanged elsewhere
 * (io/code_exchanges.h), and the callback waits for it; then it makes the session cookie and sends the
 * browser to the page it wanted.
 *
 * The session comes first: a callback with a valid session and an authentic `state` leads to the page that
 * was wanted, whatever else the query says, and nothing is redeemed. So a callback that comes twice or late
 * does no harm, nor does the issuer's error in one tab after a sign-in in another. Without a session, an
 * authentic `state` whose login cookie is missing begins the login again, once (sp_sign_in_again); the second
 * time a page explains what happened.
 *
 * What ends sessions ends the logins too that are under way (session/revocations.h): by the time that its
 * login cookie was made, since the issuer may have let the user in before the end and the callback come after
 * it.
 *
 * Under `callback_host` the issuer knows one redirect URI for all hosts: that host opens `state` and passes
 * the untouched query on to the callback of the origin in it, which must be one of `hosts`.
 */

#include "gate/continuation.h"

/* A callback that waits for what its code is exchanged for. */
struct sp_login_continuation {
    struct sp_continuation base; /* first */
    struct sp_login_id login_id;
    int64_t began_s;
    struct sp_buf return_url;
    struct sp_buf code;
    struct sp_buf redirect_uri;
    char verifier[SP_LOGIN_SECRET_TEXT_LEN];
    char nonce[SP_LOGIN_SECRET_TEXT_LEN];
};

/* Answers, or leaves a continuation in `t`, a struct sp_login_continuation. */
void sp_callback_page(struct sp_transaction *t);

#endif
