/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BACKCHANNEL_LOGOUT_H
#define SP_GATE_BACKCHANNEL_LOGOUT_H

/*
 * The page `backchannel-logout`, where the issuer reports that sessions have ended (OpenID Connect
 * Back-Channel Logout 1.0, section 2.5): a form with a `logout_token`, which is passed to io/logout_tokens.h.
 * No browser or session is involved; only the token counts. The responses (section 2.8):
 *
 *   200  without a body: the sessions that the token names have ended, on every loop
 *   400  {"error": "invalid_request", "error_description": …}: refused; nothing has changed
 *   503  {"error": "temporarily_unavailable", …}: the token's key could not be fetched in time; a later
 *        attempt may succeed
 */

#include "gate/continuation.h"

/* Answers, or leaves a continuation in `t`. */
void sp_backchannel_logout_page(struct sp_transaction *t);

#endif
