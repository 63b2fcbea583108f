/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SP_SESSION_LOGOUT_H
#define SP_SESSION_LOGOUT_H

/*
 * The token in the confirmation form of logout. A forward-auth subrequest has no body, so the token is in the
 * form's action. It is sealed, bound to the host and to one session, and valid for ten minutes. Another site
 * cannot create one, so it cannot end a session that the user did not want to end.
 *
 *   payload: version 1 | issued 5, big-endian | session id 16
 *
 * This module also defines the `state` of a sign-out, which travels through the issuer and back to the page
 * `signed-out`. It records where the user signed out and what has ended, sealed with the address of that page
 * as scope. It is valid for ten minutes. It can only lead to the `signed-out` page of that origin, and the
 * code that opens it must know that address.
 *
 *   payload: version 1 | issued 5 | what has ended 1 | length 2, origin
 */

#include "base/buf.h"
#include "base/error.h"
#include "session/sealer.h"
#include "session/session.h"

#include <stdint.h>

#define SP_LOGOUT_CONFIRMATION_LIFETIME_S 600
#define SP_LOGOUT_CONFIRMATION_TEXT_MAX   SP_SEAL_TEXT_LEN(6 + SP_SESSION_ID_LEN)

#define SP_LOGOUT_ORIGIN_MAX       300 /* bytes of `scheme://host[:port]` */
#define SP_LOGOUT_STATE_LIFETIME_S 600
#define SP_LOGOUT_STATE_TEXT_MAX   SP_SEAL_TEXT_LEN(9 + SP_LOGOUT_ORIGIN_MAX)

/* What has ended; the numbers are part of the wire format. */
#define SP_LOGOUT_EVERYWHERE (1u << 0) /* all sessions of the user, not only one */
#define SP_LOGOUT_AT_ISSUER  (1u << 1) /* the issuer is asked to end its own session */
#define SP_LOGOUT_ALL        (SP_LOGOUT_EVERYWHERE | SP_LOGOUT_AT_ISSUER)

struct sp_logout_state {
    unsigned ended;       /* flags of SP_LOGOUT_ALL */
    struct sp_str origin; /* where the user signed out */
};

/* Appends the token for the session with that id. Returns the errors of sp_seal_bytes. */
enum sp_error sp_logout_confirmation_seal(const struct sp_sealer *sealer,
                                          const uint8_t session_id[SP_SESSION_ID_LEN], struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * Returns SP_OK only for a token of this same session.
 *
 *   SP_ERR_FORMAT     not base64url, or an impossible length
 *   SP_ERR_SIGNATURE  not authentic here
 *   SP_ERR_MISMATCH   authentic, but for another session
 *   SP_ERR_EXPIRED    older than SP_LOGOUT_CONFIRMATION_LIFETIME_S
 */
enum sp_error sp_logout_confirmation_open(const struct sp_sealer *sealer, struct sp_str token,
                                          const uint8_t session_id[SP_SESSION_ID_LEN])
    __attribute__((warn_unused_result));

/* Appends the `state`. SP_ERR_LIMIT: the origin exceeds SP_LOGOUT_ORIGIN_MAX; errors of sp_seal_bytes. */
enum sp_error sp_logout_state_seal(const struct sp_sealer *sealer, struct sp_str return_uri,
                                   const struct sp_logout_state *state, struct sp_buf *out)
    __attribute__((warn_unused_result));

/*
 * Opens the `state`; `out` has views into `storage`.
 *
 *   SP_ERR_FORMAT     not base64url, or an impossible length
 *   SP_ERR_SIGNATURE  not authentic for this sealer and return address
 *   SP_ERR_EXPIRED    older than SP_LOGOUT_STATE_LIFETIME_S
 */
enum sp_error sp_logout_state_open(const struct sp_sealer *sealer, struct sp_str return_uri,
                                   struct sp_str text, struct sp_seal_storage *storage,
                                   struct sp_logout_state *out) __attribute__((warn_unused_result));

#endif
