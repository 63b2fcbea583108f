/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_BACKCHANNEL_LOGOUT_H
#define SP_GATE_BACKCHANNEL_LOGOUT_H

/*
 * The page `backchannel-logout`, where the issuer says that sessions have ended (OpenID Connect Back-Channel
 * Logout 1.0, section 2.5): a form with a `logout_token`, which io/logout_tokens.h takes. No browser and no
 * session is involved; the token alone counts. The answer (section 2.8):
 *
 *   200  without a body: what the token names is over, on every loop
 *   400  {"error": "invalid_request", "error_description": …}: it was refused, and nothing has changed
 *   503  {"error": "temporarily_unavailable", …}: its key could not be fetched in time; it may count later
 */

#include "gate/continuation.h"

/* Answers, or leaves a continuation in `t`. */
void sp_backchannel_logout_page(struct sp_transaction *t);

#endif
