/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_GATE_KEPT_SESSION_H
#define SP_GATE_KEPT_SESSION_H

/*
 * The session on its way into a cookie, after a login (gate/callback.h) and after a renewal (gate/renewal.h):
 * when it is to be renewed, and what is kept with it. And the end of its cookies.
 */

#include "gate/session_from_claims.h"
#include "gate/transaction.h"
#include "oidc/code_exchange.h"

#define SP_KEPT_SESSION_ID_TOKEN_MARGIN_S 60 /* before an ID token that applications get ends */

/* What became of the ID token. */
enum sp_id_token_fate {
    SP_ID_TOKEN_UNWANTED,
    SP_ID_TOKEN_KEPT,
    SP_ID_TOKEN_TOO_LARGE,
};

/*
 * With `renew: true` and a refresh token: sets when `session`, which was just made, is to be renewed, and by
 * what. That is after `renew_after`, give or take a twentieth, so that those who began at nine do not all
 * come back at ten; or earlier, before the refresh token or an ID token that applications get ends. False:
 * nothing renews it.
 *
 *   grant         NULL, or without a token: there is none; its texts are borrowed
 *   confirmed_s  when the issuer has said what is in it
 */
bool sp_kept_session_set_renewal(const struct sp_transaction *t, const struct sp_code_exchange *code_exchange,
                                 const struct sp_refresh_grant *grant, int64_t confirmed_s,
                                 struct sp_session *session);

/* So old a session is at most when it is past its bound, by the settings of now. */
int64_t sp_kept_session_bound_s(const struct sp_config *config);

/*
 * Adds the session's Set-Cookie line to the answer, with the ID token where something needs it and there is
 * room, and the one that shows scripts who it is, where settings name it. Errors and `diag` as
 * sp_session_write_reduced; of what was added before an error nothing may reach the browser.
 */
enum sp_error sp_kept_session_write(struct sp_transaction *t, const struct sp_claims *claims,
                                    struct sp_str id_token, struct sp_session *session,
                                    struct sp_group_counts *counts, enum sp_id_token_fate *fate,
                                    struct sp_diag *diag) __attribute__((warn_unused_result));

/* Adds the Set-Cookie lines by which the browser forgets both. */
void sp_kept_session_delete(struct sp_transaction *t);

#endif
