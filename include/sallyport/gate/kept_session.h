/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_KEPT_SESSION_H
#define SP_GATE_KEPT_SESSION_H

/*
 * Puts a session into its cookies, after a login (gate/callback.h) and after a renewal (gate/renewal.h):
 * determines when it will be renewed, and what is stored with it. Also deletes its cookies.
 */

#include "gate/session_from_claims.h"
#include "gate/transaction.h"
#include "oidc/code_exchange.h"

/* A session is renewed this long before an ID token that applications receive expires. */
#define SP_KEPT_SESSION_ID_TOKEN_MARGIN_S 60

/* Whether the ID token was stored. */
enum sp_id_token_fate {
    SP_ID_TOKEN_UNWANTED,
    SP_ID_TOKEN_KEPT,
    SP_ID_TOKEN_TOO_LARGE,
};

/*
 * With `renew: true` and a refresh token: sets when `session`, which was just made, will be renewed, and with
 * which token. That is after `renew_after`, plus or minus a twentieth, so that sessions that began at nine
 * are not all renewed at ten. It is earlier if the refresh token reaches half its lifetime sooner, or if an
 * ID token that applications receive expires sooner. False: the session cannot be renewed.
 *
 *   grant        its strings are borrowed; NULL or without a refresh token: the session cannot be renewed
 *   confirmed_s  when the issuer confirmed the content of the session
 */
bool sp_kept_session_set_renewal(const struct sp_transaction *t, const struct sp_code_exchange *code_exchange,
                                 const struct sp_refresh_grant *grant, int64_t confirmed_s,
                                 struct sp_session *session);

/* The largest age that a session may reach without a renewal, under the current settings. */
int64_t sp_kept_session_bound_s(const struct sp_config *config);

/*
 * Adds the Set-Cookie field of the session to the answer. The ID token is included if something needs it and
 * it fits. Also adds the cookie that tells scripts who the user is, if a setting names one. `diag` and errors
 * as for sp_session_write_reduced; fields that were added before an error must not reach the browser.
 */
enum sp_error sp_kept_session_write(struct sp_transaction *t, const struct sp_claims *claims,
                                    struct sp_str id_token, struct sp_session *session,
                                    struct sp_group_counts *counts, enum sp_id_token_fate *fate,
                                    struct sp_diag *diag) __attribute__((warn_unused_result));

/* Adds the Set-Cookie fields that delete both cookies. */
void sp_kept_session_delete(struct sp_transaction *t);

#endif
