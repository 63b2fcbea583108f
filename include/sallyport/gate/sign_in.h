/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_SIGN_IN_H
#define SP_GATE_SIGN_IN_H

/*
 * Redirects to the issuer, with a sealed `state` and one new login cookie.
 *
 * Four measures prevent redirect loops. A marker of a login that was completed within the last minute means
 * that the session cookie did not come back: a page explains it. The login cookies count the chain of logins
 * that were begun and never completed; at the limit a page explains that. A login that comes back without its
 * cookie is begun again once; `state` marks the second attempt, and if that fails, a page explains it.
 * Finally, only requests whose result a person sees, top-level navigations, begin a login.
 *
 * No browser is redirected to an issuer that cannot be reached (io/issuer.h): a request that would begin a
 * login gets 503. If the state of the issuer was not checked recently, the request first waits for an update
 * (io/issuer_news.h), at most a second. If no update arrives, the last known state counts.
 */

#include "gate/transaction.h"

#define SP_SIGN_IN_ATTEMPTS_MAX 20 /* logins that one browser began within ten minutes and did not complete */

/* Whether a request of this kind begins a login automatically, with a 302. Otherwise it is answered with the
 * status of the reason. */
bool sp_sign_in_may_begin(enum sp_request_kind kind, enum sp_reason reason);

/* Whether there is an issuer to redirect to. False: the request has to wait until that is known, or `t` has
 * an answer that explains why not. */
bool sp_sign_in_has_issuer(struct sp_transaction *t);

/*
 * Answers an anonymous request in the form that suits it: a redirect to the issuer, a page, or a problem
 * document. `reason` is why there is no session.
 */
void sp_sign_in_answer(struct sp_transaction *t, enum sp_reason reason);

/*
 * The same for a login that came back without its cookie: a second attempt, which leads to `target`. For
 * example, a window was restored with more logins than are remembered, an office program fetched the address
 * itself and passed on the address that it was redirected to, or the issuer's page was open for longer than
 * the lifetime of the cookie.
 */
void sp_sign_in_again(struct sp_transaction *t, struct sp_str target);

/*
 * The same for a login that the user requested: neither an earlier marker nor the number of attempts prevents
 * it.
 *
 *   login_hint  passed to the issuer; empty: none
 */
void sp_sign_in_wished(struct sp_transaction *t, struct sp_str target, struct sp_str login_hint);

/* Appends the redirect URI for the origin of the request. */
void sp_sign_in_append_redirect_uri(const struct sp_transaction *t, struct sp_buf *out);

/* True if users may be redirected back to `origin`: the request's own, or one of `hosts`. */
bool sp_sign_in_may_return_to(const struct sp_transaction *t, const struct sp_origin *origin);

#endif
