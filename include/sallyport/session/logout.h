/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_LOGOUT_H
#define SP_SESSION_LOGOUT_H

/*
 * The token in the confirmation form of logout. A forward-auth subrequest has no body, so it stands in the
 * form's action. It is sealed, bound to the host and to one session, and holds for ten minutes: a page
 * elsewhere cannot make one, so it cannot end a session that the user did not ask to end.
 *
 *   payload: version 1 | issued 5, big-endian | session id 16
 */

#include "base/buf.h"
#include "base/error.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

#define SP_LOGOUT_CONFIRMATION_LIFETIME_S 600
#define SP_LOGOUT_CONFIRMATION_TEXT_MAX   SP_SEAL_TEXT_LEN(6 + SP_SESSION_ID_LEN)

/* Appends the token for the session of that id. Errors of sp_seal_bytes. */
enum sp_error sp_logout_confirmation_seal(const struct sp_sealer *sealer,
                                          const uint8_t session_id[SP_SESSION_ID_LEN], struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * SP_OK only for a token of this very session.
 *
 *   SP_ERR_FORMAT     not base64url, or of an impossible length
 *   SP_ERR_SIGNATURE  not authentic here
 *   SP_ERR_MISMATCH   authentic, for another session
 *   SP_ERR_EXPIRED    older than SP_LOGOUT_CONFIRMATION_LIFETIME_S
 */
enum sp_error sp_logout_confirmation_open(const struct sp_sealer *sealer, struct sp_str token,
                                          const uint8_t session_id[SP_SESSION_ID_LEN])
    __attribute__((warn_unused_result));

#endif
