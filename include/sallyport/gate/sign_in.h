/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SIGN_IN_H
#define SP_GATE_SIGN_IN_H

/*
 * The way to the issuer: a redirect with sealed `state`, and one new login cookie.
 *
 * Four things keep a browser from going in circles. A marker of a login that was completed within the last
 * minute means that the session cookie did not come back: a page says so. A chain of logins that were begun
 * and never completed is counted in the login cookies, and ends in a page that says that. A login that comes
 * back without its cookie is begun again once; `state` says that it is the second try, and a second one ends
 * in a page. And only what shows a person the result, a top-level navigation, begins one at all.
 *
 * Nobody is sent to an issuer that cannot be reached (io/issuer.h): what would begin a login is answered 503.
 * Where nothing was heard of the issuer lately, the request first waits for news of it (io/issuer_news.h), a
 * second at most. Without news it goes by what was heard last.
 */

#include "gate/transaction.h"

#define SP_SIGN_IN_ATTEMPTS_MAX 20 /* that one browser begins without completing any, within ten minutes */

/* Whether such a request begins a login unasked, a redirect of 302; otherwise it is answered by the status of
 * the reason. */
bool sp_sign_in_may_begin(enum sp_request_kind kind, enum sp_reason reason);

/* Whether there is an issuer to send somebody to. False: the request waits to know that, or has the answer that
 * says why not. */
bool sp_sign_in_has_issuer(struct sp_transaction *t);

/*
 * Answers an anonymous request by what it can show: a redirect to the issuer, a page, or a problem document.
 * `reason` is why there is no session.
 */
void sp_sign_in_answer(struct sp_transaction *t, enum sp_reason reason);

/*
 * The same for a login that came back without its cookie: a second try, which leads to `target`. A window was
 * restored with more logins than are kept, an office program opened the address by itself and handed on where
 * that led, or the issuer's page stood open longer than the cookie lives.
 */
void sp_sign_in_again(struct sp_transaction *t, struct sp_str target);

/*
 * The same on somebody's own wish, which neither an earlier marker nor many attempts stand in the way of.
 *
 *   login_hint  handed on to the issuer; empty: none
 */
void sp_sign_in_wished(struct sp_transaction *t, struct sp_str target, struct sp_str login_hint);

/* Appends the redirect URI in force for the origin of the request. */
void sp_sign_in_append_redirect_uri(const struct sp_transaction *t, struct sp_buf *out);

/* True when users may be sent back to `origin`: the request's own, or one of `hosts`. */
bool sp_sign_in_may_return_to(const struct sp_transaction *t, const struct sp_origin *origin);

#endif
