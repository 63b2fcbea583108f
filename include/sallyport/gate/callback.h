/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_CALLBACK_H
#define SP_GATE_CALLBACK_H

/*
 * The page `callback`, to which the issuer redirects the browser. Everything that can be checked is checked
 * before the code is redeemed: the query, `state` (authentic, for this redirect URI and this origin), the
 * login cookie that was set in this same browser, and `iss` if the issuer promises it. The code is exchanged
 * in io/code_exchanges.h, and the callback waits for the result. Then it sets the session cookie and
 * redirects the browser to the page that the user requested.
 *
 * A valid session takes precedence: a callback with a valid session and an authentic `state` redirects to the
 * requested page, regardless of the rest of the query, and redeems nothing. So a callback that arrives twice
 * or late does no harm, and neither does an error from the issuer in one tab after a sign-in in another.
 * Without a session, an authentic `state` whose login cookie is missing restarts the login, once
 * (sp_sign_in_again). The second time a page explains what happened.
 *
 * Everything that ends sessions also ends the logins in progress (session/revocations.h). What counts is when
 * the login cookie was made, because the issuer may have authenticated the user before the revocation, and
 * the callback may arrive after it.
 *
 * With `callback_host` the issuer knows one redirect URI for all hosts. That host opens `state`, which
 * contains the origin of the login, and redirects to that origin's callback with the query unchanged. The
 * origin must be one of `hosts`.
 */

#include "gate/continuation.h"

/* A callback that waits for the exchange of its code. */
struct sp_login_continuation {
    struct sp_continuation base; /* must be first */
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
